//! OR-pooling of a map's spikes. The OR of spikes is the spike of the highest potential,
//! `max_i Θ(u_i − 1) = Θ(max_i u_i − 1)`, so that is where its gradient goes.

use super::{
    geometry::{Map, windows},
    lanes::LANES,
    layer_config::LayerConfig,
};
use std::ops::Range;

/// OR over windows; partial windows are dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pool {
    /// Side of a window.
    pub side: usize,
    /// Step.
    pub stride: usize,
    /// What is pooled.
    pub from: Map,
    /// Pooled map.
    pub to: Map,
}

impl Pool {
    /// The pooling a configuration asks for, if any; the error says what does not fit.
    pub fn new(config: &LayerConfig, from: Map) -> Result<Option<Self>, String> {
        let side = config.or_pool;
        if side == 1 {
            return Ok(None);
        }
        let stride = config.or_pool_stride.unwrap_or(side);
        let fit = |n| {
            let none = || format!("OR-pooling of {side} finds no place in a map of side {n}");
            windows(n, side, stride).ok_or_else(none)
        };
        let (height, width) = (fit(from.height)?, fit(from.width)?);
        Ok(Some(Self { side, stride, from, to: Map { height, width, ..from } }))
    }

    /// Pools one sample's rasters.
    #[inline(always)]
    pub fn forward(&self, raster: &[u32], pooled: &mut [u32]) {
        let Self { side, stride, from, to } = *self;
        let c = from.channels;
        pooled.fill(0);
        for (at, out) in pooled.chunks_exact_mut(c).enumerate() {
            let (top, left) = (at / to.width * stride, at % to.width * stride);
            for y in top..top + side {
                for x in left..left + side {
                    let raster = &raster[(y * from.width + x) * c..][..c];
                    for (out, r) in out.iter_mut().zip(raster) {
                        *out |= r;
                    }
                }
            }
        }
    }

    /// Leaves in `down` what the gradients of one tick's pooled spikes, `up`, pass down: each to the
    /// neuron of its window with the highest potential, the first of equals. Bit `t` of `raster` are
    /// the spikes of the tick, `slopes` its surrogate derivatives, which fall with the distance from
    /// the threshold: above it the smallest marks the highest potential, below it the largest. All
    /// but `up` hold the neurons of the band that pooled positions `pooled` see, from the first on.
    #[inline(always)]
    pub fn backward(
        &self,
        pooled: Range<usize>,
        (raster, t): (&[u32], usize),
        slopes: &[f32],
        up: &[f32],
        down: &mut [f32],
    ) {
        let Self { side, stride, from, to } = *self;
        let c = from.channels;
        let whole = (to.height * side, to.width * side) == (from.height, from.width);
        let pairs = side == 2 && stride == 2 && whole;
        if !pairs {
            down.fill(0.0);
        }
        let up = &up[pooled.start * c..pooled.end * c];
        for (y, up) in up.chunks_exact(to.width * c).enumerate() {
            for (x, up) in up.chunks_exact(c).enumerate() {
                let corner = y * stride * from.width + x * stride;
                let mut first = 0;
                while first < c {
                    // Constant numbers of channels become vector instructions, and constant
                    // windows stay in registers.
                    let cell = (corner, t, first);
                    first += match (c - first, pairs) {
                        (LANES.., true) => self.pairs::<LANES>(cell, raster, slopes, up, down),
                        (8.., true) => self.pairs::<8>(cell, raster, slopes, up, down),
                        (_, true) => self.pairs::<1>(cell, raster, slopes, up, down),
                        (LANES.., _) => self.channels::<LANES>(cell, raster, slopes, up, down),
                        (8.., _) => self.channels::<8>(cell, raster, slopes, up, down),
                        _ => self.channels::<1>(cell, raster, slopes, up, down),
                    };
                }
            }
        }
    }

    /// Pooled positions, and positions before pooling, that belong together and to no others: rows of
    /// windows that lie side by side, or all.
    pub fn band(&self) -> (usize, usize) {
        if self.stride == self.side && self.to.height * self.side == self.from.height {
            (self.to.width, self.side * self.from.width)
        } else {
            (self.to.positions(), self.from.positions())
        }
    }

    /// `N` channels of a window in one tick, `cell` being the position of its corner, the tick and
    /// the first channel; adds to `down` and returns `N`.
    #[inline(always)]
    fn channels<const N: usize>(
        &self,
        (corner, t, first): (usize, usize, usize),
        raster: &[u32],
        slopes: &[f32],
        up: &[f32],
        down: &mut [f32],
    ) -> usize {
        let (c, width) = (self.from.channels, self.from.width);
        let place = |y: usize, x: usize| (corner + y * width + x) * c + first;
        let mut best = [0u32; N];
        for y in 0..self.side {
            for x in 0..self.side {
                best = higher(&best, &ranks::<N>(place(y, x), t, raster, slopes));
            }
        }
        let mut up: [f32; N] = up[first..][..N].try_into().expect("N gradients");
        for y in 0..self.side {
            for x in 0..self.side {
                let ranks = ranks::<N>(place(y, x), t, raster, slopes);
                let taken = take(&ranks, &best, &mut up);
                let down = &mut down[place(y, x)..][..N];
                for k in 0..N {
                    down[k] += taken[k];
                }
            }
        }
        N
    }

    /// The same for windows of two by two that share no neuron: stores to `down`.
    #[inline(always)]
    fn pairs<const N: usize>(
        &self,
        (corner, t, first): (usize, usize, usize),
        raster: &[u32],
        slopes: &[f32],
        up: &[f32],
        down: &mut [f32],
    ) -> usize {
        let (channels, row) = (self.from.channels, self.from.width * self.from.channels);
        let place = corner * channels + first;
        let places = [place, place + channels, place + row, place + row + channels];
        // One by one: closures over arrays are not compiled for the vector unit.
        let a = ranks::<N>(places[0], t, raster, slopes);
        let b = ranks::<N>(places[1], t, raster, slopes);
        let c = ranks::<N>(places[2], t, raster, slopes);
        let d = ranks::<N>(places[3], t, raster, slopes);
        let best = higher(&higher(&a, &b), &higher(&c, &d));
        let mut up: [f32; N] = up[first..][..N].try_into().expect("N gradients");
        down[places[0]..][..N].copy_from_slice(&take(&a, &best, &mut up));
        down[places[1]..][..N].copy_from_slice(&take(&b, &best, &mut up));
        down[places[2]..][..N].copy_from_slice(&take(&c, &best, &mut up));
        down[places[3]..][..N].copy_from_slice(&take(&d, &best, &mut up));
        N
    }
}

/// Ranks of `N` neurons in tick `t`, from the one at `place` on.
#[inline(always)]
fn ranks<const N: usize>(place: usize, t: usize, raster: &[u32], slopes: &[f32]) -> [u32; N] {
    let slopes: &[f32; N] = slopes[place..][..N].try_into().expect("N slopes");
    let raster: &[u32; N] = raster[place..][..N].try_into().expect("N rasters");
    let mut out = [0; N];
    for k in 0..N {
        out[k] = rank(slopes[k], raster[k] >> t & 1 == 1);
    }
    out
}

#[inline(always)]
fn higher<const N: usize>(a: &[u32; N], b: &[u32; N]) -> [u32; N] {
    let mut out = [0; N];
    for k in 0..N {
        out[k] = a[k].max(b[k]);
    }
    out
}

/// What neurons of these ranks get of the gradients: the first of the best takes it all.
#[inline(always)]
fn take<const N: usize>(ranks: &[u32; N], best: &[u32; N], up: &mut [f32; N]) -> [f32; N] {
    let mut taken = [0.0; N];
    for k in 0..N {
        taken[k] = if ranks[k] == best[k] { up[k] } else { 0.0 };
        up[k] -= taken[k];
    }
    taken
}

/// Grows with the potential behind a slope: bits of floats from 0 on are in the order of the floats,
/// and their complements, in the opposite order, are larger than all of them.
#[inline(always)]
fn rank(slope: f32, spike: bool) -> u32 {
    if spike { !slope.to_bits() } else { slope.to_bits() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use spikewright_ir::Leak;

    fn pool(side: usize, stride: Option<usize>, from: Map) -> Pool {
        let dense = LayerConfig::dense(0, Leak::None);
        let config = LayerConfig { or_pool: side, or_pool_stride: stride, ..dense };
        Pool::new(&config, from).unwrap().unwrap()
    }

    #[test]
    fn windows_are_ored_and_partial_ones_dropped() {
        let p = pool(2, None, Map { height: 3, width: 4, channels: 1 });
        let mut out = [9; 2];
        p.forward(&[1, 0, 4, 0, 0, 2, 0, 4, 8, 8, 8, 8], &mut out);
        assert_eq!(out, [3, 4]);
    }

    #[test]
    fn gradients_go_to_the_highest_potential_of_each_window() {
        let p = pool(2, None, Map { height: 2, width: 4, channels: 1 });
        // Left window: two spikes in tick 0, the smaller slope is the higher potential; none in
        // tick 1, the larger slope is. Right window: equal slopes, the first takes it.
        let raster = [1, 0, 0, 0, 1, 0, 0, 0];
        let slopes = [0.5, 0.9, 0.2, 0.2, 0.25, 0.1, 0.2, 0.2, 0.1, 0.7, 0., 0., 0.6, 0.2, 0., 0.];
        let mut down = [9.0; 16];
        for (t, up) in [[1.0, 2.0], [3.0, 4.0]].iter().enumerate() {
            let (slopes, down) = (&slopes[t * 8..][..8], &mut down[t * 8..][..8]);
            p.backward(0..2, (&raster, t), slopes, up, down);
        }
        let expect = [0., 0., 2., 0., 1., 0., 0., 0., 0., 3., 4., 0., 0., 0., 0., 0.];
        assert_eq!(down, expect);
        assert_eq!(p.band(), (2, 8));
    }

    #[test]
    fn bands_together_are_the_whole() {
        for (side, stride, width) in [(2, None, 6), (2, None, 7), (2, Some(1), 7), (3, None, 7)] {
            let p = pool(side, stride, Map { height: 6, width, channels: 20 });
            let mut draw = Stream::named(1, "pool").sequence();
            let n = p.from.len();
            let raster: Vec<u32> = (0..n).map(|_| draw.below(8) as u32).collect();
            let mut floats = |n| (0..n).map(|_| draw.below(99) as f32).collect::<Vec<_>>();
            let (slopes, up) = (floats(n), floats(p.to.len()));
            let (pooled, positions) = p.band();
            for t in 0..3 {
                let mut whole = vec![9.0; n];
                p.backward(0..p.to.positions(), (&raster, t), &slopes, &up, &mut whole);
                assert_eq!(whole.iter().sum::<f32>(), up.iter().sum::<f32>());
                for (band, first) in (0..p.to.positions()).step_by(pooled).enumerate() {
                    let here = band * positions * 20..(band + 1) * positions * 20;
                    let mut down = vec![9.0; positions * 20];
                    let (raster, slopes) = (&raster[here.clone()], &slopes[here.clone()]);
                    p.backward(first..first + pooled, (raster, t), slopes, &up, &mut down);
                    assert_eq!(down, whole[here]);
                }
            }
        }
    }
}
