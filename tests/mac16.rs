//! The multiplier cells of the `up5k` core: in simulation the core multiplies plainly, in synthesis it
//! instantiates `SB_MAC16`. Here the instances run with the vendor library's model of the cell, on
//! the same random networks as every other level.

mod common;

use common::{cases, difference, toolset, verilator};
use spikewright::{
    hdl::emit_core,
    ir::Preset,
    levels::{model_cache, model_ports},
    netlist,
    sim::cosim::VerilatedCore,
};

#[test]
fn multiplier_cells_equal_the_plain_multiplication() {
    let core = emit_core(Preset::Up5k);
    assert_eq!(core.text.matches("SB_MAC16 #(").count(), 2, "leak and drive of a unit");
    let text = netlist::with_multiplier_cells(&toolset(), Preset::Up5k).unwrap().text;
    let ports = model_ports(&core.ports);
    let cache = model_cache().expect("a cache");
    let core = VerilatedCore::new(&verilator(), &cache, &text, "top", &ports, Preset::Up5k)
        .expect("a model");
    assert_eq!(difference(&cases(Preset::Up5k, 20), core), None);
}
