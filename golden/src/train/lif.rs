//! The float neuron, unrolled over the ticks of one sample: forward with the distance from the
//! threshold kept for later, and backward through time with the reset detached.

use super::{
    config::lambda,
    layer_config::LayerConfig,
    surrogate::Surrogate,
    vector::{lanes, load, load_words, store, store_words},
};
use pulp::{Simd, WithSimd};
use spikewright_ir::{FireRule, Reset};

/// Threshold of every float neuron.
pub const V_TH: f32 = 1.0;

/// The rules of a layer's neurons in the float model.
#[derive(Clone, Copy, Debug)]
pub struct Lif {
    /// Fraction of the potential kept from tick to tick.
    pub lambda: f32,
    /// Fire above rather than at the threshold.
    pub above: bool,
    /// Reset to zero rather than by subtraction.
    pub zero: bool,
    /// Derivative used in place of the step's.
    pub surrogate: Surrogate,
    /// Whether the gradient also passes through the spike that resets.
    pub attached: bool,
}

impl Lif {
    /// The rules a configuration asks for.
    pub fn new(config: &LayerConfig) -> Self {
        Self {
            lambda: lambda(config.leak) as f32,
            above: config.fire == FireRule::Above,
            zero: config.reset == Reset::Zero,
            surrogate: config.surrogate,
            attached: !config.detach_reset,
        }
    }

    /// One tick of a vector of neurons: `u = λ·v + x`, spike, reset. Sets bit `t` of their rasters
    /// where they spike; returns the distances `u − V_th`.
    #[inline(always)]
    pub fn step<S: Simd>(
        &self,
        simd: S,
        x: S::f32s,
        v: &mut S::f32s,
        raster: &mut S::u32s,
        t: usize,
    ) -> S::f32s {
        let threshold = simd.splat_f32s(V_TH);
        let u = simd.add_f32s(simd.mul_f32s(simd.splat_f32s(self.lambda), *v), x);
        let distance = simd.sub_f32s(u, threshold);
        let spike = match self.above {
            true => simd.greater_than_f32s(u, threshold),
            false => simd.greater_than_or_equal_f32s(u, threshold),
        };
        let after = if self.zero { simd.splat_f32s(0.0) } else { distance };
        *v = simd.select_f32s(spike, after, u);
        let bit = simd.select_u32s(spike, simd.splat_u32s(1 << t), simd.splat_u32s(0));
        *raster = simd.or_u32s(*raster, bit);
        distance
    }

    /// Backward through one tick, called from the last tick to the first. `fired` is the gradient of
    /// the spikes times the surrogate derivative, `carry` the gradient of `v` after this tick (zero
    /// after the last), replaced by that of `v` before it. `reset` is what [`through_reset`] says, with
    /// `None` for a detached reset. Returns the gradient of `x`.
    ///
    /// With h the surrogate derivative, `∂v/∂u` is 1 − h where the threshold is subtracted and
    /// 1 − s − u·h where the potential is set to 0; a detached reset counts h as 0 in both.
    ///
    /// [`through_reset`]: Self::through_reset
    #[inline(always)]
    pub fn step_back<S: Simd>(
        &self,
        simd: S,
        fired: S::f32s,
        reset: Option<S::f32s>,
        carry: &mut S::f32s,
        raster: S::u32s,
        t: usize,
    ) -> S::f32s {
        let mut through = match self.zero {
            true => {
                let bit = simd.and_u32s(raster, simd.splat_u32s(1 << t));
                let silent = simd.equal_u32s(bit, simd.splat_u32s(0));
                simd.select_f32s(silent, *carry, simd.splat_f32s(0.0))
            }
            false => *carry,
        };
        if let Some(h) = reset {
            through = simd.sub_f32s(through, simd.mul_f32s(h, *carry));
        }
        let g = simd.add_f32s(fired, through);
        *carry = simd.mul_f32s(simd.splat_f32s(self.lambda), g);
        g
    }

    /// What a reset that is not detached takes from `∂v/∂u`: h, or u·h where the potential is set to
    /// 0, from the surrogate derivative h at this distance from the threshold.
    #[inline(always)]
    pub fn through_reset<S: Simd>(
        &self,
        simd: S,
        slope: S::f32s,
        distance: S::f32s,
    ) -> Option<S::f32s> {
        let potential = || simd.add_f32s(distance, simd.splat_f32s(V_TH));
        match (self.attached, self.zero) {
            (false, _) => None,
            (true, false) => Some(slope),
            (true, true) => Some(simd.mul_f32s(slope, potential())),
        }
    }
}

/// One tick of a row of neurons.
pub struct Tick<'a> {
    /// Rules.
    pub lif: &'a Lif,
    /// Inputs.
    pub x: &'a [f32],
    /// Potentials.
    pub v: &'a mut [f32],
    /// Becomes the distances from the threshold.
    pub distance: &'a mut [f32],
    /// Spikes of all ticks.
    pub raster: &'a mut [u32],
    /// Tick.
    pub t: usize,
}

impl WithSimd for Tick<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let w = lanes::<S>();
        let rows = self.x.chunks(w).zip(self.v.chunks_mut(w));
        for (i, (x, v)) in rows.enumerate() {
            let raster = &mut self.raster[i * w..][..x.len()];
            let (mut potential, mut spikes) = (load(simd, v), load_words(simd, raster));
            let d = self.lif.step(simd, load(simd, x), &mut potential, &mut spikes, self.t);
            store(simd, v, potential);
            store_words(simd, raster, spikes);
            store(simd, &mut self.distance[i * w..][..x.len()], d);
        }
    }
}

/// Backward through one tick of a row of neurons.
pub struct TickBack<'a> {
    /// Rules.
    pub lif: &'a Lif,
    /// Gradients of the spikes.
    pub ds: &'a [f32],
    /// Gradients of the potentials after the tick, then before it.
    pub carry: &'a mut [f32],
    /// Distances from the threshold, then gradients of the inputs.
    pub g: &'a mut [f32],
    /// Spikes of all ticks.
    pub raster: &'a [u32],
    /// Tick.
    pub t: usize,
}

impl WithSimd for TickBack<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let w = lanes::<S>();
        let rows = self.ds.chunks(w).zip(self.carry.chunks_mut(w));
        for (i, (ds, carry)) in rows.enumerate() {
            let g = &mut self.g[i * w..][..ds.len()];
            let raster = load_words(simd, &self.raster[i * w..][..ds.len()]);
            let distance = load(simd, g);
            let slope = self.lif.surrogate.derivatives(simd, distance);
            let fired = simd.mul_f32s(load(simd, ds), slope);
            let mut later = load(simd, carry);
            let reset = self.lif.through_reset(simd, slope, distance);
            let d = self.lif.step_back(simd, fired, reset, &mut later, raster, self.t);
            store(simd, carry, later);
            store(simd, g, d);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::told;

    fn two_ticks(zero: bool, attached: bool) -> ([f32; 2], [u32; 1], [f32; 2]) {
        let surrogate = Surrogate::Triangle(1.0);
        let lif = Lif { lambda: 0.5, above: false, zero, surrogate, attached };
        let (mut v, mut raster) = ([0.0], [0u32]);
        let mut slope = [[0.0], [0.0]];
        let mut after = [0.0; 2];
        for (t, x) in [1.5, 0.5].into_iter().enumerate() {
            let (v, distance, raster) = (&mut v, &mut slope[t], &mut raster);
            told(Tick { lif: &lif, x: &[x], v, distance, raster, t });
            after[t] = v[0];
        }
        let mut carry = [0.0];
        for t in [1, 0] {
            let (carry, g) = (&mut carry, &mut slope[t]);
            told(TickBack { lif: &lif, ds: &[1.0], carry, g, raster: &raster, t });
        }
        (after, raster, [slope[0][0], slope[1][0]])
    }

    #[test]
    fn two_ticks_by_hand() {
        // Subtract: u = 1.5 spikes, v = 0.5; u = 0.75, silent. Slopes 0.5 and 0.75.
        // dx[1] = 0.75; dx[0] = 0.5 + 0.5·0.75 = 0.875.
        assert_eq!(two_ticks(false, false), ([0.5, 0.75], [1], [0.875, 0.75]));
        // Zero: v = 0; u = 0.5, slope 0.5; the spike cuts the path: dx[0] = 0.5.
        assert_eq!(two_ticks(true, false), ([0.0, 0.5], [1], [0.5, 0.5]));
    }

    #[test]
    fn two_ticks_by_hand_through_the_spike_that_resets() {
        // Subtract: ∂v/∂u = 1 − 0.5 in the first tick: dx[0] = 0.5 + 0.5·(0.5·0.75).
        assert_eq!(two_ticks(false, true), ([0.5, 0.75], [1], [0.6875, 0.75]));
        // Zero: ∂v/∂u = 1 − 1 − 1.5·0.5: dx[0] = 0.5 − 0.75·(0.5·0.5).
        assert_eq!(two_ticks(true, true), ([0.0, 0.5], [1], [0.3125, 0.5]));
    }
}
