//! Random small networks and stimuli that a preset can run, the same for the same seed everywhere.

mod adverse;
mod maps;
mod theta;
pub use adverse::{adverse_stimulus, ends_network, threshold_network};
pub use maps::maps_network;
pub use theta::{theta_network, theta_stimulus};

use crate::{
    golden::rng::{Sequence, Stream},
    ir::{
        BitMatrix, BitVec, CoreSpec, Dense, FireRule, InputTrain, Layer, LayerKind, Leak, Network,
        NeuronParams, Projection, ProjectionKind, Readout, Reset, Shape, Source, SpikeTrain,
        layout::bus::OUTPUT_SPIKES,
    },
};

/// One of a list.
fn pick<T: Copy>(r: &mut Sequence, list: &[T]) -> T {
    list[r.below(list.len() as u64) as usize]
}

/// An integer in `low..=high`.
fn between(r: &mut Sequence, low: i64, high: i64) -> i64 {
    low + r.below((high - low + 1) as u64) as i64
}

/// Network number `case` of a seed: one to three dense layers, all neuron options, thresholds
/// near what the layer's drive reaches, so that firing is neither rare nor certain.
pub fn network(seed: u64, case: u64, spec: &CoreSpec) -> Network {
    let r = &mut Stream::named(seed, "random-network").child(case).sequence();
    let widest = spec.max_fan_in().min(3 * spec.lanes) as i64;
    let inputs = between(r, 1, widest.min(200)) as usize;
    let depth = between(r, 1, 3) as usize;
    let readout = pick(r, &[Readout::SpikeCount, Readout::Potential, Readout::FirstSpike]);
    let mut fan_in = inputs;
    let mut layers = Vec::new();
    for k in 0..depth {
        let last = k + 1 == depth;
        let most = if last {
            spec.lanes.min(256) as i64
        } else {
            widest.min(2 * spec.lanes as i64 + 9).min(300)
        };
        let neurons = between(r, 1, most) as usize;
        layers.push(layer(r, k, neurons, fan_in, last && readout == Readout::Potential));
        fan_in = neurons;
    }
    Network {
        ticks: pick(r, &[1, 1, 2, 3, 4, 7]),
        width_bits: spec.width_bits,
        input: Shape::flat(inputs),
        input_planes: 1,
        layers,
        readout,
    }
}

/// Network number `case` with the largest fan-in the core can count, or its weight memory holds: two dense
/// layers, so that a full input carries the counters through all their bits.
pub fn wide_network(seed: u64, case: u64, spec: &CoreSpec) -> Network {
    let r = &mut Stream::named(seed, "random-wide-network").child(case).sequence();
    let rest = spec.lanes.div_ceil(spec.group_neurons());
    let inputs = spec.max_fan_in().min((spec.weight_groups - rest) * spec.group_neurons());
    let hidden = between(r, 1, spec.lanes as i64) as usize;
    let classes = between(r, 2, 16) as usize;
    Network {
        ticks: between(r, 1, 4) as usize,
        width_bits: spec.width_bits,
        input: Shape::flat(inputs),
        input_planes: 1,
        layers: vec![layer(r, 0, hidden, inputs, false), layer(r, 1, classes, hidden, false)],
        readout: Readout::SpikeCount,
    }
}

/// Network number `case` with values of several planes, or layers of several weight planes, or both:
/// one to three dense layers that fill the weight memory of the smallest core.
pub fn planes_network(seed: u64, case: u64, spec: &CoreSpec) -> Network {
    let r = &mut Stream::named(seed, "random-planes-network").child(case).sequence();
    let inputs = between(r, 1, 70) as usize;
    let input_planes = pick(r, &[1, 1, 2, 3, 4, 8]);
    let depth = between(r, 1, 3) as usize;
    let readout = pick(r, &[Readout::SpikeCount, Readout::Potential, Readout::FirstSpike]);
    let (mut fan_in, mut planes_in, mut left) = (inputs, input_planes, spec.weight_groups as i64);
    let mut layers = Vec::new();
    for k in 0..depth {
        let last = k + 1 == depth;
        let most = if last { 20 } else { spec.lanes as i64 + 9 };
        let neurons = between(r, 1, most) as usize;
        let groups = neurons.div_ceil(spec.lanes) * fan_in.div_ceil(spec.group_neurons());
        // Each layer after this one takes at most four groups a plane.
        let room = (left - 4 * (depth - k - 1) as i64) / groups as i64;
        // The last pass counts at most 2^14, and the sum stays within the adder.
        let most = (8_000_000 / fan_in).ilog2().min(16) as i64 - planes_in;
        let planes = pick(r, &[1, 2, 2, 3, 4, 8]).min(room).min(most);
        left -= planes * groups as i64;
        let mut next = layer(r, k, neurons, fan_in, last && readout == Readout::Potential);
        let LayerKind::Dense(dense) = &mut next.kind else { unreachable!("layers are dense") };
        let projection = &mut dense.projections[0];
        let gain = pick(r, &[0, 0, 1, 2]).min(most - planes);
        projection.gain_log2 = gain as u8;
        let frac_bits = i64::from(dense.params.frac_bits).min(most - planes - gain);
        dense.params.frac_bits = frac_bits as u8;
        let past = planes_in + planes + gain + frac_bits;
        projection.kind = ProjectionKind::Dense {
            planes: (0..planes).map(|_| weights(r, neurons, fan_in)).collect(),
        };
        let reach = i64::from((fan_in as f64).sqrt() as i32 + 1) << (past - 2);
        dense.params.theta =
            (0..neurons).map(|_| between(r, 1, reach.min(32_767)) as i32).collect();
        layers.push(next);
        (fan_in, planes_in) = (neurons, 1);
    }
    Network {
        ticks: pick(r, &[1, 2, 3]),
        width_bits: spec.width_bits,
        input: Shape::flat(inputs),
        input_planes: input_planes as u8,
        layers,
        readout,
    }
}

/// Network number `case` with projections of all kinds: one to three layers, each with a dense projection
/// from the input or an earlier layer, and any of: dense or identity, of this tick or delayed, from
/// wherever they may come.
pub fn wired_network(seed: u64, case: u64, spec: &CoreSpec) -> Network {
    let r = &mut Stream::named(seed, "random-wired-network").child(case).sequence();
    let inputs = between(r, 1, 70) as usize;
    let input_planes = pick(r, &[1, 1, 1, 2]);
    let readout = pick(r, &[Readout::SpikeCount, Readout::Potential, Readout::FirstSpike]);
    let depth = between(r, 1, 3) as usize;
    // Identities need sources of the layer's size.
    let same = between(r, 1, (spec.lanes as i64).min(70)) as usize;
    let sizes: Vec<usize> = (0..depth)
        .map(|k| match r.below(2) {
            0 if k + 1 == depth => between(r, 1, 20) as usize,
            0 => between(r, 1, 70) as usize,
            _ => same,
        })
        .collect();
    let size = |source: Source| match source {
        Source::Input => inputs,
        Source::Layer(n) => sizes[n],
    };
    let groups = |neurons: usize, fan_in: usize| {
        neurons.div_ceil(spec.lanes) * fan_in.div_ceil(spec.group_neurons())
    };
    // Each layer's first projection takes at most this of the smallest weight memory.
    let mut left = spec.weight_groups - depth * groups(70, 70) - spec.lanes / spec.group_neurons();
    let mut layers = Vec::new();
    for (k, &neurons) in sizes.iter().enumerate() {
        let source = |n: u64| if n == 0 { Source::Input } else { Source::Layer(n as usize - 1) };
        let first = source(r.below(k as u64 + 1));
        let read = k + 1 == depth && readout == Readout::Potential;
        let mut next = layer(r, k, neurons, size(first), read);
        let LayerKind::Dense(dense) = &mut next.kind else { unreachable!("layers are dense") };
        dense.params.frac_bits = dense.params.frac_bits.min(4);
        dense.projections[0].source = first;
        for _ in 0..r.below(4) {
            let delayed = r.below(2) == 1;
            let source = match delayed {
                true => Source::Layer(between(r, k as i64, depth as i64 - 1) as usize),
                false => source(r.below(k as u64 + 1)),
            };
            let planes = pick(r, &[1, 1, 2, 3]);
            let (from, cost) = (size(source), planes * groups(neurons, size(source)));
            let kind = if from == neurons && r.below(3) > 0 {
                ProjectionKind::Identity
            } else if cost <= left {
                left -= cost;
                let planes = (0..planes).map(|_| weights(r, neurons, from)).collect();
                ProjectionKind::Dense { planes }
            } else {
                continue;
            };
            let gain_log2 = pick(r, &[0, 0, 1, 3]);
            dense.projections.push(Projection { source, delayed, gain_log2, kind });
        }
        if r.below(2) == 1 {
            dense.projections.reverse();
        }
        layers.push(next);
    }
    Network {
        ticks: pick(r, &[1, 2, 3, 4, 6]),
        width_bits: spec.width_bits,
        input: Shape::flat(inputs),
        input_planes,
        layers,
        readout,
    }
}

/// [`wired_network`] number `case` with a readout that streams have.
pub fn stream_network(seed: u64, case: u64, spec: &CoreSpec) -> Network {
    let mut network = wired_network(seed, case, spec);
    network.readout = match network.readout {
        Readout::SpikeCount if network.classes() <= OUTPUT_SPIKES => Readout::SpikeCount,
        _ => Readout::Potential,
    };
    network
}

fn layer(r: &mut Sequence, k: usize, neurons: usize, fan_in: usize, read: bool) -> Layer {
    // With one plane the sum is often near the ends of 16 bits, or past them.
    let frac_bits = pick(r, &[0, 0, 1, 2, 4, 6, 8]).min((90_000 / fan_in).ilog2() as i64);
    let reach = ((fan_in as f64).sqrt() * f64::from(1 << frac_bits)) as i64 + 1;
    let wide = r.below(4) == 0;
    let bias = if wide { 8_000 } else { reach };
    Layer {
        name: format!("dense{k}"),
        kind: LayerKind::Dense(Dense {
            neurons,
            projections: vec![Projection {
                source: if k == 0 { Source::Input } else { Source::Layer(k - 1) },
                delayed: false,
                gain_log2: 0,
                kind: ProjectionKind::Dense { planes: vec![weights(r, neurons, fan_in)] },
            }],
            params: NeuronParams {
                frac_bits: frac_bits as u8,
                leak: match (read, r.below(3)) {
                    (_, 0) => Leak::None,
                    (_, 1) => Leak::Shift(between(r, 1, 15) as u8),
                    _ => Leak::Scale(pick(r, &[0, 1, 64, 128, 200, 230, 255, 256])),
                },
                fire: pick(r, &[FireRule::AtLeast, FireRule::Above]),
                reset: pick(r, &[Reset::Subtract, Reset::Zero]),
                theta: (0..neurons).map(|_| between(r, 1, reach + 1) as i32).collect(),
                bias: (0..neurons).map(|_| between(r, -bias, bias) as i32).collect(),
            },
        }),
    }
}

fn weights(r: &mut Sequence, rows: usize, columns: usize) -> BitMatrix {
    let mut bits = BitMatrix::zeros(rows, columns);
    for row in 0..rows {
        for column in 0..columns {
            bits.row_mut(row).set(column, r.below(2) == 1);
        }
    }
    bits
}

/// Stimulus number `sample` for a network: random density per plane and tick, with empty and full
/// ones.
pub fn stimulus(seed: u64, case: u64, sample: u64, network: &Network) -> InputTrain {
    let r = &mut Stream::named(seed, "random-stimulus").child(case).child(sample).sequence();
    let neurons = network.input.len();
    let mut plane = |_| {
        let ticks = (0..network.ticks)
            .map(|_| {
                let density = pick(r, &[0.0, 0.02, 0.1, 0.1, 0.5, 0.9, 1.0]);
                BitVec::from_bits((0..neurons).map(|_| r.unit() < density))
            })
            .collect();
        SpikeTrain::from_ticks(ticks, neurons)
    };
    InputTrain { planes: (0..network.input_planes).map(&mut plane).collect() }
}
