//! A projection's weights, and what they add to the currents of one target position.

use super::{
    counter::{MOST, bit, count, masks},
    form::Form,
};
use crate::train::GROUP;
use pulp::Simd;
use spikewright_ir::WeightPlanes;

/// Targets of a word of weights.
pub const BLOCK: usize = 64;

/// Currents of a block of targets: `[k][8·t + i]` is target `8·k + i` in tick `t`.
pub type Currents = [[i32; 8 * GROUP]; BLOCK / 8];

/// Entry of target `i` in tick `t`.
#[inline(always)]
pub fn entry(i: usize, t: usize) -> (usize, usize) {
    (i / 8, 8 * t + i % 8)
}

/// Bits of all planes, a word per 64 targets and kernel index `(ky·kw + kx)·row + c`.
pub struct Synapses {
    /// `[block][plane][kernel index]`
    words: Vec<u64>,
    size: usize,
    pub planes: usize,
}

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

    /// Adds `Σ_p 2^(p + shift) · (2·c_p − n)` to the currents of all blocks and returns the number
    /// of spikes. `events` is padded to steps.
    #[inline(always)]
    pub fn add<S: Simd>(
        &self,
        simd: S,
        events: &[u32],
        of_events: &mut Vec<[u64; GROUP]>,
        shift: u32,
        ticks: usize,
        currents: &mut [Currents],
    ) -> u64 {
        let mut spikes = 0;
        for events in events.chunks(MOST) {
            let n = masks(simd, events, of_events);
            spikes += n.iter().sum::<u64>();
            let by_target: [i32; 8 * GROUP] = std::array::from_fn(|j| n[j / 8] as i32);
            let blocks = self.words.chunks_exact(self.planes * self.size);
            for (words, currents) in blocks.zip(&mut *currents) {
                for (words, shift) in words.chunks_exact(self.size).zip(shift..) {
                    let counters = count(simd, events, of_events, ticks, words);
                    for (current, counters) in currents.iter_mut().zip(&counters) {
                        add_counters(current, counters, &by_target, shift, ticks);
                    }
                }
            }
        }
        spikes
    }
}

/// `current += 2^shift · (2·c − n)` for eight targets; two ticks at a time fill a vector.
#[inline(always)]
fn add_counters(
    current: &mut [i32; 8 * GROUP],
    counters: &[u64; GROUP],
    n: &[i32; 8 * GROUP],
    shift: u32,
    ticks: usize,
) {
    let c = counters.map(u64::to_le_bytes);
    let pairs = current.as_chunks_mut::<16>().0.iter_mut().zip(c.as_flattened().as_chunks().0);
    for ((current, c), n) in pairs.zip(n.as_chunks::<16>().0).take(ticks.div_ceil(2)) {
        let c: &[u8; 16] = c;
        for i in 0..16 {
            current[i] += (2 * i32::from(c[i]) - n[i]) << shift;
        }
    }
}
