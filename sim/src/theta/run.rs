//! What a sample leaves behind at any level that runs the core of theta neurons.

use serde::Serialize;
use spikewright_ir::{Decision, ThetaEvent, ThetaImage, ThetaSpec, ThetaTranscript};

const UNITS: usize = ThetaSpec::UNITS;

/// One entry of the trace port: the neurons of a row behind a pulse, padding included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct ThetaRow {
    /// Cycle of the entry, counted from the core's cycle 0.
    pub cycle: u32,
    /// Layer that the pulse reaches.
    pub layer: u8,
    /// First neuron of the row.
    pub neuron: u16,
    /// Tick of the core.
    pub tick: u16,
    /// Neuron that spiked; 0 of the inputs.
    pub source: u16,
    /// Phases behind the pulse.
    pub phases: [u16; UNITS],
    /// Weight bits; ones for the inputs.
    pub plus: u8,
}

/// What only the simulator sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ThetaStats {
    /// Phases looked up, padding included.
    pub lookups: u64,
    /// Phases read without a look-up to find the next spike, padding included.
    pub searched: u64,
}

/// One sample's run. Two are equal when the core did the same in the same cycles; [`ThetaStats`] are left out.
#[derive(Clone, Debug, Serialize)]
pub struct ThetaRun {
    /// Trace entries in order.
    pub trace: Vec<ThetaRow>,
    /// The class; `undecided` without an output spike.
    pub decision: Decision,
    /// Tick of the core in which the trial ended.
    pub end: u16,
    /// Cycles from start to result, modulo 2^24 as the core counts them.
    pub cycles: u64,
    /// Input pulses and spikes of hidden neurons, likewise.
    pub events: u64,
    /// The simulator's statistics; none from hardware.
    pub stats: Option<ThetaStats>,
}

impl PartialEq for ThetaRun {
    fn eq(&self, other: &Self) -> bool {
        let Self { trace, decision, end, cycles, events, stats: _ } = self;
        (trace, decision, end, cycles, events)
            == (&other.trace, &other.decision, &other.end, &other.cycles, &other.events)
    }
}

impl Eq for ThetaRun {}

/// Where two runs of a sample part, in words.
pub fn theta_difference(sample: usize, expected: &ThetaRun, got: &ThetaRun) -> Option<String> {
    let rows = expected.trace.iter().zip(&got.trace).find(|(e, g)| e != g);
    if let Some((e, g)) = rows {
        return Some(format!("sample {sample}: trace entry expected {e:?}, got {g:?}"));
    }
    let class = |r: &ThetaRun| (r.decision.class as u64, u64::from(r.decision.undecided));
    let ends = [
        ("trace entries", expected.trace.len() as u64, got.trace.len() as u64),
        ("end", expected.end.into(), got.end.into()),
        ("class", class(expected).0, class(got).0),
        ("undecided", class(expected).1, class(got).1),
        ("cycles", expected.cycles, got.cycles),
        ("events", expected.events, got.events),
    ];
    let differs = ends.into_iter().find(|(_, e, g)| e != g);
    differs.map(|(what, e, g)| format!("sample {sample}: {what} expected {e}, got {g}"))
}

/// A run as the reference writes it, in the network's own ticks and phases. What a phase of the network cannot be
/// shows as 65,535.
pub fn theta_transcript(image: &ThetaImage, run: &ThetaRun) -> ThetaTranscript {
    let own = |value: u16| {
        let whole = value >> image.shift;
        if whole << image.shift == value { whole } else { u16::MAX }
    };
    let mut events: Vec<ThetaEvent> = Vec::new();
    for row in &run.trace {
        let layer = usize::from(row.layer);
        let Some(&neurons) = image.sizes.get(layer) else { continue };
        if row.neuron == 0 {
            let (tick, source) = (own(row.tick), row.source.into());
            events.push(ThetaEvent { tick, layer, source, phases: Vec::new() });
        }
        if let Some(event) = events.last_mut() {
            let room = neurons.saturating_sub(row.neuron.into()).min(UNITS);
            event.phases.extend(row.phases[..room].iter().map(|&phase| own(phase)));
        }
    }
    ThetaTranscript { events, end: own(run.end), decision: run.decision }
}
