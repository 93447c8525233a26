//! The core's blocks, one per file, in the order of the datasheet.

mod counters;
mod fifo2;
mod fire_bank;
mod fire_model;
mod fire_tables;
mod fire_verilog;
mod group_extract;
mod host_bus;
mod issue;
mod lane_bank;
mod lane_verilog;
mod readout;
mod scan_control;
mod seal;
mod sequencer;
mod spike_memory;
mod table;
mod word_extract;
mod writer;

pub use counters::Counters;
pub use fifo2::Fifo2;
pub use fire_bank::FireBank;
pub use fire_tables::FireTables;
pub use group_extract::{GroupExtract, WORD_ENTRY};
pub use host_bus::HostBus;
pub use issue::Issue;
pub use lane_bank::LaneBank;
pub use readout::Readout;
pub use scan_control::ScanControl;
pub use seal::Seal;
pub use sequencer::Sequencer;
pub use spike_memory::SpikeMemory;
pub use table::Table;
pub use word_extract::{EVENT_ENTRY, WordExtract};
pub use writer::Writer;
