//! The serial link in front of the core's host bus.

mod frame;
mod uart_rx;
mod uart_tx;

pub use frame::FrameEngine;
pub use uart_rx::UartRx;
pub use uart_tx::UartTx;
