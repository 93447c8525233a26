//! Images cut down to the box of their ink and framed in blank pixels, ready to be warped.

use super::{
    walk::{FRAME, Framed},
    warp::Warp,
};
use crate::data::Images;
use std::ops::Range;

/// The ink boxes of many images.
pub struct Crops {
    crops: Vec<Crop>,
    pixels: Vec<u8>,
    height: usize,
    width: usize,
}

/// One image's box.
#[derive(Clone, Debug)]
pub struct Crop {
    /// Rows with ink.
    pub rows: Range<usize>,
    /// Columns with ink.
    pub columns: Range<usize>,
    /// Its framed pixels.
    stored: Range<usize>,
}

impl Crops {
    /// Cuts every image; one without ink has empty rows and columns.
    pub fn new(images: &Images) -> Self {
        let crops = Vec::with_capacity(images.len());
        let (height, width) = (images.height, images.width);
        let mut out = Self { crops, pixels: Vec::new(), height, width };
        for i in 0..images.len() {
            out.push(images.image(i), images.width);
        }
        out
    }

    fn push(&mut self, image: &[u8], width: usize) {
        let inked = || image.iter().enumerate().filter(|(_, v)| **v > 0).map(|(j, _)| j);
        let rows = span(inked().map(|j| j / width));
        let columns = span(inked().map(|j| j % width));
        let first = self.pixels.len();
        if !rows.is_empty() {
            let (before, both) = FRAME;
            let stride = columns.len() + both;
            self.pixels.resize(first + (rows.len() + both) * stride, 0);
            for (k, y) in rows.clone().enumerate() {
                let at = first + (k + before) * stride + before;
                let row = &image[y * width..][columns.clone()];
                self.pixels[at..][..columns.len()].copy_from_slice(row);
            }
        }
        self.crops.push(Crop { rows, columns, stored: first..self.pixels.len() });
    }

    /// Image `index` under a warp: `put` takes the pixels that can have ink and their values.
    #[inline(always)]
    pub fn show(&self, index: usize, warp: &Warp, mut put: impl FnMut(usize, u8)) {
        let (height, width) = (self.height, self.width);
        let (crop, framed) = self.get(index);
        if crop.rows.is_empty() {
            return;
        }
        let (rows, columns) = warp.reach(&crop.rows, &crop.columns, height, width);
        let corner = [crop.rows.start as f64 - 1.0, crop.columns.start as f64 - 1.0];
        let walk = warp.walk(height, width, corner);
        walk.fill(framed, rows, columns, |y, x, value| put(y * width + x, value));
    }

    /// The box of image `index`.
    fn get(&self, index: usize) -> (&Crop, Framed<'_>) {
        let crop = &self.crops[index];
        let pixels = &self.pixels[crop.stored.clone()];
        (crop, Framed { pixels, stride: crop.columns.len() + FRAME.1 })
    }
}

/// From the smallest to the largest.
fn span(values: impl Iterator<Item = usize>) -> Range<usize> {
    values.fold(0..0, |r, v| if r.is_empty() { v..v + 1 } else { r.start.min(v)..r.end.max(v + 1) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_hold_the_ink_and_a_frame() {
        let pixels = vec![0, 0, 0, 0, 7, 8, 0, 0, 0, 0, 9, 0];
        let images = Images { height: 2, width: 3, pixels, labels: vec![0, 0] };
        let crops = Crops::new(&images);
        let (crop, framed) = crops.get(0);
        assert_eq!((crop.rows.clone(), crop.columns.clone()), (1..2, 1..3));
        let expect = [[0, 0, 0, 0, 0], [0, 7, 8, 0, 0], [0; 5], [0; 5]];
        assert_eq!((framed.pixels, framed.stride), (expect.as_flattened(), 5));
        let (crop, framed) = crops.get(1);
        assert_eq!((crop.rows.clone(), crop.columns.clone()), (1..2, 1..2));
        assert_eq!(framed.pixels.iter().filter(|p| **p > 0).collect::<Vec<_>>(), [&9]);
        let blank = Images { height: 1, width: 2, pixels: vec![0, 0], labels: vec![0] };
        assert!(Crops::new(&blank).get(0).0.rows.is_empty());
    }
}
