//! Neurons of a position over a group of ticks: the rules of `docs/semantics.md` written a second
//! time, as loops over rows of channels. What could overflow is refused beforehand.

use super::{cell::Cell, form::ROW, synapses::Currents};
use spikewright_ir::{FireRule, Leak, NeuronParams, Reset};

/// Parameters of a layer's neurons, per channel.
pub struct Neurons {
    leak: Leak,
    reset: Reset,
    frac_bits: u8,
    /// Smallest potential; the largest is −1 − this.
    lowest: i32,
    rows: Rows,
}

/// In 16 bits where all sums fit.
enum Rows {
    Narrow(Vec<Parameters<i16>>),
    Wide(Vec<Parameters<i32>>),
}

/// A row of channels.
struct Parameters<T> {
    /// −θ, what a spike adds.
    minus_theta: [T; ROW],
    /// A neuron spikes above this potential: θ, or θ − 1 when it has to reach θ; the largest number
    /// for padding and in a layer whose potential is read.
    above: [T; ROW],
    bias: [T; ROW],
}

/// What a position's neurons get, and where their spikes go.
#[derive(Clone, Copy)]
pub struct Drive<'a> {
    /// Of all blocks, in units of the weights.
    pub currents: &'a [Currents],
    pub ticks: usize,
    /// Bit of the first tick in rasters; the bit before holds the previous tick.
    pub first: usize,
}

impl Neurons {
    /// Nothing when sums of up to `bound` could leave 32 bits.
    pub fn new(p: &NeuronParams, width_bits: u8, bound: i64, read: bool) -> Option<Self> {
        // |leak(v)|, |b| and θ are each at most 2^(B−1), and v·m at most 2^(B+7).
        let most = (bound << p.frac_bits) + (3i64 << (width_bits - 1));
        if bound >= 1 << 31 || most > i64::from(i32::MAX) {
            return None;
        }
        let largest = |values: &[i32]| values.iter().map(|x| x.abs()).max().unwrap_or(0);
        let drive = (bound << p.frac_bits) + i64::from(largest(&p.bias) + largest(&p.theta));
        let narrow = width_bits == 16 && drive <= i64::from(i16::MAX);
        Some(Self {
            leak: p.leak,
            reset: p.reset,
            frac_bits: p.frac_bits,
            lowest: -(1 << (width_bits - 1)),
            rows: match narrow {
                true => Rows::Narrow(rows(p, i16::MAX, read)),
                false => Rows::Wide(rows(p, i32::MAX, read)),
            },
        })
    }

    /// Runs the neurons of a position through the ticks.
    #[inline(always)]
    pub fn run(&self, drive: Drive<'_>, v: &mut [[i32; ROW]], raster: &mut [[u16; ROW]]) {
        match &self.rows {
            Rows::Narrow(rows) => self.with_width(rows, drive, v, raster),
            Rows::Wide(rows) => self.with_width(rows, drive, v, raster),
        }
    }

    #[inline(always)]
    fn with_width<T: Cell>(
        &self,
        rows: &[Parameters<T>],
        drive: Drive<'_>,
        v: &mut [[i32; ROW]],
        raster: &mut [[u16; ROW]],
    ) {
        match self.leak {
            Leak::None => self.with_leak(rows, drive, v, raster, |v| v),
            Leak::Shift(k) => self.with_leak(rows, drive, v, raster, |v| v.shift_leak(k)),
            Leak::Scale(m) => self.with_leak(rows, drive, v, raster, |v| v.scale(m)),
        }
    }

    /// The delayed resets act on the spike of the previous tick.
    #[inline(always)]
    fn with_leak<T: Cell>(
        &self,
        rows: &[Parameters<T>],
        drive: Drive<'_>,
        v: &mut [[i32; ROW]],
        raster: &mut [[u16; ROW]],
        leak: impl Fn(T) -> T + Copy,
    ) {
        let sum = |v: T, drive: T| leak(v).saturating(drive, self.lowest);
        match self.reset {
            Reset::Subtract => self.ticks(rows, drive, v, raster, |v, drive, p, i, _| {
                let u = sum(v, drive);
                let spike = u > p.above[i];
                (if spike { u.saturating(p.minus_theta[i], self.lowest) } else { u }, spike)
            }),
            Reset::Zero => self.ticks(rows, drive, v, raster, |v, drive, p, i, _| {
                let u = sum(v, drive);
                let spike = u > p.above[i];
                (if spike { T::of(0) } else { u }, spike)
            }),
            Reset::SubtractDelayed => self.ticks(rows, drive, v, raster, |v, drive, p, i, z| {
                let u = sum(v, drive.add(if z { p.minus_theta[i] } else { T::of(0) }));
                (u, u > p.above[i])
            }),
            Reset::ZeroFull => self.ticks(rows, drive, v, raster, |v, drive, p, i, z| {
                let u = if z { T::of(0) } else { sum(v, drive) };
                (u, u > p.above[i])
            }),
        }
    }

    /// `step(v, drive, row, channel in the row, spiked before)` gives (v, spike).
    #[inline(always)]
    fn ticks<T: Cell>(
        &self,
        rows: &[Parameters<T>],
        drive: Drive<'_>,
        v: &mut [[i32; ROW]],
        raster: &mut [[u16; ROW]],
        step: impl Fn(T, T, &Parameters<T>, usize, bool) -> (T, bool),
    ) {
        let eights = drive.currents.as_flattened().as_chunks::<2>().0;
        for (((p, v), raster), eights) in rows.iter().zip(v).zip(raster).zip(eights) {
            // By way of values: they stay in registers over all ticks.
            let (mut u, mut bits) = (v.map(T::of), *raster);
            let eights = eights.each_ref().map(|e| e.as_chunks::<8>().0);
            for (t, (low, high)) in eights[0].iter().zip(eights[1]).take(drive.ticks).enumerate() {
                let mut current = [0; ROW];
                current[..8].copy_from_slice(low);
                current[8..].copy_from_slice(high);
                let bit = drive.first + t;
                for i in 0..ROW {
                    let drive = T::of(current[i]).shift_left(self.frac_bits).add(p.bias[i]);
                    let before = bits[i] >> (bit - 1) & 1 == 1;
                    let (next, spike) = step(u[i], drive, p, i, before);
                    u[i] = next;
                    bits[i] |= u16::from(spike) << bit;
                }
            }
            *v = u.map(T::wide);
            *raster = bits;
        }
    }
}

/// `largest` is the largest number of the type.
fn rows<T: Cell>(p: &NeuronParams, largest: T, read: bool) -> Vec<Parameters<T>> {
    let reach = i32::from(p.fire == FireRule::AtLeast);
    let row = |(theta, bias): (&[i32], &[i32])| Parameters {
        minus_theta: std::array::from_fn(|i| T::of(theta.get(i).map_or(0, |theta| -theta))),
        above: std::array::from_fn(|i| match theta.get(i) {
            Some(theta) if !read => T::of(theta - reach),
            _ => largest,
        }),
        bias: std::array::from_fn(|i| T::of(bias.get(i).copied().unwrap_or(0))),
    };
    p.theta.chunks(ROW).zip(p.bias.chunks(ROW)).map(row).collect()
}
