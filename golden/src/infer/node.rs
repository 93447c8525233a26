//! Spikes of a layer or of a plane of the input in a group of ticks.

use super::form::Form;
use crate::train::{GROUP, event};

/// The spikes of one group, and the latest tick of the group before.
pub struct Node {
    /// Bit 8 + t is tick t of the group, bit 7 the tick before the first; in the order of the
    /// form. Empty for an input whose bits are read directly.
    pub raster: Vec<u16>,
    /// One event per entry that spikes in the ticks asked for, ascending.
    pub events: Vec<u32>,
    /// Index of the first event of each position, and the number of events.
    pub starts: Vec<u32>,
    /// First bit and number of ticks that `events` was made for.
    pub made: (usize, usize),
}

impl Node {
    pub fn new(form: &Form, raster: bool) -> Self {
        let (entries, starts) = if raster { (form.len(), form.positions() + 1) } else { (0, 0) };
        Self { raster: vec![0; entries], events: Vec::new(), starts: vec![0; starts], made: (0, 0) }
    }

    /// What came before a sample is no spike.
    pub fn clear(&mut self) {
        self.raster.fill(0);
        self.made = (0, 0);
    }

    /// The next group begins.
    #[inline(always)]
    pub fn advance(&mut self) {
        for r in &mut self.raster {
            *r >>= GROUP;
        }
        self.made = (0, 0);
    }

    /// Makes the events of `ticks` ticks from bit `first` of the raster on.
    #[inline(always)]
    pub fn make_events(&mut self, row: usize, first: usize, ticks: usize) {
        if self.made == (first, ticks) {
            return;
        }
        self.made = (first, ticks);
        let mask = (1u32 << ticks) - 1;
        self.events.resize(self.raster.len(), 0);
        let mut count = 0;
        for (p, raster) in self.raster.chunks_exact(row).enumerate() {
            self.starts[p] = count as u32;
            // Without a branch: whether a neuron spikes is hard to predict.
            for (c, bits) in raster.iter().enumerate() {
                let pattern = u32::from(*bits) >> first & mask;
                self.events[count] = event(p * row + c, pattern);
                count += usize::from(pattern != 0);
            }
        }
        self.events.truncate(count);
        if let Some(end) = self.starts.last_mut() {
            *end = count as u32;
        }
    }

    /// Spikes in `ticks` ticks from bit `first` on.
    #[inline(always)]
    pub fn spikes(&self, first: usize, ticks: usize) -> u64 {
        let mask = ((1u32 << ticks) - 1) << first;
        let mut sum = 0;
        for r in &self.raster {
            sum += (u32::from(*r) & mask).count_ones();
        }
        sum.into()
    }
}
