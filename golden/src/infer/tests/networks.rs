//! Random networks of every kind of layer and projection.

use crate::rng::Sequence;
use spikewright_ir::{
    BitMatrix, BitVec, Conv, Dense, FireRule, InputTrain, Layer, LayerKind, Leak, Network,
    NeuronParams, OrPool, Projection, ProjectionKind, Readout, Reset, Shape, Source, SpikeTrain,
    WeightPlanes,
};

/// A layer before its projections are drawn: those of later layers need its shape.
enum Plan {
    Dense(usize),
    Conv { from: usize, shape: Shape, kernel: [usize; 2], stride: usize, padding: usize },
    Pool { from: usize, shape: Shape, k: usize, stride: usize },
}

fn pick(draw: &mut Sequence, n: usize) -> usize {
    draw.below(n as u64) as usize
}

pub fn bits(draw: &mut Sequence, n: usize, one_in: u64) -> BitVec {
    BitVec::from_bits((0..n).map(|_| draw.below(one_in) == 0).collect::<Vec<_>>())
}

pub fn input(draw: &mut Sequence, network: &Network) -> InputTrain {
    let neurons = network.input.len();
    let one_in = [1, 3, 20][pick(draw, 3)];
    let mut train = || {
        let ticks = (0..network.ticks).map(|_| bits(draw, neurons, one_in)).collect();
        SpikeTrain::from_ticks(ticks, neurons)
    };
    InputTrain { planes: (0..network.input_planes).map(|_| train()).collect() }
}

fn planes(draw: &mut Sequence, rows: usize, columns: usize) -> WeightPlanes {
    let most = [1, 1, 3, 9][pick(draw, 4)];
    let plane = |draw: &mut Sequence| (0..rows).map(|_| bits(draw, columns, 2)).collect();
    (0..1 + pick(draw, most)).map(|_| BitMatrix::from_rows(plane(draw)).unwrap()).collect()
}

fn plan(draw: &mut Sequence, shapes: &[Shape], one_plane: bool, last: bool) -> (Plan, Shape) {
    // Mostly the latest node.
    let from = shapes.len() - 1 - pick(draw, 3 * shapes.len()) / (2 * shapes.len() + 1);
    let Shape { channels, height, width } = shapes[from];
    let [kernel, stride, padding] = [1 + pick(draw, 5), 1 + pick(draw, 3), pick(draw, 3)];
    let fits = |k: usize, padding: usize| k <= height.min(width) + 2 * padding;
    let side = |n: usize, k: usize, p: usize| (n + 2 * p - k) / stride + 1;
    let most = [5, 70, 140][pick(draw, 3)];
    let wide = match shapes[pick(draw, shapes.len())].len() {
        // As wide as another node, for identity projections.
        n if n < 150 && draw.below(3) == 0 => n,
        _ => 1 + pick(draw, most),
    };
    match pick(draw, 3) {
        0 if fits(kernel, padding) && height * width > 1 => {
            let tall = if fits(kernel + 1, padding) { kernel + pick(draw, 2) } else { kernel };
            let size = (side(height, tall, padding), side(width, kernel, padding));
            let shape = Shape { channels: wide, height: size.0, width: size.1 };
            (Plan::Conv { from, shape, kernel: [tall, kernel], stride, padding }, shape)
        }
        1 if fits(kernel, 0) && !last && (from > 0 || one_plane) => {
            let (height, width) = (side(height, kernel, 0), side(width, kernel, 0));
            let shape = Shape { channels, height, width };
            (Plan::Pool { from, shape, k: kernel, stride }, shape)
        }
        _ => (Plan::Dense(wide), Shape::flat(wide)),
    }
}

/// A projection into layer `k` (node `k + 1`) of node `s`.
fn projection(draw: &mut Sequence, k: usize, s: usize, kind: ProjectionKind) -> Projection {
    let source = if s == 0 { Source::Input } else { Source::Layer(s - 1) };
    Projection { source, delayed: s > k, gain_log2: pick(draw, 3) as u8, kind }
}

/// What else projects into a layer, from any node.
fn more(draw: &mut Sequence, k: usize, shapes: &[Shape], conv: bool) -> Option<Projection> {
    let s = pick(draw, shapes.len());
    let (from, to) = (shapes[s], shapes[k + 1]);
    let kind = if from.len() == to.len() && draw.below(2) == 0 {
        ProjectionKind::Identity
    } else if !conv {
        ProjectionKind::Dense { planes: planes(draw, to.len(), from.len()) }
    } else if (from.height, from.width) == (to.height, to.width) {
        let planes = planes(draw, to.channels, from.channels * 9);
        ProjectionKind::Conv { planes, kernel: [3, 3], stride: 1, padding: 1 }
    } else {
        return None;
    };
    Some(projection(draw, k, s, kind))
}

fn params(draw: &mut Sequence, n: usize, width_bits: u8) -> NeuronParams {
    let frac_bits = pick(draw, 5) as u8;
    let half = 1u64 << (width_bits - 1);
    let small = |draw: &mut Sequence| 1 + draw.below(half.min(1 + (20 << frac_bits)) - 1) as i32;
    NeuronParams {
        frac_bits,
        leak: [
            Leak::None,
            Leak::Shift(1),
            Leak::Shift(15),
            Leak::Scale(230),
            Leak::Scale(0),
            Leak::Scale(256),
        ][pick(draw, 6)],
        fire: [FireRule::AtLeast, FireRule::Above][pick(draw, 2)],
        reset: [Reset::Subtract, Reset::Zero, Reset::SubtractDelayed, Reset::ZeroFull]
            [pick(draw, 4)],
        theta: (0..n).map(|_| small(draw)).collect(),
        bias: (0..n).map(|_| small(draw) - small(draw)).collect(),
    }
}

pub fn network(draw: &mut Sequence) -> Network {
    let side = |draw: &mut Sequence| 1 + pick(draw, 9);
    let input = match pick(draw, 3) {
        0 => Shape::flat(1 + pick(draw, 300)),
        _ => Shape { channels: 1 + pick(draw, 3), height: side(draw), width: side(draw) },
    };
    let input_planes = [1, 1, 1, 3][pick(draw, 4)];
    let width_bits = [2, 6, 12, 16, 24][pick(draw, 5)];
    let count = 1 + pick(draw, 4);
    let (mut shapes, mut plans) = (vec![input], Vec::new());
    for k in 0..count {
        let (plan, shape) = plan(draw, &shapes, input_planes == 1, k + 1 == count);
        shapes.push(shape);
        plans.push(plan);
    }
    let mut layers = Vec::new();
    for (k, plan) in plans.into_iter().enumerate() {
        let mut projections = Vec::new();
        let conv = matches!(plan, Plan::Conv { .. });
        let first = match &plan {
            Plan::Dense(n) => {
                let planes = planes(draw, *n, shapes[k].len());
                Some((k, ProjectionKind::Dense { planes }))
            }
            Plan::Conv { from, shape, kernel, stride, padding } => {
                let columns = shapes[*from].channels * kernel[0] * kernel[1];
                let planes = planes(draw, shape.channels, columns);
                let (kernel, stride, padding) = (*kernel, *stride, *padding);
                Some((*from, ProjectionKind::Conv { planes, kernel, stride, padding }))
            }
            Plan::Pool { .. } => None,
        };
        if let Some((from, kind)) = first {
            projections.push(projection(draw, k, from, kind));
            for _ in 0..pick(draw, 3) {
                projections.extend(more(draw, k, &shapes, conv));
            }
        }
        let kind = match plan {
            Plan::Dense(n) => {
                let params = params(draw, n, width_bits);
                LayerKind::Dense(Dense { neurons: n, projections, params })
            }
            Plan::Conv { shape, .. } => {
                let params = params(draw, shape.channels, width_bits);
                LayerKind::Conv(Conv { shape, projections, params })
            }
            Plan::Pool { from, shape, k, stride } => {
                let source = if from == 0 { Source::Input } else { Source::Layer(from - 1) };
                LayerKind::OrPool(OrPool { shape, source, k, stride })
            }
        };
        layers.push(Layer { name: format!("{k}"), kind });
    }
    let readout = [Readout::Potential, Readout::SpikeCount, Readout::FirstSpike][pick(draw, 3)];
    Network { ticks: 1 + pick(draw, 20), width_bits, input, input_planes, layers, readout }
}
