//! The programs a build runs, found by the caller.

use crate::VerilatorError;
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

/// Verilator and a C++ compiler.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toolset {
    /// `verilator` or `verilator_bin`, 5.006 or later.
    pub verilator: PathBuf,
    /// `VERILATOR_ROOT`: the folder whose `include/` holds `verilated.h`.
    pub root: PathBuf,
    /// C++17 compiler that takes gcc's options, `g++` or `clang++`.
    pub compiler: PathBuf,
}

/// Lines of a failed tool's output that go into the error.
const LOG_LINES: usize = 40;

const VERILATOR_REMEDY: &str = "install Verilator 5.006 or later";
const COMPILER_REMEDY: &str = "install a C++ compiler (g++)";

impl Toolset {
    /// Folder of Verilator's headers and run-time sources.
    pub(crate) fn include(&self) -> PathBuf {
        self.root.join("include")
    }

    /// Output of both tools' `--version`, which names what a library was built with.
    pub(crate) fn versions(&self) -> Result<String, VerilatorError> {
        let args = ["--version".into()];
        let verilator = self.run_verilator(&args, Path::new("."), "its version")?;
        let compiler = self.run_compiler(&args, Path::new("."), "its version")?;
        Ok(format!("{verilator}\n{compiler}"))
    }

    /// Runs Verilator.
    pub(crate) fn run_verilator(
        &self,
        args: &[OsString],
        dir: &Path,
        top: &str,
    ) -> Result<String, VerilatorError> {
        let mut command = Command::new(&self.verilator);
        command.env("VERILATOR_ROOT", &self.root);
        run(&self.verilator, command, args, dir, top, VERILATOR_REMEDY)
    }

    /// Runs the C++ compiler.
    pub(crate) fn run_compiler(
        &self,
        args: &[OsString],
        dir: &Path,
        top: &str,
    ) -> Result<String, VerilatorError> {
        let command = Command::new(&self.compiler);
        run(&self.compiler, command, args, dir, top, COMPILER_REMEDY)
    }
}

fn run(
    program: &Path,
    mut command: Command,
    args: &[OsString],
    dir: &Path,
    top: &str,
    remedy: &'static str,
) -> Result<String, VerilatorError> {
    let output = command
        .args(args)
        .current_dir(dir)
        .output()
        .map_err(|source| VerilatorError::Start { program: program.into(), source, remedy })?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let all = stdout + &String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = all.lines().collect();
    let log = lines[lines.len().saturating_sub(LOG_LINES)..].join("\n");
    Err(VerilatorError::Failed { program: program.into(), top: top.into(), log })
}
