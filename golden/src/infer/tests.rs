//! Against the reference: every conformance vector it takes, and random networks, spike by spike.

use super::*;
use crate::{
    Reference,
    rng::{Sequence, Stream},
    vectors,
};
use spikewright_ir::{
    BitMatrix, BitVec, Dense, FireRule, Layer, Leak, NeuronParams, Reset, Shape, SpikeTrain,
};

/// Compares rasters and potentials group by group, and the decision; false when not taken.
fn agrees(network: &Network, input: &InputTrain, place: &str) -> bool {
    let reference = Reference::new(network).unwrap();
    let Some(packed) = Packed::new(network) else { return false };
    let (expect, mut state) = (reference.run(input).unwrap(), packed.state());
    // What an earlier sample left must not matter.
    state.rasters.iter_mut().for_each(|r| r.fill(0xff));
    packed.classify(&mut state, input);
    state.potentials.iter_mut().for_each(|v| v.fill(0));
    state.rasters.iter_mut().for_each(|r| r.fill(0));
    let mut counts = Counts { layer_spikes: vec![0; packed.layers.len()], ..Counts::default() };
    for start in (0..network.ticks).step_by(GROUP) {
        packed.group(&mut state, input, start, &mut counts);
        let ticks = GROUP.min(network.ticks - start);
        for (k, layer) in expect.layers.iter().enumerate() {
            for i in 0..packed.layers[k].n {
                let bit = |t| u32::from(layer.spikes.tick(start + t).get(i)) << t;
                let raster: u32 = (0..ticks).map(bit).sum();
                assert_eq!(state.rasters[k + 1][i], raster, "{place}: layer {k} neuron {i}");
            }
            let last = &layer.potentials[start + ticks - 1];
            assert_eq!(&state.potentials[k], last, "{place}: layer {k}");
        }
    }
    let both = (expect.decision, reference.classify_counting(input).unwrap().1);
    // A second run in the same buffers starts afresh.
    assert_eq!(packed.classify(&mut state, input), both, "{place}");
    true
}

#[test]
fn conformance_vectors_agree() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut taken = 0;
    for file in ["directed.jsonl", "random.jsonl"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        for case in vectors::parse(&text).unwrap() {
            for (input, _) in &case.samples {
                taken += usize::from(agrees(&case.network, input, &case.name));
            }
        }
    }
    assert!(taken >= 40, "only {taken} samples");
}

fn bits(draw: &mut Sequence, n: usize, one_in: u64) -> BitVec {
    BitVec::from_bits((0..n).map(|_| draw.below(one_in) == 0).collect::<Vec<_>>())
}

fn random_network(draw: &mut Sequence) -> Network {
    let pick = |draw: &mut Sequence, n: u64| draw.below(n) as usize;
    let inputs = 1 + pick(draw, 150);
    let width_bits = [6, 12, 16, 24][pick(draw, 4)];
    let half = 1u64 << (width_bits - 1);
    let mut sizes = vec![inputs];
    let layers = (0..1 + pick(draw, 3)).map(|k| {
        let n = 1 + pick(draw, 70);
        let frac_bits = pick(draw, 5) as u8;
        let from = |draw: &mut Sequence, sizes: &[usize], last: bool| {
            let s = if last { k } else { pick(draw, k as u64 + 1) };
            let source = if s == 0 { Source::Input } else { Source::Layer(s - 1) };
            let rows = |draw: &mut Sequence| (0..n).map(|_| bits(draw, sizes[s], 2)).collect();
            let planes =
                (0..1 + pick(draw, 3)).map(|_| BitMatrix::from_rows(rows(draw)).unwrap()).collect();
            let kind = match sizes[s] == n {
                true => ProjectionKind::Identity,
                false => ProjectionKind::Dense { planes },
            };
            Projection { source, delayed: false, gain_log2: pick(draw, 3) as u8, kind }
        };
        let projections = (0..1 + pick(draw, 2)).map(|r| from(draw, &sizes, r == 0)).collect();
        sizes.push(n);
        let small =
            |draw: &mut Sequence| 1 + draw.below(half.min(1 + (20 << frac_bits)) - 1) as i32;
        let params = NeuronParams {
            frac_bits,
            leak: [Leak::None, Leak::Shift(1), Leak::Shift(4), Leak::Scale(230)][pick(draw, 4)],
            fire: [FireRule::AtLeast, FireRule::Above][pick(draw, 2)],
            reset: [Reset::Subtract, Reset::Zero, Reset::SubtractDelayed, Reset::ZeroFull]
                [pick(draw, 4)],
            theta: (0..n).map(|_| small(draw)).collect(),
            bias: (0..n).map(|_| small(draw) - small(draw)).collect(),
        };
        Layer {
            name: format!("{k}"),
            kind: LayerKind::Dense(Dense { neurons: n, projections, params }),
        }
    });
    let layers = layers.collect();
    Network {
        ticks: 1 + pick(draw, 20),
        width_bits,
        input: Shape::flat(inputs),
        input_planes: 1,
        layers,
        readout: [Readout::Potential, Readout::SpikeCount, Readout::FirstSpike][pick(draw, 3)],
    }
}

#[test]
fn random_networks_agree() {
    for seed in 0..300 {
        let mut draw = Stream::named(seed, "networks").sequence();
        let network = random_network(&mut draw);
        let neurons = network.input.len();
        for _ in 0..2 {
            let ticks = (0..network.ticks).map(|_| bits(&mut draw, neurons, 4)).collect();
            let input = SpikeTrain::from_ticks(ticks, neurons).into();
            assert!(agrees(&network, &input, &format!("seed {seed}")));
        }
    }
}

#[test]
fn what_the_loops_cannot_do_is_left_to_the_reference() {
    let mut draw = Stream::named(0, "networks").sequence();
    let network = random_network(&mut draw);
    let change = |f: &dyn Fn(&mut Dense)| {
        let mut network = network.clone();
        let LayerKind::Dense(dense) = &mut network.layers[0].kind else { panic!("dense") };
        f(dense);
        Packed::new(&network).is_some()
    };
    assert!(change(&|_| {}));
    assert!(!change(&|d| d.projections[0].delayed = true));
    assert!(!change(&|d| {
        d.projections[0].gain_log2 = 16;
        d.params.frac_bits = 12;
    }));
}
