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
