//! The ECP5's block RAM and multiplier have no bodies in yosys' library; those the netlist level brings
//! along do what the Verilog does from which `synth_ecp5` makes such cells: memories of every width and
//! write mode, with initial contents, read and written at random, and products of every sign.

mod common;

use common::{toolset, verilator};
use spikewright::{flow::Family, golden::rng::Stream, levels::model_cache, netlist};
use std::collections::BTreeSet;
use verilator_sys::{Effort, Library, Model, Port, build_with};

const VERILOG: &str = include_str!("verilog/memories.v");
const CYCLES: usize = 40_000;

/// Inputs and outputs of the module, with their bits.
const INPUTS: [(&str, usize); 10] = [
    ("clock", 1),
    ("we", 1),
    ("wb", 1),
    ("re", 1),
    ("rz", 1),
    ("be", 4),
    ("a", 14),
    ("b", 14),
    ("d", 36),
    ("e", 36),
];
const OUTPUTS: [(&str, usize); 20] = [
    ("q1", 1),
    ("q2", 2),
    ("q4", 4),
    ("q9", 9),
    ("q18", 18),
    ("q36", 36),
    ("qbytes18", 18),
    ("qbytes36", 36),
    ("qlate", 18),
    ("qkept", 18),
    ("qnew", 18),
    ("qold", 18),
    ("qa", 18),
    ("qb", 18),
    ("qwide", 36),
    ("qzero", 18),
    ("qclear", 18),
    ("ss", 32),
    ("su", 33),
    ("uu", 36),
];

fn library(text: &str) -> Library {
    let inputs = INPUTS.iter().map(|(name, bits)| Port::input(name, *bits));
    let ports: Vec<_> =
        inputs.chain(OUTPUTS.iter().map(|(name, bits)| Port::output(name, *bits))).collect();
    let cache = model_cache().unwrap();
    build_with(&verilator(), &cache, text, "top", &ports, Effort::Quick).expect("a model")
}

/// Outputs that differ between two models in some cycle. Reads of what the other port writes in the
/// same cycle are left out, unless they `collide`.
fn differing(models: [&Library; 2], collide: bool) -> BTreeSet<&'static str> {
    let mut models = models.map(|library| Model::load(library).unwrap());
    let r = &mut Stream::named(1, "ecp5-cells").sequence();
    let mut found = BTreeSet::new();
    // Few enough addresses that what is written is read again, over all of the address bits.
    let addresses: Vec<u64> =
        (0..600).map(|k| if k < 100 { r.below(64) } else { r.below(1 << 14) }).collect();
    for _ in 0..CYCLES {
        let a = addresses[r.below(600) as usize];
        let mut b = addresses[r.below(600) as usize];
        if collide {
            b = a;
        }
        // The smallest memory has 512 words, the widest read takes four of 2,048.
        while !collide && (a ^ b) & 0x1fc == 0 {
            b = r.below(1 << 14);
        }
        let extreme = [0, u64::MAX, 0x8000, 0x7fff, 0x20000, 0x1ffff];
        let mut word = || match r.below(8) {
            0 => extreme[r.below(6) as usize],
            _ => r.word(),
        };
        let (d, e, flags) = (word(), word(), word());
        let values = [0, flags, flags >> 1, flags >> 2, flags >> 3, flags >> 4, a, b, d, e];
        for model in &mut models {
            for (port, value) in values.iter().enumerate() {
                model.set(port, *value);
            }
            model.eval();
        }
        for (k, (name, _)) in OUTPUTS.iter().enumerate() {
            let [left, right] = [0, 1].map(|m: usize| models[m].get(INPUTS.len() + k));
            if left != right {
                found.insert(*name);
            }
        }
        for model in &mut models {
            model.set(0, 1);
            model.eval();
        }
    }
    found
}

#[test]
fn memories_and_products_equal_their_verilog() {
    let netlist = netlist::synthesized(&toolset(), Family::Ecp5, VERILOG, "the memories").unwrap();
    // All of them became cells, of every width.
    assert!(netlist.count("DP16KD") >= 15, "{} block RAM", netlist.count("DP16KD"));
    assert_eq!(netlist.count("MULT18X18D"), 3);
    for width in [1, 2, 4, 9, 18, 36] {
        let parameter = format!(".DATA_WIDTH_B(32'd{width})");
        assert!(netlist.text[netlist.start..].contains(&parameter), "no read port of {width} bits");
    }
    for mode in ["NORMAL", "WRITETHROUGH", "READBEFOREWRITE"] {
        let parameter = format!(".WRITEMODE_A(\"{mode}\")");
        assert!(netlist.text[netlist.start..].contains(&parameter), "no port {mode}");
    }
    let models = [library(VERILOG), library(&netlist.text)];
    assert_eq!(differing([&models[0], &models[1]], false), BTreeSet::new());
    // What the device leaves undefined is seen.
    let collisions = differing([&models[0], &models[1]], true);
    assert!(["q1", "q9", "q18", "q36"].iter().all(|q| collisions.contains(q)), "{collisions:?}");
}
