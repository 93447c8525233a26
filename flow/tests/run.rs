//! Executing plans, with small shell scripts in place of the tools: order, caching, failure,
//! cancellation, and what is left in the build directory. The real tools run in `end_to_end.rs`.

use spikewright_flow::{
    Boards, BuildInput, BuildPlan, BuildReport, FlowError, RunOptions, SeedPolicy, plan, run,
    tools::{Tool, ToolName, Toolset, VerilatorTool},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Writes the report of a routed design; Fmax is 30, 50, 48 MHz for seeds 1, 2, 3.
const PLACE: &str = r#"
while [ $# -gt 0 ]; do
  case "$1" in --seed) seed=$2;; --report) report=$2;; --asc) asc=$2;; esac; shift
done
case $seed in 1) fmax=30;; 2) fmax=50;; *) fmax=48;; esac
echo "{\"fmax\": {\"core\": {\"achieved\": $fmax, \"constraint\": 45.002}}, \"utilization\": {\"ICESTORM_LC\": {\"used\": 5, \"available\": 5280}}}" > $report
echo "routed with seed $seed" > $asc
"#;

/// A tool set of scripts in a directory of its own; every call is noted in `calls`.
struct Fakes {
    dir: TempDir,
}

impl Fakes {
    fn new(yosys: &str, place: &str) -> Self {
        let fakes = Fakes { dir: tempfile::tempdir().unwrap() };
        fakes.script("yosys", yosys);
        fakes.script("nextpnr-ice40", place);
        fakes.script("icepack", "[ $1 = -s ] && shift; cp $1 $2");
        fakes
    }

    fn script(&self, name: &str, body: &str) {
        let file = self.dir.path().join(name);
        let calls = self.dir.path().join("calls");
        let text = file.with_extension("txt");
        fs::write(&text, format!("#!/bin/sh\necho {name} >> {}\n{body}\n", calls.display()))
            .unwrap();
        // Another process writes the script: if this one had it open while a test beside it starts
        // a process, running it would fail as "busy".
        let done = Command::new("install").args(["-m", "755"]).arg(&text).arg(&file).status();
        assert!(done.unwrap().success());
    }

    fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.dir.path().join("calls")).unwrap_or_default();
        text.lines().map(str::to_string).collect()
    }

    fn set(&self, version: &str) -> Toolset {
        let tool = |name: ToolName| Tool {
            name,
            program: self.dir.path().join(name.name()),
            env: Vec::new(),
            version: version.into(),
        };
        Toolset {
            yosys: tool(ToolName::Yosys),
            nextpnr_ice40: tool(ToolName::NextpnrIce40),
            icepack: tool(ToolName::Icepack),
            nextpnr_ecp5: tool(ToolName::NextpnrEcp5),
            ecppack: tool(ToolName::Ecppack),
            verilator: VerilatorTool {
                binary: PathBuf::new(),
                root: PathBuf::new(),
                version: "5.048".into(),
            },
        }
    }
}

fn the_plan(seeds: &[u32], policy: SeedPolicy) -> BuildPlan {
    let boards = Boards::builtin();
    let verilog = include_str!("verilog/blinker_ice40.v");
    let board = boards.get("icebreaker").unwrap();
    plan(&BuildInput { verilog, ports: &board.ports(), board, seeds, policy }).unwrap()
}

fn go(plan: &BuildPlan, dir: &Path, tools: &Toolset) -> Result<BuildReport, FlowError> {
    run(plan, dir, tools, &RunOptions::default(), &mut |_| {})
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const COMPLETE: [&str; 8] =
    [".lock", "build.json", "logs", "report.json", "synth.ys", "top.bin", "top.pcf", "top.v"];

#[test]
fn seeds_are_tried_until_one_meets_the_clock() {
    let fakes = Fakes::new("echo {} > top.json", PLACE);
    let out = tempfile::tempdir().unwrap();
    let plan = the_plan(&[1, 2, 3], SeedPolicy::FirstThatMeets);
    let report = go(&plan, out.path(), &fakes.set("1")).unwrap();
    assert_eq!(fakes.calls(), ["yosys", "nextpnr-ice40", "nextpnr-ice40", "icepack"]);
    assert_eq!((report.seed, report.fmax_mhz, report.worst_fmax_mhz), (2, 50.0, 30.0));
    let met: Vec<_> = report.attempts.iter().map(|a| (a.seed, a.met)).collect();
    assert_eq!(met, [(1, false), (2, true)]);
    assert_eq!(names(out.path()), COMPLETE);
    let bits = fs::read_to_string(out.path().join("top.bin")).unwrap();
    assert_eq!(bits, "routed with seed 2\n");
    let steps: Vec<_> = report.timing.iter().map(|t| t.step.as_str()).collect();
    assert_eq!(steps, ["synth", "place-1", "place-2", "pack-2"]);
}

#[test]
fn all_seeds_give_worst_and_best() {
    let fakes = Fakes::new("echo {} > top.json", PLACE);
    let out = tempfile::tempdir().unwrap();
    let report = go(&the_plan(&[3, 2, 1], SeedPolicy::All), out.path(), &fakes.set("1")).unwrap();
    assert_eq!(report.attempts.len(), 3);
    assert_eq!((report.seed, report.fmax_mhz, report.worst_fmax_mhz), (2, 50.0, 30.0));
}

#[test]
fn a_result_is_taken_again_only_for_the_same_plan_tools_and_files() {
    let fakes = Fakes::new("echo {} > top.json", PLACE);
    let out = tempfile::tempdir().unwrap();
    let plan = the_plan(&[2], SeedPolicy::FirstThatMeets);
    let first = go(&plan, out.path(), &fakes.set("1")).unwrap();
    assert!(!first.cached);
    let again = go(&plan, out.path(), &fakes.set("1")).unwrap();
    assert!(again.cached);
    assert_eq!(BuildReport { cached: false, ..again }, first);

    let rebuilt = |tools: &Toolset, plan: &BuildPlan| !go(plan, out.path(), tools).unwrap().cached;
    assert!(rebuilt(&fakes.set("2"), &plan), "other tool versions");
    assert!(rebuilt(&fakes.set("2"), &the_plan(&[3], SeedPolicy::FirstThatMeets)), "other plan");
    fs::remove_file(out.path().join("report.json")).unwrap();
    assert!(rebuilt(&fakes.set("2"), &the_plan(&[3], SeedPolicy::FirstThatMeets)), "lost file");
    let record = out.path().join("build.json");
    let torn = &fs::read(&record).unwrap()[..50];
    fs::write(&record, torn).unwrap();
    assert!(rebuilt(&fakes.set("2"), &the_plan(&[3], SeedPolicy::FirstThatMeets)), "torn record");
    let elsewhere = fs::read_to_string(&record).unwrap().replace("\"top.v\"", "\"../top.v\"");
    fs::write(&record, elsewhere).unwrap();
    assert!(rebuilt(&fakes.set("2"), &the_plan(&[3], SeedPolicy::FirstThatMeets)), "foreign path");
}

#[test]
fn a_missed_clock_leaves_no_bitstream() {
    let fakes = Fakes::new("echo {} > top.json", PLACE);
    let out = tempfile::tempdir().unwrap();
    go(&the_plan(&[2], SeedPolicy::FirstThatMeets), out.path(), &fakes.set("1")).unwrap();
    let slow = the_plan(&[1], SeedPolicy::FirstThatMeets);
    let error = go(&slow, out.path(), &fakes.set("1")).unwrap_err().to_string();
    assert_eq!(
        error,
        "icebreaker: clock `core` reaches 30.00 MHz at best (seed 1 of 1), the board runs it at \
         45.00 MHz; not packed. Try more seeds or a slower PLL setting in boards.toml"
    );
    assert_eq!(fakes.calls().iter().filter(|c| *c == "icepack").count(), 1);
    assert!(!names(out.path()).iter().any(|n| n == "top.bin" || n == "build.json"));
}

#[test]
fn a_failing_tool_is_shown_with_the_end_of_its_log() {
    let fakes = Fakes::new("seq 1 100; echo 'ERROR: no such cell' >&2; exit 7", PLACE);
    let out = tempfile::tempdir().unwrap();
    let error = go(&the_plan(&[1], SeedPolicy::All), out.path(), &fakes.set("1")).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("step synth failed (exit status: 7)"), "{text}");
    assert!(text.ends_with("99\n100\nERROR: no such cell"), "{text}");
    assert!(!text.contains("\n50\n"), "only the end: {text}");
    assert_eq!(names(out.path()), [".lock", "logs"]);
}

#[test]
fn a_tool_that_lies_about_success_is_caught() {
    let fakes = Fakes::new("exit 0", PLACE);
    let out = tempfile::tempdir().unwrap();
    let error = go(&the_plan(&[1], SeedPolicy::All), out.path(), &fakes.set("1")).unwrap_err();
    assert!(matches!(&error, FlowError::NoProduct { product, .. } if product == "top.json"));
}

#[test]
fn a_report_that_is_no_report_is_an_error() {
    let place = PLACE.replace("constraint", "constraynt");
    let fakes = Fakes::new("echo {} > top.json", &place);
    let out = tempfile::tempdir().unwrap();
    let error = go(&the_plan(&[1], SeedPolicy::All), out.path(), &fakes.set("1")).unwrap_err();
    assert!(error.to_string().contains("missing field `constraint`"), "{error}");
    let other = PLACE.replace("45.002", "52");
    let fakes = Fakes::new("echo {} > top.json", &other);
    let error = go(&the_plan(&[1], SeedPolicy::All), out.path(), &fakes.set("1")).unwrap_err();
    assert!(error.to_string().contains("no clock is constrained to 45 MHz"), "{error}");
}

#[test]
fn a_build_can_be_stopped_and_limited() {
    let fakes = Fakes::new("exec sleep 60", PLACE);
    let out = tempfile::tempdir().unwrap();
    let plan = the_plan(&[1], SeedPolicy::All);
    let start = Instant::now();
    let limit = Duration::from_millis(200);
    let options = RunOptions { step_limit: Some(limit), ..RunOptions::default() };
    let error = run(&plan, out.path(), &fakes.set("1"), &options, &mut |_| {}).unwrap_err();
    assert!(matches!(error, FlowError::TimeLimit { .. }), "{error}");

    let cancel = AtomicBool::new(false);
    let options = RunOptions { cancel: Some(&cancel), ..RunOptions::default() };
    let error = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(200));
            cancel.store(true, Ordering::Relaxed);
        });
        run(&plan, out.path(), &fakes.set("1"), &options, &mut |_| {}).unwrap_err()
    });
    assert!(matches!(error, FlowError::Cancelled { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(names(out.path()), [".lock", "logs"]);
}

#[test]
fn scratch_of_a_killed_build_is_swept() {
    let fakes = Fakes::new("echo {} > top.json", PLACE);
    let out = tempfile::tempdir().unwrap();
    fs::create_dir(out.path().join(".build-dead")).unwrap();
    fs::write(out.path().join(".build-dead/top.asc"), "half").unwrap();
    go(&the_plan(&[2], SeedPolicy::All), out.path(), &fakes.set("1")).unwrap();
    assert_eq!(names(out.path()), COMPLETE);
}
