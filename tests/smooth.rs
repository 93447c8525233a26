//! `method = "smooth"` on the command line, as a user runs it.

mod common;

use common::program::{digits, json, refuse, succeed};
use std::fs;
use tempfile::tempdir;

const CONFIG: &str = "method = \"smooth\"\nepochs = 2\nbatch = 40\nvalidation = 100\nhidden = [20]\n\
    classes = 10\n[optimizer]\nkind = \"adabelief\"\nlearning_rate = 1e-2\n";

#[test]
fn trains_evaluates_and_goes_on() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    digits(&path.join("data"), 500, 50);
    fs::write(path.join("smooth.toml"), CONFIG).unwrap();
    let train = ["train", "smooth.toml", "--data", "data", "--out", "run"];
    succeed(path, &train);
    let read = |name: &str| fs::read(path.join("run").join(name)).unwrap();
    let metrics = read("metrics.jsonl");
    // One line before training, one per epoch.
    assert_eq!(metrics.iter().filter(|b| **b == b'\n').count(), 3);
    let report = json(&path.join("run/report.json"));
    assert_eq!(report["test"]["samples"], 50);
    assert_eq!(report["epochs"].as_array().unwrap().len(), 3);
    succeed(path, &["eval", "run", "--level", "float", "--data", "data", "--json", "eval.json"]);
    assert_eq!(json(&path.join("eval.json")), report["test"]);
    // A run that is over has nothing left to do.
    let model = read("smooth.json");
    succeed(path, &[&train[..], &["--resume"]].concat());
    assert!(read("smooth.json") == model && read("metrics.jsonl") == metrics);
    assert!(read("events.out.tfevents.0.spikewright").len() > 500);
    let said = refuse(path, &["eval", "run", "--data", "data"]);
    assert!(said.contains("--level float"), "{said}");
    succeed(path, &["train", "smooth.toml", "--data", "data", "--out", "one", "--threads", "1"]);
    assert!(fs::read(path.join("one/smooth.json")).unwrap() == model);
}

#[test]
fn faulty_configurations_are_refused() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    for (from, to, expect) in [
        ("epochs = 2", "epochs = 2\ntrial = 3.0", "trial = 3.0: above 0 and below half the period"),
        ("hidden = [20]", "hidden = []", "hidden = []: one to eight layers"),
        ("epochs = 2", "epochs = 2\nticks = 4", "unknown field `ticks`"),
        ("classes = 10", "classes = 10\nflip = 0.5", "flip = 0.5: 0 to below 0.5"),
    ] {
        fs::write(path.join("smooth.toml"), CONFIG.replacen(from, to, 1)).unwrap();
        let said = refuse(path, &["train", "smooth.toml", "--out", "run"]);
        assert!(said.contains(expect), "{said}");
    }
}
