//! Cycle counts worked out by hand from the datasheet, and the shape of the estimate.

mod common;

use common::{evaluate, network, train};
use proptest::prelude::*;
use spikewright_compiler::{
    CompileOptions, CostError, SpikeCounts, compile, cost, cycles, worst_cycles,
};
use spikewright_ir::*;

fn layer(i: usize, neurons: usize, source: Source, fan_in: usize) -> Layer {
    let planes = vec![BitMatrix::zeros(neurons, fan_in)];
    let kind = ProjectionKind::Dense { planes };
    let params = NeuronParams {
        frac_bits: 0,
        leak: Leak::None,
        fire: FireRule::AtLeast,
        reset: Reset::Subtract,
        theta: vec![1; neurons],
        bias: vec![0; neurons],
    };
    let projections = vec![Projection { source, delayed: false, gain_log2: 0, kind }];
    Layer { name: format!("l{i}"), kind: LayerKind::Dense(Dense { neurons, projections, params }) }
}

fn image(preset: Preset, ticks: usize, sizes: &[usize]) -> CoreImage {
    let source = |i: usize| if i == 0 { Source::Input } else { Source::Layer(i - 1) };
    let layers =
        (1..sizes.len()).map(|i| layer(i, sizes[i], source(i - 1), sizes[i - 1])).collect();
    let network = Network {
        ticks,
        width_bits: 16,
        input: Shape::flat(sizes[0]),
        input_planes: 1,
        layers,
        readout: Readout::SpikeCount,
    };
    compile(&network, &preset.spec(), &CompileOptions::default()).unwrap().image
}

/// Spikes of the input, and of each layer.
fn counts(input: &[u32], layers: &[&[u32]]) -> SpikeCounts {
    SpikeCounts { input: input.into(), layers: layers.iter().map(|l| l.to_vec()).collect() }
}

#[test]
fn one_pass_from_start_to_result() {
    // The token is scanned in cycle 2 and taken in 9, the flush follows in 10; 8 rows:
    // pass done in 10 + 12 + 8, the one class's result 1 + 1 later. An empty pass is one null token.
    let image = image(Preset::Tiny, 1, &[1, 1]);
    assert_eq!(cycles(&image, &counts(&[1], &[&[1]])), Ok(32));
    assert_eq!(cycles(&image, &counts(&[0], &[&[0]])), Ok(32));
}

#[test]
fn events_and_spans_add_up() {
    // 20 events a tick are taken in 9..=28, 29..=48, 49..=68; the flush in 69.
    let one = image(Preset::Tiny, 3, &[32, 32]);
    assert_eq!(cycles(&one, &counts(&[20; 3], &[&[0; 3]])), Ok(69 + 12 + 16 + 1 + 32));
    // One event a tick, scanned in 2 and 4 (turn between): taken in 9 and 11, which fires tick 0; then
    // a span of 16 rows each: 27, flush in 43.
    assert_eq!(cycles(&one, &counts(&[1; 3], &[&[0; 3]])), Ok(43 + 12 + 16 + 1 + 32));
    // First tile 9, 11, 27; second tile 43, which fires the first's last tick and holds 16 + 6, 65, 73.
    // Layer 1 waits for 65 + 11 + 8: scanned in 86, taken in 93, which fires the second tile's last tick
    // and holds 8 + 6: 107. Tick 2 waits for 93 + 11 + 8: scanned in 114, taken in 121, flush in 129.
    let two = image(Preset::Tiny, 3, &[32, 48, 4]);
    assert_eq!(cycles(&two, &counts(&[1; 3], &[&[2; 3], &[0; 3]])), Ok(129 + 12 + 8 + 1 + 4));
}

/// Two weight planes over two input planes: 3 events in plane 0, 16 in plane 1, both twice.
#[test]
fn planes_are_passes() {
    let mut network = Network {
        ticks: 1,
        width_bits: 16,
        input: Shape::flat(16),
        input_planes: 2,
        layers: vec![layer(0, 16, Source::Input, 16)],
        readout: Readout::SpikeCount,
    };
    common::dense(&mut network.layers[0]).projections[0].kind =
        ProjectionKind::Dense { planes: vec![BitMatrix::zeros(16, 16); 2] };
    // One after the other: the core has two gangs otherwise.
    let spec = CoreSpec { gangs: 1, ..Preset::Tiny.spec() };
    let image = compile(&network, &spec, &CompileOptions::default()).unwrap().image;
    // Scanned in 2, 4, 6, 8: taken in 9..=11, 12..=14, then 20..=35 (a span of 8 after 12, which
    // fired the first pass), 36..=51; flush in 52.
    let spikes = counts(&[3, 16], &[&[0]]);
    assert_eq!(cycles(&image, &spikes), Ok(52 + 12 + 8 + 1 + 16));
    let found = cost(&image, &spikes).unwrap();
    assert_eq!((found.sop, found.lane_busy), (19 * 2 * 16, 19 * 2));
    // Side by side: two passes of 16 rows, the second from the guard's end on.
    let spec = Preset::Tiny.spec();
    let ganged = compile(&network, &spec, &CompileOptions::default()).unwrap().image;
    assert_eq!(cycles(&ganged, &spikes), Ok(28 + 12 + 16 + 1 + 16));
    assert_eq!(cost(&ganged, &spikes).unwrap().sop, found.sop);
    let told = cycles(&image, &counts(&[3], &[&[0]]));
    assert!(matches!(told, Err(CostError::Counts { counts: 1, expected: 2, .. })));
}

/// Layer 1 of one tick waits until layer 0's only tick has been written.
#[test]
fn a_gate_waits_for_its_source() {
    let image = image(Preset::Tiny, 1, &[16, 16, 4]);
    // Flush taken in 10, done in 10 + 11 + 8 = 29, scanned in 31, taken in 38 (the guard was free
    // from 10 + 14 = 24 on), flush in 39, done in 58.
    assert_eq!(cycles(&image, &counts(&[1], &[&[1], &[0]])), Ok(58 + 2 + 4));
}

#[test]
fn the_estimate_names_what_bounds_a_layer() {
    let image = image(Preset::Up5k, 4, &[784, 256, 10]);
    let busy = cost(&image, &counts(&[96; 4], &[&[40; 4], &[0; 4]])).unwrap();
    assert_eq!(busy.layers[0].bound, "lanes");
    assert_eq!(busy.layers[0].lane_cycles, 96 * 4 * 4);
    assert_eq!(busy.sop, 96 * 4 * 256 + 40 * 4 * 10);
    assert_eq!(busy.lane_busy, 96 * 4 * 4 + 40 * 4);
    assert!(busy.cycles > busy.lane_busy && busy.cycles < busy.lane_busy + 150, "{}", busy.cycles);
    assert!(busy.lane_utilization_permille > 850);
    let quiet = cost(&image, &counts(&[2; 4], &[&[0; 4], &[0; 4]])).unwrap();
    assert_eq!(quiet.layers[0].bound, "fire");
    assert!(quiet.cycles >= quiet.layers[0].fire_cycles);
}

#[test]
fn counts_of_another_shape_are_refused() {
    let image = image(Preset::Tiny, 2, &[16, 4]);
    let told = |input: &[u32], layers: &[&[u32]]| cycles(&image, &counts(input, layers));
    assert!(matches!(told(&[1; 2], &[]), Err(CostError::Counts { counts: 0, expected: 1, .. })));
    assert!(matches!(told(&[1], &[&[0; 2]]), Err(CostError::Counts { counts: 1, .. })));
    assert!(matches!(told(&[1; 2], &[&[0]]), Err(CostError::Counts { counts: 1, .. })));
    assert!(matches!(told(&[17, 1], &[&[0; 2]]), Err(CostError::TooMany { count: 17, .. })));
    assert!(matches!(told(&[1; 2], &[&[5, 0]]), Err(CostError::TooMany { count: 5, .. })));
    let mut other = image.clone();
    other.layers[0].tiles = 9;
    assert!(matches!(
        cycles(&other, &counts(&[1; 2], &[&[0; 2]])),
        Err(CostError::Image { layer: 0, .. })
    ));
}

proptest! {
    /// Never below the roofline, and one more event never costs more than its tiles' cycles.
    #[test]
    fn cost_follows_the_spikes(network in network(), seed: u64) {
        let image = compile(&network, &Preset::Tiny.spec(), &CompileOptions::default())
            .unwrap()
            .image;
        let input = train(seed, network.ticks, network.input.len());
        let layers = evaluate(&network, &input)
            .into_iter()
            .zip(&network.layers)
            .map(|(seen, l)| LayerTranscript {
                spikes: SpikeTrain::from_ticks(seen.spikes, l.shape().len()),
                potentials: vec![],
            })
            .collect();
        let transcript = Transcript { layers, decision: Decision::default() };
        let spikes = SpikeCounts::of(&input.into(), &transcript);
        let found = cost(&image, &spikes).unwrap();
        prop_assert!(found.cycles > found.lane_busy);
        // the first pass of a tile waits for no span, every other one does
        let spans: u64 = found.layers.iter().map(|l| l.fire_cycles).sum();
        prop_assert!(found.cycles >= spans);
        let worst = worst_cycles(&image).unwrap();
        prop_assert!(found.cycles <= worst);
        let silent = SpikeCounts::share(&image, usize::MAX);
        prop_assert!((1..=worst).contains(&cycles(&image, &silent).unwrap()));
    }
}
