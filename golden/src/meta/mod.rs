//! Few-shot learning: bilevel training over episodes through surrogate gradients, and the integer
//! rules by which a frozen network takes its last step (`docs/few-shot.md`).

mod curve;
mod forward;
mod gradient;
mod net;
mod scalar;
mod wiring;

pub use forward::Sample;
pub use gradient::{Example, Gradient, Reach, gradient, hessian_product};
pub use net::{FrozenNorm, Layer, MetaError, Net, Neuron, Part, Slot};
pub use scalar::{Dual, Scalar};

#[cfg(test)]
mod tests;
