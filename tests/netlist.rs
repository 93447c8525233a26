//! L5: the netlist that yosys makes of the `up5k` core, cell by cell with the vendor library's models,
//! equals the simulator on random networks, cycle stamps included.

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
fn synthesized_up5k_equals_the_simulator() {
    let netlist = netlist::ice40(&toolset(), Preset::Up5k).unwrap();
    for (cell, count) in [("SB_MAC16", 8), ("SB_SPRAM256KA", 4)] {
        assert_eq!(netlist.count(cell), count, "{cell}");
    }
    let ports = model_ports(&emit_core(Preset::Up5k).ports);
    let model = VerilatedCore::new(
        &verilator(),
        &model_cache().unwrap(),
        &netlist.text,
        "top",
        &ports,
        Preset::Up5k,
    )
    .expect("a model");
    assert_eq!(difference(&cases(Preset::Up5k, 8), model), None);
}
