//! Whether an image agrees with itself, its preset and the datasheet's formulas. What passes runs
//! without leaving a memory; whether its gates open is left to the cycle limit.

mod input;
mod layers;
mod program;

use super::{memory::Memory, reach::Reach, seal};
use crate::SimError;
use spikewright_ir::CoreImage;

/// What the check finds out on its way.
pub struct Checked {
    /// What an event of each tile reaches.
    pub reach: Vec<Reach>,
    /// More cycles than any run of this image takes.
    pub cycle_limit: u64,
}

/// Returns `Err` with a message of its own when `fine` does not hold.
fn demand(
    fine: bool,
    place: impl Into<String>,
    problem: impl FnOnce() -> String,
) -> Result<(), SimError> {
    if fine { Ok(()) } else { Err(SimError::Image { place: place.into(), problem: problem() }) }
}

/// Checks the whole image.
pub fn check(image: &CoreImage, memory: &Memory) -> Result<Checked, SimError> {
    input::control(image, memory)?;
    input::input(image, memory)?;
    let reach = layers::layers(image, memory)?;
    let cycle_limit = program::program(reach.len(), memory)?;
    let sum = seal::sum(image);
    demand(image.seal == sum, "seal", || {
        format!("it is {:04x}, the sum of the words is {sum:04x}", image.seal)
    })?;
    Ok(Checked { reach, cycle_limit })
}
