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
    row_r: DFF<Bits<8>>,
    unit_r: DFF<Bits<4>>,
    left: DFF<Bits<8>>,
    read: DFF<Bit>,
    read_last: DFF<Bit>,
    compare: DFF<Bit>,
    compare_last: DFF<Bit>,
    index: DFF<Bits<8>>,
    best_inverted: DFF<Bits<16>>,
    is_first: DFF<Bit>,
    winner: DFF<Bits<8>>,
    seen: DFF<Bit>,
    valid_r: DFF<Bit>,
    undecided_r: DFF<Bit>,
    ordered: Signal<Local, Bits<16>>,
    sum: Signal<Local, Bits<17>>,
    better: Signal<Local, Bit>,
    last: Signal<Local, Bit>,
    last_unit: Constant<Bits<4>>,
    sign: Constant<Bits<16>>,
    one4: Constant<Bits<4>>,
    one8: Constant<Bits<8>>,
    zero4: Constant<Bits<4>>,
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
            row_r: Default::default(),
            unit_r: Default::default(),
            left: Default::default(),
            read: Default::default(),
            read_last: Default::default(),
            compare: Default::default(),
            compare_last: Default::default(),
            index: Default::default(),
            best_inverted: Default::default(),
            is_first: Default::default(),
            sum: Default::default(),
            winner: Default::default(),
            seen: Default::default(),
            valid_r: Default::default(),
            undecided_r: Default::default(),
            ordered: Default::default(),
            better: Default::default(),
            last: Default::default(),
            last_unit: Constant::new((fire_units as u64 - 1).to_bits()),
            sign: Constant::new(0x8000u64.to_bits()),
            one4: Constant::new(1u64.to_bits()),
            one8: Constant::new(1u64.to_bits()),
            zero4: Constant::new(0u64.to_bits()),
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
            row_r,
            unit_r,
            left,
            read,
            read_last,
            compare,
            compare_last,
            index,
            best_inverted,
            is_first,
            winner,
            seen,
            valid_r,
            undecided_r
        );
        self.active.next = self.running.q.val();
        self.row.next = self.row_r.q.val();
        self.unit.next = self.unit_r.q.val();
        self.valid.next = self.valid_r.q.val();
        self.label.next = self.winner.q.val();
        self.undecided.next = self.undecided_r.q.val();
        // Address.
        self.last.next = !self.left.q.val().any();
        self.read.d.next = self.running.q.val();
        self.read_last.d.next = self.running.q.val() & self.last.val();
        if self.running.q.val() {
            self.left.d.next = self.left.q.val() - self.one8.val();
            self.unit_r.d.next = self.unit_r.q.val() + self.one4.val();
            if self.unit_r.q.val() == self.last_unit.val() {
                self.unit_r.d.next = self.zero4.val();
                self.row_r.d.next = self.row_r.q.val() + self.one8.val();
            }
            if self.last.val() {
                self.running.d.next = false;
            }
        }
        if self.finish.val() {
            self.running.d.next = true;
            self.left.d.next = self.classes_m1.val();
            self.row_r.d.next = self.param_row.val();
            self.unit_r.d.next = self.zero4.val();
        }
        // Read.
        self.compare.d.next = self.read.q.val();
        self.compare_last.d.next = self.read_last.q.val();
        // Compare; flipping the sign bit turns signed order into unsigned order. The best is kept
        // inverted: a + ~b carries out exactly when a > b, with nothing but the carry chain between.
        self.ordered.next = self.value.val() ^ self.sign.val();
        self.sum.next =
            bit_cast::<17, 16>(self.ordered.val()) + bit_cast::<17, 16>(self.best_inverted.q.val());
        self.better.next = self.is_first.q.val() | self.sum.val().get_bit(16);
        self.complete.next = self.compare_last.q.val();
        if self.compare.q.val() {
            self.index.d.next = self.index.q.val() + self.one8.val();
            self.is_first.d.next = false;
            self.seen.d.next = self.seen.q.val() | self.value.val().any();
            if self.better.val() {
                self.best_inverted.d.next = !self.ordered.val();
                self.winner.d.next = self.index.q.val();
            }
            if self.compare_last.q.val() {
                self.valid_r.d.next = true;
                self.undecided_r.d.next =
                    !self.potentials.val() & !(self.seen.q.val() | self.value.val().any());
            }
        }
        if self.go.val() {
            self.valid_r.d.next = false;
            self.seen.d.next = false;
            self.index.d.next = self.zero8.val();
            self.is_first.d.next = true;
        }
    }
}
