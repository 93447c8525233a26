//! OR-pooling of a map's spikes. The OR of spikes is the spike of the highest potential,
//! `max_i Θ(u_i − 1) = Θ(max_i u_i − 1)`, so that is where its gradient goes.

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

    /// Whether windows are pairs of rows and columns, with no neuron outside of them.
    pub fn is_pairs(&self) -> bool {
        (self.side, self.stride) == (2, 2)
            && (self.to.height * 2, self.to.width * 2) == (self.from.height, self.from.width)
    }

    /// Leaves in `down` what the gradients of one tick's pooled spikes, `up`, pass down: each to the
    /// neuron of its window with the highest potential, the first of equals. `distance` are those of
    /// the tick's potentials from the threshold.
    #[inline(always)]
    pub fn backward(&self, distance: &[f32], up: &[f32], down: &mut [f32]) {
        let Self { side, stride, from, to } = *self;
        let c = from.channels;
        down.fill(0.0);
        for (at, up) in up.chunks_exact(c).enumerate() {
            let (top, left) = (at / to.width * stride, at % to.width * stride);
            let corner = top * from.width + left;
            for (i, up) in up.iter().enumerate() {
                let place = |q: usize| (corner + q / side * from.width + q % side) * c + i;
                let mut best = place(0);
                for place in (1..side * side).map(place) {
                    if distance[place] > distance[best] {
                        best = place;
                    }
                }
                down[best] += up;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        rng::Stream,
        simd::told,
        train::{
            Surrogate,
            lif::Lif,
            neurons_back::{Below, Neurons, PairsBack},
        },
    };
    use pulp::WithSimd;
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
        // Right window in tick 1: equal potentials, the first takes it.
        let distance =
            [[0.5, -0.9, 0.2, 0.2, 0.6, 0.1, 0.1, 0.3], [-0.2, -0.1, 0., 0., -0.7, -0.5, 0., 0.]];
        let up = [[1.0, 2.0], [3.0, 4.0]];
        let mut down = [[9.0; 8]; 2];
        for t in 0..2 {
            p.backward(&distance[t], &up[t], &mut down[t]);
        }
        assert_eq!(down[0], [0., 0., 0., 0., 1., 0., 0., 2.]);
        assert_eq!(down[1], [0., 3., 4., 0., 0., 0., 0., 0.]);
    }

    #[test]
    fn neurons_behind_pairs_are_those_behind_any_pooling() {
        for (height, width, channels) in [(4, 6, 1), (2, 2, 27), (6, 4, 16)] {
            let p = pool(2, None, Map { height, width, channels });
            assert!(p.is_pairs());
            let (n, m, ticks) = (p.from.len(), p.to.len(), 3);
            let mut draw = Stream::named(1, "pool").sequence();
            let raster: Vec<u32> = (0..n).map(|_| draw.below(8) as u32).collect();
            let mut floats = |n| (0..n).map(|_| draw.below(9) as f32 - 4.0).collect::<Vec<_>>();
            let (trace, up, a) = (floats(ticks * n), floats(ticks * m), floats(n));
            let surrogate = Surrogate::FastSigmoid(2.0);
            for (zero, norm) in [(false, false), (true, false), (true, true)] {
                let lif = Lif { lambda: 0.5, above: false, zero, surrogate, attached: false };
                let run = |way: u8| {
                    let (mut trace, mut sums) = (trace.clone(), vec![0.0; n]);
                    let below = match norm {
                        true => Below::Nothing,
                        false => Below::Sums { sums: &mut sums, a: &a },
                    };
                    let neurons = Neurons { lif: &lif, raster: &raster, trace: &mut trace, below };
                    let pairs = |neurons| PairsBack { neurons, pool: &p, up: &up };
                    match way {
                        0 => told(pairs(neurons)),
                        // The narrowest vectors give the same bits.
                        1 => pairs(neurons).with_simd(pulp::Scalar),
                        _ => neurons.pooled_back(&p, &up, &mut vec![9.0; n], &mut vec![9.0]),
                    }
                    (trace, sums)
                };
                assert_eq!(run(0), run(1));
                assert_eq!(run(0), run(2));
            }
        }
        let odd = pool(2, None, Map { height: 4, width: 5, channels: 1 });
        assert!(!odd.is_pairs() && !pool(2, Some(1), odd.from).is_pairs());
    }
}
