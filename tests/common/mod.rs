//! What the tests of several levels share: tools, random cases, and the comparison of a core with
//! the simulator.
#![allow(dead_code)] // each test binary uses its own part

pub mod extreme;
pub mod mutation;
pub mod overlap;
pub mod program;
pub mod seal;
pub mod theta;

use spikewright::{
    compiler::{CompileOptions, Compiled, compile},
    flow::tools,
    fuzz::{core_differs, simulate},
    ir::{CoreSpec, InputTrain, Network, Preset},
    job::joined,
    levels, random,
    sim::cosim::{CorePorts, VerilatedCore},
};

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

/// The first draw of a random network that the preset takes: small cores refuse some for want of memory.
pub fn fitting(
    draw: fn(u64, u64, &CoreSpec) -> Network,
    seed: u64,
    number: u64,
    preset: Preset,
) -> Network {
    let spec = preset.spec();
    let fits = |n: &Network| compile(n, &spec, &CompileOptions::default()).is_ok();
    let mut draws = (0..1_000).map(|k| draw(seed, number | k << 40, &spec));
    draws.find(fits).expect("one draw of many fits the core")
}

/// The first `count` random networks for a preset, a fifth as many of the largest fan-in, half as
/// many of several planes, as many with projections of all kinds, as many of convolutions and pooling,
/// and one each at the ends of the sum and of the potential.
pub fn cases(preset: Preset, count: u64) -> Vec<Case> {
    let spec = preset.spec();
    let wide = count.div_ceil(5);
    let drawn = |draw: fn(u64, u64, &CoreSpec) -> Network, count: u64| {
        (0..count).map(move |n| fitting(draw, SEED, n, preset))
    };
    let networks = drawn(random::network, count)
        .chain(drawn(random::wide_network, wide))
        .chain(drawn(random::planes_network, count.div_ceil(2)))
        .chain(drawn(random::wired_network, count))
        .chain((0..count).map(|n| random::maps_network(SEED, n, &spec)));
    networks
        .zip(0..)
        .map(|(network, n)| {
            let stimuli = (0..SAMPLES).map(|s| random::stimulus(SEED, n, s, &network)).collect();
            let name = format!("{preset}, seed {SEED}, case {n}");
            Case { name, compiled: compiled(&network, preset), stimuli }
        })
        .chain([extreme::sums(preset), extreme::saturated(preset)])
        .collect()
}

/// As many random networks with projections of all kinds, compiled for streams, each begun anew a few times.
pub fn streams(preset: Preset, count: u64) -> Vec<Case> {
    (0..count)
        .map(|n| {
            let drawn = fitting(random::stream_network, SEED, n, preset);
            let network = Network { ticks: 1, ..drawn };
            let ticks: Vec<_> =
                (0..3 * RESTART).map(|s| random::stimulus(SEED, n, s, &network)).collect();
            Case {
                name: format!("{preset}, seed {SEED}, stream {n}"),
                compiled: compiled_stream(&network, preset),
                stimuli: ticks.chunks(RESTART as usize).map(joined).collect(),
            }
        })
        .collect()
}

/// Ticks of a stream before it is begun anew.
const RESTART: u64 = 7;

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
/// decision, cycles, events. `None` when all cases agree.
pub fn difference<C: CorePorts>(cases: &[Case], mut core: C) -> Option<String> {
    cases.iter().find_map(|Case { name, compiled, stimuli }| {
        let expected = simulate(&compiled.image, stimuli).unwrap_or_else(|e| panic!("{name}: {e}"));
        let Compiled { network, image, .. } = compiled;
        let parting = core_differs(&mut core, network, image, stimuli, &expected)?;
        Some(format!("{name}: {}", parting.message))
    })
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
