//! Yin-Yang: points of a disc in three classes, the two halves of the sign and its dots (Kriener, Göltz and
//! Petrovici, 2022). The coordinates x, y, 1 − x and 1 − y are spike times, and a fifth input always
//! spikes at the start.

use crate::{
    rng::{Sequence, Stream},
    smooth::train::Samples,
};

/// Radius of the disc, around (1/2, 1/2), and of a dot.
const BIG: f64 = 0.5;
const DOT: f64 = 0.1;
/// Time of a coordinate 0, and what a coordinate 1 adds.
const FIRST: f64 = 0.05;
const SPAN: f64 = 1.5;

/// `count` points of classes drawn evenly.
pub fn samples(count: usize, seed: u64) -> Samples {
    let mut draw = Stream::named(seed, "yin-yang").sequence();
    let (mut times, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let wanted = draw.below(3) as u8;
        let (x, y) = loop {
            let (x, y) = point(&mut draw);
            if class(x, y) == wanted {
                break (x, y);
            }
        };
        times.extend([x, y, 1.0 - x, 1.0 - y, 0.0].map(|v| FIRST + SPAN * v));
        labels.push(wanted);
    }
    Samples::points(times, labels, 5)
}

/// A point of the disc.
fn point(draw: &mut Sequence) -> (f64, f64) {
    loop {
        let (x, y) = (2.0 * BIG * draw.unit(), 2.0 * BIG * draw.unit());
        if (x - BIG).hypot(y - BIG) <= BIG {
            return (x, y);
        }
    }
}

/// 0 and 1 for the halves, 2 for the dots.
fn class(x: f64, y: f64) -> u8 {
    let right = (x - 1.5 * BIG).hypot(y - BIG);
    let left = (x - 0.5 * BIG).hypot(y - BIG);
    if right < DOT || left < DOT {
        return 2;
    }
    let half = (left > DOT && left <= 0.5 * BIG) || (y > BIG && right > 0.5 * BIG);
    u8::from(half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smooth::train::{SmoothConfig, SmoothData, SmoothProgress, train};

    #[test]
    fn classes_of_known_points() {
        assert_eq!(class(0.75, 0.5), 2);
        assert_eq!(class(0.25, 0.55), 2);
        assert_eq!(class(0.5, 0.9), 1);
        assert_eq!(class(0.5, 0.1), 0);
        // The heads reach into the other half.
        assert_eq!((class(0.25, 0.35), class(0.75, 0.65)), (1, 0));
    }

    #[test]
    fn a_small_net_learns_it_and_goes_on_from_a_checkpoint_to_the_same_bytes() {
        let config = "method = \"smooth\"\nepochs = 30\nbatch = 50\nhidden = [30]\nclasses = 3\n\
            flip = 0.0\ntrial = 2.5\ngamma = 0.15\noptimizer = { kind = \"adabelief\", learning_rate = 1e-2 }\n";
        let config = SmoothConfig::from_toml(config).unwrap();
        let data = SmoothData { train: samples(3_000, 1), watched: samples(1_000, 2) };
        let (mut reports, mut middle) = (Vec::new(), None);
        let whole = train(&config, &data, None, &mut |p| {
            if let SmoothProgress::Epoch { report, checkpoint } = p {
                reports.push(report.clone());
                if report.epoch == 5 {
                    middle = Some(checkpoint.clone());
                }
            }
        })
        .unwrap();
        let last = reports.last().unwrap();
        assert!(last.accuracy > 0.8 && last.loss < 0.8 * reports[1].loss, "{last:?}");
        // The outputs are silent at first; in the end most points are told by a spike, not by chance.
        assert!(reports[0].decided == 0.0 && last.by_spike > 0.8, "{last:?}");
        assert!(reports.iter().any(|r| r.added > 0.0), "spikes appear in training");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let mut again = Vec::new();
        let resumed = pool.install(|| {
            train(&config, &data, middle.as_ref(), &mut |p| {
                if let SmoothProgress::Epoch { report, .. } = p {
                    again.push(report.clone());
                }
            })
        });
        assert!(resumed.unwrap() == whole && again == reports[6..]);
    }
}
