//! From a frozen network to what a core is told: check, legalize, ranges, allocate, lower.
//!
//! [`compile`] runs the passes of [`PIPELINE`] in order and collects what is wrong as
//! [`Diagnostics`](spikewright_ir::Diagnostics). It sees a [`CoreSpec`](spikewright_ir::CoreSpec),
//! never a board. [`cost`] says beforehand how many cycles a sample takes. Integers only: nothing
//! here rounds.
#![forbid(unsafe_code)]

mod allocate;
mod check;
mod cost;
mod dense;
mod legalize;
mod lower;
mod pipeline;
mod program;
mod ranges;
mod report;

pub use cost::{CostError, CostEstimate, LayerCost, SpikeCounts, cost, cycles, worst_cycles};
pub use pipeline::{CompileOptions, Compiled, PIPELINE, Pass, compile};
pub use ranges::LayerRange;
pub use report::{CompileReport, LayerReport, Resource};
