//! One tick of one neuron: the three phases `integrate`, `fire`, `reset`, each a line of
//! `docs/semantics.md`. Sums are exact in `i64`; only `sat` narrows them.

use spikewright_ir::{FireRule, Leak, Reset};

/// Clamps to two's complement of `bits` bits: −2^(bits−1) ..= 2^(bits−1) − 1.
#[inline]
pub fn sat(x: i64, bits: u8) -> i32 {
    let half = 1i64 << (bits - 1);
    x.clamp(-half, half - 1) as i32
}

/// What remains of potential `v` from the tick before; `>>` rounds toward minus infinity.
#[inline]
pub fn leak(rule: Leak, v: i32) -> i64 {
    let v = i64::from(v);
    match rule {
        Leak::None => v,
        Leak::Shift(k) => v - (v >> k),
        Leak::Scale(m) => (v * i64::from(m)) >> 8,
    }
}

/// The rules a layer's neurons share.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Width `B` of a potential.
    pub width_bits: u8,
    /// Fractional bits `F`.
    pub frac_bits: u8,
    /// Leak between ticks.
    pub leak: Leak,
    /// Comparison against the threshold.
    pub fire: FireRule,
    /// Reset after a spike.
    pub reset: Reset,
}

/// `u = sat( leak(v) + (I << F) + b )`, with the two delayed resets acting here:
/// `SubtractDelayed` takes θ off before `sat`, `ZeroFull` gives 0, both when `z` (the neuron's
/// spike of the previous tick) is set.
#[inline]
pub fn integrate(rules: &Rules, v: i32, current: i64, bias: i32, theta: i32, z: bool) -> i32 {
    let drive = (current << rules.frac_bits) + i64::from(bias);
    match rules.reset {
        Reset::ZeroFull if z => 0,
        Reset::SubtractDelayed if z => {
            sat(leak(rules.leak, v) + drive - i64::from(theta), rules.width_bits)
        }
        _ => sat(leak(rules.leak, v) + drive, rules.width_bits),
    }
}

/// `AtLeast: s = (u >= θ)`, `Above: s = (u > θ)`.
#[inline]
pub fn fire(rule: FireRule, u: i32, theta: i32) -> bool {
    match rule {
        FireRule::AtLeast => u >= theta,
        FireRule::Above => u > theta,
    }
}

/// `Subtract: v = sat(s ? u − θ : u)`, `Zero: v = s ? 0 : u`; the delayed resets leave `v = u`.
/// θ itself is subtracted whatever the fire rule.
#[inline]
pub fn reset(rules: &Rules, u: i32, theta: i32, s: bool) -> i32 {
    match rules.reset {
        Reset::Subtract if s => sat(i64::from(u) - i64::from(theta), rules.width_bits),
        Reset::Zero if s => 0,
        _ => u,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(leak: Leak, reset: Reset) -> Rules {
        Rules { width_bits: 8, frac_bits: 1, leak, fire: FireRule::AtLeast, reset }
    }

    #[test]
    fn leak_rounds_toward_minus_infinity() {
        assert_eq!([7, -7, -1].map(|v| leak(Leak::Shift(1), v)), [4, -3, 0]);
        assert_eq!([7, -7, -1].map(|v| leak(Leak::Scale(128), v)), [3, -4, -1]);
        assert_eq!(leak(Leak::Scale(256), -5), -5);
        assert_eq!(leak(Leak::Scale(0), -5), 0);
    }

    #[test]
    fn saturation_acts_after_the_exact_sum() {
        let r = rules(Leak::None, Reset::Subtract);
        // 127 + (100 << 1) − 250 = 77 although the partial sum leaves 8 bits.
        assert_eq!(integrate(&r, 127, 100, -250, 1, false), 77);
        assert_eq!(integrate(&r, 127, 100, 0, 1, false), 127);
        assert_eq!(integrate(&r, -128, -100, 0, 1, false), -128);
        assert_eq!(reset(&r, -120, 100, true), -128);
    }

    #[test]
    fn delayed_resets_act_in_the_next_tick() {
        let r = rules(Leak::Shift(1), Reset::SubtractDelayed);
        assert_eq!(integrate(&r, 10, 1, 0, 6, true), 5 + 2 - 6);
        assert_eq!(reset(&r, 9, 6, true), 9);
        let r = rules(Leak::Shift(1), Reset::ZeroFull);
        assert_eq!(integrate(&r, 10, 1, 5, 6, true), 0);
        assert_eq!(integrate(&r, 10, 1, 5, 6, false), 12);
    }
}
