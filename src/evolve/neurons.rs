//! Searches on a frozen network: its neurons on a coarse grid, or its weight bits.

use super::{Evolution, Genes, Outcome, Progress, Stage, run::Search, search::search};
use crate::{
    Result,
    build::{ENCODER, MODEL, REPORT, read_json, write_json},
    data::{Dataset, test_set},
    golden::{
        Reference,
        data::{Code, EncodedSet},
        evolve::{
            BitFlips, Engine, EngineKind, Express, IntegerFitness, NeuronGenes, Population,
            WeightBits, coarsest,
        },
        train::{self, Labelled, TrainConfig},
    },
    ir::{Network, read_model, write_model},
    job,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Individuals of bit flips where the configuration does not say.
const FLIPPED: usize = 16;

/// The network of a seed and the samples around it.
pub struct Start {
    network: Network,
    code: Code,
    /// Training samples, as the fitness sees them.
    seen: EncodedSet,
    held_out: EncodedSet,
    test: EncodedSet,
}

/// Part of a training report that says what it is of.
#[derive(Deserialize)]
struct Configured {
    config: TrainConfig,
}

impl Start {
    /// Trains and freezes, or takes what is there when the evolution goes on. Rank 0 writes, all read
    /// what it wrote.
    pub fn new(
        evolution: &Evolution<'_>,
        training: &TrainConfig,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<Self> {
        let dir = evolution.out.join(format!("start-{}", training.seed));
        let dataset = Dataset::open(training, evolution.folder, evolution.data)?;
        let there = read_json(&dir.join(REPORT)).is_ok_and(|r: Configured| r.config == *training);
        if !(evolution.resume && there) {
            let checkpoint = dir.join("checkpoint.json");
            let from = Some((&*checkpoint, evolution.resume && checkpoint.exists()));
            let told = |p: &train::Progress<'_>| progress(Progress::Training(p));
            let trained = job::train_in(evolution.team, training, &dataset, from, told)?;
            if evolution.team.rank() == 0 {
                trained.write(&dir)?;
            }
        }
        evolution.team.wait()?;
        let data = dataset.training(training)?;
        let code: Code = read_json(&dir.join(ENCODER))?;
        let most = evolution.config.samples.saturating_mul(evolution.config.generations as usize);
        let seen = match data.train {
            Labelled::Images(images) => Labelled::Images(images.first(most)),
            set => set,
        };
        Ok(Self {
            network: read_model(&dir.join(MODEL))?,
            seen: seen.encode(&code),
            held_out: data.held_out.encode(&code),
            test: test_set(&code, evolution.data, usize::MAX)?,
            code,
        })
    }

    fn measure(&self, network: &Network) -> Result<Stage> {
        let (held_out, test) = (accuracy(network, &self.held_out)?, accuracy(network, &self.test)?);
        Ok(Stage { held_out, test })
    }
}

fn accuracy(network: &Network, set: &EncodedSet) -> Result<f64> {
    Ok(Reference::new(network)?.evaluate(&set.inputs, &set.labels)?.accuracy())
}

/// Runs a search; rank 0 has its result.
pub(super) fn run(
    search: &Search<'_>,
    kind: Option<EngineKind>,
    start: &Start,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Option<Outcome>> {
    let config = search.evolution.config;
    let seed = search.training.seed;
    match kind {
        Some(kind) => {
            let coarse = coarsest(&start.network, &start.held_out, config.loss)
                .map_err(|e| e.to_string())?;
            let Some(coarse) = coarse else {
                return Err(format!(
                    "seed {seed}: no grid of thresholds costs {} of the held-out accuracy; ask for a smaller loss",
                    config.loss
                )
                .into());
            };
            let express = NeuronGenes::around(&start.network, coarse.q);
            let engine = Engine::new(config.engine(kind, seed), &vec![0.0; express.dimension()])?;
            let from = (&coarse.network, Some(coarse.q));
            finish(search, start, &express, engine, from, progress)
        }
        None => {
            let express = WeightBits::of(&start.network);
            let population = config.population.unwrap_or(FLIPPED);
            let flips = BitFlips::new(seed, express.bits(), population, config.flips)?;
            finish(search, start, &express, flips, (&start.network, None), progress)
        }
    }
}

fn finish<P, E>(
    one: &Search<'_>,
    start: &Start,
    express: &E,
    first: P,
    (from, q): (&Network, Option<i32>),
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Option<Outcome>>
where
    P: Population + Serialize + DeserializeOwned,
    P::Genes: Clone,
    E: Express<P::Genes>,
{
    let evolution = one.evolution;
    let config = evolution.config;
    let fitness = IntegerFitness {
        express,
        device: evolution.device,
        set: &start.seen,
        batch: config.samples,
    };
    let place = (&*one.dir, &*one.key, evolution.resume);
    let told = &mut |numbers: &_| progress(Progress::Generation { search: &one.name, numbers });
    let (population, work) =
        search(first, &fitness, evolution.team, place, config.generations, told)?;
    progress(Progress::Done { search: &one.name, work: &work });
    if !one.leads() {
        return Ok(None);
    }
    let elite = population.elite().map(|e| e.genes.clone());
    let mut best: Option<(f64, Network)> = None;
    for genes in std::iter::once(population.center()).chain(elite) {
        let network = express.network(&genes);
        let accuracy = accuracy(&network, &start.held_out)?;
        if best.as_ref().is_none_or(|(b, _)| accuracy > *b) {
            best = Some((accuracy, network));
        }
    }
    let found = best.map_or_else(|| from.clone(), |(_, network)| network);
    write_model(&one.dir.join(MODEL), &found)?;
    write_json(&one.dir.join(ENCODER), &start.code)?;
    Ok(Some(Outcome {
        genes: config.genes,
        engine: one.engine.clone(),
        seed: one.training.seed,
        generations: population.generation(),
        evaluations: population.generation() * population.size() as u64,
        q,
        before: match config.genes {
            Genes::Neurons => Some(start.measure(&start.network)?),
            _ => None,
        },
        start: start.measure(from)?,
        found: start.measure(&found)?,
    }))
}
