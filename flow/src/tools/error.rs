//! What can go wrong with the tools, each with its remedy.

use std::{io, path::PathBuf};
use thiserror::Error;

/// Why the tools cannot be used.
#[derive(Debug, Error)]
pub enum ToolError {
    /// Neither PATH nor the private environment has them.
    #[error("synthesis tools are missing: on PATH: {path_fault}; no environment in {}; run `spikewright tools install`", environment.display())]
    Missing {
        /// Why the tools on PATH do not serve.
        path_fault: String,
        /// Where the private environment would be.
        environment: PathBuf,
    },
    /// No directory for the environment.
    #[error(
        "no place for the tools: neither SPIKEWRIGHT_TOOLS, XDG_CACHE_HOME nor HOME is set; set SPIKEWRIGHT_TOOLS to a directory with 800 MB free"
    )]
    NoCache,
    /// No Python.
    #[error(
        "python3 is not on PATH; the tools come as Python packages: install it (Debian: apt-get install python3 python3-venv)"
    )]
    NoPython,
    /// No C++ compiler.
    #[error(
        "no C++ compiler on PATH; Verilator models need one: install g++ (Debian: apt-get install g++) or set CXX"
    )]
    NoCxx,
    /// A step of the installation failed.
    #[error("installing the tools: {what} failed ({status}); {help}; full log {}:\n{tail}", log.display())]
    Install {
        /// The step.
        what: &'static str,
        /// Exit status in words.
        status: String,
        /// The remedy.
        help: &'static str,
        /// Full log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The operating system refused.
    #[error("{}: {source}; set SPIKEWRIGHT_TOOLS to a writable directory with 800 MB free", path.display())]
    Io {
        /// File or directory concerned.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl ToolError {
    /// Wraps an operating-system error with the path it concerns.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| ToolError::Io { path, source }
    }
}
