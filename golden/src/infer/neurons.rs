//! Neurons of a position over a group of ticks, in 32-bit integers: the rules of
//! `docs/semantics.md` written a second time, as loops over rows of channels. What could overflow is
//! refused beforehand.

use super::{form::ROW, synapses::Currents};
use spikewright_ir::{FireRule, Leak, NeuronParams, Reset};

/// Parameters of a layer's neurons, per channel.
pub struct Neurons {
    leak: Leak,
    reset: Reset,
    frac_bits: u8,
    /// Smallest potential; the largest is −1 − this.
    lowest: i32,
    rows: Vec<Parameters>,
}

/// A row of channels.
struct Parameters {
    /// What a spike takes off.
    theta: [i32; ROW],
    /// Potential from which on a neuron spikes: θ, or θ + 1 when it has to be above; never for
    /// padding and in a layer whose potential is read.
    fires_at: [i32; ROW],
    bias: [i32; ROW],
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
        let row = |(theta, bias): (&[i32], &[i32])| {
            let at = |i: usize| theta.get(i).map_or(i32::MAX, |theta| theta + above);
            Parameters {
                fires_at: std::array::from_fn(|i| if read { i32::MAX } else { at(i) }),
                theta: std::array::from_fn(|i| theta.get(i).copied().unwrap_or(0)),
                bias: std::array::from_fn(|i| bias.get(i).copied().unwrap_or(0)),
            }
        };
        Some(Self {
            leak: p.leak,
            reset: p.reset,
            frac_bits: p.frac_bits,
            lowest: -(1 << (width_bits - 1)),
            rows: p.theta.chunks(ROW).zip(p.bias.chunks(ROW)).map(row).collect(),
        })
    }

    /// Runs the neurons of a position through `ticks` ticks of `currents` (of all blocks, in units of
    /// the weights). Spikes go to bit `first` on of `raster`; the bit before holds those of the
    /// previous tick.
    #[inline(always)]
    pub fn run(
        &self,
        currents: &[Currents],
        ticks: usize,
        first: usize,
        v: &mut [[i32; ROW]],
        raster: &mut [[u16; ROW]],
    ) {
        let at = At { currents, ticks, first };
        match self.leak {
            Leak::None => self.with_leak(&at, v, raster, |v| v),
            Leak::Shift(k) => self.with_leak(&at, v, raster, |v| v - (v >> k)),
            Leak::Scale(m) => self.with_leak(&at, v, raster, |v| (v * i32::from(m)) >> 8),
        }
    }

    /// The delayed resets act on the spike of the previous tick.
    #[inline(always)]
    fn with_leak(
        &self,
        at: &At<'_>,
        v: &mut [[i32; ROW]],
        raster: &mut [[u16; ROW]],
        leak: impl Fn(i32) -> i32 + Copy,
    ) {
        let lowest = self.lowest;
        let sat = |x: i32| x.max(lowest).min(-1 - lowest);
        let sum = |v: i32, drive: i32| sat(leak(v) + drive);
        match self.reset {
            Reset::Subtract => self.ticks(at, v, raster, |v, drive, theta, fires_at, _| {
                let u = sum(v, drive);
                (if u >= fires_at { sat(u - theta) } else { u }, u >= fires_at)
            }),
            Reset::Zero => self.ticks(at, v, raster, |v, drive, _, fires_at, _| {
                let u = sum(v, drive);
                (if u >= fires_at { 0 } else { u }, u >= fires_at)
            }),
            Reset::SubtractDelayed => self.ticks(at, v, raster, |v, drive, theta, fires_at, z| {
                let u = sum(v, drive - if z { theta } else { 0 });
                (u, u >= fires_at)
            }),
            Reset::ZeroFull => self.ticks(at, v, raster, |v, drive, _, fires_at, z| {
                let u = if z { 0 } else { sum(v, drive) };
                (u, u >= fires_at)
            }),
        }
    }

    /// `step(v, drive, theta, fires_at, spiked before)` gives (v, spike).
    #[inline(always)]
    fn ticks(
        &self,
        at: &At<'_>,
        v: &mut [[i32; ROW]],
        raster: &mut [[u16; ROW]],
        step: impl Fn(i32, i32, i32, i32, bool) -> (i32, bool),
    ) {
        let eights = at.currents.as_flattened().as_chunks::<2>().0;
        for (((p, v), raster), eights) in self.rows.iter().zip(v).zip(raster).zip(eights) {
            // By way of values: they stay in registers over all ticks.
            let (mut u, mut bits) = (*v, raster.map(u32::from));
            let eights = eights.each_ref().map(|e| e.as_chunks::<8>().0);
            for (t, (low, high)) in eights[0].iter().zip(eights[1]).take(at.ticks).enumerate() {
                let mut current = [0; ROW];
                current[..8].copy_from_slice(low);
                current[8..].copy_from_slice(high);
                let bit = at.first + t;
                for i in 0..ROW {
                    let drive = (current[i] << self.frac_bits) + p.bias[i];
                    let before = bits[i] >> (bit - 1) & 1 == 1;
                    let (next, spike) = step(u[i], drive, p.theta[i], p.fires_at[i], before);
                    u[i] = next;
                    bits[i] |= u32::from(spike) << bit;
                }
            }
            *v = u;
            *raster = bits.map(|b| b as u16);
        }
    }
}

/// What a position's neurons get, and where their spikes go.
struct At<'a> {
    currents: &'a [Currents],
    ticks: usize,
    first: usize,
}
