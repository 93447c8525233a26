//! The elastic part of a warp: displacements drawn for the nodes of a coarse lattice.

use crate::rng::Stream;

/// Pixels between the nodes of the elastic lattice.
pub const PITCH: usize = 8;

/// Displacements of a lattice of nodes, in 1/65536 pixels of the source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bend {
    /// Largest displacement each way.
    pub most: i64,
    /// Word 0 places the lattice, the others displace its nodes.
    pub words: Stream,
}

impl Bend {
    /// Row and column of the first node, 0 to `PITCH` − 1 before the image.
    pub fn phase(&self) -> [usize; 2] {
        let word = self.words.word(0);
        [word as usize % PITCH, (word >> 32) as usize % PITCH]
    }

    /// Displacement of a node.
    pub fn node(&self, row: usize, column: usize) -> [i64; 2] {
        let word = self.words.word(((row as u64) << 32 | column as u64) + 1);
        [(word >> 32) as i32, word as i32].map(|v| (i64::from(v) * self.most) >> 31)
    }
}
