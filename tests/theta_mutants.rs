//! Faults in the Verilog of the core of theta neurons: each must differ from the simulator on the cases that prove
//! the levels equal. And the core as the netlist that yosys makes of it.

mod common;

use common::{
    mutation::{Mutant, mutant, mutate},
    theta::{Case, cases, differs, random_cases},
    toolset, verilator,
};
use spikewright::{
    flow::Family,
    hdl::emit_theta_core,
    ir::ThetaPreset,
    levels::model_cache,
    netlist,
    sim::cosim::{VerilatedCore, core_ports},
};
use verilator_sys::{Effort, build_with};

const PRESET: ThetaPreset = ThetaPreset::ThetaEcp5_25;

const MUTANTS: [Mutant; 15] = [
    mutant(
        "a pulse is dropped",
        "$scan",
        "token = active & |any;",
        "token = active & |any & ~&high;",
    ),
    mutant("words are read too far", "$scan", "(at == words_m1)", "(at >= words_m1 + 6'd1)"),
    mutant("pulses stay for the next tile", "$drive", "if (load) pulses", "if (1'b0) pulses"),
    mutant("the axis has no end", "$drive", "over ? {11{~sign}} : ", ""),
    mutant("the gain stops at 4", "$drive", "wide << 3", "wide << 2"),
    mutant("-1 is looked up as +1", "$look_up", "{11{minus[b]}}", "11'd0"),
    mutant("its phase is not mirrored back", "$mirror", "{11{~found_plus[u]}}", "11'd0"),
    mutant("a spiker keeps its phase", "$even", "(looked | (~starts & spiked[u]))", "looked"),
    mutant("equals go to the higher neuron", "$odd", "(lane0 < lane1)", "(lane0 <= lane1)"),
    mutant("lanes past the last spike", "$odd", "s5_neurons[3] ?", "1'b1 ?"),
    mutant("a second that is not known is taken", "$even", "sure <= ~s6_short;", "sure <= 1'b1;"),
    mutant(
        "a row alone loses among equals",
        "$even",
        "lower <= s6_short & (second[7:2] > s6_row[5:0]);",
        "lower <= 1'b0;",
    ),
    mutant(
        "the earlier layer first",
        "$control",
        "best1[19:8] >= best0[19:8]",
        "best1[19:8] > best0[19:8]",
    ),
    mutant("a spike in tick T counts", "$control", "ticks - {10'd0, |ticks}", "ticks"),
    mutant("starts are not read again", "$control", "starting <= 1'b1;", "starting <= valid_r;"),
];

#[test]
fn every_mutant_is_killed() {
    let cases: Vec<Case> = cases(PRESET).into_iter().chain(random_cases(PRESET, 0..100)).collect();
    let verilog = emit_theta_core(PRESET).text;
    let texts = MUTANTS.each_ref().map(|m| mutate(&verilog, m));
    let (tools, cache, ports) = (verilator(), tempfile::tempdir().unwrap(), core_ports(PRESET));
    let mut alive = Vec::new();
    for (mutant, text) in MUTANTS.iter().zip(&texts) {
        let library = build_with(&tools, cache.path(), text, "top", &ports, Effort::Quick)
            .unwrap_or_else(|e| panic!("{}: {e}", mutant.name));
        let verdict = differs(&cases, VerilatedCore::load(&library, PRESET).unwrap());
        println!("{}: {}", mutant.name, verdict.as_deref().unwrap_or("SURVIVED"));
        if verdict.is_none() {
            alive.push(mutant.name);
        }
    }
    assert!(alive.is_empty(), "not killed: {alive:?}");
}

/// The netlist of a core has so many cells of a kind, and as a model does what the simulator does.
fn agrees(family: Family, preset: ThetaPreset, (cell, count): (&str, usize)) {
    let verilog = emit_theta_core(preset).text;
    let netlist = netlist::synthesized(&toolset(), family, &verilog, "the core").unwrap();
    assert_eq!(netlist.count(cell), count, "{cell}");
    let (ports, cache) = (core_ports(preset), model_cache().unwrap());
    let text = &netlist.text;
    let library = build_with(&verilator(), &cache, text, "top", &ports, Effort::Large).unwrap();
    let cases: Vec<Case> = cases(preset).into_iter().chain(random_cases(preset, 0..20)).collect();
    assert_eq!(differs(&cases, VerilatedCore::load(&library, preset).unwrap()), None);
}

/// Its large memory is SPRAM.
#[test]
fn the_netlist_for_ice40_equals_the_simulator() {
    agrees(Family::Ice40, ThetaPreset::ThetaUp5k, ("SB_SPRAM256KA", 4));
}

/// Its large memory is block RAM, as are constants, synapses and phases.
#[test]
fn the_netlist_for_ecp5_equals_the_simulator() {
    agrees(Family::Ecp5, ThetaPreset::ThetaEcp5_25, ("DP16KD", 42));
}
