//! The float model (level L0): what training produces and freezing starts from. Weights are
//! already signs; scales, batch norm and potentials are real.

mod file;
mod infer;

pub use file::ModelError;

use crate::{
    data::Encoder,
    train::{Fade, GateMode},
};
use serde::{Deserialize, Serialize};
use spikewright_ir::{BitMatrix, FireRule, Leak, Readout, Reset, Shape};

/// Batch norm with its running statistics, per neuron.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Norm {
    /// Gain.
    pub gain: Vec<f64>,
    /// Running mean μ of `α·Z`.
    pub mean: Vec<f64>,
    /// Running variance of `α·Z`.
    pub var: Vec<f64>,
    /// ε in `σ = sqrt(var + ε)`.
    pub epsilon: f64,
}

/// The gate behind batch norm.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// A constant `c` (1 when there is no gate): it folds into the scale.
    Constant(f64),
    /// A gate that depends on data or tick: it runs in float, and freezing refuses it.
    Varying {
        /// What it averages over.
        mode: GateMode,
        /// How far it has faded.
        fade: Fade,
        /// α per tick and neuron (`Batch` mode).
        table: Vec<f32>,
    },
}

/// One layer: `X = gate·(gain·(α·Z − μ)/σ + β)` drives neurons with threshold 1.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FloatLayer {
    /// Shown in reports; kept by the frozen network.
    pub name: String,
    /// `[neurons][inputs]`, bit 1 is +1, bit 0 is −1.
    pub weights: BitMatrix,
    /// Float weights `[neurons][inputs]` in place of the bits, which are then only their signs;
    /// empty for a binary layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub real: Vec<f32>,
    /// Scale α per neuron.
    pub alpha: Vec<f64>,
    /// Batch norm, if any.
    pub norm: Option<Norm>,
    /// β of the batch norm, or the bias of a layer without: added in every tick.
    pub beta: Vec<f64>,
    /// Gate.
    pub gate: Gate,
    /// Leak.
    pub leak: Leak,
    /// Fire rule.
    pub fire: FireRule,
    /// Reset.
    pub reset: Reset,
}

impl FloatLayer {
    /// Per neuron (A, B) of `X = A·Z + B`, with a constant gate folded in.
    pub fn affine(&self) -> Vec<(f64, f64)> {
        let c = match self.gate {
            Gate::Constant(c) => c,
            Gate::Varying { .. } => 1.0,
        };
        (0..self.weights.rows())
            .map(|i| match &self.norm {
                None => (c * self.alpha[i], c * self.beta[i]),
                Some(n) => {
                    let slope = n.gain[i] / (n.var[i] + n.epsilon).sqrt();
                    (c * slope * self.alpha[i], c * (self.beta[i] - slope * n.mean[i]))
                }
            })
            .collect()
    }
}

/// A trained network before freezing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FloatModel {
    /// How samples were encoded in training; its ticks are the network's.
    pub encoder: Encoder,
    /// Input shape.
    pub input: Shape,
    /// Layers in order; under `Potential` the last one does not fire.
    pub layers: Vec<FloatLayer>,
    /// How the class is read.
    pub readout: Readout,
}

impl FloatModel {
    /// Ticks of a sample.
    pub fn ticks(&self) -> usize {
        self.encoder.ticks
    }

    /// Checks that all sizes agree (a model read from a file may be anything).
    pub fn check(&self) -> Result<(), ModelError> {
        let fault = |message: String| Err(ModelError::Inconsistent { message });
        let Shape { channels, height, width } = self.input;
        let size = channels.checked_mul(height).and_then(|n| n.checked_mul(width));
        let Some(mut inputs) = size.filter(|n| (1..=32_767).contains(n)) else {
            return fault(format!("an input of {channels}x{height}x{width}"));
        };
        if !(1..=32).contains(&self.ticks()) || self.layers.is_empty() {
            return fault(format!("{} ticks, {} layers", self.ticks(), self.layers.len()));
        }
        for l in &self.layers {
            let n = l.weights.rows();
            let of_norm = l.norm.iter().flat_map(|m| [m.gain.len(), m.mean.len(), m.var.len()]);
            let mut sizes = of_norm.chain([l.alpha.len(), l.beta.len()]);
            let table = match &l.gate {
                Gate::Varying { mode: GateMode::Batch, table, .. } => table.len(),
                _ => n * self.ticks(),
            };
            if !(1..=32_767).contains(&n)
                || l.weights.columns() != inputs
                || sizes.any(|size| size != n)
                || table != n * self.ticks()
                || !(l.real.is_empty() || l.real.len() == n * inputs)
            {
                return fault(format!("the sizes of layer {} do not agree", l.name));
            }
            inputs = n;
        }
        Ok(())
    }
}
