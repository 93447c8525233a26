//! The two dynamic terms of the fitness that evolves wiring rules (Pan et al., arXiv 2411.06792,
//! name them; their exact formulas are not public, these are ours): spatial entropy asks for an
//! interaction matrix rich in information, temporal difference for a rule that moves early.

/// Bins of the histogram.
const BINS: usize = 32;
/// Standard deviations that the histogram reaches either way.
const REACH: f64 = 3.0;

/// Entropy of the entries, `−Σ p_k·ln p_k / ln 32` over 32 equal bins from −3 to 3 times `spread`
/// (above 0: that of a fresh matrix, 1/sqrt(g), not of these entries); what lies outside counts in
/// the outermost bins. 0 where all are equal, 1 where all bins are equally full.
pub fn spatial_entropy(values: &[f64], spread: f64) -> f64 {
    let mut counts = [0.0f64; BINS];
    for v in values {
        let at = (v / (REACH * spread) + 1.0) / 2.0 * BINS as f64;
        counts[(at.max(0.0) as usize).min(BINS - 1)] += 1.0;
    }
    let n = values.len().max(1) as f64;
    let term = |c: &f64| if *c > 0.0 { -(c / n) * (c / n).ln() } else { 0.0 };
    counts.iter().map(term).sum::<f64>() / (BINS as f64).ln()
}

/// Mean absolute difference of two lists of statistics of encodings (mean and standard deviation of
/// each), 0 for empty ones.
pub fn temporal_difference(now: &[f64], before: &[f64]) -> f64 {
    let sum: f64 = now.iter().zip(before).map(|(a, b)| (a - b).abs()).sum();
    sum / now.len().min(before.len()).max(1) as f64
}

/// Weight of the temporal difference: `λ_0·(1 − t/T)` from generation 0 to T, then 0.
pub fn fading(first: f64, generation: u64, generations: u64) -> f64 {
    first * (1.0 - generation as f64 / generations.max(1) as f64).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_zero_for_a_constant_and_one_for_full_bins() {
        assert_eq!(spatial_entropy(&[0.7; 9], 1.0), 0.0);
        assert_eq!(spatial_entropy(&[], 1.0), 0.0);
        // Ten in every bin.
        let full: Vec<f64> = (0..320).map(|k| (f64::from(k) + 0.5) / 320.0 * 12.0 - 6.0).collect();
        assert!((spatial_entropy(&full, 2.0) - 1.0).abs() < 1e-12);
        let mut turned = full.clone();
        turned.reverse();
        assert_eq!(spatial_entropy(&turned, 2.0), spatial_entropy(&full, 2.0));
        // Beyond the reach is the outermost bin.
        let two = [-1e9, -2.9, f64::INFINITY, 2.9];
        assert!((spatial_entropy(&two, 1.0) - 2f64.ln() / 32f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn difference_is_a_distance_and_its_weight_fades() {
        let (a, b) = ([1.0, 2.0, 3.0], [1.5, 2.0, 1.0]);
        assert_eq!(temporal_difference(&a, &a), 0.0);
        assert_eq!(temporal_difference(&a, &b), 2.5 / 3.0);
        assert_eq!(temporal_difference(&b, &a), 2.5 / 3.0);
        assert_eq!([0, 5, 10, 11].map(|t| fading(0.1, t, 10)), [0.1, 0.05, 0.0, 0.0]);
    }
}
