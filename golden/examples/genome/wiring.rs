//! Training from an evolved wiring rule against training from a random one, and with the evolved
//! interaction frozen. Accuracy is that of held-out images.

use crate::{Failure, Task, percent};
use spikewright_golden::{
    evolve::{Engine, EngineConfig, EngineKind, WiringFitness, evolve},
    genome::{Interaction, Wiring, first_wiring},
    train::{Method, Progress, TrainConfig, train},
};

/// Training steps of an individual.
const STEPS: usize = 30;

pub fn run(task: &Task, seeds: &[u64], generations: u64) -> Result<(), Failure> {
    let data = task.data();
    let images = task.mnist.train.first(task.images.min((STEPS + 1) * task.config.batch));
    let mut rows: Vec<(String, Vec<f64>, Vec<f64>)> = Vec::new();
    for seed in seeds {
        let config = TrainConfig { method: Method::Genome, seed: *seed, ..task.config.clone() };
        let fitness = WiringFitness {
            config: &config,
            images: &images,
            steps: STEPS,
            generations,
            entropy: 0.1,
            difference: 0.1,
        };
        let start = first_wiring(&config, data.shape)?.to_vector();
        let genes = config.genome.genes;
        let engine = EngineConfig {
            sigma: 0.3 / (genes as f64).sqrt(),
            population: Some(12),
            ..EngineConfig::new(EngineKind::Snes, *seed)
        };
        let mut search = Engine::new(engine, &start)?;
        evolve(&mut search, &fitness, generations, |g, _| {
            eprintln!(
                "seed {seed} generation {} best {:.4} median {:.4}",
                g.generation, g.best, g.median
            );
        })?;
        let evolved = Some(Wiring::from_vector(search.mean(), genes * genes));
        for (k, (wiring, interaction)) in [
            (None, Interaction::Trained),
            (evolved.clone(), Interaction::Trained),
            (None, Interaction::Frozen),
            (evolved, Interaction::Frozen),
        ]
        .into_iter()
        .enumerate()
        {
            let start = if wiring.is_some() { "evolved" } else { "random" };
            let mut config = config.clone();
            (config.genome.wiring, config.genome.interaction) = (wiring, interaction);
            let (mut first, mut last) = (0.0, 0.0);
            train(&config, &data, |p| {
                if let Progress::Epoch { report, .. } = p {
                    if report.epoch == 1 {
                        first = report.loss;
                    }
                    last = report.validation_accuracy;
                }
            })?;
            if rows.len() <= k {
                rows.push((format!("{start}, {interaction:?}"), Vec::new(), Vec::new()));
            }
            rows[k].1.push(first);
            rows[k].2.push(last);
        }
    }
    println!("| start, G | loss of epoch 1 | held out % |\n|---|---|---|");
    for (name, losses, accuracy) in &rows {
        let losses: Vec<String> = losses.iter().map(|l| format!("{l:.4}")).collect();
        println!("| {name} | {} | {} |", losses.join(", "), percent(accuracy));
    }
    Ok(())
}
