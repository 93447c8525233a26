//! The search as a state: what the next generation is made from.

use super::{
    cma::Cma,
    config::{EngineConfig, EngineKind, EvolveError},
    open_es::OpenEs,
    random::RandomSearch,
    rank,
    run::{Elite, Population},
    sep_cma::SepCma,
    snes::Snes,
    xnes::Xnes,
};
use crate::rng::Stream;
use serde::{Deserialize, Serialize};

/// The distribution of an engine.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Distribution {
    Snes(Snes),
    Xnes(Xnes),
    OpenEs(OpenEs),
    SepCma(SepCma),
    Cma(Cma),
    Random(RandomSearch),
}

/// A search for a vector of high fitness. Its serialized form is all that a run needs to go on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Engine {
    config: EngineConfig,
    population: usize,
    generation: u64,
    distribution: Distribution,
    elite: Option<Elite<Vec<f64>>>,
}

impl Engine {
    /// A search that starts around `start`.
    pub fn new(config: EngineConfig, start: &[f64]) -> Result<Self, EvolveError> {
        config.check(start)?;
        let sigma = config.sigma;
        let distribution = match config.kind {
            EngineKind::Snes => Distribution::Snes(Snes::new(start, sigma)),
            EngineKind::Xnes => Distribution::Xnes(Xnes::new(start, sigma)),
            EngineKind::OpenEs => Distribution::OpenEs(OpenEs::new(start, sigma, config.rate)),
            EngineKind::SepCma => Distribution::SepCma(SepCma::new(start, sigma)),
            EngineKind::Cma => Distribution::Cma(Cma::new(start, sigma)),
            EngineKind::Random => Distribution::Random(RandomSearch::new(start, sigma)),
        };
        let population = config.size(start.len());
        Ok(Self { config, population, generation: 0, distribution, elite: None })
    }

    /// Its configuration.
    pub fn config(&self) -> &EngineConfig {
        &self.config
    }

    /// The middle of the distribution.
    pub fn mean(&self) -> &[f64] {
        match &self.distribution {
            Distribution::Snes(d) => &d.mean,
            Distribution::Xnes(d) => &d.mean,
            Distribution::OpenEs(d) => &d.mean,
            Distribution::SepCma(d) => &d.mean,
            Distribution::Cma(d) => &d.mean,
            Distribution::Random(d) => &d.mean,
        }
    }

    /// The standard normal draw behind an individual of this generation; `open_es` draws pairs.
    fn draw(&self, individual: usize) -> Vec<f64> {
        let pairs = self.config.kind == EngineKind::OpenEs;
        let (number, sign) = match individual {
            k if pairs => (k / 2, if k % 2 == 0 { 1.0 } else { -1.0 }),
            k => (k, 1.0),
        };
        let stream = Stream::named(self.config.seed, "evolve").child(self.generation);
        let mut draws = stream.child(number as u64).sequence();
        (0..self.mean().len()).map(|_| sign * draws.normal()).collect()
    }

    fn place(&self, z: &[f64]) -> Vec<f64> {
        match &self.distribution {
            Distribution::Snes(d) => d.place(z),
            Distribution::Xnes(d) => d.place(z),
            Distribution::OpenEs(d) => d.place(z),
            Distribution::SepCma(d) => d.place(z),
            Distribution::Cma(d) => d.place(z),
            Distribution::Random(d) => d.place(z),
        }
    }
}

impl Population for Engine {
    type Genes = Vec<f64>;

    fn size(&self) -> usize {
        self.population
    }

    fn generation(&self) -> u64 {
        self.generation
    }

    fn center(&self) -> Vec<f64> {
        self.mean().to_vec()
    }

    fn individual(&self, k: usize) -> Vec<f64> {
        self.place(&self.draw(k))
    }

    fn tell(&mut self, fitness: &[f64]) -> Result<(), EvolveError> {
        let (got, expected) = (fitness.len(), self.population);
        if got != expected {
            return Err(EvolveError::Count { got, expected });
        }
        let draws: Vec<Vec<f64>> = (0..expected).map(|k| self.draw(k)).collect();
        let best = rank::order(fitness)[0];
        let genes = self.place(&draws[best]);
        Elite::see(&mut self.elite, fitness[best], self.generation, genes);
        match &mut self.distribution {
            Distribution::Snes(d) => d.learn(&draws, fitness),
            Distribution::Xnes(d) => d.learn(&draws, fitness),
            Distribution::OpenEs(d) => d.learn(&draws, fitness, self.generation),
            Distribution::SepCma(d) => d.learn(&draws, fitness, self.generation),
            Distribution::Cma(d) => d.learn(&draws, fitness, self.generation),
            Distribution::Random(_) => {}
        }
        self.generation += 1;
        Ok(())
    }

    fn elite(&self) -> Option<&Elite<Vec<f64>>> {
        self.elite.as_ref()
    }
}
