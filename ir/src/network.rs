//! A frozen network: layers of integer neurons and one-bit weight planes, in evaluation order.

use crate::{BitMatrix, NeuronParams};
use serde::{Deserialize, Serialize};

/// Channels, height and width of a map; neuron index `(c·H + y)·W + x`. Flat layers are `[n, 1, 1]`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct Shape {
    /// Channels, or the neurons of a flat layer.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Shape {
    /// A flat layer of `n` neurons.
    pub const fn flat(n: usize) -> Self {
        Self { channels: n, height: 1, width: 1 }
    }

    /// Number of neurons.
    pub fn len(&self) -> usize {
        self.channels * self.height * self.width
    }

    /// Whether the shape holds no neuron.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a projection's spikes come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The network's input.
    Input,
    /// Layer `n`, counted from 0.
    Layer(usize),
}

/// A stack of weight planes: plane `p` has gain 2^p, bit 1 is +1, bit 0 is −1.
/// Rows are target neurons (dense) or output channels (conv); columns are source neurons, or
/// `(c·kh + ky)·kw + kx` of the kernel.
pub type WeightPlanes = Vec<BitMatrix>;

/// How source spikes reach a layer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum ProjectionKind {
    /// Every source to every target.
    Dense {
        /// One matrix per plane, `[targets, sources]`.
        planes: WeightPlanes,
    },
    /// Cross-correlation with a kernel; no dilation, no groups.
    Conv {
        /// One matrix per plane, `[output channels, input channels · kh · kw]`.
        planes: WeightPlanes,
        /// Kernel height and width.
        kernel: [usize; 2],
        /// Step in both directions.
        stride: usize,
        /// Absent border on all sides.
        padding: usize,
    },
    /// Source `i` adds its spike to target `i`: 0 or 1, no minus term.
    Identity,
}

/// One bundle of synapses into a layer; a layer's projections add.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct Projection {
    /// Where the spikes come from.
    pub source: Source,
    /// Whether they are those of the previous tick (source = the same or a later layer).
    pub delayed: bool,
    /// `g`: the projection counts 2^g times.
    pub gain_log2: u8,
    /// The synapses.
    pub kind: ProjectionKind,
}

/// A fully connected layer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct Dense {
    /// Number of neurons.
    pub neurons: usize,
    /// Synapses into the layer, at least one.
    pub projections: Vec<Projection>,
    /// Neuron parameters, `theta` and `bias` per neuron.
    pub params: NeuronParams,
}

/// A convolutional layer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct Conv {
    /// Output shape.
    pub shape: Shape,
    /// Synapses into the layer, at least one.
    pub projections: Vec<Projection>,
    /// Neuron parameters, `theta` and `bias` per output channel.
    pub params: NeuronParams,
}

/// Spikes of a `k`×`k` window OR-ed, no padding, partial windows dropped, no state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct OrPool {
    /// Output shape.
    pub shape: Shape,
    /// What is pooled.
    pub source: Source,
    /// Window side.
    pub k: usize,
    /// Window step.
    pub stride: usize,
}

/// The kinds of layer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum LayerKind {
    /// Fully connected.
    Dense(Dense),
    /// Convolutional.
    Conv(Conv),
    /// OR-pooling.
    OrPool(OrPool),
}

/// A named layer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct Layer {
    /// Shown in reports and errors.
    pub name: String,
    /// What it computes.
    #[serde(flatten)]
    pub kind: LayerKind,
}

impl Layer {
    /// The shape of the layer's spikes.
    pub fn shape(&self) -> Shape {
        match &self.kind {
            LayerKind::Dense(l) => Shape::flat(l.neurons),
            LayerKind::Conv(l) => l.shape,
            LayerKind::OrPool(l) => l.shape,
        }
    }

    /// Neuron parameters, unless the layer has no neurons of its own (pooling).
    pub fn params(&self) -> Option<&NeuronParams> {
        match &self.kind {
            LayerKind::Dense(l) => Some(&l.params),
            LayerKind::Conv(l) => Some(&l.params),
            LayerKind::OrPool(_) => None,
        }
    }

    /// Synapses into the layer; none for pooling.
    pub fn projections(&self) -> &[Projection] {
        match &self.kind {
            LayerKind::Dense(l) => &l.projections,
            LayerKind::Conv(l) => &l.projections,
            LayerKind::OrPool(_) => &[],
        }
    }
}

/// How the class is read from the last layer. Ties go to the lowest class.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Readout {
    /// Most spikes over the sample.
    SpikeCount,
    /// Highest potential after the last tick; the last layer neither fires nor resets.
    Potential,
    /// Earliest spike.
    FirstSpike,
}

/// A frozen network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct Network {
    /// Ticks `T` of a sample, at least 1.
    pub ticks: usize,
    /// Width `B` of potentials in bits, two's complement.
    pub width_bits: u8,
    /// Shape of the input.
    pub input: Shape,
    /// Planes `m` of the input values; 1 for binary events.
    pub input_planes: u8,
    /// Layers in evaluation order; the last one is read.
    pub layers: Vec<Layer>,
    /// How the class is read.
    pub readout: Readout,
}

impl Network {
    /// The shape behind a source.
    pub fn source_shape(&self, source: Source) -> Shape {
        match source {
            Source::Input => self.input,
            Source::Layer(n) => self.layers[n].shape(),
        }
    }

    /// Whether layer `n` skips fire and reset because its potential is what is read.
    pub fn reads_potential(&self, n: usize) -> bool {
        self.readout == Readout::Potential && n + 1 == self.layers.len()
    }

    /// Number of classes: the neurons of the last layer.
    pub fn classes(&self) -> usize {
        self.layers.last().map_or(0, |l| l.shape().len())
    }
}
