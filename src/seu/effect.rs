//! How far an upset comes.

use crate::sim::Run;
use serde::Serialize;

/// What became of a sample, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Not seen from outside.
    Nothing,
    /// Other cycles or events, with the same potentials and spikes.
    Time,
    /// A potential.
    Potential,
    /// A spike, and the same decision for all that.
    Spike,
    /// The decision.
    Decision,
}

/// All of them.
pub const EFFECTS: [Effect; 5] =
    [Effect::Nothing, Effect::Time, Effect::Potential, Effect::Spike, Effect::Decision];

/// The greatest effect that shows between a run and the same run upset.
pub fn effect(right: &Run, upset: &Run) -> Effect {
    if right.decision != upset.decision {
        return Effect::Decision;
    }
    let pairs = || right.trace.iter().zip(&upset.trace);
    let spikes = pairs().any(|(a, b)| a.s != b.s) || right.trace.len() != upset.trace.len();
    let potentials = pairs().any(|(a, b)| (a.u, a.v) != (b.u, b.v));
    match (spikes, potentials, right != upset) {
        (true, ..) => Effect::Spike,
        (_, true, _) => Effect::Potential,
        (_, _, true) => Effect::Time,
        _ => Effect::Nothing,
    }
}
