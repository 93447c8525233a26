//! The core of theta neurons, simulated after its datasheet (`docs/theta-core.md`) alone, and driven over its host
//! bus wherever it runs.

mod cosim;
mod layer;
mod memory;
mod run;
mod simulator;

pub use cosim::ThetaCosim;
pub use run::{ThetaRow, ThetaRun, ThetaStats, theta_difference, theta_transcript};
pub use simulator::ThetaSimulator;
