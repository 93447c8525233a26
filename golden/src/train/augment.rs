//! Training images as lists of inked pixels, shown with a random shift.

use super::samples::Showing;
use crate::{data::Images, rng::Stream};

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

    /// The inked pixels of image `index` and their values, ascending, shifted at random. `number`
    /// tells this showing of the image from all others of the run.
    pub fn show(
        &self,
        index: usize,
        number: u64,
        showing: &Showing<'_>,
        out: &mut Vec<(usize, u8)>,
    ) {
        let inked = &self.inked[self.starts[index]..self.starts[index + 1]];
        out.clear();
        if showing.shift == 0 {
            out.extend(inked.iter().map(|&(j, value)| (usize::from(j), value)));
            return;
        }
        let word = Stream::named(showing.seed, "shift").word(number);
        let (dy, dx) = offset(showing.shift, word);
        let (height, width) = (self.height as i64, self.width as i64);
        out.extend(inked.iter().filter_map(|&(j, value)| {
            let (y, x) = (i64::from(j) / width + dy, i64::from(j) % width + dx);
            let inside = (0..height).contains(&y) && (0..width).contains(&x);
            inside.then(|| ((y * width + x) as usize, value))
        }));
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
    use crate::{
        data::{Encoder, Encoding},
        train::geometry::Map,
    };
    use std::collections::BTreeSet;

    #[test]
    fn shifts_cover_the_square_and_cut_at_the_border() {
        let seen: BTreeSet<_> =
            (0..200).map(|k| offset(1, Stream::named(1, "shift").word(k))).collect();
        assert_eq!(seen.len(), 9);
        let images = Images { height: 2, width: 2, pixels: vec![255, 0, 100, 0], labels: vec![0] };
        let sparse = SparseImages::new(&images);
        let encoder = Encoder { encoding: Encoding::Level, ticks: 4, seed: 1 };
        let map = Map { height: 2, width: 2, channels: 1 };
        let show = |number, shift| {
            let mut out = vec![(9, 9)];
            let showing = Showing { encoder: &encoder, map, seed: 1, shift };
            sparse.show(0, number, &showing, &mut out);
            out
        };
        assert_eq!(show(0, 0), [(0, 255), (2, 100)]);
        let mut sizes = BTreeSet::new();
        for number in 0..100 {
            let out = show(number, 1);
            assert!(out.is_sorted() && out.iter().all(|p| p.0 < 4));
            sizes.insert(out.len());
        }
        assert_eq!(sizes, BTreeSet::from([0, 1, 2]));
    }
}
