//! Reader of the conformance vectors of theta networks (`tests/vectors/theta/*.jsonl`): networks, inputs and
//! the trials that an independent implementation expects. `tests/vectors/theta/README.md` has the format.

use serde::Deserialize;
use spikewright_ir::{BitVec, Decision, ThetaEvent, ThetaNetwork, ThetaTranscript};

/// One network with its samples.
#[derive(Clone, Debug)]
pub struct ThetaCase {
    /// Unique name.
    pub name: String,
    /// The network.
    pub network: ThetaNetwork,
    /// Inputs and what must follow from each.
    pub samples: Vec<(BitVec, ThetaTranscript)>,
}

#[derive(Deserialize)]
struct RawCase {
    name: String,
    network: ThetaNetwork,
    samples: Vec<RawSample>,
}

#[derive(Deserialize)]
struct RawSample {
    input: BitVec,
    /// Tick, layer, source, phases.
    events: Vec<(u16, usize, usize, Vec<u16>)>,
    end: u16,
    class: usize,
    undecided: bool,
}

/// Parses one case per line; empty lines are skipped. The error names the line.
pub fn parse(text: &str) -> Result<Vec<ThetaCase>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(n, line)| {
            let raw: RawCase =
                serde_json::from_str(line).map_err(|e| format!("line {}: {e}", n + 1))?;
            let RawCase { name, network, samples } = raw;
            let samples = samples.into_iter().map(RawSample::build).collect();
            Ok(ThetaCase { name, network, samples })
        })
        .collect()
}

impl RawSample {
    fn build(self) -> (BitVec, ThetaTranscript) {
        let event = |(tick, layer, source, phases)| ThetaEvent { tick, layer, source, phases };
        let events = self.events.into_iter().map(event).collect();
        let decision = Decision { class: self.class, undecided: self.undecided };
        (self.input, ThetaTranscript { events, end: self.end, decision })
    }
}
