//! A table memory: one write port, one read port, synchronous read, no initial contents.

use rust_hdl::prelude::*;

/// See the module's documentation. `D` data bits, `A` address bits. Reading and writing one address
/// in the same cycle is excluded by the core: tables are written while it is idle.
#[derive(LogicBlock)]
pub struct Table<const D: usize, const A: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Word to be read.
    pub read_address: Signal<In, Bits<A>>,
    /// Word addressed in the cycle before.
    pub read_data: Signal<Out, Bits<D>>,
    /// Write strobe.
    pub write: Signal<In, Bit>,
    /// Word to be written.
    pub write_address: Signal<In, Bits<A>>,
    /// What is written.
    pub write_data: Signal<In, Bits<D>>,
    _words: Vec<Bits<D>>,
    _in_logic: bool,
}

/// What is written before a memory that belongs into lookup tables, where block RAM is too slow.
pub fn style(in_logic: bool) -> &'static str {
    if in_logic { "(* ram_style = \"distributed\" *) " } else { "" }
}

impl<const D: usize, const A: usize> Table<D, A> {
    /// A table in block RAM, or `in_logic`.
    pub fn new(in_logic: bool) -> Self {
        Self {
            clock: Default::default(),
            read_address: Default::default(),
            read_data: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            _words: vec![Bits::default(); 1 << A],
            _in_logic: in_logic,
        }
    }
}

impl<const D: usize, const A: usize> Default for Table<D, A> {
    fn default() -> Self {
        Self::new(false)
    }
}

impl<const D: usize, const A: usize> Logic for Table<D, A> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.read_data.next = self._words[self.read_address.val().index()];
            if self.write.val() {
                self._words[self.write_address.val().index()] = self.write_data.val();
            }
        }
    }

    fn connect(&mut self) {
        self.read_data.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
{style}reg [{d}:0] mem [0:{last}];
always @(posedge clock) begin
  read_data <= mem[read_address];
  if (write) mem[write_address] <= write_data;
end",
            style = style(self._in_logic),
            d = D - 1,
            last = (1usize << A) - 1
        ))
    }
}
