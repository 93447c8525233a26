//! All searches of a configuration, those of a shard.

use super::{
    EvolveConfig, Genes, Outcome, Shard,
    neurons::{self, Start},
    search::Work,
    wiring,
};
use crate::{
    Result,
    build::{read_json, write_json},
    golden::{
        evolve::{Device, Generation, Team},
        train::{self, TrainConfig},
    },
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Results of all searches so far.
const TABLE: &str = "evolve.json";
/// Result of a search, in its folder.
const OUTCOME: &str = "outcome.json";

/// What is to be searched, and how.
pub struct Evolution<'a> {
    /// What the configuration says.
    pub config: &'a EvolveConfig,
    /// Folder of the configuration, in which the recipe is.
    pub folder: &'a Path,
    /// Where everything is kept.
    pub out: &'a Path,
    /// The part of the searches to run.
    pub shard: Shard,
    /// Whether searches go on from what is there.
    pub resume: bool,
    /// Folder with the MNIST files, instead of the embedded copy.
    pub data: Option<&'a Path>,
    /// Who divides the individuals of a generation.
    pub team: &'a dyn Team,
    /// What runs the networks of `neurons` and `weights`.
    pub device: &'a dyn Device,
}

/// What a member of the team is told while it goes on.
pub enum Progress<'a> {
    /// A training before a search.
    Training(&'a train::Progress<'a>),
    /// A generation of a search is done.
    Generation {
        /// Name of the search.
        search: &'a str,
        /// The generation in numbers.
        numbers: &'a Generation,
    },
    /// A search is done.
    Done {
        /// Name of the search.
        search: &'a str,
        /// What each rank did for it in this run.
        work: &'a Work,
    },
}

/// One search among others.
pub(super) struct Search<'a> {
    pub evolution: &'a Evolution<'a>,
    /// Name of the engine.
    pub engine: String,
    /// Engine and seed, also the folder's name.
    pub name: String,
    pub dir: PathBuf,
    /// Everything its result depends on but the generations.
    pub key: String,
    pub training: &'a TrainConfig,
}

/// A finished search.
#[derive(Serialize, Deserialize)]
struct Finished {
    key: String,
    outcome: Outcome,
}

/// Runs the searches of the shard; returns the results of all that are finished, in order.
///
/// # Errors
/// Whatever keeps a search from going on; what was finished before is kept. In a team the member that
/// failed has to end the others.
pub fn evolve(
    evolution: &Evolution<'_>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Vec<Outcome>> {
    let EvolveConfig { genes, seeds, engines, generations, .. } = evolution.config;
    let trainings = seeds.iter().map(|seed| evolution.config.training(evolution.folder, *seed));
    let trainings: Vec<TrainConfig> = trainings.collect::<Result<_>>()?;
    let kinds: Vec<_> = match genes {
        Genes::Weights => vec![None],
        _ => engines.iter().copied().map(Some).collect(),
    };
    let (mut outcomes, mut number) = (Vec::new(), 0);
    for training in &trainings {
        let mut start: Option<Start> = None;
        for kind in &kinds {
            let search = Search::new(evolution, training, *kind)?;
            let mine = evolution.shard.has(number);
            number += 1;
            let file = search.dir.join(OUTCOME);
            let known: Option<Finished> = read_json(&file).ok();
            let known = known.filter(|k| k.key == search.key);
            let enough = |k: &Finished| evolution.resume && k.outcome.generations >= *generations;
            // All members look before one writes.
            evolution.team.wait()?;
            let outcome = match known {
                Some(known) if !mine || enough(&known) => known.outcome,
                _ if !mine => continue,
                _ => {
                    let outcome = match genes {
                        Genes::Wiring => wiring::run(&search, *kind, progress)?,
                        _ => {
                            let prepared = match start.take() {
                                Some(start) => start,
                                None => Start::new(evolution, training, progress)?,
                            };
                            neurons::run(&search, *kind, start.insert(prepared), progress)?
                        }
                    };
                    // Nothing is known where another rank found it.
                    let Some(outcome) = outcome else { continue };
                    let finished = Finished { key: search.key.clone(), outcome };
                    write_json(&file, &finished)?;
                    finished.outcome
                }
            };
            outcomes.push(outcome);
            if evolution.team.rank() == 0 {
                write_json(&evolution.out.join(TABLE), &outcomes)?;
            }
        }
    }
    evolution.team.wait()?;
    Ok(outcomes)
}

impl<'a> Search<'a> {
    fn new(
        evolution: &'a Evolution<'a>,
        training: &'a TrainConfig,
        kind: Option<crate::golden::evolve::EngineKind>,
    ) -> Result<Self> {
        let engine = kind.map_or(serde_json::json!("bit_flips"), |k| serde_json::json!(k));
        let engine = engine.as_str().unwrap_or_default().to_owned();
        let name = format!("{engine}-{}", training.seed);
        let config = EvolveConfig {
            seeds: Vec::new(),
            engines: Vec::new(),
            port: None,
            recipe: PathBuf::new(),
            // The weight of the temporal difference fades over all of a wiring search.
            generations: match evolution.config.genes {
                Genes::Wiring => evolution.config.generations,
                _ => 0,
            },
            ..evolution.config.clone()
        };
        let key = serde_json::to_string(&(&name, env!("CARGO_PKG_VERSION"), config, training))?;
        Ok(Self { evolution, dir: evolution.out.join(&name), name, key, training, engine })
    }

    /// Whether this member writes and measures.
    pub fn leads(&self) -> bool {
        self.evolution.team.rank() == 0
    }
}
