//! L5: the netlist that yosys makes of a core, cell by cell, equals the simulator on random networks,
//! cycle stamps included: `up5k` for the iCE40 with the vendor library's models, and for the ECP5, whose
//! block RAM and multipliers have models of our own (`tests/ecp5_cells.rs`), the smallest core. The large
//! one is a matter of `spikewright fuzz --levels sim,ecp5 --preset ecp5_25`.

mod common;

use common::{cases, difference, toolset, verilator};
use spikewright::{
    flow::Family,
    ir::Preset,
    levels::model_cache,
    netlist::{self, Netlist},
    sim::cosim::{VerilatedCore, core_ports},
};
use verilator_sys::{Effort, build_with};

/// The netlist has so many cells of each kind, and as a model does what the simulator does.
fn agrees(family: Family, preset: Preset, cells: &[(&str, usize)], count: u64) {
    let netlist: Netlist = netlist::core(&toolset(), family, preset).unwrap();
    for (cell, expected) in cells {
        assert_eq!(netlist.count(cell), *expected, "{cell}");
    }
    let (ports, cache) = (core_ports(preset), model_cache().unwrap());
    let text = &netlist.text;
    let library = build_with(&verilator(), &cache, text, "top", &ports, Effort::Large).unwrap();
    let model = VerilatedCore::load(&library, preset).expect("a model");
    assert_eq!(difference(&cases(preset, count), model), None);
}

#[test]
fn synthesized_up5k_equals_the_simulator() {
    agrees(Family::Ice40, Preset::Up5k, &[("SB_MAC16", 8), ("SB_SPRAM256KA", 4)], 8);
}

#[test]
fn synthesized_for_ecp5_tiny_equals_the_simulator() {
    agrees(Family::Ecp5, Preset::Tiny, &[("MULT18X18D", 4)], 8);
}
