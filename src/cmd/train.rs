//! `train`: configuration to run directory.

use super::{
    Context,
    few_shot::{self, FEW_SHOT_MODEL},
    smooth::{self, SMOOTH_MODEL},
    team::in_team,
};
use crate::console::Console;
use indicatif::ProgressBar;
use spikewright::{
    Result,
    build::GENOME,
    data::Dataset,
    golden::{
        meta::asks_for_few_shot,
        train::{Progress, TrainConfig},
    },
    ir::{FileError, read_bytes},
    job::{self, Trained},
};
use std::{fs, io, path::Path};

pub fn run(context: &Context, file: &Path, out: &Path, resume: bool) -> Result<()> {
    let text = text(file)?;
    if smooth::is_asked_for(&text) {
        return alone(|| smooth::train(context, file, &text, out, resume));
    }
    if asks_for_few_shot(&text) {
        return alone(|| few_shot::train(context, file, &text, out, resume));
    }
    let (config, data) = configured(context, file, &text)?;
    in_team(|team| {
        let leads = team.rank() == 0;
        let mut bars = Bars::new(&context.console);
        let checkpoint = out.join("checkpoint.json");
        let trained = job::train_in(team, &config, &data, Some((&checkpoint, resume)), |p| {
            if leads {
                bars.show(p);
            }
        })?;
        if !leads {
            return Ok(());
        }
        write(out, &trained)?;
        summary(&context.console, &trained);
        context.console.line(format!("wrote {}", out.display()));
        context.console.finish(&trained.report)
    })
}

/// Trains by a method that knows no team.
fn alone(train: impl FnOnce() -> Result<()>) -> Result<()> {
    in_team(|team| match team.size() {
        1 => train(),
        n => Err(format!("{n} ranks: this method trains on one").into()),
    })
}

/// The text of a configuration.
pub fn text(file: &Path) -> Result<String> {
    Ok(String::from_utf8(read_bytes(file)?)
        .map_err(|_| format!("{}: not text; a configuration is TOML", file.display()))?)
}

/// What a configuration file says, with the command line's seed, and the data it names.
pub fn configured(context: &Context, file: &Path, text: &str) -> Result<(TrainConfig, Dataset)> {
    let mut config =
        TrainConfig::from_toml(text).map_err(|e| format!("{}: {e}", file.display()))?;
    config.seed = context.global.seed.unwrap_or(config.seed);
    let folder = file.parent().unwrap_or(Path::new(""));
    let data = Dataset::open(&config, folder, context.global.data.as_deref())?;
    Ok((config, data))
}

/// Writes a run directory.
pub fn write(out: &Path, trained: &Trained) -> Result<()> {
    remove(out, &[SMOOTH_MODEL, GENOME, FEW_SHOT_MODEL])?;
    trained.write(out)
}

/// Removes a run directory's files of these names, those that are there.
pub fn remove(out: &Path, names: &[&str]) -> Result<()> {
    for path in names.iter().map(|name| out.join(name)) {
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(FileError::Io { path, source }.into());
            }
            _ => {}
        }
    }
    Ok(())
}

/// Prints what a training run reached.
pub fn summary(console: &Console, trained: &Trained) {
    let r = &trained.report;
    console.line(format!(
        "test accuracy: float {:.2} %, integer {:.2} % (F = {:?}); {} of {} predictions differ",
        100.0 * r.float_accuracy,
        100.0 * r.integer_accuracy,
        r.freeze.frac_bits,
        r.predictions_differ,
        trained.test.labels.len()
    ));
    console.line(format!(
        "activity per tick: {:.1} input spikes, {} by layer; {:.0} synaptic operations per sample",
        r.activity.input_spikes_per_tick,
        r.activity
            .layer_spikes_per_tick
            .iter()
            .map(|s| format!("{s:.1}"))
            .collect::<Vec<_>>()
            .join(", "),
        r.activity.sop_per_sample
    ));
}

/// A bar over all steps, a line per epoch.
pub struct Bars<'a> {
    console: &'a Console,
    bar: Option<ProgressBar>,
}

impl<'a> Bars<'a> {
    pub fn new(console: &'a Console) -> Self {
        Self { console, bar: None }
    }

    pub fn show(&mut self, progress: &Progress<'_>) {
        match progress {
            Progress::Step { done, of, .. } => self.step(*done, *of),
            Progress::Epoch { report: e, .. } => self.epoch(&format!(
                "epoch {:>3}  loss {:.4}  training {:.2} %  validation {:.2} %  flips {:.4}",
                e.epoch,
                e.loss,
                100.0 * e.train_accuracy,
                100.0 * e.validation_accuracy,
                e.flips_per_epoch
            )),
        }
    }

    pub fn step(&mut self, done: usize, of: usize) {
        let bar = self.bar.get_or_insert_with(|| self.console.bar("training", of));
        bar.set_position(done as u64);
        if done == of {
            bar.finish_and_clear();
        }
    }

    pub fn epoch(&self, line: &str) {
        match &self.bar {
            Some(bar) if !bar.is_hidden() => bar.suspend(|| self.console.note(line)),
            _ => self.console.note(line),
        }
    }
}
