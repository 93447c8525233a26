//! L5: a core as the netlist that yosys makes of it, with models of the cells, for Verilator.

mod library;

use crate::{
    Result,
    flow::{Family, SYNTH_ECP5, SYNTH_ICE40, tools::Toolset},
    hdl::emit_core,
    ir::{FileError, Preset, write_atomic},
    levels::model_cache,
};
use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicU64, Ordering};

/// Folders made by this process.
static SERIAL: AtomicU64 = AtomicU64::new(0);

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

/// A preset's core after synthesis for a family, as the flow calls it. Made once and kept beside the
/// models.
///
/// # Errors
/// What yosys says, and a cache that cannot be written.
pub fn core(tools: &Toolset, family: Family, preset: Preset) -> Result<Netlist> {
    synthesized(tools, family, &emit_core(preset).text, &format!("the {preset} core"))
}

/// Module `top` of any Verilog, likewise; `what` is its name in an error.
///
/// # Errors
/// As [`core()`].
pub fn synthesized(tools: &Toolset, family: Family, verilog: &str, what: &str) -> Result<Netlist> {
    let cells = library::cells(tools, family)?;
    let synth = match family {
        Family::Ice40 => format!("synth_ice40 {}", SYNTH_ICE40.join(" ")),
        Family::Ecp5 => format!("synth_ecp5 {}", SYNTH_ECP5.join(" ")),
    };
    let netlist = yosys(tools, verilog, &synth, what)?;
    Ok(Netlist { start: cells.len(), text: cells + &netlist })
}

/// A preset's core whose multiplier cells are the instances that synthesis gets, with the vendor's models.
///
/// # Errors
/// No cell library where yosys is.
pub fn with_multiplier_cells(tools: &Toolset, preset: Preset) -> Result<Netlist> {
    let cells = format!("`define SYNTHESIS\n{}", library::cells(tools, Family::Ice40)?);
    Ok(Netlist { start: cells.len(), text: cells + &emit_core(preset).text })
}

/// What yosys writes after `synth`, from the cache when it has been there.
fn yosys(tools: &Toolset, verilog: &str, synth: &str, what: &str) -> Result<String> {
    let script = format!("read_verilog core.v; {synth} -top top; write_verilog -noattr netlist.v");
    let mut hash = Sha256::new();
    for field in [verilog, &script, &tools.yosys.version] {
        hash.update((field.len() as u64).to_le_bytes());
        hash.update(field);
    }
    let key: String = hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect();
    let kept = model_cache()?.join(format!("netlist-{key}.v"));
    if kept.is_file() {
        return library::text(&kept);
    }
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let dir = model_cache()?.join(format!("netlist-{key}-{}-{serial}", std::process::id()));
    let made = (|| {
        write_atomic(&dir.join("core.v"), verilog.as_bytes())?;
        let yosys = tools.yosys.command().current_dir(&dir).args(["-q", "-p", &script]).output();
        let yosys =
            yosys.map_err(|source| FileError::Io { path: tools.yosys.program.clone(), source })?;
        if !yosys.status.success() {
            let said = String::from_utf8_lossy(&yosys.stderr);
            return Err(format!("yosys, {synth} of {what}: {said}").into());
        }
        library::text(&dir.join("netlist.v"))
    })();
    // What is left of a folder that cannot be removed is in nobody's way.
    let _ = std::fs::remove_dir_all(&dir);
    let made = made?;
    write_atomic(&kept, made.as_bytes())?;
    Ok(made)
}
