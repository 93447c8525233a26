//! Small tasks that show what smooth gradients do.

mod figure;
mod sweep;

pub mod recurrent;
pub mod single;
pub mod yinyang;

pub use figure::figure;
pub use sweep::{Point, Sweep, sweep};
