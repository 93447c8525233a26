//! A model file may say anything: the reference must refuse it or run it, never panic.

use proptest::prelude::*;
use spikewright_golden::{Reference, vectors};
use spikewright_ir::{InputTrain, LayerKind, Leak, Network, ProjectionKind, Source, SpikeTrain};
use std::{fs, path::Path, sync::LazyLock};

static CASES: LazyLock<Vec<Network>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    ["directed.jsonl", "random.jsonl"]
        .iter()
        .flat_map(|f| vectors::parse(&fs::read_to_string(folder.join(f)).unwrap()).unwrap())
        .map(|case| case.network)
        .collect()
});

/// One number of the network replaced.
fn damage(network: &mut Network, place: usize, value: usize) {
    let layers = network.layers.len();
    match place % 8 {
        0 => network.ticks = value,
        1 => network.width_bits = value as u8,
        2 => network.input.height = value,
        3 => network.input_planes = value as u8,
        _ => match &mut network.layers[place / 8 % layers].kind {
            LayerKind::Dense(l) => match place % 8 {
                4 => l.neurons = value,
                5 => l.params.leak = Leak::Shift(value as u8),
                6 => l.projections[0].source = Source::Layer(value),
                _ => {
                    l.params.theta.truncate(value);
                    l.projections[0].gain_log2 = value as u8;
                }
            },
            LayerKind::Conv(l) => match (place % 8, &mut l.projections[0].kind) {
                (4, _) => l.shape.width = value,
                (5, ProjectionKind::Conv { stride, .. }) => *stride = value,
                (6, ProjectionKind::Conv { padding, .. }) => *padding = value,
                (_, ProjectionKind::Conv { kernel, .. }) => kernel[0] = value,
                _ => l.params.frac_bits = value as u8,
            },
            LayerKind::OrPool(l) => match place % 8 {
                4 => l.k = value,
                5 => l.stride = value,
                6 => l.source = Source::Layer(value),
                _ => l.shape.channels = value,
            },
        },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn damaged_networks_are_refused_or_run(
        case in any::<prop::sample::Index>(),
        place in 0usize..64,
        value in prop_oneof![0usize..40, Just(usize::MAX), Just(1 << 31), Just(1 << 63)],
    ) {
        let mut network = case.get(&CASES).clone();
        damage(&mut network, place, value);
        if let Ok(reference) = Reference::new(&network) {
            let train = SpikeTrain::silent(network.ticks, network.input.len());
            let input = InputTrain { planes: vec![train; network.input_planes.into()] };
            prop_assert!(reference.run(&input).is_ok());
        }
    }
}

#[test]
fn refusals_name_layer_number_and_remedy() {
    let mut network = CASES[0].clone();
    let LayerKind::Dense(dense) = &mut network.layers[0].kind else { panic!("dense first") };
    dense.params.theta[1] = 1 << 20;
    dense.projections[0].source = Source::Layer(0);
    let text = Reference::new(&network).unwrap_err().to_string();
    assert!(text.contains("theta 1048576 of unit 1 is outside 1..=32767"), "{text}");
    assert!(text.contains("a same-tick projection from Layer(0)"), "{text}");
}

#[test]
fn inputs_of_another_shape_are_refused() {
    let network = CASES[0].clone();
    let reference = Reference::new(&network).unwrap();
    let input = SpikeTrain::silent(network.ticks + 1, network.input.len()).into();
    let text = reference.run(&input).unwrap_err().to_string();
    assert!(text.starts_with("the input has 4 ticks, the network takes 3"), "{text}");
}
