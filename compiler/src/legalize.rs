//! Pass `legalize`: what remains is what the core computes (dense and convolutional layers, pooling;
//! projections of 1 to 8 planes and identities, of this tick or delayed). What it cannot compute is refused by name; what it
//! computes under another name is rewritten.

use crate::{layers::place, pipeline::Design};
use spikewright_ir::{
    Diagnostics, Layer, LayerKind, Leak, NeuronParams, Projection, ProjectionKind, Readout, Reset,
    layout::{bus::OUTPUT_SPIKES, pass::MAX_PLANES, tile},
};

/// Scores are 8 bits, and a count or `T − tick` goes up to T.
const MAX_TICKS: usize = 255;

/// The register holds their number minus 1 in 8 bits, and so does that of the class.
const MAX_CLASSES: usize = 256;

pub(crate) fn run(design: &mut Design) -> Result<(), Diagnostics> {
    let Design { network, spec, options, .. } = design;
    let preset = spec.preset;
    let mut out = Diagnostics::default();
    if options.stream {
        // A start is a tick.
        network.ticks = 1;
        if network.readout == Readout::FirstSpike {
            out.push(
                "unsupported-readout",
                "network",
                "FirstSpike in a stream, which has no first tick to count from",
                "read spike counts or potentials, or compile for samples",
            );
        }
    }
    if network.ticks > MAX_TICKS {
        out.push(
            "too-many-ticks",
            "network",
            format!("{} ticks, preset {preset} takes at most {MAX_TICKS}", network.ticks),
            "use shorter samples",
        );
    }
    let max_layers = tile::LAYER.max() as usize + 1;
    if network.layers.len() > max_layers {
        out.push(
            "too-many-layers",
            "network",
            format!("{} layers, preset {preset} takes at most {max_layers}", network.layers.len()),
            "use fewer layers",
        );
    }
    if usize::from(network.input_planes) > MAX_PLANES {
        out.push(
            "unsupported-input-planes",
            "input",
            format!(
                "values of {} planes; preset {preset} takes 1 to {MAX_PLANES}",
                network.input_planes
            ),
            format!("encode the input in at most {MAX_PLANES} bits"),
        );
    }
    for (i, layer) in network.layers.iter_mut().enumerate() {
        let mut refuse = |code, what: &str, help: &str| {
            out.push(
                code,
                place(i, &layer.name),
                format!("{what}; preset {preset} does not support it"),
                help,
            );
        };
        match &mut layer.kind {
            LayerKind::Dense(dense) => {
                legalize_neurons(&dense.projections, &mut dense.params, &mut refuse);
            }
            LayerKind::Conv(conv) => {
                legalize_neurons(&conv.projections, &mut conv.params, &mut refuse);
            }
            LayerKind::OrPool(_) => {}
        }
    }
    if let Some((i, layer)) = network.layers.iter().enumerate().next_back() {
        let classes = layer.shape().len();
        if options.stream && network.readout == Readout::SpikeCount && classes > OUTPUT_SPIKES {
            out.push(
                "too-many-outputs",
                place(i, &layer.name),
                format!(
                    "the last layer has {classes} neurons, a tick of a stream returns the spikes of {OUTPUT_SPIKES}"
                ),
                format!("use at most {OUTPUT_SPIKES} classes, or read potentials"),
            );
        }
        one_tile(i, layer, design.spec.lanes.min(MAX_CLASSES), &mut out);
    }
    out.into_result()
}

fn legalize_neurons(
    projections: &[Projection],
    params: &mut NeuronParams,
    refuse: &mut impl FnMut(&'static str, &str, &str),
) {
    for projection in projections {
        legal_projection(projection, refuse);
    }
    match params.reset {
        Reset::Subtract | Reset::Zero => {}
        Reset::SubtractDelayed | Reset::ZeroFull => {
            let what = format!("reset {:?}", params.reset);
            refuse("unsupported-reset", &what, "train with reset Subtract or Zero");
        }
    }
    // (v·256) >> 8 = v, and the multiplier field holds 16 bits.
    if params.leak == Leak::Scale(256) {
        params.leak = Leak::None;
    }
}

fn legal_projection(projection: &Projection, refuse: &mut impl FnMut(&'static str, &str, &str)) {
    match &projection.kind {
        ProjectionKind::Identity => {}
        ProjectionKind::Dense { planes } | ProjectionKind::Conv { planes, .. }
            if planes.len() <= MAX_PLANES => {}
        ProjectionKind::Dense { planes } | ProjectionKind::Conv { planes, .. } => {
            let what = format!("weights of {} planes", planes.len());
            let help = format!("train weights of at most {MAX_PLANES} planes");
            refuse("unsupported-planes", &what, &help);
        }
    }
}

/// The readout walks the potentials or scores of one tile, and names a class in 8 bits.
fn one_tile(i: usize, layer: &Layer, most: usize, out: &mut Diagnostics) {
    let classes = layer.shape().len();
    if classes > most {
        out.push(
            "too-many-classes",
            place(i, &layer.name),
            format!("the last layer has {classes} neurons, the readout takes at most {most}"),
            format!(
                "use at most {most} classes; a preset with more lanes takes up to {MAX_CLASSES}"
            ),
        );
    }
}
