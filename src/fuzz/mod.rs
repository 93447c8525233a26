//! Differential fuzzing: random and adverse networks through the levels, each compared with the
//! simulator; cases that fail are made small and written as files that can be run again.
//!
//! [`run`] runs a [`Plan`]: case `number` of a seed and preset is always the same ([`case`]), runs on
//! fresh cores ([`check`]), and so reports do not depend on threads.

mod case;
mod check;
mod compare;
mod draw;
mod file;
mod level;
mod link;
mod run;
mod shrink;
mod theta;
mod wave;

pub use case::{Case, Part};
pub use check::{Verdict, check};
pub use compare::{Failure, Parting, Runs, core_differs, reference_differs, simulate};
pub use draw::{Drawn, KINDS, Kind, case, preset_of};
pub use file::CaseFile;
pub use level::{Cores, LEVELS, Level, presets_of};
pub use run::{Found, FuzzReport, Plan, replay, run};
pub use shrink::shrink;
pub use theta::{ThetaFuzz, theta};
pub use wave::waveform;
