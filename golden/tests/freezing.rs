//! Freezing of models made by hand: exactness as fractional bits grow, and every refusal.

use spikewright_golden::{
    Reference,
    data::{Code, EncodedSet, Encoder, Encoding},
    freeze::{FreezeError, FreezeOptions, freeze, freeze_at},
    model::{FloatLayer, FloatModel, Gate, Norm},
    rng::{Sequence, Stream},
};
use spikewright_ir::{BitMatrix, BitVec, Leak, Readout, Shape};

/// A 12-20-4 model with gains of both signs and a negative output scale.
fn model(seed: u64) -> FloatModel {
    let mut draw = Stream::named(seed, "model").sequence();
    let mut layer = |inputs: usize, n: usize| {
        let row = |draw: &mut Sequence| {
            BitVec::from_bits((0..inputs).map(|_| draw.word() & 1 == 1).collect::<Vec<_>>())
        };
        let weights = BitMatrix::from_rows((0..n).map(|_| row(&mut draw)).collect()).unwrap();
        let norm = Norm {
            gain: (0..n).map(|_| 1.5 * draw.normal()).collect(),
            mean: (0..n).map(|_| draw.normal()).collect(),
            var: (0..n).map(|_| 1.0 + 3.0 * draw.unit()).collect(),
            epsilon: 1e-5,
        };
        let beta = (0..n).map(|_| 0.5 * draw.normal()).collect();
        FloatLayer {
            norm: Some(norm),
            gate: Gate::Constant(0.8),
            leak: Leak::Scale(230),
            ..FloatLayer::dense(&format!("layer of {n}"), weights.into(), vec![0.7; n], beta)
        }
    };
    let (hidden, mut output) = (layer(12, 20), layer(20, 4));
    output.norm = None;
    output.alpha = vec![-0.3; 4];
    output.gate = Gate::Constant(1.0);
    output.leak = Leak::None;
    FloatModel {
        encoder: Encoder { encoding: Encoding::Rate, ticks: 6, seed }.into(),
        input: Shape::flat(12),
        layers: vec![hidden, output],
        readout: Readout::Potential,
        genome: None,
    }
}

/// Random samples labelled with what the float model says of them.
fn samples(model: &FloatModel, count: u64) -> EncodedSet {
    let Code::Images(encoder) = &model.encoder else { panic!("images expected") };
    let pixels = |i| -> Vec<u8> {
        (0..12).map(|k| Stream::named(9, "pixels").child(i).word(k) as u8).collect()
    };
    let inputs: Vec<_> = (0..count).map(|i| encoder.encode(&pixels(i), i)).collect();
    let labels = model.predict(&inputs).unwrap().iter().map(|&c| c as u8).collect();
    EncodedSet { inputs, labels }
}

fn wide() -> FreezeOptions {
    FreezeOptions { width_bits: 24, ..FreezeOptions::default() }
}

#[test]
fn integers_approach_the_float_model_as_fractional_bits_grow() {
    let (mut differ, mut undecided) = ([0; 3], 0);
    for seed in 0..10 {
        let model = model(seed);
        let set = samples(&model, 300);
        undecided += usize::from(set.labels.iter().all(|l| *l == set.labels[0]));
        for (f, differ) in [0, 4, 12].into_iter().zip(&mut differ) {
            let options = FreezeOptions { frac_bits: Some(f), ..wide() };
            let (network, report) = freeze(&model, &set, &options).unwrap();
            let run = Reference::new(&network).unwrap().evaluate(&set.inputs, &set.labels).unwrap();
            assert_eq!(report.predictions_differ, 300 - run.correct);
            *differ += report.predictions_differ;
        }
    }
    assert!(undecided <= 3, "{undecided} of 10 models always say the same");
    let [coarse, fine, exact] = differ;
    assert!(coarse > fine && fine > exact && exact <= 5, "{differ:?} of 3000");
}

#[test]
fn the_fewest_fractional_bits_within_bounds_are_taken() {
    let model = model(3);
    let set = samples(&model, 1_000);
    let (network, report) = freeze(&model, &set, &wide()).unwrap();
    assert!(report.within_bounds && report.predictions_differ <= 2, "{report:?}");
    let chosen = report.frac_bits.clone();
    let used: Vec<_> = network.layers.iter().map(|l| l.params().unwrap().frac_bits).collect();
    assert_eq!(used, chosen);
    let within = |frac_bits: &[u8]| {
        let network = freeze_at(&model, frac_bits, 24, false, &mut Vec::new()).unwrap();
        let run = Reference::new(&network).unwrap().evaluate(&set.inputs, &set.labels).unwrap();
        1_000 - run.correct <= 1
    };
    assert!(within(&chosen));
    // One F for all was needed up to the largest; lowering any layer further breaks the bounds.
    for layer in (0..2).filter(|l| chosen[*l] > 0) {
        let mut lower = chosen.clone();
        lower[layer] -= 1;
        assert!(!within(&lower), "{lower:?} would have done");
    }
}

#[test]
fn refusals_name_layer_channel_and_remedy() {
    let sound = model(1);
    let set = samples(&sound, 20);
    type Change<'a> = &'a dyn Fn(&mut FloatModel);
    let refused = |change: Change<'_>| {
        let mut model = sound.clone();
        change(&mut model);
        freeze(&model, &set, &FreezeOptions::default()).unwrap_err().to_string()
    };
    let cases: [(Change<'_>, &str); 7] = [
        (&|m| m.layers[0].beta[7] = 1e6, "layer of 20, channel 7: bias"),
        (&|m| m.layers[0].alpha[3] = f64::NAN, "layer of 20, channel 3: scale or bias"),
        (&|m| m.layers[1].alpha[2] = -0.31, "must share one weight scale"),
        (&|m| m.layers[1].alpha = vec![0.0; 4], "must share one weight scale"),
        (&|m| m.layers[1].leak = Leak::Shift(1), "nor leak"),
        (&|m| m.layers[1].norm = m.layers[0].norm.clone(), "sizes of layer layer of 4"),
        (&|m| m.layers[1].synapses = BitMatrix::zeros(4, 19).into(), "sizes of layer layer of 4"),
    ];
    for (change, expect) in cases {
        let text = refused(change);
        assert!(text.contains(expect), "{text}");
    }
    let options = FreezeOptions { width_bits: 25, ..FreezeOptions::default() };
    assert!(matches!(freeze(&sound, &set, &options), Err(FreezeError::Option { .. })));
    let empty = EncodedSet { inputs: vec![], labels: vec![] };
    let text = freeze(&sound, &empty, &FreezeOptions::default()).unwrap_err().to_string();
    assert!(text.contains("0 samples with 0 labels"), "{text}");
}

#[test]
fn dead_channels_are_replaced_and_reported() {
    let mut model = model(2);
    model.layers[0].norm.as_mut().unwrap().gain[5] = 0.0;
    model.layers[0].beta[5] = 0.0;
    let set = samples(&model, 20);
    let options = FreezeOptions { frac_bits: Some(4), ..FreezeOptions::default() };
    let (network, report) = freeze(&model, &set, &options).unwrap();
    assert_eq!(report.replaced.len(), 1);
    let r = &report.replaced[0];
    assert_eq!((r.layer, r.channel, r.scale), (0, 5, 0.0));
    assert!((r.replaced_by - 16.0 / 32_767.0).abs() < 1e-15);
    assert_eq!(network.layers[0].params().unwrap().theta[5], 32_767);
}
