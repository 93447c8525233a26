//! A convolution in windowed tiles, pooled or not, and a dense layer that reads it, placed by hand.

mod evaluate;
mod place;

use super::MiniLayer;
use spikewright_ir::{Preset, Readout, Shape};

/// Step 1, the same padding on all sides; the input has up to 16 channels, the convolution up to 15.
#[derive(Clone, Debug)]
pub struct MiniConv {
    pub preset: Preset,
    pub ticks: usize,
    pub input: Shape,
    pub kernel: usize,
    pub padding: usize,
    /// Side of the windows that are OR-ed, 1 for none.
    pub pool: usize,
    /// Per channel; its weights are those of plane 0: `(c · k + ky) · k + kx` of each channel.
    pub conv: MiniLayer,
    /// Weights of the planes above.
    pub planes: Vec<Vec<Vec<bool>>>,
    /// Events whose weight bit is 0 count nothing.
    pub unsigned: bool,
    pub out: MiniLayer,
    pub readout: Readout,
}

impl MiniConv {
    /// A map of 3 rows and 2 columns under a window of 2 by 2: two neurons, one slot, two rounds.
    pub fn two_rounds(ticks: usize) -> Self {
        Self {
            preset: Preset::Tiny,
            ticks,
            input: Shape { channels: 1, height: 3, width: 2 },
            kernel: 2,
            padding: 0,
            pool: 1,
            conv: MiniLayer::plain(vec![vec![true; 4]], 1),
            planes: vec![],
            unsigned: false,
            out: MiniLayer::plain(vec![vec![true; 2]], 1),
            readout: Readout::SpikeCount,
        }
    }

    /// Shape of the convolution.
    pub fn shape(&self) -> Shape {
        let side = |n: usize| n + 2 * self.padding + 1 - self.kernel;
        let Shape { height, width, .. } = self.input;
        Shape { channels: self.conv.theta.len(), height: side(height), width: side(width) }
    }

    pub fn pooled(&self) -> Shape {
        let Shape { channels, height, width } = self.shape();
        Shape { channels, height: height / self.pool, width: width / self.pool }
    }
}
