//! Builds for streams: the samples of a set one behind the other as one endless stream, a tick at a
//! start, and never set back. A sample's class is what is read at its last tick; where spikes are
//! counted, the window is the network's `T` ticks.

use super::agree::{Agreement, Outcome};
use crate::{
    Result,
    golden::{Reference, data::EncodedSet},
    host::Window,
    ir::{
        CoreImage, Decision, InputTrain, LayerTranscript, Network, Readout, SpikeTrain, Transcript,
        first_divergence,
    },
    sim::{
        FastSimulator, Run,
        cosim::{CorePorts, Cosim, first_difference},
        transcript,
    },
};

/// Most ticks that the reference computes as one.
const MAX_TICKS: usize = 1 << 16;

/// What the reference says of each tick of a stream.
pub struct StreamReference {
    whole: Transcript,
    /// What is read after each tick.
    pub decisions: Vec<Decision>,
    /// Samples whose class after their last tick is their label.
    pub correct: usize,
}

/// The reference on the whole stream.
///
/// # Errors
/// More ticks than it computes as one, or a network it refuses.
pub fn stream_reference(network: &Network, set: &EncodedSet) -> Result<StreamReference> {
    let window = network.ticks;
    let ticks = set.inputs.len() * window;
    if ticks > MAX_TICKS {
        return Err(format!(
            "a stream of {ticks} ticks, the reference computes {MAX_TICKS}\n  help: ask for at most {} samples with --images",
            MAX_TICKS / window
        )
        .into());
    }
    let input = joined(&set.inputs);
    let whole = Reference::new(&Network { ticks, ..network.clone() })?.run(&input)?;
    let last = whole.layers.last().ok_or("the network has no layer")?;
    let decisions: Vec<_> = (0..ticks)
        .map(|t| match network.readout {
            Readout::Potential => first_of_most(last.potentials[t].iter().copied()),
            _ => {
                let mut counts = vec![0; last.spikes.neurons()];
                for tick in (t + 1).saturating_sub(window)..=t {
                    last.spikes.tick(tick).ones().for_each(|n| counts[n] += 1);
                }
                let undecided = counts.iter().all(|&c| c == 0);
                Decision { undecided, ..first_of_most(counts.into_iter()) }
            }
        })
        .collect();
    let class = |sample: usize| decisions[(sample + 1) * window - 1].class;
    let labels = set.labels.iter().map(|&label| usize::from(label)).enumerate();
    let correct = labels.filter(|&(sample, label)| class(sample) == label).count();
    Ok(StreamReference { whole, decisions, correct })
}

fn first_of_most(values: impl Iterator<Item = i32>) -> Decision {
    let best =
        values.enumerate().fold((0, i32::MIN), |best, (class, value)| match value > best.1 {
            true => (class, value),
            false => best,
        });
    Decision { class: best.0, undecided: false }
}

impl StreamReference {
    /// Tick `t` alone.
    fn tick(&self, t: usize) -> Transcript {
        let one = |l: &LayerTranscript| LayerTranscript {
            spikes: SpikeTrain::from_ticks(vec![l.spikes.tick(t).clone()], l.spikes.neurons()),
            potentials: l.potentials.get(t).cloned().into_iter().collect(),
        };
        let layers = self.whole.layers.iter().map(one).collect();
        Transcript { layers, decision: self.decisions[t] }
    }
}

/// The samples' ticks, one sample behind the other.
pub fn joined(inputs: &[InputTrain]) -> InputTrain {
    let planes = inputs.first().map_or(0, |i| i.planes.len());
    let plane = |q: usize| {
        let ticks = inputs.iter().flat_map(|i| (0..i.ticks()).map(move |t| i.planes[q].tick(t)));
        SpikeTrain::from_ticks(ticks.cloned().collect(), inputs[0].neurons())
    };
    InputTrain { planes: (0..planes).map(plane).collect() }
}

/// Each tick of a set's samples, as a core takes it.
pub fn stream_ticks(set: &EncodedSet) -> impl Iterator<Item = InputTrain> + '_ {
    set.inputs.iter().flat_map(|i| (0..i.ticks()).map(move |t| tick_alone(i, t)))
}

/// Tick `t` of an input as a sample of one tick.
pub fn tick_alone(input: &InputTrain, t: usize) -> InputTrain {
    let one = |p: &SpikeTrain| SpikeTrain::from_ticks(vec![p.tick(t).clone()], p.neurons());
    InputTrain { planes: input.planes.iter().map(one).collect() }
}

/// What is read of a core after a tick.
pub struct StreamReadout {
    readout: Readout,
    window: Window,
}

impl StreamReadout {
    /// Of a stream that `network` was compiled to.
    pub fn new(network: &Network) -> Self {
        let window = Window::new(network.ticks, network.classes());
        Self { readout: network.readout, window }
    }

    /// The class after a tick in which the core's class register says `decision` and its last layer
    /// spikes as `output` says.
    pub fn read(&mut self, decision: Decision, output: u16) -> Decision {
        match self.readout {
            Readout::Potential => decision,
            _ => self.window.push(output),
        }
    }
}

/// L1 against L2, tick by tick.
pub(super) fn simulate(
    network: &Network,
    image: &CoreImage,
    set: &EncodedSet,
    done: &(dyn Fn() + Sync),
) -> Result<Agreement> {
    let reference = stream_reference(network, set)?;
    let mut simulator = FastSimulator::new(image)?;
    let mut readout = StreamReadout::new(network);
    let runs = stream_ticks(set).enumerate().map(|(t, input)| {
        let run = if t == 0 { simulator.run(&input) } else { simulator.resume(&input) };
        let run = run.map_err(|e| format!("tick {t} of the stream: {e}"))?;
        let decision = readout.read(run.decision, run.output);
        let got = transcript(image, &run.trace, decision);
        let differs = first_divergence(&reference.tick(t), &got);
        Ok((run, decision, differs.map(|d| format!("tick {t} of the stream: {d}"))))
    });
    by_sample(runs, network.ticks, set, done)
}

/// L2 against another level, tick by tick.
pub(super) fn compare<C: CorePorts>(
    core: C,
    network: &Network,
    image: &CoreImage,
    set: &EncodedSet,
    done: &(dyn Fn() + Sync),
) -> Result<Agreement> {
    let mut simulator = FastSimulator::new(image)?;
    let mut cosim = Cosim::new(core, image)?;
    let mut readout = StreamReadout::new(network);
    let runs = stream_ticks(set).enumerate().map(|(t, input)| {
        let fault = |e: String| format!("tick {t} of the stream: {e}");
        let (expected, got) = match t {
            0 => (simulator.run(&input), cosim.run(&input)),
            _ => (simulator.resume(&input), cosim.resume(&input)),
        };
        let expected = expected.map_err(|e| fault(e.to_string()))?;
        let got = got.map_err(|e| fault(e.to_string()))?;
        let differs = first_difference(t, &expected, &got).map(|d| fault(d.to_string()));
        let decision = readout.read(got.decision, got.output);
        Ok((got, decision, differs))
    });
    by_sample(runs, network.ticks, set, done)
}

type Tick = (Run, Decision, Option<String>);

/// Takes the ticks of each sample together.
fn by_sample(
    mut ticks: impl Iterator<Item = std::result::Result<Tick, String>>,
    window: usize,
    set: &EncodedSet,
    done: &(dyn Fn() + Sync),
) -> Result<Agreement> {
    let mut outcomes = Vec::with_capacity(set.labels.len());
    for &label in &set.labels {
        let ticks = ticks.by_ref().take(window).collect::<std::result::Result<Vec<Tick>, _>>()?;
        let class = ticks.last().map(|(_, decision, _)| decision.class);
        let runs = || ticks.iter().map(|(run, ..)| run);
        outcomes.push(Outcome {
            correct: class == Some(usize::from(label)),
            starts: runs().map(|r| r.cycles).collect(),
            sop: runs().map(Run::sop).sum(),
            capacity: runs().map(super::agree::capacity).sum(),
            layers: Vec::new(),
            mismatch: ticks.iter().find_map(|(.., differs)| differs.clone()),
        });
        done();
    }
    Ok(Agreement::of(outcomes))
}
