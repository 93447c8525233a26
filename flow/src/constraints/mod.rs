//! Pin constraints: parsers for `.pcf` and `.lpf` and the check against a top's ports, so that a
//! wrong name or pin is reported in a millisecond and not after synthesis.

mod check;
mod lpf;
mod package;
mod pcf;

pub use check::check_constraints;

use crate::{Family, board::ConstraintFile};
use spikewright_ir::Diagnostics;

/// Faults reported for one file; a file of another kind would give one per line.
const MAX_FAULTS: usize = 20;

/// A port tied to a pin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PinAssignment {
    /// Port of the top module.
    pub port: String,
    /// Pin of the package.
    pub pin: String,
    /// 1-based line in the file.
    pub line: usize,
    /// The file says that the port may be missing (`-nowarn` in a `.pcf`).
    pub optional: bool,
}

/// A port declared to carry a clock.
#[derive(Clone, PartialEq, Debug)]
pub struct ClockConstraint {
    /// Port of the top module.
    pub port: String,
    /// Its frequency, MHz.
    pub mhz: f64,
    /// 1-based line in the file.
    pub line: usize,
}

/// What a constraint file says.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Constraints {
    /// File name, for messages.
    pub file: String,
    /// Pins, in file order.
    pub pins: Vec<PinAssignment>,
    /// Clocks, in file order.
    pub clocks: Vec<ClockConstraint>,
}

impl Constraints {
    /// Reads a `.pcf` (iCE40) or `.lpf` (ECP5) text; the errors name file, line and remedy.
    pub fn parse(family: Family, file: &ConstraintFile) -> Result<Self, Diagnostics> {
        match family {
            Family::Ice40 => pcf::parse(&file.name, &file.text),
            Family::Ecp5 => lpf::parse(&file.name, &file.text),
        }
    }
}

/// One statement of either format.
#[derive(Clone, PartialEq, Debug)]
enum Statement {
    Pin {
        port: String,
        pin: String,
        optional: bool,
    },
    Clock {
        port: String,
        mhz: f64,
    },
    /// Legal, of no interest here.
    Other,
}

/// Files statements under their line.
fn collect(constraints: &mut Constraints, line: usize, statement: Statement) {
    match statement {
        Statement::Pin { port, pin, optional } => {
            constraints.pins.push(PinAssignment { port, pin, line, optional });
        }
        Statement::Clock { port, mhz } => {
            constraints.clocks.push(ClockConstraint { port, mhz, line });
        }
        Statement::Other => {}
    }
}

/// A statement's text for a message, cut to a readable length.
fn excerpt(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default().trim();
    let mut cut: String = line.chars().take(60).collect();
    if cut.len() < line.len() {
        cut.push('…');
    }
    cut
}
