//! Spikewright: from labelled spikes to a bitstream, exact at every level.
//!
//! This package is the only place that sees all crates. [`job`] holds what the verbs of the
//! command line do, [`build`] the directory they hand on ([`theta_build`] that of theta networks), [`levels`] the levels behind one
//! interface, [`random`] makes networks for them, and [`fuzz`] compares them on many. [`explore`] trains and builds many, [`evolve`] searches without gradients. The command line is `src/main.rs`.
#![forbid(unsafe_code)]

pub mod board;
pub mod build;
pub mod data;
pub mod evolve;
pub mod explore;
pub mod fuzz;
pub mod job;
pub mod levels;
pub mod netlist;
pub mod random;
pub mod report;
pub mod seu;
pub mod theta_build;
pub mod wave_files;

pub use spikewright_compiler as compiler;
pub use spikewright_flow as flow;
pub use spikewright_golden as golden;
pub use spikewright_hdl as hdl;
pub use spikewright_host as host;
pub use spikewright_ir as ir;
pub use spikewright_sim as sim;

/// What a verb returns: its errors are for the reader, whatever crate they come from.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
