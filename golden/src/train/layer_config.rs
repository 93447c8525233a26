//! What a configuration says of one layer: its synapses, its neurons and how its spikes are pooled.

use super::{config::Range, surrogate::Surrogate};
use serde::{Deserialize, Serialize};
use spikewright_ir::{FireRule, Leak, Reset};

/// Scale α of a layer's binary weights in the float model.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightScale {
    /// α = 1.
    One,
    /// α = mean of |latent weight| over the layer.
    Layer,
    /// α = mean of |latent weight| over each neuron's (or output channel's) fan-in.
    Channel,
}

/// What a layer's weights are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightKind {
    /// One bit per plane: with one plane the sign of a latent weight.
    #[default]
    Binary,
    /// Real numbers, for comparison with other tools; such a model cannot be frozen.
    Float,
}

/// Spikes of an earlier layer of the same shape, added to this layer's sums.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residual {
    /// The earlier `[[layer]]`, counted from 0.
    pub from: usize,
    /// `g`: a spike counts 2^g, in units of the weights; 0 to 12.
    #[serde(default)]
    pub gain_log2: u8,
}

/// One layer of leaky integrate-and-fire neurons, dense or convolutional.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerConfig {
    /// Number of neurons of a dense layer, 1 to 4,096.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub neurons: usize,
    /// Output channels of a convolutional layer, 1 to 1,024 (in place of `neurons`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub channels: usize,
    /// Side of the kernel of a convolutional layer, 1 to 31.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub kernel: usize,
    /// Step of the kernel, in both directions.
    #[serde(default = "single", skip_serializing_if = "is_single")]
    pub stride: usize,
    /// Absent border on all sides, below the side of the kernel.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub padding: usize,
    /// Side of the average pooling between a convolution and its neurons; 1 is none. For comparison
    /// with other tools: such a model cannot be frozen.
    #[serde(default = "single", skip_serializing_if = "is_single")]
    pub average_pool: usize,
    /// Side of the OR-pooling behind the neurons of a convolution; 1 is none.
    #[serde(default = "single", skip_serializing_if = "is_single")]
    pub or_pool: usize,
    /// Step of the OR-pooling; its side unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub or_pool_stride: Option<usize>,
    /// Whether a dense layer also sees its own spikes of the tick before, through weights of their
    /// own.
    #[serde(default, skip_serializing_if = "is_false")]
    pub recurrent: bool,
    /// Spikes of an earlier layer of the same shape are added to the sums.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residual: Option<Residual>,
    /// Leak, trained exactly as it will be frozen: `"none"`, `{ shift = k }` keeps 1 − 2^−k,
    /// `{ scale = m }` keeps m/256.
    pub leak: Leak,
    /// `"subtract"` or `"zero"`.
    #[serde(default = "subtract")]
    pub reset: Reset,
    /// Whether the gradient leaves out the spike that resets.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub detach_reset: bool,
    /// `"at_least"` or `"above"` the threshold 1.
    #[serde(default = "at_least")]
    pub fire: FireRule,
    /// `{ triangle = g }`, `{ fast_sigmoid = k }`, `{ arctan = a }`, `{ rectangle = g }`,
    /// `{ sigmoid = k }`, `{ gaussian = s }` or `{ straight_through = c }`.
    #[serde(default = "triangle")]
    pub surrogate: Surrogate,
    /// Batch norm between weights and neuron, time folded into the batch.
    #[serde(default = "yes")]
    pub batch_norm: bool,
    /// Gain that its batch norm starts from, 0.01 to 10.
    #[serde(default = "unit", skip_serializing_if = "is_unit")]
    pub gain: f32,
    /// `"binary"` or `"float"` (which cannot be frozen). A layer added for the readout
    /// `"potential"` is of the kind of the last `[[layer]]`.
    #[serde(default)]
    pub weights: WeightKind,
    /// Weight planes n of binary weights, 1 to 8: n planes are the odd integers up to ±(2^n − 1). A
    /// layer added for the readout `"potential"` has as many as the last `[[layer]]`.
    #[serde(default = "one_plane", skip_serializing_if = "is_one_plane")]
    pub planes: u8,
    /// Scale of binary weights: `"one"`, `"layer"` or `"channel"`.
    #[serde(default = "one")]
    pub weight_scale: WeightScale,
}

fn unit() -> f32 {
    1.0
}
fn is_unit(x: &f32) -> bool {
    *x == 1.0
}
fn is_zero(n: &usize) -> bool {
    *n == 0
}
pub(super) fn single() -> usize {
    1
}
pub(super) fn is_single(n: &usize) -> bool {
    *n == 1
}
fn is_true(b: &bool) -> bool {
    *b
}
fn is_false(b: &bool) -> bool {
    !b
}
fn one_plane() -> u8 {
    1
}
fn is_one_plane(n: &u8) -> bool {
    *n == 1
}
fn subtract() -> Reset {
    Reset::Subtract
}
fn at_least() -> FireRule {
    FireRule::AtLeast
}
fn triangle() -> Surrogate {
    Surrogate::Triangle(1.0)
}
fn yes() -> bool {
    true
}
fn one() -> WeightScale {
    WeightScale::One
}

impl LayerConfig {
    /// A dense layer of one weight plane with every other key at its default.
    pub fn dense(neurons: usize, leak: Leak) -> Self {
        Self {
            neurons,
            channels: 0,
            kernel: 0,
            stride: 1,
            padding: 0,
            average_pool: 1,
            or_pool: 1,
            or_pool_stride: None,
            recurrent: false,
            residual: None,
            leak,
            reset: subtract(),
            detach_reset: true,
            fire: at_least(),
            surrogate: triangle(),
            batch_norm: true,
            gain: 1.0,
            weights: WeightKind::Binary,
            planes: 1,
            weight_scale: one(),
        }
    }

    /// Whether the layer is convolutional.
    pub fn is_conv(&self) -> bool {
        self.channels > 0
    }

    /// Units with weights of their own: neurons, or output channels of a convolution.
    pub fn units(&self) -> usize {
        if self.is_conv() { self.channels } else { self.neurons }
    }

    /// Checks every range; `range` reports what is outside. `index` is the layer's number.
    pub(super) fn check(&self, index: usize, range: &Range<'_>) -> Result<(), super::ConfigError> {
        let key = |name: &str| format!("layer {index}: {name}");
        let check = |ok, name: &str, value: &dyn std::fmt::Debug, remedy| {
            range(ok, &key(name), value, remedy)
        };
        let (conv, n) = (self.is_conv(), self.neurons);
        check(
            conv != (n > 0),
            "neurons",
            &n,
            "a dense layer has neurons, a convolution has channels and kernel instead",
        )?;
        check(conv || (1..=4096).contains(&n), "neurons", &n, "1 to 4096")?;
        check(self.channels <= 1024, "channels", &self.channels, "1 to 1024")?;
        let kernel = self.kernel;
        let fits = if conv { (1..=31).contains(&kernel) } else { kernel == 0 };
        check(fits, "kernel", &kernel, "1 to 31, and only for a convolution")?;
        let only = |set: bool| conv || !set;
        check(
            (1..=31).contains(&self.stride) && only(self.stride != 1),
            "stride",
            &self.stride,
            "1 to 31, and only for a convolution",
        )?;
        check(
            self.padding == 0 || self.padding < kernel,
            "padding",
            &self.padding,
            "below the side of the kernel, and only for a convolution",
        )?;
        let (average, or) = (self.average_pool, self.or_pool);
        check(
            (1..=8).contains(&average) && only(average != 1),
            "average_pool",
            &average,
            "1 (none) to 8, and only for a convolution",
        )?;
        check(
            (1..=8).contains(&or) && only(or != 1),
            "or_pool",
            &or,
            "1 (none) to 8, and only for a convolution",
        )?;
        check(
            self.or_pool_stride.is_none_or(|s| (1..=8).contains(&s) && or > 1),
            "or_pool_stride",
            &self.or_pool_stride,
            "1 to 8, and only with or_pool",
        )?;
        check(
            !(self.recurrent && conv),
            "recurrent",
            &self.recurrent,
            "only a dense layer can be recurrent",
        )?;
        check(
            self.residual.is_none_or(|r| r.from < index && r.gain_log2 <= 12),
            "residual",
            &self.residual,
            "from is an earlier layer, gain_log2 0 to 12",
        )?;
        let leak = match self.leak {
            Leak::None => true,
            Leak::Shift(k) => (1..=15).contains(&k),
            Leak::Scale(m) => m <= 256,
        };
        check(leak, "leak", &self.leak, "shift is 1 to 15, scale 0 to 256")?;
        check(
            matches!(self.reset, Reset::Subtract | Reset::Zero),
            "reset",
            &self.reset,
            "training supports subtract and zero",
        )?;
        let parameter = self.surrogate.parameter();
        check(
            parameter.is_finite() && parameter > 0.0,
            "surrogate",
            &self.surrogate,
            "its parameter is a positive number",
        )?;
        check(
            (0.01..=10.0).contains(&self.gain) && (self.batch_norm || self.gain == 1.0),
            "gain",
            &self.gain,
            "0.01 to 10, and only with batch_norm",
        )?;
        let binary = self.weights == WeightKind::Binary;
        check(
            binary || self.weight_scale == WeightScale::One,
            "weight_scale",
            &self.weight_scale,
            "float weights carry their own scale: leave it at one",
        )?;
        check(
            (1..=8).contains(&self.planes) && (binary || self.planes == 1),
            "planes",
            &self.planes,
            "1 to 8, and only for binary weights",
        )
    }
}
