//! Training, freezing and the integer reference of Spikewright.
//!
//! [`data`] reads and encodes, [`train`] makes a float model with binary weights, [`freeze`] turns
//! it into an integer network, and [`Reference`] is the authority on what that network computes.
//! Nothing here knows about cores or images.
#![forbid(unsafe_code)]

pub mod bench;
pub mod data;
pub mod evolve;
pub mod freeze;
pub mod genome;
mod infer;
pub mod meta;
pub mod metrics;
pub mod model;
pub mod plasticity;
pub mod reference;
pub mod rng;
mod simd;
pub mod smooth;
pub mod theta;
pub mod train;
pub mod vectors;

pub use reference::{Activity, Evaluation, InputMismatch, Reference};
