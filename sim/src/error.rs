//! What can go wrong before or while an image runs.

use thiserror::Error;

/// Why an image or a sample cannot be simulated.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum SimError {
    /// The image contradicts itself or its preset.
    #[error(
        "image, {place}: {problem}; the image is damaged or from another version, compile the network again"
    )]
    Image {
        /// Memory, tile or field concerned.
        place: String,
        /// What is wrong, with the numbers.
        problem: String,
    },
    /// The sample does not have the form the image was compiled for.
    #[error(
        "input: {found} {what}, but the image takes {expected}; encode the sample for this network"
    )]
    Input {
        /// What is counted: `planes`, `ticks` or `neurons`.
        what: &'static str,
        /// Number in the sample.
        found: usize,
        /// Number the image takes.
        expected: usize,
    },
    /// The core does not come to a result.
    #[error(
        "no result after {limit} cycles (scan control in {state} at entry {entry}); the image's gate or flush flags are wrong, compile the network again"
    )]
    CycleLimit {
        /// Cycles allowed: more than any image of this size takes.
        limit: u64,
        /// State of the scan control.
        state: &'static str,
        /// Entry of the program that the scan control reads next.
        entry: u8,
    },
    /// There is nothing to go on from.
    #[error(
        "no stream to go on with; compile the network for a stream, and run its first tick as a sample"
    )]
    NoStream,
}
