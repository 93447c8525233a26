//! Genetic encoding: weights computed from a few genes per neuron, `W = E_out·G·E_inᵀ`, with the
//! interaction matrix G shared by all layers (a reconstruction after Pan et al., arXiv 2411.06792,
//! and Barabási et al., Nat. Commun. 2023, 14:2226).
//!
//! It is a tied low-rank factorization, whose sign may have full rank. [`Genome`] is the stored form
//! and counts its bits, [`GenomeNetwork`] the model file made of it. Binary weights decode in integers, so
//! the bits are the same everywhere.

mod config;
mod controls;
mod energy;
mod levels;
mod network;
mod plan;
mod product;
mod stored;
mod tensors;
mod training;

pub use config::{GenomeConfig, Interaction, Sharing, Wiring};
pub use controls::equal_width;
pub use energy::{Energy, EnergyCosts, energy};
pub use network::GenomeNetwork;
pub use plan::Projection;
pub use stored::Genome;

pub use training::first_wiring;

pub(crate) use training::Genes;
