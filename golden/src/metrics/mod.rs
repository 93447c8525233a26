//! Metrics of a run, epoch by epoch: `metrics.jsonl`, one JSON object a line, and a TensorBoard
//! event file; with diagnostics also curves as SVG. All are rewritten whole and atomically, so none is
//! ever torn, and hold no clock, so the same run gives the same bytes.

mod curves;
pub(crate) mod figure;
mod tensorboard;

use crate::{meta::FewShotReport, smooth::train::SmoothReport, train::EpochReport};
use serde::{Serialize, de::DeserializeOwned};
use spikewright_ir::{FileError, read_bytes, write_atomic};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// JSON lines in a run directory.
pub const METRICS: &str = "metrics.jsonl";
/// TensorBoard's file in a run directory; it finds files by the first part of the name.
pub const EVENTS: &str = "events.out.tfevents.0.spikewright";

/// Why metrics cannot be kept.
#[derive(Debug, Error)]
pub enum MetricsError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file a resumed run goes on with is none of ours, or too short.
    #[error("{}: line {line}: {message}; start the run again without resuming", path.display())]
    Malformed {
        /// File concerned.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// One epoch of some method in numbers: a line of JSON.
pub trait Report: Clone + Serialize + DeserializeOwned {
    /// Its epoch.
    fn epoch(&self) -> usize;
    /// Names and values for plots.
    fn scalars(&self) -> Vec<(String, f64)>;
    /// Curves of the run as SVG: names of files, and their texts.
    fn curves(reports: &[Self]) -> Vec<(&'static str, String)>;
}

impl Report for EpochReport {
    fn epoch(&self) -> usize {
        self.epoch
    }

    fn scalars(&self) -> Vec<(String, f64)> {
        let values = [
            ("loss/train", self.loss),
            ("accuracy/train", self.train_accuracy),
            ("accuracy/validation", self.validation_accuracy),
            ("flips/epoch", self.flips_per_epoch),
            ("flips/step_sum", self.flips_per_step_sum),
        ];
        let mut values: Vec<(String, f64)> = values.map(|(tag, v)| (tag.to_owned(), v)).into();
        for (k, l) in self.layers.iter().enumerate() {
            let of_layer = [
                ("flips_per_epoch", l.flips_per_epoch),
                ("flips_per_step_sum", l.flips_per_step_sum),
                ("flips_per_step_max", l.flips_per_step_max),
                ("predicted_flips", l.predicted_flips),
                ("firing_rate", l.firing_rate),
                ("gradient_mean", l.gradient_mean),
                ("gradient_variance", l.gradient_variance),
            ];
            values.extend(of_layer.map(|(tag, v)| (format!("{tag}/layer{k}"), v)));
        }
        values
    }

    fn curves(reports: &[Self]) -> Vec<(&'static str, String)> {
        curves::files(reports)
    }
}

impl Report for SmoothReport {
    fn epoch(&self) -> usize {
        self.epoch
    }

    fn scalars(&self) -> Vec<(String, f64)> {
        SmoothReport::scalars(self).into_iter().map(|(tag, v)| (tag.to_owned(), v)).collect()
    }

    fn curves(reports: &[Self]) -> Vec<(&'static str, String)> {
        curves::smooth_files(reports)
    }
}

impl Report for FewShotReport {
    fn epoch(&self) -> usize {
        self.epoch
    }

    fn scalars(&self) -> Vec<(String, f64)> {
        let accuracy = self.accuracy.map(|a| ("accuracy/train".to_owned(), a));
        let values = [("loss/train", self.loss), ("accuracy/validation", self.validation)];
        values.into_iter().map(|(tag, v)| (tag.to_owned(), v)).chain(accuracy).collect()
    }

    fn curves(reports: &[Self]) -> Vec<(&'static str, String)> {
        curves::few_shot_files(reports)
    }
}

/// The metrics of a run and the directory they go to.
pub struct Metrics<R = EpochReport> {
    folder: PathBuf,
    reports: Vec<R>,
}

impl<R: Report> Metrics<R> {
    /// Metrics of a run that starts, or that goes on after it has reported `reported` times: those
    /// reports are read back from the directory, later ones forgotten.
    pub fn open(folder: &Path, reported: usize) -> Result<Self, MetricsError> {
        let mut reports = Vec::new();
        if reported > 0 {
            let path = folder.join(METRICS);
            let bytes = read_bytes(&path)?;
            let mut lines = bytes.split(|b| *b == b'\n');
            for line in 1..=reported {
                let fault =
                    |message: String| MetricsError::Malformed { path: path.clone(), line, message };
                let text = lines.next().filter(|l| !l.is_empty());
                let text = text.ok_or_else(|| fault("missing".into()))?;
                reports.push(serde_json::from_slice(text).map_err(|e| fault(e.to_string()))?);
            }
        }
        Ok(Self { folder: folder.into(), reports })
    }

    /// Every epoch so far.
    pub fn reports(&self) -> &[R] {
        &self.reports
    }

    /// Adds an epoch and writes all files.
    pub fn epoch(&mut self, report: &R) -> Result<(), MetricsError> {
        self.reports.push(report.clone());
        let mut lines = Vec::new();
        for report in &self.reports {
            serde_json::to_writer(&mut lines, report).expect("numbers are written to memory");
            lines.push(b'\n');
        }
        write_atomic(&self.folder.join(METRICS), &lines)?;
        write_atomic(&self.folder.join(EVENTS), &tensorboard::file(&self.reports))?;
        for (name, text) in R::curves(&self.reports) {
            write_atomic(&self.folder.join(name), text.as_bytes())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(epoch: usize) -> EpochReport {
        EpochReport {
            epoch,
            loss: 0.1 + 1.0 / epoch as f64,
            train_accuracy: 0.9,
            validation_accuracy: 0.8,
            flips_per_epoch: 0.01,
            flips_per_step_sum: 0.1,
            plasticity: None,
            layers: vec![crate::train::LayerReport {
                weights: 100,
                flips_per_epoch: 0.01 / epoch as f64,
                flips_per_step_sum: 0.1,
                flips_per_step_max: 0.02,
                predicted_flips: 0.09,
                firing_rate: 0.2,
                gradient_mean: -1e-9,
                gradient_variance: 1e-8,
            }],
        }
    }

    #[test]
    fn a_resumed_run_writes_the_same_files() {
        let dir = tempfile::tempdir().unwrap();
        let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
        let mut metrics = Metrics::open(dir.path(), 0).unwrap();
        for epoch in 1..=3 {
            metrics.epoch(&report(epoch)).unwrap();
        }
        let files = || (read(METRICS), read(EVENTS), read("curve-flips.svg"));
        let whole = files();
        assert!(whole.1.windows(22).any(|w| w == b"flips_per_epoch/layer0"), "no tag of a layer");
        assert_eq!(whole.0.iter().filter(|b| **b == b'\n').count(), 3);
        let mut metrics = Metrics::open(dir.path(), 2).unwrap();
        assert_eq!(metrics.reports(), [report(1), report(2)]);
        metrics.epoch(&report(3)).unwrap();
        assert!(whole == files());
        let text = Metrics::<EpochReport>::open(dir.path(), 4).err().unwrap().to_string();
        assert!(text.contains("metrics.jsonl: line 4: missing"), "{text}");
        std::fs::write(dir.path().join(METRICS), "{}\n").unwrap();
        let text = Metrics::<EpochReport>::open(dir.path(), 1).err().unwrap().to_string();
        assert!(text.contains("line 1: missing field"), "{text}");
    }
}
