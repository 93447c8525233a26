//! What a training run leaves behind epoch by epoch: its metrics, and a checkpoint to go on from.

use crate::{
    Result,
    golden::{
        metrics::{Metrics, Report},
        train::CheckpointError,
    },
    ir::FileError,
};
use std::path::Path;

/// The checkpoint a run goes on from, by a function that reads it.
pub fn start<C>(
    path: &Path,
    read: fn(&Path) -> std::result::Result<C, CheckpointError>,
) -> Result<C> {
    Ok(read(path).map_err(|e| {
        format!("{e}\n  help: --resume goes on from a checkpoint; without it the run starts anew")
    })?)
}

/// A checkpoint's file, and the metrics beside it.
pub struct Record<'a, R: Report> {
    checkpoint: &'a Path,
    metrics: Metrics<R>,
    fault: Option<Box<dyn std::error::Error>>,
}

impl<'a, R: Report> Record<'a, R> {
    /// Makes the folder, which is refused now rather than after the training. A run that goes on keeps
    /// its first `kept` reports.
    pub fn open(checkpoint: &'a Path, kept: usize) -> Result<Self> {
        let folder = checkpoint.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)
            .map_err(|source| FileError::Io { path: folder.into(), source })?;
        Ok(Self { checkpoint, metrics: Metrics::open(folder, kept)?, fault: None })
    }

    /// Reports so far.
    pub fn reports(&self) -> &[R] {
        self.metrics.reports()
    }

    /// Writes an epoch's report and, by a function, its checkpoint; nothing more once that failed.
    pub fn epoch(
        &mut self,
        report: &R,
        write: impl FnOnce(&Path) -> std::result::Result<(), CheckpointError>,
    ) {
        if self.fault.is_some() {
            return;
        }
        // Metrics first: a checkpoint promises the metrics of its epochs.
        self.fault = match self.metrics.epoch(report) {
            Ok(()) => write(self.checkpoint).err().map(Into::into),
            Err(e) => Some(e.into()),
        };
    }

    /// What could not be written, if anything.
    pub fn check(&mut self) -> Result<()> {
        self.fault.take().map_or(Ok(()), Err)
    }
}
