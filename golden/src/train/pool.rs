//! OR-pooling of a map's spikes. Its derivative is that of `1 − Π(1 − s)`, the polynomial that
//! equals OR on zeros and ones: a neuron changes its window's result while no other one spikes.

use super::{
    geometry::{Map, windows},
    layer_config::LayerConfig,
};

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

    /// Ticks in which any neuron of the window of pooled position `at` spikes, and in which two do,
    /// channel by channel.
    #[inline(always)]
    fn spiking(&self, at: usize, raster: &[u32], any: &mut [u32], twice: &mut [u32]) {
        let c = self.from.channels;
        any.fill(0);
        twice.fill(0);
        for p in self.window(at) {
            let raster = &raster[p * c..][..c];
            for ((any, twice), r) in any.iter_mut().zip(twice.iter_mut()).zip(raster) {
                *twice |= *any & r;
                *any |= r;
            }
        }
    }

    /// Adds what the gradients of pooled spikes pass down: `up` is `[tick][pooled neuron]`, `down`
    /// `[tick][neuron]`.
    #[inline(always)]
    pub fn backward(&self, raster: &[u32], up: &[f32], down: &mut [f32]) {
        let (c, n, m) = (self.from.channels, self.from.len(), self.to.len());
        let (mut any, mut twice) = (vec![0; c], vec![0; c]);
        for at in 0..self.to.positions() {
            self.spiking(at, raster, &mut any, &mut twice);
            for p in self.window(at) {
                let raster = &raster[p * c..][..c];
                for (up, down) in up
                    .chunks_exact(m)
                    .zip(down.chunks_exact_mut(n))
                    .enumerate()
                    .map(|(t, (up, down))| ((t, &up[at * c..][..c]), &mut down[p * c..][..c]))
                {
                    let (t, up) = up;
                    for i in 0..c {
                        let decides = !any[i] | (raster[i] & !twice[i]);
                        down[i] += if decides >> t & 1 == 1 { up[i] } else { 0.0 };
                    }
                }
            }
        }
    }

    /// Positions of the window of pooled position `at`.
    #[inline(always)]
    fn window(&self, at: usize) -> impl Iterator<Item = usize> + use<> {
        let Self { side, stride, from, to } = *self;
        let (top, left) = (at / to.width * stride, at % to.width * stride);
        (0..side).flat_map(move |y| (0..side).map(move |x| (top + y) * from.width + left + x))
    }
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

    /// Against the polynomial, whose derivative is a difference: it is linear in every spike.
    #[test]
    fn the_derivative_is_that_of_the_polynomial() {
        for (side, stride) in [(2, None), (3, Some(2))] {
            let from = Map { height: 5, width: 6, channels: 2 };
            let p = pool(side, stride, from);
            let mut draw = Stream::named(1, "pool").sequence();
            let raster: Vec<u32> =
                (0..from.len()).map(|_| draw.below(8) as u32 & draw.below(8) as u32).collect();
            let up: Vec<f32> = (0..3 * p.to.len()).map(|_| draw.below(9) as f32).collect();
            let mut down = vec![0.0; 3 * from.len()];
            p.backward(&raster, &up, &mut down);
            let result = |raster: &[u32], t: usize| -> f32 {
                let mut out = vec![0; p.to.len()];
                p.forward(raster, &mut out);
                out.iter().zip(&up[t * p.to.len()..]).map(|(o, u)| (o >> t & 1) as f32 * u).sum()
            };
            for (t, i) in (0..3).flat_map(|t| (0..from.len()).map(move |i| (t, i))) {
                let with = |bit: u32| {
                    let mut raster = raster.clone();
                    raster[i] = raster[i] & !(1 << t) | bit << t;
                    result(&raster, t)
                };
                assert_eq!(down[t * from.len() + i], with(1) - with(0), "{side} {t} {i}");
            }
        }
    }
}
