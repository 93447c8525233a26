//! Metrics of a run, epoch by epoch: `metrics.jsonl`, one JSON object a line, and a TensorBoard
//! event file. Both are rewritten whole and atomically, so neither is ever torn, and hold no clock,
//! so the same run gives the same bytes.

mod tensorboard;

use crate::{smooth::train::SmoothReport, train::EpochReport};
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
    fn scalars(&self) -> Vec<(&'static str, f64)>;
}

impl Report for EpochReport {
    fn epoch(&self) -> usize {
        self.epoch
    }

    fn scalars(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("loss/train", self.loss),
            ("accuracy/train", self.train_accuracy),
            ("accuracy/validation", self.validation_accuracy),
            ("flips/epoch", self.flips_per_epoch),
            ("flips/step_sum", self.flips_per_step_sum),
        ]
    }
}

impl Report for SmoothReport {
    fn epoch(&self) -> usize {
        self.epoch
    }

    fn scalars(&self) -> Vec<(&'static str, f64)> {
        SmoothReport::scalars(self)
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

    /// Adds an epoch and writes both files.
    pub fn epoch(&mut self, report: &R) -> Result<(), MetricsError> {
        self.reports.push(report.clone());
        let mut lines = Vec::new();
        for report in &self.reports {
            serde_json::to_writer(&mut lines, report).expect("numbers are written to memory");
            lines.push(b'\n');
        }
        write_atomic(&self.folder.join(METRICS), &lines)?;
        write_atomic(&self.folder.join(EVENTS), &tensorboard::file(&self.reports))?;
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
        let whole = (read(METRICS), read(EVENTS));
        assert_eq!(whole.0.iter().filter(|b| **b == b'\n').count(), 3);
        let mut metrics = Metrics::open(dir.path(), 2).unwrap();
        assert_eq!(metrics.reports(), [report(1), report(2)]);
        metrics.epoch(&report(3)).unwrap();
        assert!(whole == (read(METRICS), read(EVENTS)));
        let text = Metrics::<EpochReport>::open(dir.path(), 4).err().unwrap().to_string();
        assert!(text.contains("metrics.jsonl: line 4: missing"), "{text}");
        std::fs::write(dir.path().join(METRICS), "{}\n").unwrap();
        let text = Metrics::<EpochReport>::open(dir.path(), 1).err().unwrap().to_string();
        assert!(text.contains("line 1: missing field"), "{text}");
    }
}
