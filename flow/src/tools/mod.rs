//! The external tools: which versions are accepted, where they are, and how they get there.
//!
//! Either the whole synthesis set on PATH has the accepted versions, or all of it comes from a
//! private Python environment with pinned packages; the two are never mixed, because nextpnr refuses
//! netlists of another yosys and because published figures name the versions.

mod error;
mod path;
mod pins;
mod prover;
mod status;
mod venv;

pub use error::ToolError;
pub use pins::{PINS, Pin, pins_hash};
pub use prover::{Prover, prover};
pub use status::{ToolStatus, check, cxx};

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

/// Tools that a build plan may call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum ToolName {
    /// Synthesis.
    #[serde(rename = "yosys")]
    Yosys,
    /// Place and route, iCE40.
    #[serde(rename = "nextpnr-ice40")]
    NextpnrIce40,
    /// Bitstream, iCE40.
    #[serde(rename = "icepack")]
    Icepack,
    /// Place and route, ECP5.
    #[serde(rename = "nextpnr-ecp5")]
    NextpnrEcp5,
    /// Bitstream, ECP5.
    #[serde(rename = "ecppack")]
    Ecppack,
}

impl ToolName {
    /// All of them.
    pub const ALL: [ToolName; 5] = [
        ToolName::Yosys,
        ToolName::NextpnrIce40,
        ToolName::Icepack,
        ToolName::NextpnrEcp5,
        ToolName::Ecppack,
    ];

    /// Name of the executable.
    pub const fn name(self) -> &'static str {
        match self {
            ToolName::Yosys => "yosys",
            ToolName::NextpnrIce40 => "nextpnr-ice40",
            ToolName::Icepack => "icepack",
            ToolName::NextpnrEcp5 => "nextpnr-ecp5",
            ToolName::Ecppack => "ecppack",
        }
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A tool that was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tool {
    /// Which one.
    pub name: ToolName,
    /// Its executable.
    pub program: PathBuf,
    /// Environment it needs.
    pub env: Vec<(OsString, OsString)>,
    /// Its version, as reports name it.
    pub version: String,
}

impl Tool {
    /// A command without arguments, with the environment set. Python's and WASM's own variables are
    /// removed: they would lead the tool to other packages or hide the build directory.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for name in ["PYTHONHOME", "PYTHONPATH", "YOWASP_MOUNT"] {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").envs(self.env.iter().map(|(k, v)| (k, v)));
        command
    }
}

/// Verilator: its compiler and the directory of its run-time sources.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerilatorTool {
    /// Executable; must run with `VERILATOR_ROOT` set to `root`.
    pub binary: PathBuf,
    /// Directory that holds `include/verilated.cpp`.
    pub root: PathBuf,
    /// Its version, e.g. `5.048`.
    pub version: String,
}

/// Everything the flow calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toolset {
    /// yosys 0.70.
    pub yosys: Tool,
    /// nextpnr-ice40 0.11.
    pub nextpnr_ice40: Tool,
    /// icepack.
    pub icepack: Tool,
    /// nextpnr-ecp5 0.11.
    pub nextpnr_ecp5: Tool,
    /// ecppack.
    pub ecppack: Tool,
    /// Verilator 5.006 or later.
    pub verilator: VerilatorTool,
}

impl Toolset {
    /// The tool of that name.
    pub fn get(&self, name: ToolName) -> &Tool {
        match name {
            ToolName::Yosys => &self.yosys,
            ToolName::NextpnrIce40 => &self.nextpnr_ice40,
            ToolName::Icepack => &self.icepack,
            ToolName::NextpnrEcp5 => &self.nextpnr_ecp5,
            ToolName::Ecppack => &self.ecppack,
        }
    }

    /// Versions by tool name, Verilator included.
    pub fn versions(&self) -> BTreeMap<String, String> {
        let flow = ToolName::ALL.iter().map(|n| (n.to_string(), self.get(*n).version.clone()));
        flow.chain([("verilator".to_string(), self.verilator.version.clone())]).collect()
    }

    fn assemble(mut tools: BTreeMap<ToolName, Tool>, verilator: VerilatorTool) -> Option<Self> {
        Some(Toolset {
            yosys: tools.remove(&ToolName::Yosys)?,
            nextpnr_ice40: tools.remove(&ToolName::NextpnrIce40)?,
            icepack: tools.remove(&ToolName::Icepack)?,
            nextpnr_ecp5: tools.remove(&ToolName::NextpnrEcp5)?,
            ecppack: tools.remove(&ToolName::Ecppack)?,
            verilator,
        })
    }
}

/// Where the private environment is or would be: `$SPIKEWRIGHT_TOOLS`, else `spikewright` in the
/// user's cache directory, and in it a directory named after the pinned versions.
pub fn environment_dir() -> Result<PathBuf, ToolError> {
    let set = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = set("SPIKEWRIGHT_TOOLS")
        .or_else(|| {
            set("XDG_CACHE_HOME").filter(|p| p.is_absolute()).map(|c| c.join("spikewright"))
        })
        .or_else(|| set("HOME").map(|h| h.join(".cache").join("spikewright")))
        .ok_or(ToolError::NoCache)?;
    let base = std::path::absolute(&base).map_err(ToolError::io(&base))?;
    Ok(base.join(format!("tools-{}", &pins_hash()[..16])))
}

/// Finds the tools without installing anything.
pub fn find() -> Result<Toolset, ToolError> {
    find_in(&std::env::var_os("PATH").unwrap_or_default(), &environment_dir()?)
}

fn find_in(path: &std::ffi::OsStr, environment: &Path) -> Result<Toolset, ToolError> {
    let (flow, flow_fault) = match path::flow_set(path) {
        Ok(set) => (Some(set), String::new()),
        Err(why) => (None, why),
    };
    let verilator = path::verilator(path).ok();
    if let (Some(flow), Some(verilator)) = (&flow, &verilator)
        && let Some(set) = Toolset::assemble(flow.clone(), verilator.clone())
    {
        return Ok(set);
    }
    let private = venv::open(environment)?.ok_or_else(|| ToolError::Missing {
        path_fault: if flow.is_some() { "no verilator >= 5.006".into() } else { flow_fault },
        environment: environment.into(),
    })?;
    let verilator = verilator.unwrap_or(private.verilator);
    let set = Toolset::assemble(flow.unwrap_or(private.tools), verilator);
    Ok(set.expect("both sources hold every tool"))
}

/// Makes the private environment, if it is not there yet, and returns the tools. `progress` is told
/// what happens; on a new machine this takes a minute or two, 800 MB of disk and, for a moment,
/// 1.7 GB of memory. Other processes that want the same wait for it.
pub fn install(progress: &mut dyn FnMut(&str)) -> Result<Toolset, ToolError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    venv::install(&environment_dir()?, &path, progress)?;
    find()
}

/// Finds the tools, or installs them.
pub fn ensure(progress: &mut dyn FnMut(&str)) -> Result<Toolset, ToolError> {
    match find() {
        Err(ToolError::Missing { path_fault, .. }) => {
            progress(&format!("tools on PATH are not used ({path_fault})"));
            install(progress)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::path::tests::{ECP, ECPPACK, ICE, ICEPACK, YOSYS, fakes, script};
    use super::*;
    use std::fs;

    #[test]
    fn a_full_path_needs_no_environment() {
        let dir = fakes(&[YOSYS, ICE, ECP, ECPPACK, ICEPACK]);
        let nowhere = dir.path().join("no-environment");
        let error = find_in(dir.path().as_os_str(), &nowhere).unwrap_err().to_string();
        assert!(error.contains("on PATH: no verilator"), "{error}");

        let root = dir.path().join("share");
        fs::create_dir_all(root.join("include")).unwrap();
        fs::write(root.join("include/verilated.cpp"), "").unwrap();
        let binary = dir.path().join("verilator");
        let version = "--version) echo 'Verilator 5.006 2023-01-22 rev x'";
        script(&binary, &format!("case $1 in {version};; *) echo {};; esac", root.display()));
        let set = find_in(dir.path().as_os_str(), &nowhere).unwrap();
        assert_eq!(set.verilator, VerilatorTool { binary, root, version: "5.006".into() });
        assert_eq!(set.versions()["yosys"], "0.70");
        for name in ToolName::ALL {
            assert_eq!(set.get(name).program, dir.path().join(name.name()));
        }
    }

    #[test]
    fn a_partial_path_is_refused_with_the_remedy() {
        let dir = fakes(&[YOSYS, ICE, ICEPACK]);
        let nowhere = dir.path().join("no-environment");
        let error = find_in(dir.path().as_os_str(), &nowhere).unwrap_err().to_string();
        assert!(error.contains("no nextpnr-ecp5"), "{error}");
        assert!(error.contains("run `spikewright tools install`"), "{error}");
    }
}
