//! The reference against the conformance vectors: every spike, every potential, every decision.

use spikewright_golden::{Reference, vectors};
use spikewright_ir::first_divergence;
use std::{fs, path::Path};

#[test]
fn every_vector_is_reproduced_exactly() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    let (mut cases, mut samples) = (0, 0);
    for file in files {
        for case in vectors::parse(&fs::read_to_string(&file).unwrap()).unwrap() {
            cases += 1;
            let reference =
                Reference::new(&case.network).unwrap_or_else(|e| panic!("{}: {e}", case.name));
            for (n, (input, expected)) in case.samples.iter().enumerate() {
                samples += 1;
                let got = reference.run(input).unwrap();
                let divergence = first_divergence(expected, &got);
                assert!(divergence.is_none(), "{} sample {n}: {}", case.name, divergence.unwrap());
                assert_eq!(&got, expected, "{} sample {n}", case.name);
                assert_eq!(reference.classify(input).unwrap(), expected.decision);
            }
        }
    }
    assert!(cases >= 85 && samples >= 200, "only {cases} cases with {samples} samples were found");
}
