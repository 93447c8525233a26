//! Train a net of theta neurons, and measure once on the test images.

use super::record::{Record, start};
use crate::{
    Result,
    golden::{
        data::Mnist,
        smooth::train::{
            Evaluation, Samples, SmoothCheckpoint, SmoothConfig, SmoothData, SmoothModel,
            SmoothProgress, SmoothReport, evaluate, train,
        },
        theta::{ThetaFreeze, ThetaFrozen, ThetaReference, compare, encode, freeze},
    },
    ir::ThetaNetwork,
};
use serde::Serialize;
use std::path::Path;

/// What a net does on test images.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct SmoothAccuracy {
    /// Images.
    pub samples: usize,
    /// Accuracy, pseudospikes included.
    pub accuracy: f64,
    /// Accuracy of first spikes; an image without is wrong.
    pub by_spike: f64,
    /// Accuracy of the hardware readout: the first spike, or else the highest output phase at the end.
    pub on_hardware: f64,
    /// Images in which an output spiked.
    pub decided: f64,
    /// Spikes of a hidden neuron in a trial, mean.
    pub hidden_spikes: f64,
    /// The same up to the first output spike.
    pub hidden_spikes_used: f64,
}

impl From<&Evaluation> for SmoothAccuracy {
    fn from(e: &Evaluation) -> Self {
        let trials = (e.samples * e.hidden_neurons).max(1) as f64;
        Self {
            samples: e.samples,
            accuracy: e.share(e.correct),
            by_spike: e.share(e.correct_by_spike),
            on_hardware: e.share(e.correct_on_hardware),
            decided: e.share(e.decided),
            hidden_spikes: e.hidden_spikes as f64 / trials,
            hidden_spikes_used: e.hidden_spikes_used as f64 / trials,
        }
    }
}

/// Numbers of a run.
#[derive(Clone, Debug, Serialize)]
pub struct SmoothTrained {
    /// The resolved configuration.
    pub config: SmoothConfig,
    /// On the test images.
    pub test: SmoothAccuracy,
    /// In integers, where weights are binary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frozen: Option<FrozenAccuracy>,
    /// Epoch by epoch, from the state before training on.
    pub epochs: Vec<SmoothReport>,
}

/// A frozen net on test images.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct FrozenAccuracy {
    /// Width B of phases.
    pub phase_bits: u8,
    /// Ticks T of a trial.
    pub ticks: u16,
    /// Neurons that would have spiked before the inputs.
    pub late: usize,
    /// What it does.
    #[serde(flatten)]
    pub test: ThetaAccuracy,
    /// Images in which the net in double precision takes another class.
    pub classes_differ: usize,
    /// Images in which another output spikes first there, or one in one of both alone.
    pub first_spikers_differ: usize,
}

/// A model on the first `images` test images.
pub fn evaluate_smooth(
    model: &SmoothModel,
    mnist: &Mnist,
    images: usize,
) -> Result<SmoothAccuracy> {
    let net = model.net()?;
    let classes = net.layers.last().map_or(0, |l| l.neurons);
    let test = test_images(mnist, images, model.trial, model.inputs(), classes)?;
    let evaluation = evaluate(&net, &test, model.gamma)
        .map_err(|e| format!("test images: {e}; take another model"))?;
    Ok(SmoothAccuracy::from(&evaluation))
}

/// The first `images` test images, for a net of these sizes.
fn test_images(
    mnist: &Mnist,
    images: usize,
    trial: f64,
    inputs: usize,
    classes: usize,
) -> Result<Samples> {
    let test = Samples::images(&mnist.test.first(images), trial);
    if test.inputs != inputs {
        let pixels = test.inputs;
        return Err(format!(
            "test images of {pixels} pixels for a model of {inputs} inputs; take another model"
        )
        .into());
    }
    match test.beyond(classes) {
        Some(label) => Err(format!(
            "test images: label {label} for a model of {classes} classes; set classes to the largest label + 1, or take other images"
        )
        .into()),
        None => Ok(test),
    }
}

/// Trains a net, and freezes one with binary weights; a checkpoint and the metrics of all epochs so far are written to `checkpoint` and beside
/// it after every epoch. `go_on` starts from what is there.
pub fn train_smooth(
    config: &SmoothConfig,
    mnist: &Mnist,
    checkpoint: &Path,
    go_on: bool,
    mut progress: impl FnMut(&SmoothProgress<'_>),
) -> Result<(SmoothModel, Option<ThetaNetwork>, SmoothTrained)> {
    let data = SmoothData::images(&mnist.train, config);
    // Test images that the net cannot be asked about are refused now rather than after the training.
    test_images(mnist, mnist.test.len(), config.trial, data.train.inputs, config.classes)?;
    let start = go_on.then(|| start(checkpoint, SmoothCheckpoint::read)).transpose()?;
    let done = start.as_ref().map_or(0, SmoothCheckpoint::epochs_done);
    // One report more than epochs: the state before training.
    let kept = if done > 0 { done.saturating_add(1) } else { 0 };
    let mut record = Record::<SmoothReport>::open(checkpoint, kept)?;
    let model = train(config, &data, start.as_ref(), &mut |p| {
        if let SmoothProgress::Epoch { report, checkpoint } = &p {
            record.epoch(report, |path| checkpoint.write(path));
        }
        progress(&p);
    })?;
    record.check()?;
    let test = evaluate_smooth(&model, mnist, mnist.test.len())?;
    let (network, frozen) = match config.binary {
        Some(binary) => {
            let options = ThetaFreeze { phase_bits: binary.phase_bits, ..ThetaFreeze::default() };
            let (network, accuracy) = freeze_smooth(&model, options, mnist)?;
            (Some(network), Some(accuracy))
        }
        None => (None, None),
    };
    let epochs = record.reports().to_vec();
    Ok((model, network, SmoothTrained { config: config.clone(), test, frozen, epochs }))
}

/// A frozen net on test images.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct ThetaAccuracy {
    /// Images.
    pub samples: usize,
    /// Accuracy.
    pub accuracy: f64,
    /// Images decided by a spike.
    pub decided: f64,
    /// Input pulses of an image and spikes up to the decision, mean.
    pub events_per_sample: f64,
}

/// A frozen net on the first `images` test images.
///
/// # Errors
/// A faulty network, and images or labels that it does not fit.
pub fn evaluate_theta(
    network: &ThetaNetwork,
    mnist: &Mnist,
    images: usize,
) -> Result<ThetaAccuracy> {
    let test = mnist.test.first(images);
    test_images(mnist, images, 1.0, network.inputs(), network.classes())?;
    let e = ThetaReference::new(network)?.evaluate(&encode(&test), &test.labels);
    Ok(ThetaAccuracy {
        samples: e.samples,
        accuracy: e.accuracy(),
        decided: e.decided as f64 / e.samples.max(1) as f64,
        events_per_sample: e.events_per_sample(),
    })
}

/// Freezes a net with binary weights, and runs both on the test images.
fn freeze_smooth(
    model: &SmoothModel,
    options: ThetaFreeze,
    mnist: &Mnist,
) -> Result<(ThetaNetwork, FrozenAccuracy)> {
    let ThetaFrozen { network, late } = freeze(model, options)?;
    let reference = ThetaReference::new(&network)?;
    let test = evaluate_theta(&network, mnist, mnist.test.len())?;
    let same = compare(&reference, &model.net_of()?, &mnist.test, model.trial)?;
    let accuracy = FrozenAccuracy {
        phase_bits: network.phase_bits,
        ticks: network.ticks,
        late,
        test,
        classes_differ: test.samples - same.same_class,
        first_spikers_differ: test.samples - same.same_first,
    };
    Ok((network, accuracy))
}
