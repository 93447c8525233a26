//! The core of theta neurons: its blocks, one per file, in the order of the datasheet (`docs/theta-core.md`).

mod control;
mod control_model;
mod control_verilog;
mod core;
mod drive;
mod input_scan;
mod look_up;
mod mirror;
mod phase_bank;
mod reduce;

pub use self::core::ThetaCore;
pub use control::Control;
pub use drive::Drive;
pub use input_scan::InputScan;
pub use look_up::LookUp;
pub use mirror::Mirror;
pub use phase_bank::PhaseBank;
