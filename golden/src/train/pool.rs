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
        let c = self.from.channels;
        pooled.fill(0);
        for (at, out) in pooled.chunks_exact_mut(c).enumerate() {
            for p in self.window(at) {
                for (out, r) in out.iter_mut().zip(&raster[p * c..][..c]) {
                    *out |= r;
                }
            }
        }
    }

    /// Leaves in `down`, `[tick][neuron]`, what the gradients of pooled spikes, `up`, `[tick][pooled
    /// neuron]`, pass down: each to the neuron of its window with the highest potential, the first
    /// of equals. `slopes`, `[tick][neuron]`, are surrogate derivatives, which fall with the distance
    /// from the threshold: above it the smallest marks the highest potential, below it the largest.
    /// `down` holds the neurons of the band that pooled positions `pooled` see, from the first on.
    #[inline(always)]
    pub fn backward(
        &self,
        pooled: Range<usize>,
        raster: &[u32],
        slopes: &[f32],
        up: &[f32],
        down: &mut [f32],
    ) {
        let (c, n, m) = (self.from.channels, self.from.len(), self.to.len());
        let ticks = slopes.len() / n;
        let first = pooled.start / self.to.width * self.stride * self.from.width * c;
        let size = down.len() / ticks;
        for (t, down) in down.chunks_exact_mut(size).enumerate() {
            down.fill(0.0);
            let slopes = &slopes[t * n + first..][..size];
            let raster = &raster[first..][..size];
            for at in pooled.clone() {
                let up = &up[t * m + at * c..][..c];
                let here = at - pooled.start;
                let mut channel = 0;
                while channel < c {
                    // A constant number of channels becomes vector instructions.
                    let cell = (here, t, channel);
                    channel += match c - channel {
                        LANES.. => self.channels::<LANES>(cell, raster, slopes, up, down),
                        8.. => self.channels::<8>(cell, raster, slopes, up, down),
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

    /// `N` channels of a window in one tick, `cell` being its position, the tick and the first
    /// channel; returns `N`.
    #[inline(always)]
    fn channels<const N: usize>(
        &self,
        (at, t, first): (usize, usize, usize),
        raster: &[u32],
        slopes: &[f32],
        up: &[f32],
        down: &mut [f32],
    ) -> usize {
        let (c, width) = (self.from.channels, self.from.width);
        let corner = at / self.to.width * self.stride * width + at % self.to.width * self.stride;
        let ranks = |p: usize| -> [u32; N] {
            let slopes: &[f32; N] = slopes[p * c + first..][..N].try_into().expect("N slopes");
            let raster: &[u32; N] = raster[p * c + first..][..N].try_into().expect("N rasters");
            std::array::from_fn(|k| rank(slopes[k], raster[k] >> t & 1 == 1))
        };
        let mut best = [0u32; N];
        for y in 0..self.side {
            for x in 0..self.side {
                let ranks = ranks(corner + y * width + x);
                for k in 0..N {
                    best[k] = best[k].max(ranks[k]);
                }
            }
        }
        let mut up: [f32; N] = up[first..][..N].try_into().expect("N gradients");
        for y in 0..self.side {
            for x in 0..self.side {
                let p = corner + y * width + x;
                let ranks = ranks(p);
                let down = &mut down[p * c + first..][..N];
                for k in 0..N {
                    // The first of equals takes it all.
                    let taken = if ranks[k] == best[k] { up[k] } else { 0.0 };
                    up[k] -= taken;
                    down[k] += taken;
                }
            }
        }
        N
    }

    /// Positions of the window of pooled position `at`.
    #[inline(always)]
    fn window(&self, at: usize) -> impl Iterator<Item = usize> + use<> {
        let Self { side, stride, from, to } = *self;
        let (top, left) = (at / to.width * stride, at % to.width * stride);
        (0..side).flat_map(move |y| (0..side).map(move |x| (top + y) * from.width + left + x))
    }
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
        p.backward(0..2, &raster, &slopes, &[1.0, 2.0, 3.0, 4.0], &mut down);
        let expect = [0., 0., 2., 0., 1., 0., 0., 0., 0., 3., 4., 0., 0., 0., 0., 0.];
        assert_eq!(down, expect);
        assert_eq!(p.band(), (2, 8));
    }

    #[test]
    fn bands_together_are_the_whole() {
        for (side, stride) in [(2, None), (2, Some(1)), (3, None)] {
            let p = pool(side, stride, Map { height: 6, width: 7, channels: 20 });
            let mut draw = Stream::named(1, "pool").sequence();
            let n = p.from.len();
            let raster: Vec<u32> = (0..n).map(|_| draw.below(8) as u32).collect();
            let mut floats = |n| (0..n).map(|_| draw.below(99) as f32).collect::<Vec<_>>();
            let (slopes, up) = (floats(3 * n), floats(3 * p.to.len()));
            let mut whole = vec![9.0; 3 * n];
            p.backward(0..p.to.positions(), &raster, &slopes, &up, &mut whole);
            assert_eq!(whole.iter().sum::<f32>(), up.iter().sum::<f32>());
            let (pooled, positions) = p.band();
            for (band, first) in (0..p.to.positions()).step_by(pooled).enumerate() {
                let (at, size) = (band * positions * 20, positions * 20);
                let mut down = vec![9.0; 3 * size];
                p.backward(first..first + pooled, &raster, &slopes, &up, &mut down);
                for t in 0..3 {
                    assert_eq!(down[t * size..][..size], whole[t * n + at..][..size]);
                }
            }
        }
    }
}
