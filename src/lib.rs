//! Spikewright: from labelled spikes to a bitstream, exact at every level.
//!
//! This package is the only place that sees all crates: it re-exports them, ties the levels
//! together in [`levels`] and makes random cases for them in [`random`]. The command line is
//! `src/main.rs`.
#![forbid(unsafe_code)]

pub mod levels;
pub mod random;

pub use spikewright_compiler as compiler;
pub use spikewright_flow as flow;
pub use spikewright_golden as golden;
pub use spikewright_hdl as hdl;
pub use spikewright_host as host;
pub use spikewright_ir as ir;
pub use spikewright_sim as sim;
