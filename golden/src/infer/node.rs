//! Spikes of a layer or of a plane of the input in a group of ticks, and a layer's potentials.

use super::{form::Form, transpose::events_of_bits};
use crate::train::{GROUP, event};
use spikewright_ir::SpikeTrain;

/// The spikes of one group and the latest tick of the group before; potentials after it.
pub struct Node {
    /// Bit 8 + t is tick t of the group, bit 7 the tick before the first; in the order of the
    /// form. Empty for an input whose bits are read directly.
    pub raster: Vec<u16>,
    /// In the order of the form; empty for inputs and pooling.
    pub potentials: Vec<i32>,
    /// One event per entry that spikes in the ticks asked for, ascending; from `count` on, what
    /// earlier ones left.
    buffer: Vec<u32>,
    count: usize,
    /// Index of the first event of each position, and the number of events.
    pub starts: Vec<u32>,
    /// First bit and number of ticks that `events` was made for.
    pub made: (usize, usize),
}

impl Node {
    /// Says whether spikes are kept as a raster, and whether there are neurons.
    pub fn new(form: &Form, raster: bool, neurons: bool) -> Self {
        let (entries, starts) = if raster { (form.len(), form.positions() + 1) } else { (0, 0) };
        Self {
            raster: vec![0; entries],
            potentials: vec![0; if neurons { form.len() } else { 0 }],
            buffer: vec![0; form.len()],
            count: 0,
            starts: vec![0; starts],
            made: (0, 0),
        }
    }

    /// A sample begins.
    pub fn clear(&mut self) {
        self.raster.fill(0);
        self.potentials.fill(0);
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

    /// The events made last.
    pub fn events(&self) -> &[u32] {
        &self.buffer[..self.count]
    }

    /// Makes the events of `ticks` ticks from packed bits, `start` on.
    #[inline(always)]
    pub fn read_events(&mut self, train: &SpikeTrain, start: usize, ticks: usize) {
        self.count = events_of_bits(train, start, ticks, &mut self.buffer);
    }

    /// Puts packed bits, `start` on, into the raster from bit `first` on, each neuron at its entry.
    #[inline(always)]
    pub fn fill(
        &mut self,
        train: &SpikeTrain,
        start: usize,
        ticks: usize,
        first: usize,
        entries: &[usize],
    ) {
        self.read_events(train, start, ticks);
        for e in &self.buffer[..self.count] {
            self.raster[entries[(e >> GROUP) as usize]] |= ((e & 0xff) << first) as u16;
        }
    }

    /// Makes the events of `ticks` ticks from bit `first` of the raster on.
    #[inline(always)]
    pub fn make_events(&mut self, row: usize, first: usize, ticks: usize) {
        if self.made == (first, ticks) {
            return;
        }
        self.made = (first, ticks);
        let mask = (1u32 << ticks) - 1;
        let mut count = 0;
        for (p, raster) in self.raster.chunks_exact(row).enumerate() {
            self.starts[p] = count as u32;
            // Without a branch: whether a neuron spikes is hard to predict.
            for (c, bits) in raster.iter().enumerate() {
                let pattern = u32::from(*bits) >> first & mask;
                self.buffer[count] = event(p * row + c, pattern);
                count += usize::from(pattern != 0);
            }
        }
        self.count = count;
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
