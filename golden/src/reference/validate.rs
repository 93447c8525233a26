//! What a network must satisfy before the reference runs it. A model file may be hostile: every
//! index, shape and width is checked here, so that nothing after this can panic or overflow.

use spikewright_ir::{
    Diagnostics, Layer, LayerKind, Leak, Network, NeuronParams, Projection, ProjectionKind, Shape,
    Source,
};

/// Most neurons of one layer or of the input.
const MAX_NEURONS: usize = 1 << 24;
/// Most ticks of a sample.
const MAX_TICKS: usize = 1 << 16;
/// Most planes of weights or inputs, and largest gain exponent.
const MAX_PLANES: usize = 16;

/// Collects everything that is wrong with the network.
pub fn validate(network: &Network) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::default();
    let n = network;
    if !(1..=MAX_TICKS).contains(&n.ticks) {
        let message = format!("{} ticks, supported are 1 to {MAX_TICKS}", n.ticks);
        found.push("ticks", "network", message, "set the ticks of a sample");
    }
    if !(2..=24).contains(&n.width_bits) {
        let message = format!("potentials of {} bits, supported are 2 to 24", n.width_bits);
        found.push("width", "network", message, "freeze with a supported width (default 16)");
    }
    if !(1..=MAX_PLANES).contains(&usize::from(n.input_planes)) {
        let message = format!("{} input planes, supported are 1 to {MAX_PLANES}", n.input_planes);
        found.push("planes", "input", message, "binary events have one plane");
    }
    check_shape(n.input, "input", &mut found);
    if n.layers.is_empty() {
        found.push("layers", "network", "there is no layer", "a network has at least one layer");
    }
    for (index, layer) in n.layers.iter().enumerate() {
        check_shape(layer.shape(), &place(index, layer), &mut found);
    }
    // Later checks index by shape and width: stop here when these are not sound.
    found.into_result()?;

    let mut found = Diagnostics::default();
    for (index, layer) in n.layers.iter().enumerate() {
        check_layer(n, index, layer, &mut found);
    }
    if let Some(last @ Layer { kind: LayerKind::OrPool(_), .. }) = n.layers.last() {
        found.push(
            "readout",
            place(n.layers.len() - 1, last),
            "a pooling layer cannot be read",
            "end the network with a dense or convolutional layer",
        );
    }
    found.into_result()
}

fn place(index: usize, layer: &Layer) -> String {
    format!("layer {index} ({})", layer.name)
}

fn check_shape(shape: Shape, place: &str, found: &mut Diagnostics) {
    let count = shape
        .channels
        .checked_mul(shape.height)
        .and_then(|n| n.checked_mul(shape.width))
        .filter(|n| (1..=MAX_NEURONS).contains(n));
    if count.is_none() {
        let Shape { channels, height, width } = shape;
        let message =
            format!("{channels}x{height}x{width} neurons, supported are 1 to {MAX_NEURONS}");
        found.push("shape", place, message, "give every dimension a size of at least 1");
    }
}

fn check_layer(n: &Network, index: usize, layer: &Layer, found: &mut Diagnostics) {
    let at = place(index, layer);
    match &layer.kind {
        LayerKind::Dense(l) => {
            check_params(n, &l.params, l.neurons, &at, found);
            check_projections(n, index, &l.projections, Shape::flat(l.neurons), false, &at, found);
        }
        LayerKind::Conv(l) => {
            check_params(n, &l.params, l.shape.channels, &at, found);
            check_projections(n, index, &l.projections, l.shape, true, &at, found);
        }
        LayerKind::OrPool(l) => {
            if !check_source(index, l.source, false, &at, found) {
                return;
            }
            if l.source == Source::Input && n.input_planes != 1 {
                let message = format!("it pools an input of {} planes", n.input_planes);
                found.push("pool", &at, message, "pooling takes binary spikes");
            }
            let from = n.source_shape(l.source);
            let size = |side: usize| window_count(side, l.k, l.stride, 0);
            let expect = (size(from.height), size(from.width));
            if expect != (Some(l.shape.height), Some(l.shape.width))
                || from.channels != l.shape.channels
            {
                let message = format!("output {:?} does not follow from source {from:?}", l.shape);
                found.push("shape", &at, message, "size is floor((H - k)/stride) + 1 per channel");
            }
        }
    }
}

/// `floor((side + 2·padding − k)/stride) + 1`, or nothing when no window fits.
fn window_count(side: usize, k: usize, stride: usize, padding: usize) -> Option<usize> {
    let room = padding.checked_mul(2)?.checked_add(side)?;
    if k == 0 || stride == 0 || k > room { None } else { Some((room - k) / stride + 1) }
}

fn check_source(
    index: usize,
    source: Source,
    delayed: bool,
    at: &str,
    found: &mut Diagnostics,
) -> bool {
    let sound = match (source, delayed) {
        (Source::Input, delayed) => !delayed,
        (Source::Layer(s), false) => s < index,
        (Source::Layer(s), true) => s >= index,
    };
    if !sound {
        let when = if delayed { "delayed" } else { "same-tick" };
        let message = format!("a {when} projection from {source:?}");
        let help = "same-tick sources come before the layer, delayed ones are the layer or later";
        found.push("source", at, message, help);
    }
    sound
}

fn check_params(n: &Network, p: &NeuronParams, units: usize, at: &str, found: &mut Diagnostics) {
    for (what, values) in [("theta", &p.theta), ("bias", &p.bias)] {
        if values.len() != units {
            let message = format!("{} values of {what} for {units} units", values.len());
            found.push("parameters", at, message, "one value per neuron (dense) or channel (conv)");
        }
    }
    let half = 1i32 << (n.width_bits - 1);
    if let Some(i) = p.theta.iter().position(|t| !(1..half).contains(t)) {
        let message = format!("theta {} of unit {i} is outside 1..={}", p.theta[i], half - 1);
        found.push("theta", at, message, "lower F or widen the potential");
    }
    if let Some(i) = p.bias.iter().position(|b| !(-half..half).contains(b)) {
        let message =
            format!("bias {} of unit {i} needs more than {} bits", p.bias[i], n.width_bits);
        found.push("bias", at, message, "lower F or widen the potential");
    }
    if p.frac_bits > 12 {
        let message = format!("{} fractional bits", p.frac_bits);
        found.push("frac-bits", at, message, "F is 0 to 12");
    }
    let leak = match p.leak {
        Leak::None => true,
        Leak::Shift(k) => (1..=15).contains(&k),
        Leak::Scale(m) => m <= 256,
    };
    if !leak {
        let message = format!("leak {:?}", p.leak);
        found.push("leak", at, message, "Shift takes 1 to 15, Scale 0 to 256");
    }
}

fn check_projections(
    n: &Network,
    index: usize,
    projections: &[Projection],
    to: Shape,
    conv: bool,
    at: &str,
    found: &mut Diagnostics,
) {
    if projections.is_empty() {
        found.push("projections", at, "nothing projects into it", "give it a source");
    }
    let mut bound = 0u128;
    for (r, p) in projections.iter().enumerate() {
        let at = format!("{at}, projection {r}");
        let known = match p.source {
            Source::Input => true,
            Source::Layer(s) => s < n.layers.len(),
        };
        if !known {
            let message = format!("source {:?} of {} layers", p.source, n.layers.len());
            found.push("source", at, message, "layers count from 0");
            continue;
        }
        if !check_source(index, p.source, p.delayed, &at, found) {
            continue;
        }
        if usize::from(p.gain_log2) > MAX_PLANES {
            let message = format!("gain 2^{}", p.gain_log2);
            found.push("gain", &at, message, format!("gains up to 2^{MAX_PLANES} are supported"));
        }
        let from = n.source_shape(p.source);
        check_synapses(&p.kind, from, to, conv, &at, found);
        let input = if p.source == Source::Input { (1u128 << n.input_planes) - 1 } else { 1 };
        let (weight, fan_in) = match &p.kind {
            ProjectionKind::Identity => (1, 1),
            ProjectionKind::Dense { planes } | ProjectionKind::Conv { planes, .. } => (
                (1u128 << planes.len().min(MAX_PLANES)) - 1,
                planes.first().map_or(0, |m| m.columns()),
            ),
        };
        bound += (fan_in as u128 * weight * input) << p.gain_log2.min(MAX_PLANES as u8);
    }
    if bound >= 1 << 48 {
        let message = format!("input sums up to {bound}, beyond 2^48");
        found.push("sum", at, message, "use fewer planes or smaller gains");
    }
}

fn check_synapses(
    kind: &ProjectionKind,
    from: Shape,
    to: Shape,
    conv: bool,
    at: &str,
    found: &mut Diagnostics,
) {
    let (planes, rows, columns) = match kind {
        ProjectionKind::Identity => {
            if from.len() != to.len() {
                let message = format!("identity from {} to {} neurons", from.len(), to.len());
                found.push("shape", at, message, "an identity projection keeps the size");
            }
            return;
        }
        ProjectionKind::Dense { planes } => {
            if conv {
                let help = "convolutional layers take conv or identity projections";
                found.push("kind", at, "a dense projection into a convolutional layer", help);
                return;
            }
            (planes, to.len(), from.len())
        }
        ProjectionKind::Conv { planes, kernel: [kh, kw], stride, padding } => {
            let size = (
                window_count(from.height, *kh, *stride, *padding),
                window_count(from.width, *kw, *stride, *padding),
            );
            if !conv || size != (Some(to.height), Some(to.width)) {
                let message = format!("output {to:?} does not follow from source {from:?}");
                found.push("shape", at, message, "size is floor((H + 2p - k)/stride) + 1");
                return;
            }
            match from.channels.checked_mul(*kh).and_then(|n| n.checked_mul(*kw)) {
                Some(columns) => (planes, to.channels, columns),
                None => {
                    found.push("shape", at, "the kernel is too large", "use a smaller kernel");
                    return;
                }
            }
        }
    };
    if !(1..=MAX_PLANES).contains(&planes.len()) {
        let message = format!("{} weight planes", planes.len());
        found.push("planes", at, message, format!("1 to {MAX_PLANES} planes are supported"));
    }
    for (p, m) in planes.iter().enumerate() {
        if (m.rows(), m.columns()) != (rows, columns) {
            let message = format!(
                "weight plane {p} is {}x{}, expected {rows}x{columns}",
                m.rows(),
                m.columns()
            );
            found.push("weights", at, message, "rows are targets, columns sources");
        }
    }
}
