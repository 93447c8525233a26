//! Shares of individuals by rank. Higher fitness is better; what is not a number is worst. Equal
//! fitness gets equal shares: the mean over the ranks that the equals occupy.

use std::cmp::Ordering;

/// Individuals from best to worst; equals in the order of their numbers.
pub fn order(fitness: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..fitness.len()).collect();
    order.sort_by(|a, b| better_first(fitness[*a], fitness[*b]));
    order
}

fn better_first(a: f64, b: f64) -> Ordering {
    // NaN compares as equal to nothing: send it behind every number.
    match (a.is_nan(), b.is_nan()) {
        (false, false) => b.partial_cmp(&a).unwrap_or(Ordering::Equal),
        (a, b) => a.cmp(&b),
    }
}

/// `by_rank[r]` handed to the individual of rank `r`, best first, equals sharing.
pub fn shares(fitness: &[f64], by_rank: &[f64]) -> Vec<f64> {
    let order = order(fitness);
    let mut out = vec![0.0; fitness.len()];
    let mut first = 0;
    while first < order.len() {
        let equals = |k: &&usize| better_first(fitness[order[first]], fitness[**k]).is_eq();
        let count = order[first..].iter().take_while(equals).count();
        let mean = by_rank[first..first + count].iter().sum::<f64>() / count as f64;
        order[first..first + count].iter().for_each(|k| out[*k] = mean);
        first += count;
    }
    out
}

/// `max(0, ln(λ/2 + 1) − ln r)` for ranks r = 1..λ, normalized to sum 1, minus 1/λ (Wierstra et al.,
/// JMLR 2014, section 3.1).
pub fn natural_utilities(population: usize) -> Vec<f64> {
    let lambda = population as f64;
    let raw = |r: usize| ((lambda / 2.0 + 1.0).ln() - (r as f64).ln()).max(0.0);
    let sum: f64 = (1..=population).map(raw).sum();
    (1..=population).map(|r| raw(r) / sum - 1.0 / lambda).collect()
}

/// `Σ_k share_k·z_k`.
pub fn weighted_sum(shares: &[f64], draws: &[Vec<f64>]) -> Vec<f64> {
    let mut out = vec![0.0; draws.first().map_or(0, Vec::len)];
    for (share, z) in shares.iter().zip(draws) {
        out.iter_mut().zip(z).for_each(|(o, z)| *o += share * z);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_share_and_nan_is_last() {
        let fitness = [1.0, f64::NAN, 3.0, 1.0, f64::NEG_INFINITY];
        assert_eq!(order(&fitness), [2, 0, 3, 4, 1]);
        assert_eq!(shares(&fitness, &[8.0, 4.0, 2.0, 1.0, 0.0]), [3.0, 0.0, 8.0, 3.0, 1.0]);
        assert_eq!(shares(&[0.0, -0.0], &[1.0, 3.0]), [2.0, 2.0]);
    }

    #[test]
    fn utilities_sum_to_zero_and_fall() {
        for population in [2, 7, 40] {
            let u = natural_utilities(population);
            assert!(u.iter().sum::<f64>().abs() < 1e-12);
            assert!(u.windows(2).all(|w| w[0] >= w[1]) && u[0] > 0.0);
        }
    }
}
