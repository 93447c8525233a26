//! The emitted Verilog as text: lint, names, determinism, ports.

mod common;
#[path = "verilog/keywords.rs"]
mod keywords;

use common::verilator;
use keywords::KEYWORDS;
use spikewright::{
    build::board_top,
    flow::Boards,
    hdl::{Link, Verilog, emit_core, emit_system},
    ir::PRESETS,
};
use std::{collections::BTreeSet, fs, process::Command};

/// A preset's core and its core with the serial link.
fn designs() -> Vec<(String, Verilog)> {
    PRESETS
        .into_iter()
        .flat_map(|p| {
            let link = Link::Uart { bit_cycles: 104, flash: Some(0x12_3456) };
            [(format!("{p}"), emit_core(p)), (format!("{p}_system"), emit_system(p, link))]
        })
        .collect()
}

/// What rust-hdl's style makes unavoidable and cannot hide a fault: one file for all modules,
/// constants, signals and ports that a block leaves unused. Widths are judged line by line.
const WAIVED: [&str; 3] = ["-Wno-DECLFILENAME", "-Wno-UNUSEDSIGNAL", "-Wno-UNUSEDPARAM"];

/// First lines of Verilator's messages.
fn lint(verilog: &str) -> Vec<String> {
    let tools = verilator();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("top.v"), verilog).unwrap();
    let output = Command::new(&tools.verilator)
        .env("VERILATOR_ROOT", &tools.root)
        .current_dir(folder.path())
        .args(["--lint-only", "-Wall", "-Wno-fatal", "--default-language", "1364-2005"])
        .args(WAIVED)
        .args(["--top-module", "top", "top.v"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    text.lines().filter(|l| l.starts_with('%')).map(Into::into).collect()
}

/// Width messages of idioms that mean the same in rust-hdl and in Verilog. Everything else counts,
/// above all a sum or complement widened by its context, `(a + 32'h1) < b`: rust-hdl wraps at the
/// signals' width, Verilog at 32 bits.
fn harmless(message: &str) -> bool {
    let has = |part: &str| message.contains(part);
    if has("WIDTHTRUNC") {
        // a literal assigned to a narrow signal; literals are at most that wide
        return has("Operator ASSIGN expects") && has("RHS's CONST '") && small_constant(message);
    }
    has("WIDTHEXPAND")
        && (
            // `bit_cast` to a wider word: a mask over a plain signal
            (has("Operator AND expects") && (has("LHS's VARREF") || has("LHS's SEL")))
                // `replace_bit`: one bit shifted to its place
                || (has("Operator SHIFTL expects 32 or") && has("generates 1 bits"))
                // the hand-written bodies: sign extension of the drive
                || (has("Operator ASSIGNDLY expects") && has("'drive'"))
        )
}

/// Whether the constant of `… expects N bits …, but … CONST '32'hV' …` fits N bits.
fn small_constant(message: &str) -> bool {
    let after = |text: &str, mark: &str| text.split_once(mark).map(|(_, rest)| rest.to_string());
    let number = |text: String, radix| {
        let digits: String = text.chars().take_while(|c| c.is_digit(radix)).collect();
        u64::from_str_radix(&digits, radix).ok()
    };
    let bits = after(message, "expects ").and_then(|t| number(t, 10));
    let value = after(message, "CONST '").and_then(|t| after(&t, "'h")).and_then(|t| number(t, 16));
    matches!((bits, value), (Some(bits), Some(value)) if bits >= 64 || value >> bits == 0)
}

#[test]
fn lint_finds_nothing_but_harmless_widths() {
    for (name, design) in designs() {
        let messages = lint(&design.text);
        assert!(!messages.is_empty(), "{name}: lint says nothing at all, did it run?");
        let bad: Vec<_> = messages.iter().filter(|m| !harmless(m)).collect();
        assert!(bad.is_empty(), "{name}: {bad:#?}");
    }
}

#[test]
fn lint_sees_what_it_is_for() {
    let module = |body: &str| {
        format!(
            "module top(clock, a, b, q);\ninput wire clock;\ninput wire [7:0] a, b;\noutput reg [7:0] q;\n{body}\nendmodule\n"
        )
    };
    for (body, kind) in [
        ("always @(*) if (clock) q = a;", "LATCH"),
        ("reg [7:0] x; always @(*) begin x = x + a; q = x + b; end", "UNOPTFLAT"),
        ("always @(*) q = {7'd0, (a + 32'h1) < b} | {8{clock}};", "WIDTHEXPAND"),
        ("always @(*) q = {7'd0, {24'd0, a} < ~b} | {8{clock}};", "WIDTHEXPAND"),
        ("always @(*) q = 32'h100;", "WIDTHTRUNC"),
        ("always @(*) q = a; always @(*) q = b;", "MULTIDRIVEN"),
    ] {
        let messages = lint(&module(body));
        let found = messages.iter().any(|m| m.contains(kind) && !harmless(m));
        assert!(found, "{kind} not found: {messages:#?}");
    }
}

/// A mask that widens must lie over a plain signal: in `((a + b) & 9'h1ff)` Verilog keeps the carry,
/// rust-hdl does not, and lint is silent. Returns the operands that are more than names and slices.
fn widened_expressions(verilog: &str) -> Vec<&str> {
    let mut out = Vec::new();
    for (at, _) in verilog.match_indices(") & ") {
        let mask = verilog[at + 4..].split([')', ';', ' ']).next().unwrap_or("");
        let ones = mask.split_once("'h").is_some_and(|(_, digits)| {
            let first = digits.starts_with(['1', '3', '7', 'f']);
            first && digits.len() > 1 && digits[1..].chars().all(|c| c == 'f')
        });
        if !ones {
            continue;
        }
        let mut depth = 0;
        let open = verilog[..=at].char_indices().rev().find(|(_, c)| {
            depth += i32::from(*c == ')') - i32::from(*c == '(');
            depth == 0
        });
        let operand = &verilog[open.expect("parentheses match").0..=at];
        if operand.replace("+:", "").contains(['+', '-', '*', '~', '^', '<']) {
            out.push(operand);
        }
    }
    out
}

#[test]
fn only_plain_signals_are_widened() {
    let bad = "q = ((a + b) & 9'h1ff) | (((c[(32'h0)+:(4)]) & 17'h1ffff) << 2);";
    assert_eq!(widened_expressions(bad), ["(a + b)"]);
    for (name, design) in designs() {
        let found = widened_expressions(&design.text);
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

/// Names that the text declares: modules, instances, ports, signals, constants, named blocks; of a
/// name joined with `$` each part, for it is a field's name.
fn declared(verilog: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut add = |text: &str| {
        let name = text.trim().split(|c: char| !is_name(c)).next().unwrap_or("");
        names.extend(name.split('$').map(String::from));
    };
    for line in verilog.lines().map(|l| l.split("//").next().unwrap_or("").trim()) {
        let first = line.split(|c: char| !is_name(c)).next().unwrap_or("");
        match first {
            "module" | "input" | "output" | "reg" | "wire" | "localparam" | "genvar" => {
                let rest = line[first.len()..].trim().split(['=', '(']).next().unwrap_or("");
                for item in rest.split(',') {
                    let words = strip_ranges(item);
                    let skip = ["wire", "reg", "signed", "integer"];
                    let name = words.split_whitespace().find(|w| !skip.contains(w));
                    add(name.unwrap_or(""));
                }
            }
            // `top$x x(` opens an instance; its type is a module, which is declared elsewhere
            _ if first.starts_with("top$") => add(&line[first.len()..]),
            _ => {}
        }
        if let Some((_, label)) = line.split_once("begin :") {
            add(label);
        }
    }
    names.remove("");
    names
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '$'
}

/// Without `[…]`, which may stand before a name or after it.
fn strip_ranges(text: &str) -> String {
    let mut depth = 0;
    text.chars()
        .map(|c| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            if depth > 0 || c == ']' { ' ' } else { c }
        })
        .collect()
}

#[test]
fn no_name_is_a_keyword() {
    let keywords: BTreeSet<&str> = KEYWORDS.split_whitespace().collect();
    assert!(keywords.len() > 240, "{}", keywords.len());
    for (name, design) in designs() {
        let declared = declared(&design.text);
        assert!(declared.len() > 300, "{name}: only {} names found", declared.len());
        let bad: Vec<_> = declared.iter().filter(|n| keywords.contains(n.as_str())).collect();
        assert!(bad.is_empty(), "{name}: {bad:?}");
    }
}

#[test]
fn names_are_found_where_they_are_declared() {
    let text = "module top$event(clock,bit);\n  input wire  [7:0] bit;\n  output reg signed [3:0] do [0:7];\n  \
                reg [C-1:0] new, this;\n  localparam  type = 3'b1;\n  top$x logic(\n  genvar int;\n  \
                for (k = 0; k < 2; k = k + 1) begin : unique";
    let expected = "bit do event int logic new this top type unique";
    assert_eq!(declared(text).into_iter().collect::<Vec<_>>().join(" "), expected);
}

#[test]
fn emission_is_deterministic() {
    for ((name, first), (_, second)) in designs().into_iter().zip(designs()) {
        assert!(first == second, "{name}");
    }
}

#[test]
fn port_lists() {
    let mut text = String::new();
    for (name, design) in designs() {
        text += &format!("{name}\n");
        for port in design.ports {
            let kind = if port.input { "input" } else { "output" };
            text += &format!("  {kind} {} {}\n", port.bits, port.name);
        }
    }
    insta::assert_snapshot!(text);
}

/// The ports that constraints are checked against are those of the top.
#[test]
fn board_tops_have_the_ports_that_the_flow_expects() {
    for board in Boards::builtin().iter() {
        let top = board_top(board);
        let found: BTreeSet<_> = top.ports.iter().map(|p| (p.name.clone(), p.input)).collect();
        assert_eq!(found, board.ports().into_iter().collect(), "{}", board.key);
        assert!(top.ports.iter().all(|p| p.bits == 1));
    }
}
