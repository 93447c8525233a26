//! A projection's weights, and what they add to the currents of one target position.

use super::{
    counter::{LANES, MOST, STEP, bit, count},
    form::Form,
};
use spikewright_ir::WeightPlanes;

/// Targets of a word of weights.
pub const BLOCK: usize = 64;

/// Currents of a block of targets, per tick.
pub type Currents = [[i32; BLOCK]];

/// Bits of all planes, a word per 64 targets and kernel index `(ky·kw + kx)·row + c`.
pub struct Synapses {
    /// `[block][plane][kernel index]`
    words: Vec<u64>,
    size: usize,
    pub planes: usize,
}

/// Byte `t` is bit `t`.
static SPREAD: [u64; 256] = {
    let mut out = [0; 256];
    let mut k = 0;
    while k < 8 * 256 {
        out[k / 8] |= (((k / 8) >> (k % 8) & 1) as u64) << (8 * (k % 8));
        k += 1;
    }
    out
};

impl Synapses {
    /// `kernel` is height times width.
    pub fn new(planes: &WeightPlanes, from: &Form, kernel: usize, targets: usize) -> Self {
        let size = kernel * from.row;
        let mut words = vec![0; targets.div_ceil(BLOCK) * planes.len() * size];
        for (p, plane) in planes.iter().enumerate() {
            for i in 0..targets {
                let words = &mut words[(i / BLOCK * planes.len() + p) * size..][..size];
                for column in plane.row(i).ones() {
                    words[column % kernel * from.row + column / kernel] |= 1 << bit(i % BLOCK);
                }
            }
        }
        Self { words, size, planes: planes.len() }
    }

    /// Adds `Σ_p 2^(p + shift) · (2·c_p − n)` to the currents, `[block][tick]` with `ticks` ticks of
    /// each block, and returns the number of spikes. `events` is padded to steps.
    #[inline(always)]
    pub fn add(&self, events: &[u32], shift: u32, ticks: usize, currents: &mut Currents) -> u64 {
        let mut spikes = 0;
        for chunk in events.chunks(MOST) {
            let mut sums = 0;
            for e in chunk {
                sums += SPREAD[(e & 0xff) as usize];
            }
            let n = sums.to_le_bytes();
            spikes += n.iter().map(|n| u64::from(*n)).sum::<u64>();
            let (steps, _) = chunk.as_chunks::<STEP>();
            let blocks = self.words.chunks_exact(self.planes * self.size);
            for (words, currents) in blocks.zip(currents.chunks_exact_mut(ticks)) {
                for (p, words) in words.chunks_exact(self.size).enumerate() {
                    for first in (0..ticks).step_by(LANES) {
                        let counters = count(steps, first, words);
                        for (t, current) in currents.iter_mut().enumerate().skip(first).take(LANES)
                        {
                            let n = i32::from(n[t]);
                            for (k, eight) in current.as_chunks_mut::<8>().0.iter_mut().enumerate()
                            {
                                let c = counters[k][t - first].to_le_bytes();
                                for i in 0..8 {
                                    eight[i] += (2 * i32::from(c[i]) - n) << (p as u32 + shift);
                                }
                            }
                        }
                    }
                }
            }
        }
        spikes
    }
}
