//! Bits of an image, and of the state that its network uses.

use crate::{
    ir::{CoreImage, Region, layout::tile},
    sim::StateMemory,
};

/// Places of a region's bits in an image: memory, word and bit.
pub fn image_bits(image: &CoreImage, region: Region) -> Vec<(usize, usize, u32)> {
    let memories = image.memories.iter().enumerate().filter(|(_, m)| m.region == region);
    memories
        .flat_map(|(m, memory)| {
            (0..memory.words.len()).flat_map(move |w| (0..16).map(move |bit| (m, w, bit)))
        })
        .collect()
}

/// Turns one of them over.
pub fn flip(image: &mut CoreImage, (memory, word, bit): (usize, usize, u32)) {
    image.memories[memory].words[word] ^= 1 << bit;
}

/// Bits of a state memory that the image's network uses, in rising order.
pub fn state_bits(image: &CoreImage, memory: StateMemory) -> Vec<usize> {
    let spec = image.preset.spec();
    let bits = memory.bits(&spec);
    let used: Vec<usize> = match memory {
        StateMemory::Potentials | StateMemory::Scores => {
            let per_row = bits / spec.state_rows;
            let rows = rows(image);
            rows.flat_map(|row| (0..per_row).map(move |b| row * per_row + b)).collect()
        }
        StateMemory::Bitmap | StateMemory::Summary => {
            // Ticks follow each other by the stride, from group 0 on.
            let per_group = bits / spec.spike_groups;
            let groups = (image.stride * image.ticks).min(spec.spike_groups);
            (0..groups * per_group).collect()
        }
    };
    let mut used = used;
    used.sort_unstable();
    used.dedup();
    used
}

/// Rows of potentials of all tiles.
fn rows(image: &CoreImage) -> impl Iterator<Item = usize> {
    let spec = image.preset.spec();
    let tables = image.memories.iter().filter(|m| m.region == Region::Tiles);
    let entries = tables.flat_map(|m| m.words.chunks(tile::WORDS)).filter(|e| e.len() > 2);
    let rows: Vec<usize> = entries
        .flat_map(|entry| {
            let first = tile::PARAM_ROW.get(entry[2].into()) as usize;
            let rows = tile::ROWS_M1.get(entry[0].into()) as usize + 1;
            (first..first + rows).map(move |row| row % spec.state_rows)
        })
        .collect();
    rows.into_iter()
}
