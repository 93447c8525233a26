//! The core, simulated.
//!
//! [`Simulator`] runs a compiled image cycle by cycle after the datasheet (`docs/core.md`) alone:
//! no code is shared with the integer reference or with the hardware, so that comparing them means
//! something. [`cosim`] drives emitted Verilog over the same host bus and returns the same
//! [`Run`], [`transcript`] turns a trace into what the reference writes, [`wave`] draws waveforms.
#![forbid(unsafe_code)]

pub mod cosim;
mod cycle;
mod error;
mod fast;
mod run;
mod theta;
mod transcript;
pub mod wave;

pub use cycle::{NoProbe, Probe, Signals, Simulator, SpikeWrite, StateMemory, Upset};
pub use error::SimError;
pub use fast::{FastSimulator, Fired};
pub use run::{MAX_UNITS, Run, Stats, TraceRow};
pub use theta::{
    ThetaCosim, ThetaRow, ThetaRun, ThetaSimulator, ThetaStats, theta_difference, theta_transcript,
};
pub use transcript::{NOT_SEEN, traced_neuron, transcript};
