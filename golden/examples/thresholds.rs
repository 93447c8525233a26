//! Thresholds, biases and leaks evolved on the integer network, on a grid too coarse for them, as `spikewright evolve`
//! does it: `cargo run --release -p spikewright-golden --example thresholds -- CONFIG SEEDS SAMPLES GENERATIONS SET`.
//! `SET` is `held_out` to choose by, or `test`, to be looked at once; `CONFIG` is the recipe, trained for 5 epochs.

use spikewright_golden::{
    Reference,
    data::{EncodedSet, Mnist},
    evolve::{
        Alone, Engine, EngineConfig, EngineKind, Express, IntegerFitness, NeuronGenes, Population,
        ReferenceDevice, coarsest, evolve,
    },
    freeze::{FreezeOptions, freeze},
    train::{Labelled, TrainConfig, TrainingData, train},
};
use spikewright_ir::Network;
use std::error::Error;

type Failure = Box<dyn Error + Send + Sync>;

const EPOCHS: usize = 5;
/// Individuals of a generation.
const POPULATION: usize = 24;
/// Spread of the first generation, in steps of the grid.
const SIGMA: f64 = 0.05;
/// What the grid has to cost on held-out images.
const LOSS: f64 = 0.03;

fn accuracy(network: &Network, set: &EncodedSet) -> Result<f64, Failure> {
    Ok(Reference::new(network)?.evaluate(&set.inputs, &set.labels)?.accuracy())
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, seeds, samples, generations, which] = &arguments[..] else {
        return Err("give the arguments named in the source".into());
    };
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(file)?)?;
    config.epochs = EPOCHS;
    let (samples, generations): (usize, u64) = (samples.parse()?, generations.parse()?);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist");
    let mnist = Mnist::load(folder.as_ref())?;
    println!("| seed | q | network | held out % | test % | recovered |\n|---|---|---|---|---|---|");
    for seed in seeds.split(',') {
        config.seed = seed.parse()?;
        let data = TrainingData::split(&mnist.train, &config);
        let model = train(&config, &data, |_| {})?;
        let held_out = data.held_out.encode(&data.code);
        let (network, _) = freeze(&model, &held_out, &FreezeOptions::default())?;
        let test = match &**which {
            "test" => Some(mnist.test.encode(&config.encoder())),
            _ => None,
        };
        let coarse = coarsest(&network, &held_out, LOSS)?.ok_or("no grid costs so much")?;
        let judged = |network: &Network| -> Result<[f64; 2], Failure> {
            let test = test.as_ref().map_or(Ok(f64::NAN), |set| accuracy(network, set))?;
            Ok([accuracy(network, &held_out)?, test])
        };
        let (before, start) = (judged(&network)?, judged(&coarse.network)?);
        let line = |name: &str, found: [f64; 2]| {
            let back = [0, 1].map(|i| 100.0 * (found[i] - start[i]) / (before[i] - start[i]));
            println!(
                "| {seed} | {} | {name} | {:.2} | {:.2} | {:.0} and {:.0} % |",
                coarse.q,
                100.0 * found[0],
                100.0 * found[1],
                back[0],
                back[1]
            );
        };
        line("frozen", before);
        line("on the grid", start);
        let express = NeuronGenes::around(&network, coarse.q);
        let most = samples.saturating_mul(generations as usize);
        let Labelled::Images(images) = &data.train else { return Err("no images".into()) };
        let seen = Labelled::Images(images.first(most)).encode(&data.code);
        let device = ReferenceDevice;
        let fitness =
            IntegerFitness { express: &express, device: &device, set: &seen, batch: samples };
        for kind in [EngineKind::Snes, EngineKind::Random] {
            let options = EngineConfig {
                population: Some(POPULATION),
                sigma: SIGMA,
                ..EngineConfig::new(kind, config.seed)
            };
            let mut search = Engine::new(options, &vec![0.0; express.dimension()])?;
            evolve(&mut search, &fitness, &Alone, generations, |_, _| {})?;
            // The middle or the best individual, whichever is better on held-out images.
            let elite = search.elite().map(|e| e.genes.clone());
            let mut best: Option<(f64, Network)> = None;
            for genes in std::iter::once(search.center()).chain(elite) {
                let network = express.network(&genes);
                let now = accuracy(&network, &held_out)?;
                if best.as_ref().is_none_or(|(b, _)| now > *b) {
                    best = Some((now, network));
                }
            }
            let (_, found) = best.ok_or("nothing was found")?;
            let leaks: Vec<String> = found
                .layers
                .iter()
                .filter_map(|l| l.params().map(|p| format!("{:?}", p.leak)))
                .collect();
            line(&format!("{kind:?}, leaks {}", leaks.join(", ")), judged(&found)?);
        }
    }
    Ok(())
}
