//! Which input meets which weight row at which position: the windows of training, seen from the
//! inputs. Maps have their channels innermost, `(y·W + x)·C + c`, as in training.

use crate::train::{Geometry, Pool};

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
}

impl Wiring {
    /// The wiring of a layer's windows.
    pub fn of(geometry: &Geometry) -> Self {
        let from = geometry.from;
        let mut of_input = vec![Vec::new(); from.len()];
        for position in 0..geometry.to.positions() {
            for run in geometry.runs(position) {
                for i in 0..run.positions * from.channels {
                    let row = (run.row + i) as u32;
                    let link = Link { row, position: position as u32 };
                    of_input[run.position * from.channels + i].push(link);
                }
            }
        }
        let mut starts = vec![0];
        for links in &of_input {
            starts.push(starts[starts.len() - 1] + links.len() as u32);
        }
        Self { starts, links: of_input.concat(), rows: geometry.rows() }
    }

    /// The links of an input.
    #[inline(always)]
    pub fn links(&self, input: usize) -> &[Link] {
        &self.links[self.starts[input] as usize..self.starts[input + 1] as usize]
    }
}

/// The windows of an OR-pooling as neurons of the map that is pooled, in order of the pooled one.
pub fn windows(pool: &Pool) -> Vec<Vec<u32>> {
    let Pool { side, stride, from, to } = *pool;
    let window = |at: usize| {
        let (top, left) = (at / to.width * stride, at % to.width * stride);
        (0..to.channels).map(move |c| {
            let member =
                |q: usize| ((top + q / side) * from.width + left + q % side) * from.channels + c;
            (0..side * side).map(|q| member(q) as u32).collect()
        })
    };
    (0..to.positions()).flat_map(window).collect()
}
