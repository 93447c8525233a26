//! One part of a case on two levels: what they did, where they part, and what stood there.

use super::Level;
use crate::{
    golden::Reference,
    ir::{CoreImage, Decision, InputTrain, Network, SpikeTrain, Transcript, first_divergence},
    job::{StreamReadout, tick_alone},
    sim::{
        FastSimulator, Run, Simulator,
        cosim::{CorePorts, Cosim, first_difference},
        traced_neuron, transcript,
    },
};
use std::collections::BTreeMap;

/// What a core did with one stimulus: one run, or of a stream one for each tick.
pub type Runs = Vec<Run>;

/// Where a level parts from the simulator.
#[derive(Clone, PartialEq, Debug)]
pub struct Failure {
    /// The level.
    pub level: Level,
    /// Part of the case.
    pub part: usize,
    /// Stimulus of the part.
    pub sample: usize,
    /// Tick and layer, when the levels part within the trace.
    pub place: Option<(usize, usize)>,
    /// In words.
    pub message: String,
    /// What both levels say of the neuron, tick by tick.
    pub context: Vec<String>,
}

/// A difference within a part.
#[derive(Clone, PartialEq, Debug)]
pub struct Parting {
    /// Stimulus.
    pub sample: usize,
    /// Tick, layer and neuron, when the levels part within the trace.
    pub place: Option<(usize, usize, usize)>,
    /// In words.
    pub message: String,
    /// What both levels say of the neuron, tick by tick.
    pub context: Vec<String>,
}

/// The simulator on all stimuli, in both of its models: what the cycle model says, where the fast one says
/// the same.
///
/// # Errors
/// What it says of an image or a sample; that the image is not one for the fast model, as all of the
/// compiler's are; and where the models part.
pub fn simulate(image: &CoreImage, stimuli: &[InputTrain]) -> Result<Vec<Runs>, String> {
    let mut simulator = Simulator::new(image).map_err(|e| e.to_string())?;
    let mut fast = FastSimulator::new(image).map_err(|e| e.to_string())?;
    if !fast.is_fast() {
        return Err("the image needs the cycle model: its gates do not cover what is read".into());
    }
    let mut start = |s: usize, t: usize, input: &InputTrain| {
        let (run, quick) = match t {
            0 => (simulator.run(input), fast.run(input)),
            _ => (simulator.resume(input), fast.resume(input)),
        };
        let (run, quick) = (run.map_err(|e| e.to_string())?, quick.map_err(|e| e.to_string())?);
        match models_differ(s, &run, &quick) {
            None => Ok(run),
            Some(what) => Err(format!("start {t}: the fast model differs: {what}")),
        }
    };
    let mut one = |(s, input): (usize, &InputTrain)| {
        let starts = ticks(image, input).enumerate();
        starts.map(|(t, input)| start(s, t, &input)).collect::<Result<Runs, String>>()
    };
    let runs = stimuli.iter().enumerate();
    runs.map(|(s, input)| one((s, input)).map_err(|e| format!("sample {s}: {e}"))).collect()
}

/// Where the fast model parts from the cycle model: trace, stamps, results and statistics.
fn models_differ(sample: usize, run: &Run, fast: &Run) -> Option<String> {
    if let Some(d) = first_difference(sample, run, fast) {
        return Some(d.to_string());
    }
    let statistics = run.stats != fast.stats;
    statistics.then(|| format!("statistics {:?} instead of {:?}", fast.stats, run.stats))
}

/// A stimulus as it is started: whole, or in a stream tick by tick.
pub(super) fn ticks(image: &CoreImage, input: &InputTrain) -> impl Iterator<Item = InputTrain> {
    let starts = if image.stream { input.ticks() } else { 1 };
    let stream = image.stream;
    (0..starts).map(move |t| if stream { tick_alone(input, t) } else { input.clone() })
}

/// Another core against what the simulator did: trace with cycle stamps, decision, output spikes,
/// cycles and events. The first difference.
pub fn core_differs<C: CorePorts>(
    core: C,
    network: &Network,
    image: &CoreImage,
    stimuli: &[InputTrain],
    expected: &[Runs],
) -> Option<Parting> {
    let fault = |sample, message: String| {
        Some(Parting { sample, place: None, message, context: Vec::new() })
    };
    let mut cosim = match Cosim::new(core, image) {
        Ok(cosim) => cosim,
        Err(e) => return fault(0, e.to_string()),
    };
    for (s, (input, expected)) in stimuli.iter().zip(expected).enumerate() {
        let mut seen = Vec::new();
        for (t, (input, e)) in ticks(image, input).zip(expected).enumerate() {
            let within = |what: String| match image.stream {
                true => format!("sample {s}, tick {t} of the stream: {what}"),
                false => format!("sample {s}: {what}"),
            };
            let got = if t == 0 { cosim.run(&input) } else { cosim.resume(&input) };
            let got = match got {
                Ok(got) => got,
                Err(error) => return fault(s, within(error.to_string())),
            };
            if let Some(d) = first_difference(s, e, &got) {
                seen.push(got);
                let tick = if image.stream { t } else { d.tick };
                let message = if image.stream { within(d.to_string()) } else { d.to_string() };
                // A lane that is no neuron has no history.
                let neuron = image.layers.get(d.layer).and_then(|l| traced_neuron(l, d.neuron));
                let at = (tick, d.layer, neuron.unwrap_or(d.neuron));
                let both = [history(image, expected, at), history(image, &seen, at)];
                let context = match neuron {
                    Some(_) => context(network, at, both, ["simulator", "core"]),
                    None => Vec::new(),
                };
                return Some(Parting { sample: s, place: Some(at), message, context });
            }
            if *e != got {
                return fault(s, within("runs differ where no difference is named".into()));
            }
            seen.push(got);
        }
    }
    None
}

/// The reference against what the simulator did: every spike, potential and decision.
pub fn reference_differs(
    network: &Network,
    image: &CoreImage,
    stimuli: &[InputTrain],
    runs: &[Runs],
) -> Option<Parting> {
    let fault = |sample, message: String| {
        Some(Parting { sample, place: None, message, context: Vec::new() })
    };
    let reference = match Reference::new(network) {
        Ok(reference) => reference,
        Err(e) => return fault(0, e.to_string()),
    };
    for (s, (input, runs)) in stimuli.iter().zip(runs).enumerate() {
        let expected = match reference.run(input) {
            Ok(expected) => expected,
            Err(e) => return fault(s, format!("sample {s}: {e}")),
        };
        let got = joined(network, image, runs);
        if let Some(d) = first_divergence(&expected, &got) {
            let at = (d.tick, d.layer, d.neuron);
            let due = |t: usize| {
                let l = &expected.layers[d.layer];
                let v = l.potentials.get(t).and_then(|tick| tick.get(d.neuron)).copied();
                let s = t < l.spikes.ticks() && l.spikes.tick(t).get(d.neuron);
                v.map(|v| (t, format!("v {v}, spike {}", u8::from(s))))
            };
            let both = [(0..=d.tick).filter_map(due).collect(), history(image, runs, at)];
            let context = context(network, at, both, ["reference", "simulator"]);
            return Some(Parting {
                sample: s,
                place: Some(at),
                message: format!("sample {s}, {d}"),
                context,
            });
        }
    }
    None
}

/// The runs of one stimulus as a transcript; of a stream, tick behind tick, with what is read after
/// the last.
fn joined(network: &Network, image: &CoreImage, runs: &Runs) -> Transcript {
    let mut readout = StreamReadout::new(network);
    let mut parts = runs.iter().map(|run| {
        let decision = match image.stream {
            true => readout.read(run.decision, run.output),
            false => run.decision,
        };
        transcript(image, &run.trace, decision)
    });
    let empty = Transcript { layers: Vec::new(), decision: Decision::default() };
    let mut whole = parts.next().unwrap_or(empty);
    for part in parts {
        for (all, one) in whole.layers.iter_mut().zip(part.layers) {
            let ticks = [&all.spikes, &one.spikes].into_iter();
            let ticks = ticks.flat_map(|s| (0..s.ticks()).map(|t| s.tick(t).clone())).collect();
            all.spikes = SpikeTrain::from_ticks(ticks, all.spikes.neurons());
            all.potentials.extend(one.potentials);
        }
        whole.decision = part.decision;
    }
    whole
}

type Place = (usize, usize, usize);

/// What a core's trace says of one neuron up to a tick.
fn history(image: &CoreImage, runs: &[Run], at: Place) -> BTreeMap<usize, String> {
    let (last, layer, neuron) = at;
    let units = image.preset.spec().fire_units;
    let mut seen = BTreeMap::new();
    if layer >= image.layers.len() {
        return seen;
    }
    for (start, run) in runs.iter().enumerate() {
        for row in run.trace.iter().filter(|r| usize::from(r.layer) == layer) {
            let tick = if image.stream { start } else { usize::from(row.tick) };
            let shows = |unit: &usize| {
                traced_neuron(&image.layers[layer], row.neuron as usize + unit) == Some(neuron)
            };
            if tick <= last
                && let Some(unit) = (0..units).find(shows)
            {
                let (u, v, s) = (row.u[unit], row.v[unit], row.s >> unit & 1);
                seen.insert(tick, format!("u {u}, v {v}, spike {s}, cycle {}", row.cycle));
            }
        }
    }
    seen
}

/// Ticks shown before the one in which levels part.
const BEFORE: usize = 3;

/// The neuron's parameters, and what two levels say of it in the ticks up to the one in which they part.
fn context(
    network: &Network,
    at: Place,
    both: [BTreeMap<usize, String>; 2],
    names: [&str; 2],
) -> Vec<String> {
    let (last, layer, neuron) = at;
    let mut lines = Vec::new();
    let Some(l) = network.layers.get(layer) else { return lines };
    let fires = if network.reads_potential(layer) { ", read by potential" } else { "" };
    if let Some(p) = l.params() {
        let area = l.shape().height * l.shape().width;
        let of = |v: &[i32]| v.get(neuron / area.max(1)).map_or("-".into(), i32::to_string);
        lines.push(format!(
            "layer {layer} \"{}\", neuron {neuron}: threshold {}, bias {}, F {}, {:?}, {:?}, {:?}{fires}",
            l.name,
            of(&p.theta),
            of(&p.bias),
            p.frac_bits,
            p.leak,
            p.fire,
            p.reset
        ));
    }
    for tick in last.saturating_sub(BEFORE)..=last {
        for (history, name) in both.iter().zip(names) {
            let said = history.get(&tick).map_or("nothing", String::as_str);
            lines.push(format!("tick {tick}, {name}: {said}"));
        }
    }
    lines
}
