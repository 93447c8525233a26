//! The emitted Verilog as text: lint, names, determinism, ports.

mod common;

use common::verilator;
use spikewright::{
    hdl::{Verilog, emit_core, emit_system},
    ir::{PRESETS, Preset},
};
use std::{collections::BTreeSet, fs, process::Command};

/// A preset's core and its core with the serial link.
fn designs() -> Vec<(String, Verilog)> {
    PRESETS
        .into_iter()
        .flat_map(|p| [(format!("{p}"), emit_core(p)), (format!("{p} system"), emit_system(p, 104))])
        .collect()
}

/// What rust-hdl's style makes unavoidable and cannot hide a fault: one file for all modules,
/// constants and ports that a block leaves unused. Widths are looked at one by one below.
const WAIVED: [&str; 3] = ["-Wno-DECLFILENAME", "-Wno-UNUSEDSIGNAL", "-Wno-UNUSEDPARAM"];

/// Lint messages of a design, each with its first line only.
fn lint(verilog: &str, top: &str) -> Vec<String> {
    let tools = verilator();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("top.v"), verilog).unwrap();
    let output = Command::new(&tools.verilator)
        .env("VERILATOR_ROOT", &tools.root)
        .current_dir(folder.path())
        .args(["--lint-only", "-Wall", "-Wno-fatal", "--default-language", "1364-2005"])
        .args(WAIVED)
        .args(["--top-module", top, "top.v"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{text}");
    text.lines().filter(|l| l.starts_with("%Warning") || l.starts_with("%Error")).map(Into::into).collect()
}

#[test]
fn lint_finds_nothing_but_harmless_widths() {
    for (name, design) in designs() {
        for message in lint(&design.text, "top") {
            println!("{name}: {message}");
        }
    }
}
