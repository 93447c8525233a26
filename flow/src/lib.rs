//! From a board top's Verilog to a bitstream, with open tools.
//!
//! [`Boards`] says what a board is, [`plan`] turns Verilog and a board into a [`BuildPlan`] (pure
//! data, no tool is touched), [`run`] executes a plan in a directory with a [`tools::Toolset`], and
//! [`program`] names the command that loads the result. A build whose clock the router does not
//! reach is not packed. Tools are started from argument vectors, never through a shell.
#![forbid(unsafe_code)]

mod board;
mod clock;
mod constraints;
mod digest;
mod error;
mod lock;
mod plan;
mod pll;
pub mod program;
mod report;
mod run;
mod suggest;
pub mod tools;

pub use board::{Board, Boards, ConstraintFile, Family, HostLink, Loader, Programmer};
pub use constraints::{ClockConstraint, Constraints, PinAssignment, check_constraints};
pub use error::FlowError;
pub use plan::{
    Attempt, BuildInput, BuildPlan, PlanFile, SYNTH_ECP5, SYNTH_ICE40, SeedPolicy, Step, plan,
    synth_ice40,
};
pub use pll::Pll;
pub use report::{ClockTiming, PlaceReport, Resource, Utilization};
pub use run::{AttemptReport, BuildReport, Product, RunOptions, StepTime, run};
