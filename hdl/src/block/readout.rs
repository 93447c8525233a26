//! Readout: reads the last tile's potentials or scores and keeps the first class with the highest.

use rust_hdl::prelude::*;

/// See the module's documentation. Class j is addressed one cycle, read the next, compared the third.
#[derive(LogicBlock)]
pub struct Readout {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A sample starts.
    pub go: Signal<In, Bit>,
    /// The sample's last row is written at the end of this cycle.
    pub finish: Signal<In, Bit>,
    /// Parameter row of the last tile.
    pub param_row: Signal<In, Bits<8>>,
    /// Classes minus 1.
    pub classes_m1: Signal<In, Bits<8>>,
    /// Potentials are read, not scores.
    pub potentials: Signal<In, Bit>,
    /// Potential (signed) or score (zero-extended) of the class addressed two cycles before.
    pub value: Signal<In, Bits<16>>,
    /// `row` and `unit` address a class.
    pub active: Signal<Out, Bit>,
    /// Row of the memory.
    pub row: Signal<Out, Bits<8>>,
    /// Fire unit.
    pub unit: Signal<Out, Bits<4>>,
    /// The last class is compared in this cycle.
    pub complete: Signal<Out, Bit>,
    /// A result stands.
    pub valid: Signal<Out, Bit>,
    /// Winning class.
    pub label: Signal<Out, Bits<8>>,
    /// No spike decided.
    pub undecided: Signal<Out, Bit>,
    running: DFF<Bit>,
    at_class: DFF<Bits<8>>,
    at_row: DFF<Bits<8>>,
    read: DFF<Bit>,
    read_last: DFF<Bit>,
    compare: DFF<Bit>,
    compare_last: DFF<Bit>,
    index: DFF<Bits<8>>,
    best_inverted: DFF<Bits<16>>,
    winner: DFF<Bits<8>>,
    seen: DFF<Bit>,
    valid_r: DFF<Bit>,
    undecided_r: DFF<Bit>,
    ordered: Signal<Local, Bits<16>>,
    sum: Signal<Local, Bits<17>>,
    better: Signal<Local, Bit>,
    last: Signal<Local, Bit>,
    full_rows: Signal<Local, Bits<8>>,
    param_above: Signal<Local, Bits<9>>,
    class_above: Signal<Local, Bits<9>>,
    row_sum: Signal<Local, Bits<9>>,
    row_ends: Signal<Local, Bit>,
    unit_mask: Constant<Bits<4>>,
    unit_shift: Constant<Bits<3>>,
    one9: Constant<Bits<9>>,
    sign: Constant<Bits<16>>,
    ones16: Constant<Bits<16>>,
    one8: Constant<Bits<8>>,
    zero8: Constant<Bits<8>>,
}

impl Readout {
    /// A readout over `fire_units` units.
    pub fn new(fire_units: usize) -> Self {
        Self {
            clock: Default::default(),
            go: Default::default(),
            finish: Default::default(),
            param_row: Default::default(),
            classes_m1: Default::default(),
            potentials: Default::default(),
            value: Default::default(),
            active: Default::default(),
            row: Default::default(),
            unit: Default::default(),
            complete: Default::default(),
            valid: Default::default(),
            label: Default::default(),
            undecided: Default::default(),
            running: Default::default(),
            at_class: Default::default(),
            at_row: Default::default(),
            read: Default::default(),
            read_last: Default::default(),
            compare: Default::default(),
            compare_last: Default::default(),
            index: Default::default(),
            best_inverted: Default::default(),
            sum: Default::default(),
            winner: Default::default(),
            seen: Default::default(),
            valid_r: Default::default(),
            undecided_r: Default::default(),
            ordered: Default::default(),
            better: Default::default(),
            last: Default::default(),
            full_rows: Default::default(),
            param_above: Default::default(),
            class_above: Default::default(),
            row_sum: Default::default(),
            row_ends: Default::default(),
            unit_shift: Constant::new(u64::from(fire_units.ilog2()).to_bits()),
            one9: Constant::new(1u64.to_bits()),
            unit_mask: Constant::new((fire_units as u64 - 1).to_bits()),
            sign: Constant::new(0x8000u64.to_bits()),
            ones16: Constant::new(0xFFFFu64.to_bits()),
            one8: Constant::new(1u64.to_bits()),
            zero8: Constant::new(0u64.to_bits()),
        }
    }
}

impl Logic for Readout {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            running,
            at_class,
            at_row,
            read,
            read_last,
            compare,
            compare_last,
            index,
            best_inverted,
            winner,
            seen,
            valid_r,
            undecided_r
        );
        self.active.next = self.running.q.val();
        self.row.next = self.at_row.q.val();
        self.unit.next = self.at_class.q.val().get_bits::<4>(0) & self.unit_mask.val();
        self.valid.next = self.valid_r.q.val();
        self.label.next = self.winner.q.val();
        self.undecided.next = self.undecided_r.q.val();
        // Address.
        self.last.next = self.at_class.q.val() == self.classes_m1.val();
        self.read.d.next = self.running.q.val();
        self.read_last.d.next = self.running.q.val() & self.last.val();
        self.at_class.d.next = self.at_class.q.val() + self.one8.val();
        if !self.running.q.val() {
            self.at_class.d.next = self.zero8.val();
        }
        // The row of the class that comes next, so that no sum stands before the memories' addresses. Bit 0
        // carries in behind the last class of a row.
        self.param_above.next = (bit_cast::<9, 8>(self.param_row.val()) << 1) | self.one9.val();
        self.full_rows.next = self.at_class.q.val() >> self.unit_shift.val();
        self.class_above.next = bit_cast::<9, 8>(self.full_rows.val()) << 1;
        self.row_ends.next = self.running.q.val() & (self.unit.val() == self.unit_mask.val());
        if self.row_ends.val() {
            self.class_above.next = (bit_cast::<9, 8>(self.full_rows.val()) << 1) | self.one9.val();
        }
        self.row_sum.next = self.param_above.val() + self.class_above.val();
        self.at_row.d.next = self.row_sum.val().get_bits::<8>(1);
        if self.running.q.val() & self.last.val() {
            self.running.d.next = false;
        }
        if self.finish.val() {
            self.running.d.next = true;
        }
        // Read.
        self.compare.d.next = self.read.q.val();
        self.compare_last.d.next = self.read_last.q.val();
        // Compare; flipping the sign bit turns signed order into unsigned order. The best is kept
        // inverted: a + ~b carries out exactly when a > b, with nothing but the carry chain between. It
        // begins as the least there is, which the first class wins without being greater.
        self.ordered.next = self.value.val() ^ self.sign.val();
        self.sum.next =
            bit_cast::<17, 16>(self.ordered.val()) + bit_cast::<17, 16>(self.best_inverted.q.val());
        self.better.next = self.sum.val().get_bit(16);
        self.complete.next = self.compare_last.q.val();
        if self.compare.q.val() {
            self.index.d.next = self.index.q.val() + self.one8.val();
            if self.better.val() {
                self.best_inverted.d.next = !self.ordered.val();
                self.winner.d.next = self.index.q.val();
                self.seen.d.next = true;
            }
            if self.compare_last.q.val() {
                self.valid_r.d.next = true;
                self.undecided_r.d.next =
                    !self.potentials.val() & !self.seen.q.val() & !self.better.val();
            }
        }
        if self.go.val() {
            self.valid_r.d.next = false;
            self.seen.d.next = false;
            self.index.d.next = self.zero8.val();
            self.winner.d.next = self.zero8.val();
            self.best_inverted.d.next = self.ones16.val();
            if !self.potentials.val() {
                self.best_inverted.d.next = !self.sign.val();
            }
        }
    }
}
