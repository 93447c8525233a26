//! Theta neurons with pulses (model B).

mod back;
#[cfg(test)]
mod cost;
mod layer;
mod loss;
mod net;
mod pass;
mod pseudo;
#[cfg(test)]
mod pulse;
mod real;
#[cfg(test)]
mod tests;

pub use layer::{LARGEST, LayerView, Spike, TooLarge, Trace};
pub use loss::{first, first_spike};
pub use net::{Gradient, Layer, Net};
pub use pass::{Pass, Stimulus};
pub use pseudo::Pseudo;
pub use real::Real;
