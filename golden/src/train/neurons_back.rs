//! Neurons of one sample backward through time, a vector at a time through all ticks, so that what
//! they carry stays in registers.

use super::{
    lif::{Lif, TickBack},
    pool::Pool,
    vector::{lanes, load, load_words, store},
};
use crate::simd::told;
use pulp::{Simd, WithSimd};

/// What becomes of the gradients of X.
pub enum Below<'a> {
    /// A batch norm takes them later.
    Nothing,
    /// They are added to the sums of β's, per neuron, and turned into those of Z by the factors `a`.
    Sums {
        /// Sums, `[neuron]`.
        sums: &'a mut [f32],
        /// Factors, `[neuron]`.
        a: &'a [f32],
    },
}

/// The neurons of one sample.
pub struct Neurons<'a> {
    /// Their rules.
    pub lif: &'a Lif,
    /// Spikes, `[neuron]`.
    pub raster: &'a [u32],
    /// Distances from the threshold, `[tick][neuron]`, replaced by gradients.
    pub trace: &'a mut [f32],
    /// What becomes of the gradients.
    pub below: Below<'a>,
}

/// From the gradients of the spikes, `up`, `[tick or 1][neuron]` with `rows` rows.
pub struct Back<'a> {
    /// Neurons.
    pub neurons: Neurons<'a>,
    /// Gradients.
    pub up: &'a [f32],
    /// Their rows.
    pub rows: usize,
}

/// The same behind OR-pooling over pairs of rows and columns, `up` being `[tick][pooled neuron]`: a
/// gradient goes to the neuron of its window with the highest potential, the first of equals. Only for
/// detached resets, which need no surrogate derivative of every neuron.
pub struct PairsBack<'a> {
    /// Neurons.
    pub neurons: Neurons<'a>,
    /// Pooling.
    pub pool: &'a Pool,
    /// Gradients.
    pub up: &'a [f32],
}

impl WithSimd for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { mut neurons, up, rows } = self;
        let n = neurons.raster.len();
        let zero = simd.splat_f32s(0.0);
        for i in (0..n).step_by(lanes::<S>()) {
            let len = lanes::<S>().min(n - i);
            let raster = load_words(simd, &neurons.raster[i..][..len]);
            let (mut carry, mut sum) = (zero, zero);
            let a = neurons.below.factor(simd, i, len);
            for t in (0..neurons.trace.len() / n).rev() {
                let g = &mut neurons.trace[t * n + i..][..len];
                let distance = load(simd, g);
                let slope = neurons.lif.surrogate.derivatives(simd, distance);
                let fired = simd.mul_f32s(load(simd, &up[t % rows * n + i..][..len]), slope);
                let reset = neurons.lif.through_reset(simd, slope, distance);
                let x = neurons.lif.step_back(simd, fired, reset, &mut carry, raster, t);
                sum = simd.add_f32s(sum, x);
                store(simd, g, simd.mul_f32s(x, a));
            }
            neurons.below.add(simd, i, len, sum);
        }
    }
}

impl WithSimd for PairsBack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { mut neurons, pool, up } = self;
        let (n, m, c) = (neurons.raster.len(), pool.to.len(), pool.from.channels);
        let row = pool.from.width * c;
        let zero = simd.splat_f32s(0.0);
        for at in 0..pool.to.positions() {
            let corner = at / pool.to.width * 2 * row + at % pool.to.width * 2 * c;
            for i in (0..c).step_by(lanes::<S>()) {
                let len = lanes::<S>().min(c - i);
                let first = corner + i;
                let places = [first, first + c, first + row, first + row + c];
                let (mut carry, mut sums, mut a) = ([zero; 4], [zero; 4], [zero; 4]);
                let mut rasters = [simd.splat_u32s(0); 4];
                for q in 0..4 {
                    rasters[q] = load_words(simd, &neurons.raster[places[q]..][..len]);
                    a[q] = neurons.below.factor(simd, places[q], len);
                }
                for t in (0..neurons.trace.len() / n).rev() {
                    let trace = &mut neurons.trace[t * n..][..n];
                    let mut distances = [zero; 4];
                    for q in 0..4 {
                        distances[q] = load(simd, &trace[places[q]..][..len]);
                    }
                    let [d0, d1, d2, d3] = distances;
                    let best = higher(simd, higher(simd, d0, d1), higher(simd, d2, d3));
                    let slope = neurons.lif.surrogate.derivatives(simd, best);
                    let mut up = load(simd, &up[t * m + at * c + i..][..len]);
                    for q in 0..4 {
                        let fired = simd.mul_f32s(take(simd, distances[q], best, &mut up), slope);
                        let (lif, carry) = (neurons.lif, &mut carry[q]);
                        let g = lif.step_back(simd, fired, None, carry, rasters[q], t);
                        sums[q] = simd.add_f32s(sums[q], g);
                        store(simd, &mut trace[places[q]..][..len], simd.mul_f32s(g, a[q]));
                    }
                }
                for q in 0..4 {
                    neurons.below.add(simd, places[q], len, sums[q]);
                }
            }
        }
    }
}

impl Neurons<'_> {
    /// The same behind any OR-pooling. `ds` is room for a tick's gradients of the spikes, `carry` for
    /// those of potentials.
    pub fn pooled_back(mut self, pool: &Pool, up: &[f32], ds: &mut [f32], carry: &mut Vec<f32>) {
        let (n, m) = (self.raster.len(), pool.to.len());
        carry.clear();
        carry.resize(n, 0.0);
        let mut all = vec![0.0; n];
        for t in (0..self.trace.len() / n).rev() {
            let g = &mut self.trace[t * n..][..n];
            pool.backward(g, &up[t * m..][..m], ds);
            let (lif, raster) = (self.lif, self.raster);
            told(TickBack { lif, ds, carry, g, raster, t });
            for (sum, g) in all.iter_mut().zip(&*g) {
                *sum += g;
            }
            if let Below::Sums { a, .. } = self.below {
                g.iter_mut().zip(a).for_each(|(g, a)| *g *= a);
            }
        }
        if let Below::Sums { sums, .. } = &mut self.below {
            sums.iter_mut().zip(all).for_each(|(sum, g)| *sum += g);
        }
    }
}

impl Below<'_> {
    /// What gradients of X are multiplied by.
    #[inline(always)]
    fn factor<S: Simd>(&self, simd: S, first: usize, len: usize) -> S::f32s {
        match self {
            Self::Nothing => simd.splat_f32s(1.0),
            Self::Sums { a, .. } => load(simd, &a[first..][..len]),
        }
    }

    /// Takes the sum of the gradients over all ticks.
    #[inline(always)]
    fn add<S: Simd>(&mut self, simd: S, first: usize, len: usize, sum: S::f32s) {
        if let Self::Sums { sums, .. } = self {
            let sums = &mut sums[first..][..len];
            store(simd, sums, simd.add_f32s(load(simd, sums), sum));
        }
    }
}

#[inline(always)]
fn higher<S: Simd>(simd: S, a: S::f32s, b: S::f32s) -> S::f32s {
    simd.select_f32s(simd.greater_than_f32s(a, b), a, b)
}

/// What neurons at these distances get of the gradients: the first of the best takes it all.
#[inline(always)]
fn take<S: Simd>(simd: S, distance: S::f32s, best: S::f32s, up: &mut S::f32s) -> S::f32s {
    let (all, zero) = (*up, simd.splat_f32s(0.0));
    let is_best = simd.equal_f32s(distance, best);
    *up = simd.select_f32s(is_best, zero, all);
    simd.select_f32s(is_best, all, zero)
}
