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
