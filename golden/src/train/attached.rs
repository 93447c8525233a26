//! A reset that is not detached: the gradient also passes through the spike that resets. With h the
//! surrogate derivative at u, `∂v/∂u = 1 − h` where the threshold 1 is subtracted and `1 − s − u·h` where
//! the potential is set to 0; detached, h counts as 0 in both.

use super::lif::Lif;

/// `∂v/∂u` of a row of neurons in tick `t`: `x` drove them from potentials `v`, `slope` is h and
/// `raster` has their spikes.
#[inline(always)]
pub fn reset_slopes(
    lif: &Lif,
    (x, v): (&[f32], &[f32]),
    slope: &[f32],
    raster: &[u32],
    t: usize,
    out: &mut [f32],
) {
    for i in 0..out.len() {
        let u = lif.lambda * v[i] + x[i];
        let silent = if raster[i] >> t & 1 == 1 { 0.0 } else { 1.0 };
        out[i] = if lif.zero { silent - u * slope[i] } else { 1.0 - slope[i] };
    }
}

/// The gradient of v, already times `∂v/∂u`, goes on as it is.
#[inline(always)]
pub fn onward(lif: Lif, carry: &mut [f32], slopes: Option<&[f32]>) -> Lif {
    // Detached resets have no slopes, which is an empty slice to whoever asks for the first of them.
    let Some(slopes) = slopes.filter(|s| !s.is_empty()) else { return lif };
    carry.iter_mut().zip(slopes).for_each(|(c, s)| *c *= s);
    Lif { zero: false, ..lif }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Surrogate;

    /// Gradients of the drives 1.5 and 0.5 of one neuron whose two spikes count 1 each.
    fn two_ticks(zero: bool) -> [f32; 2] {
        let lif = Lif { lambda: 0.5, above: false, zero, surrogate: Surrogate::Triangle(1.0) };
        let (mut v, mut raster) = ([0.0], [0u32]);
        let (mut slope, mut slopes) = ([[0.0]; 2], [[0.0]; 2]);
        for (t, x) in [1.5, 0.5].into_iter().enumerate() {
            let before = v;
            lif.tick(&[x], &mut v, &mut slope[t], &mut raster, t);
            reset_slopes(&lif, (&[x], &before), &slope[t], &raster, t, &mut slopes[t]);
        }
        let mut carry = [0.0];
        for t in [1, 0] {
            let lif = onward(lif, &mut carry, Some(&slopes[t]));
            lif.tick_back(&[1.0], &mut carry, &mut slope[t], &raster, t);
        }
        [slope[0][0], slope[1][0]]
    }

    #[test]
    fn without_slopes_the_rules_stay() {
        let lif =
            Lif { lambda: 0.5, above: false, zero: true, surrogate: Surrogate::Triangle(1.0) };
        for slopes in [None, Some(&[][..])] {
            let mut carry = [2.0];
            assert!(onward(lif, &mut carry, slopes).zero && carry == [2.0]);
        }
    }

    #[test]
    fn two_ticks_by_hand() {
        // Subtract: u = 1.5, h = 0.5, ∂v/∂u = 0.5; u = 0.75, h = 0.75: dx[0] = 0.5 + 0.5·(0.5·0.75).
        assert_eq!(two_ticks(false), [0.6875, 0.75]);
        // Zero: ∂v/∂u = 1 − 1 − 1.5·0.5 = −0.75; u = 0.5, h = 0.5: dx[0] = 0.5 − 0.75·(0.5·0.5).
        assert_eq!(two_ticks(true), [0.3125, 0.5]);
    }
}
