//! Theta networks on the command line, as a user runs them: train with binary weights, evaluate, compile.

mod common;

use common::program::{digits, json, refuse, succeed};
use spikewright::ir::{is_theta, read_theta};
use std::fs;
use tempfile::tempdir;

const CONFIG: &str = "method = \"smooth\"\nepochs = 4\nbatch = 40\nvalidation = 100\nhidden = [20, 15]\n\
    classes = 10\n[optimizer]\nkind = \"adabelief\"\nlearning_rate = 1e-2\n[binary]\nharden = 0.5\n";

#[test]
fn a_net_with_binary_weights_is_frozen_and_evaluated() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    digits(&path.join("data"), 500, 50);
    fs::write(path.join("theta.toml"), CONFIG).unwrap();
    succeed(path, &["train", "theta.toml", "--data", "data", "--out", "run"]);
    let model = path.join("run/model.snn");
    assert!(is_theta(&model).unwrap());
    let network = read_theta(&model).unwrap();
    assert_eq!(network.sizes(), [20, 15, 10]);
    assert_eq!((network.inputs(), network.phase_bits), (784, 11));
    let frozen = &json(&path.join("run/report.json"))["frozen"];
    assert_eq!(frozen["samples"], 50);
    assert!(frozen["classes_differ"].as_u64().unwrap() <= 2, "{frozen}");
    assert!(frozen["first_spikers_differ"].as_u64().unwrap() <= 2, "{frozen}");
    succeed(path, &["eval", "run", "--data", "data", "--json", "eval.json"]);
    let eval = json(&path.join("eval.json"));
    for key in ["samples", "accuracy", "decided", "events_per_sample"] {
        assert_eq!(eval[key], frozen[key], "{key}");
    }
    // The core is picked by the kind of network; a board without one says so, and so do verbs that it has not.
    let compile = ["compile", "run", "--board"];
    let said = refuse(path, &[&compile[..], &["hx8k_b_evn", "--out", "no"]].concat());
    assert!(said.contains("no core of theta neurons fits its device"), "{said}");
    let said = refuse(path, &[&compile[..], &["icebreaker", "--stream", "--out", "no"]].concat());
    assert!(said.contains("--stream"), "{said}");
    succeed(path, &[&compile[..], &["icebreaker", "--out", "build"]].concat());
    for file in ["model.snn", "core.image", "core.v", "top.v", "flash.bin", "icebreaker.pcf"] {
        assert!(path.join("build").join(file).is_file(), "{file}");
    }
    let sim = ["sim", "build", "--images", "50", "--data", "data", "--json", "sim.json"];
    succeed(path, &sim);
    let sim = json(&path.join("sim.json"));
    assert_eq!((&sim["samples"], &sim["mismatches"]), (&50.into(), &0.into()));
    assert_eq!(sim["events_per_sample"], frozen["events_per_sample"]);
    let said = refuse(path, &["run", "build", "--port", "none"]);
    assert!(said.contains("docs/theta-core.md"), "{said}");
    let said = refuse(path, &["synth", "build", "--pnr-seed", "1", "--pnr-seed", "1"]);
    assert!(said.contains("1 of them distinct"), "{said}");
    let said = refuse(path, &["sim", "build", "--images", "0"]);
    assert!(said.contains("--images 0"), "{said}");
    fs::write(path.join("theta.toml"), CONFIG.replace("harden", "phase_bits = 13\nharden"))
        .unwrap();
    let said = refuse(path, &["train", "theta.toml", "--data", "data", "--out", "other"]);
    assert!(said.contains("binary.phase_bits = 13: 4 to 12"), "{said}");
}

#[test]
fn random_theta_networks_go_through_the_levels() {
    let dir = tempdir().unwrap();
    let fuzz = ["fuzz", "--kind", "theta", "--cases", "100"];
    succeed(dir.path(), &[&fuzz[..], &["--seed", "7", "--json", "fuzz.json"]].concat());
    let report = json(&dir.path().join("fuzz.json"));
    assert_eq!((&report["samples"], &report["mismatches"]["reference"]), (&300.into(), &0.into()));
    assert!(report["spikes"].as_u64().unwrap() > 1_000, "{report}");
    let said = refuse(dir.path(), &[&fuzz[..], &["--preset", "tiny"]].concat());
    assert!(said.contains("both presets run"), "{said}");
    let said = refuse(dir.path(), &[&fuzz[..], &["--levels", "sim,link"]].concat());
    assert!(said.contains("leave it out"), "{said}");
}
