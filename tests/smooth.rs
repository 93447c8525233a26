//! `method = "smooth"` on the command line, as a user runs it.

mod common;

use common::program::{config, digits, json, listing, refuse, spikewright, succeed};
use spikewright::{
    data,
    golden::smooth::train::{SmoothConfig, SmoothProgress},
    job,
};
use std::{fs, path::Path};
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
    let said = refuse(path, &["eval", "run", "--level", "sim", "--data", "data"]);
    assert!(said.contains("--level integer"), "{said}");
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
        ("hidden = [20]", "hiden = [20]", "did you mean `hidden`?"),
        ("classes = 10", "classes = 10\nflip = 0.5", "flip = 0.5: 0 to below 0.5"),
    ] {
        fs::write(path.join("smooth.toml"), CONFIG.replacen(from, to, 1)).unwrap();
        let said = refuse(path, &["train", "smooth.toml", "--out", "run"]);
        assert!(said.contains(expect), "{said}");
    }
}

#[test]
fn a_run_that_was_interrupted_ends_in_the_same_files() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    digits(&path.join("data"), 500, 50);
    fs::write(path.join("smooth.toml"), CONFIG).unwrap();
    let train = |out: &str, more: &[&str]| {
        let arguments = ["train", "smooth.toml", "--data", "data", "--out", out];
        succeed(path, &[&arguments[..], more].concat())
    };
    train("whole", &[]);
    // The state of a run after its first epoch.
    let mnist = data::mnist(Some(&path.join("data"))).unwrap();
    let config = SmoothConfig::from_toml(CONFIG).unwrap();
    let (out, cut) = (path.join("interrupted"), path.join("cut"));
    job::train_smooth(&config, &mnist, &out.join("checkpoint.json"), false, |p| match p {
        SmoothProgress::Epoch { report, .. } if report.epoch == 1 => copy(&out, &cut),
        _ => {}
    })
    .unwrap();
    assert!(!cut.join("smooth.json").exists());
    train("cut", &["--resume"]);
    let names = |run: &str| -> Vec<_> {
        let strip = |(file, bytes): (std::path::PathBuf, _)| {
            (file.strip_prefix(path.join(run)).unwrap().to_path_buf(), bytes)
        };
        listing(&path.join(run)).into_iter().map(strip).collect()
    };
    let (whole, resumed) = (names("whole"), names("cut"));
    assert!(whole.len() >= 8, "model, checkpoint, report, metrics and curves");
    for (a, b) in whole.iter().zip(&resumed) {
        assert!(a == b, "{} and {}", a.0.display(), b.0.display());
    }
    assert_eq!(whole.len(), resumed.len());
    // A checkpoint that claims more epochs than can be counted.
    let state = fs::read_to_string(cut.join("checkpoint.json")).unwrap();
    let faulty = state.replacen("\"epochs_done\":2", &format!("\"epochs_done\":{}", u64::MAX), 1);
    assert!(faulty != state);
    fs::write(cut.join("checkpoint.json"), faulty).unwrap();
    refuse(path, &["train", "smooth.toml", "--data", "data", "--out", "cut", "--resume"]);
}

/// Copies the files of a folder.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let file = entry.unwrap().path();
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn images_that_train_are_not_called_validation() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    digits(&path.join("data"), 500, 50);
    for validation in [0, 100] {
        let text = CONFIG.replace("validation = 100", &format!("validation = {validation}"));
        fs::write(path.join("smooth.toml"), text).unwrap();
        let arguments = ["train", "smooth.toml", "--data", "data", "--out", "run"];
        let said = spikewright(path, &arguments).output().unwrap().stderr;
        let said = String::from_utf8(said).unwrap();
        assert_eq!(said.matches("epoch   2 ").count(), 1, "{said}");
        assert_eq!(said.contains("validation"), validation > 0, "{said}");
        let metrics = fs::read_to_string(path.join("run/metrics.jsonl")).unwrap();
        assert!(!metrics.contains("validation"), "{metrics}");
    }
}

#[test]
fn a_run_directory_holds_one_kind_of_model() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    digits(&path.join("data"), 500, 50);
    fs::write(path.join("smooth.toml"), CONFIG).unwrap();
    fs::write(path.join("plain.toml"), config(1).replace("4000", "100")).unwrap();
    let there = |name: &str| path.join("run").join(name).exists();
    for (file, smooth) in [("smooth.toml", true), ("plain.toml", false), ("smooth.toml", true)] {
        succeed(path, &["train", file, "--data", "data", "--out", "run"]);
        assert_eq!(there("smooth.json"), smooth);
        for name in ["model.snn", "encoder.json", "float.json"] {
            assert_eq!(there(name), !smooth, "{name}");
        }
    }
}

#[test]
fn labels_without_an_output_are_refused_before_training() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    digits(&path.join("data"), 500, 50);
    fs::write(path.join("smooth.toml"), CONFIG.replace("classes = 10", "classes = 9")).unwrap();
    let labels = |set: &str| path.join(format!("data/{set}-labels-idx1-ubyte"));
    let nines = fs::read(labels("t10k")).unwrap();
    for set in ["train", "t10k"] {
        let mut bytes = fs::read(labels(set)).unwrap();
        bytes[8..].iter_mut().for_each(|label| *label %= 9);
        fs::write(labels(set), bytes).unwrap();
    }
    succeed(path, &["train", "smooth.toml", "--data", "data", "--out", "run"]);
    fs::write(labels("t10k"), nines).unwrap();
    for arguments in [
        &["train", "smooth.toml", "--data", "data", "--out", "other"][..],
        &["eval", "run", "--level", "float", "--data", "data"],
    ] {
        let said = refuse(path, arguments);
        assert!(said.contains("label 9 for a model of 9 classes"), "{said}");
    }
}
