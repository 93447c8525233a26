//! A board without hardware: any core that can be clocked, behind the serial protocol of
//! `docs/link.md`. Level L6 runs the host driver against it; `examples/simulated_board.rs` puts it
//! behind a pseudo-terminal for `spikewright run`.

use crate::{
    host::BoardCore,
    ir::layout::bus,
    sim::cosim::{CorePorts, HostDrive, PortSample},
};

/// Cycles an address stands on the bus before the word is taken, as in a co-simulation.
const READ_CYCLES: usize = 4;

/// Cycles from a start's write until busy has to be seen.
const RISE_LIMIT: usize = 8;

/// A core on its host bus: the clock runs only while the host wants something.
pub struct ClockedCore<C> {
    core: C,
    limit: usize,
    pace: Option<usize>,
}

impl<C: CorePorts> ClockedCore<C> {
    /// A core that is given `limit` cycles for a sample. One that takes longer answers that it is
    /// busy, as hardware would, until the next start.
    pub fn new(core: C, limit: usize) -> Self {
        Self { core, limit, pace: None }
    }

    /// A core whose clock goes on by `cycles` for each word that is written or read, as on a link, and
    /// no further: the host finds it busy.
    pub fn paced(core: C, cycles: usize) -> Self {
        Self { core, limit: 0, pace: Some(cycles) }
    }

    /// A simulation that cannot go on ends the board's thread: the driver sees silence.
    fn cycle(&mut self, drive: HostDrive) -> PortSample {
        self.core.cycle(drive).unwrap_or_else(|e| panic!("the core's simulation stopped: {e}"))
    }

    /// Behind a word, with the address still on the bus.
    fn go_on(&mut self, drive: HostDrive) {
        for _ in 0..self.pace.unwrap_or(0) {
            self.cycle(HostDrive { write: false, ..drive });
        }
    }

    fn run(&mut self) {
        let mut was_busy = false;
        for cycle in 0..self.limit {
            let busy = self.cycle(HostDrive::default()).busy;
            if !busy && (was_busy || cycle >= RISE_LIMIT) {
                return;
            }
            was_busy |= busy;
        }
    }
}

impl<C: CorePorts> BoardCore for ClockedCore<C> {
    fn write(&mut self, address: u32, word: u16) {
        let drive = HostDrive { address, data: word, write: true };
        self.cycle(drive);
        self.go_on(drive);
        if self.pace.is_none() && address == bus::address(bus::CONTROL, bus::START) && word & 1 == 1
        {
            self.run();
        }
    }

    fn read(&mut self, address: u32) -> u16 {
        let drive = HostDrive { address, data: 0, write: false };
        let word = (0..READ_CYCLES).fold(0, |_, _| self.cycle(drive).read);
        self.go_on(drive);
        word
    }
}
