//! L5: the netlist that yosys makes of the `up5k` core, cell by cell with the vendor library's models,
//! equals the simulator on random networks, cycle stamps included.

mod common;

use common::{cases, cell_library, difference, toolset, verilator};
use spikewright::{
    flow::SYNTH_ICE40,
    hdl::emit_core,
    ir::Preset,
    levels::{model_cache, model_ports},
    sim::cosim::VerilatedCore,
};
use std::fs;

#[test]
fn synthesized_up5k_equals_the_simulator() {
    let core = emit_core(Preset::Up5k);
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("core.v"), &core.text).unwrap();
    let script = format!(
        "read_verilog core.v; synth_ice40 {} -top top; write_verilog -noattr netlist.v",
        SYNTH_ICE40.join(" ")
    );
    let yosys =
        toolset().yosys.command().current_dir(dir.path()).args(["-q", "-p", &script]).output();
    let yosys = yosys.expect("yosys starts");
    assert!(yosys.status.success(), "{}", String::from_utf8_lossy(&yosys.stderr));
    let netlist = fs::read_to_string(dir.path().join("netlist.v")).unwrap();
    for (cell, count) in [("SB_MAC16", 8), ("SB_SPRAM256KA", 4)] {
        assert_eq!(netlist.matches(&format!("\n  {cell} ")).count(), count, "{cell}");
    }
    let text = cell_library() + &netlist;
    let ports = model_ports(&core.ports);
    let model = VerilatedCore::new(
        &verilator(),
        &model_cache().unwrap(),
        &text,
        "top",
        &ports,
        Preset::Up5k,
    )
    .expect("a model");
    assert_eq!(difference(&cases(Preset::Up5k, 8), model), None);
}
