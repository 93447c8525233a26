//! L6: the host driver through a serial line. A board behind a pseudo-terminal, its core in
//! rust-hdl's simulation of the preset that a real board carries, gives what the reference decides
//! in as many cycles as the cycle model takes; whatever is wrong with the line, never anything else.
#![cfg(unix)]

mod common;

use common::{
    cases,
    program::{json, network, spikewright},
    streams, verilated,
};
use spikewright::{
    board::ClockedCore,
    build::Build,
    data,
    flow::Boards,
    golden::{
        Reference,
        data::{EncodedSet, Encoder, Encoding},
    },
    host::{Driver, DriverOptions, Faults, MemoryLink, PtyServer, open},
    ir::Preset,
    job::tick_alone,
    levels::RustHdlCore,
    sim::Simulator,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const IMAGES: usize = 20;
const ENCODER: Encoder = Encoder { encoding: Encoding::Level, ticks: 4, seed: 1 };

fn serve(preset: Preset, faults: Faults) -> PtyServer {
    PtyServer::spawn(ClockedCore::new(RustHdlCore::new(preset), 1 << 16), faults).unwrap()
}

fn build(dir: &Path, board: &str) -> Build {
    let boards = Boards::builtin();
    let board = boards.get(board).unwrap();
    Build::create(&dir.join("build"), board, &network(&[784, 40, 10]), Some(ENCODER.into()), false)
        .unwrap()
        .0
}

fn images() -> EncodedSet {
    data::mnist(None).unwrap().test.first(IMAGES).encode(&ENCODER)
}

/// `spikewright run`: exit status, what it says, and its report if it wrote one.
fn run(dir: &Path, server: &PtyServer, timeout: &str) -> (bool, String, Option<serde_json::Value>) {
    let images = IMAGES.to_string();
    let arguments = [
        "run",
        "build",
        "--images",
        &images,
        "--json",
        "run.json",
        "--port",
        &server.port(),
        "--timeout",
        timeout,
    ];
    std::fs::remove_file(dir.join("run.json")).ok();
    let out = spikewright(dir, &arguments).output().unwrap();
    let report = dir.join("run.json").exists().then(|| json(&dir.join("run.json")));
    (out.status.success(), String::from_utf8_lossy(&out.stderr).into_owned(), report)
}

#[test]
fn every_result_through_the_line_is_the_reference_s_and_the_simulator_s() {
    let dir = tempfile::tempdir().unwrap();
    let build = build(dir.path(), "icebreaker");
    let set = images();
    let reference = Reference::new(&build.network).unwrap();
    let mut simulator = Simulator::new(&build.image).unwrap();
    let server = serve(Preset::Up5k, Faults::default());
    let options = DriverOptions { timeout: Duration::from_secs(10), ..DriverOptions::default() };
    let link = open(&server.port(), build.board.baud).unwrap();
    let mut driver = Driver::connect(link, options).unwrap();
    assert_eq!(driver.preset(), Preset::Up5k);
    driver.load(&build.image).unwrap();
    let mut classes = std::collections::BTreeSet::new();
    for input in &set.inputs {
        let expected = simulator.run(input).unwrap();
        let got = driver.run(input).unwrap();
        assert_eq!(got.decision, reference.run(input).unwrap().decision);
        assert_eq!(
            (got.decision, u64::from(got.cycles), u64::from(got.events)),
            (expected.decision, expected.cycles, expected.events)
        );
        classes.insert(got.decision.class);
    }
    assert!(classes.len() >= 3, "{classes:?}: a network that always says the same proves nothing");
}

/// Streams through the line, one after the other, each longer than the spike memory.
#[test]
fn a_stream_through_the_line_is_the_simulator_s() {
    let server = serve(Preset::Tiny, Faults::default());
    let options = DriverOptions { timeout: Duration::from_secs(10), ..DriverOptions::default() };
    let link = open(&server.port(), 115_200).unwrap();
    let mut driver = Driver::connect(link, options).unwrap();
    for case in streams(Preset::Tiny, 4) {
        let mut simulator = Simulator::new(&case.compiled.image).unwrap();
        driver.load(&case.compiled.image).unwrap();
        for (round, stimulus) in case.stimuli.iter().enumerate() {
            for t in 0..stimulus.ticks() {
                let tick = tick_alone(stimulus, t);
                let (expected, got) = match t {
                    0 => (simulator.run(&tick), driver.run(&tick)),
                    _ => (simulator.resume(&tick), driver.resume(&tick)),
                };
                let (expected, got) = (expected.unwrap(), got.unwrap());
                assert_eq!(
                    (got.decision, got.output, u64::from(got.cycles), u64::from(got.events)),
                    (expected.decision, expected.output, expected.cycles, expected.events),
                    "{}, round {round}, tick {t}",
                    case.name
                );
            }
        }
    }
}

/// Samples and streams whose next input is written while the core computes: what comes out is the same, and
/// the core is busy meanwhile.
#[test]
fn input_that_is_sent_ahead_changes_nothing() {
    let mut met = 0;
    for pace in [2, 7, 40] {
        let core = ClockedCore::paced(verilated(Preset::Tiny), pace);
        let link = MemoryLink::new(core, Faults::default());
        let mut driver = Driver::connect(link, DriverOptions::default()).unwrap();
        let samples = cases(Preset::Tiny, 2);
        for case in samples.iter().chain(&streams(Preset::Tiny, 2)) {
            let image = &case.compiled.image;
            let starts: Vec<_> = match image.stream {
                true => {
                    let all = &case.stimuli[0];
                    (0..all.ticks()).map(|t| tick_alone(all, t)).collect()
                }
                false => case.stimuli.iter().chain(&case.stimuli).cloned().collect(),
            };
            let mut simulator = Simulator::new(image).unwrap();
            driver.load(image).unwrap();
            met += usize::from(image.overlaps());
            for (k, input) in starts.iter().enumerate() {
                // Now and then another one comes than was said.
                let next = if k == 2 { Some(&starts[0]) } else { starts.get(k + 1) };
                let (due, got) = match image.stream && k > 0 {
                    true => (simulator.resume(input), driver.resume_ahead(input, next)),
                    false => (simulator.run(input), driver.run_ahead(input, next)),
                };
                let (due, got) = (due.unwrap(), got.unwrap());
                assert_eq!(
                    (got.decision, got.output, u64::from(got.cycles), u64::from(got.events)),
                    (due.decision, due.output, due.cycles, due.events),
                    "{}, pace {pace}, start {k}",
                    case.name
                );
            }
        }
    }
    assert!(met > 6, "{met} images leave room for another input");
}

#[test]
fn the_command_line_classifies_on_the_board() {
    let dir = tempfile::tempdir().unwrap();
    let build = build(dir.path(), "icebreaker");
    let server = serve(Preset::Up5k, Faults::default());
    let (ok, said, report) = run(dir.path(), &server, "5000");
    assert!(ok, "{said}");
    let report = report.unwrap();
    let mut simulator = Simulator::new(&build.image).unwrap();
    let set = images();
    let runs: Vec<_> = set.inputs.iter().map(|i| simulator.run(i).unwrap()).collect();
    let cycles = runs.iter().map(|r| r.cycles).sum::<u64>() as f64 / IMAGES as f64;
    let right = runs.iter().zip(&set.labels).filter(|(r, l)| r.decision.class == **l as usize);
    assert_eq!(report["preset"], "up5k");
    assert_eq!(report["samples"], IMAGES);
    assert_eq!(report["mismatches"], 0);
    assert_eq!(report["cycles_per_sample"], cycles);
    assert_eq!(report["accuracy"], right.count() as f64 / IMAGES as f64);
}

#[test]
fn a_dead_board_is_an_error_in_time() {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), "icebreaker");
    let server = serve(Preset::Up5k, Faults { drop_ppm: 1_000_000, ..Faults::default() });
    let start = Instant::now();
    let (ok, said, report) = run(dir.path(), &server, "200");
    assert!(!ok && report.is_none());
    let expect = format!(
        "error: {}: no answer to a read of 7 words, 20 tries; check that the board is powered and \
         configured, and that the baud rate is its own\n",
        server.port()
    );
    assert_eq!(said, expect);
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}

#[test]
fn a_board_with_another_core_is_named() {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), "ulx3s_25f");
    let server = serve(Preset::Up5k, Faults::default());
    let (ok, said, report) = run(dir.path(), &server, "5000");
    assert!(!ok && report.is_none());
    let expect = format!(
        "error: {}: the board has preset up5k, the image is for ecp5_25; compile for up5k or load \
         the other bitstream\n",
        server.port()
    );
    assert!(said.ends_with(&expect), "{said}");
}

/// A line that turns bits over or loses bytes: the right results or an error that blames the line.
#[test]
fn a_noisy_line_never_gives_a_wrong_result() {
    let dir = tempfile::tempdir().unwrap();
    build(dir.path(), "icebreaker");
    let (mut recovered, mut refused) = (0, 0);
    let noise = [(1, 10, 0), (2, 20, 0), (3, 0, 60), (4, 40, 40), (5, 20_000, 0)];
    for (seed, flip_ppm, drop_ppm) in noise {
        let faults = Faults { seed, flip_ppm, drop_ppm, ..Faults::default() };
        let server = serve(Preset::Up5k, faults);
        let (ok, said, report) = run(dir.path(), &server, "300");
        assert!(!said.contains("differ"), "{faults:?}: {said}");
        match report {
            Some(report) => {
                assert!(ok, "{said}");
                assert_eq!(report["mismatches"], 0, "{faults:?}");
                recovered += usize::from(report["load"]["retries"].as_u64() > Some(0));
            }
            None => {
                assert!(!ok && said.contains(&server.port()), "{faults:?}: {said}");
                refused += 1;
            }
        }
        println!("{faults:?}: {said}");
    }
    assert!(recovered >= 1, "no run was repaired: the noise is too strong or too weak");
    assert!(refused >= 1, "no run was given up: the noise is too weak");
}
