//! Verilog modules as values: verilated, compiled once into a shared library, loaded.
//!
//! [`build`] turns Verilog text into a library in a cache folder (named by a hash of everything that
//! went in), [`Model`] is one instance of it with its ports. All unsafe code of the workspace is in
//! `model.rs`: the pointers behind a model's ports and the calls into the library.

mod build;
mod error;
mod model;
mod port;
mod shim;
mod toolset;

pub use build::{Effort, Library, build, build_with};
pub use error::VerilatorError;
pub use model::Model;
pub use port::Port;
pub use toolset::Toolset;
