//! Prototypes with cosine loss (Snell, Swersky and Zemel, NeurIPS 2017; cosine after Vinyals et al.,
//! NeurIPS 2016): a class is the mean of its support features, a query belongs to the class whose
//! prototype has the smallest angle to it.

use super::{head::Counted, task::Sizes};

/// Mean cross entropy of `sharpness·cos(query, prototype)` over all queries, and its gradients, one
/// row per sample: the samples of class `c` begin at `c·(shots + queries)`. Every sample takes its
/// turns in the support set: with `each = shots + queries`, in turn r samples r to r + shots − 1
/// (mod each) of every class are its support and the others its queries.
pub fn cosine_loss(features: &[Vec<f32>], sizes: Sizes, sharpness: f64) -> (f64, Vec<Vec<f32>>) {
    let Sizes { ways, shots, queries } = sizes;
    let each = shots + queries;
    let n = features.first().map_or(0, Vec::len);
    let units: Vec<(Vec<f32>, f32)> = features.iter().map(|row| unit(row.clone())).collect();
    let mut d_units = vec![vec![0.0; n]; features.len()];
    let mut out = vec![vec![0.0; n]; features.len()];
    let weight = 1.0 / (each * ways * queries) as f64;
    let mut loss = 0.0;
    for turn in 0..each {
        let member = |class: usize, i: usize| class * each + (turn + i) % each;
        let prototypes: Vec<(Vec<f32>, f32)> = (0..ways)
            .map(|c| {
                let mut sum = vec![0.0; n];
                (0..shots).for_each(|i| add(&mut sum, 1.0, &features[member(c, i)]));
                unit(sum)
            })
            .collect();
        let mut d_prototypes = vec![vec![0.0; n]; ways];
        for (class, i) in (0..ways).flat_map(|c| (shots..each).map(move |i| (c, i))) {
            let at = member(class, i);
            let (q, dq) = (&units[at].0, &mut d_units[at]);
            let logits: Vec<f64> =
                prototypes.iter().map(|(p, _)| sharpness * f64::from(dot(p, q))).collect();
            let (value, d) = super::gradient::cross_entropy(&logits, class);
            loss += weight * value;
            for ((p, d_prototype), d) in prototypes.iter().zip(&mut d_prototypes).zip(d) {
                let d = (weight * sharpness * d) as f32;
                add(dq, d, &p.0);
                add(d_prototype, d, q);
            }
        }
        for (c, ((p, size), d)) in prototypes.iter().zip(&d_prototypes).enumerate() {
            let row = through_unit(p, *size, d);
            (0..shots).for_each(|i| add(&mut out[member(c, i)], 1.0, &row));
        }
    }
    for ((out, (q, size)), d) in out.iter_mut().zip(&units).zip(&d_units) {
        add(out, 1.0, &through_unit(q, *size, d));
    }
    (loss, out)
}

/// Prototypes of a task, read in real numbers: what a body is trained for, and what the integer head
/// of class means comes near to.
pub struct Prototypes(Vec<Vec<f32>>);

impl Prototypes {
    /// Of a support set of classes below `ways`.
    pub fn new(support: &[Counted], ways: usize) -> Self {
        let features = support.first().map_or(0, |s| s.0.len());
        let mut sums = vec![vec![0.0; features]; ways];
        for (counts, class) in support {
            sums[*class].iter_mut().zip(counts).for_each(|(s, m)| *s += *m as f32);
        }
        Self(sums.into_iter().map(|sum| unit(sum).0).collect())
    }

    /// The class at the smallest angle, the lowest on ties.
    pub fn decide(&self, counts: &[u32]) -> usize {
        let counts: Vec<f32> = counts.iter().map(|m| *m as f32).collect();
        let cosines: Vec<f64> = self.0.iter().map(|p| f64::from(dot(p, &counts))).collect();
        super::gradient::argmax(&cosines)
    }
}

/// `sum += factor·x`
fn add(sum: &mut [f32], factor: f32, x: &[f32]) {
    sum.iter_mut().zip(x).for_each(|(s, x)| *s += factor * x);
}

/// Sums in eight lanes, so that they can go side by side.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; 8];
    let (chunks, others) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = chunks.remainder().iter().zip(others.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in chunks.zip(others) {
        lanes.iter_mut().zip(a).zip(b).for_each(|((l, a), b)| *l += a * b);
    }
    rest + lanes.iter().sum::<f32>()
}

/// `x/|x|` and `|x|`; nothing spiked is kept as it is.
fn unit(mut x: Vec<f32>) -> (Vec<f32>, f32) {
    let size = dot(&x, &x).sqrt();
    if size > 0.0 {
        x.iter_mut().for_each(|x| *x /= size);
    }
    (x, size)
}

/// The gradient of x from that of `x/|x|`.
fn through_unit(unit: &[f32], size: f32, d: &[f32]) -> Vec<f32> {
    if size == 0.0 {
        return vec![0.0; d.len()];
    }
    let along = dot(unit, d);
    unit.iter().zip(d).map(|(u, d)| (d - along * u) / size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn gradients_are_those_of_differences() {
        let sizes = Sizes { ways: 3, shots: 2, queries: 2 };
        let mut draw = Stream::named(1, "prototypes").sequence();
        let mut features: Vec<Vec<f32>> =
            (0..12).map(|_| (0..5).map(|_| draw.below(4) as f32).collect()).collect();
        features[3] = vec![0.0; 5];
        let (loss, gradient) = cosine_loss(&features, sizes, 3.0);
        assert!(loss > 0.1);
        for (i, j) in (0..12).flat_map(|i| (0..5).map(move |j| (i, j))).filter(|(i, _)| *i != 3) {
            let at = |h: f32| {
                let mut moved = features.clone();
                moved[i][j] += h;
                cosine_loss(&moved, sizes, 3.0).0
            };
            let numeric = (at(0.015625) - at(-0.015625)) / 0.03125;
            let got = f64::from(gradient[i][j]);
            assert!((numeric - got).abs() < 1e-4, "{i} {j}: {got} {numeric}");
        }
    }

    #[test]
    fn the_smallest_angle_decides_whatever_the_length() {
        let support = [(vec![3, 0, 0], 0), (vec![1, 0, 2], 0), (vec![0, 1, 1], 1)];
        let prototypes = Prototypes::new(&support, 2);
        assert_eq!(prototypes.decide(&[9, 0, 3]), 0);
        assert_eq!(prototypes.decide(&[0, 0, 9]), 1);
        assert_eq!(prototypes.decide(&[0, 0, 0]), 0);
    }

    /// Two classes of two samples whose angles are known: every sample is support once.
    #[test]
    fn every_sample_takes_its_turn() {
        let sizes = Sizes { ways: 2, shots: 1, queries: 1 };
        let features = [[1.0, 0.0], [0.6, 0.8], [0.0, 2.0], [0.0, 1.0]].map(Vec::from);
        let (loss, _) = cosine_loss(&features, sizes, 1.0);
        let ce = |own: f64, other: f64| (1.0 + (other - own).exp()).ln();
        // Turn 0: supports 0 and 2; turn 1: supports 1 and 3.
        let expect = [ce(0.6, 0.8), ce(1.0, 0.0), ce(0.6, 0.0), ce(1.0, 0.8)];
        assert!((loss - expect.iter().sum::<f64>() / 4.0).abs() < 1e-6, "{loss}");
    }
}
