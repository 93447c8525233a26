//! What a run shows: images of dark and bright pixels, or points whose coordinates are spike times.

use crate::{data::Images, rng::Stream, smooth::theta::Stimulus};

/// Gray value from which a pixel spikes.
pub const BRIGHT: u8 = 128;

/// The time of an image's spikes in a trial of length T: `T·ln(I/(I − 0.01))` with I = 1, the time to
/// first spike of a leaky neuron that a bright pixel drives (Klos and Memmesheimer, 2025).
pub fn image_time(trial: f64) -> f64 {
    -trial * 0.99f64.ln()
}

/// Labelled samples.
#[derive(Clone, Debug)]
pub struct Samples {
    kind: Kind,
    /// One label per sample.
    pub labels: Vec<u8>,
    /// Inputs of a sample.
    pub inputs: usize,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Bright pixels, `[image][word]`, which spike together at `time`.
    Images { bits: Vec<u64>, time: f64 },
    /// Spike times, `[sample][input]`.
    Times(Vec<f64>),
}

/// Inverts pixels at random.
#[derive(Clone, Copy, Debug)]
pub struct Flips {
    /// Stream of the showing.
    pub stream: Stream,
    /// Probability.
    pub probability: f64,
}

impl Samples {
    /// Images of at most 65,536 pixels in a trial of this length.
    pub fn images(images: &Images, trial: f64) -> Self {
        let inputs = images.shape().len();
        let mut bits = Vec::with_capacity(images.len() * inputs.div_ceil(64));
        for i in 0..images.len() {
            bits.extend(images.image(i).chunks(64).map(|pixels| {
                pixels.iter().rev().fold(0, |word, v| word << 1 | u64::from(*v >= BRIGHT))
            }));
        }
        let kind = Kind::Images { bits, time: image_time(trial) };
        Self { kind, labels: images.labels.clone(), inputs }
    }

    /// Points of as many coordinates as inputs, `[sample][input]`.
    pub fn points(times: Vec<f64>, labels: Vec<u8>, inputs: usize) -> Self {
        Self { kind: Kind::Times(times), labels, inputs }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The first label for which a net of so many classes has no output.
    pub fn beyond(&self, classes: usize) -> Option<u8> {
        self.labels.iter().copied().find(|l| usize::from(*l) >= classes)
    }

    /// Sample `i` as a stimulus, bright pixels held in `room`.
    pub fn show<'a>(
        &'a self,
        i: usize,
        flips: Option<Flips>,
        room: &'a mut Vec<u16>,
    ) -> Stimulus<'a> {
        match &self.kind {
            Kind::Times(times) => Stimulus::Times(&times[i * self.inputs..][..self.inputs]),
            Kind::Images { bits, time } => {
                let words = self.inputs.div_ceil(64);
                room.clear();
                let mut flips = flips.map(|f| Gaps::new(f, self.inputs));
                for (k, word) in bits[i * words..][..words].iter().enumerate() {
                    let mut word = *word;
                    if let Some(gaps) = &mut flips {
                        word ^= gaps.word(k);
                    }
                    while word != 0 {
                        room.push((64 * k) as u16 + word.trailing_zeros() as u16);
                        word &= word - 1;
                    }
                }
                Stimulus::Together { time: *time, inputs: room }
            }
        }
    }
}

/// Positions that a coin of small probability hits, drawn as geometric gaps.
struct Gaps {
    draw: crate::rng::Sequence,
    /// 1/ln(1 − p).
    scale: f64,
    next: usize,
    end: usize,
}

impl Gaps {
    fn new(flips: Flips, end: usize) -> Self {
        let scale = (-flips.probability).ln_1p().recip();
        let mut out = Self { draw: flips.stream.sequence(), scale, next: 0, end };
        out.next = out.gap();
        out
    }

    fn gap(&mut self) -> usize {
        // 1 − unit is in (0, 1]; the cast saturates.
        ((1.0 - self.draw.unit()).ln() * self.scale) as usize
    }

    /// The hits among positions `64k..64k + 64`; called with rising k.
    fn word(&mut self, k: usize) -> u64 {
        let (mut word, end) = (0, self.end.min(64 * (k + 1)));
        while self.next < end {
            word |= 1 << (self.next - 64 * k);
            self.next = (self.next + 1).saturating_add(self.gap());
        }
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bright_pixels_spike_together() {
        let mut pixels = vec![0; 2 * 81];
        (pixels[0], pixels[64], pixels[80], pixels[81]) = (128, 255, 127, 200);
        let images = Images { height: 9, width: 9, pixels, labels: vec![3, 1] };
        let samples = Samples::images(&images, 2.0);
        let mut room = Vec::new();
        for (i, expect) in [(0, &[0, 64][..]), (1, &[0])] {
            let Stimulus::Together { time, inputs } = samples.show(i, None, &mut room) else {
                panic!("images spike together");
            };
            assert_eq!(inputs, expect);
            assert!((time - 0.0201007).abs() < 1e-6);
        }
    }

    #[test]
    fn pixels_are_inverted_as_often_as_asked() {
        let images = Images { height: 28, width: 28, pixels: vec![0; 784], labels: vec![0] };
        let samples = Samples::images(&images, 2.0);
        let mut room = Vec::new();
        let mut counts = [0; 784];
        for showing in 0..5_000 {
            let stream = Stream::named(1, "flips").child(showing);
            samples.show(0, Some(Flips { stream, probability: 0.02 }), &mut room);
            room.iter().for_each(|j| counts[usize::from(*j)] += 1);
        }
        let total: usize = counts.iter().sum();
        // 78,400 expected, standard deviation 277; 100 per pixel, 9.9.
        assert!((77_000..79_800).contains(&total), "{total}");
        assert!(counts.iter().all(|c| (50..160).contains(c)), "{counts:?}");
    }
}
