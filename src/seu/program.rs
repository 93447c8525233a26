//! Bits of the program and the tile table, on a core that is driven over its host bus: these may keep it
//! from coming to an end.

use super::flip::{flip, image_bits};
use crate::{
    board::ClockedCore,
    host::{BoardCore, bitmap},
    ir::{CoreImage, InputTrain, Region, layout::bus},
    sim::{Simulator, cosim::CorePorts},
};
use serde::Serialize;

/// What single flips of a table do to one sample.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct TableEffects {
    /// Bits that the image writes, each turned over once.
    pub bits: usize,
    /// Of these, images that the simulator's check refuses: the toolkit would not have loaded them.
    pub refused: usize,
    /// The right class in the right number of cycles.
    pub right: usize,
    /// Another class or number of cycles.
    pub other: usize,
    /// The core is still busy after `limit` cycles.
    pub busy: usize,
}

/// Turns every bit of a table over, one at a time, on a core of its own that `fresh` makes, and runs one
/// input for at most `limit` cycles.
///
/// # Errors
/// What the simulator says of the image or the input, or `fresh`.
pub fn table<C: CorePorts>(
    image: &CoreImage,
    input: &InputTrain,
    region: Region,
    fresh: impl Fn() -> Result<C, String>,
    limit: usize,
) -> Result<TableEffects, String> {
    let mut simulator = Simulator::new(image).map_err(|e| e.to_string())?;
    let right = simulator.run(input).map_err(|e| e.to_string())?;
    let spikes = bitmap(image, input).map_err(|e| e.to_string())?;
    let bits = image_bits(image, region);
    let mut out = TableEffects { bits: bits.len(), ..TableEffects::default() };
    for bit in bits {
        let mut image = image.clone();
        flip(&mut image, bit);
        let image = image.sealed();
        out.refused += usize::from(Simulator::new(&image).is_err());
        let mut core = ClockedCore::new(fresh()?, limit);
        image.writes().for_each(|(address, word)| core.write(address, word));
        for (address, &word) in (0..).zip(&spikes) {
            core.write(bus::address(bus::SPIKES, address), word);
        }
        core.write(bus::address(bus::CONTROL, bus::START), bus::START_FRESH);
        let mut read = |register| core.read(bus::address(bus::CONTROL, register));
        let cycles = u64::from(read(bus::CYCLES_LOW)) | u64::from(read(bus::CYCLES_HIGH)) << 16;
        let class = usize::from(read(bus::CLASS));
        match (read(bus::STATUS) & 1 == 1, (class, cycles) == (right.decision.class, right.cycles))
        {
            (true, _) => out.busy += 1,
            (_, true) => out.right += 1,
            (_, false) => out.other += 1,
        }
    }
    Ok(out)
}
