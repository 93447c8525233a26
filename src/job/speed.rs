//! How fast the core is simulated: the fast simulator and Verilator on the same image and samples, one
//! thread each, both with every spike and potential.

use crate::{
    Result,
    golden::{bench::processor, data::EncodedSet},
    hdl::emit_core,
    ir::{CoreImage, Preset},
    levels::{model_cache, model_ports},
    sim::{
        FastSimulator, Fired,
        cosim::{Cosim, VerilatedCore, first_difference},
    },
};
use serde::Serialize;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// Samples whose runs are compared in full, outside of the timing; of all others cycles are.
const COMPARED: usize = 200;

/// Both speeds, per second of processor time.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SimSpeed {
    /// Core.
    pub preset: Preset,
    /// Samples run.
    pub samples: usize,
    /// Of them, compared in every trace entry.
    pub compared: usize,
    /// Mean cycles from start to result.
    pub cycles_per_sample: f64,
    /// Samples that the fast simulator runs.
    pub samples_per_s_per_core: f64,
    /// Cycles of the core that the fast simulator accounts for.
    pub cycles_per_s: f64,
    /// Cycles that Verilator simulates, those of loading the samples included.
    pub verilator_cycles_per_s: f64,
    /// `cycles_per_s / verilator_cycles_per_s`.
    pub ratio: f64,
    /// Name of the processor.
    pub processor: String,
}

/// What the fast simulator yields, kept until the next sample.
#[derive(Default)]
struct Kept {
    u: Vec<i16>,
    v: Vec<i16>,
    s: Vec<u16>,
}

impl Kept {
    fn clear(&mut self) {
        self.u.clear();
        self.v.clear();
        self.s.clear();
    }

    fn keep(&mut self, fired: &Fired<'_>) {
        self.u.extend_from_slice(fired.u);
        self.v.extend_from_slice(fired.v);
        self.s.extend_from_slice(fired.s);
    }
}

/// Measures both on all samples of `set`: the fast simulator `runs` times for at least `seconds` each, of
/// which the median counts, Verilator once. `note` is told what takes long.
///
/// # Errors
/// A stream, no samples, whatever the models say, or that they differ.
pub fn sim_speed(
    image: &CoreImage,
    set: &EncodedSet,
    tools: &verilator_sys::Toolset,
    runs: usize,
    seconds: f64,
    note: &dyn Fn(&str),
) -> Result<SimSpeed> {
    if image.stream {
        return Err("the build is for a stream; samples are measured, compile it without".into());
    }
    let samples = set.inputs.len();
    if samples == 0 || runs == 0 {
        return Err("nothing to run: ask for at least one sample and one run".into());
    }
    let mut fast = FastSimulator::new(image)?;
    let verilog = emit_core(image.preset);
    let ports = model_ports(&verilog.ports);
    let core =
        VerilatedCore::new(tools, &model_cache()?, &verilog.text, "top", &ports, image.preset)?;
    let mut cosim = Cosim::new(core, image)?;
    note("Verilator");
    let (clock, start) = (cosim.clock(), Used::now());
    let mut seen = 0;
    for input in &set.inputs {
        seen += black_box(cosim.run(input)?).cycles;
    }
    let verilator_cycles_per_s = (cosim.clock() - clock) as f64 / start.seconds();
    note("the fast simulator");
    let (mut kept, mut cycles) = (Kept::default(), 0);
    let mut speeds = Vec::new();
    for _ in 0..runs {
        let (start, mut rounds) = (Used::now(), 0);
        while rounds == 0 || start.wall.elapsed() < Duration::from_secs_f64(seconds) {
            cycles = 0;
            for input in &set.inputs {
                kept.clear();
                cycles += fast.run_passes(input, |fired| kept.keep(fired))?.cycles;
                black_box(&kept);
            }
            rounds += 1;
        }
        speeds.push((rounds * samples) as f64 / start.seconds());
    }
    speeds.sort_by(f64::total_cmp);
    let samples_per_s = speeds[speeds.len() / 2];
    if seen != cycles {
        return Err(format!("Verilator takes {seen} cycles, the fast simulator {cycles}").into());
    }
    for (sample, input) in set.inputs.iter().take(COMPARED).enumerate() {
        if let Some(d) = first_difference(sample, &fast.run(input)?, &cosim.run(input)?) {
            return Err(d.to_string().into());
        }
    }
    let cycles_per_sample = cycles as f64 / samples as f64;
    let cycles_per_s = samples_per_s * cycles_per_sample;
    Ok(SimSpeed {
        preset: image.preset,
        samples,
        compared: samples.min(COMPARED),
        cycles_per_sample,
        samples_per_s_per_core: samples_per_s,
        cycles_per_s,
        verilator_cycles_per_s,
        ratio: cycles_per_s / verilator_cycles_per_s,
        processor: processor(),
    })
}

/// What this thread has used since, which other work on the machine changes little.
struct Used {
    wall: Instant,
    ticks: Option<u64>,
}

impl Used {
    fn now() -> Self {
        Self { wall: Instant::now(), ticks: processor_ns() }
    }

    /// Processor time where Linux tells, else wall time.
    fn seconds(&self) -> f64 {
        let used = processor_ns().zip(self.ticks).map(|(now, then)| (now - then) as f64 / 1e9);
        used.filter(|s| *s > 0.0).unwrap_or_else(|| self.wall.elapsed().as_secs_f64())
    }
}

/// Time that the thread has run, in nanoseconds, where Linux tells.
fn processor_ns() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok()
}
