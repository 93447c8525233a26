//! Trained weights: real latent ones, and what spikes add up. One plane is the sign of the latent
//! weight, n planes are the odd integer `2·floor(w·2^(n−1)) + 1` within ±(2^n − 1), float weights
//! are the latent ones. Average pooling of sums is folded into the rows.

use super::{
    geometry::Geometry,
    lanes::{LANES, Row, width},
    layer_config::{WeightKind, WeightScale},
    sign_gradient::SignCodes,
};
use crate::{
    model::{largest_odd, nearest_odd},
    rng::Stream,
    simd::vectorized,
};
use rayon::prelude::*;

/// Standard deviation of fresh latent weights behind binary ones.
const INITIAL_SPREAD: f64 = 0.05;
/// Weight rows of a parallel piece.
const PIECE: usize = 64;

/// Trained weights of one projection. Arrays are `[inputs][units]`, inputs of a convolution being
/// `(ky·k + kx)·C + c`.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Inputs of a unit.
    pub inputs: usize,
    /// Units: neurons, or output channels.
    pub units: usize,
    /// Latent weights; behind binary weights kept within ±1, which also clips the
    /// straight-through gradient: it is never applied outside.
    pub latent: Vec<f32>,
    /// What spikes add up, `[window rows][width(units)]`.
    pub rows: WeightRows,
    /// The same for gradients that go further down, if they do.
    pub down: Down,
    kind: WeightKind,
    planes: u8,
    /// The windows, when sums are pooled.
    pooled: Option<Geometry>,
}

/// Weights as rows of lanes, padded with zeros.
#[derive(Clone, Debug)]
pub enum WeightRows {
    /// `sign(latent)`, with sign(0) = +1.
    Binary(Vec<Row<i8>>),
    /// Floats, or integers in floats, which are exact below 2^24.
    Float(Vec<Row<f32>>),
}

/// Weights as gradients of spikes want them.
#[derive(Clone, Debug)]
pub enum Down {
    /// Nobody asks.
    Nothing,
    /// Signs.
    Signs(SignCodes),
    /// `[units][window rows]`
    Floats(Vec<f32>),
}

impl Weights {
    /// Weights given by their latent values. `passes_down` says whether gradients of its inputs
    /// are wanted.
    pub fn of(
        latent: Vec<f32>,
        geometry: &Geometry,
        kind: WeightKind,
        planes: u8,
        passes_down: bool,
    ) -> Self {
        let (inputs, units) = (geometry.fan_in(), geometry.to.channels);
        let pooled = (geometry.average > 1).then_some(*geometry);
        let rows = geometry.rows() * width(units);
        let rows = if kind == WeightKind::Binary && planes == 1 && pooled.is_none() {
            WeightRows::Binary(vec![[0; LANES]; rows])
        } else {
            WeightRows::Float(vec![[0.0; LANES]; rows])
        };
        let down = match rows {
            _ if !passes_down => Down::Nothing,
            WeightRows::Binary(_) => Down::Signs(SignCodes::default()),
            WeightRows::Float(_) => Down::Floats(vec![0.0; geometry.rows() * units]),
        };
        let mut out = Self { inputs, units, latent, rows, down, kind, planes, pooled };
        out.refresh();
        out
    }

    /// Fresh weights from the stream: N(0, 0.05²) behind binary ones, N(0, 1/inputs) for floats.
    pub fn fresh(
        geometry: &Geometry,
        kind: WeightKind,
        planes: u8,
        passes_down: bool,
        stream: Stream,
    ) -> Self {
        let mut draw = stream.sequence();
        let inputs = geometry.fan_in();
        let spread = match kind {
            WeightKind::Binary => INITIAL_SPREAD,
            WeightKind::Float => (inputs as f64).sqrt().recip(),
        };
        let latent = (0..inputs * geometry.to.channels)
            .map(|_| (spread * draw.normal()).clamp(-1.0, 1.0) as f32)
            .collect();
        Self::of(latent, geometry, kind, planes, passes_down)
    }

    /// What a latent weight counts in a sum.
    #[inline(always)]
    pub fn value(&self, latent: f32) -> f32 {
        match (self.kind, self.planes) {
            (WeightKind::Float, _) => latent,
            (WeightKind::Binary, 1) => sign(latent),
            (WeightKind::Binary, n) => quantize(latent, n),
        }
    }

    /// Slope of the line that the straight-through gradient takes for the value's steps: 2^n − 1.
    pub fn slope(&self) -> f32 {
        match self.kind {
            WeightKind::Float => 1.0,
            WeightKind::Binary => largest_odd(self.planes),
        }
    }

    /// Planes, or nothing for float weights.
    pub fn planes(&self) -> Option<u8> {
        (self.kind == WeightKind::Binary).then_some(self.planes)
    }

    /// Derives the rows from the latent weights, after clamping those behind binary weights to
    /// ±1; returns how many binary weights changed.
    pub fn refresh(&mut self) -> usize {
        let n = self.units;
        let changed = match &mut self.rows {
            WeightRows::Binary(signs) => {
                let pieces = self.latent.par_chunks_mut(PIECE * n);
                pieces
                    .zip(signs.par_chunks_mut(PIECE * width(n)))
                    .map(|(latent, signs)| {
                        vectorized(
                            #[inline(always)]
                            || binarize(latent, signs, n),
                        )
                    })
                    .sum()
            }
            WeightRows::Float(_) => self.refresh_floats(),
        };
        match (&mut self.down, &self.rows) {
            (Down::Signs(codes), WeightRows::Binary(signs)) => vectorized(
                #[inline(always)]
                || codes.take(signs, n),
            ),
            (Down::Floats(transposed), WeightRows::Float(rows)) => {
                let height = transposed.len() / n;
                for (i, column) in transposed.chunks_exact_mut(height).enumerate() {
                    for (w, row) in column.iter_mut().zip(rows.chunks_exact(width(n))) {
                        *w = row[i / LANES][i % LANES];
                    }
                }
            }
            _ => {}
        }
        changed
    }

    fn refresh_floats(&mut self) -> usize {
        if self.kind == WeightKind::Binary {
            self.latent.iter_mut().for_each(|w| *w = w.clamp(-1.0, 1.0));
        }
        let n = self.units;
        let value: Vec<f32> = self.latent.iter().map(|w| self.value(*w)).collect();
        let WeightRows::Float(rows) = &mut self.rows else { return 0 };
        let before = rows.clone();
        match &self.pooled {
            None => {
                for (w, row) in value.chunks_exact(n).zip(rows.chunks_exact_mut(width(n))) {
                    row.as_flattened_mut()[..n].copy_from_slice(w);
                }
            }
            Some(g) => {
                rows.fill([0.0; LANES]);
                let share = ((g.average * g.average) as f32).recip();
                for (from, to) in taps(g) {
                    let row = rows[to * width(n)..][..width(n)].as_flattened_mut();
                    for (w, v) in row.iter_mut().zip(&value[from * n..][..n]) {
                        *w += share * v;
                    }
                }
            }
        }
        let differ = before.iter().flatten().zip(rows.iter().flatten()).filter(|(a, b)| a != b);
        if self.kind == WeightKind::Binary { differ.count() } else { 0 }
    }

    /// The gradient of the latent weights from that of the rows, `[window rows][units]`: through
    /// the pooling, then straight through the value's steps.
    pub fn latent_gradient(&self, rows: Vec<f32>) -> Vec<f32> {
        let n = self.units;
        let mut out = match &self.pooled {
            None => rows,
            Some(g) => {
                let mut out = vec![0.0; self.latent.len()];
                let share = ((g.average * g.average) as f32).recip();
                for (to, from) in taps(g) {
                    for (d, r) in out[to * n..][..n].iter_mut().zip(&rows[from * n..][..n]) {
                        *d += share * r;
                    }
                }
                out
            }
        };
        let slope = self.slope();
        if slope != 1.0 {
            out.iter_mut().for_each(|g| *g *= slope);
        }
        out
    }

    /// Scale α per unit: 1, or what makes the mean of |α·value| that of |latent|.
    pub fn scale(&self, rule: WeightScale) -> Vec<f32> {
        let n = self.units;
        match rule {
            WeightScale::One => vec![1.0; n],
            WeightScale::Channel => {
                let (mut sum, mut values) = (vec![0f32; n], vec![0f32; n]);
                vectorized(
                    #[inline(always)]
                    || {
                        for row in self.latent.chunks_exact(n) {
                            for ((s, v), w) in sum.iter_mut().zip(&mut values).zip(row) {
                                *s += w.abs();
                                *v += self.value(*w).abs();
                            }
                        }
                    },
                );
                sum.iter().zip(&values).map(|(s, v)| s / v).collect()
            }
            WeightScale::Layer => {
                let sum = |f: &dyn Fn(f32) -> f32| -> f64 {
                    self.latent.iter().map(|w| f64::from(f(*w).abs())).sum()
                };
                vec![(sum(&|w| w) / sum(&|w| self.value(w))) as f32; n]
            }
        }
    }
}

/// Kernel position and window position of every tap, as rows of the kernel and of the window.
fn taps(g: &Geometry) -> impl Iterator<Item = (usize, usize)> {
    let Geometry { kernel, stride, average, .. } = *g;
    let (window, channels) = (g.window(), g.from.channels);
    let square = move |side: usize| (0..side).flat_map(move |y| (0..side).map(move |x| (y, x)));
    square(kernel).flat_map(move |(ky, kx)| {
        square(average).flat_map(move |(i, j)| {
            let to = (ky + i * stride) * window + kx + j * stride;
            let from = ky * kernel + kx;
            (0..channels).map(move |c| (from * channels + c, to * channels + c))
        })
    })
}

/// The odd integer of `planes` planes behind a latent weight in ±1.
#[inline(always)]
fn quantize(latent: f32, planes: u8) -> f32 {
    nearest_odd(latent * (1u32 << (planes - 1)) as f32, planes)
}

/// +1 from 0 on, −1 below.
#[inline(always)]
pub fn sign(w: f32) -> f32 {
    if w >= 0.0 { 1.0 } else { -1.0 }
}

#[inline(always)]
fn binarize(latent: &mut [f32], signs: &mut [Row<i8>], n: usize) -> usize {
    let mut flips = 0;
    for (w, row) in latent.chunks_exact_mut(n).zip(signs.chunks_exact_mut(width(n))) {
        for (w, s) in w.chunks_mut(LANES).zip(row) {
            let mut changed = 0u8;
            for (w, s) in w.iter_mut().zip(s) {
                *w = w.clamp(-1.0, 1.0);
                let sign = if *w >= 0.0 { 1 } else { -1 };
                changed += u8::from(sign != *s);
                *s = sign;
            }
            flips += usize::from(changed);
        }
    }
    flips
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{LayerConfig, geometry::Map};
    use spikewright_ir::Leak;

    /// Window rows as floats, `[rows][units]`.
    fn values(w: &Weights) -> Vec<f32> {
        let of = |row: usize, i: usize| match &w.rows {
            WeightRows::Binary(rows) => {
                f32::from(rows[row * width(w.units) + i / LANES][i % LANES])
            }
            WeightRows::Float(rows) => rows[row * width(w.units) + i / LANES][i % LANES],
        };
        let count = match &w.rows {
            WeightRows::Binary(rows) => rows.len(),
            WeightRows::Float(rows) => rows.len(),
        };
        let rows = 0..count / width(w.units);
        rows.flat_map(|row| (0..w.units).map(move |i| (row, i))).map(|(r, i)| of(r, i)).collect()
    }

    fn dense(latent: Vec<f32>, units: usize, kind: WeightKind, planes: u8) -> Weights {
        let config = LayerConfig::dense(units, Leak::None);
        let geometry = Geometry::new(&config, Map::flat(latent.len() / units)).unwrap();
        Weights::of(latent, &geometry, kind, planes, true)
    }

    #[test]
    fn signs_and_scales() {
        let latent = vec![0.0, -0.0, -0.5, 1.5, 0.25, -2.0];
        let mut w = dense(latent, 2, WeightKind::Binary, 1);
        let WeightRows::Binary(rows) = &w.rows else { panic!("binary expected") };
        assert_eq!(rows[1][..3], [-1, 1, 0]);
        assert_eq!(values(&w), [1.0, 1.0, -1.0, 1.0, 1.0, -1.0]);
        assert_eq!(w.latent, [0.0, 0.0, -0.5, 1.0, 0.25, -1.0]);
        assert_eq!(w.refresh(), 0);
        w.latent[2] = 0.5;
        assert_eq!(w.refresh(), 1);
        assert_eq!(w.scale(WeightScale::Channel), [0.25, 2.0 / 3.0]);
        let mean = w.scale(WeightScale::Layer)[0];
        assert!((mean - 2.75 / 6.0).abs() < 1e-6);
        assert_eq!(w.scale(WeightScale::One), [1.0, 1.0]);
    }

    #[test]
    fn float_weights_are_the_latent_ones() {
        let mut w = dense(vec![-3.5; 66], 33, WeightKind::Float, 1);
        w.latent[65] = 2.5;
        assert_eq!(w.refresh(), 0);
        assert_eq!(values(&w)[64..], [-3.5, 2.5]);
        let Down::Floats(transposed) = &w.down else { panic!("floats expected") };
        assert_eq!((transposed[65], transposed[64]), (2.5, -3.5));
    }

    #[test]
    fn planes_are_the_odd_integers() {
        assert_eq!(
            [-1.0, -0.6, -0.5, -0.1, 0.0, 0.49, 0.5, 1.0].map(|w| quantize(w, 2)),
            [-3.0, -3.0, -1.0, -1.0, 1.0, 1.0, 3.0, 3.0]
        );
        assert_eq!([-1.0, -0.01, 0.0, 1.0].map(|w| quantize(w, 1)), [-1.0, -1.0, 1.0, 1.0]);
        assert_eq!([-1.0, 0.0, 1.0].map(|w| quantize(w, 8)), [-255.0, 1.0, 255.0]);
        let mut w = dense(vec![0.1, -0.9, 0.6, 2.0], 2, WeightKind::Binary, 2);
        assert_eq!((values(&w), w.slope()), (vec![1.0, -3.0, 3.0, 3.0], 3.0));
        let scale = w.scale(WeightScale::Channel);
        assert!((scale[0] - 0.7 / 4.0).abs() + (scale[1] - 1.9 / 6.0).abs() < 1e-6);
        w.latent[0] = -0.1;
        assert_eq!(w.refresh(), 1);
        assert_eq!(w.latent_gradient(vec![1.0, 2.0, 0.0, -1.0]), [3.0, 6.0, 0.0, -3.0]);
    }

    #[test]
    fn pooling_averages_shifted_kernels_and_its_gradient_is_the_transpose() {
        let config = LayerConfig {
            channels: 1,
            kernel: 2,
            average_pool: 2,
            ..LayerConfig::dense(0, Leak::None)
        };
        let g = Geometry::new(&config, Map { height: 3, width: 3, channels: 1 }).unwrap();
        let w = Weights::of(vec![4.0, 8.0, 12.0, 16.0], &g, WeightKind::Float, 1, true);
        let rows = values(&w);
        assert_eq!(rows, [1.0, 3.0, 2.0, 4.0, 10.0, 6.0, 3.0, 7.0, 4.0]);
        let r: Vec<f32> = (0..9).map(|k| (1 << k) as f32).collect();
        let d = w.latent_gradient(r.clone());
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        assert_eq!(dot(&d, &w.latent), dot(&r, &rows));
    }
}
