//! Searches for a wiring rule, and the training that follows.

use super::{Outcome, Progress, Stage, run::Search, search::search};
use crate::{
    Result,
    data::{Dataset, test_set},
    golden::{
        evolve::{Engine, EngineKind, Population, WiringFitness},
        genome::{Wiring, first_wiring},
        train::{Method, TrainConfig, TrainingData, train},
    },
    ir::write_atomic,
};

/// The recipe with the rule that was found, in the folder of a search.
const RECIPE: &str = "recipe.toml";

/// Runs a search and trains from what it started from and what it found; rank 0 has the result. What a
/// search found is the middle of its last distribution: fitness compares within a generation only.
pub(super) fn run(
    one: &Search<'_>,
    kind: Option<EngineKind>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Option<Outcome>> {
    let (evolution, training) = (one.evolution, one.training);
    let config = evolution.config;
    let dataset = Dataset::open(training, evolution.folder, evolution.data)?;
    let (Dataset::Mnist(mnist), Method::Genome, Some(kind)) = (&dataset, training.method, kind)
    else {
        return Err(
            "genes = \"wiring\": the recipe has to be of method = \"genome\" and train on images"
                .into(),
        );
    };
    let batches = (config.steps + 1).saturating_mul(training.batch);
    let data = TrainingData::split(&mnist.train, training);
    let images = mnist.train.first(batches.min(data.train.len()));
    let fitness = WiringFitness {
        config: training,
        images: &images,
        steps: config.steps,
        generations: config.generations,
        entropy: config.entropy,
        difference: config.difference,
    };
    let start = first_wiring(training, data.shape)?.to_vector();
    let engine = Engine::new(config.engine(kind, training.seed), &start)?;
    let place = (&*one.dir, &*one.key, evolution.resume);
    let told = &mut |numbers: &_| progress(Progress::Generation { search: &one.name, numbers });
    let (engine, work) = search(engine, &fitness, evolution.team, place, config.generations, told)?;
    progress(Progress::Done { search: &one.name, work: &work });
    if !one.leads() {
        return Ok(None);
    }
    let mut found = training.clone();
    found.genome.wiring = Some(Wiring::from_vector(engine.mean(), training.genome.entries()));
    write_atomic(&one.dir.join(RECIPE), toml::to_string(&found)?.as_bytes())?;
    let mut measure = |config: &TrainConfig| -> Result<Stage> {
        let model = train(config, &data, |p| progress(Progress::Training(&p)))?;
        let test = test_set(&data.code, evolution.data, usize::MAX)?;
        let held_out = data.held_out.encode(&data.code);
        Ok(Stage { held_out: model.accuracy(&held_out)?, test: model.accuracy(&test)? })
    };
    Ok(Some(Outcome {
        genes: config.genes,
        engine: one.engine.clone(),
        seed: training.seed,
        generations: engine.generation(),
        evaluations: engine.generation() * engine.size() as u64,
        q: None,
        before: None,
        start: measure(training)?,
        found: measure(&found)?,
    }))
}
