//! Verilog text to shared library, through a cache.
//!
//! A library's name is a hash of all that goes into it. It is built in a folder of its own and
//! renamed into place, so that any number of processes may build the same one at once: the last
//! rename wins and all of them are the same. Verilator's run-time sources are compiled once per
//! toolset and linked into every library, which leaves a few seconds for a model.

use crate::{Port, Toolset, VerilatorError, port::is_identifier, shim::shim};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

/// A built model, ready to be loaded as often as needed.
#[derive(Clone, Debug)]
pub struct Library {
    /// The shared library.
    pub path: PathBuf,
    /// The ports it was built with, in the order of their indices.
    pub ports: Vec<Port>,
}

/// Two-state simulation of plain Verilog; warnings are for lint runs, not for here.
const VERILATE: [&str; 14] = [
    "--cc",
    "-O3",
    "--x-assign",
    "fast",
    "--x-initial",
    "fast",
    "--no-assert",
    "-Wno-fatal",
    "-Wno-lint",
    "-Wno-style",
    "--default-language",
    "1364-2005",
    "--prefix",
    "Vmodel",
];

const COMPILE: [&str; 7] =
    ["-std=c++17", "-fPIC", "-w", "-DVERILATOR=1", "-DVM_COVERAGE=0", "-DVM_SC=0", "-DVM_TRACE=0"];

/// Verilator's run-time sources that a single-threaded model without tracing links.
const RUNTIME: [&str; 2] = ["verilated.cpp", "verilated_threads.cpp"];

/// How hard the compiler tries. Verilator's own optimizations are the same for both.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Effort {
    /// Builds in a fraction of the time and runs some times slower: for models of few cycles.
    Quick,
    /// For models that run long.
    #[default]
    Fast,
    /// For netlists, whose text is so long that compiling is what takes time: what runs in every cycle is
    /// optimized a little, what runs once not at all, and both are compiled at once.
    Large,
}

impl Effort {
    fn flag(self) -> &'static str {
        match self {
            Self::Quick => "-O0",
            Self::Fast => "-O2",
            Self::Large => "-O1",
        }
    }
}

/// Requests for one library take turns within a process, so that the second finds the first one's.
static TURNS: Mutex<BTreeMap<String, Arc<Mutex<()>>>> = Mutex::new(BTreeMap::new());
static SERIAL: AtomicU64 = AtomicU64::new(0);

/// Builds the library for module `top` of `verilog`, or finds it in `cache`. The ports may be any
/// selection of the module's, in any order.
///
/// # Errors
/// Any [`VerilatorError`] but `Load`: a tool that is missing or fails (with the end of its output),
/// a name that is no identifier, a cache that cannot be written.
pub fn build(
    tools: &Toolset,
    cache: &Path,
    verilog: &str,
    top: &str,
    ports: &[Port],
) -> Result<Library, VerilatorError> {
    build_with(tools, cache, verilog, top, ports, Effort::default())
}

/// [`build`] with a choice between a quick build and a fast model.
///
/// # Errors
/// As [`build`].
pub fn build_with(
    tools: &Toolset,
    cache: &Path,
    verilog: &str,
    top: &str,
    ports: &[Port],
    effort: Effort,
) -> Result<Library, VerilatorError> {
    for port in ports {
        port.check()?;
    }
    if !is_identifier(top) {
        let problem = "the top module's name is not a Verilog identifier".into();
        return Err(VerilatorError::Port { name: top.into(), problem });
    }
    let versions = tools.versions()?;
    let shim = shim(ports);
    let flags = [VERILATE.join(" "), COMPILE.join(" ")].concat();
    let key = hash(&[verilog, top, &shim, &versions, &flags, effort.flag()]);
    let turn = turn(&key);
    let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
    let path = absolute(cache)?.join(format!("model-{key}.so"));
    if !path.exists() {
        let folder = BuildFolder::new(cache)?;
        let runtime = runtime(tools, cache, &versions, &folder)?;
        write(&folder.0.join("model.v"), verilog)?;
        write(&folder.0.join("shim.cpp"), &shim)?;
        let made = compile(tools, &folder, top, &runtime, effort)?;
        rename(&made, &path)?;
    }
    Ok(Library { path, ports: ports.to_vec() })
}

/// The lock of one library or object.
fn turn(key: &str) -> Arc<Mutex<()>> {
    let mut turns = TURNS.lock().unwrap_or_else(PoisonError::into_inner);
    turns.entry(key.into()).or_default().clone()
}

/// Verilates and compiles all of the model as one translation unit, which the compiler inlines
/// across and starts only once for, or as two.
fn compile(
    tools: &Toolset,
    folder: &BuildFolder,
    top: &str,
    runtime: &[PathBuf],
    effort: Effort,
) -> Result<PathBuf, VerilatorError> {
    let dir = &folder.0;
    let args = args(&VERILATE, ["--top-module", top, "--Mdir", "model", "model.v"]);
    tools.run_verilator(&args, dir, top)?;
    let model = dir.join("model");
    let entries = fs::read_dir(&model).map_err(io(&model))?;
    let mut sources = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<String>, io::Error>>()
        .map_err(io(&model))?;
    sources.retain(|name| name.ends_with(".cpp"));
    sources.sort();
    let unit = |name: &str, sources: &[String]| {
        let text: String = sources.iter().map(|s| format!("#include \"{s}\"\n")).collect();
        write(&dir.join(name), &text)
    };
    let mut objects = runtime.to_vec();
    if effort == Effort::Large {
        let (once, mut always): (Vec<_>, Vec<_>) =
            sources.into_iter().partition(|name| name.ends_with("Slow.cpp"));
        always.push("shim.cpp".into());
        unit("once.cpp", &once)?;
        unit("unit.cpp", &always)?;
        let compile = |name: &str, flag: &str| {
            let mut command = args_compile(tools, ["-Imodel", "-I.", "-c", flag, name, "-o"]);
            command.push(format!("{name}.o").into());
            tools.run_compiler(&command, dir, top)
        };
        let both = std::thread::scope(|scope| {
            let once = scope.spawn(|| compile("once.cpp", Effort::Quick.flag()));
            let always = compile("unit.cpp", effort.flag());
            once.join().expect("compiling does not panic").and(always)
        });
        both?;
        objects.extend(["once.cpp.o", "unit.cpp.o"].map(|name| dir.join(name)));
    } else {
        sources.push("shim.cpp".into());
        unit("unit.cpp", &sources)?;
        objects.push(dir.join("unit.cpp"));
    }
    let mut command =
        args_compile(tools, ["-shared", "-Wl,-Bsymbolic", "-pthread", "-Imodel", "-I."]);
    command.push(effort.flag().into());
    command.extend(objects.iter().map(OsString::from));
    command.extend(["-o".into(), "model.so".into()]);
    tools.run_compiler(&command, dir, top)?;
    Ok(dir.join("model.so"))
}

/// Objects of Verilator's run-time sources, compiled on first use.
fn runtime(
    tools: &Toolset,
    cache: &Path,
    versions: &str,
    folder: &BuildFolder,
) -> Result<Vec<PathBuf>, VerilatorError> {
    let root = tools.root.to_string_lossy();
    let key = hash(&[versions, &COMPILE.join(" "), &root]);
    let cache = absolute(cache)?;
    RUNTIME
        .iter()
        .map(|source| {
            let object = cache.join(format!("{source}-{key}.o"));
            let turn = turn(&object.to_string_lossy());
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            if !object.exists() {
                let made = folder.0.join("runtime.o");
                let mut command = args_compile(tools, ["-O2", "-c", "-o"]);
                command.extend([OsString::from(&made), tools.include().join(source).into()]);
                tools.run_compiler(&command, &folder.0, source)?;
                rename(&made, &object)?;
            }
            Ok(object)
        })
        .collect()
}

fn args<const N: usize>(fixed: &[&str], more: [&str; N]) -> Vec<OsString> {
    fixed.iter().copied().chain(more).map(OsString::from).collect()
}

fn args_compile<const N: usize>(tools: &Toolset, more: [&str; N]) -> Vec<OsString> {
    let include = tools.include();
    let vltstd = include.join("vltstd");
    let mut out = args(&COMPILE, ["-I"]);
    out.extend([include.into(), "-I".into(), vltstd.into()]);
    out.extend(more.map(OsString::from));
    out
}

/// A folder for one build, removed with it.
struct BuildFolder(PathBuf);

impl BuildFolder {
    fn new(cache: &Path) -> Result<Self, VerilatorError> {
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        let dir = absolute(cache)?.join(format!("build-{}-{serial}", std::process::id()));
        fs::create_dir_all(&dir).map_err(io(&dir))?;
        Ok(Self(dir))
    }
}

impl Drop for BuildFolder {
    fn drop(&mut self) {
        // what is left behind costs space only
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Tools run in other folders, so paths must not depend on the current one.
fn absolute(path: &Path) -> Result<PathBuf, VerilatorError> {
    std::path::absolute(path).map_err(io(path))
}

fn io(path: &Path) -> impl Fn(io::Error) -> VerilatorError + use<> {
    let path = path.to_path_buf();
    move |source| VerilatorError::Io { path: path.clone(), source }
}

fn write(path: &Path, text: &str) -> Result<(), VerilatorError> {
    fs::write(path, text).map_err(io(path))
}

fn rename(from: &Path, to: &Path) -> Result<(), VerilatorError> {
    fs::rename(from, to).map_err(io(to))
}

/// Hash of the parts, each with its length so that their borders count.
fn hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize()[..12].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_of_the_parts_count() {
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(hash(&["ab", "c"]).len(), 24);
    }

    #[test]
    fn a_missing_tool_says_what_to_install() {
        let tools = Toolset {
            verilator: "no-such-verilator".into(),
            root: ".".into(),
            compiler: "no-such-compiler".into(),
        };
        let cache = std::env::temp_dir();
        let error = build(&tools, &cache, "", "top", &[]).unwrap_err().to_string();
        assert!(error.starts_with("no-such-verilator: "), "{error}");
        assert!(error.ends_with("install Verilator 5.006 or later"), "{error}");
    }
}
