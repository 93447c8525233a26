//! Evolution without gradients. An [`Engine`] proposes vectors of reals and learns from their
//! fitness alone, [`BitFlips`] does the same for bits; [`evolve`] drives either with any
//! [`Fitness`], which may be a proxy of training, the integer network, or hardware.
//!
//! Only the order of fitness values counts, never their size. Every random number is keyed by
//! (seed, generation, individual), so an individual can be made anywhere, in any order, and a run
//! goes on from a serialized engine to the same bytes.

mod bits;
mod cma;
mod config;
mod curve;
mod eigen;
mod engine;
mod express;
mod integer;
mod open_es;
mod paths;
mod random;
mod rank;
mod regularizers;
mod run;
mod sep_cma;
mod snes;
mod team;
mod wiring;
mod xnes;

pub use bits::BitFlips;
pub use config::{EngineConfig, EngineKind, EvolveError};
pub use curve::fitness_curve;
pub use engine::Engine;
pub use express::{Express, NeuronGenes, WeightBits, coarsen};
pub use integer::{Device, IntegerFitness, Precision, ReferenceDevice, coarsest};
pub use regularizers::{fading, spatial_entropy, temporal_difference};
pub use run::{Call, Elite, Fitness, FitnessError, Generation, Population, evolve};
pub(crate) use team::share;
pub use team::{Alone, Team, TeamError, ThreadTeam};
pub use wiring::WiringFitness;
