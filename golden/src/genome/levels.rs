//! Genes of a few bits: odd integers within ±(2^b − 1), as the planes of weights hold them, times
//! half a step. The step is a fixed fraction of the array's root mean square.

use crate::model::nearest_odd;

/// Step of the uniform quantizer of 2^b levels that loses least of a normal distribution, in standard
/// deviations, b = 1..8 (Max, IRE Trans. Inf. Theory 1960, table II, continued).
const STEPS: [f64; 8] = [1.596, 0.9957, 0.5860, 0.3352, 0.1881, 0.1041, 0.0569, 0.0308];

/// The odd integers of `bits` bits (1 to 8) nearest to the values, and what one counts.
pub fn quantize(values: &[f32], bits: u8) -> (Vec<f64>, f64) {
    let squares: f64 = values.iter().map(|v| f64::from(*v).powi(2)).sum();
    let rms = (squares / values.len().max(1) as f64).sqrt();
    let step = STEPS[usize::from(bits - 1)] * if rms > 0.0 { rms } else { 1.0 };
    let level = |v: &f32| nearest_odd(f64::from(*v) / step, bits);
    (values.iter().map(level).collect(), 0.5 * step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn levels_are_odd_and_lose_what_max_found() {
        let mut draws = Stream::named(2, "levels").sequence();
        let values: Vec<f32> = (0..40_000).map(|_| (3.0 * draws.normal()) as f32).collect();
        // Mean squared error of a normal distribution, Max 1960.
        for (bits, loss) in [(1, 0.3634), (2, 0.1188), (3, 0.03744), (4, 0.01154)] {
            let (levels, unit) = quantize(&values, bits);
            let largest = f64::from((1 << bits) - 1);
            assert!(levels.iter().all(|l| l.abs() <= largest && l.rem_euclid(2.0) == 1.0));
            let error = |(v, l): (&f32, &f64)| (f64::from(*v) - l * unit).powi(2);
            let mean = values.iter().zip(&levels).map(error).sum::<f64>() / 40_000.0 / 9.0;
            assert!((mean / loss - 1.0).abs() < 0.05, "{bits} {mean}");
        }
        assert_eq!(quantize(&[0.0, 0.0], 4).0, [1.0, 1.0]);
    }
}
