//! From a frozen network to what a core is told: check, legalize, choose, ranges, allocate, lower.
//!
//! [`compile`] runs the passes of [`PIPELINE`] in order and collects what is wrong as
//! [`Diagnostics`](spikewright_ir::Diagnostics). It sees a [`CoreSpec`](spikewright_ir::CoreSpec),
//! never a board. [`cost`] says beforehand how many cycles a sample takes. Integers only: nothing
//! here rounds.
#![forbid(unsafe_code)]

mod allocate;
mod check;
mod choose;
mod cost;
mod counts;
mod feeds;
mod gangs;
mod layers;
mod legalize;
mod load;
mod lower;
mod map;
mod pipeline;
mod placement;
mod program;
mod ranges;
mod report;
mod theta;
mod timeline;
mod used;
mod windows;

pub use cost::{CostError, CostEstimate, LayerCost, cost, cycles, worst_cycles};
pub use counts::SpikeCounts;
pub use load::{Bound, LayerLoad};
pub use pipeline::{CompileOptions, Compiled, PIPELINE, Pass, compile};
pub use ranges::LayerRange;
pub use report::{CompileReport, LayerReport, Resource};
pub use theta::{ThetaReport, compile_theta};
