//! Tools on PATH: found, asked for their version, and taken only as a complete accepted set.

use super::{Tool, ToolName, VerilatorTool, pins};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// An executable on this PATH.
pub(super) fn locate(name: &str, path: &OsStr) -> Option<PathBuf> {
    which::which_in(name, Some(path), Path::new("/")).ok()
}

/// Standard output and error of a program run with these arguments.
pub(super) fn output(program: &Path, args: &[&str]) -> Option<String> {
    let out = Command::new(program).args(args).stdin(Stdio::null()).output().ok()?;
    let mut text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&out.stderr));
    Some(text)
}

/// The five synthesis tools, or why they do not serve.
pub(super) fn flow_set(path: &OsStr) -> Result<BTreeMap<ToolName, Tool>, String> {
    ToolName::ALL.iter().map(|name| flow_tool(*name, path).map(|tool| (*name, tool))).collect()
}

/// One synthesis tool of an accepted version, or why it does not serve.
pub(super) fn flow_tool(name: ToolName, path: &OsStr) -> Result<Tool, String> {
    let program = locate(name.name(), path).ok_or_else(|| format!("no {name}"))?;
    let version = match pins::accepted(name) {
        None => "unversioned".to_string(),
        Some((mark, wanted)) => {
            let text = output(&program, &["--version"]).unwrap_or_default();
            let version = version_after(&text, mark).unwrap_or_else(|| "unknown".into());
            if !same_release(&version, wanted) {
                return Err(format!("{name} is version {version}, accepted is {wanted}"));
            }
            version
        }
    };
    Ok(Tool { name, program, env: Vec::new(), version })
}

/// Verilator from PATH, if it is recent enough and can say where its sources are.
pub(super) fn verilator(path: &OsStr) -> Result<VerilatorTool, String> {
    let binary = locate("verilator", path).ok_or("no verilator")?;
    let text = output(&binary, &["--version"]).unwrap_or_default();
    let version = version_after(&text, "Verilator ").unwrap_or_else(|| "unknown".into());
    let mut parts = version.split('.').map(|p| p.parse::<u32>().ok());
    let number = parts.next().flatten().zip(parts.next().flatten());
    if number.is_none_or(|n| n < pins::VERILATOR_MIN) {
        return Err(format!("verilator is version {version}, accepted is 5.006 or later"));
    }
    let root = output(&binary, &["--getenv", "VERILATOR_ROOT"]).unwrap_or_default();
    let root = PathBuf::from(root.trim());
    if !root.join("include/verilated.cpp").is_file() {
        return Err(format!("verilator's sources are not in {}", root.display()));
    }
    Ok(VerilatorTool { binary, root, version })
}

/// The dotted number behind `mark`.
fn version_after(text: &str, mark: &str) -> Option<String> {
    text.match_indices(mark).find_map(|(at, _)| {
        let rest = &text[at + mark.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let version = rest[..end].trim_end_matches('.');
        (!version.is_empty()).then(|| version.to_string())
    })
}

/// Whether `version` is `wanted` or a patch release of it: 0.70 and 0.70.1, but not 0.7 or 0.701.
fn same_release(version: &str, wanted: &str) -> bool {
    version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::fs;

    /// Writes an executable script. Another process does the writing: if this one had the file
    /// open while a thread beside it starts a process, running the script would fail as "busy".
    pub fn script(file: &Path, body: &str) {
        let text = file.with_extension("txt");
        fs::write(&text, format!("#!/bin/sh\n{body}\n")).unwrap();
        let done = Command::new("install").args(["-m", "755"]).arg(&text).arg(file).status();
        assert!(done.unwrap().success());
    }

    /// A directory of programs that print what the real ones print.
    pub fn fakes(list: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, prints) in list {
            script(&dir.path().join(name), &format!("echo '{prints}'"));
        }
        dir
    }

    pub const YOSYS: (&str, &str) = ("yosys", "Yosys 0.70 (git sha1 28ba3cb92, Release)");
    pub const ICE: (&str, &str) = (
        "nextpnr-ice40",
        "\"nextpnr-ice40\" -- Next Generation Place and Route (Version nextpnr-0.11.1)",
    );
    pub const ECP: (&str, &str) = (
        "nextpnr-ecp5",
        "\"nextpnr-ecp5\" -- Next Generation Place and Route (Version nextpnr-0.11)",
    );
    pub const ECPPACK: (&str, &str) =
        ("ecppack", "Project Trellis ecppack Version 1.4-82-g3afe7b5");
    pub const ICEPACK: (&str, &str) = ("icepack", "");

    #[test]
    fn a_complete_set_of_accepted_versions_serves() {
        let dir = fakes(&[YOSYS, ICE, ECP, ECPPACK, ICEPACK]);
        let set = flow_set(dir.path().as_os_str()).unwrap();
        assert_eq!(set[&ToolName::Yosys].version, "0.70");
        assert_eq!(set[&ToolName::NextpnrIce40].version, "0.11.1");
        assert_eq!(set[&ToolName::Ecppack].version, "1.4");
    }

    #[test]
    fn one_missing_or_old_tool_refuses_the_set() {
        let missing = fakes(&[YOSYS, ICE, ECP, ICEPACK]);
        assert_eq!(flow_set(missing.path().as_os_str()).unwrap_err(), "no ecppack");
        let old =
            fakes(&[("yosys", "Yosys 0.23 (git sha1 7ce5011c24b)"), ICE, ECP, ECPPACK, ICEPACK]);
        assert_eq!(
            flow_set(old.path().as_os_str()).unwrap_err(),
            "yosys is version 0.23, accepted is 0.70"
        );
    }

    #[test]
    fn releases_are_compared_by_their_numbers() {
        assert!(same_release("0.11", "0.11") && same_release("0.11.1", "0.11"));
        assert!(!same_release("0.110", "0.11") && !same_release("0.1", "0.11"));
        assert_eq!(version_after("rev vUNKNOWN", "Verilator "), None);
        assert_eq!(version_after("Yosys 0.70+12 (git", "Yosys ").unwrap(), "0.70");
    }

    #[test]
    fn verilator_must_be_recent_and_have_its_sources() {
        let old = fakes(&[("verilator", "Verilator 4.038 2020-07-11 rev v4.036")]);
        let why = verilator(old.path().as_os_str()).unwrap_err();
        assert!(why.contains("4.038"), "{why}");
        let bare = fakes(&[("verilator", "Verilator 5.006 2023-01-22 rev")]);
        let why = verilator(bare.path().as_os_str()).unwrap_err();
        assert!(why.contains("sources"), "{why}");
    }
}
