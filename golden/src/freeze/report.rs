//! What freezing did, and why it can refuse.

use super::quantize::ReplacedChannel;
use crate::model::ModelError;
use serde::{Deserialize, Serialize};
use spikewright_ir::Diagnostics;
use thiserror::Error;

/// Why a model cannot be frozen.
#[derive(Debug, Error)]
pub enum FreezeError {
    /// A bias outside the width.
    #[error(
        "layer {layer}, channel {channel}: bias {bias:.1} does not fit {width_bits} bits at F = {frac_bits}; lower F, or freeze with a wider potential"
    )]
    Bias {
        /// Layer's name.
        layer: String,
        /// Channel.
        channel: usize,
        /// The bias before rounding.
        bias: f64,
        /// Width of a potential.
        width_bits: u8,
        /// Fractional bits.
        frac_bits: u8,
    },
    /// Float weights.
    #[error(
        "layer {layer}: its weights are floats, and the hardware has one bit per weight; train with weights = \"binary\""
    )]
    FloatWeights {
        /// Layer's name.
        layer: String,
    },
    /// Average pooling.
    #[error(
        "layer {layer}: it averages sums before its neurons, which integers cannot; train with or_pool instead of average_pool"
    )]
    AveragePool {
        /// Layer's name.
        layer: String,
    },
    /// A residual into a channel whose scale is negative.
    #[error(
        "layer {layer}, channel {channel}: its scale is negative, but the spikes of a residual count positive; train it with this version of spikewright, which keeps such gains positive"
    )]
    Residual {
        /// Layer's name.
        layer: String,
        /// Channel.
        channel: usize,
    },
    /// A gate that is not constant.
    #[error(
        "layer {layer}: its gate still varies with data or tick; train with gate.anneal_end below 1 so that it fades into a constant"
    )]
    Gate {
        /// Layer's name.
        layer: String,
    },
    /// A layer read by its potential whose neurons cannot be compared after freezing.
    #[error(
        "layer {layer} (number {index}) is read by its potential: its neurons must share one weight scale other than 0 and have neither batch norm, nor gate, nor leak; train it with readout = \"potential\""
    )]
    Potential {
        /// Layer's name.
        layer: String,
        /// Its number.
        index: usize,
    },
    /// A parameter that is no number.
    #[error(
        "layer {layer}, channel {channel}: scale or bias is not finite; train with a lower learning rate"
    )]
    NotFinite {
        /// Layer's name.
        layer: String,
        /// Channel.
        channel: usize,
    },
    /// An option outside its range.
    #[error("freeze options: {key} = {value}: {remedy}")]
    Option {
        /// Option.
        key: &'static str,
        /// Its value.
        value: String,
        /// What is accepted.
        remedy: &'static str,
    },
    /// The model is not consistent.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The held-out samples do not fit the model.
    #[error("held-out samples: {0}; encode them with the model's own encoder")]
    HeldOut(String),
    /// The frozen network is not valid.
    #[error("frozen network: {0}")]
    Network(#[from] Diagnostics),
}

/// What freezing did.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FreezeReport {
    /// Width of a potential.
    pub width_bits: u8,
    /// Fractional bits F per layer.
    pub frac_bits: Vec<u8>,
    /// Channels whose scale was too small for the width.
    pub replaced: Vec<ReplacedChannel>,
    /// Held-out samples the choice of F was made on.
    pub held_out: usize,
    /// Accuracy of the float model on them.
    pub float_accuracy: f64,
    /// Accuracy of the integer network on them.
    pub integer_accuracy: f64,
    /// Samples on which the two decide differently.
    pub predictions_differ: usize,
    /// Whether the network is within 0.05 points of float with at most `max_differ` differing
    /// predictions; when no F is, the closest one was taken.
    pub within_bounds: bool,
}
