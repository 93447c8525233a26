//! The host's side of the serial link (`docs/link.md`): frames, the driver that loads an image and
//! runs samples, and the device's side of the protocol around any core, for tests and for running
//! without a board.
//!
//! [`open`] a port, [`Driver::connect`] to the board, [`Driver::load`] an image, [`Driver::run`]
//! samples, [`Driver::resume`] streams. [`SimulatedBoard`] answers as a board does; [`MemoryLink`] connects a driver to it
//! directly, `PtyServer` through a pseudo-terminal, both with [`Faults`] on the wire if wanted.
#![forbid(unsafe_code)]

mod board;
mod driver;
mod error;
mod exchange;
mod faults;
mod flash;
mod frame;
mod link;
mod memory;
#[cfg(unix)]
mod pty;
mod request;
mod sample;
mod spi;

pub use board::{BoardCore, SimulatedBoard};
pub use driver::{Driver, DriverOptions, LoadReport};
pub use error::HostError;
pub use faults::{Faults, Wire};
pub use flash::{flash_image, flash_words};
pub use frame::{Response, ResponseParser, encode_read, encode_response, encode_write};
pub use link::{Link, SerialLink, open};
pub use memory::MemoryLink;
#[cfg(unix)]
pub use pty::PtyServer;
pub use request::{Request, RequestParser};
pub use sample::{SampleResult, Window, bitmap};
pub use spi::{FullDuplex, SpiLink};
