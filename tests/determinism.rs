//! Same seed, same bytes: in another folder, at another number of threads, and after a run that was
//! killed and resumed.

mod common;

use common::program::{config, spikewright, succeed};
use spikewright::golden::rng::Stream;
use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::Stdio,
    thread::sleep,
    time::{Duration, Instant, SystemTime},
};
use tempfile::tempdir;

/// What has to be equal.
const MODEL: [&str; 4] = ["model.snn", "float.json", "encoder.json", "checkpoint.json"];

type Files = BTreeMap<String, Vec<u8>>;

/// The regular files of a folder by name.
fn files(dir: &Path) -> Files {
    fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().into(), fs::read(path).unwrap()))
        .collect()
}

#[track_caller]
fn equal(one: &Files, other: &Files, what: &str) {
    assert!(one.keys().eq(other.keys()), "{what}: {:?}, {:?}", one.keys(), other.keys());
    for (name, bytes) in one {
        assert!(bytes == &other[name], "{what}: {name} differs");
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let make = |threads: &str, board: &str, seed: &str| {
        let dir = tempdir().unwrap();
        let path = dir.path();
        fs::write(path.join("digits.toml"), config(1)).unwrap();
        let global = ["--threads", threads, "--seed", seed];
        succeed(path, &[&["train", "digits.toml", "--out", "run"][..], &global].concat());
        succeed(path, &[&["compile", "run", "--board", board][..], &global].concat());
        let report =
            ["sim", "build", "--images", "30", "--vcd", "build/a.vcd", "--fst", "build/a.fst"];
        let json = ["--json", "build/sim.json"];
        succeed(path, &[&report[..], &json, &global].concat());
        (files(&path.join("run")), files(&path.join("build")))
    };
    let (run, build) = make("1", "icebreaker", "3");
    for name in ["model.snn", "float.json", "report.json"] {
        assert!(run.contains_key(name), "{name}");
    }
    for name in [
        "core.image",
        "core.v",
        "top.v",
        "icebreaker.pcf",
        "flash.bin",
        "a.vcd",
        "a.fst",
        "sim.json",
    ] {
        assert!(build.contains_key(name), "{name}");
    }
    for threads in ["2", "3"] {
        let (other_run, other_build) = make(threads, "icebreaker", "3");
        equal(&run, &other_run, "run");
        equal(&build, &other_build, "build");
    }
    let (other_run, other_build) = make("2", "ulx3s_25f", "4");
    for name in ["model.snn", "float.json", "report.json"] {
        assert!(run[name] != other_run[name], "another seed gives the same {name}");
    }
    for name in ["core.image", "core.v", "top.v"] {
        assert!(build[name] != other_build[name], "another board gives the same {name}");
    }
}

#[test]
fn a_demo_says_the_same_twice() {
    let demo = |threads: &str| {
        let dir = tempdir().unwrap();
        let path = dir.path();
        let arguments = ["demo", "--quick", "--board", "icebreaker", "--threads", threads];
        succeed(path, &arguments);
        let out = path.join("out");
        let run = files(&out.join("run"));
        let report = ["report.json", "report.html"].map(|f| fs::read(out.join(f)).unwrap());
        (run, files(&out.join("icebreaker")), report)
    };
    let (one, two) = (demo("1"), demo("2"));
    equal(&one.0, &two.0, "run");
    equal(&one.1, &two.1, "icebreaker");
    assert!(one.2 == two.2, "the reports differ");
}

/// Killed at any moment, a run leaves whole files only, and goes on to the same bytes.
#[test]
fn a_killed_run_is_whole_and_resumes_to_the_same_bytes() {
    killed_and_resumed(&config(5), 5);
    let dense = "[[layer]]\nneurons";
    let conv = config(3).replace(dense, &format!("{CONVOLUTION}\n{dense}"));
    assert!(conv.contains("kernel"));
    killed_and_resumed(&conv, 2);
}

const CONVOLUTION: &str =
    "[[layer]]\nchannels = 8\nkernel = 5\nstride = 3\nor_pool = 2\nleak = \"none\"\n";

fn killed_and_resumed(config: &str, kills: usize) {
    let dir = tempdir().unwrap();
    let path = dir.path();
    fs::write(path.join("digits.toml"), config).unwrap();
    let start = Instant::now();
    succeed(path, &["train", "digits.toml", "--out", "whole"]);
    let (whole, took) = (files(&path.join("whole")), start.elapsed());
    let mut r = Stream::named(1, "kills").sequence();
    let (mut killed, mut resumed) = (0, 0);
    for kill in 0..kills {
        let name = format!("killed{kill}");
        let run = path.join(&name);
        // Killed anywhere, then twice soon after it wrote a checkpoint, then left alone; each attempt
        // goes on from what the last one left.
        for attempt in 0..4 {
            let resume = whole_files(&run, &whole);
            let mut arguments = vec!["train", "digits.toml", "--quiet", "--out", &name];
            if resume {
                arguments.push("--resume");
                resumed += 1;
            }
            let before = written(&run);
            let mut child = spikewright(path, &arguments).stderr(Stdio::null()).spawn().unwrap();
            match attempt {
                0 => sleep(took.mul_f64(r.unit())),
                1 | 2 => {
                    while written(&run) == before && child.try_wait().unwrap().is_none() {
                        sleep(Duration::from_millis(1));
                    }
                    sleep(Duration::from_millis(r.below(30)));
                }
                _ => assert!(child.wait().unwrap().success(), "{name} does not finish"),
            }
            if child.try_wait().unwrap().is_none() {
                child.kill().unwrap();
                killed += 1;
            }
            child.wait().unwrap();
        }
        let left = files(&run);
        for name in MODEL {
            assert!(left.get(name) == whole.get(name), "kill {kill}: {name} differs");
        }
    }
    assert!(
        killed >= kills && resumed >= kills,
        "{killed} killed, {resumed} resumed: nothing shown"
    );
}

/// When the run's checkpoint was written.
fn written(run: &Path) -> Option<SystemTime> {
    fs::metadata(run.join("checkpoint.json")).and_then(|m| m.modified()).ok()
}

/// Whether there is a checkpoint; everything in the folder is whole.
fn whole_files(run: &Path, whole: &Files) -> bool {
    if !run.exists() {
        return false;
    }
    let left = files(run);
    for (name, bytes) in &left {
        match name.as_str() {
            // Of some epoch.
            "checkpoint.json" => {
                serde_json::from_slice::<serde_json::Value>(bytes).expect("a torn checkpoint");
            }
            // Written once, after the last epoch; the report tells epochs of its own process only.
            "report.json" => {
                serde_json::from_slice::<serde_json::Value>(bytes).expect("a torn report");
            }
            // Of all epochs so far.
            "metrics.jsonl" | "events.out.tfevents.0.spikewright" => {
                assert!(whole[name].starts_with(bytes), "{name} is torn or of another run");
            }
            // What was being written when the end came, under a name that nothing reads.
            _ if name.starts_with(".spikewright-") => {}
            _ => assert!(whole.get(name) == Some(bytes), "{name} is torn or of another run"),
        }
    }
    left.contains_key("checkpoint.json")
}

#[test]
fn a_complete_run_resumes_to_itself() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    fs::write(path.join("digits.toml"), config(2)).unwrap();
    succeed(path, &["train", "digits.toml", "--out", "run"]);
    let before = files(&path.join("run"));
    succeed(path, &["train", "digits.toml", "--out", "run", "--resume"]);
    let after = files(&path.join("run"));
    for name in MODEL {
        assert!(before[name] == after[name], "{name} differs");
    }
}
