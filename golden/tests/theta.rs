//! The reference of theta networks against the conformance vectors, and freezing against the net in double
//! precision.

use spikewright_golden::{
    data::Images,
    rng::Stream,
    smooth::train::{SmoothConfig, SmoothData, train},
    theta::{ThetaFreeze, ThetaReference, compare, encode, freeze, parse},
};
use std::{fs, path::Path};

#[test]
fn every_vector_is_reproduced_exactly() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/theta");
    let (mut cases, mut samples) = (0, 0);
    for file in ["directed.jsonl", "random.jsonl"] {
        for case in parse(&fs::read_to_string(folder.join(file)).unwrap()).unwrap() {
            cases += 1;
            let reference =
                ThetaReference::new(&case.network).unwrap_or_else(|e| panic!("{}: {e}", case.name));
            for (n, (input, expected)) in case.samples.iter().enumerate() {
                samples += 1;
                let got = reference.run(input);
                if let Some(d) = expected.divergence(&got) {
                    panic!("{} sample {n}: {d}", case.name);
                }
                assert_eq!(&got, expected, "{} sample {n}", case.name);
            }
        }
    }
    assert_eq!((cases, samples), (52, 138));
}

/// Blobs of two classes on 8 by 8 pixels.
fn blobs(count: usize) -> Images {
    let mut draw = Stream::named(1, "blobs").sequence();
    let labels: Vec<u8> = (0..count).map(|_| draw.below(2) as u8).collect();
    let mut pixels = Vec::new();
    for &label in &labels {
        for at in 0..64 {
            let bright = (at % 8 < 4) == (label == 0);
            let chance = if bright { 0.6 } else { 0.25 };
            pixels.push(if draw.unit() < chance { 200 } else { 0 });
        }
    }
    Images { height: 8, width: 8, pixels, labels }
}

#[test]
fn wide_phases_decide_as_double_precision_does() {
    let text = "method = \"smooth\"\nepochs = 12\nbatch = 20\nvalidation = 0\nhidden = [12, 8]\nclasses = 2\n\
        optimizer = { kind = \"adabelief\", learning_rate = 2e-2 }\n[binary]\nharden = 0.5\n";
    let config = SmoothConfig::from_toml(text).unwrap();
    let images = blobs(400);
    let model = train(&config, &SmoothData::images(&images, &config), None, &mut |_| {}).unwrap();
    let net = model.net_of().unwrap();
    let (inputs, mut same) = (encode(&images), Vec::new());
    for phase_bits in [4, 12] {
        let frozen = freeze(&model, ThetaFreeze { phase_bits, drive_bits: 12 }).unwrap();
        let reference = ThetaReference::new(&frozen.network).unwrap();
        same.push(compare(&reference, &net, &images, model.trial).unwrap());
        let e = reference.evaluate(&inputs, &images.labels);
        assert!(e.samples == 400 && e.input_pulses > 400 * 20, "{e:?}");
        // The net has learned, and spikes: what is compared is not a net at rest.
        assert!(phase_bits == 4 || (e.correct > 350 && e.decided > 200), "{e:?}");
    }
    let [narrow, wide] = [same[0], same[1]];
    assert!(wide.same_class >= 396 && narrow.same_class < wide.same_class, "{same:?}");
    assert!(wide.same_first >= 392 && narrow.same_first < wide.same_first, "{same:?}");
    assert!(wide.timed > 200 && wide.ticks_apart < 8.0, "{same:?}");
}
