//! Theta networks in integers: freezing a net that `smooth` trained, and the reference that says what the
//! frozen network computes. `docs/theta.md` is the normative text.

mod evaluate;
mod freeze;
mod reference;
mod vectors;

pub use evaluate::{ThetaEvaluation, ThetaLikeness, compare, encode};
pub use freeze::{ThetaFreeze, ThetaFreezeError, ThetaFrozen, freeze};
pub use reference::ThetaReference;
pub use vectors::{ThetaCase, parse};
