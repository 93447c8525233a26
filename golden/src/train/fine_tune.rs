//! Integer fine-tuning: in the last epochs the forward pass is that of the frozen integer network,
//! neuron by neuron, while gradients go straight through its rounding to the float parameters. Batch
//! norm then keeps its running statistics, as the frozen network does.

use super::{
    config::Range, forward::LayerView, params::LayerParams, schedule::ScheduleConfig,
    statistics::NormGradient,
};
use crate::{
    freeze::{FreezeOptions, fixed_channel},
    reference::{Rules, fire, integrate, reset},
};
use serde::{Deserialize, Serialize};

/// The last epochs of a run, on integers.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FineTuneConfig {
    /// Epochs, out of the run's; the schedule and the gate's fade end before them.
    pub epochs: usize,
    /// Fractional bits F of every layer, 0 to 12; the network is frozen with as many.
    pub frac_bits: u8,
    /// Rate at their start, falling to 0 along a cosine.
    pub learning_rate: f32,
}

impl FineTuneConfig {
    /// Checks every range for a run of so many epochs.
    pub(super) fn check(&self, epochs: usize, range: &Range<'_>) -> Result<(), super::ConfigError> {
        range(
            (1..epochs).contains(&self.epochs),
            "fine_tune.epochs",
            &self.epochs,
            "at least 1, and less than the epochs of the run",
        )?;
        range(self.frac_bits <= 12, "fine_tune.frac_bits", &self.frac_bits, "0 to 12")?;
        range(
            self.learning_rate.is_finite() && self.learning_rate > 0.0,
            "fine_tune.learning_rate",
            &self.learning_rate,
            "a positive number",
        )
    }

    /// Rate of step `step` of `steps` of fine-tuning.
    pub(super) fn rate(&self, step: usize, steps: usize) -> f32 {
        ScheduleConfig::default().rate(self.learning_rate, step, steps, self.epochs)
    }
}

/// The neurons of a layer as integers, per neuron.
#[derive(Clone, Debug)]
pub(super) struct IntegerNeurons {
    rules: Rules,
    theta: Vec<i32>,
    bias: Vec<i32>,
    /// −1 where the channel's scale is negative and its weights are inverted, else 1.
    sign: Vec<f32>,
}

impl IntegerNeurons {
    /// One tick of a row: integer sums (`own`: recurrent ones) in, spikes as bit `t` of the raster and
    /// `(u − θ)/θ` out, which is the distance from the threshold of a float neuron.
    pub fn tick(
        &self,
        z: &[f32],
        own: Option<&[f32]>,
        v: &mut [i32],
        distance: &mut [f32],
        raster: &mut [u32],
        t: usize,
    ) {
        for i in 0..z.len() {
            let current = self.sign[i] * (z[i] + own.map_or(0.0, |own| own[i]));
            let theta = self.theta[i];
            let u = integrate(&self.rules, v[i], current as i64, self.bias[i], theta, false);
            let s = fire(self.rules.fire, u, theta);
            v[i] = reset(&self.rules, u, theta, s);
            distance[i] = (u - theta) as f32 / theta as f32;
            raster[i] |= u32::from(s) << t;
        }
    }
}

/// What the frozen network makes of a layer: fills the affine view with running statistics and the
/// constants of the gate, and the integers with their rounding.
pub(super) fn freeze_layer(layer: &LayerParams, frac_bits: u8, view: &mut LayerView) {
    let units = layer.config.units();
    let positions = layer.geometry.to.positions();
    let width_bits = FreezeOptions::default().width_bits;
    let (alpha, norm) = (layer.alpha(), &layer.norm);
    let affine = &mut view.affine;
    for values in [&mut affine.a, &mut affine.b, &mut affine.center, &mut affine.inverse] {
        values.resize(units, 0.0);
    }
    let (mut theta, mut bias, mut sign) = (Vec::new(), Vec::new(), Vec::new());
    for i in 0..units {
        let c = f64::from(constant(layer, i));
        let (alpha, beta) = (f64::from(alpha[i]), f64::from(norm.beta[i]));
        let (a, b) = if norm.on {
            let sigma = (norm.var[i] + super::batch_norm::EPSILON).sqrt();
            let slope = f64::from(norm.gain[i]) / sigma;
            (affine.center[i], affine.inverse[i]) =
                ((norm.mean[i] / alpha) as f32, (alpha / sigma) as f32);
            (c * slope * alpha, c * (beta - slope * norm.mean[i]))
        } else {
            (affine.center[i], affine.inverse[i]) = (0.0, alpha as f32);
            (alpha, beta)
        };
        let (at, offset) = fixed_channel(a, b, frac_bits, width_bits);
        (affine.a[i], affine.b[i]) = (a as f32, b as f32);
        if layer.is_read() {
            // The bias that the rounded one stands for.
            affine.b[i] = (f64::from(offset) * a.abs() / f64::from(1u32 << frac_bits)) as f32;
        }
        theta.push(at);
        bias.push(offset);
        sign.push(if a < 0.0 { -1.0 } else { 1.0 });
    }
    view.terms.clear();
    view.spread(positions);
    let c = &layer.config;
    let rules = Rules { width_bits, frac_bits, leak: c.leak, fire: c.fire, reset: c.reset };
    view.integers = Some(IntegerNeurons {
        rules,
        theta: theta.repeat(positions),
        bias: bias.repeat(positions),
        sign: sign.repeat(positions),
    });
}

/// The gate's constant of a unit.
fn constant(layer: &LayerParams, unit: usize) -> f32 {
    let c = &layer.fade.c;
    match c.len() {
        _ if !layer.gated => 1.0,
        1 => c[0],
        _ => c[unit],
    }
}

/// After the backward statistics of such a layer: nothing passes through running statistics, and the
/// constants of the gate are part of the slope.
pub(super) fn finish_back(layer: &LayerParams, view: &mut LayerView, gradient: &mut NormGradient) {
    view.coefficients.iter_mut().for_each(|(_, c0, c1)| (*c0, *c1) = (0.0, 0.0));
    for values in [&mut gradient.gain, &mut gradient.beta] {
        for (unit, g) in values.iter_mut().enumerate() {
            *g *= constant(layer, unit);
        }
    }
}
