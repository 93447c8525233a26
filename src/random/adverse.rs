//! Networks and stimuli at the edges: thresholds that potentials reach exactly, potentials at both ends
//! of their width, and input that is empty, full, in bursts or at the borders of memory words.

use super::{between, layer, network, pick, stimulus, weights, wired_network};
use crate::{
    golden::{
        Reference,
        rng::{Sequence, Stream},
    },
    ir::{
        BitMatrix, BitVec, CoreSpec, FireRule, InputTrain, Layer, LayerKind, Leak, Network,
        NeuronParams, ProjectionKind, Readout, Reset, Shape, SpikeTrain,
    },
};

/// Highest threshold of 16-bit potentials.
const HIGHEST: i32 = 32_767;

/// Network number `case` whose thresholds are potentials that its neurons reach on stimulus 0, or one
/// beside: `u == θ` is common, and the two fire rules part there.
pub fn threshold_network(seed: u64, case: u64, spec: &CoreSpec) -> Network {
    let r = &mut Stream::named(seed, "random-threshold-network").child(case).sequence();
    let mut drawn = match r.below(2) {
        0 => network(seed, case, spec),
        _ => wired_network(seed, case, spec),
    };
    let input = stimulus(seed, case, 0, &drawn);
    for k in 0..drawn.layers.len() {
        // Up to the tick in which it is first as high as its threshold a neuron does not fire, and what it
        // does without firing is known.
        let mut quiet = drawn.clone();
        params(&mut quiet.layers[k]).theta.fill(HIGHEST);
        let run = Reference::new(&quiet).ok().and_then(|reference| reference.run(&input).ok());
        let Some(run) = run else { continue };
        let potentials = &run.layers[k].potentials;
        for (n, theta) in params(&mut drawn.layers[k]).theta.iter_mut().enumerate() {
            let first = potentials[0][n];
            let most = potentials.iter().map(|tick| tick[n]).max().unwrap_or(first);
            let reached = pick(r, &[first, most]) + pick(r, &[0, 0, 0, 0, -1, 1]);
            if (1..=HIGHEST).contains(&reached) {
                *theta = reached;
            }
        }
    }
    drawn
}

fn params(layer: &mut Layer) -> &mut NeuronParams {
    match &mut layer.kind {
        LayerKind::Dense(dense) => &mut dense.params,
        _ => unreachable!("layers are dense"),
    }
}

/// Network number `case` whose potentials go to both ends of their width: sums of many planes up to
/// what the compiler admits, biases and thresholds at their limits, little leak.
pub fn ends_network(seed: u64, case: u64, spec: &CoreSpec) -> Network {
    let r = &mut Stream::named(seed, "random-ends-network").child(case).sequence();
    let inputs = between(r, 1, (spec.max_fan_in() as i64).min(128)) as usize;
    let past = i64::from((8_000_000 / inputs).ilog2());
    let input_planes = between(r, 1, 8).min(past - 1);
    let planes = between(r, 1, 8).min(past - input_planes).max(1);
    let frac_bits = between(r, 0, 8).min(past - input_planes - planes).max(0);
    let neurons = between(r, 2, 20) as usize;
    let mut first = layer(r, 0, neurons, inputs, false);
    if let LayerKind::Dense(dense) = &mut first.kind {
        let planes = (0..planes).map(|_| rows_alike(r, neurons, inputs)).collect();
        dense.projections[0].kind = ProjectionKind::Dense { planes };
        dense.params = NeuronParams { frac_bits: frac_bits as u8, ..extremes(r, neurons) };
    }
    let mut layers = vec![first];
    if r.below(2) == 1 {
        let classes = between(r, 2, 20) as usize;
        let mut last = layer(r, 1, classes, neurons, false);
        if r.below(2) == 1 {
            *params(&mut last) = extremes(r, classes);
        }
        layers.push(last);
    }
    Network {
        ticks: pick(r, &[2, 3, 5, 8]),
        width_bits: spec.width_bits,
        input: Shape::flat(inputs),
        input_planes: input_planes as u8,
        layers,
        readout: pick(r, &[Readout::SpikeCount, Readout::Potential, Readout::FirstSpike]),
    }
}

/// Weights of which half the rows are of one sign, so that a full input reaches the largest sum.
fn rows_alike(r: &mut Sequence, rows: usize, columns: usize) -> BitMatrix {
    let mut bits = weights(r, rows, columns);
    for row in 0..rows {
        let (alike, plus) = (r.below(2) == 1, row % 2 == 0);
        if alike {
            *bits.row_mut(row) = BitVec::from_bits((0..columns).map(|_| plus));
        }
    }
    bits
}

/// Neurons with biases and thresholds at and near their limits.
fn extremes(r: &mut Sequence, neurons: usize) -> NeuronParams {
    NeuronParams {
        frac_bits: 0,
        leak: pick(
            r,
            &[Leak::None, Leak::None, Leak::Scale(256), Leak::Scale(255), Leak::Shift(15)],
        ),
        fire: pick(r, &[FireRule::AtLeast, FireRule::Above]),
        reset: pick(r, &[Reset::Subtract, Reset::Zero]),
        theta: (0..neurons).map(|_| pick(r, &[1, 2, 16_384, HIGHEST - 1, HIGHEST])).collect(),
        bias: (0..neurons)
            .map(|_| pick(r, &[-32_768, -32_767, -16_384, -1, 0, 1, 16_384, 32_767]))
            .collect(),
    }
}

/// Stimulus number `sample` of a pattern that density alone does not give: silence, full ticks,
/// both in turn, bursts, one neuron, and the neurons on both sides of every word's border.
pub fn adverse_stimulus(seed: u64, case: u64, sample: u64, network: &Network) -> InputTrain {
    let r = &mut Stream::named(seed, "adverse-stimulus").child(case).child(sample).sequence();
    let (neurons, ticks) = (network.input.len(), network.ticks);
    let pattern = r.below(8);
    let at = r.below(ticks as u64) as usize;
    let length = 1 + r.below(4) as usize;
    let mut bit = |tick: usize, neuron: usize| match pattern {
        0 => false,
        1 => true,
        2 => tick.is_multiple_of(2),
        3 => tick == at,
        4 => (at..at + length).contains(&tick) && r.below(8) > 0,
        5 => neuron == (at + tick * 16) % neurons,
        6 => [0, 15].contains(&(neuron % 16)) || neuron + 1 == neurons,
        _ => (tick + neuron).is_multiple_of(2),
    };
    let mut plane = |_| {
        let ticks = (0..ticks).map(|t| BitVec::from_bits((0..neurons).map(|n| bit(t, n))));
        SpikeTrain::from_ticks(ticks.collect(), neurons)
    };
    InputTrain { planes: (0..network.input_planes).map(&mut plane).collect() }
}
