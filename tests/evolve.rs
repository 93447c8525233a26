//! The verb `evolve` and genome files, run as a user runs them; members of a team, shards and devices
//! through the library.

mod common;

use common::program::{config, digits, json, network, refuse, spikewright, succeed};
use spikewright::{
    board::ClockedCore,
    evolve::{BoardDevice, CoreDevice, Evolution, EvolveConfig, Shard, SimDevice, evolve},
    flow::tools,
    golden::{
        Reference,
        evolve::{Alone, Device, ReferenceDevice, Team, ThreadTeam},
        rng::Stream,
    },
    host::{Driver, DriverOptions, Faults, MemoryLink},
    ir::{InputTrain, Preset, SpikeTrain},
    levels,
};
use std::{
    fs,
    path::{Path, PathBuf},
};
use tempfile::{TempDir, tempdir};

/// A search that takes seconds.
fn searches(genes: &str, more: &str) -> String {
    format!(
        "recipe = \"digits.toml\"\ngenes = \"{genes}\"\nseeds = [1, 2]\npopulation = 6\n\
         samples = 40\n{more}\n"
    )
}

const NEURONS: &str = "engines = [\"snes\", \"random\"]\ngenerations = 4";

/// A folder with a recipe, data and a configuration of a search.
fn folder(search: &str) -> TempDir {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("digits.toml"), config(2)).unwrap();
    fs::write(dir.path().join("search.toml"), search).unwrap();
    digits(&dir.path().join("data"), 500, 60);
    dir
}

const EVOLVE: [&str; 4] = ["evolve", "search.toml", "--data", "data"];

/// What a search leaves, and the table of all.
fn files(path: &Path, out: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let names = ["search.json", "outcome.json", "fitness.svg", "model.snn", "encoder.json"];
    let folders = ["snes-1", "random-1", "snes-2", "random-2"];
    let mut all: Vec<PathBuf> =
        folders.iter().flat_map(|f| names.map(|name| Path::new(f).join(name))).collect();
    all.push("evolve.json".into());
    all.into_iter()
        .map(|name| {
            let bytes = fs::read(path.join(out).join(&name));
            (name.clone(), bytes.unwrap_or_else(|e| panic!("{}: {e}", name.display())))
        })
        .collect()
}

#[test]
fn a_search_goes_on_at_any_generation_and_shards_are_the_whole() {
    let dir = folder(&searches("neurons", NEURONS));
    let path = dir.path();
    let told = spikewright(path, &EVOLVE).output().unwrap();
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    for word in ["snes-2  generation    4 of 4", "median", "evaluations/s", "rank 0: 24"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let whole = files(path, "evolve");
    let table = json(&path.join("evolve/evolve.json"));
    assert_eq!(table.as_array().unwrap().len(), 4);
    for row in table.as_array().unwrap() {
        assert_eq!((&row["evaluations"], &row["generations"]), (&24.into(), &4.into()));
        let held_out = |stage: &str| row[stage]["held_out"].as_f64().unwrap();
        assert!(held_out("before") - held_out("start") >= 0.03, "{row}");
    }
    // Again from two generations, in two parts of a job array, the second part first.
    let short = searches("neurons", &NEURONS.replace('4', "2"));
    fs::write(path.join("short.toml"), short).unwrap();
    let arguments = |file, shard| {
        ["evolve", file, "--data", "data", "--out", "again", "--resume", "--shard", shard]
    };
    succeed(path, &arguments("short.toml", "2/2"));
    assert!(path.join("again/random-1").exists() && !path.join("again/snes-1").exists());
    succeed(path, &arguments("search.toml", "2/2"));
    succeed(path, &arguments("search.toml", "1/2"));
    assert_eq!(files(path, "again"), whole);
    // What is finished stays; what is of another search is refused.
    succeed(path, &arguments("search.toml", "1/1"));
    assert_eq!(files(path, "again"), whole);
    let other = searches("neurons", NEURONS).replace("samples = 40", "samples = 41");
    fs::write(path.join("search.toml"), other).unwrap();
    let said = spikewright(path, &arguments("search.toml", "1/1")).output().unwrap();
    assert!(!said.status.success());
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains("again/snes-1/search.json: of another configuration"), "{said}");
}

#[test]
fn the_shipped_searches_are_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    for name in ["evolve-thresholds.toml", "evolve-wiring.toml"] {
        let text = fs::read_to_string(root.join(name)).unwrap();
        let search = EvolveConfig::from_toml(&text).unwrap();
        assert_eq!(search.training(&root, 7).unwrap().seed, 7);
    }
}

#[test]
fn any_number_of_ranks_writes_the_same_bytes() {
    let dir = folder(&searches("neurons", NEURONS));
    let path = dir.path();
    let config = EvolveConfig::from_toml(&searches("neurons", NEURONS)).unwrap();
    let data = path.join("data");
    let run = |team: &dyn Team, out: &str| {
        let evolution = Evolution {
            config: &config,
            folder: path,
            out: &path.join(out),
            shard: Shard::ALL,
            resume: false,
            data: Some(&data),
            team,
            device: &ReferenceDevice,
        };
        evolve(&evolution, &mut |_| {}).unwrap();
    };
    run(&Alone, "alone");
    let alone = files(path, "alone");
    for size in [2, 3] {
        let out = format!("team-{size}");
        std::thread::scope(|scope| {
            for member in ThreadTeam::new(size) {
                let (run, out) = (&run, &out);
                scope.spawn(move || run(&member, out));
            }
        });
        assert_eq!(files(path, &out), alone, "{size}");
    }
}

#[test]
fn weights_and_wiring_evolve_and_faults_are_refused() {
    let dir = folder(&searches("weights", "generations = 2\nflips = 4.0"));
    let path = dir.path();
    succeed(path, &EVOLVE);
    let table = json(&path.join("evolve/evolve.json"));
    assert_eq!(table[1]["engine"], "bit_flips");
    assert!(path.join("evolve/bit_flips-2/model.snn").exists());
    // Wiring needs a genome, and leaves a recipe that trains.
    let wiring = searches("wiring", "engines = [\"snes\"]\ngenerations = 2\nsteps = 2");
    fs::write(path.join("search.toml"), &wiring).unwrap();
    let said = spikewright(path, &EVOLVE).output().unwrap();
    assert!(String::from_utf8_lossy(&said.stderr).contains("method = \"genome\""));
    fs::write(path.join("digits.toml"), genome_recipe()).unwrap();
    succeed(path, &[&EVOLVE[..], &["--out", "wired"]].concat());
    assert!(path.join("wired/snes-1/fitness.svg").exists());
    succeed(path, &["train", "wired/snes-1/recipe.toml", "--data", "data", "--out", "run"]);

    for (from, to, told) in [
        ("[\"snes\"]", "[]", "engines = []: at least one"),
        ("generations = 2", "generations = 0", "generations = 0: at least 1"),
        ("generations = 2", "generatoins = 2", "unknown field `generatoins`"),
        ("steps = 2", "level = \"board\"", "port = None: the serial port"),
        ("population = 6", "sigma = -1.0", "sigma = -1.0: a positive number"),
        ("digits.toml", "none.toml", "none.toml: No such file"),
    ] {
        fs::write(path.join("search.toml"), wiring.replacen(from, to, 1)).unwrap();
        let said = refuse(path, &[&EVOLVE[..], &["--out", "none"]].concat());
        assert!(said.contains(told), "{to}: {said}");
    }
    assert!(refuse(path, &["evolve", "search.toml", "--shard", "3/2"]).contains("i from 1 to n"));
}

fn genome_recipe() -> String {
    config(1).replace("\"plain\"", "\"genome\"") + "\n[genome]\ngenes = 3\n"
}

/// A genome is a model file: it makes the bits of the frozen network, compiles and runs as they do.
#[test]
fn a_genome_file_is_compiled_like_the_network_it_makes() {
    let dir = folder("");
    let path = dir.path();
    fs::write(path.join("digits.toml"), genome_recipe()).unwrap();
    let train = ["train", "digits.toml", "--data", "data", "--out", "run"];
    succeed(path, &train);
    let size = |name: &str| fs::metadata(path.join(name)).unwrap().len();
    assert!(size("run/model.genome") < size("run/model.snn"));
    succeed(path, &["compile", "run", "--board", "icebreaker", "--out", "plain"]);
    let compile = ["compile", "run/model.genome", "--board", "icebreaker", "--out", "build"];
    succeed(path, &compile);
    for name in ["core.image", "model.snn", "encoder.json"] {
        let read = |folder: &str| fs::read(path.join(folder).join(name)).unwrap();
        assert!(read("build") == read("plain"), "{name}");
    }
    let images = ["--images", "20", "--data", "data", "--json", "verified.json"];
    succeed(path, &[&["verify", "build"][..], &images].concat());
    let verified = json(&path.join("verified.json"));
    let mismatches = verified["mismatches"].as_object().unwrap();
    assert!(mismatches.len() >= 3 && mismatches.values().all(|n| *n == 0), "{verified}");
    // A changed genome is another network; a broken one is refused.
    let file = path.join("run/model.genome");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"data\":\"", "\"data\":\"zz", 1)).unwrap();
    assert!(refuse(path, &compile).contains("genome"));
    // A run of another method leaves no genome behind.
    fs::write(path.join("digits.toml"), config(1)).unwrap();
    succeed(path, &train);
    assert!(!file.exists());
}

/// The simulator, Verilog and a board behind its link judge as the reference does.
#[test]
fn devices_judge_alike() {
    let network = network(&[16, 8, 4]);
    let mut draws = Stream::named(1, "devices").sequence();
    let mut input = || {
        let all = (0..network.ticks).flat_map(|t| (0..16).map(move |j| (t, j)));
        let events = all.filter(|_| draws.below(3) == 0);
        InputTrain::from(SpikeTrain::from_events(events, network.ticks, 16).unwrap())
    };
    let inputs: Vec<InputTrain> = (0..12).map(|_| input()).collect();
    let reference = Reference::new(&network).unwrap().evaluate(&inputs, &[0; 12]).unwrap();
    // Half of the labels are right.
    let labels: Vec<u8> = reference
        .decisions
        .iter()
        .enumerate()
        .map(|(k, d)| ((d.class + k % 2) % 4) as u8)
        .collect();
    let preset = Preset::Tiny;
    let tools = tools::ensure(&mut |_| {}).unwrap();
    let (tools, cache) = (levels::verilator(&tools).unwrap(), levels::model_cache().unwrap());
    let core = || Ok(levels::verilated_core(&tools, &cache, preset)?);
    let board = ClockedCore::new(levels::RustHdlCore::new(preset), 10_000);
    let driver = Driver::connect(
        MemoryLink::new(board, Faults::default()),
        DriverOptions { polls: 4, ..DriverOptions::default() },
    );
    let link = driver.unwrap();
    assert_eq!(ReferenceDevice.correct(&network, &inputs, &labels).unwrap(), 6);
    assert_eq!(SimDevice(preset).correct(&network, &inputs, &labels).unwrap(), 6);
    assert_eq!(CoreDevice { preset, core }.correct(&network, &inputs, &labels).unwrap(), 6);
    // The link's cost is in frames: a few samples.
    let few = ReferenceDevice.correct(&network, &inputs[..3], &labels[..3]).unwrap();
    assert_eq!(BoardDevice::new(link).correct(&network, &inputs[..3], &labels[..3]).unwrap(), few);
}
