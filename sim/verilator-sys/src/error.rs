//! What can go wrong between Verilog text and a running model.

use std::path::PathBuf;
use thiserror::Error;

/// Why a model could not be built or loaded.
#[derive(Debug, Error)]
pub enum VerilatorError {
    /// A tool could not be started.
    #[error("{}: {source}; {remedy}", program.display())]
    Start {
        /// Program tried.
        program: PathBuf,
        /// What the system said.
        source: std::io::Error,
        /// What to install.
        remedy: &'static str,
    },
    /// A tool reported failure.
    #[error("{} failed on {top}:\n{log}", program.display())]
    Failed {
        /// Program run.
        program: PathBuf,
        /// Top module.
        top: String,
        /// End of its output.
        log: String,
    },
    /// The port list cannot be that of the module.
    #[error("port {name:?}: {problem}; take names and widths from the Verilog module")]
    Port {
        /// Port concerned.
        name: String,
        /// What is wrong.
        problem: String,
    },
    /// A file of the cache could not be read or written.
    #[error("{}: {source}; is the cache folder writable?", path.display())]
    Io {
        /// File concerned.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The library cannot be loaded.
    #[error("{}: {source}; delete the file to build it again", path.display())]
    Load {
        /// Library concerned.
        path: PathBuf,
        /// What the loader said.
        source: libloading::Error,
    },
}
