//! Single-event upsets: what a bit of the core's memories that turns over does to a sample.
//!
//! [`exhaustive`] turns every bit that a network uses over, one at a time; [`accuracy`] turns many over
//! at random, as often as a rate says. Both run the cycle model; [`table`] drives a core, for what turns over in
//! the program. `docs/seu.md` says what came of it.

mod effect;
mod exhaustive;
mod figure;
mod flip;
mod program;
mod rate;

pub use effect::{EFFECTS, Effect, effect};
pub use exhaustive::{MemoryEffects, exhaustive};
pub use figure::figure;
pub use flip::image_bits;
pub use program::{TableEffects, table};
pub use rate::{Point, Target, accuracy};
