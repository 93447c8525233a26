//! Training with plasticity, and what it does to synchrony, by the program.

mod common;

use common::program::{json, succeed};
use std::{fs, path::Path};
use tempfile::tempdir;

#[test]
fn layers_are_measured_before_and_after_training() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = fs::read_to_string(root.join("configs/mnist-ssdp.toml")).unwrap();
    let small = config.replace("epochs = 30", "epochs = 1").replace("= 256", "= 24");
    assert!(small != config && small.contains("neurons = 24"));
    fs::write(path.join("ssdp.toml"), small).unwrap();
    succeed(path, &["train", "ssdp.toml", "--out", "run"]);
    let measure = ["synchrony", "run", "--images", "50", "--json", "out.json"];
    succeed(path, &[&measure[..], &["--config", "ssdp.toml"]].concat());
    let report = json(&path.join("out.json"));
    let (before, after) = (&report["before"], &report["after"]);
    // The input is the same, the hidden layer is not; the read layer does not fire.
    assert_eq!((before[0].clone(), &report["samples"]), (after[0].clone(), &50.into()));
    assert!(before[1] != after[1] && after[1]["neurons"] == 24);
    for network in [before, after] {
        let index = network[1]["index"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&index), "{index}");
        assert!(network[1]["firing_rate"].as_f64().unwrap() > 0.0);
        assert_eq!(network[1]["correlogram"].as_array().unwrap().len(), 4);
        assert!(network[2]["index"].is_null());
    }
    for figure in ["correlogram", "raster-before-training", "raster-after-training"] {
        let text = fs::read_to_string(path.join(format!("run/synchrony/{figure}.svg"))).unwrap();
        assert!(
            text.starts_with("<svg") && text.contains("xmlns") && text.contains("hidden1"),
            "{figure}"
        );
    }
    // Alone, with figures elsewhere.
    succeed(path, &[&measure[..], &["--out", "else"]].concat());
    assert!(json(&path.join("out.json")).get("before").is_none());
    assert!(!path.join("else/raster-before-training.svg").exists());
}
