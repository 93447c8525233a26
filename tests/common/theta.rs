//! Theta networks for several tests: the conformance vectors and random ones, and a core beside the simulator.

use spikewright::{
    compiler::compile_theta,
    golden::theta::{ThetaReference, parse},
    ir::{BitVec, ThetaImage, ThetaNetwork, ThetaPreset, ThetaTranscript},
    random::{theta_network, theta_stimulus},
    sim::{ThetaCosim, ThetaSimulator, cosim::CorePorts, theta_difference},
};
use std::{fs, ops::Range, path::Path};

/// A network, its image, inputs and what must follow from each.
pub struct Case {
    pub name: String,
    pub image: ThetaImage,
    pub samples: Vec<(BitVec, ThetaTranscript)>,
}

fn image(name: &str, network: &ThetaNetwork, preset: ThetaPreset) -> ThetaImage {
    compile_theta(network, &preset.spec()).unwrap_or_else(|e| panic!("{name}: {e}")).0
}

/// The conformance vectors.
pub fn cases(preset: ThetaPreset) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/theta");
    let cases: Vec<_> = (["directed.jsonl", "random.jsonl"].iter())
        .flat_map(|file| parse(&fs::read_to_string(folder.join(file)).unwrap()).unwrap())
        .map(|case| {
            let image = image(&case.name, &case.network, preset);
            Case { name: case.name, image, samples: case.samples }
        })
        .collect();
    assert_eq!(cases.len(), 52);
    cases
}

/// Random networks of these numbers, three inputs each, and what the reference says.
pub fn random_cases(preset: ThetaPreset, numbers: Range<u64>) -> impl Iterator<Item = Case> {
    numbers.map(move |number| {
        let network = theta_network(super::SEED, number, &preset.spec());
        let name = format!("seed {}, case {number}", super::SEED);
        let reference = ThetaReference::new(&network).unwrap();
        let sample = |n| {
            let input = theta_stimulus(super::SEED, number, n, &network);
            let expected = reference.run(&input);
            (input, expected)
        };
        let samples = (0..super::SAMPLES).map(sample).collect();
        Case { image: image(&name, &network, preset), samples, name }
    })
}

/// Where a core and the simulator part, or a core gives up.
pub fn differs<C: CorePorts>(cases: &[Case], mut core: C) -> Option<String> {
    for Case { name, image, samples } in cases {
        let simulator = ThetaSimulator::new(image).unwrap();
        let mut cosim = match ThetaCosim::new(&mut core, image) {
            Ok(cosim) => cosim,
            Err(e) => return Some(format!("{name}: {e}")),
        };
        for (n, (input, _)) in samples.iter().enumerate() {
            let expected = simulator.run(input).unwrap();
            match cosim.run(input) {
                Ok(got) => {
                    if let Some(d) = theta_difference(n, &expected, &got) {
                        return Some(format!("{name}: {d}"));
                    }
                }
                Err(e) => return Some(format!("{name}, sample {n}: {e}")),
            }
        }
    }
    None
}
