//! The core in rust-hdl, its Verilog, the serial link and the board tops.
//!
//! This is the only crate that names a rust-hdl type; what leaves it is text and port lists
//! ([`Verilog`]), and a [`Dut`] that steps the core in rust-hdl's own simulation.
#![forbid(unsafe_code)]

mod block;
mod board;
mod core;
mod dut;
mod emit;
mod link;
mod presets;
mod prim;
mod system;
#[cfg(test)]
mod tests;
mod theta;

pub use board::{Link, Top, emit_board, emit_system, emit_theta_board, emit_theta_system};
pub use dut::{BusInput, CoreOutput, Dut, TraceOutput};
pub use emit::{Port, Verilog, emit_core, emit_spike_memory, emit_theta_core};
pub use prim::Pll;
