//! A two-entry FIFO with registered `valid` and `full`: full rate, and no path from one side's
//! handshake to the other's.

use rust_hdl::prelude::*;

/// See the module's documentation. `head` holds the oldest entry while `valid`.
#[derive(LogicBlock, Default)]
pub struct Fifo2<const W: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Enters `entry`; must be low when full.
    pub push: Signal<In, Bit>,
    /// What enters.
    pub entry: Signal<In, Bits<W>>,
    /// Removes the head; must be low when not valid.
    pub pop: Signal<In, Bit>,
    /// Oldest entry.
    pub head: Signal<Out, Bits<W>>,
    /// There is an entry.
    pub valid: Signal<Out, Bit>,
    /// There are two.
    pub full: Signal<Out, Bit>,
    first: DFF<Bits<W>>,
    second: DFF<Bits<W>>,
    has_first: DFF<Bit>,
    has_second: DFF<Bit>,
    stays: Signal<Local, Bit>,
}

impl<const W: usize> Logic for Fifo2<W> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, first, second, has_first, has_second);
        self.head.next = self.first.q.val();
        self.valid.next = self.has_first.q.val();
        self.full.next = self.has_second.q.val();
        self.stays.next = self.has_first.q.val() & !self.pop.val();
        if !self.stays.val() {
            self.first.d.next = self.entry.val();
            if self.has_second.q.val() {
                self.first.d.next = self.second.q.val();
            }
        }
        // No enables: one more cell between `pop` and the register, and the way to it, are the longest path.
        self.has_first.d.next = self.stays.val() | self.has_second.q.val() | self.push.val();
        self.has_second.d.next = self.stays.val() & (self.has_second.q.val() | self.push.val());
        // Taken or not: `has_second` says whether it counts, and its enable does not wait for `pop`.
        if self.push.val() {
            self.second.d.next = self.entry.val();
        }
    }
}
