//! Genomes of several sizes, and for each a narrower dense network that stores as much. Thresholds,
//! biases and batch norm are left out of the sizes on both sides.

use crate::{Failure, Task, percent, set_kind};
use spikewright_golden::{
    data::EncodedSet,
    genome::{Genome, Interaction, Sharing, equal_width},
    model::FloatModel,
    train::{Method, TrainConfig, TrainingData, train},
};

/// Bits of the weights of a model: its genome, and what the genome does not make.
fn bits(model: &FloatModel) -> usize {
    let made = model.genome.as_ref().map_or(&[][..], |g| &g.projections);
    let direct = model.layers.iter().enumerate().map(|(k, l)| {
        let stored = made.get(k).is_none_or(Option::is_none);
        if stored { l.synapses.bits() } else { 0 }
    });
    let direct: usize = direct.sum();
    direct + model.genome.as_ref().map_or(0, Genome::bits)
}

/// One line: all seeds of a configuration; returns the bits stored.
fn line(
    name: &str,
    config: &TrainConfig,
    seeds: &[u64],
    data: &TrainingData,
    set: &EncodedSet,
    dense: usize,
) -> Result<usize, Failure> {
    let (mut size, mut accuracy) = (0, Vec::new());
    for seed in seeds {
        let config = TrainConfig { seed: *seed, ..config.clone() };
        let model = train(&config, data, |_| {})?;
        size = bits(&model);
        accuracy.push(model.accuracy(set)?);
    }
    let ratio = if dense == 0 { 1.0 } else { dense as f64 / size as f64 };
    println!("| {name} | {size} | {ratio:.2} | {} |", percent(&accuracy));
    Ok(size)
}

pub fn run(
    task: &Task,
    kind: &str,
    genes: &[usize],
    seeds: &[u64],
    which: &str,
) -> Result<(), Failure> {
    let mut direct = task.config.clone();
    set_kind(&mut direct, kind);
    let data = task.data();
    let set = task.set(which, &data);
    println!("| weights | bits stored | times fewer | accuracy % ({which}) |\n|---|---|---|---|");
    let dense = line("direct", &direct, seeds, &data, &set, 0)?;
    for genes in genes {
        let mut config = TrainConfig { method: Method::Genome, ..direct.clone() };
        config.genome.genes = *genes;
        let genome = |name: &str, sharing, interaction| {
            let mut config = config.clone();
            (config.genome.sharing, config.genome.interaction) = (sharing, interaction);
            line(&format!("genome g = {genes}, {name}"), &config, seeds, &data, &set, dense)
        };
        let own = Sharing::PerProjection;
        let size = genome("G trained", own, Interaction::Trained)?;
        if !direct.layers.iter().any(|l| l.is_conv()) {
            let mut narrow = direct.clone();
            let scalars = size / if kind == "float" { 32 } else { 1 };
            let width = equal_width(data.shape.len(), narrow.layers.len(), narrow.classes, scalars);
            narrow.layers.iter_mut().for_each(|l| l.neurons = width);
            line(&format!("direct, width {width}"), &narrow, seeds, &data, &set, dense)?;
        }
        genome("no G (low rank)", own, Interaction::Identity)?;
        genome("G random, frozen", own, Interaction::Frozen)?;
        genome("shared, G trained", Sharing::Shared, Interaction::Trained)?;
    }
    Ok(())
}
