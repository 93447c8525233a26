//! Diagnostics: what is wrong, where, and what to do. Collected, not thrown one at a time.

use serde::Serialize;
use std::fmt;

/// One thing a reader has to know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Diagnostic {
    /// Stable kebab-case name of the kind of fault.
    pub code: &'static str,
    /// File, layer, line or memory concerned.
    pub place: String,
    /// What is wrong, with the numbers.
    pub message: String,
    /// The remedy.
    pub help: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]\n  help: {}", self.place, self.message, self.code, self.help)
    }
}

/// All that a pass found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub fn push(
        &mut self,
        code: &'static str,
        place: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.0.push(Diagnostic {
            code,
            place: place.into(),
            message: message.into(),
            help: help.into(),
        });
    }

    /// `Ok` when nothing was found.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, d) in self.0.iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            write!(f, "{d}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
