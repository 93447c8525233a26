//! A trained net in a file, and the net it makes.

use super::params::{Form, LayerParams};
use crate::{
    model::{ModelError, Synapses},
    smooth::theta::{LARGEST, Net, Real},
    train::LANES,
};
use serde::{Deserialize, Serialize};
use spikewright_ir::{read_bytes, write_atomic};
use std::path::Path;

/// Version and name of the format.
const VERSION: u32 = 1;
const FORMAT: &str = "spikewright-smooth-model";
/// Most neurons of a layer, and most inputs.
const MOST: usize = 1 << 16;

/// One layer of theta neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SmoothLayer {
    /// Weights `[neurons][inputs]`.
    pub synapses: Synapses,
    /// Factor s on them.
    pub scale: f32,
    /// Initial phases φ, 0 to Θ.
    pub phases: Vec<f32>,
}

/// A trained net. Weights are in units of a = √(I0 − 1/4).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SmoothModel {
    format: String,
    version: u32,
    /// Length T of the trial.
    pub trial: f64,
    /// Period Θ.
    pub period: f64,
    /// Weight γ of the loss.
    pub gamma: f64,
    /// Layers in order.
    pub layers: Vec<SmoothLayer>,
}

impl SmoothModel {
    /// From parameters; weights are one-bit planes once signs are taken.
    pub fn new(net: &Net<f32>, params: &[LayerParams], form: Form, gamma: f64) -> Self {
        let layers = net.layers.iter().zip(params).map(|(l, p)| {
            let row = LANES * l.width();
            let v = |i: usize, j: usize| p.latent[j * row + i];
            let synapses = match form {
                Form::Sign => Synapses::from_integers(l.neurons, l.inputs, 1, |i, j| {
                    if v(i, j) < 0.0 { -1 } else { 1 }
                }),
                _ => {
                    let k = l.weights.as_flattened();
                    let all =
                        (0..l.neurons).flat_map(|i| (0..l.inputs).map(move |j| k[j * row + i]));
                    Synapses::Real { inputs: l.inputs, values: all.collect() }
                }
            };
            let scale = if form == Form::Sign { p.scale() } else { 1.0 };
            SmoothLayer { synapses, scale, phases: p.phases.clone() }
        });
        Self {
            format: FORMAT.into(),
            version: VERSION,
            trial: net.trial,
            period: net.period,
            gamma,
            layers: layers.collect(),
        }
    }

    /// Inputs.
    pub fn inputs(&self) -> usize {
        self.layers.first().map_or(0, |l| l.synapses.inputs())
    }

    /// The net as training has it, or what is wrong with the model.
    pub fn net(&self) -> Result<Net<f32>, ModelError> {
        self.net_of()
    }

    /// The net in any kind of float, or what is wrong with the model.
    pub fn net_of<T: Real>(&self) -> Result<Net<T>, ModelError> {
        let fault = |message: String| Err(ModelError::Inconsistent { message });
        let sound = |x: f64| x.is_finite() && x > 0.0;
        if !sound(self.period) || !sound(self.trial) || self.trial >= 0.5 * self.period {
            return fault(format!("a trial of {} with a period of {}", self.trial, self.period));
        }
        if self.layers.is_empty() {
            return fault("it has no layers".into());
        }
        let mut sizes = vec![self.inputs()];
        for (k, l) in self.layers.iter().enumerate() {
            let (units, inputs) = (l.synapses.units(), l.synapses.inputs());
            let range = 1..=MOST;
            let phases = l.phases.iter().all(|p| (0.0..=self.period as f32).contains(p));
            if !l.synapses.is_sound()
                || !range.contains(&units)
                || !range.contains(&inputs)
                || inputs != sizes[k]
                || l.phases.len() != units
                || !phases
                || !l.scale.is_finite()
            {
                return fault(format!("the sizes or values of layer {k} do not agree"));
            }
            sizes.push(units);
        }
        let mut net = Net::new(&sizes, self.trial, self.period, 0.0);
        for (k, (to, l)) in net.layers.iter_mut().zip(&self.layers).enumerate() {
            for i in 0..to.neurons {
                let sum: f64 =
                    (0..to.inputs).map(|j| f64::from(l.scale * l.synapses.value(i, j)).abs()).sum();
                if !sum.is_finite() || sum > LARGEST {
                    return fault(format!(
                        "the weights of neuron {i} of layer {k} add up to {sum}, more than {LARGEST}"
                    ));
                }
            }
            let width = to.width();
            for (j, row) in to.weights.chunks_exact_mut(width).enumerate() {
                let row = row.as_flattened_mut().iter_mut().take(to.neurons);
                row.enumerate()
                    .for_each(|(i, k)| *k = T::of((l.scale * l.synapses.value(i, j)).into()));
            }
            let per_time = std::f64::consts::PI / self.period;
            to.set_phases(l.phases.iter().map(|p| f64::from(*p) * per_time));
        }
        Ok(net)
    }

    /// Writes the model atomically; reading gives the same model to the last bit.
    pub fn write(&self, path: &Path) -> Result<(), ModelError> {
        let bytes = serde_json::to_vec(self).map_err(|e| malformed(path, &e))?;
        Ok(write_atomic(path, &bytes)?)
    }

    /// Reads a model and checks that its parts fit together.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let model: Self =
            serde_json::from_slice(&read_bytes(path)?).map_err(|e| malformed(path, &e))?;
        if model.format != FORMAT || model.version != VERSION {
            let message = format!("it is {:?} version {}", model.format, model.version);
            return Err(malformed(path, &message));
        }
        model.net().map(|_| model)
    }
}

fn malformed(path: &Path, message: &dyn std::fmt::Display) -> ModelError {
    ModelError::Malformed { path: path.into(), message: message.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_that_leave_the_range_of_numbers_are_refused() {
        let model = |weights: [f32; 4], scale: f32| SmoothModel {
            format: FORMAT.into(),
            version: VERSION,
            trial: 2.0,
            period: 6.0,
            gamma: 0.01,
            layers: vec![SmoothLayer {
                synapses: Synapses::Real { inputs: 2, values: weights.to_vec() },
                scale,
                phases: vec![3.0; 2],
            }],
        };
        let most = LARGEST as f32;
        assert!(model([0.0, 1.0, -0.5 * most, 0.5 * most], 1.0).net().is_ok());
        for (weights, scale) in [
            ([0.0, 0.0, 0.6 * most, -0.6 * most], 1.0),
            ([0.0, f32::NAN, 0.0, 0.0], 1.0),
            ([0.0, 0.0, f32::NEG_INFINITY, 0.0], 1.0),
            ([0.0, 0.0, 1e30, 0.0], 1e20),
            ([0.0, 0.0, 1.0, 0.0], f32::NAN),
        ] {
            let said = model(weights, scale).net().unwrap_err().to_string();
            assert!(said.contains("layer 0"), "{said}");
        }
    }
}
