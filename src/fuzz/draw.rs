//! Case number so-and-so of a seed.

use super::{Case, Part};
use crate::{
    golden::rng::Stream,
    ir::{CoreSpec, Network, Preset},
    random,
};
use serde::Serialize;

/// What a case is meant to reach. Numbers go through the kinds in turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Dense layers, all neuron options.
    Dense,
    /// Several planes of weights and input.
    Planes,
    /// Projections of all kinds.
    Wired,
    /// Convolutions and pooling.
    Maps,
    /// As `Wired`, in a stream.
    Stream,
    /// Thresholds that potentials reach exactly.
    Threshold,
    /// Potentials at both ends of their width.
    Ends,
    /// The largest fan-in.
    Wide,
}

/// All kinds, in the order of the numbers.
pub const KINDS: [Kind; 8] = [
    Kind::Dense,
    Kind::Planes,
    Kind::Wired,
    Kind::Maps,
    Kind::Stream,
    Kind::Threshold,
    Kind::Ends,
    Kind::Wide,
];

/// Draws before a number is given up: cores refuse some networks for want of memory.
const DRAWS: u64 = 1_000;
/// Ticks of a stream before it begins anew.
const RESTART: usize = 7;
/// At least so many ticks go once round the spike memory of any preset.
const ROUND: usize = 130;

impl Kind {
    /// The kind of a number.
    pub fn of(number: u64) -> Self {
        KINDS[(number % KINDS.len() as u64) as usize]
    }

    fn network(self, seed: u64, draw: u64, spec: &CoreSpec) -> Network {
        match self {
            Kind::Dense => random::network(seed, draw, spec),
            Kind::Planes => random::planes_network(seed, draw, spec),
            Kind::Wired => random::wired_network(seed, draw, spec),
            Kind::Maps => random::maps_network(seed, draw, spec),
            Kind::Stream => random::stream_network(seed, draw, spec),
            Kind::Threshold => random::threshold_network(seed, draw, spec),
            Kind::Ends => random::ends_network(seed, draw, spec),
            Kind::Wide => random::wide_network(seed, draw, spec),
        }
    }
}

/// The preset of a number: each kind meets all of them.
pub fn preset_of(number: u64, presets: &[Preset]) -> Preset {
    presets[(number / KINDS.len() as u64 % presets.len() as u64) as usize]
}

/// A case, and how many draws the compiler refused before it.
pub struct Drawn {
    /// The case.
    pub case: Case,
    /// Networks refused.
    pub refused: u64,
}

/// Case `number` of a seed for a preset; nothing else decides what it is. One in four has another
/// network on the core before its own.
///
/// # Errors
/// The compiler refuses every draw: a generator asks for more than the preset has.
pub fn case(seed: u64, number: u64, preset: Preset) -> Result<Drawn, String> {
    let r = &mut Stream::named(seed, "fuzz-case").child(number).sequence();
    let mut refused = 0;
    let mut parts = Vec::new();
    if r.below(4) == 0 {
        let kind = [Kind::Dense, Kind::Planes, Kind::Wired][r.below(3) as usize];
        let mut before = part(seed, number | 1 << 62, kind, preset, 1, &mut refused)?;
        before.stimuli.truncate(1);
        parts.push(before);
    }
    let kind = Kind::of(number);
    let long = kind == Kind::Stream && r.below(4) == 0;
    let ticks = if long { ROUND + r.below(30) as usize } else { RESTART };
    parts.push(part(seed, number, kind, preset, ticks, &mut refused)?);
    Ok(Drawn { case: Case { preset, parts }, refused })
}

/// The first draw of a number that the core can run: the number's own network, then others. Streams
/// have `ticks` ticks.
fn part(
    seed: u64,
    number: u64,
    kind: Kind,
    preset: Preset,
    ticks: usize,
    refused: &mut u64,
) -> Result<Part, String> {
    let spec = preset.spec();
    let stream = kind == Kind::Stream;
    let mut last = String::new();
    for draw in 0..DRAWS {
        let draw = number | draw << 40;
        let mut network = kind.network(seed, draw, &spec);
        if stream {
            network.ticks = ticks;
        }
        // Stimulus 0 is the one that thresholds are drawn on.
        let stimuli = match ticks > RESTART {
            true => vec![random::stimulus(seed, draw, 0, &network)],
            false => vec![
                random::stimulus(seed, draw, 0, &network),
                random::adverse_stimulus(seed, draw, 1, &network),
                random::stimulus(seed, draw, 2, &network),
            ],
        };
        let part = Part { network, stream, stimuli };
        match part.compile(preset) {
            Ok(_) => return Ok(part),
            Err(e) => last = e.to_string(),
        }
        *refused += 1;
    }
    Err(format!(
        "case {number} of seed {seed}: {preset} refuses {DRAWS} draws of kind {kind:?}, the last: {last}"
    ))
}
