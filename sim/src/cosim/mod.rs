//! Co-simulation: a core outside this crate, driven over its host bus and compared with the cycle
//! model.
//!
//! [`CorePorts`] is all the harness needs to know of a core: one clock cycle. [`VerilatedCore`] is
//! emitted Verilog (or a netlist with the same ports); rust-hdl's own simulation implements the
//! trait elsewhere. [`Cosim`] loads an image and samples over the bus and returns the same
//! [`Run`](crate::Run) as the simulator, cycle stamps included.

mod difference;
mod harness;
mod ports;
mod verilated;

pub use difference::{Difference, first_difference};
pub use harness::{Cosim, CosimError};
pub use ports::{CorePorts, HostDrive, PortSample, TraceSample};
pub use verilated::{CoreShape, VerilatedCore, core_ports};
pub use verilator_sys::{Port, Toolset, VerilatorError};
