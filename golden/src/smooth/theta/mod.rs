//! Theta neurons with pulses (model B).

mod back;
mod curve;
mod layer;
mod loss;
mod net;
mod pass;
mod pseudo;
mod real;
#[cfg(test)]
mod tests;

pub use curve::{Pulsed, pulse};
pub use layer::{LayerView, Spike, Trace};
pub use loss::{first, first_spike};
pub use net::{Gradient, Layer, Net};
pub use pass::{Pass, Stimulus};
pub use pseudo::Pseudo;
pub use real::Real;
