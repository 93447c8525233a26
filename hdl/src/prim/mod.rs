//! Vendor cells.

mod config_clock;
mod pll;

pub use config_clock::ConfigClock;
pub use pll::{ClockGenerator, Pll};
