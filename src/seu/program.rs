//! Bits of the program and the tile table, on a core that is driven over its host bus: these may keep it
//! from coming to an end.

use super::flip::flip;
use crate::{
    board::ClockedCore,
    host::{BoardCore, bitmap},
    ir::{CoreImage, InputTrain, layout::bus},
    sim::{Simulator, cosim::CorePorts},
};
use serde::Serialize;

/// What single flips of a table do to one sample.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct TableEffects {
    /// Bits, each turned over once.
    pub bits: usize,
    /// Of these, images that the simulator's check refuses: the toolkit would not have loaded them.
    pub refused: usize,
    /// The right class in the right number of cycles.
    pub right: usize,
    /// Another class or number of cycles.
    pub other: usize,
    /// The watchdog stopped the core.
    pub stopped: usize,
    /// Of these, cores that did not do as before with the image loaded again: a pass was broken off in the middle
    /// of a word, and the writer goes on from there until the device is configured anew.
    pub spoiled: usize,
}

/// Turns bits of the tables over, one at a time, on a core of its own that `fresh` makes, and runs one
/// input to its end, or to the watchdog's.
///
/// # Errors
/// What the simulator says of the image or the input, or `fresh`; a core that stays busy, or is stopped once
/// more by the image as it was.
pub fn table<C: CorePorts>(
    image: &CoreImage,
    input: &InputTrain,
    bits: &[(usize, usize, u32)],
    fresh: impl Fn() -> Result<C, String>,
) -> Result<TableEffects, String> {
    let mut simulator = Simulator::new(image).map_err(|e| e.to_string())?;
    let right = simulator.run(input).map_err(|e| e.to_string())?;
    let right = (right.decision.class, right.cycles);
    let spikes = bitmap(image, input).map_err(|e| e.to_string())?;
    let mut out = TableEffects { bits: bits.len(), ..TableEffects::default() };
    for &bit in bits {
        let mut upset = image.clone();
        flip(&mut upset, bit);
        let upset = upset.sealed();
        out.refused += usize::from(Simulator::new(&upset).is_err());
        let mut core = ClockedCore::new(fresh()?, bus::WATCHDOG_END + SLACK);
        match run(&mut core, &upset, &spikes) {
            Outcome { busy: true, .. } => return Err(format!("{bit:?}: the core stays busy")),
            Outcome { stopped: true, .. } => {
                out.stopped += 1;
                let again = run(&mut core, image, &spikes);
                if again.busy || again.stopped {
                    return Err(format!("{bit:?}: the core does not come to an end again"));
                }
                out.spoiled += usize::from(again.said != right);
            }
            Outcome { said, .. } if said == right => out.right += 1,
            _ => out.other += 1,
        }
    }
    Ok(out)
}

/// Cycles from the watchdog's end until everybody has noticed.
const SLACK: usize = 16;

/// What a core says after a sample.
struct Outcome {
    busy: bool,
    stopped: bool,
    /// Class and cycles.
    said: (usize, u64),
}

/// Loads image and spikes, and runs them.
fn run(core: &mut impl BoardCore, image: &CoreImage, spikes: &[u16]) -> Outcome {
    image.writes().for_each(|(address, word)| core.write(address, word));
    for (address, &word) in (0..).zip(spikes) {
        core.write(bus::address(bus::SPIKES, address), word);
    }
    core.write(bus::address(bus::CONTROL, bus::START), bus::START_FRESH);
    let mut read = |register| core.read(bus::address(bus::CONTROL, register));
    let status = read(bus::STATUS);
    let cycles = u64::from(read(bus::CYCLES_LOW)) | u64::from(read(bus::CYCLES_HIGH)) << 16;
    Outcome {
        busy: status & 1 == 1,
        stopped: status >> 6 & 1 == 1,
        said: (read(bus::CLASS).into(), cycles),
    }
}
