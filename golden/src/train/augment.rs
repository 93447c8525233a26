//! Training images as lists of inked pixels, drawn into events with a random shift.

use super::events::push_events;
use crate::{
    data::{Encoder, Images},
    rng::Stream,
};

/// Images without their blank pixels (index and value, in order of index).
pub struct SparseImages {
    starts: Vec<usize>,
    inked: Vec<(u16, u8)>,
    height: usize,
    width: usize,
}

impl SparseImages {
    /// Drops pixels of value 0, which never spike under any encoding. Images have at most 65,536
    /// pixels.
    pub fn new(images: &Images) -> Self {
        let mut out =
            Self { starts: vec![0], inked: Vec::new(), height: images.height, width: images.width };
        for i in 0..images.len() {
            let pixels = images.image(i).iter().enumerate();
            out.inked.extend(pixels.filter(|(_, v)| **v > 0).map(|(j, &v)| (j as u16, v)));
            out.starts.push(out.inked.len());
        }
        out
    }

    /// Events of image `index`, one list per group of ticks. `number` tells this showing of the
    /// image from all others of the run; `shift` is how far it may move each way; `rasters` is
    /// scratch.
    #[expect(clippy::too_many_arguments, reason = "called in one place")]
    pub fn draw(
        &self,
        index: usize,
        number: u64,
        shift: usize,
        encoder: &Encoder,
        shifts: Stream,
        rasters: &mut Vec<(usize, u32)>,
        out: &mut [Vec<u32>],
    ) {
        let (dy, dx) = offset(shift, shifts.word(number));
        let (height, width) = (self.height as i64, self.width as i64);
        let stream = encoder.sample_stream(number);
        let inked = &self.inked[self.starts[index]..self.starts[index + 1]];
        rasters.clear();
        if shift == 0 {
            let raster = |&(j, value): &(u16, u8)| {
                let j = usize::from(j);
                (j, encoder.raster(value, j, stream))
            };
            rasters.extend(inked.iter().map(raster));
        } else {
            rasters.extend(inked.iter().filter_map(|&(j, value)| {
                let (y, x) = (i64::from(j) / width + dy, i64::from(j) % width + dx);
                let inside = (0..height).contains(&y) && (0..width).contains(&x);
                let j = (y * width + x) as usize;
                inside.then(|| (j, encoder.raster(value, j, stream)))
            }));
        }
        for (group, events) in out.iter_mut().enumerate() {
            push_events(rasters.iter().copied(), group, events);
        }
    }
}

/// A shift of −`reach`..=`reach` in both directions from one random word.
fn offset(reach: usize, word: u64) -> (i64, i64) {
    let side = 2 * reach as u64 + 1;
    let at = ((u128::from(word) * u128::from(side * side)) >> 64) as u64;
    ((at / side) as i64 - reach as i64, (at % side) as i64 - reach as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Encoding;
    use crate::train::events::{halves, input};
    use std::collections::BTreeSet;

    #[test]
    fn shifts_cover_the_square_and_cut_at_the_border() {
        let seen: BTreeSet<_> =
            (0..200).map(|k| offset(1, Stream::named(1, "shift").word(k))).collect();
        assert_eq!(seen.len(), 9);
        let images = Images { height: 2, width: 2, pixels: vec![255, 0, 100, 0], labels: vec![0] };
        let sparse = SparseImages::new(&images);
        let encoder = Encoder { encoding: Encoding::Level, ticks: 4, seed: 1 };
        let shifts = Stream::named(1, "shift");
        let mut out = [Vec::new()];
        sparse.draw(0, 0, 0, &encoder, shifts, &mut Vec::new(), &mut out);
        let got: Vec<_> = out[0].iter().map(|&e| (input(e), halves(e))).collect();
        assert_eq!(got, [(0, (15, 0)), (2, (3, 0))]);
        let mut sizes = BTreeSet::new();
        for number in 0..100 {
            sparse.draw(0, number, 1, &encoder, shifts, &mut Vec::new(), &mut out);
            assert!(out[0].is_sorted() && out[0].iter().all(|&e| input(e) < 4));
            sizes.insert(out[0].len());
        }
        assert_eq!(sizes, BTreeSet::from([0, 1, 2]));
    }
}
