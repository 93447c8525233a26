//! A network into the form the loops want.

use super::{
    form::Form,
    layer::{Bundle, Kind, Layer, Projection},
    neurons::Neurons,
    pool::Pool,
    synapses::Synapses,
    window::Windows,
};
use spikewright_ir::{LayerKind, Network, ProjectionKind, Shape, Source};
use std::ops::Range;

/// Entries of a node or of a kernel have to fit an event's index.
const MOST_ENTRIES: usize = 1 << 24;

/// A packed network. Nodes are the planes of the input, then the layers.
pub struct Parts {
    /// Per node.
    pub forms: Vec<Form>,
    pub layers: Vec<Layer>,
    pub bundles: Vec<Bundle>,
    /// Whether the spikes of the input are kept as a raster.
    pub input_raster: bool,
    /// Layers that run through a group together: all ticks of a layer before the next layer, or,
    /// inside a feedback loop, all layers of a tick before the next tick.
    pub segments: Vec<(Range<usize>, bool)>,
}

/// Nothing when sums could leave 32 bits or indices 24.
pub fn pack(network: &Network) -> Option<Parts> {
    let planes = usize::from(network.input_planes);
    let input_raster = network.layers.iter().any(|l| match &l.kind {
        LayerKind::OrPool(l) => l.source == Source::Input,
        _ => l
            .projections()
            .iter()
            .any(|p| p.source == Source::Input && !matches!(p.kind, ProjectionKind::Dense { .. })),
    });
    let input = if input_raster { network.input } else { Shape::flat(network.input.len()) };
    let layer_forms = network.layers.iter().map(|l| Form::of_layer(l.shape()));
    let forms: Vec<_> =
        std::iter::repeat_n(Form::of_input(input), planes).chain(layer_forms).collect();
    if forms.iter().any(|f| f.len() > MOST_ENTRIES) {
        return None;
    }
    let mut parts = Parts {
        layers: Vec::new(),
        bundles: Vec::new(),
        segments: segments(network),
        forms,
        input_raster,
    };
    for k in 0..network.layers.len() {
        let layer = parts.layer(network, k)?;
        parts.layers.push(layer);
    }
    Some(parts)
}

impl Parts {
    fn layer(&mut self, network: &Network, k: usize) -> Option<Layer> {
        let planes = usize::from(network.input_planes);
        let first = |source| match source {
            Source::Input => 0,
            Source::Layer(s) => planes + s,
        };
        let layer = &network.layers[k];
        let form = self.forms[planes + k];
        let params = match &layer.kind {
            LayerKind::Dense(l) => &l.params,
            LayerKind::Conv(l) => &l.params,
            LayerKind::OrPool(l) => {
                let pool = Pool { k: l.k, stride: l.stride };
                return Some(Layer { form, kind: Kind::Pool { pool, source: first(l.source) } });
            }
        };
        let (mut projections, mut bound) = (Vec::new(), 0i64);
        for p in layer.projections() {
            let source = first(p.source);
            let sources = if p.source == Source::Input { planes } else { 1 };
            let (bundle, largest) = self.bundle(&p.kind, source, &form)?;
            bound += (largest * ((1 << sources) - 1)) << p.gain_log2;
            for q in 0..sources {
                projections.push(Projection {
                    source: source + q,
                    delayed: p.delayed,
                    shift: u32::from(p.gain_log2) + q as u32,
                    bundle: self.bundles.len(),
                });
            }
            self.bundles.push(bundle);
        }
        let read = network.reads_potential(k);
        let neurons = Neurons::new(params, network.width_bits, bound, read)?;
        Some(Layer { form, kind: Kind::Neurons { neurons, projections } })
    }

    /// Synapses, and the largest sum they can give for one plane of spikes, before gain.
    fn bundle(&self, kind: &ProjectionKind, source: usize, to: &Form) -> Option<(Bundle, i64)> {
        let from = &self.forms[source];
        let (planes, kernel) = match kind {
            ProjectionKind::Identity => {
                let neuron = |position, c| c * to.positions() + position;
                let entry = |position| {
                    (0..to.shape.channels).map(move |c| from.index(neuron(position, c)) as u32)
                };
                return Some((Bundle::Identity((0..to.positions()).flat_map(entry).collect()), 1));
            }
            ProjectionKind::Dense { planes } => (planes, from.positions()),
            ProjectionKind::Conv { planes, kernel, .. } => (planes, kernel[0] * kernel[1]),
        };
        if kernel * from.row > MOST_ENTRIES {
            return None;
        }
        let largest = (kernel * from.shape.channels) as i64 * ((1 << planes.len()) - 1);
        let windows = Windows::new(kind, from, to.shape);
        let synapses = Synapses::new(planes, from, kernel, to.shape.channels);
        Some((Bundle::Weighted { windows, synapses }, largest))
    }
}

/// Cuts the layers where no delayed projection reaches back over.
fn segments(network: &Network) -> Vec<(Range<usize>, bool)> {
    let mut out: Vec<(Range<usize>, bool)> = Vec::new();
    for (k, layer) in network.layers.iter().enumerate() {
        let delayed = layer.projections().iter().filter(|p| p.delayed);
        let latest = delayed.filter_map(|p| match p.source {
            Source::Layer(s) => Some(s + 1),
            Source::Input => None,
        });
        let latest = latest.max();
        match out.last_mut() {
            // Inside the loop of an earlier layer.
            Some((range, true)) if k < range.end => {
                range.end = range.end.max(latest.unwrap_or(0));
            }
            _ => out.push((k..latest.unwrap_or(k + 1), latest.is_some())),
        }
    }
    out
}
