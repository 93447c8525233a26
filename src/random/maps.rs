//! Random networks of convolutions and pooling.

use super::{between, layer, pick, weights};
use crate::{
    compiler::{CompileOptions, compile},
    golden::rng::{Sequence, Stream},
    ir::{
        Conv, CoreSpec, Layer, LayerKind, Network, NeuronParams, OrPool, Projection,
        ProjectionKind, Readout, Shape, Source,
    },
};

/// Draws before a case is given up: small cores refuse some of them for want of memory.
const DRAWS: u64 = 1000;

/// Network number `case` of convolutions and pooling: one to four such layers, and mostly a dense one
/// behind them; the first draw that fits the core.
pub fn maps_network(seed: u64, case: u64, spec: &CoreSpec) -> Network {
    let stream = Stream::named(seed, "random-maps-network").child(case);
    let draws = (0..DRAWS).map(|draw| maps(&mut stream.child(draw).sequence(), spec));
    let mut fitting = draws.filter(|n| compile(n, spec, &CompileOptions::default()).is_ok());
    fitting.next().expect("one draw of many fits the core")
}

fn maps(r: &mut Sequence, spec: &CoreSpec) -> Network {
    let input = Shape {
        channels: pick(r, &[1, 1, 2, 3, 5, 17]),
        height: between(r, 2, 11) as usize,
        width: between(r, 2, 11) as usize,
    };
    let input_planes = pick(r, &[1, 1, 1, 2]);
    let readout = pick(r, &[Readout::SpikeCount, Readout::Potential, Readout::FirstSpike]);
    let depth = between(r, 1, 4) as usize;
    let mut shape = input;
    let mut layers: Vec<Layer> = Vec::new();
    for k in 0..depth {
        let source = if k == 0 { Source::Input } else { Source::Layer(k - 1) };
        let pools = k > 0 && r.below(2) == 1;
        let next = if pools { pool(r, k, source, shape) } else { conv(r, k, source, shape) };
        shape = next.shape();
        layers.push(next);
    }
    // A map of few neurons may be read itself.
    let is_pool = |l: &Layer| matches!(l.kind, LayerKind::OrPool(_));
    if is_pool(&layers[depth - 1]) || shape.len() > spec.lanes || r.below(4) > 0 {
        let classes = between(r, 1, 20) as usize;
        layers.push(layer(r, depth, classes, shape.len(), readout == Readout::Potential));
    }
    Network {
        ticks: pick(r, &[1, 2, 3]),
        width_bits: spec.width_bits,
        input,
        input_planes,
        layers,
        readout,
    }
}

/// A window that fits: side, step and padding.
fn window(r: &mut Sequence, from: Shape) -> (usize, usize, usize) {
    let padding = pick(r, &[0, 0, 1, 2]);
    let most = from.height.min(from.width) + 2 * padding;
    let side = pick(r, &[1, 2, 3, 3, 5]).min(most).max(padding + 1);
    (side, pick(r, &[1, 1, 2, 3]), padding)
}

fn conv(r: &mut Sequence, k: usize, source: Source, from: Shape) -> Layer {
    let (side, stride, padding) = window(r, from);
    let count = |n: usize| (n + 2 * padding - side) / stride + 1;
    let channels = pick(r, &[1, 2, 4, 15, 16, 31]);
    let (height, width) = (count(from.height), count(from.width));
    let columns = from.channels * side * side;
    let planes = (0..pick(r, &[1, 1, 1, 2])).map(|_| weights(r, channels, columns)).collect();
    // The neurons of a dense layer of as many, with a parameter per channel.
    let LayerKind::Dense(like) = layer(r, k, channels, columns, false).kind else {
        unreachable!("it is dense")
    };
    let params: NeuronParams = like.params;
    Layer {
        name: format!("conv{k}"),
        kind: LayerKind::Conv(Conv {
            shape: Shape { channels, height, width },
            projections: vec![Projection {
                source,
                delayed: false,
                gain_log2: pick(r, &[0, 0, 1]),
                kind: ProjectionKind::Conv { planes, kernel: [side, side], stride, padding },
            }],
            params,
        }),
    }
}

fn pool(r: &mut Sequence, k: usize, source: Source, from: Shape) -> Layer {
    let side = pick(r, &[1, 2, 2, 2, 3]).min(from.height).min(from.width);
    let stride = pick(r, &[side, side, side, 1]);
    let count = |n: usize| (n - side) / stride + 1;
    let (height, width) = (count(from.height), count(from.width));
    let shape = Shape { channels: from.channels, height, width };
    Layer {
        name: format!("pool{k}"),
        kind: LayerKind::OrPool(OrPool { shape, source, k: side, stride }),
    }
}
