//! `train` and `eval` of `method = "smooth"`.

use super::{
    Context, NO_IMAGES,
    few_shot::FEW_SHOT_MODEL,
    train::{Bars, remove},
};
use crate::console::Console;
use spikewright::{
    Result,
    build::{ENCODER, FLOAT_MODEL, GENOME, MODEL, write_json},
    golden::smooth::train::{SmoothConfig, SmoothModel, SmoothProgress},
    ir::{is_theta, read_theta, write_theta},
    job::{self, SmoothAccuracy},
};
use std::path::Path;

/// The model in a run directory.
pub const SMOOTH_MODEL: &str = "smooth.json";

/// Whether a configuration is of this method; one that is not TOML is not.
pub fn is_asked_for(text: &str) -> bool {
    let method = text
        .parse::<toml::Table>()
        .ok()
        .and_then(|t| Some(t.get("method")?.as_str() == Some("smooth")));
    method.unwrap_or(false)
}

pub fn train(context: &Context, file: &Path, text: &str, out: &Path, resume: bool) -> Result<()> {
    let mut config =
        SmoothConfig::from_toml(text).map_err(|e| format!("{}: {e}", file.display()))?;
    config.seed = context.global.seed.unwrap_or(config.seed);
    let mnist = context.mnist()?;
    let mut bars = Bars::new(&context.console);
    let checkpoint = out.join("checkpoint.json");
    // Where nothing is held out, images that train are looked at.
    let watched = if config.validation > 0 { "validation" } else { "afterward" };
    let (model, network, report) = job::train_smooth(&config, &mnist, &checkpoint, resume, |p| {
        match p {
            SmoothProgress::Step { done, of } => bars.step(*done, *of),
            SmoothProgress::Epoch { report: e, .. } => {
                let [training, all, spikes] =
                    [e.train_accuracy, e.accuracy, e.by_spike].map(|x| 100.0 * x);
                bars.epoch(&format!(
                "epoch {:>3}  loss {:.4}  training {training:.2} %  {watched} {all:.2} %, by spike {spikes:.2} %  spikes {:.3}",
                e.epoch, e.loss, e.hidden_spikes
            ));
            }
        }
    })?;
    // A run directory holds one kind of model.
    remove(out, &[MODEL, ENCODER, FLOAT_MODEL, GENOME, FEW_SHOT_MODEL])?;
    model.write(&out.join(SMOOTH_MODEL))?;
    if let Some(network) = &network {
        write_theta(&out.join(MODEL), network)?;
    }
    write_json(&out.join("report.json"), &report)?;
    summary(&context.console, &report.test);
    if let Some(f) = &report.frozen {
        context.console.line(format!(
            "frozen to phases of {} bits: {:.2} %, {:.2} % decided by a spike; {} classes and {} first spikers of {} images differ from double precision; {:.1} events per image",
            f.phase_bits,
            100.0 * f.test.accuracy,
            100.0 * f.test.decided,
            f.classes_differ,
            f.first_spikers_differ,
            f.test.samples,
            f.test.events_per_sample
        ));
    }
    context.console.line(format!("wrote {}", out.display()));
    context.console.finish(&report)
}

pub fn eval(context: &Context, dir: &Path, images: usize) -> Result<()> {
    if images == 0 {
        return Err(NO_IMAGES.into());
    }
    let model = SmoothModel::read(&dir.join(SMOOTH_MODEL))?;
    let accuracy = job::evaluate_smooth(&model, &context.mnist()?, images)?;
    summary(&context.console, &accuracy);
    context.console.finish(&accuracy)
}

/// The frozen net of a run directory on test images, in integers.
pub fn eval_integer(context: &Context, dir: &Path, images: usize) -> Result<()> {
    if images == 0 {
        return Err(NO_IMAGES.into());
    }
    let path = dir.join(MODEL);
    if !path.is_file() || !is_theta(&path)? {
        return Err(format!(
            "{}: a net of theta neurons with real weights is not frozen to integers; ask for --level float, or train with a [binary] table",
            dir.display()
        )
        .into());
    }
    let accuracy = job::evaluate_theta(&read_theta(&path)?, &context.mnist()?, images)?;
    context.console.line(format!(
        "integer level: accuracy {:.2} % on {} images, {:.2} % decided by a spike; {:.1} events per image",
        100.0 * accuracy.accuracy,
        accuracy.samples,
        100.0 * accuracy.decided,
        accuracy.events_per_sample
    ));
    context.console.finish(&accuracy)
}

fn summary(console: &Console, a: &SmoothAccuracy) {
    console.line(format!(
        "accuracy on {} test images: {:.2} % with pseudospikes, {:.2} % by first spikes alone, {:.2} % on hardware; {:.2} % decided by a spike",
        a.samples,
        100.0 * a.accuracy,
        100.0 * a.by_spike,
        100.0 * a.on_hardware,
        100.0 * a.decided
    ));
    console.line(format!(
        "spikes of a hidden neuron per image: {:.3}, up to the decision {:.3}",
        a.hidden_spikes, a.hidden_spikes_used
    ));
}
