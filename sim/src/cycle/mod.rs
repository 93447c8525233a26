//! The cycle model: one file per block of the datasheet, with its names. Each block has functions
//! that look (`&self`: what is seen within the cycle) and one `clock` (what changes at its end);
//! [`core`] looks at all blocks first and clocks them afterwards.

mod check;
mod core;
mod extract;
mod fifo;
mod fire;
mod issue;
mod lanes;
mod memory;
mod probe;
mod program;
mod reach;
mod readout;
mod scan;
mod seal;
mod sequencer;
mod simulator;
mod slot;
mod spikes;
mod tables;
mod upset;
mod writer;

pub(crate) use memory::Memory;
pub use probe::{NoProbe, Probe, Signals};
pub use simulator::Simulator;
pub use slot::SpikeWrite;
pub(crate) use tables::{PassEntry, Read, ScanEntry, TileEntry};
pub use upset::{StateMemory, Upset};
