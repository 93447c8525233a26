//! A layer as the passes after `legalize` know it: neurons and what drives them, whatever kind of
//! layer the network calls it. What `legalize` admits is exactly what [`layers`] can show.

use spikewright_ir::{
    BitMatrix, FireRule, Layer, LayerKind, Leak, Network, NeuronParams, OrPool, ProjectionKind,
    Reset, Shape, Source,
};
use std::borrow::Cow;

/// One layer of a legalized network.
#[derive(Clone)]
pub(crate) struct CoreLayer<'a> {
    pub name: &'a str,
    pub shape: Shape,
    /// In the order of their passes: what waits for other layers comes last.
    pub inputs: Vec<Inputs<'a>>,
    /// θ and b per neuron of a dense layer, per channel of a map.
    pub params: Cow<'a, NeuronParams>,
}

/// One projection into a layer.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub source: Source,
    /// Shape of the source.
    pub from: Shape,
    pub delayed: bool,
    pub source_planes: usize,
    pub synapses: Synapses<'a>,
    /// log2 of what an event of pass (0, 0) counts: F and the projection's gain.
    pub gain_log2: usize,
}

/// How source spikes reach the layer.
#[derive(Clone, Copy)]
pub(crate) enum Synapses<'a> {
    /// `[neurons, sources]` each, plane `p` with gain 2^p.
    Dense(&'a [BitMatrix]),
    /// Source i adds its spike to neuron i.
    Identity,
    /// `[channels, source channels · kh · kw]` each.
    Conv { planes: &'a [BitMatrix], window: Window },
    /// Sources of the window add their spikes.
    Pool(Window),
}

/// The part of a map that a neuron of another sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Window {
    pub height: usize,
    pub width: usize,
    pub stride: usize,
    pub padding: usize,
}

impl Inputs<'_> {
    pub fn weight_planes(&self) -> usize {
        match self.synapses {
            Synapses::Dense(planes) | Synapses::Conv { planes, .. } => planes.len(),
            Synapses::Identity | Synapses::Pool(_) => 1,
        }
    }

    /// The windows of pooling.
    pub fn pool(&self) -> Option<Window> {
        let Synapses::Pool(window) = self.synapses else { return None };
        Some(window)
    }

    /// Whether events count −1 where their weight bit is 0.
    pub fn signed(&self) -> bool {
        matches!(self.synapses, Synapses::Dense(_) | Synapses::Conv { .. })
    }

    /// Most synapses of a neuron.
    pub fn fan_in(&self) -> usize {
        match self.synapses {
            Synapses::Dense(_) => self.from.len(),
            Synapses::Identity => 1,
            Synapses::Conv { window, .. } => self.from.channels * window.height * window.width,
            Synapses::Pool(window) => window.height * window.width,
        }
    }

    /// Greatest magnitude of what one source neuron adds, in units of 2^-F.
    pub fn reach(&self) -> i64 {
        let planes = |n: usize| (1i64 << n) - 1;
        (planes(self.weight_planes()) * planes(self.source_planes)) << self.gain_log2
    }

    /// log2 of what an event of the last pass counts.
    pub fn last_gain_log2(&self) -> usize {
        self.gain_log2 + self.weight_planes() + self.source_planes - 2
    }

    /// Least and greatest current into a neuron with the parameters of number `n`, in units of 2^-F,
    /// whatever the source.
    fn current(&self, n: usize) -> (i64, i64) {
        let scale = ((1i64 << self.source_planes) - 1) << self.gain_log2;
        match self.synapses {
            Synapses::Identity | Synapses::Pool(_) => (0, scale * self.fan_in() as i64),
            Synapses::Dense(planes) | Synapses::Conv { planes, .. } => {
                (0..self.fan_in()).fold((0, 0), |(lo, hi), j| {
                    let signed =
                        |p: usize| if planes[p].row(n).get(j) { 1 << p } else { -(1i64 << p) };
                    let weight: i64 = (0..planes.len()).map(signed).sum();
                    (lo + weight.min(0) * scale, hi + weight.max(0) * scale)
                })
            }
        }
    }

    /// The sources of neuron `target` of a map of `shape` and, of a kernel, their columns, for
    /// windows only.
    pub fn taps(&self, shape: Shape, target: usize) -> Vec<(usize, usize)> {
        let (window, per_channel) = match self.synapses {
            Synapses::Conv { window, .. } => (window, false),
            Synapses::Pool(window) => (window, true),
            Synapses::Dense(_) | Synapses::Identity => return Vec::new(),
        };
        let (from, area) = (self.from, shape.height * shape.width);
        let (channel, y, x) =
            (target / area, target / shape.width % shape.height, target % shape.width);
        let channels = if per_channel { channel..channel + 1 } else { 0..from.channels };
        let mut out = Vec::new();
        for c in channels {
            for (ky, sy) in window.inside(y, window.height, from.height) {
                for (kx, sx) in window.inside(x, window.width, from.width) {
                    let column = (c * window.height + ky) * window.width + kx;
                    out.push(((c * from.height + sy) * from.width + sx, column));
                }
            }
        }
        out
    }
}

impl Window {
    /// Of one dimension: places of a window of `side` at position `at`, and the sources there, of `n`.
    fn inside(self, at: usize, side: usize, n: usize) -> impl Iterator<Item = (usize, usize)> {
        let first = (at * self.stride) as isize - self.padding as isize;
        (0..side).filter_map(move |k| {
            let place = usize::try_from(first + k as isize).ok()?;
            (place < n).then_some((k, place))
        })
    }
}

impl CoreLayer<'_> {
    pub fn neurons(&self) -> usize {
        self.shape.len()
    }

    /// Most synapses of a neuron.
    pub fn fan_in(&self) -> usize {
        self.inputs.iter().map(Inputs::fan_in).sum()
    }

    /// Whether it has no neurons of its own.
    pub fn pools(&self) -> bool {
        self.inputs.iter().any(|i| i.pool().is_some())
    }

    /// Most weight planes of a projection.
    pub fn planes(&self) -> usize {
        self.inputs.iter().map(Inputs::weight_planes).max().unwrap_or(1)
    }

    /// Number of the parameters of neuron `n`.
    pub fn param(&self, n: usize) -> usize {
        n / (self.shape.height * self.shape.width)
    }

    /// Least and greatest current of a neuron with parameters `n`, in units of 2^-F, whatever the input.
    pub fn current(&self, n: usize) -> (i64, i64) {
        self.inputs.iter().fold((0, 0), |(lo, hi), i| {
            let (least, greatest) = i.current(n);
            (lo + least, hi + greatest)
        })
    }
}

/// The layers of a network that `legalize` has admitted.
pub(crate) fn layers(network: &Network) -> Vec<CoreLayer<'_>> {
    network.layers.iter().map(|l| core_layer(network, l)).collect()
}

fn core_layer<'a>(network: &'a Network, layer: &'a Layer) -> CoreLayer<'a> {
    let params = match &layer.kind {
        LayerKind::OrPool(pool) => Cow::Owned(pooling(pool)),
        LayerKind::Dense(dense) => Cow::Borrowed(&dense.params),
        LayerKind::Conv(conv) => Cow::Borrowed(&conv.params),
    };
    let mut inputs: Vec<_> = match &layer.kind {
        LayerKind::OrPool(pool) => {
            let OrPool { source, k, stride, .. } = *pool;
            let window = Window { height: k, width: k, stride, padding: 0 };
            vec![inputs(network, source, false, Synapses::Pool(window), 0)]
        }
        _ => (layer.projections().iter())
            .map(|p| {
                let synapses = match &p.kind {
                    ProjectionKind::Dense { planes } => Synapses::Dense(planes),
                    ProjectionKind::Identity => Synapses::Identity,
                    ProjectionKind::Conv { planes, kernel: [height, width], stride, padding } => {
                        let (height, width, stride, padding) = (*height, *width, *stride, *padding);
                        Synapses::Conv { planes, window: Window { height, width, stride, padding } }
                    }
                };
                let gain_log2 = usize::from(params.frac_bits) + usize::from(p.gain_log2);
                inputs(network, p.source, p.delayed, synapses, gain_log2)
            })
            .collect(),
    };
    inputs.sort_by_key(|i| match i.source {
        Source::Input => 0,
        Source::Layer(_) if i.delayed => 1,
        Source::Layer(_) => 2,
    });
    CoreLayer { name: &layer.name, shape: layer.shape(), inputs, params }
}

fn inputs<'a>(
    network: &Network,
    source: Source,
    delayed: bool,
    synapses: Synapses<'a>,
    gain_log2: usize,
) -> Inputs<'a> {
    let source_planes = match source {
        Source::Input => network.input_planes.into(),
        Source::Layer(_) => 1,
    };
    Inputs {
        source,
        from: network.source_shape(source),
        delayed,
        source_planes,
        synapses,
        gain_log2,
    }
}

/// A neuron that spikes whenever one of its sources does, and forgets: u is their number.
fn pooling(pool: &OrPool) -> NeuronParams {
    NeuronParams {
        frac_bits: 0,
        leak: Leak::Scale(0),
        fire: FireRule::AtLeast,
        reset: Reset::Zero,
        theta: vec![1; pool.shape.channels],
        bias: vec![0; pool.shape.channels],
    }
}

/// How diagnostics name a layer.
pub(crate) fn place(index: usize, name: &str) -> String {
    format!("layer {index} {name:?}")
}
