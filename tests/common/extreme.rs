//! Cases that random networks do not reach: sums at both ends of their width, and samples long
//! enough for the upper halves of the counters.

use super::{Case, SEED, compiled};
use spikewright::{
    golden::rng::Stream,
    ir::{layout::pass::MAX_PLANES, *},
};

/// 128 sources, all weights of a neuron alike, F = 0: with a full input and biases of ±32,639 drives
/// are ±8,355,839, what the compiler still admits; with the potential of the tick before, sums come
/// within one of the ends of 24 bits. The first two neurons never fire and keep their potentials.
pub fn sums(preset: Preset) -> Case {
    let rows =
        [(true, 32_639, 32_767), (false, -32_639, 32_767), (true, -32_639, 1), (false, 32_639, 1)];
    let inputs = 128;
    let row = |&(plus, ..): &(bool, i32, i32)| BitVec::from_bits([plus; 128]);
    let plane = BitMatrix::from_rows(rows.iter().map(row).collect()).unwrap();
    let params = NeuronParams {
        frac_bits: 0,
        leak: Leak::None,
        fire: FireRule::Above,
        reset: Reset::Subtract,
        theta: rows.iter().map(|row| row.2).collect(),
        bias: rows.iter().map(|row| row.1).collect(),
    };
    let network = Network {
        ticks: 2,
        width_bits: 16,
        input: Shape::flat(inputs),
        input_planes: MAX_PLANES as u8,
        layers: vec![dense("sums", Source::Input, vec![plane; MAX_PLANES], params)],
        readout: Readout::SpikeCount,
    };
    let stimuli = [[true, true], [false, false], [true, false], [false, true]];
    let stimuli = stimuli.iter().map(|ticks| stimulus(inputs, ticks)).collect();
    Case {
        name: format!("{preset}, ends of the sum"),
        compiled: compiled(&network, preset),
        stimuli,
    }
}

/// A full input of one group in ten ticks, and two layers that read it with all planes: more than
/// 65,536 events, and so cycles, on every preset that has the passes for it. Where planes stand side by
/// side there are fewer passes: more sources, and too many neurons for a second gang.
pub fn long(preset: Preset) -> Case {
    let spec = preset.spec();
    let (inputs, neurons, ticks) = match spec.gangs {
        8.. => (2 * spec.group_neurons(), spec.lanes / 2 + 16, 9),
        _ => (spec.group_neurons(), 96, 10),
    };
    let r = &mut Stream::named(SEED, "long-network").sequence();
    let mut layer = |name: &str, neurons: usize| {
        let mut row = |_| BitVec::from_bits((0..inputs).map(|_| r.below(2) == 1));
        let mut plane = |_| BitMatrix::from_rows((0..neurons).map(&mut row).collect()).unwrap();
        let planes = (0..MAX_PLANES).map(&mut plane).collect();
        let params = NeuronParams {
            frac_bits: 0,
            leak: Leak::Shift(2),
            fire: FireRule::AtLeast,
            reset: Reset::Zero,
            theta: vec![20_000; neurons],
            bias: (0..neurons as i32).map(|n| 100 * n % 30_000).collect(),
        };
        dense(name, Source::Input, planes, params)
    };
    let network = Network {
        ticks,
        width_bits: 16,
        input: Shape::flat(inputs),
        input_planes: MAX_PLANES as u8,
        layers: vec![layer("hidden", neurons), layer("classes", 10)],
        readout: Readout::SpikeCount,
    };
    Case {
        name: format!("{preset}, a long sample"),
        compiled: compiled(&network, preset),
        stimuli: vec![stimulus(inputs, &vec![true; ticks])],
    }
}

/// 15 events in each of 80 ticks, to as many neurons as there are lanes, and pauses between them, in which the low
/// bits of a counter are all 1. Of the classes, one for each fire unit, one leads by a few spikes. For presets of at
/// least 256 spike groups.
pub fn sparse(preset: Preset, leads: usize) -> Case {
    let CoreSpec { lanes, fire_units, .. } = preset.spec();
    let rates = (0..fire_units).map(|class| if class == leads { 14 } else { 15 }).collect();
    let layers = vec![
        excited("hidden", Source::Input, 15, vec![107; lanes]),
        excited("classes", Source::Layer(0), lanes, rates),
    ];
    single("sparse", preset, layers, 15, &[true; 80])
}

/// More neurons than a row of parameters has 7 bits for, the classes last.
pub fn far(preset: Preset) -> Case {
    let neurons = 130 * preset.spec().fire_units;
    let r = &mut Stream::named(SEED, "far-network").sequence();
    let mut layer = |name: &str, source, inputs: usize, neurons: usize| {
        let mut row = |_| BitVec::from_bits((0..inputs).map(|_| r.below(2) == 1));
        let plane = BitMatrix::from_rows((0..neurons).map(&mut row).collect()).unwrap();
        let theta = (0..neurons as i32).map(|n| 1 + n % 5).collect();
        dense(name, source, vec![plane], plain(theta, Leak::Shift(3)))
    };
    let layers = vec![
        layer("hidden", Source::Input, 16, neurons),
        layer("classes", Source::Layer(0), neurons, 10),
    ];
    single("far", preset, layers, 16, &[true, false, true, true])
}

/// As many neurons as there are lanes, which from the second tick on are at an end of the potential: more
/// saturated rows than a counter of 8 bits holds.
pub fn saturated(preset: Preset) -> Case {
    let neurons = preset.spec().lanes;
    let ticks = 256 / preset.spec().tile_rows() + 2;
    let plane = BitMatrix::from_rows(vec![BitVec::from_bits([true; 4]); neurons]).unwrap();
    let params = NeuronParams {
        fire: FireRule::Above,
        bias: vec![32_639; neurons],
        ..plain(vec![32_767; neurons], Leak::None)
    };
    let spikes = BitMatrix::from_rows(vec![BitVec::zeros(neurons); 2]).unwrap();
    let layers = vec![
        dense("saturated", Source::Input, vec![plane], params),
        dense("classes", Source::Layer(0), vec![spikes], plain(vec![1; 2], Leak::None)),
    ];
    single("saturated", preset, layers, 4, &vec![true; ticks])
}

/// A network of one input plane, and one stimulus: full in the ticks that say so.
fn single(name: &str, preset: Preset, layers: Vec<Layer>, inputs: usize, full: &[bool]) -> Case {
    let network = Network {
        ticks: full.len(),
        width_bits: 16,
        input: Shape::flat(inputs),
        input_planes: 1,
        layers,
        readout: Readout::SpikeCount,
    };
    let train = stimulus(inputs, full);
    Case {
        name: format!("{preset}, {name}"),
        compiled: compiled(&network, preset),
        stimuli: vec![InputTrain { planes: train.planes[..1].to_vec() }],
    }
}

/// A layer in which every synapse excites.
fn excited(name: &str, source: Source, inputs: usize, theta: Vec<i32>) -> Layer {
    let row = |_| BitVec::from_bits((0..inputs).map(|_| true));
    let plane = BitMatrix::from_rows((0..theta.len()).map(row).collect()).unwrap();
    dense(name, source, vec![plane], plain(theta, Leak::None))
}

/// Neurons without bias, fraction or anything else out of the ordinary.
fn plain(theta: Vec<i32>, leak: Leak) -> NeuronParams {
    NeuronParams {
        frac_bits: 0,
        leak,
        fire: FireRule::AtLeast,
        reset: Reset::Subtract,
        bias: vec![0; theta.len()],
        theta,
    }
}

fn dense(name: &str, source: Source, planes: Vec<BitMatrix>, params: NeuronParams) -> Layer {
    let kind = ProjectionKind::Dense { planes };
    let projections = vec![Projection { source, delayed: false, gain_log2: 0, kind }];
    let neurons = params.theta.len();
    Layer { name: name.into(), kind: LayerKind::Dense(Dense { neurons, projections, params }) }
}

/// All planes full in the ticks that say so, empty in the others.
fn stimulus(inputs: usize, full: &[bool]) -> InputTrain {
    let tick = |&full: &bool| BitVec::from_bits((0..inputs).map(|_| full));
    let plane = SpikeTrain::from_ticks(full.iter().map(tick).collect(), inputs);
    InputTrain { planes: vec![plane; MAX_PLANES] }
}
