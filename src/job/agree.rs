//! Two levels on the same samples: every spike, every potential, every cycle count.

use super::{
    layers::{self, LayerUse},
    stream,
};
use crate::{
    Result,
    golden::{Reference, data::EncodedSet},
    ir::{CoreImage, InputTrain, Network, first_divergence},
    levels::model_ports,
    sim::{
        FastSimulator, Run,
        cosim::{CorePorts, Cosim, VerilatedCore, first_difference},
        transcript,
    },
};
use rayon::prelude::*;
use serde::Serialize;
use std::{path::Path, sync::Mutex};
use verilator_sys::VerilatorError;

/// Cycles from start to result: of a sample, in a stream of a tick.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Cycles {
    /// Mean over the starts.
    pub mean: f64,
    /// The longest.
    pub max: u64,
}

/// How two levels compare.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Agreement {
    /// Samples compared.
    pub samples: usize,
    /// Samples in which the levels differ.
    pub mismatches: usize,
    /// The first of them, in words.
    pub first: Option<String>,
    /// Samples the second level classifies as labelled.
    pub correct: usize,
    /// Cycles per sample, in a stream per tick, as the second level counts them.
    pub cycles_per_sample: Cycles,
    /// Synaptic operations per sample; 0 where the level cannot see them.
    pub sop_per_sample: f64,
    /// Share of the lanes' capacity used; 0 where the level cannot see it.
    pub lane_utilization: f64,
    /// Where the cycles go; empty where the level cannot see it.
    pub layers: Vec<LayerUse>,
}

/// What one sample adds.
pub(super) struct Outcome {
    pub mismatch: Option<String>,
    pub correct: bool,
    /// Cycles of each start: one of a sample, one for each tick of a stream.
    pub starts: Vec<u64>,
    pub sop: u64,
    pub capacity: u64,
    pub layers: Vec<LayerUse>,
}

impl Agreement {
    pub(super) fn of(outcomes: Vec<Outcome>) -> Self {
        let n = outcomes.len().max(1) as f64;
        let starts = || outcomes.iter().flat_map(|o| &o.starts);
        let sum = |f: fn(&Outcome) -> u64| outcomes.iter().map(f).sum::<u64>() as f64;
        Self {
            samples: outcomes.len(),
            mismatches: outcomes.iter().filter(|o| o.mismatch.is_some()).count(),
            correct: outcomes.iter().filter(|o| o.correct).count(),
            cycles_per_sample: Cycles {
                mean: starts().sum::<u64>() as f64 / starts().count().max(1) as f64,
                max: starts().copied().max().unwrap_or(0),
            },
            sop_per_sample: sum(|o| o.sop) / n,
            lane_utilization: sum(|o| o.sop) / sum(|o| o.capacity).max(1.0),
            layers: layers::mean(&outcomes.iter().map(|o| o.layers.clone()).collect::<Vec<_>>()),
            first: outcomes.into_iter().find_map(|o| o.mismatch),
        }
    }

    /// Fraction of samples classified as labelled.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.samples.max(1) as f64
    }
}

fn outcome(image: &CoreImage, run: &Run, label: u8, mismatch: Option<String>) -> Outcome {
    Outcome {
        mismatch,
        correct: run.decision.class == usize::from(label),
        starts: vec![run.cycles],
        sop: run.sop(),
        capacity: capacity(run),
        layers: layers::layer_use(image, run),
    }
}

/// Synaptic operations that the lanes could have done.
pub(super) fn capacity(run: &Run) -> u64 {
    run.cycles * run.stats.as_ref().map_or(0, |s| s.lanes as u64)
}

/// L1 against L2: the reference on the network, the cycle model on the image. Samples run on all
/// threads, those of a stream one after the other; `done` is called once per sample.
pub fn simulate(
    network: &Network,
    image: &CoreImage,
    set: &EncodedSet,
    done: &(dyn Fn() + Sync),
) -> Result<Agreement> {
    if image.stream {
        return stream::simulate(network, image, set, done);
    }
    let reference = Reference::new(network)?;
    let simulator = FastSimulator::new(image)?;
    let outcomes = (set.inputs.par_iter().zip(&set.labels).enumerate())
        .map_init(
            || simulator.clone(),
            |simulator, (sample, (input, &label))| {
                let expected = reference.run(input).map_err(|e| e.to_string())?;
                let run = simulator.run(input).map_err(|e| format!("sample {sample}: {e}"))?;
                let got = transcript(image, &run.trace, run.decision);
                let mismatch =
                    first_divergence(&expected, &got).map(|d| format!("sample {sample}: {d}"));
                done();
                Ok(outcome(image, &run, label, mismatch))
            },
        )
        .collect::<std::result::Result<Vec<_>, String>>()?;
    Ok(Agreement::of(outcomes))
}

/// L2 against L4: the cycle model against Verilator on the given text, trace by trace with cycle
/// stamps. One model per thread; `done` is called once per sample.
pub fn cosimulate(
    verilog: &crate::hdl::Verilog,
    tools: &verilator_sys::Toolset,
    cache: &Path,
    network: &Network,
    image: &CoreImage,
    set: &EncodedSet,
    done: &(dyn Fn() + Sync),
) -> Result<Agreement> {
    let ports = model_ports(&verilog.ports);
    let core = || VerilatedCore::new(tools, cache, &verilog.text, "top", &ports, image.preset);
    on_threads(&core, network, image, set, done)
}

/// L2 against a model that is built, such as that of a netlist (L5), as [`cosimulate`] does it.
pub fn cosimulate_model(
    library: &verilator_sys::Library,
    network: &Network,
    image: &CoreImage,
    set: &EncodedSet,
    done: &(dyn Fn() + Sync),
) -> Result<Agreement> {
    on_threads(&|| VerilatedCore::load(library, image.preset), network, image, set, done)
}

fn on_threads(
    core: &(dyn Fn() -> std::result::Result<VerilatedCore, VerilatorError> + Sync),
    network: &Network,
    image: &CoreImage,
    set: &EncodedSet,
    done: &(dyn Fn() + Sync),
) -> Result<Agreement> {
    // Built once here, so that the threads find it in the cache.
    let first = core()?;
    if image.stream {
        return stream::compare(first, network, image, set, done);
    }
    drop(first);
    let samples: Vec<_> = set.inputs.iter().zip(&set.labels).enumerate().collect();
    let share = samples.len().div_ceil(rayon::current_num_threads()).max(1);
    let outcomes = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        let threads: Vec<_> = samples
            .chunks(share)
            .map(|chunk| {
                let outcomes = &outcomes;
                scope.spawn(move || -> std::result::Result<(), String> {
                    let part = compare(core().map_err(|e| e.to_string())?, image, chunk, done)?;
                    let first = chunk.first().map_or(0, |(sample, _)| *sample);
                    outcomes.lock().expect("no thread panicked").push((first, part));
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|t| t.join().expect("no thread panicked"))
    })?;
    let mut parts = outcomes.into_inner().expect("no thread panicked");
    parts.sort_by_key(|(first, _)| *first);
    Ok(Agreement::of(parts.into_iter().flat_map(|(_, part)| part).collect()))
}

type Sample<'a> = (usize, (&'a InputTrain, &'a u8));

fn compare<C: CorePorts>(
    core: C,
    image: &CoreImage,
    samples: &[Sample<'_>],
    done: &(dyn Fn() + Sync),
) -> std::result::Result<Vec<Outcome>, String> {
    let mut simulator = FastSimulator::new(image).map_err(|e| e.to_string())?;
    let mut cosim = Cosim::new(core, image).map_err(|e| e.to_string())?;
    samples
        .iter()
        .map(|&(sample, (input, &label))| {
            let expected = simulator.run(input).map_err(|e| e.to_string())?;
            let run = cosim.run(input).map_err(|e| format!("sample {sample}: {e}"))?;
            let mismatch = first_difference(sample, &expected, &run).map(|d| d.to_string());
            done();
            Ok(outcome(image, &run, label, mismatch))
        })
        .collect()
}

/// L2 against any other core, sample by sample; used for L3.
pub fn against_simulator<C: CorePorts>(
    core: C,
    network: &Network,
    image: &CoreImage,
    set: &EncodedSet,
    done: &(dyn Fn() + Sync),
) -> Result<Agreement> {
    if image.stream {
        return stream::compare(core, network, image, set, done);
    }
    let samples: Vec<_> = set.inputs.iter().zip(&set.labels).enumerate().collect();
    Ok(Agreement::of(compare(core, image, &samples, done)?))
}
