//! Faults in the netlist: wrong bits of lookup tables, stuck nets, swapped inputs and registers that are always
//! enabled, a seeded sample of each, must be seen by the cases that compare the netlist with the simulator.
//!
//! All of them are in one netlist, which is verilated once; a register says which of them acts.

#[path = "netlist_mutants/cells.rs"]
mod cells;
mod common;

use cells::faulty;
use common::{Case, SEED, cases_and_long, difference, extreme, toolset, verilator};
use spikewright::{
    flow::Family,
    ir::{Preset, layout::bus},
    levels::model_cache,
    netlist,
    sim::cosim::{CorePorts, HostDrive, VerilatedCore, core_ports},
};
use std::collections::BTreeSet;
use verilator_sys::{Effort, Library, Port, build_with};

const PRESET: Preset = Preset::Up5k;
/// Faults of each kind.
const EACH: usize = 10;
/// Networks that a fault is run on, until one differs.
const CASES: u64 = 24;
/// What the cases leave alive of all faults, as recorded in `docs/testing.md`, and why. Which cells the seed
/// draws changes with the netlist: then the list is recorded anew.
const SURVIVORS: &[(&str, &str)] = &[
    (
        "sequencer.is_last_tick.q_SB_DFF_Q_D_SB_LUT4_O_I3_SB_LUT4_O_1: bit 9 of its table is wrong",
        "none: a sample of more than 128 ticks, each of two spike groups at least, does not fit",
    ),
    (
        "tables.passes.0.0_WCLKE_SB_LUT4_O: bit 10 of its table is wrong",
        "none: the memory's write mask is shut whenever it is not written",
    ),
    (
        "lanes.lane[57].shadow_SB_DFFE_Q_7_D_SB_LUT4_O: bit 6 of its table is wrong",
        "none: lane 61 hands its shadow on in the first cycle, when lane 57 has counted one event at most",
    ),
    ("lanes.lane[12].shadow_SB_DFFE_Q_8_D_SB_LUT4_O: bit 10 of its table is wrong", EMPTY),
    ("lanes.lane[51].shadow_SB_DFFE_Q_4: it is always enabled", SHIFTS),
    ("lanes.lane[8].shadow_SB_DFFE_Q_6: it is always enabled", SHIFTS),
    ("lanes.lane[4].shadow_SB_DFFE_Q: it is always enabled", SHIFTS),
    ("lanes.lane[13].count_SB_DFFESR_Q_4: it is always enabled", LATE),
    ("lanes.lane[10].count_SB_DFFESR_Q_1: it is always enabled", LATE),
];
const EMPTY: &str =
    "none: the shadow is empty when it is loaded, for a pass before has shifted out or was a flush";
const SHIFTS: &str =
    "none: the shadow begins to shift as soon as it is loaded, and is not looked at after its rows";

const LATE: &str = "a real fault: a pause behind event 31 or 255 of a pass would show it; where the guard holds an \
                    event back, at most 21 have been counted";

/// A write that chooses a fault goes here: no region of the core.
const SELECT: u32 = bus::address(15, 0xFFFF);

/// The netlist with all faults in it, and what it is run on.
struct Faulty {
    library: Library,
    cases: Vec<Case>,
    faults: Vec<String>,
}

impl Faulty {
    fn new() -> Self {
        let netlist = netlist::core(&toolset(), Family::Ice40, PRESET).unwrap();
        let (cells, text) = netlist.text.split_at(netlist.start);
        let (text, faults) = faulty(text, SEED, EACH);
        let ports = core_ports(PRESET);
        let text = [cells, &text, &wrapper(&ports)].concat();
        let cache = model_cache().unwrap();
        let library =
            build_with(&verilator(), &cache, &text, "top", &ports, Effort::Large).unwrap();
        let leads = 0..PRESET.spec().fire_units;
        let mut cases: Vec<_> = leads.map(|class| extreme::sparse(PRESET, class)).collect();
        cases.push(extreme::far(PRESET));
        cases.extend(cases_and_long(PRESET, CASES));
        let out = Self { library, cases, faults };
        let unharmed = difference(&out.cases, out.core());
        assert_eq!(unharmed, None, "no fault acts before one is chosen");
        out
    }

    fn core(&self) -> VerilatedCore {
        VerilatedCore::load(&self.library, PRESET).expect("a model")
    }

    /// Whether a fault is seen.
    fn seen(&self, number: usize) -> bool {
        let mut core = self.core();
        let data = number as u16 + 1;
        core.cycle(HostDrive { address: SELECT, data, write: true }).unwrap();
        let seen = difference(&self.cases, core);
        println!("{number}: {}: {}", self.faults[number], seen.as_deref().unwrap_or("SURVIVED"));
        seen.is_some()
    }
}

/// Module `top` around the netlist: keeps the number of the fault that acts.
fn wrapper(ports: &[Port]) -> String {
    let names: Vec<_> = ports.iter().map(|p| p.name.as_str()).collect();
    let mut text = format!("\nmodule top({});\n", names.join(", "));
    for port in ports {
        let way = if port.input { "input" } else { "output" };
        text += &format!("  {way} [{}:0] {};\n", port.bits - 1, port.name);
    }
    text += &format!(
        "  reg [15:0] fault = 0;\n  wire chooses = host_we & (host_addr == {SELECT});\n  \
             always @(posedge clock) if (chooses) fault <= host_wdata;\n  netlist inner(.fault(fault)"
    );
    for name in names {
        let value = if name == "host_we" { "host_we & ~chooses" } else { name };
        text += &format!(", .{name}({value})");
    }
    text + ");\nendmodule\n"
}

/// Of each kind one at least; or all of them, less those explained.
#[test]
fn faults_of_the_netlist_are_seen() {
    let faulty = Faulty::new();
    if std::env::var_os("ALL_FAULTS").is_some() {
        let alive = (0..4 * EACH).filter(|&n| !faulty.seen(n));
        let alive: BTreeSet<_> = alive.map(|n| faulty.faults[n].replace('\\', "")).collect();
        assert_eq!(alive, SURVIVORS.iter().map(|(what, _)| what.to_string()).collect());
        return;
    }
    for kind in 0..4 {
        let mut faults = kind * EACH..(kind + 1) * EACH;
        assert!(faults.any(|n| faulty.seen(n)), "blind for faults of kind {kind}");
    }
}
