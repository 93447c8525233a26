//! The float neuron, unrolled over the ticks of one sample: forward with the surrogate derivative
//! kept for later, and backward through time with the reset detached.

use super::{config::lambda, layer_config::LayerConfig, surrogate::Surrogate};
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
}

impl Lif {
    /// The rules a configuration asks for.
    pub fn new(config: &LayerConfig) -> Self {
        Self {
            lambda: lambda(config.leak) as f32,
            above: config.fire == FireRule::Above,
            zero: config.reset == Reset::Zero,
            surrogate: config.surrogate,
        }
    }

    /// One tick of a row of neurons: `u = λ·v + x`, spike, reset. Sets bit `t` of the raster where
    /// a neuron spikes and leaves the surrogate derivative at `u` in `slope`.
    #[inline(always)]
    pub fn tick(&self, x: &[f32], v: &mut [f32], slope: &mut [f32], raster: &mut [u32], t: usize) {
        let Self { lambda, above, zero, .. } = *self;
        let n = x.len();
        let (v, slope, raster) = (&mut v[..n], &mut slope[..n], &mut raster[..n]);
        for i in 0..n {
            let u = lambda * v[i] + x[i];
            let s = if above { u > V_TH } else { u >= V_TH };
            slope[i] = u - V_TH;
            let fired = if s { 1.0 } else { 0.0 };
            v[i] = if zero { u * (1.0 - fired) } else { u - V_TH * fired };
            raster[i] |= u32::from(s) << t;
        }
        self.surrogate.derivatives(slope);
    }

    /// Backward through one tick, called from the last tick to the first. `ds` is the gradient of
    /// the spikes, `carry` that of `v` after this tick (zero after the last), replaced by that of
    /// `v` before it. `slope` is replaced by the gradient of the input `x`.
    #[inline(always)]
    pub fn tick_back(
        &self,
        ds: &[f32],
        carry: &mut [f32],
        slope: &mut [f32],
        raster: &[u32],
        t: usize,
    ) {
        let n = ds.len();
        let (carry, slope, raster) = (&mut carry[..n], &mut slope[..n], &raster[..n]);
        for i in 0..n {
            // dv/du with the reset detached: 1 for Subtract, 1 − s for Zero.
            let through = if self.zero && raster[i] >> t & 1 == 1 { 0.0 } else { carry[i] };
            let du = ds[i] * slope[i] + through;
            slope[i] = du;
            carry[i] = self.lambda * du;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_ticks(zero: bool) -> ([f32; 2], [u32; 1], [f32; 2]) {
        let lif = Lif { lambda: 0.5, above: false, zero, surrogate: Surrogate::Triangle(1.0) };
        let (mut v, mut raster) = ([0.0], [0u32]);
        let mut slope = [[0.0], [0.0]];
        let mut after = [0.0; 2];
        for (t, x) in [1.5, 0.5].into_iter().enumerate() {
            lif.tick(&[x], &mut v, &mut slope[t], &mut raster, t);
            after[t] = v[0];
        }
        let mut carry = [0.0];
        for t in [1, 0] {
            lif.tick_back(&[1.0], &mut carry, &mut slope[t], &raster, t);
        }
        (after, raster, [slope[0][0], slope[1][0]])
    }

    #[test]
    fn two_ticks_by_hand() {
        // Subtract: u = 1.5 spikes, v = 0.5; u = 0.75, silent. Slopes 0.5 and 0.75.
        // dx[1] = 0.75; dx[0] = 0.5 + 0.5·0.75 = 0.875.
        assert_eq!(two_ticks(false), ([0.5, 0.75], [1], [0.875, 0.75]));
        // Zero: v = 0; u = 0.5, slope 0.5; the spike cuts the path: dx[0] = 0.5.
        assert_eq!(two_ticks(true), ([0.0, 0.5], [1], [0.5, 0.5]));
    }
}
