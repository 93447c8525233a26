//! What a person sees: lines on standard output, progress bars on a terminal's standard error.

use crate::args::Global;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use spikewright::{Result, build::write_json};
use std::{io::IsTerminal, path::PathBuf, time::Duration};

/// Where output goes.
pub struct Console {
    quiet: bool,
    json: Option<PathBuf>,
}

impl Console {
    /// As the global options say.
    pub fn new(global: &Global) -> Self {
        Self { quiet: global.quiet, json: global.json.clone() }
    }

    /// Prints a line.
    pub fn line(&self, text: impl AsRef<str>) {
        if !self.quiet {
            println!("{}", text.as_ref());
        }
    }

    /// Says what is going on, on standard error.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            eprintln!("{}", text.as_ref());
        }
    }

    /// A bar of `length` steps; hidden when nobody would see it.
    pub fn bar(&self, what: &str, length: usize) -> ProgressBar {
        if self.quiet || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg:24} {wide_bar} {pos}/{len} {eta}")
            .expect("the template is well-formed");
        let bar = ProgressBar::new(length as u64).with_style(style).with_message(what.to_string());
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// Writes the machine-readable report when one is asked for.
    pub fn finish<T: Serialize>(&self, report: &T) -> Result<()> {
        if let Some(path) = &self.json {
            write_json(path, report)?;
        }
        Ok(())
    }
}
