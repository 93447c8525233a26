//! Thresholds, biases and leaks evolved on the integer network after they were made too coarse.
//! Held-out images choose the grid and are the fitness.

use crate::{Failure, Task};
use spikewright_golden::{
    Reference,
    data::EncodedSet,
    evolve::{
        Engine, EngineConfig, EngineKind, Express, IntegerFitness, NeuronGenes, Population,
        coarsest, evolve,
    },
    freeze::{FreezeOptions, freeze},
    train::{TrainConfig, train},
};
use spikewright_ir::Network;

/// Accuracy that the grid has to cost, as a fraction.
const LOSS: f64 = 0.03;

fn accuracy(network: &Network, set: &EncodedSet) -> Result<f64, Failure> {
    Ok(Reference::new(network)?.evaluate(&set.inputs, &set.labels)?.accuracy())
}

pub fn run(task: &Task, seeds: &[u64], generations: u64, which: &str) -> Result<(), Failure> {
    println!(
        "| seed | F | q | network | held out % | {which} % | evaluations |\n|---|---|---|---|---|---|---|"
    );
    for seed in seeds {
        let config = TrainConfig { seed: *seed, ..task.config.clone() };
        let data = task.data();
        let model = train(&config, &data, |_| {})?;
        let held_out = data.held_out.encode(&data.code);
        let (network, report) = freeze(&model, &held_out, &FreezeOptions::default())?;
        let set = task.set(which, &data);
        let Some(coarse) = coarsest(&network, &held_out, LOSS)? else {
            println!("| {seed} | no grid costs {LOSS} | | | | | |");
            continue;
        };
        let line = |name: &str, network: &Network, evaluations: u64| -> Result<(), Failure> {
            let (a, b) = (accuracy(network, &held_out)?, accuracy(network, &set)?);
            let (f, q) = (&report.frac_bits, coarse.q);
            println!(
                "| {seed} | {f:?} | {q} | {name} | {:.2} | {:.2} | {evaluations} |",
                100.0 * a,
                100.0 * b
            );
            Ok(())
        };
        line("frozen", &network, 0)?;
        line("coarse", &coarse.network, 0)?;
        // A small spread: at first only what lies near the middle between two points changes sides.
        let genes = NeuronGenes::around(&network, coarse.q);
        let fitness = IntegerFitness { express: &genes, set: &held_out, batch: usize::MAX };
        for kind in [EngineKind::Snes, EngineKind::SepCma, EngineKind::Random] {
            let config = EngineConfig {
                sigma: 0.05,
                population: Some(24),
                ..EngineConfig::new(kind, *seed)
            };
            let mut search = Engine::new(config, &vec![0.0; genes.dimension()])?;
            let mut evaluations = 0;
            evolve(&mut search, &fitness, generations, |g, _| evaluations = g.evaluations)?;
            if let Some(elite) = search.elite() {
                line(&format!("{kind:?}"), &genes.network(&elite.genes), evaluations)?;
            }
        }
    }
    Ok(())
}
