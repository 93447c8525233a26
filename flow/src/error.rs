//! What can go wrong between Verilog and bitstream, each with its remedy.

use crate::tools::ToolError;
use spikewright_ir::{Diagnostics, FileError};
use std::{io, path::PathBuf};
use thiserror::Error;

/// An error of this crate.
#[derive(Debug, Error)]
pub enum FlowError {
    /// Faults found before any tool ran.
    #[error(transparent)]
    Diagnostics(#[from] Diagnostics),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A tool is missing, has the wrong version or could not be installed.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// File or directory concerned.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not what it should be.
    #[error("{}: {message}; {help}", path.display())]
    Malformed {
        /// File concerned.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
        /// The remedy.
        help: &'static str,
    },
    /// An image cannot go into a board's flash.
    #[error("board {board}: {problem}")]
    Flash {
        /// Board concerned.
        board: String,
        /// Why, and the remedy.
        problem: String,
    },
    /// A tool ended with an error.
    #[error("step {step} failed ({status}); last lines of {}:\n{tail}", log.display())]
    Step {
        /// Step of the plan.
        step: String,
        /// Exit status in words.
        status: String,
        /// Full log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// A tool said it succeeded but left no product.
    #[error("step {step} ended well but did not write {product}; see {}", log.display())]
    NoProduct {
        /// Step of the plan.
        step: String,
        /// File that is missing.
        product: String,
        /// Full log.
        log: PathBuf,
    },
    /// A step took longer than allowed.
    #[error("step {step} did not end within {seconds} s and was stopped; see {}; try another seed or a longer limit", log.display())]
    TimeLimit {
        /// Step of the plan.
        step: String,
        /// The limit.
        seconds: u64,
        /// Log up to there.
        log: PathBuf,
    },
    /// The caller asked to stop.
    #[error("stopped in step {step}; no bitstream was written")]
    Cancelled {
        /// Step that was running.
        step: String,
    },
    /// No seed reached the core clock: nothing was packed.
    #[error(
        "{board}: clock `{clock}` reaches {fmax_mhz:.2} MHz at best (seed {seed} of {seeds}), the board runs it at {target_mhz:.2} MHz; not packed. Try more seeds or a slower PLL setting in boards.toml"
    )]
    Timing {
        /// Board key.
        board: String,
        /// Net of the clock that fails.
        clock: String,
        /// What it reaches, MHz.
        fmax_mhz: f64,
        /// What it must reach, MHz.
        target_mhz: f64,
        /// Best seed.
        seed: u32,
        /// Number of seeds tried.
        seeds: usize,
    },
    /// No programmer is on PATH.
    #[error(
        "none of {tried} found on PATH; install one ({install}), or run with --dry-run to see the command"
    )]
    NoProgrammer {
        /// Programmers that know this board.
        tried: String,
        /// How to install the first.
        install: &'static str,
    },
    /// A programmer ended with an error.
    #[error(
        "`{command}` failed ({status}); is the board connected, and does its udev rule stand (docs/boards.md)?"
    )]
    Programmer {
        /// The command line.
        command: String,
        /// Exit status in words.
        status: String,
    },
}

impl FlowError {
    /// Wraps an operating-system error with the path it concerns.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| FlowError::Io { path, source }
    }
}
