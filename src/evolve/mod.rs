//! Evolutionary search as the verb `evolve` runs it: a configuration names a recipe, what evolves, engines
//! and seeds. Every pair of a seed and an engine is a search with a folder of its own, in which it can go on
//! at any generation. A [team](crate::golden::evolve::Team) of threads or MPI ranks divides the
//! individuals of each generation; shards of a job array divide the searches.

mod config;
mod device;
mod neurons;
mod outcome;
#[cfg(feature = "mpi")]
mod ranks;
mod run;
mod search;
mod shard;
mod wiring;

pub use config::{EvolveConfig, Genes, Level};
pub use device::{BoardDevice, CoreDevice, SimDevice};
pub use outcome::{Outcome, Stage};
#[cfg(feature = "mpi")]
pub use ranks::Mpi;
pub use run::{Evolution, Progress, evolve};
pub use search::Work;
pub use shard::Shard;
