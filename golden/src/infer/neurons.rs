//! Neurons of a layer over a group of ticks, in 32-bit integers: the rules of `docs/semantics.md`
//! written a second time, as loops over neurons. What could overflow is refused beforehand.

use spikewright_ir::{FireRule, Leak, NeuronParams, Reset};

/// A layer's neurons.
pub struct Neurons {
    leak: Leak,
    reset: Reset,
    frac_bits: u8,
    /// Smallest potential; the largest is −1 − this.
    lowest: i32,
    /// What a spike takes off.
    theta: Vec<i32>,
    /// Potential from which on a neuron spikes: θ, or θ + 1 when it has to be above; never for a
    /// layer whose potential is read.
    fires_at: Vec<i32>,
    bias: Vec<i32>,
}

impl Neurons {
    /// Nothing when sums of up to `bound` could leave 32 bits.
    pub fn new(p: &NeuronParams, width_bits: u8, bound: i64, read: bool) -> Option<Self> {
        // |leak(v)|, |b| and θ are each at most 2^(B−1), and v·m at most 2^(B+7).
        let most = (bound << p.frac_bits) + (3i64 << (width_bits - 1));
        if bound >= 1 << 31 || most > i64::from(i32::MAX) {
            return None;
        }
        let above = i32::from(p.fire == FireRule::Above);
        let fires_at = |theta: &i32| if read { i32::MAX } else { theta + above };
        Some(Self {
            leak: p.leak,
            reset: p.reset,
            frac_bits: p.frac_bits,
            lowest: -(1 << (width_bits - 1)),
            fires_at: p.theta.iter().map(fires_at).collect(),
            theta: p.theta.clone(),
            bias: p.bias.clone(),
        })
    }
}

/// Runs the ticks of `current` (`[tick][neuron]`, in units of the weights). `raster` holds the
/// spikes of the group before (bit 7 the latest) and gets those of this one.
#[inline(always)]
pub fn run_group(n: &Neurons, current: &[i32], v: &mut [i32], raster: &mut [u32]) {
    match n.leak {
        Leak::None => with_leak(n, current, v, raster, |v| v),
        Leak::Shift(k) => with_leak(n, current, v, raster, |v| v - (v >> k)),
        Leak::Scale(m) => with_leak(n, current, v, raster, |v| (v * i32::from(m)) >> 8),
    }
}

/// `before` is what remains when the previous tick had no spike: the delayed resets act on it.
#[inline(always)]
fn with_leak(
    n: &Neurons,
    current: &[i32],
    v: &mut [i32],
    raster: &mut [u32],
    leak: impl Fn(i32) -> i32 + Copy,
) {
    let sat = |x: i32| x.max(n.lowest).min(-1 - n.lowest);
    let sum = |v: i32, drive: i32| sat(leak(v) + drive);
    match n.reset {
        Reset::Subtract => ticks(n, current, v, raster, |v, drive, theta, at, _| {
            let u = sum(v, drive);
            (if u >= at { sat(u - theta) } else { u }, u >= at)
        }),
        Reset::Zero => ticks(n, current, v, raster, |v, drive, _, at, _| {
            let u = sum(v, drive);
            (if u >= at { 0 } else { u }, u >= at)
        }),
        Reset::SubtractDelayed => ticks(n, current, v, raster, |v, drive, theta, at, z| {
            let u = sum(v, drive - if z { theta } else { 0 });
            (u, u >= at)
        }),
        Reset::ZeroFull => ticks(n, current, v, raster, |v, drive, _, at, z| {
            let u = if z { 0 } else { sum(v, drive) };
            (u, u >= at)
        }),
    }
}

/// `step(v, drive, theta, fires_at, spiked before)` gives (v, spike).
#[inline(always)]
fn ticks(
    n: &Neurons,
    current: &[i32],
    v: &mut [i32],
    raster: &mut [u32],
    step: impl Fn(i32, i32, i32, i32, bool) -> (i32, bool),
) {
    let size = v.len();
    let (raster, theta) = (&mut raster[..size], &n.theta[..size]);
    let (fires_at, bias) = (&n.fires_at[..size], &n.bias[..size]);
    // Bit 8 + t is tick t, bit 7 what came before the first.
    for (t, current) in current.chunks_exact(size).enumerate() {
        for i in 0..size {
            let drive = (current[i] << n.frac_bits) + bias[i];
            let before = raster[i] >> (7 + t) & 1 == 1;
            let (next, spike) = step(v[i], drive, theta[i], fires_at[i], before);
            v[i] = next;
            raster[i] |= u32::from(spike) << (8 + t);
        }
    }
    for r in raster {
        *r >>= 8;
    }
}
