//! Which input meets which weight row at which position: one table for dense layers and
//! convolutions. Maps have their channels innermost, `(y·W + x)·C + c`, as in training.

use crate::train::LayerConfig;
use spikewright_ir::Shape;

/// One meeting: weight row and output position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Link {
    /// Row of the weights, `[row][unit]`.
    pub row: u32,
    /// Output position, `[position][unit]`.
    pub position: u32,
}

/// The links of every input.
#[derive(Clone, PartialEq, Debug)]
pub struct Wiring {
    /// Where each input's links begin, and the end.
    starts: Vec<u32>,
    links: Vec<Link>,
    /// Weight rows.
    pub rows: usize,
    /// Output positions.
    pub positions: usize,
}

impl Wiring {
    /// The wiring of a layer from a map to its neurons.
    pub fn of(w: &LayerConfig, from: Shape, to: Shape) -> Self {
        let mut out = Self { starts: vec![0], links: Vec::new(), rows: 0, positions: 1 };
        if !w.is_conv() {
            out.rows = from.len();
            for row in 0..out.rows as u32 {
                out.links.push(Link { row, position: 0 });
                out.starts.push(out.links.len() as u32);
            }
            return out;
        }
        out.rows = from.channels * w.kernel * w.kernel;
        out.positions = to.height * to.width;
        for (y, x) in (0..from.height).flat_map(|y| (0..from.width).map(move |x| (y, x))) {
            for c in 0..from.channels {
                for (ky, kx) in (0..w.kernel).flat_map(|y| (0..w.kernel).map(move |x| (y, x))) {
                    // Input y lies at ky of the window of output oy: y + p = oy·s + ky.
                    let place = |at: usize, k: usize, end: usize| {
                        let from = (at + w.padding).checked_sub(k)?;
                        let o = from / w.stride;
                        (from.is_multiple_of(w.stride) && o < end).then_some(o)
                    };
                    let (Some(oy), Some(ox)) = (place(y, ky, to.height), place(x, kx, to.width))
                    else {
                        continue;
                    };
                    out.links.push(Link {
                        row: ((ky * w.kernel + kx) * from.channels + c) as u32,
                        position: (oy * to.width + ox) as u32,
                    });
                }
                out.starts.push(out.links.len() as u32);
            }
        }
        out
    }

    /// The links of an input.
    #[inline(always)]
    pub fn links(&self, input: usize) -> &[Link] {
        &self.links[self.starts[input] as usize..self.starts[input + 1] as usize]
    }
}

/// Index here of the neuron that networks number `(c·H + y)·W + x`.
pub fn index_of(shape: Shape, network_index: usize) -> usize {
    let positions = shape.height * shape.width;
    network_index % positions * shape.channels + network_index / positions
}

/// The windows of an OR-pooling of this side and step over a map, as its neurons, in order of the
/// pooled map.
pub fn windows(side: usize, step: usize, from: Shape, to: Shape) -> Vec<Vec<u32>> {
    let mut out = Vec::with_capacity(to.len());
    for (oy, ox) in (0..to.height).flat_map(|y| (0..to.width).map(move |x| (y, x))) {
        for c in 0..to.channels {
            let member = |q: usize| {
                let (y, x) = (oy * step + q / side, ox * step + q % side);
                ((y * from.width + x) * from.channels + c) as u32
            };
            out.push((0..side * side).map(member).collect());
        }
    }
    out
}
