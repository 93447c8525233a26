//! Labelled gray images, and the same after encoding into spikes.

use super::Encoder;
use rayon::prelude::*;
use spikewright_ir::{InputTrain, Shape};

/// Labelled images of one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
    /// Gray values, image after image, row-major; 255 is full ink.
    pub pixels: Vec<u8>,
    /// One label per image.
    pub labels: Vec<u8>,
}

impl Images {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no images.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Shape of an image as network input.
    pub fn shape(&self) -> Shape {
        Shape { channels: 1, height: self.height, width: self.width }
    }

    /// Pixels of image `i`.
    pub fn image(&self, i: usize) -> &[u8] {
        let size = self.height * self.width;
        &self.pixels[i * size..][..size]
    }

    /// The first `n` images (all when there are fewer).
    pub fn first(&self, n: usize) -> Images {
        self.split(self.len() - n.min(self.len())).0
    }

    /// Splits off the last `held_out` images: (the rest, held out). MNIST's order is random with
    /// respect to class, so the split needs no shuffling and is the same for every seed.
    pub fn split(&self, held_out: usize) -> (Images, Images) {
        let kept = self.len() - held_out.min(self.len());
        let size = self.height * self.width;
        let part = |pixels: &[u8], labels: &[u8]| Images {
            height: self.height,
            width: self.width,
            pixels: pixels.to_vec(),
            labels: labels.to_vec(),
        };
        (
            part(&self.pixels[..kept * size], &self.labels[..kept]),
            part(&self.pixels[kept * size..], &self.labels[kept..]),
        )
    }

    /// Every image moved down by `dy` rows and right by `dx` columns; what leaves the frame is lost, what
    /// enters it is 0.
    pub fn moved(&self, dy: isize, dx: isize) -> Images {
        let (height, width) = (self.height, self.width);
        let mut pixels = vec![0; self.pixels.len()];
        let from =
            |to: usize, by: isize, end: usize| to.checked_add_signed(-by).filter(|v| *v < end);
        for (image, out) in
            self.pixels.chunks(height * width).zip(pixels.chunks_mut(height * width))
        {
            for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
                if let (Some(v), Some(u)) = (from(y, dy, height), from(x, dx, width)) {
                    out[y * width + x] = image[v * width + u];
                }
            }
        }
        Images { height, width, pixels, labels: self.labels.clone() }
    }

    /// The images moved by up to `reach` pixels each way, those that stay where they are left out.
    pub fn all_moved(&self, reach: usize) -> Vec<Images> {
        let reach = reach as isize;
        let ways = (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dy, dx)));
        ways.filter(|way| *way != (0, 0)).map(|(dy, dx)| self.moved(dy, dx)).collect()
    }

    /// Encodes every image; image `i` is sample `i` of the encoder.
    pub fn encode(&self, encoder: &Encoder) -> EncodedSet {
        let inputs = (0..self.len())
            .into_par_iter()
            .map(|i| encoder.encode(self.image(i), i as u64))
            .collect();
        EncodedSet { inputs, labels: self.labels.clone() }
    }
}

/// Encoded samples with their labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedSet {
    /// One spike train per sample.
    pub inputs: Vec<InputTrain>,
    /// One label per sample.
    pub labels: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_move_and_lose_what_leaves_the_frame() {
        let pixels = vec![1, 2, 3, 4, 5, 6];
        let images = Images { height: 2, width: 3, pixels, labels: vec![7] };
        assert_eq!(images.moved(1, -1).pixels, [0, 0, 0, 2, 3, 0]);
        assert_eq!(images.moved(0, 1).pixels, [0, 1, 2, 0, 4, 5]);
        let all = images.all_moved(1);
        assert_eq!((all.len(), &all[0]), (8, &images.moved(-1, -1)));
        assert!(
            all.iter().all(|i| i != &images && i.labels == [7]) && images.all_moved(0).is_empty()
        );
    }
}
