//! Files of a waveform, in the formats asked for.

use crate::{Result, ir::write_atomic, sim::wave::Waveform};
use std::path::{Path, PathBuf};

/// Where a waveform goes: nowhere, or to one file a format.
#[derive(Clone, Default, Debug, clap::Args)]
pub struct WaveFiles {
    /// Write a waveform (of the first image; in `fuzz` of the first case that fails, cycle model and core
    /// side by side) as a value change dump.
    #[arg(long, value_name = "FILE")]
    pub vcd: Option<PathBuf>,
    /// The same waveform as an FST file, a fraction of the size.
    #[arg(long, value_name = "FILE")]
    pub fst: Option<PathBuf>,
}

impl WaveFiles {
    /// The files' paths.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        [&self.vcd, &self.fst].into_iter().flatten().map(PathBuf::as_path)
    }

    /// No file is asked for.
    pub fn is_empty(&self) -> bool {
        self.paths().next().is_none()
    }

    /// Writes the files.
    ///
    /// # Errors
    /// A file that cannot be written, by name.
    pub fn write(&self, waveform: &Waveform) -> Result<()> {
        if let Some(path) = &self.vcd {
            write_atomic(path, &waveform.vcd()?)?;
        }
        if let Some(path) = &self.fst {
            write_atomic(path, &waveform.fst()?)?;
        }
        Ok(())
    }
}
