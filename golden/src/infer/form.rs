//! The order in which spikes and potentials of a layer or of the input are kept: maps position by
//! position with all channels of a position together, so that the row of a convolution's window is
//! one range.

use spikewright_ir::Shape;

/// Channels handled together; the channels of a position are padded to a multiple.
pub const ROW: usize = 16;

/// Shape and order of a node.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    pub shape: Shape,
    /// Entries per position; those from `shape.channels` on never spike.
    pub row: usize,
}

impl Form {
    /// A layer's neurons, padded to whole rows.
    pub fn of_layer(shape: Shape) -> Self {
        Self { shape, row: shape.channels.next_multiple_of(ROW) }
    }

    /// An input, not padded.
    pub fn of_input(shape: Shape) -> Self {
        Self { shape, row: shape.channels }
    }

    pub fn positions(&self) -> usize {
        self.shape.height * self.shape.width
    }

    /// Number of entries, padding included.
    pub fn len(&self) -> usize {
        self.positions() * self.row
    }

    /// Entry of neuron `(c·H + y)·W + x`.
    pub fn index(&self, neuron: usize) -> usize {
        neuron % self.positions() * self.row + neuron / self.positions()
    }
}
