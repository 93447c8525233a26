//! What freezing costs a convolutional network at a fixed F, with and without fine-tuning on integers:
//! `cargo run --release -p spikewright-golden --example fine_tune -- CONFIG EPOCHS F TUNING RATE IMAGES TEST`.
//! `TUNING` epochs on integers come on top of the `EPOCHS` in floats. `TEST` is `test`, or `held_out` to
//! choose a rate by.

use spikewright_golden::{
    Reference,
    data::{EncodedSet, Mnist},
    freeze::freeze_at,
    model::FloatModel,
    train::{FineTuneConfig, TrainConfig, TrainingData, train},
};
use std::error::Error;

/// Accuracy in percent of a model in floats, and frozen at F.
fn both(model: &FloatModel, frac_bits: u8, set: &EncodedSet) -> Result<(f64, f64), Box<dyn Error>> {
    let bits = vec![frac_bits; model.layers.len()];
    let network = freeze_at(model, &bits, 16, false, &mut Vec::new())?;
    let integer = Reference::new(&network)?.evaluate(&set.inputs, &set.labels)?;
    Ok((100.0 * model.accuracy(set)?, 100.0 * integer.accuracy()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, epochs, frac_bits, tuning, rate, images, which] = &arguments[..] else {
        return Err("give CONFIG EPOCHS F TUNING RATE IMAGES TEST".into());
    };
    let frac_bits = frac_bits.parse()?;
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(file)?)?;
    config.epochs = epochs.parse()?;
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist");
    let mnist = Mnist::load(folder.as_ref())?;
    let data = TrainingData::split(&mnist.train.first(images.parse()?), &config);
    let mut tuned = config.clone();
    let epochs: usize = tuning.parse()?;
    tuned.epochs += epochs;
    tuned.fine_tune = Some(FineTuneConfig { epochs, frac_bits, learning_rate: rate.parse()? });
    for (name, config) in [("floats alone", &config), ("fine-tuned", &tuned)] {
        let model = train(config, &data, |_| {})?;
        let set = match which.as_str() {
            "test" => mnist.test.encode(&config.encoder()),
            _ => data.held_out.encode(&model.encoder),
        };
        let (float, integer) = both(&model, frac_bits, &set)?;
        println!("{name}: float {float:.2} %, integer at F = {frac_bits} {integer:.2} %");
    }
    Ok(())
}
