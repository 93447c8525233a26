//! Prototypes with cosine loss (Snell, Swersky and Zemel, NeurIPS 2017; cosine after Vinyals et al.,
//! NeurIPS 2016): a class is the mean of its support features, a query belongs to the class whose
//! prototype has the smallest angle to it.

use super::task::Sizes;

/// Mean cross entropy of `sharpness·cos(query, prototype)` over all queries, and its gradients, one
/// row per sample: sample `c·(shots + queries) + i` is of class `c`, support first.
pub fn cosine_loss(features: &[Vec<f32>], sizes: Sizes, sharpness: f64) -> (f64, Vec<Vec<f32>>) {
    let Sizes { ways, shots, queries } = sizes;
    let each = shots + queries;
    let n = features.first().map_or(0, Vec::len);
    let double = |row: &[f32]| row.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
    let prototypes: Vec<(Vec<f64>, f64)> = (0..ways)
        .map(|c| {
            let mut sum = vec![0.0; n];
            for row in &features[c * each..][..shots] {
                sum.iter_mut().zip(row).for_each(|(s, x)| *s += f64::from(*x));
            }
            unit(sum)
        })
        .collect();
    let mut d_prototypes = vec![vec![0.0; n]; ways];
    let mut out = vec![vec![0f32; n]; features.len()];
    let mut loss = 0.0;
    let weight = 1.0 / (ways * queries) as f64;
    for class in 0..ways {
        for i in shots..each {
            let (q, size) = unit(double(&features[class * each + i]));
            let logits: Vec<f64> = prototypes.iter().map(|(p, _)| sharpness * dot(p, &q)).collect();
            let (value, d) = super::gradient::cross_entropy(&logits, class);
            loss += weight * value;
            let mut dq = vec![0.0; n];
            for (c, d) in d.iter().enumerate() {
                let d = weight * sharpness * d;
                let p = &prototypes[c].0;
                for j in 0..n {
                    dq[j] += d * p[j];
                    d_prototypes[c][j] += d * q[j];
                }
            }
            let row = through_unit(&q, size, &dq);
            out[class * each + i].iter_mut().zip(row).for_each(|(o, g)| *o = g as f32);
        }
    }
    for (c, ((p, size), d)) in prototypes.iter().zip(&d_prototypes).enumerate() {
        let row = through_unit(p, *size, d);
        for support in &mut out[c * each..][..shots] {
            support.iter_mut().zip(&row).for_each(|(o, g)| *o = *g as f32);
        }
    }
    (loss, out)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `x/|x|` and `|x|`; nothing spiked is kept as it is.
fn unit(mut x: Vec<f64>) -> (Vec<f64>, f64) {
    let size = dot(&x, &x).sqrt();
    if size > 0.0 {
        x.iter_mut().for_each(|x| *x /= size);
    }
    (x, size)
}

/// The gradient of x from that of `x/|x|`.
fn through_unit(unit: &[f64], size: f64, d: &[f64]) -> Vec<f64> {
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
            let numeric = (at(0.0078125) - at(-0.0078125)) / 0.015625;
            let got = f64::from(gradient[i][j]);
            assert!((numeric - got).abs() < 1e-4, "{i} {j}: {got} {numeric}");
        }
        assert_eq!(gradient[3], [0.0; 5]);
    }
}
