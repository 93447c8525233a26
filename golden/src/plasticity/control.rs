//! What a change has to be compared to: noise of the same size, and a decay of the same size.

use crate::rng::Stream;

/// The same sizes with random signs: equal norm, no direction.
pub fn random_signs(dw: &mut [f64], stream: Stream) {
    for (k, dw) in dw.iter_mut().enumerate() {
        if stream.word(k as u64) >> 63 == 1 {
            *dw = -*dw;
        }
    }
}

/// A change of the same sum of sizes that takes the same fraction off every weight; 0 if all weights
/// are.
pub fn decay_of_size(dw: &mut [f64], weights: &[f32]) {
    let total: f64 = dw.iter().map(|d| d.abs()).sum();
    let size: f64 = weights.iter().map(|w| f64::from(w.abs())).sum();
    let fraction = if size > 0.0 { total / size } else { 0.0 };
    dw.iter_mut().zip(weights).for_each(|(dw, w)| *dw = -fraction * f64::from(*w));
}
