//! What a search found, in numbers.

use super::Genes;
use serde::{Deserialize, Serialize};

/// Accuracy of a network.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Stage {
    /// On held-out training samples, by which everything is chosen.
    pub held_out: f64,
    /// On the test samples.
    pub test: f64,
}

/// A search and its result.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// What evolved.
    pub genes: Genes,
    /// Engine.
    pub engine: String,
    /// Seed.
    pub seed: u64,
    /// Generations.
    pub generations: u64,
    /// Individuals evaluated.
    pub evaluations: u64,
    /// Step of the grid of thresholds and biases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<i32>,
    /// Before anything was lost: the frozen network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Stage>,
    /// What the search started from.
    pub start: Stage,
    /// What it found: the middle of its last distribution or its best individual, whichever is better
    /// on held-out samples.
    pub found: Stage,
}

impl Outcome {
    /// Share of the test accuracy lost on the grid that the search has won back.
    pub fn recovered(&self) -> Option<f64> {
        let lost = self.before?.test - self.start.test;
        (lost > 0.0).then(|| (self.found.test - self.start.test) / lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_recovered_is_a_share_of_what_was_lost() {
        let stage = |test| Stage { held_out: 0.0, test };
        let mut outcome = Outcome {
            genes: Genes::Neurons,
            engine: "snes".into(),
            seed: 1,
            generations: 2,
            evaluations: 20,
            q: Some(64),
            before: Some(stage(0.75)),
            start: stage(0.25),
            found: stage(0.5),
        };
        assert_eq!(outcome.recovered(), Some(0.5));
        outcome.before = Some(stage(0.25));
        assert_eq!(outcome.recovered(), None);
    }
}
