//! The host's side of a running core: how it starts, and the slot in which a spike word waits for a cycle
//! in which the writer has none.

use super::spikes::Spikes;

/// A start as the core sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// A sample, or a stream's first tick, at this offset in spike groups.
    Fresh {
        /// 0, or half of the spike memory.
        offset: u8,
    },
    /// The next tick of a stream.
    On,
}

/// A spike word on the host bus.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpikeWrite {
    /// Cycle in which it stands on the bus, counted from the core's cycle 0.
    pub cycle: u64,
    /// Word address within the spike memory.
    pub address: u32,
    /// The word.
    pub word: u16,
}

/// The register between bus and spike memory.
#[derive(Clone, Default)]
pub struct Slot {
    waiting: Option<SpikeWrite>,
    /// A word was lost: sticky.
    pub error: bool,
}

impl Slot {
    /// End of a cycle in which `arriving` stands on the bus, and the writer has a word or not.
    pub fn clock(&mut self, arriving: Option<SpikeWrite>, occupied: bool, spikes: &mut Spikes) {
        if !occupied && let Some(write) = self.waiting.take() {
            spikes.write_address(write.address, write.word);
        }
        self.error |= arriving.is_some() && self.waiting.is_some();
        self.waiting = arriving.or(self.waiting);
    }
}
