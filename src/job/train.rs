//! Train, freeze, and measure once on the test images.

use super::record::{Record, start};
use crate::{
    Result,
    build::{ENCODER, FLOAT_MODEL, GENOME, MODEL, REPORT, write_json},
    data::Dataset,
    golden::{
        self, Reference,
        data::{Code, EncodedSet},
        evolve::{Alone, Team},
        freeze::{FreezeOptions, FreezeReport, freeze},
        genome::GenomeNetwork,
        model::FloatModel,
        reference::Activity,
        train::{Checkpoint, EpochReport, Progress, TrainConfig, WeightKind},
    },
    ir::{Network, write_model},
};
use serde::Serialize;
use std::path::Path;

/// A trained and frozen network with what it reaches.
pub struct Trained {
    /// Before freezing.
    pub model: FloatModel,
    /// After.
    pub network: Network,
    /// The test samples as the network sees them.
    pub test: EncodedSet,
    /// Numbers.
    pub report: TrainReport,
}

impl Trained {
    /// Writes model, encoder, float model, genome if there is one, and report into a run directory.
    ///
    /// # Errors
    /// What the system says of a file.
    pub fn write(&self, dir: &Path) -> Result<()> {
        write_model(&dir.join(MODEL), &self.network)?;
        write_json(&dir.join(ENCODER), &self.model.encoder)?;
        self.model.write(&dir.join(FLOAT_MODEL))?;
        if let Some(genome) = &self.model.genome {
            GenomeNetwork::of(&self.network, genome)?.write(&dir.join(GENOME))?;
        }
        Ok(write_json(&dir.join(REPORT), &self.report)?)
    }
}

/// Numbers of a training run.
#[derive(Clone, Debug, Serialize)]
pub struct TrainReport {
    /// The resolved configuration.
    pub config: TrainConfig,
    /// What freezing did.
    pub freeze: FreezeReport,
    /// Test accuracy of the float model.
    pub float_accuracy: f64,
    /// Test accuracy of the frozen network.
    pub integer_accuracy: f64,
    /// Test images on which the two decide differently.
    pub predictions_differ: usize,
    /// Mean activity on the test images.
    pub activity: Activity,
    /// Epoch by epoch.
    pub epochs: Vec<EpochReport>,
}

/// Trains and freezes. With `checkpoints` = (file, go on from it), a checkpoint is written
/// after every epoch, and beside it the metrics of all epochs so far. `progress` sees every step and epoch.
pub fn train(
    config: &TrainConfig,
    dataset: &Dataset,
    checkpoints: Option<(&Path, bool)>,
    progress: impl FnMut(&Progress<'_>),
) -> Result<Trained> {
    train_in(&Alone, config, dataset, checkpoints, progress)
}

/// The same by a team, whose members divide the samples of every step and all end with the same. Rank 0
/// alone writes; all go on from what it wrote.
///
/// # Errors
/// As [`train`]; the member that failed has to end the others.
pub fn train_in(
    team: &dyn Team,
    config: &TrainConfig,
    dataset: &Dataset,
    checkpoints: Option<(&Path, bool)>,
    mut progress: impl FnMut(&Progress<'_>),
) -> Result<Trained> {
    for (i, l) in config.layers.iter().enumerate() {
        let (what, instead) = match l {
            _ if l.weights == WeightKind::Float => ("weights = \"float\"", "\"binary\""),
            _ if l.average_pool > 1 => ("average_pool", "or_pool"),
            _ => continue,
        };
        return Err(format!(
            "layer {i}: {what} cannot be frozen, which this does after training; use {instead}, or train it with the library"
        )
        .into());
    }
    if config.output_kind() == WeightKind::Float {
        return Err("output_weights = \"float\" cannot be frozen, which this does after training; use \"binary\", or train it with the library".into());
    }
    let data = dataset.training(config)?;
    let first = match checkpoints {
        Some((path, true)) => Some(start(path, Checkpoint::read)?),
        _ => None,
    };
    let done = first.as_ref().map_or(0, Checkpoint::epochs_done);
    // Nobody writes before all have read.
    team.wait()?;
    let checkpoints = checkpoints.filter(|_| team.rank() == 0);
    let mut record = checkpoints.map(|(path, _)| Record::open(path, done)).transpose()?;
    // A run that goes on reports the epochs before it too.
    let mut epochs = record.as_ref().map_or(Vec::new(), |r| r.reports().to_vec());
    let model = golden::train::train_in(team, config, &data, first.as_ref(), |p| {
        if let Progress::Epoch { report, checkpoint } = &p {
            epochs.push((*report).clone());
            if let Some(record) = &mut record {
                record.epoch(report, |path| checkpoint.write(path));
            }
        }
        progress(&p);
    })?;
    record.as_mut().map_or(Ok(()), Record::check)?;
    let held_out = data.held_out.encode(&model.encoder);
    // A network fine-tuned on integers is frozen to those integers.
    let options = FreezeOptions {
        frac_bits: config.fine_tune.map(|f| f.frac_bits),
        ..FreezeOptions::default()
    };
    let (network, freeze) = freeze(&model, &held_out, &options)?;
    let test = match (dataset, &model.encoder) {
        (Dataset::Mnist(mnist), Code::Images(encoder)) => mnist.test.encode(encoder),
        (Dataset::Series(set, _), Code::Series(source)) => source.series.encode_all(&set.test)?,
        _ => return Err("the model's code is not that of its data; train it again".into()),
    };
    let integer = Reference::new(&network)?.evaluate(&test.inputs, &test.labels)?;
    let float = model.predict(&test.inputs)?;
    let right = float.iter().zip(&test.labels).filter(|(c, l)| **c == usize::from(**l)).count();
    let differ = integer.decisions.iter().zip(&float).filter(|(d, c)| d.class != **c).count();
    let report = TrainReport {
        config: config.clone(),
        freeze,
        float_accuracy: right as f64 / test.labels.len().max(1) as f64,
        integer_accuracy: integer.accuracy(),
        predictions_differ: differ,
        activity: integer.activity,
        epochs,
    };
    Ok(Trained { model, network, test, report })
}
