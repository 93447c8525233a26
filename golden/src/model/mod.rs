//! The float model (level L0): what training produces and freezing starts from. Weights are
//! already signs; scales, batch norm and potentials are real.

mod file;
mod predict;
mod synapses;

pub use file::ModelError;
pub(crate) use file::{read_envelope, write_envelope};
pub use synapses::Synapses;
pub(crate) use synapses::{largest_odd, nearest_odd};

use crate::{
    data::Code,
    genome::Genome,
    train::{Fade, GateMode, Residual},
};
use serde::{Deserialize, Serialize};
use spikewright_ir::{FireRule, Leak, Readout, Reset, Shape};

/// Batch norm with its running statistics, per unit.
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
    /// A constant `c` per unit.
    Channels(Vec<f64>),
    /// A gate that depends on data or tick: it runs in float, and freezing refuses it.
    Varying {
        /// What it averages over.
        mode: GateMode,
        /// How far it has faded.
        fade: Fade,
        /// α per tick and unit (`Batch` mode).
        table: Vec<f32>,
    },
}

/// The windows of a convolution: `floor((H + 2p − k)/s) + 1` sums a side, then averages of
/// `average_pool` by `average_pool` sums (1 for none; such a model cannot be frozen).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Window {
    /// Side of the kernel.
    pub kernel: usize,
    /// Step.
    pub stride: usize,
    /// Absent border.
    pub padding: usize,
    /// Side of the average pooling.
    pub average_pool: usize,
}

/// OR-pooling behind a layer's neurons; partial windows are dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrPooling {
    /// Side of a window.
    pub side: usize,
    /// Step.
    pub stride: usize,
}

/// One layer: `X = gate·(gain·(α·Z − μ)/σ + β)` drives neurons with threshold 1. Z adds up the
/// weights of spiking inputs, 2^g per spike of a residual's source, and behind batch norm's
/// statistics the weights of the layer's own spikes of the tick before. A unit is a neuron of a dense
/// layer, or an output channel of a convolution.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FloatLayer {
    /// Shown in reports; kept by the frozen network.
    pub name: String,
    /// Weights from the layer before.
    pub synapses: Synapses,
    /// The windows of a convolution; nothing for a dense layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Weights from its own spikes of the tick before, `[neurons][neurons]` (dense layers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recurrent: Option<Synapses>,
    /// Spikes of an earlier layer of the same shape, added to the sums.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual: Option<Residual>,
    /// Pooling of its spikes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub or_pool: Option<OrPooling>,
    /// Scale α per unit.
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
    /// A dense layer without batch norm, gate or anything else: `X = α·Z + β`, leak none, fire at
    /// the threshold, reset by subtraction.
    pub fn dense(name: &str, synapses: Synapses, alpha: Vec<f64>, beta: Vec<f64>) -> Self {
        Self {
            name: name.into(),
            synapses,
            window: None,
            recurrent: None,
            residual: None,
            or_pool: None,
            alpha,
            norm: None,
            beta,
            gate: Gate::Constant(1.0),
            leak: Leak::None,
            fire: FireRule::AtLeast,
            reset: Reset::Subtract,
        }
    }

    /// Per unit (A, B) of `X = A·Z + B`, with a constant gate folded in.
    pub fn affine(&self) -> Vec<(f64, f64)> {
        let gate = |i: usize| match &self.gate {
            Gate::Constant(c) => *c,
            Gate::Channels(c) => c[i],
            Gate::Varying { .. } => 1.0,
        };
        (0..self.synapses.units())
            .map(|i| match (&self.norm, gate(i)) {
                (None, c) => (c * self.alpha[i], c * self.beta[i]),
                (Some(n), c) => {
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
    pub encoder: Code,
    /// Input shape.
    pub input: Shape,
    /// Layers in order; under `Potential` the last one does not fire.
    pub layers: Vec<FloatLayer>,
    /// How the class is read.
    pub readout: Readout,
    /// What its weights were made of, if they were trained as a genome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub genome: Option<Genome>,
}

impl FloatModel {
    /// Ticks of a sample.
    pub fn ticks(&self) -> usize {
        self.encoder.ticks()
    }

    /// Checks that all sizes agree (a model read from a file may be anything).
    pub fn check(&self) -> Result<(), ModelError> {
        self.shapes().map(|_| ())
    }

    /// The shapes of every layer's neurons and of what it passes on.
    pub fn shapes(&self) -> Result<Vec<LayerShape>, ModelError> {
        let fault = |message: String| ModelError::Inconsistent { message };
        let Shape { channels, height, width } = self.input;
        let size = channels.checked_mul(height).and_then(|n| n.checked_mul(width));
        if size.is_none_or(|n| !(1..=MAX_NEURONS).contains(&n)) {
            return Err(fault(format!("an input of {channels}x{height}x{width}")));
        }
        if !(1..=32).contains(&self.ticks()) || self.layers.is_empty() {
            return Err(fault(format!("{} ticks, {} layers", self.ticks(), self.layers.len())));
        }
        let mut shapes: Vec<LayerShape> = Vec::new();
        for l in &self.layers {
            let source = shapes.last().map_or(self.input, |s| s.out);
            let shape = self.layer_shape(l, source, &shapes);
            shapes.push(
                shape
                    .ok_or_else(|| fault(format!("the sizes of layer {} do not agree", l.name)))?,
            );
        }
        Ok(shapes)
    }

    fn layer_shape(
        &self,
        l: &FloatLayer,
        source: Shape,
        before: &[LayerShape],
    ) -> Option<LayerShape> {
        let (units, ticks) = (l.synapses.units(), self.ticks());
        let of_norm = l.norm.iter().flat_map(|m| [m.gain.len(), m.mean.len(), m.var.len()]);
        let mut sizes = of_norm.chain([l.alpha.len(), l.beta.len()]);
        let table = match &l.gate {
            Gate::Varying { mode: GateMode::Batch, table, .. } => table.len(),
            _ => units * ticks,
        };
        let constants = match &l.gate {
            Gate::Channels(c) => c.len(),
            Gate::Varying { mode: GateMode::Constant, .. } => return None,
            Gate::Varying { mode, fade, .. } if *mode != GateMode::SampleLayer => fade.c.len(),
            Gate::Varying { fade, .. } if fade.c.len() != 1 => return None,
            _ => units,
        };
        if !(1..=MAX_NEURONS).contains(&units)
            || constants != units
            || !l.synapses.is_sound()
            || sizes.any(|size| size != units)
            || table != units * ticks
        {
            return None;
        }
        let side = |side: usize, k: usize, step: usize| {
            (k >= 1 && step >= 1 && k <= side).then(|| (side - k) / step + 1)
        };
        let (neurons, fan_in) = match &l.window {
            None => (Shape::flat(units), source.len()),
            Some(w) => {
                if [w.kernel, w.stride, w.average_pool].iter().any(|n| !(1..=64).contains(n))
                    || w.padding >= w.kernel
                {
                    return None;
                }
                let fit = |n| {
                    let sums = side(n + 2 * w.padding, w.kernel, w.stride)?;
                    side(sums, w.average_pool, w.average_pool)
                };
                let (height, width) = (fit(source.height)?, fit(source.width)?);
                let shape = Shape { channels: units, height, width };
                (shape, source.channels * w.kernel * w.kernel)
            }
        };
        let out = match l.or_pool {
            None => neurons,
            Some(p) => {
                let (height, width) = (
                    side(neurons.height, p.side, p.stride)?,
                    side(neurons.width, p.side, p.stride)?,
                );
                Shape { height, width, ..neurons }
            }
        };
        let square = |r: &Synapses| {
            r.is_sound() && r.units() == units && r.inputs() == units && l.window.is_none()
        };
        let residual = |r: &Residual| {
            before.get(r.from).is_some_and(|s| s.out == neurons) && r.gain_log2 <= 12
        };
        let sound = l.synapses.inputs() == fan_in
            && neurons.len() <= MAX_NEURONS
            && l.recurrent.as_ref().is_none_or(square)
            && l.residual.as_ref().is_none_or(residual);
        sound.then_some(LayerShape { source, neurons, out })
    }
}

/// Most neurons of a layer, and most inputs.
const MAX_NEURONS: usize = 1 << 20;

/// What a layer takes, holds and passes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayerShape {
    /// Inputs.
    pub source: Shape,
    /// Neurons.
    pub neurons: Shape,
    /// Spikes it passes on, behind its pooling.
    pub out: Shape,
}
