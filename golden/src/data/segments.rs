//! Series of any length brought to a fixed number of ticks.

/// Means of `ticks` equal segments of a series.
///
/// Value `i` of `n` holds from time `i` to `i + 1`; segment `t` of `T` reaches from `t·n/T` to
/// `(t + 1)·n/T`, and a value that a border cuts counts in both by its share:
///
/// ```text
/// m_t = 1/n · Σ_i w_ti·x_i,    w_ti = |[t·n, (t + 1)·n] ∩ [i·T, (i + 1)·T]|
/// ```
///
/// The weights are whole numbers, so the borders are exact; a series shorter than `T` is held. No
/// values give no means. Units are those of the values.
pub fn segment_means(values: &[f32], ticks: usize) -> Vec<f64> {
    let n = values.len();
    if n == 0 {
        return Vec::new();
    }
    let mean = |t: usize| {
        let (start, end) = (t * n, (t + 1) * n);
        let weighted = |i: usize| {
            let weight = end.min((i + 1) * ticks) - start.max(i * ticks);
            weight as f64 * f64::from(values[i])
        };
        (start / ticks..end.div_ceil(ticks)).map(weighted).sum::<f64>() / n as f64
    };
    (0..ticks).map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borders_are_exact_fractions() {
        assert_eq!(segment_means(&[1.0, 2.0, 3.0, 6.0], 2), [1.5, 4.5]);
        // Three values in two segments: the middle one counts half in each.
        assert_eq!(segment_means(&[3.0, 6.0, 12.0], 2), [4.0, 10.0]);
        // Two values in three segments: the middle segment sees both.
        assert_eq!(segment_means(&[1.0, 2.0], 3), [1.0, 1.5, 2.0]);
        assert_eq!(segment_means(&[7.0], 4), [7.0; 4]);
        assert_eq!(segment_means(&[1.0, 5.0, 9.0], 3), [1.0, 5.0, 9.0]);
        assert!(segment_means(&[], 3).is_empty());
    }
}
