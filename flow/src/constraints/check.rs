//! Constraints against a top module: every port has one pin, every name is a port, every pin exists
//! and is used once, every declared clock is the board's oscillator.

use super::{Constraints, package};
use crate::{Board, Family, suggest};
use spikewright_ir::Diagnostics;
use std::collections::BTreeMap;

/// Checks before any tool runs. `ports` are the top's scalar ports with `true` for an input.
pub fn check_constraints(
    constraints: &Constraints,
    board: &Board,
    ports: &[(String, bool)],
) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::default();
    let place = |line: usize| format!("{}:{line}", constraints.file);
    let names = || ports.iter().map(|(name, _)| name.as_str());

    let mut line_of_port = BTreeMap::new();
    let mut line_of_pin = BTreeMap::new();
    for a in &constraints.pins {
        let is_port = names().any(|n| n == a.port);
        if !is_port && !a.optional {
            found.push(
                "unknown-port",
                place(a.line),
                format!("the top has no port `{}`", a.port),
                format!(
                    "{}ports: {}",
                    suggest::hint(&a.port, names()),
                    names().collect::<Vec<_>>().join(", ")
                ),
            );
        }
        if !package::has_pin(&board.device, &board.package, &a.pin) {
            found.push(
                "no-such-pin",
                place(a.line),
                format!("`{}` is no I/O pin of {} {}", a.pin, board.device, board.package),
                package::pin_help(&board.package),
            );
        }
        if let Some(first) = line_of_port.insert(&a.port, a.line) {
            found.push(
                "port-twice",
                place(a.line),
                format!("port `{}` already has a pin in line {first}", a.port),
                "keep one of the two",
            );
        }
        // A pin of an absent optional port is free.
        if (is_port || !a.optional)
            && let Some(first) = line_of_pin.insert(&a.pin, a.line)
        {
            found.push(
                "pin-twice",
                place(a.line),
                format!("pin {} is already used in line {first}", a.pin),
                "give each port its own pin",
            );
        }
    }
    for name in names().filter(|n| !line_of_port.contains_key(&(*n).to_string())) {
        found.push(
            "no-pin",
            &constraints.file,
            format!("port `{name}` of the top has no pin"),
            match board.family {
                Family::Ice40 => format!("add `set_io {name} <pin>`"),
                Family::Ecp5 => format!("add `LOCATE COMP \"{name}\" SITE \"<pin>\";`"),
            },
        );
    }
    check_clocks(constraints, board, ports, &mut found);
    found.into_result()
}

fn check_clocks(
    constraints: &Constraints,
    board: &Board,
    ports: &[(String, bool)],
    found: &mut Diagnostics,
) {
    for clock in &constraints.clocks {
        let place = format!("{}:{}", constraints.file, clock.line);
        if !ports.iter().any(|(name, input)| *name == clock.port && *input) {
            found.push(
                "clock-port",
                place,
                format!("`{}` is no input port of the top", clock.port),
                "declare the frequency of the port that carries the oscillator",
            );
        } else if (clock.mhz - board.oscillator_mhz).abs() > 1e-6 {
            found.push(
                "clock-frequency",
                place,
                format!(
                    "`{}` is declared {} MHz, the oscillator of {} has {} MHz",
                    clock.port, clock.mhz, board.key, board.oscillator_mhz
                ),
                "correct this line or oscillator_mhz in boards.toml",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Boards, ConstraintFile};

    const GOOD: &str = "set_io clk 35\nset_io tx 9\nset_frequency clk 12\n";

    /// Codes and places of the faults of a `.pcf` text, for a top with `clk` in and `tx` out.
    fn faults(text: &str) -> Vec<(&'static str, String, String)> {
        let boards = Boards::builtin();
        let board = boards.get("icebreaker").unwrap();
        let file = ConstraintFile { name: "b.pcf".into(), text: text.into() };
        let constraints = Constraints::parse(Family::Ice40, &file).unwrap();
        let ports = [("clk".to_string(), true), ("tx".to_string(), false)];
        match check_constraints(&constraints, board, &ports) {
            Ok(()) => Vec::new(),
            Err(d) => d.0.into_iter().map(|d| (d.code, d.place, d.help)).collect(),
        }
    }

    #[track_caller]
    fn check(extra: &str, code: &str, place: &str, help: &str) {
        let found = faults(&format!("{GOOD}{extra}\n"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].0, found[0].1.as_str()), (code, place));
        assert!(found[0].2.contains(help), "{found:?}");
    }

    #[test]
    fn each_fault_is_named_with_its_line() {
        assert!(faults(GOOD).is_empty());
        check("set_io txx 10", "unknown-port", "b.pcf:4", "did you mean `tx`?");
        check("set_io tx 10", "port-twice", "b.pcf:4", "keep one");
        check("set_frequency tx 12", "clock-port", "b.pcf:4", "oscillator");
        check("set_frequency clk 16", "clock-frequency", "b.pcf:4", "oscillator_mhz");
        let missing = faults("set_io clk 35");
        assert_eq!(missing[0].0, "no-pin");
        assert!(missing[0].2.contains("set_io tx <pin>"));
        let pin = faults("set_io clk 35\nset_io tx 5");
        assert_eq!((pin[0].0, pin[0].1.as_str()), ("no-such-pin", "b.pcf:2"));
        let twice = faults("set_io clk 35\nset_io tx 35");
        assert_eq!((twice[0].0, twice[0].1.as_str()), ("pin-twice", "b.pcf:2"));
    }

    #[test]
    fn optional_names_may_be_absent_but_not_wrong() {
        assert!(
            faults(&format!("{GOOD}set_io -nowarn led 11\nset_io -nowarn red 11\n")).is_empty()
        );
        check("set_io -nowarn led 1", "no-such-pin", "b.pcf:4", "I/O pins of sg48");
    }
}
