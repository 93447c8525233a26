//! Vendor cells.

mod pll;

pub use pll::{ClockGenerator, Pll};
