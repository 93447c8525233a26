//! Reading gray values off a framed image along straight lines, in fixed point.

use super::bend::{Bend, PITCH};
use std::ops::Range;

/// Fractional bits of a coordinate.
pub const FRACTION: u32 = 16;
/// Fractional bits of an interpolation weight.
const WEIGHT: u32 = 8;

/// In 1/65536.
pub fn fixed(v: f64) -> i64 {
    (v * f64::from(1 << FRACTION)).round() as i64
}

/// Source coordinates (row, column) of target pixels in 1/65536 pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Walk {
    /// Of target pixel (0, 0).
    pub origin: [i64; 2],
    /// From one target row to the next.
    pub down: [i64; 2],
    /// From one target column to the next.
    pub right: [i64; 2],
    /// Elastic displacement on top.
    pub bend: Bend,
}

/// A source image framed in blank pixels: one row and column before the ink, two behind.
#[derive(Clone, Copy, Debug)]
pub struct Framed<'a> {
    /// Pixels, frame included, row-major.
    pub pixels: &'a [u8],
    /// Columns, frame included.
    pub stride: usize,
}

/// Blank rows and columns of a frame before the ink, and both sides together.
pub const FRAME: (usize, usize) = (1, 3);

impl Walk {
    /// Gray values of the target pixels given, handed to `put` with their row and column.
    /// Coordinates count from the frame's corner.
    #[inline(always)]
    pub fn fill(
        &self,
        source: Framed<'_>,
        rows: Range<usize>,
        columns: Range<usize>,
        mut put: impl FnMut(usize, usize, u8),
    ) {
        if self.bend.most == 0 {
            for y in rows {
                let start = self.at(y, columns.start);
                run(source, start, self.right, columns.clone(), |x, v| put(y, x, v));
            }
            return;
        }
        let [py, px] = self.bend.phase();
        let cells = |r: &Range<usize>, p: usize| (r.start + p) / PITCH..(r.end + p).div_ceil(PITCH);
        for (i, j) in cells(&rows, py).flat_map(|i| cells(&columns, px).map(move |j| (i, j))) {
            let [a, b, c, d] =
                [(i, j), (i, j + 1), (i + 1, j), (i + 1, j + 1)].map(|(i, j)| self.bend.node(i, j));
            let inside = |k: usize, p: usize, r: &Range<usize>| {
                (k * PITCH).saturating_sub(p).max(r.start)..((k + 1) * PITCH - p).min(r.end)
            };
            let columns = inside(j, px, &columns);
            for y in inside(i, py, &rows) {
                let (v, u) = ((y + py - i * PITCH) as i64, (columns.start + px - j * PITCH) as i64);
                let pitch = PITCH as i64;
                let between = |a: i64, c: i64| a + (c - a) * v / pitch;
                let (mut start, mut step) = (self.at(y, columns.start), self.right);
                for axis in 0..2 {
                    let (left, right) = (between(a[axis], c[axis]), between(b[axis], d[axis]));
                    start[axis] += left + (right - left) * u / pitch;
                    step[axis] += (right - left) / pitch;
                }
                run(source, start, step, columns.clone(), |x, v| put(y, x, v));
            }
        }
    }

    /// Where a target pixel comes from, not bent.
    fn at(&self, y: usize, x: usize) -> [i64; 2] {
        let axis = |k: usize| self.origin[k] + y as i64 * self.down[k] + x as i64 * self.right[k];
        [axis(0), axis(1)]
    }
}

/// Gray values along a line through the source.
#[inline(always)]
fn run(
    source: Framed<'_>,
    start: [i64; 2],
    step: [i64; 2],
    columns: Range<usize>,
    mut put: impl FnMut(usize, u8),
) {
    let Framed { pixels, stride } = source;
    // The last pixel with a neighbor to the right and below; it is blank, as is the first.
    let last = |n: usize| (n as i64 - 2) << FRACTION;
    let (bottom, edge) = (last(pixels.len() / stride), last(stride));
    let [mut row, mut column] = start;
    for x in columns {
        let (r, c) = (row.clamp(0, bottom), column.clamp(0, edge));
        let at = (r >> FRACTION) as usize * stride + (c >> FRACTION) as usize;
        let near = &pixels[at..][..stride + 2];
        let mix = |a: u8, b: u8, f: u32| u32::from(a) * ((1 << WEIGHT) - f) + u32::from(b) * f;
        let weight = |v: i64| (v >> (FRACTION - WEIGHT)) as u32 & ((1 << WEIGHT) - 1);
        let above = mix(near[0], near[1], weight(c));
        let below = mix(near[stride], near[stride + 1], weight(c));
        let sum = (above << WEIGHT) + weight(r) * below - weight(r) * above;
        put(x, ((sum + (1 << (2 * WEIGHT - 1))) >> (2 * WEIGHT)) as u8);
        row += step[0];
        column += step[1];
    }
}
