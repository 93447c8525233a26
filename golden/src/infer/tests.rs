//! Against the reference: every conformance vector, and random networks, spike by spike.

mod networks;

use super::*;
use crate::{Reference, rng::Stream, vectors};
use spikewright_ir::{LayerKind, ProjectionKind, Source};

/// Compares rasters and potentials group by group, the decision and the activity; false when not
/// taken.
fn agrees(network: &Network, input: &InputTrain, place: &str) -> bool {
    let reference = Reference::new(network).unwrap();
    let Some(packed) = Packed::new(network) else { return false };
    let (expect, mut state) = (reference.run(input).unwrap(), packed.state());
    // What an earlier sample left must not matter.
    state.nodes.iter_mut().for_each(|n| n.raster.fill(0xffff));
    packed.classify(&mut state, input);
    state.nodes.iter_mut().for_each(Node::clear);
    let mut counts = Counts { layer_spikes: vec![0; network.layers.len()], ..Counts::default() };
    for start in (0..network.ticks).step_by(GROUP) {
        packed.group(&mut state, input, start, &mut counts);
        let ticks = GROUP.min(network.ticks - start);
        for (k, layer) in expect.layers.iter().enumerate() {
            let form = packed.parts.layers[k].form;
            let node = &state.nodes[input.planes.len() + k];
            for i in 0..form.shape.len() {
                let entry = form.index(i);
                let bit = |t| u32::from(layer.spikes.tick(start + t).get(i)) << t;
                let raster: u32 = (0..ticks).map(bit).sum();
                let got = u32::from(node.raster[entry]) >> FIRST;
                assert_eq!(got, raster, "{place}: layer {k} neuron {i}");
                if let Some(v) = layer.potentials.get(start + ticks - 1) {
                    assert_eq!(node.potentials[entry], v[i], "{place}: layer {k} neuron {i}");
                }
            }
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
                assert!(agrees(&case.network, input, &case.name), "{}", case.name);
                taken += 1;
            }
        }
    }
    assert!(taken >= 40, "only {taken} samples");
}

/// Properties of a network that a test has to have met.
fn properties(network: &Network) -> Vec<&'static str> {
    let mut out = Vec::new();
    for (k, layer) in network.layers.iter().enumerate() {
        out.push(match layer.kind {
            LayerKind::Dense(_) => "dense",
            LayerKind::Conv(_) => "convolution",
            LayerKind::OrPool(_) => "pooling",
        });
        for p in layer.projections() {
            if p.kind == ProjectionKind::Identity {
                out.push("identity");
            }
            match (&p.kind, p.delayed, p.source) {
                (_, true, Source::Layer(s)) if s == k => out.push("from itself"),
                (_, true, _) => out.push("from a later layer"),
                (ProjectionKind::Conv { stride, padding, .. }, ..) if *stride * *padding > 1 => {
                    out.push("stride and padding");
                }
                (_, _, Source::Input) if network.input_planes > 1 => out.push("values"),
                _ => (),
            }
        }
    }
    out
}

#[test]
fn random_networks_agree() {
    let mut met = std::collections::BTreeMap::new();
    for seed in 0..600 {
        let mut draw = Stream::named(seed, "networks").sequence();
        let network = networks::network(&mut draw);
        let input = networks::input(&mut draw, &network);
        assert!(agrees(&network, &input, &format!("seed {seed}")));
        for property in properties(&network) {
            *met.entry(property).or_insert(0) += 1;
        }
    }
    assert_eq!(met.len(), 8, "{met:?}");
    assert!(met.values().all(|n| *n >= 20), "{met:?}");
}

#[test]
fn what_the_loops_cannot_do_is_left_to_the_reference() {
    let (network, dense) = (0..)
        .find_map(|seed| {
            let network = networks::network(&mut Stream::named(seed, "networks").sequence());
            let LayerKind::Dense(dense) = &network.layers[0].kind else { return None };
            Some((network.clone(), dense.clone()))
        })
        .unwrap();
    let taken = |gain_log2, frac_bits| {
        let (mut network, mut dense) = (network.clone(), dense.clone());
        dense.projections[0].gain_log2 = gain_log2;
        dense.params.frac_bits = frac_bits;
        network.layers[0].kind = LayerKind::Dense(dense);
        Packed::new(&network).is_some()
    };
    assert!(taken(0, 0));
    assert!(!taken(16, 12));
}
