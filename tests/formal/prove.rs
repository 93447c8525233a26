//! One proof: the module's text and its checker go through yosys to the solver.

use super::{BIT_CYCLES, list::Proof, spec};
use spikewright::{
    flow::tools::Prover,
    ir::{
        CoreSpec,
        layout::bus::{ADDRESS_BITS, CONTROL, address},
    },
};
use std::{
    fmt::{self, Write},
    fs,
    path::Path,
    process::Command,
};

/// What came of it.
pub enum Verdict {
    /// All assertions hold.
    Proved,
    /// One does not: which.
    Refuted(String),
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Proved => f.write_str("proved"),
            Self::Refuted(place) => write!(f, "refuted: {place}"),
        }
    }
}

/// A memory small enough to look at all of its words.
pub fn small_spikes() -> CoreSpec {
    CoreSpec { spike_groups: 4, passes: 4, ..spec() }
}

/// Proves, or finds what fails. Panics where a tool does not do its work: that proves nothing.
pub fn prove(prover: &Prover, proof: &Proof, verilog: &str) -> Verdict {
    let dir = tempfile::tempdir().unwrap();
    let (checker, links) = linked(&repeated(proof.checker));
    let dut = format!("top{}", proof.module);
    let defines = defines(proof);
    let head = format!("`define DUT {dut}\n{defines}");
    fs::write(dir.path().join("dut.v"), modules(verilog, &dut)).unwrap();
    fs::write(dir.path().join("check.sv"), head + &checker).unwrap();
    // Undefined values are any value: nothing may be optimized by choosing one.
    let script = format!(
        "read_verilog dut.v; read_verilog -sv -formal check.sv; hierarchy -top check; {} proc; \
         {} flatten; cd check; {links} cd ..; opt_expr -keepdc; opt_clean; memory -nomap -nordff; \
         opt -keepdc -fast; {} setundef -undriven -anyseq; async2sync; formalff -setundef -ff2anyinit; \
         dffunmap; opt_clean; write_smt2 -wires check.smt2",
        proof.before, proof.flatten, proof.after
    );
    let mut yosys = prover.yosys.command();
    let out = yosys.current_dir(&dir).args(["-q", "-p", &script]).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{}: yosys: {said}", proof.name);
    let depth = proof.depth.to_string();
    // From the initial state, and that some behavior obeys the assumptions.
    let base = solve(prover, dir.path(), proof.name, &["--presat", "-t", &depth]);
    match base {
        Verdict::Proved if !proof.bounded => {
            solve(prover, dir.path(), proof.name, &["-i", "-t", &depth])
        }
        verdict => verdict,
    }
}

fn solve(prover: &Prover, dir: &Path, name: &str, arguments: &[&str]) -> Verdict {
    let mut command: Command = prover.command();
    let out = command.current_dir(dir).args(arguments).arg("check.smt2").output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout);
    if text.contains("Status: PASSED") {
        return Verdict::Proved;
    }
    match text.lines().find_map(|l| l.split_once("Assert failed in check: ")) {
        Some((_, place)) => Verdict::Refuted(place.to_string()),
        None => panic!("{name}: no verdict: {text}{}", String::from_utf8_lossy(&out.stderr)),
    }
}

/// The module and all below it; of the whole core, everything.
fn modules(verilog: &str, dut: &str) -> String {
    let below = format!("{dut}$");
    let mut out = String::new();
    for piece in verilog.split_inclusive("endmodule") {
        let name = piece.split_once("module ").and_then(|(_, rest)| rest.split_once('('));
        if name.is_some_and(|(name, _)| name == dut || name.starts_with(&below)) {
            out.push_str(&piece[piece.find("module ").unwrap()..]);
            out.push('\n');
        }
    }
    out
}

/// Blocks of a checker between `// EACH NAME` and `// END` once for each of what NAME names, THIS being its
/// number.
fn repeated(checker: &str) -> String {
    let mut out = String::new();
    let mut rest = checker;
    while let Some((before, after)) = rest.split_once("  // EACH ") {
        let (name, after) = after.split_once('\n').unwrap();
        let (block, after) = after.split_once("  // END\n").unwrap();
        let count = match name {
            "LANE" => spec().lanes,
            "WORD" => small_spikes().spike_groups * spec().group_words,
            "GROUP" => small_spikes().spike_groups,
            _ => panic!("{name}: not known how many there are"),
        };
        out.push_str(before);
        (0..count).for_each(|n| out.push_str(&block.replace("THIS", &n.to_string())));
        rest = after;
    }
    out + rest
}

/// The checker without its `(* from = "signal" *)`, and yosys commands that connect those wires to the signals
/// inside of the module, which Verilog has no lasting name for.
fn linked(checker: &str) -> (String, String) {
    let (mut text, mut links, mut rest) = (String::new(), String::new(), checker);
    while let Some((before, after)) = rest.split_once("(* from = \"") {
        let (signal, after) = after.split_once("\" *) ").unwrap();
        let wire = after.split_once(';').unwrap().0.rsplit(' ').next().unwrap();
        let escape = if signal.contains('[') { "\\" } else { "" };
        write!(links, "connect -nounset -nomap -set {wire} {escape}{signal}; ").unwrap();
        text.push_str(before);
        rest = after;
    }
    (text + rest, links)
}

/// The numbers that checkers use.
fn defines(proof: &Proof) -> String {
    let spec = spec();
    let numbers = [
        ("WIDTH", proof.width),
        ("ADDRESS", ADDRESS_BITS),
        ("CONTROL", address(CONTROL, 0) as usize),
        ("BOUND", proof.depth as usize - 1),
        ("LANES", spec.lanes),
        ("BANKS", spec.lanes / 16),
        ("COUNT", spec.count_bits),
        ("UNITS", spec.fire_units),
        ("ROWS", spec.tile_rows()),
        ("LEFT", spec.tile_rows().ilog2() as usize),
        ("STATE", spec.state_rows),
        ("GROUP_BITS", small_spikes().spike_groups.ilog2() as usize),
        ("GROUP_WORDS", spec.group_words),
        ("BIT_CYCLES", BIT_CYCLES.into()),
    ];
    numbers.iter().fold(String::new(), |mut text, (name, number)| {
        writeln!(text, "`define {name} {number}").unwrap();
        text
    })
}
