//! Theta networks on several levels: reference, cycle model, and any core behind its host bus.

use super::Cycles;
use crate::{
    Result,
    golden::theta::ThetaReference,
    ir::{BitVec, ThetaImage, ThetaNetwork},
    sim::{
        ThetaCosim, ThetaRun, ThetaSimulator,
        cosim::{CorePorts, VerilatedCore},
        theta_difference, theta_transcript,
    },
};
use rayon::prelude::*;
use serde::Serialize;
use verilator_sys::VerilatorError;

/// Inputs and what they are.
#[derive(Clone, Debug)]
pub struct ThetaSet {
    /// A bit per input.
    pub inputs: Vec<BitVec>,
    /// One per input.
    pub labels: Vec<u8>,
}

impl ThetaSet {
    /// The first `count` samples.
    pub fn first(&self, count: usize) -> Self {
        let count = count.min(self.labels.len());
        Self { inputs: self.inputs[..count].to_vec(), labels: self.labels[..count].to_vec() }
    }
}

/// How two levels compare.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ThetaAgreement {
    /// Samples compared.
    pub samples: usize,
    /// Samples in which the levels differ.
    pub mismatches: usize,
    /// The first of them, in words.
    pub first: Option<String>,
    /// Samples the second level classifies as labelled.
    pub correct: usize,
    /// Samples decided by an output spike.
    pub decided: usize,
    /// Cycles from start to result.
    pub cycles_per_sample: Cycles,
    /// Input pulses and spikes up to the decision.
    pub events_per_sample: f64,
    /// Phases looked up for them; 0 where the level cannot see it.
    pub lookups_per_sample: f64,
}

impl ThetaAgreement {
    /// Fraction of samples classified as labelled.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.samples.max(1) as f64
    }
}

/// What one sample adds.
struct Outcome {
    run: ThetaRun,
    correct: bool,
    mismatch: Option<String>,
}

fn agreement(outcomes: Vec<Outcome>) -> ThetaAgreement {
    let n = outcomes.len().max(1) as f64;
    let runs = || outcomes.iter().map(|o| &o.run);
    ThetaAgreement {
        samples: outcomes.len(),
        mismatches: outcomes.iter().filter(|o| o.mismatch.is_some()).count(),
        correct: outcomes.iter().filter(|o| o.correct).count(),
        decided: runs().filter(|r| !r.decision.undecided).count(),
        cycles_per_sample: Cycles {
            mean: runs().map(|r| r.cycles).sum::<u64>() as f64 / n,
            max: runs().map(|r| r.cycles).max().unwrap_or(0),
        },
        events_per_sample: runs().map(|r| r.events).sum::<u64>() as f64 / n,
        lookups_per_sample: runs().filter_map(|r| r.stats).map(|s| s.lookups).sum::<u64>() as f64
            / n,
        first: outcomes.into_iter().find_map(|o| o.mismatch),
    }
}

/// L1 against L2: the reference on the network, the cycle model on the image. Samples run on all threads; `done` is
/// called once per sample.
///
/// # Errors
/// A network or an image that is faulty, and inputs that do not fit.
pub fn simulate_theta(
    network: &ThetaNetwork,
    image: &ThetaImage,
    set: &ThetaSet,
    done: &(dyn Fn() + Sync),
) -> Result<ThetaAgreement> {
    let reference = ThetaReference::new(network)?;
    let simulator = ThetaSimulator::new(image)?;
    let one = |(sample, (input, &label)): (usize, (&BitVec, &u8))| {
        let run = simulator.run(input).map_err(|e| format!("sample {sample}: {e}"))?;
        let parts = reference.run(input).divergence(&theta_transcript(image, &run));
        done();
        let correct = run.decision.class == usize::from(label);
        Ok(Outcome { run, correct, mismatch: parts.map(|d| format!("sample {sample}: {d}")) })
    };
    let samples = set.inputs.par_iter().zip(&set.labels).enumerate();
    Ok(agreement(samples.map(one).collect::<std::result::Result<Vec<_>, String>>()?))
}

/// L2 against a core, sample by sample, cycle stamps included.
///
/// # Errors
/// A core that is another than the image's, or that does not come to a result.
pub fn theta_against<C: CorePorts>(
    core: C,
    image: &ThetaImage,
    set: &ThetaSet,
    done: &(dyn Fn() + Sync),
) -> Result<ThetaAgreement> {
    let samples: Vec<_> = set.inputs.iter().zip(&set.labels).enumerate().collect();
    Ok(agreement(compare(core, image, &samples, done)?))
}

/// L2 against models that `core` makes, one per thread.
///
/// # Errors
/// As [`theta_against`], and what building and loading say.
pub fn theta_against_models(
    core: &(dyn Fn() -> std::result::Result<VerilatedCore, VerilatorError> + Sync),
    image: &ThetaImage,
    set: &ThetaSet,
    done: &(dyn Fn() + Sync),
) -> Result<ThetaAgreement> {
    // Built once here, so that the threads find it in the cache.
    drop(core()?);
    let samples: Vec<_> = set.inputs.iter().zip(&set.labels).enumerate().collect();
    let share = samples.len().div_ceil(rayon::current_num_threads()).max(1);
    let parts = samples.par_chunks(share).map(|chunk| {
        let core = core().map_err(|e| e.to_string())?;
        compare(core, image, chunk, done)
    });
    let parts = parts.collect::<std::result::Result<Vec<_>, String>>()?;
    Ok(agreement(parts.into_iter().flatten().collect()))
}

type Sample<'a> = (usize, (&'a BitVec, &'a u8));

fn compare<C: CorePorts>(
    core: C,
    image: &ThetaImage,
    samples: &[Sample<'_>],
    done: &(dyn Fn() + Sync),
) -> std::result::Result<Vec<Outcome>, String> {
    let simulator = ThetaSimulator::new(image).map_err(|e| e.to_string())?;
    let mut cosim = ThetaCosim::new(core, image).map_err(|e| e.to_string())?;
    let one = |&(sample, (input, &label)): &Sample<'_>| {
        let fault = |e: String| format!("sample {sample}: {e}");
        let expected = simulator.run(input).map_err(|e| fault(e.to_string()))?;
        let run = cosim.run(input).map_err(|e| fault(e.to_string()))?;
        let mismatch = theta_difference(sample, &expected, &run);
        done();
        Ok(Outcome { correct: run.decision.class == usize::from(label), run, mismatch })
    };
    samples.iter().map(one).collect()
}
