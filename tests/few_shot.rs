//! Adapted networks are networks like any other: the golden integer rules compute their weights, and
//! every level runs them to the same spikes, potentials and cycles. And the way there on the command line.

mod common;

use common::{
    Case, SEED, compiled, difference,
    program::{json, refuse, succeed},
    verilated,
};
use spikewright::{
    golden::{
        Reference,
        meta::{Rule, body},
    },
    ir::{Preset, first_divergence},
    levels::RustHdlCore,
    random,
    sim::{Simulator, transcript},
};
use std::{fs, path::Path};
use tempfile::tempdir;

/// Random bodies with heads adapted by both rules to two or three classes of random samples.
fn adapted(preset: Preset, count: usize) -> Vec<Case> {
    let spec = preset.spec();
    let mut cases = Vec::new();
    let networks = (0..).map(|n| match n % 2 {
        0 => (n, random::network(SEED, n, &spec)),
        _ => (n, random::maps_network(SEED, n, &spec)),
    });
    for (n, network) in networks.take(200) {
        let Ok(body) = body(&network) else { continue };
        let stimuli: Vec<_> = (0..14).map(|s| random::stimulus(SEED, n, s, &network)).collect();
        // Pooled features cannot be read.
        let Ok(reference) = Reference::new(&body) else { continue };
        let counts = reference.output_counts(&stimuli).unwrap();
        let busy = counts.iter().filter(|c| c.iter().any(|m| *m > 0)).count();
        let features = counts[0].len();
        if busy < 8 || !(4..=spec.max_fan_in() / 2).contains(&features) {
            continue;
        }
        let ways = 2 + n as usize % 2;
        let support: Vec<_> =
            counts.iter().take(3 * ways).enumerate().map(|(i, m)| (m.clone(), i % ways)).collect();
        for rule in [Rule::ClassMean, Rule::ErrorTriggered { shift: n as u32 % 2, passes: 3 }] {
            let head = rule.head(&support, ways).unwrap();
            let network = head.mount(&body).unwrap();
            let name = format!("{preset}, body {n}, {rule:?}");
            let options = spikewright::compiler::CompileOptions::default();
            if spikewright::compiler::compile(&network, &spec, &options).is_ok() {
                let compiled = compiled(&network, preset);
                cases.push(Case { name, compiled, stimuli: stimuli.clone() });
            }
        }
        if cases.len() >= count {
            break;
        }
    }
    assert!(cases.len() >= count, "{preset}: {} cases", cases.len());
    cases
}

#[test]
fn adapted_heads_are_the_same_at_every_level() {
    for preset in [Preset::Tiny, Preset::Up5k] {
        let cases = adapted(preset, 8);
        let mut decided = std::collections::BTreeSet::new();
        for case in &cases {
            let reference = Reference::new(&case.compiled.network).unwrap();
            let mut simulator = Simulator::new(&case.compiled.image).unwrap();
            for (s, stimulus) in case.stimuli.iter().enumerate() {
                let expected = reference.run(stimulus).unwrap();
                let run = simulator.run(stimulus).unwrap();
                let got = transcript(&case.compiled.image, &run.trace, run.decision);
                if let Some(d) = first_divergence(&expected, &got) {
                    panic!("{}, sample {s}: {d}", case.name);
                }
                decided.insert(expected.decision.class);
            }
        }
        assert!(decided.len() >= 2, "{preset}: always class {decided:?}");
        if let Some(difference) = difference(&cases, verilated(preset)) {
            panic!("{difference}");
        }
    }
    let cases = &adapted(Preset::Tiny, 2)[..2];
    if let Some(difference) = difference(cases, RustHdlCore::new(Preset::Tiny)) {
        panic!("{difference}");
    }
}

/// A training of a few seconds: small maps, few episodes.
fn config(method: &str) -> String {
    format!(
        "method = \"{method}\"\nticks = 2\nencoding = {{ above = 128 }}\n\
         [tasks]\nsource = \"glyphs\"\nways = 3\nshots = 2\nqueries = 2\n\
         [body]\nepochs = 2\nepisodes = 4\nways = 8\nqueries = 2\n\
         [meta]\nepochs = 2\niterations = 1\ntasks = 2\nsteps = 1\ninner_rate = 0.02\n\
         [test]\ntasks = 4\nsteps = 2\n\
         [optimizer]\nkind = \"adam\"\nlearning_rate = 5e-3\n\
         [[layer]]\nchannels = 7\nkernel = 5\nstride = 2\nor_pool = 2\nleak = {{ shift = 1 }}\n\
         [[layer]]\nchannels = 15\nkernel = 3\nleak = {{ shift = 1 }}\n"
    )
}

fn same_files(a: &Path, b: &Path, names: &[&str]) {
    for name in names {
        assert!(fs::read(a.join(name)).unwrap() == fs::read(b.join(name)).unwrap(), "{name}");
    }
}

#[test]
fn the_command_line_trains_adapts_compiles_and_simulates() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    fs::write(path.join("glyphs.toml"), config("maml")).unwrap();
    let said = succeed(path, &["train", "glyphs.toml", "--out", "run"]);
    assert!(said.contains("class mean") && said.contains("inner steps"), "{said}");
    let report = json(&path.join("run/report.json"));
    assert_eq!(report["test"]["steps"].as_array().unwrap().len(), 3);
    assert_eq!(report["epochs"].as_array().unwrap().len(), 4);
    for name in ["steps.svg", "curve-accuracy.svg", "metrics.jsonl", "few-shot.json"] {
        assert!(path.join("run").join(name).is_file(), "{name}");
    }
    // What stands in the run is the body with a head for the first task.
    let adapt = |rule: &str, out: &str| {
        let support = ["--support", "run/task/support", "--query", "run/task/query"];
        let to = ["--rule", rule, "--out", out];
        succeed(path, &[&["adapt", "run"][..], &support, &to].concat())
    };
    adapt("class-mean", "means");
    same_files(&path.join("run"), &path.join("means"), &["model.snn", "encoder.json"]);
    adapt("error-triggered", "errors");
    let said = adapt("inner-steps", "steps");
    assert!(said.contains("before freezing, after 0, 1, ... steps"), "{said}");
    assert_eq!(json(&path.join("steps/report.json"))["steps"].as_array().unwrap().len(), 2);
    let models: Vec<_> = ["means", "errors", "steps"]
        .map(|run| fs::read(path.join(run).join("model.snn")).unwrap())
        .into();
    assert!(models[0] != models[1] && models[1] != models[2]);
    for run in ["means", "errors", "steps"] {
        let build = format!("{run}-build");
        succeed(path, &["compile", run, "--board", "icebreaker", "--out", &build]);
        let said = succeed(path, &["sim", &build, "--json", "sim.json"]);
        let sim = json(&path.join("sim.json"));
        assert_eq!((&sim["samples"], &sim["mismatches"]), (&6.into(), &0.into()), "{said}");
        let judged = json(&path.join(run).join("report.json"))["query_accuracy"].as_f64().unwrap();
        assert_eq!(sim["correct"].as_f64().unwrap(), (6.0 * judged).round());
    }
    let adapt = |model: &str, support: &str, more: &[&str]| {
        refuse(path, &[&["adapt", model, "--support", support][..], more].concat())
    };
    assert!(adapt("run", "run/task/support", &["--out", "run"]).contains("would be lost"));
    assert!(adapt("run", "run/task/support/class00", &[]).contains("1 classes with 2 images"));
    assert!(adapt("run", "none", &[]).contains("none"));
    let said = adapt("means", "run/task/support", &["--rule", "inner-steps"]);
    assert!(said.contains("meta-training"), "{said}");
}

#[test]
fn a_run_that_goes_on_ends_with_the_same_bytes() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    fs::write(path.join("anil.toml"), config("anil")).unwrap();
    let train = |out: &str, more: &[&str]| {
        succeed(path, &[&["train", "anil.toml", "--quiet", "--out", out][..], more].concat())
    };
    train("whole", &["--threads", "1"]);
    // A run that was broken off after an epoch of each part.
    let stop = |epoch: usize| {
        let out = format!("part{epoch}");
        let child = std::process::Command::new(env!("CARGO_BIN_EXE_spikewright"))
            .args(["train", "anil.toml", "--out", &out])
            .current_dir(path)
            .stderr(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .spawn();
        let mut child = child.unwrap();
        let metrics = path.join(&out).join("metrics.jsonl");
        let lines = || fs::read_to_string(&metrics).map_or(0, |t| t.lines().count());
        while child.try_wait().unwrap().is_none() && lines() < epoch {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let _ = child.kill();
        let _ = child.wait();
        out
    };
    for epoch in [2, 4] {
        let out = stop(epoch);
        if path.join(&out).join("checkpoint.json").is_file() {
            train(&out, &["--resume"]);
        } else {
            train(&out, &[]);
        }
        let names = ["model.snn", "few-shot.json", "metrics.jsonl", "steps.svg", "float.json"];
        same_files(&path.join("whole"), &path.join(&out), &names);
    }
    fs::write(
        path.join("anil.toml"),
        config("anil").replace("inner_rate = 0.02", "inner_rate = 0.1"),
    )
    .unwrap();
    let said = refuse(path, &["train", "anil.toml", "--resume", "--out", "whole"]);
    assert!(said.contains("configurations differ"), "{said}");
}

#[test]
fn faulty_few_shot_configurations_are_refused() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    let train = |from: &str, to: &str| {
        let text = config("maml");
        assert!(text.contains(from), "{from}");
        fs::write(path.join("bad.toml"), text.replacen(from, to, 1)).unwrap();
        refuse(path, &["train", "bad.toml"])
    };
    assert!(train("inner_rate", "inner_rte").contains("did you mean `inner_rate`?"));
    assert!(train("ways = 3", "ways = 1").contains("2 to 64 ways"));
    let said = train("ways = 3", "ways = 64");
    assert!(said.contains("40 classes of 20 samples"), "{said}");
    assert!(train("tasks = 2", "tasks = 0").contains("tasks out of range"));
    assert!(
        train("steps = 1", "steps = 1\nsurrogate = { rectangle = 0.5 }").contains("no curvature")
    );
    assert!(
        train("\"glyphs\"", "{ images = { train = \"a\", validation = \"b\", test = \"c\" } }")
            .contains("a: No such file")
    );
    assert!(train("kernel = 3", "kernel = 30").contains("finds no place"));
    assert!(train("kernel = 3", "kernel = 3\nweights = \"float\"").contains("bodies are binary"));
    let shared = "{ omniglot = { file = \"x.npz\", train = [1], validation = [1], test = [2] } }";
    assert!(train("\"glyphs\"", shared).contains("x.npz"));
}
