//! Neurons with exponential currents (model A), in closed form from event to event: the quadratic ones,
//! whose spikes come and go smoothly, and the leaky ones, whose spikes do not.

mod lif;
mod network;
mod neuron;
mod pseudo;
mod qif;
mod reverse;
#[cfg(test)]
mod tests;

pub use network::{Cause, Event, InputSpike, Network, TooManyEvents, Trial};
pub use neuron::{Neuron, Next, Step};
pub use pseudo::Times;
pub use reverse::{Gradient, Seed};
