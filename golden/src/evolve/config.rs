//! Which engine searches and from where.

use super::team::TeamError;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Largest dimension of the engines that keep a whole matrix: a generation's eigenvalues take a dozen
/// sweeps of 6·N³ multiplications each, of one thread.
const MAX_FULL: usize = 128;

/// Why a search cannot go on.
#[derive(Debug, Error)]
pub enum EvolveError {
    /// A value outside its range.
    #[error("evolution: {key} = {value}: {remedy}")]
    Range {
        /// The key.
        key: &'static str,
        /// What it says.
        value: String,
        /// What is accepted.
        remedy: &'static str,
    },
    /// Another number of fitness values than individuals.
    #[error("evolution: {got} fitness values for {expected} individuals; give one for each")]
    Count {
        /// Values given.
        got: usize,
        /// Individuals.
        expected: usize,
    },
    /// An individual could not be evaluated.
    #[error("evolution: generation {generation}, individual {individual}: {message}")]
    Fitness {
        /// Generation, from 0.
        generation: u64,
        /// Individual, from 0.
        individual: usize,
        /// What went wrong.
        message: String,
    },
    /// An individual could not be evaluated elsewhere.
    #[error(
        "evolution: generation {generation}: rank {rank} could not evaluate its individuals, and says why"
    )]
    Rank {
        /// Generation, from 0.
        generation: u64,
        /// Member of the team, from 0.
        rank: usize,
    },
    /// A member of the team is gone.
    #[error("evolution: {0}")]
    Team(#[from] TeamError),
}

/// The engines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    /// Separable natural evolution strategy (Schaul, Glasmachers and Schmidhuber, GECCO 2011).
    Snes,
    /// Exponential natural evolution strategy (Glasmachers et al., GECCO 2010), full covariance.
    Xnes,
    /// Antithetic finite differences with Adam (Salimans et al., arXiv 1703.03864).
    OpenEs,
    /// CMA-ES with a diagonal covariance (Ros and Hansen, PPSN 2008).
    SepCma,
    /// CMA-ES (Hansen, arXiv 1604.00772), positive weights.
    Cma,
    /// Independent draws from the first distribution: the control of every search.
    Random,
}

/// An engine with its constants.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineConfig {
    /// `"snes"`, `"xnes"`, `"open_es"`, `"sep_cma"`, `"cma"` or `"random"`.
    pub kind: EngineKind,
    /// Seed of its draws.
    pub seed: u64,
    /// Individuals of a generation, 2 to 65,536; `4 + floor(3·ln N)` in N dimensions when absent
    /// (40 for `open_es`, which needs an even number).
    #[serde(default)]
    pub population: Option<usize>,
    /// Standard deviation of the first generation, above 0 (`open_es`: of all).
    #[serde(default = "unit")]
    pub sigma: f64,
    /// Step of Adam (`open_es` only), above 0.
    #[serde(default = "rate")]
    pub rate: f64,
}

fn unit() -> f64 {
    1.0
}
fn rate() -> f64 {
    0.05
}

impl EngineConfig {
    /// An engine with every other key at its default.
    pub fn new(kind: EngineKind, seed: u64) -> Self {
        Self { kind, seed, population: None, sigma: unit(), rate: rate() }
    }

    /// Individuals of a generation in `n` dimensions.
    pub fn size(&self, n: usize) -> usize {
        self.population.unwrap_or(match self.kind {
            EngineKind::OpenEs => 40,
            _ => 4 + (3.0 * (n as f64).ln()) as usize,
        })
    }

    /// Checks every range for a search that starts from `start`.
    pub fn check(&self, start: &[f64]) -> Result<(), EvolveError> {
        let range = |ok: bool, key, value: &dyn std::fmt::Debug, remedy| {
            let value = format!("{value:?}");
            if ok { Ok(()) } else { Err(EvolveError::Range { key, value, remedy }) }
        };
        let n = start.len();
        range(n >= 1, "dimension", &n, "search in at least one dimension")?;
        let full = matches!(self.kind, EngineKind::Cma | EngineKind::Xnes);
        range(
            !full || n <= MAX_FULL,
            "dimension",
            &n,
            "a full matrix goes up to 128: take sep_cma or snes",
        )?;
        let size = self.size(n);
        range((2..=65_536).contains(&size), "population", &size, "2 to 65536")?;
        range(
            self.kind != EngineKind::OpenEs || size.is_multiple_of(2),
            "population",
            &size,
            "open_es draws pairs: take an even number",
        )?;
        let positive = |x: f64| x.is_finite() && x > 0.0;
        range(positive(self.sigma), "sigma", &self.sigma, "a positive number")?;
        range(positive(self.rate), "rate", &self.rate, "a positive number")?;
        range(start.iter().all(|x| x.is_finite()), "start", &start, "finite numbers")
    }
}
