//! The command line, run as a user runs it. What cannot work is refused: an exit status that is not
//! 0, a message with file, place and remedy, and not one file changed. What can work writes the
//! reports whose keys other programs rely on.

mod common;

use common::program::{config, digits, json, network, refuse, spikewright, succeed};
use insta::assert_snapshot;
use serde_json::Value;
use spikewright::ir::write_model;
use std::{fs, path::Path};
use tempfile::{TempDir, tempdir};

/// A folder with a configuration in it.
fn folder() -> TempDir {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("digits.toml"), config(1)).unwrap();
    dir
}

/// A folder with a model that fits and its build.
fn built(board: &str) -> TempDir {
    let dir = tempdir().unwrap();
    let path = dir.path();
    write_model(&path.join("run/model.snn"), &network(&[784, 20, 10])).unwrap();
    fs::write(path.join("run/encoder.json"), r#"{"encoding":"level","ticks":4,"seed":1}"#).unwrap();
    succeed(path, &["compile", "run", "--board", board]);
    dir
}

#[test]
fn damaged_data_is_refused() {
    let dir = folder();
    let (path, data) = (dir.path(), dir.path().join("data"));
    let train = || refuse(path, &["train", "digits.toml", "--data", "data"]);
    assert_snapshot!(train(), @"error: data: neither train-images-idx3-ubyte nor train-images-idx3-ubyte.gz is here; point to the folder with the four MNIST files");
    digits(&data, 100, 20);
    let images = data.join("train-images-idx3-ubyte");
    let whole = fs::read(&images).unwrap();
    fs::write(&images, &whole[..5_000]).unwrap();
    assert_snapshot!(train(), @"error: data/train-images-idx3-ubyte: byte 5000: data ends here, the header promises 78400 elements; is this the right file, and was it copied completely?");
    fs::write(&images, &whole[..9]).unwrap();
    assert_snapshot!(train(), @"error: data/train-images-idx3-ubyte: byte 9: the header ends here, it has 16 bytes; is this the right file, and was it copied completely?");
    fs::write(&images, [&[0, 0, 13, 3], &whole[4..]].concat()).unwrap();
    assert_snapshot!(train(), @"error: data/train-images-idx3-ubyte: byte 0: magic [00, 00, 0d, 03] is not IDX of unsigned bytes; is this the right file, and was it copied completely?");
    fs::write(&images, [&[0x1f, 0x8b, 8, 0], &whole[4..]].concat()).unwrap();
    let said = train();
    assert!(said.contains("data/train-images-idx3-ubyte: byte"), "{said}");
    fs::write(&images, &whole).unwrap();
    let labels = data.join("train-labels-idx1-ubyte");
    let whole = fs::read(&labels).unwrap();
    fs::write(&labels, [&whole[..4], &[0, 0, 0, 99], &whole[8..107]].concat()).unwrap();
    assert_snapshot!(train(), @"error: data/train-labels-idx1-ubyte: 99 labels at byte 4, but 100 images; take both files from the same set");
    fs::write(&labels, [&whole[..107], &[10]].concat()).unwrap();
    assert_snapshot!(train(), @"error: data/train-labels-idx1-ubyte: byte 107: label 10 is not a digit; is this the label file?");
}

#[test]
fn what_cannot_be_explored_is_refused() {
    let dir = folder();
    let explore = |more: &[&str]| refuse(dir.path(), &[&["explore", "digits.toml"], more].concat());
    let said = explore(&["--board", "icebreaker", "--clock", "45,45.1"]);
    assert!(said.contains("no 45.1 MHz of 12 MHz") && said.contains("45 or 45.75 MHz"), "{said}");
    let said = explore(&["--sweep", "layer.1.neurons=16,32"]);
    assert!(said.contains("digits.toml: --sweep layer.1.neurons: the recipe has no"), "{said}");
    let said = explore(&["--board", "icebraker"]);
    assert!(said.contains("icebreaker"), "{said}");
}

#[test]
fn a_faulty_configuration_is_refused() {
    let dir = folder();
    let path = dir.path();
    let train = |from: &str, to: &str| {
        fs::write(path.join("bad.toml"), config(1).replacen(from, to, 1)).unwrap();
        refuse(path, &["train", "bad.toml"])
    };
    assert_snapshot!(train("epochs", "epocs"), @r#"
error: bad.toml: training configuration: TOML parse error at line 2, column 1
  |
2 | epocs = 1
  | ^^^^^
unknown field `epocs`, expected one of `method`, `seed`, `epochs`, `patience`, `keep_best`, `batch`, `validation`, `ticks`, `encoding`, `series`, `shift_pixels`, `classes`, `readout`, `output_weights`, `loss`, `estimator`, `diagnostics`, `optimizer`, `schedule`, `layer`, `gate`, `plasticity`, `genome`, `fine_tune`, `augment`
did you mean `epochs`?
"#);
    assert_snapshot!(train("epochs = 1", "epochs = 0"), @"error: bad.toml: training configuration: epochs = 0: train for at least one epoch");
    assert_snapshot!(train("batch = 32", "batch = \"many\""), @r#"
error: bad.toml: training configuration: TOML parse error at line 3, column 9
  |
3 | batch = "many"
  |         ^^^^^^
invalid type: string "many", expected usize
"#);
    assert_snapshot!(train("neurons = 24", "neurons = 5000"), @"error: bad.toml: training configuration: layer 0: neurons = 5000: 1 to 4096");
    assert_snapshot!(train("[optimizer]", "[optimizer"), @r#"
error: bad.toml: training configuration: TOML parse error at line 9, column 11
  |
9 | [optimizer
  |           ^
unclosed table, expected `]`
"#);
    fs::write(path.join("bad.toml"), b"\xff\xfe\x00").unwrap();
    assert_snapshot!(refuse(path, &["train", "bad.toml"]), @"error: bad.toml: not text; a configuration is TOML");
    assert_snapshot!(refuse(path, &["train", "none.toml"]), @"error: none.toml: No such file or directory (os error 2); check the path");
    assert_snapshot!(refuse(path, &["train", "digits.toml", "--resume"]), @r#"
error: runs/latest/checkpoint.json: No such file or directory (os error 2); check the path
  help: --resume goes on from a checkpoint; without it the run starts anew
"#);
}

#[test]
fn a_board_that_is_none_and_a_network_that_does_not_fit_are_refused() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    let compile = |sizes: &[usize], board: &str| {
        write_model(&path.join("model.snn"), &network(sizes)).unwrap();
        refuse(path, &["compile", "model.snn", "--board", board])
    };
    assert_snapshot!(compile(&[784, 20, 10], "icebraker"), @r#"
error: board: no board is called "icebraker" [unknown-board]
  help: did you mean `icebreaker`? boards: colorlight_i5, hx8k_b_evn, icebreaker, icebreaker_spi, ulx3s_12f, ulx3s_25f, ulx3s_45f, ulx3s_85f
"#);
    // 16 tiles of 64 neurons with 16 groups of 64 inputs each, and 16 for the last layer.
    assert_snapshot!(compile(&[1_000, 1_000, 10], "icebreaker"), @r#"
error: model.snn: layer 1 "dense1": up to and with it the network needs 272 weight groups, the core has 256 [weight-groups]
  help: use fewer neurons or sources, or a preset with more
"#);
    assert_snapshot!(compile(&[784, 20, 70], "icebreaker"), @r#"
error: model.snn: layer 1 "dense1": the last layer has 70 neurons, the readout takes at most 64 [too-many-classes]
  help: use at most 64 classes; a preset with more lanes takes up to 256
"#);
}

/// A build remembers which core it is for: every later verb takes the variant, not the board's own.
#[test]
fn fire_units_are_chosen_or_refused() {
    let dir = built("icebreaker");
    let path = dir.path();
    let own = fs::read_to_string(path.join("build/top.v")).unwrap();
    let compile = ["compile", "run", "--board", "icebreaker", "--fire-units"];
    let said = succeed(path, &[&compile[..], &["2"]].concat());
    assert!(said.contains("core up5k_f2"), "{said}");
    assert_ne!(fs::read_to_string(path.join("build/top.v")).unwrap(), own);
    for verb in ["sim", "cosim"] {
        succeed(path, &[verb, "build", "--images", "5", "--json", "r.json"]);
        let found = json(&path.join("r.json"));
        assert_eq!((&found["samples"], &found["mismatches"]), (&5.into(), &0.into()), "{verb}");
    }
    assert_snapshot!(refuse(path, &[&compile[..], &["8"]].concat()), @r#"
error: board icebreaker: no preset is up5k with 8 fire units [fire-units]
  help: ask for 4 (up5k) or 2 (up5k_f2)
"#);
    let explore = ["explore", "digits.toml", "--board", "icebreaker,hx8k_b_evn", "--fire-units"];
    fs::write(path.join("digits.toml"), config(1)).unwrap();
    assert_snapshot!(refuse(path, &[&explore[..], &["4"]].concat()), @r#"
error: board hx8k_b_evn: no preset is hx8k with 4 fire units [fire-units]
  help: ask for 1 (hx8k)
"#);
}

#[test]
fn a_file_that_is_no_model_is_refused() {
    let dir = tempdir().unwrap();
    let path = dir.path();
    let model = path.join("model.snn");
    write_model(&model, &network(&[8, 4, 2])).unwrap();
    let good = fs::read_to_string(&model).unwrap();
    let compile = |bytes: &[u8]| {
        fs::write(&model, bytes).unwrap();
        refuse(path, &["compile", "model.snn", "--board", "icebreaker"])
    };
    let replaced = |from: &str, to: &str| good.replacen(from, to, 1).into_bytes();
    assert_snapshot!(compile(&replaced("\"version\":1", "\"version\":2")), @"error: model.snn: spikewright-network version 2, this build reads version 1; write it again with this version of spikewright");
    assert_snapshot!(compile(&replaced("spikewright-network", "spikewright-image")), @r#"error: model.snn: not a spikewright-network file: it says it is "spikewright-image"; write it again with this version of spikewright"#);
    assert_snapshot!(compile(&good.as_bytes()[..good.len() / 2]), @"error: model.snn: not a spikewright-network file: EOF while parsing a string at line 1 column 374; write it again with this version of spikewright");
    assert_snapshot!(compile(b"\x7fELF\x02\x01\x01\x00\xff"), @"error: model.snn: not a spikewright-network file: expected value at line 1 column 1; write it again with this version of spikewright");
    assert_snapshot!(compile(b""), @"error: model.snn: not a spikewright-network file: EOF while parsing a value at line 1 column 0; write it again with this version of spikewright");
    assert_snapshot!(compile(&replaced("\"width_bits\":16", "\"width_bits\":99")), @r#"
error: model.snn: network: potentials are 99 bits wide, expected 2 to 32 [bad-width]
  help: freeze with a width of 16
"#);
    assert_snapshot!(refuse(path, &["compile", "none.snn", "--board", "icebreaker"]), @"error: none.snn: No such file or directory (os error 2); check the path");
}

#[test]
fn a_constraint_file_with_a_missing_pin_is_refused() {
    let dir = built("icebreaker");
    let (path, mine) = (dir.path(), dir.path().join("mine"));
    fs::create_dir(&mine).unwrap();
    let boards = include_str!("../constraints/boards.toml");
    let table = boards.split("[hx8k_b_evn]").next().unwrap();
    fs::write(mine.join("boards.toml"), table.replace("[icebreaker]", "[mine]")).unwrap();
    let constraints = include_str!("../constraints/icebreaker.pcf");
    fs::write(mine.join("mine.pcf"), constraints.replace("set_io clk 35", "set_io clk 99"))
        .unwrap();
    succeed(path, &["compile", "run", "--board", "mine", "--boards", "mine"]);
    assert_snapshot!(refuse(path, &["synth", "build", "--boards", "mine"]), @r#"
error: mine.pcf:2: `99` is no I/O pin of up5k sg48 [no-such-pin]
  help: I/O pins of sg48: 2, 3, 4, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 25, 26, 27, 28, 31, 32, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48
"#);
    fs::write(mine.join("mine.pcf"), constraints.replace("set_io tx", "#")).unwrap();
    assert_snapshot!(refuse(path, &["synth", "build", "--boards", "mine"]), @r#"
error: mine.pcf: port `tx` of the top has no pin [no-pin]
  help: add `set_io tx <pin>`
"#);
    // Without --boards the build's board is unknown.
    assert_snapshot!(refuse(path, &["synth", "build"]), @r#"
error: board: no board is called "mine" [unknown-board]
  help: boards: colorlight_i5, hx8k_b_evn, icebreaker, icebreaker_spi, ulx3s_12f, ulx3s_25f, ulx3s_45f, ulx3s_85f
"#);
    fs::remove_file(mine.join("mine.pcf")).unwrap();
    assert_snapshot!(refuse(path, &["boards", "--boards", "mine"]), @r#"
error: board mine: there is no mine.pcf [no-constraints]
  help: put it beside boards.toml; docs/boards.md shows one
"#);
    fs::write(mine.join("boards.toml"), table.replace("core_mhz = 45", "core_mhz = 46")).unwrap();
    assert_snapshot!(refuse(path, &["boards", "--boards", "mine"]), @r#"
error: board icebreaker: core_mhz is 46, the PLL makes 45 [board-clock]
  help: write the PLL's own figure; every latency is computed from it
board icebreaker: 46 MHz / 3000000 baud = 15.3333 [board-baud]
  help: the ratio must be an integer of at least 4; change baud or the PLL
"#);
    assert_snapshot!(refuse(path, &["boards", "--boards", "none"]), @"error: none: No such file or directory (os error 2); check the path");
}

#[test]
fn arguments_out_of_range_are_refused() {
    let dir = built("icebreaker");
    let path = dir.path();
    assert_snapshot!(refuse(path, &["sim", "build", "--images", "0"]), @"error: --images 0: there would be nothing to run; ask for at least one");
    for verb in [&["eval", "run"][..], &["cosim", "build"], &["verify", "build"]] {
        let said = refuse(path, &[verb, &["--images", "0"]].concat());
        assert!(said.contains("--images 0"), "{verb:?}: {said}");
    }
    assert_snapshot!(refuse(path, &["boards", "--threads", "0"]), @"error: --threads 0: ask for at least one thread");
    assert_snapshot!(refuse(path, &["sim", "run"]), @r#"
error: run/compile.json: No such file or directory (os error 2); check the path
  help: make the directory with `spikewright compile`
"#);
    assert_snapshot!(refuse(path, &["run", "build", "--port", "no-such-port"]), @"error: no-such-port at 3000000 baud: No such file or directory; check the port's name, the cable and your permissions");
    assert_snapshot!(refuse(path, &["program", "build"]), @r#"
error: build/synth/build.json: No such file or directory (os error 2); check the path
  help: make a bitstream with `spikewright synth build`
"#);
    assert_snapshot!(refuse(path, &["program", "build", "--dry-run"]), @r#"
error: build/synth/build.json: No such file or directory (os error 2); check the path
  help: make a bitstream with `spikewright synth build`
"#);
    assert!(refuse(path, &["sim", "build", "--image", "3"]).contains("'--images'"));
    assert!(refuse(path, &["simm", "build"]).contains("'sim'"));
}

/// Below a regular file no folder can be made, whoever the user is.
#[test]
fn an_output_that_cannot_be_written_is_refused() {
    let dir = built("icebreaker");
    let path = dir.path();
    fs::write(path.join("file"), "").unwrap();
    fs::write(path.join("digits.toml"), config(1_000)).unwrap();
    assert_snapshot!(refuse(path, &["train", "digits.toml", "--out", "file/run"]), @"error: file/run: Not a directory (os error 20); a part of the path is a file; give another path");
    let compile = ["compile", "run", "--board", "icebreaker", "--out", "file/build"];
    assert_snapshot!(refuse(path, &compile), @"error: file/build/model.snn: Not a directory (os error 20); a part of the path is a file; give another path");
    assert_snapshot!(refuse(path, &["demo", "--out", "file"]), @"error: file: File exists (os error 17); a part of the path is a file; give another path");
    for (format, file) in [("--vcd", "file/a.vcd"), ("--fst", "file/a.fst")] {
        let waveform = ["sim", "build", "--images", "1", format, file];
        assert!(refuse(path, &waveform).contains(&format!("{file}: ")));
    }
    assert!(refuse(path, &["boards", "--json", "file/boards.json"]).contains("file/boards.json: "));
}

/// The same through permissions, which do not bind root.
#[cfg(unix)]
#[test]
fn a_folder_without_permission_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let dir = built("icebreaker");
    let path = dir.path();
    let locked = path.join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(locked.join("probe"), "").is_ok() {
        eprintln!("skipped: this user writes to folders without write permission (root?)");
        return;
    }
    let said = refuse(path, &["compile", "run", "--board", "icebreaker", "--out", "locked"]);
    assert!(said.contains("locked") && said.contains("check its permissions"), "{said}");
}

/// An older build's encoder and bitstream are not taken for the new one's.
#[test]
fn compiling_over_an_older_build_leaves_nothing_of_it() {
    let dir = built("icebreaker");
    let path = dir.path();
    let one = serde_json::json!({ "used": 1, "available": 4 });
    let record = serde_json::json!({
        "version": 1, "board": "icebreaker", "device": "up5k sg48", "digest": "", "tools": {},
        "core_mhz": 36.0, "fmax_mhz": 40.0, "worst_fmax_mhz": 40.0, "seed": 1, "attempts": [],
        "utilization": { "lc": one, "ebr": one, "spram": one, "dsp": one },
        "bitstream": "icebreaker.bin", "products": [], "timing": [], "cached": false,
    });
    fs::create_dir(path.join("build/synth")).unwrap();
    fs::write(path.join("build/synth/build.json"), record.to_string()).unwrap();
    fs::write(path.join("build/synth/icebreaker.bin"), "bits").unwrap();
    let command = succeed(path, &["program", "build", "--dry-run"]);
    assert!(command.trim_end().ends_with("build/synth/icebreaker.bin"), "{command}");
    let both = succeed(path, &["program", "build", "--image", "--dry-run"]);
    let lines: Vec<_> = both.lines().collect();
    assert!(lines[0].ends_with("build/synth/icebreaker.bin"), "{both}");
    assert!(lines[1].contains(" 1048576 ") && lines[1].ends_with("build/flash.bin"), "{both}");
    assert!(path.join("build/flash.bin").exists());
    // A board whose host is on SPI reads no flash, and has no serial port.
    succeed(path, &["compile", "run/model.snn", "--board", "icebreaker_spi"]);
    assert!(!path.join("build/flash.bin").exists());
    assert_snapshot!(refuse(path, &["run", "build", "--port", "any"]), @r#"
error: icebreaker_spi: the host of this board is on SPI, not on a serial port
  help: drive it from there, as docs/link.md says; the library has `SpiLink`
"#);
    succeed(path, &["compile", "run/model.snn", "--board", "ulx3s_25f"]);
    assert_snapshot!(refuse(path, &["program", "build", "--dry-run"]), @r#"
error: build/synth: the bitstream is for icebreaker, the build now for ulx3s_25f
  help: make another with `spikewright synth build`
"#);
    fs::rename(path.join("run/model.snn"), path.join("alone.snn")).unwrap();
    succeed(path, &["compile", "alone.snn", "--board", "icebreaker"]);
    assert_snapshot!(refuse(path, &["sim", "build", "--images", "1"]), @r#"
error: build: no encoder.json: the build does not know how images become spikes
  help: compile the folder that `spikewright train` wrote, or put its encoder.json here
"#);
}

/// The keys that docs and other programs rely on, each with a value of its kind.
#[track_caller]
fn numbers(report: &Value, keys: &[&str]) {
    for key in keys {
        let found = report.pointer(&format!("/{}", key.replace('.', "/")));
        assert!(found.is_some_and(Value::is_number), "{key} is {found:?} in {report:#}");
    }
}

/// From a configuration to verified levels, with the report of every verb.
#[test]
fn the_whole_way() {
    let dir = folder();
    let path = dir.path();
    let mut files = 0;
    let mut report = |arguments: &[&str]| {
        files += 1;
        let name = format!("report{files}.json");
        let said = succeed(path, &[arguments, &["--json", &name]].concat());
        assert!(!said.is_empty(), "{arguments:?}");
        json(&path.join(name))
    };
    let trained = report(&["train", "digits.toml", "--out", "run"]);
    numbers(&trained, &["float_accuracy", "integer_accuracy", "predictions_differ", "config.seed"]);
    assert!(trained["integer_accuracy"].as_f64() > Some(0.8), "{trained:#}");

    #[cfg(unix)]
    {
        // For whom the user's mask allows, like any file.
        use std::os::unix::fs::PermissionsExt;
        let mode = |f: &str| fs::metadata(path.join(f)).unwrap().permissions().mode();
        assert_eq!(mode("run/model.snn"), mode("digits.toml"));
    }

    let level = |level| ["eval", "run", "--images", "200", "--level", level];
    let [float, integer, sim] = ["float", "integer", "sim"].map(|l| report(&level(l)));
    for evaluated in [&float, &integer, &sim] {
        numbers(evaluated, &["accuracy", "samples"]);
        assert_eq!(evaluated["samples"], 200);
        assert!(evaluated["accuracy"].as_f64() > Some(0.8), "{evaluated:#}");
    }
    assert_eq!(sim["accuracy"], integer["accuracy"]);
    assert_eq!(sim["mismatches"], 0);
    numbers(&integer, &["activity.input_spikes_per_tick", "activity.sop_per_sample"]);

    let compiled = report(&["compile", "run", "--board", "icebreaker"]);
    assert_eq!(compiled["board"], "icebreaker");
    numbers(&compiled, &["estimate.cycles", "estimate.sop"]);
    let simulated = report(&["sim", "build", "--images", "50", "--vcd", "first.vcd"]);
    assert_eq!((&simulated["samples"], &simulated["mismatches"]), (&50.into(), &0.into()));
    let waveform = fs::read_to_string(path.join("first.vcd")).unwrap();
    assert!(waveform.contains("$enddefinitions") && waveform.contains("\n#0\n"), "no waveform");
    let verilated = report(&["cosim", "build", "--images", "20"]);
    assert_eq!((&verilated["samples"], &verilated["mismatches"]), (&20.into(), &0.into()));

    let verified = report(&["verify", "build", "--images", "20"]);
    verify_keys(&verified);
    assert_eq!(verified["samples"], 20);
    assert_eq!(verified["board"], "icebreaker");
    assert_eq!(verified["accuracy"]["integer"], verified["accuracy"]["sim"]);
    let mismatches = verified["mismatches"].as_object().unwrap();
    let pairs: Vec<_> = mismatches.keys().map(String::as_str).collect();
    assert_eq!(pairs, ["reference_simulator", "simulator_rust_hdl", "simulator_verilator"]);
    assert!(mismatches.values().all(|n| *n == 0), "{verified:#}");
    assert!(verified["compared"].as_object().unwrap().values().all(|n| n.as_u64() > Some(0)));

    let boards = report(&["boards"]);
    assert!(boards.as_array().unwrap().iter().any(|b| b["key"] == "icebreaker"));
    let tools = report(&["tools", "check"]);
    assert!(tools.as_array().unwrap().iter().any(|t| t["name"] == "yosys" && t["ok"] == true));
    let out = spikewright(path, &["boards", "--quiet"]).output().unwrap();
    assert!(out.stdout.is_empty() && out.stderr.is_empty());
}

/// What `verify` and `demo` promise before synthesis.
fn verify_keys(report: &Value) {
    numbers(
        report,
        &[
            "accuracy.integer",
            "accuracy.sim",
            "samples",
            "cycles_per_sample.mean",
            "cycles_per_sample.max",
            "sop_per_sample.mean",
            "lane_utilization",
            "latency_us.mean",
            "latency_us.max",
        ],
    );
    assert!(report["accuracy"].as_object().unwrap().contains_key("float"));
    assert!(report["board"].is_string());
}

/// A build whose parts do not belong together is seen, and the exit status says so.
#[test]
fn levels_that_differ_are_an_error() {
    let dir = built("icebreaker");
    let path = dir.path();
    succeed(path, &["sim", "build", "--images", "20"]);
    let model = path.join("build/model.snn");
    let mut envelope = json(&model);
    let theta = envelope.pointer_mut("/content/layers/0/params/theta/7").unwrap();
    *theta = (theta.as_i64().unwrap() + 3).into();
    fs::write(&model, envelope.to_string()).unwrap();
    let said = refuse(path, &["sim", "build", "--images", "20"]);
    assert!(said.starts_with("error: levels differ in "), "{said}");
}

#[test]
fn a_quick_demo() {
    let dir = tempdir().unwrap();
    let out: &Path = &dir.path().join("out");
    succeed(dir.path(), &["demo", "--quick"]);
    let report = json(&out.join("report.json"));
    verify_keys(&report);
    numbers(&report, &["accuracy.float", "seed", "predictions_differ"]);
    assert_eq!(report["samples"], 10_000);
    assert!(report["accuracy"]["integer"].as_f64() > Some(0.96), "{}", report["accuracy"]);
    assert_eq!(report["accuracy"]["integer"], report["accuracy"]["sim"]);
    let boards = report["boards"].as_array().unwrap();
    assert_eq!(boards.len(), 2);
    for board in boards {
        let mismatches = board["mismatches"].as_object().unwrap();
        assert!(mismatches.len() == 2 && mismatches.values().all(|n| *n == 0), "{board:#}");
        assert_eq!(board["compared"]["reference_simulator"], 10_000);
        assert_eq!(board["compared"]["simulator_verilator"], 200);
    }
    let page = fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("<svg") && page.trim_end().ends_with("</html>"));
    for foreign in ["http://", "https://", "src=", "@import", "<link"] {
        assert!(!page.contains(foreign), "the page needs {foreign}");
    }
    for file in ["run/model.snn", "icebreaker/core.v", "icebreaker/top.v", "ulx3s_25f/core.image"] {
        assert!(out.join(file).is_file(), "{file}");
    }
}
