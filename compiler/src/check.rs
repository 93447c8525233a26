//! Pass `check`: a network read from a file is consistent in itself, whatever the core. Nothing is
//! computed from a size before the size has been looked at.

use crate::{layers::place, pipeline::Design};
use spikewright_ir::{
    BitMatrix, Diagnostics, Layer, LayerKind, Leak, Network, NeuronParams, Projection,
    ProjectionKind, Shape, Source,
};

/// More neurons than this in one population are a damaged file.
const MAX_NEURONS: usize = 1 << 24;

pub(crate) fn run(design: &mut Design) -> Result<(), Diagnostics> {
    let network = &design.network;
    let mut out = Diagnostics::default();
    if network.ticks == 0 {
        out.push("no-ticks", "network", "a sample has 0 ticks", "give at least 1 tick");
    }
    if !(2..=32).contains(&network.width_bits) {
        out.push(
            "bad-width",
            "network",
            format!("potentials are {} bits wide, expected 2 to 32", network.width_bits),
            "freeze with a width of 16",
        );
    }
    if network.input_planes == 0 {
        out.push("bad-shape", "input", "the input has 0 planes", "binary events have 1 plane");
    }
    let input = neurons("input", network.input, &mut out);
    if network.layers.is_empty() {
        out.push("no-layers", "network", "there is no layer", "train a network of 1 layer or more");
    }
    let sizes: Vec<_> = network
        .layers
        .iter()
        .enumerate()
        .map(|(i, l)| neurons(&place(i, &l.name), l.shape(), &mut out))
        .collect();
    let sizes = Sizes { network, input, layers: sizes };
    for (i, layer) in network.layers.iter().enumerate() {
        check_layer(i, layer, &sizes, &mut out);
    }
    out.into_result()
}

/// Number of neurons of a shape, or a diagnostic when it is none or absurd.
fn neurons(place: &str, shape: Shape, out: &mut Diagnostics) -> Option<usize> {
    let Shape { channels, height, width } = shape;
    let count = channels.checked_mul(height).and_then(|n| n.checked_mul(width));
    match count {
        Some(n) if (1..=MAX_NEURONS).contains(&n) => Some(n),
        _ => {
            out.push(
                "bad-shape",
                place,
                format!("shape [{channels}, {height}, {width}] is not 1 to {MAX_NEURONS} neurons"),
                "write the model again: the file is damaged or was written by hand",
            );
            None
        }
    }
}

/// Sizes that have been looked at; `None` where one was refused already.
struct Sizes<'a> {
    network: &'a Network,
    input: Option<usize>,
    layers: Vec<Option<usize>>,
}

impl Sizes<'_> {
    fn of(&self, source: Source) -> Option<usize> {
        match source {
            Source::Input => self.input,
            Source::Layer(n) => self.layers.get(n).copied().flatten(),
        }
    }

    /// The source's shape, if its size has been looked at.
    fn shape(&self, source: Source) -> Option<Shape> {
        self.of(source).map(|_| self.network.source_shape(source))
    }
}

fn check_layer(i: usize, layer: &Layer, sizes: &Sizes<'_>, out: &mut Diagnostics) {
    let at = place(i, &layer.name);
    match &layer.kind {
        LayerKind::OrPool(pool) => {
            check_source(i, &at, pool.source, false, sizes, out);
            if pool.source == Source::Input && sizes.network.input_planes != 1 {
                let planes = sizes.network.input_planes;
                out.push(
                    "bad-pool",
                    &at,
                    format!("pools an input of {planes} planes"),
                    "pool binary spikes",
                );
            }
            let Some(from) = sizes.shape(pool.source) else { return };
            let side = |n| windows(n, pool.k, pool.stride, 0);
            let map = (from.channels, side(from.height), side(from.width));
            check_map(&at, from, pool.shape, map, out);
        }
        LayerKind::Dense(_) | LayerKind::Conv(_) => {
            if layer.projections().is_empty() {
                out.push(
                    "no-projection",
                    &at,
                    "the layer has no projection",
                    "give the layer a source",
                );
            }
            for projection in layer.projections() {
                check_source(i, &at, projection.source, projection.delayed, sizes, out);
                check_projection(i, &at, layer, projection, sizes, out);
            }
        }
    }
    if let Some(params) = layer.params() {
        check_params(&at, layer.shape().channels, params, out);
    }
}

fn check_source(
    i: usize,
    at: &str,
    source: Source,
    delayed: bool,
    sizes: &Sizes<'_>,
    out: &mut Diagnostics,
) {
    let layers = sizes.layers.len();
    match source {
        Source::Layer(n) if n >= layers => out.push(
            "bad-source",
            at,
            format!("reads layer {n}, but layers are 0 to {}", layers - 1),
            "write the model again with an existing source",
        ),
        Source::Layer(n) if n >= i && !delayed => out.push(
            "bad-order",
            at,
            format!("reads layer {n} within the same tick, but that layer is evaluated later"),
            "order the layers so that sources come first, or make the projection delayed",
        ),
        Source::Input if delayed => out.push(
            "bad-order",
            at,
            "reads the input of the tick before; only layers are seen delayed",
            "make the projection one of the same tick",
        ),
        Source::Layer(n) if n < i && delayed => out.push(
            "bad-order",
            at,
            format!(
                "reads the earlier layer {n} delayed, though its spikes of this tick are known"
            ),
            "make the projection one of the same tick",
        ),
        _ => {}
    }
}

fn check_projection(
    i: usize,
    at: &str,
    layer: &Layer,
    projection: &Projection,
    sizes: &Sizes<'_>,
    out: &mut Diagnostics,
) {
    if projection.gain_log2 > 15 {
        out.push(
            "bad-gain",
            at,
            format!("a projection counts 2^{} times, expected at most 2^15", projection.gain_log2),
            "freeze the network again",
        );
    }
    let (planes, columns) = match &projection.kind {
        ProjectionKind::Identity => {
            let (neurons, sources) = (sizes.of(Source::Layer(i)), sizes.of(projection.source));
            if let (Some(neurons), Some(sources)) = (neurons, sources)
                && neurons != sources
            {
                out.push(
                    "bad-identity",
                    at,
                    format!("an identity from {sources} to {neurons} neurons"),
                    "give both the same size",
                );
            }
            return;
        }
        ProjectionKind::Dense { planes } if matches!(layer.kind, LayerKind::Dense(_)) => {
            (planes, sizes.of(projection.source))
        }
        &ProjectionKind::Conv { ref planes, kernel: [kh, kw], stride, padding }
            if matches!(layer.kind, LayerKind::Conv(_)) =>
        {
            let Some(from) = sizes.shape(projection.source) else { return };
            let side = |n, k| windows(n, k, stride, padding);
            let map = (layer.shape().channels, side(from.height, kh), side(from.width, kw));
            if !check_map(at, from, layer.shape(), map, out) {
                return;
            }
            let columns = from.channels.checked_mul(kh).and_then(|n| n.checked_mul(kw));
            (planes, columns)
        }
        ProjectionKind::Dense { .. } | ProjectionKind::Conv { .. } => {
            out.push(
                "bad-projection",
                at,
                "a dense layer is given a convolution, or a convolutional layer dense weights",
                "write the model again: a layer's projections are of its kind, or identities",
            );
            return;
        }
    };
    if planes.is_empty() || planes.len() > 16 {
        out.push(
            "bad-planes",
            at,
            format!("{} weight planes, expected 1 to 16", planes.len()),
            "write the model again",
        );
    }
    let rows = layer.shape().channels;
    for (p, plane) in planes.iter().enumerate() {
        check_plane(at, p, plane, rows, columns, out);
    }
}

/// Windows along one side, or none if no window fits.
fn windows(side: usize, k: usize, stride: usize, padding: usize) -> Option<usize> {
    let room = padding.checked_mul(2)?.checked_add(side)?.checked_sub(k)?;
    (k > 0).then_some(room.checked_div(stride)? + 1)
}

/// Whether a layer of windows has the shape that follows from its source.
fn check_map(
    at: &str,
    from: Shape,
    to: Shape,
    (channels, height, width): (usize, Option<usize>, Option<usize>),
    out: &mut Diagnostics,
) -> bool {
    let follows = (Some(to.height), Some(to.width), to.channels) == (height, width, channels);
    if !follows {
        out.push(
            "bad-shape",
            at,
            format!(
                "shape [{}, {}, {}] does not follow from its source's [{}, {}, {}] and its windows",
                to.channels, to.height, to.width, from.channels, from.height, from.width
            ),
            "write the model again: a side is floor((H + 2p - k) / stride) + 1",
        );
    }
    follows
}

fn check_plane(
    at: &str,
    p: usize,
    plane: &BitMatrix,
    rows: usize,
    columns: Option<usize>,
    out: &mut Diagnostics,
) {
    let (has_rows, has_columns) = (plane.rows(), plane.columns());
    if has_rows != rows || columns.is_some_and(|c| c != has_columns) {
        let columns = columns.map_or("?".into(), |c| c.to_string());
        out.push(
            "bad-weights",
            at,
            format!("weight plane {p} is {has_rows} x {has_columns}, expected {rows} x {columns}"),
            "write the model again: rows are the layer's neurons, columns its source's",
        );
    }
}

fn check_params(at: &str, channels: usize, params: &NeuronParams, out: &mut Diagnostics) {
    for (name, len) in [("thresholds", params.theta.len()), ("biases", params.bias.len())] {
        if len != channels {
            out.push(
                "bad-params",
                at,
                format!("{len} {name} for {channels} neurons or channels"),
                "write the model again with one value each",
            );
        }
    }
    if params.frac_bits > 12 {
        out.push(
            "bad-frac-bits",
            at,
            format!("{} fractional bits, expected 0 to 12", params.frac_bits),
            "freeze the layer with fewer fractional bits",
        );
    }
    let leak = match params.leak {
        Leak::Shift(k) if !(1..=15).contains(&k) => Some(format!("shift {k}, expected 1 to 15")),
        Leak::Scale(m) if m > 256 => Some(format!("scale {m}, expected 0 to 256")),
        _ => None,
    };
    if let Some(leak) = leak {
        out.push("bad-leak", at, format!("leak is {leak}"), "freeze the layer with such a leak");
    }
}
