//! Softmax cross entropy.

/// Loss of one sample, and `gradient[c] = (softmax(logits)[c] − [c = label]) · weight`, where
/// `weight` is 1 over the batch size. The loss is not weighted.
pub fn cross_entropy(logits: &[f32], label: usize, weight: f32, gradient: &mut [f32]) -> f32 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (g, l) in gradient.iter_mut().zip(logits) {
        *g = (l - max).exp();
        sum += *g;
    }
    gradient.iter_mut().for_each(|g| *g *= weight / sum);
    gradient[label] -= weight;
    sum.ln() + max - logits[label]
}

/// Index of the largest value, the lowest on ties.
pub fn argmax(values: &[f32]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient_equals_finite_differences() {
        let logits = [0.5f32, -1.0, 2.0, 0.0];
        let mut g = [0.0; 4];
        let loss = cross_entropy(&logits, 1, 0.5, &mut g);
        let exact = (logits.iter().map(|l| f64::from(*l).exp()).sum::<f64>()).ln() + 1.0;
        assert!((f64::from(loss) - exact).abs() < 1e-6);
        for i in 0..4 {
            let at = |d: f32| {
                let mut l = logits;
                l[i] += d;
                f64::from(cross_entropy(&l, 1, 0.5, &mut [0.0; 4]))
            };
            let numeric = 0.5 * (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((numeric - f64::from(g[i])).abs() < 1e-4);
        }
    }

    #[test]
    fn ties_go_to_the_lowest_class() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
    }
}
