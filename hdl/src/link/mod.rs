//! The link in front of the core's host bus: a serial line, with what the flash plays on it, or SPI.

mod flash;
mod frame;
mod spi;
mod uart_rx;
mod uart_tx;

pub use flash::FlashReader;
pub use frame::FrameEngine;
pub use spi::SpiDevice;
pub use uart_rx::UartRx;
pub use uart_tx::UartTx;
