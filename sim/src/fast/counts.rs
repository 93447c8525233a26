//! What the lanes of a pass have counted, lane by lane.

use super::machine::SLOT;

/// Counts of one tile.
#[derive(Clone, Default)]
pub struct Counts {
    /// Events.
    pub events: u32,
    /// Per lane.
    lanes: Vec<u16>,
    /// `n`: the events as the lanes' shared counter has them.
    pub n: i32,
}

impl Counts {
    /// Of a core with so many lanes.
    pub fn new(lanes: usize) -> Self {
        Self { events: 0, lanes: vec![0; lanes], n: 0 }
    }

    /// Takes the counts of `lanes` lanes, whole slots, out of planes of `width` words, from word `word` on.
    #[inline(always)]
    #[allow(clippy::needless_range_loop)] // zipped iterators are not always unrolled
    pub fn take(&mut self, events: usize, planes: &[u64], width: usize, word: usize, lanes: usize) {
        self.events = events as u32;
        let slots = self.lanes[..lanes].as_chunks_mut::<SLOT>().0;
        for (slot, lanes) in slots.iter_mut().enumerate() {
            let (word, lsb) = (word + slot / SLOTS, slot % SLOTS * SLOT);
            let mut sum = [0; SLOT];
            for (p, plane) in planes.chunks_exact(width).enumerate() {
                let (bits, value) = ((plane[word] >> lsb) as u16, 1 << p);
                for lane in 0..SLOT {
                    sum[lane] |= if bits & BIT[lane] == 0 { 0 } else { value };
                }
            }
            *lanes = sum;
        }
    }

    /// From exact counts to those of counters that go to `max`, a power of two less 1.
    pub fn wrap(&mut self, max: usize) {
        self.n = (self.events as usize & max) as i32;
        if self.events as usize > max {
            self.lanes.iter_mut().for_each(|c| *c &= max as u16);
        }
    }

    /// All lanes.
    pub fn lanes(&self) -> &[u16] {
        &self.lanes
    }

    /// What the first lane of slot `k` has counted.
    pub fn slot(&self, k: usize) -> u64 {
        self.lanes[k * SLOT].into()
    }
}

/// Slots of a word.
const SLOTS: usize = u64::BITS as usize / SLOT;

/// Each lane's bit.
const BIT: [u16; SLOT] = {
    let mut bits = [0; SLOT];
    let mut k = 0;
    while k < SLOT {
        bits[k] = 1 << k;
        k += 1;
    }
    bits
};
