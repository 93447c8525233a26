//! A recurrent network on a time series, from the file to its accuracy, by the program.

mod common;

use common::program::{json, succeed};
use std::{fs, path::Path};
use tempfile::tempdir;

#[test]
fn a_series_is_trained_frozen_and_evaluated_at_both_levels() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = fs::read_to_string(root.join("configs/motions.toml")).unwrap();
    let file = format!("\"{}\"", root.join("data/series/BasicMotions.npz").display());
    let config = config.replace("\"../data/series/BasicMotions.npz\"", &file);
    assert!(config.contains(&file));
    fs::write(path.join("motions.toml"), config).unwrap();
    let run = |out: &str, threads: &str| {
        succeed(path, &["train", "motions.toml", "--out", out, "--threads", threads]);
        fs::read(path.join(out).join("model.snn")).unwrap()
    };
    assert!(run("one", "1") == run("two", "2"), "the models differ");
    let accuracy = |level: &str| {
        succeed(path, &["eval", "one", "--level", level, "--json", "eval.json"]);
        json(&path.join("eval.json"))["accuracy"].as_f64().unwrap()
    };
    let (float, integer) = (accuracy("float"), accuracy("integer"));
    // Guessing gives 0.25.
    assert!(float >= 0.8 && integer >= 0.8, "{float} {integer}");
    // One behind the other, never set back: exact in every tick, and an answer at each series' last.
    succeed(path, &["compile", "one", "--board", "icebreaker", "--stream", "--json", "c.json"]);
    let compiled = json(&path.join("c.json"));
    assert_eq!(compiled["stream"], true);
    succeed(path, &["sim", "build", "--json", "sim.json", "--vcd", "first.vcd"]);
    let stream = json(&path.join("sim.json"));
    assert_eq!((&stream["samples"], &stream["mismatches"]), (&40.into(), &0.into()));
    let most = stream["cycles_per_sample"]["max"].as_u64().unwrap();
    assert!(most > 0 && most <= compiled["worst_cycles"].as_u64().unwrap());
}
