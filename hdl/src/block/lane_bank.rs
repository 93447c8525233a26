//! Lane bank: weight memory, P counters, and the shadow register they are pushed into.
//!
//! A lane only counts the events whose weight bit is 1; one shared counter counts all events. The first
//! token of a pass moves counts and shared count into the shadow in one cycle, and the shadow shifts
//! out through the fire units, F_u lanes a cycle, while the lanes count the next pass. Row-wide
//! signals (P bits) stay inside this block.
//!
//! In a windowed tile lane 0 of every 16 counts the events of its slot, and takes the shared count's
//! place while the slot's rows are at the heads.
//!
//! Timing: token in E1 at t + 1, weights read for E2, registered for E3, counted at the end of t + 3,
//! row k of a pushed pass at `heads` in t + 4 + k.

use rust_hdl::prelude::*;
use spikewright_ir::{CoreSpec, WeightMemory};

/// See the module's documentation. `H` = fire units × counter bits.
#[derive(LogicBlock)]
pub struct LaneBank<const H: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// E1 holds a token.
    pub token_valid: Signal<In, Bit>,
    /// It is the first of its pass.
    pub token_first: Signal<In, Bit>,
    /// It carries no event.
    pub token_null: Signal<In, Bit>,
    /// It pushes a pass that is to be fired.
    pub token_fire: Signal<In, Bit>,
    /// The pushed pass is its tile's first tick.
    pub token_first_tick: Signal<In, Bit>,
    /// Weight group of the event.
    pub row_group: Signal<In, Bits<8>>,
    /// Word within the group.
    pub row_word: Signal<In, Bits<2>>,
    /// Bit within the word.
    pub row_bit: Signal<In, Bits<4>>,
    /// The pass that is pushed next does not count events in `n`.
    pub identity: Signal<In, Bit>,
    /// The tile whose pass is pushed is windowed.
    pub windowed: Signal<In, Bit>,
    /// Rows of a tile, minus 1.
    pub rows_m1: Signal<In, Bits<8>>,
    /// Writes 16 weight bits.
    pub write: Signal<In, Bit>,
    /// Row · banks + bank.
    pub write_address: Signal<In, Bits<16>>,
    /// The bits, lane 16 · bank lowest.
    pub write_data: Signal<In, Bits<16>>,
    /// The rows of a pushed pass shift from the next cycle on.
    pub row_starts: Signal<Out, Bit>,
    /// A row is at the heads.
    pub row_valid: Signal<Out, Bit>,
    /// It is the pass's last.
    pub row_last: Signal<Out, Bit>,
    /// Its pass is the tile's first tick.
    pub row_first_tick: Signal<Out, Bit>,
    /// Counts of the row's lanes, lowest lane in the lowest bits.
    pub heads: Signal<Out, Bits<H>>,
    /// Events of the row's pass, or of the row's slot, inverted: they are taken away.
    pub inverted_events: Signal<Out, Bits<10>>,
    _spec: CoreSpec,
    _model: Model,
}

/// Plain-integer state of the simulation model.
struct Model {
    rows: Vec<Vec<bool>>,
    read: Vec<bool>,
    weights: Vec<bool>,
    e2: Token,
    e3: Token,
    counts: Vec<u32>,
    shadow: Vec<u32>,
    events: u32,
    shadow_events: u32,
    slots: bool,
    left: Option<u32>,
    first_tick: bool,
}

#[derive(Clone, Copy, Default)]
struct Token {
    valid: bool,
    first: bool,
    null: bool,
    fire: bool,
    first_tick: bool,
}

impl<const H: usize> LaneBank<H> {
    /// A bank for a core of `spec`.
    pub fn new(spec: &CoreSpec) -> Self {
        assert_eq!(H, spec.fire_units * spec.count_bits, "heads carry F_u counts of C bits");
        Self {
            clock: Default::default(),
            token_valid: Default::default(),
            token_first: Default::default(),
            token_null: Default::default(),
            token_fire: Default::default(),
            token_first_tick: Default::default(),
            row_group: Default::default(),
            row_word: Default::default(),
            row_bit: Default::default(),
            identity: Default::default(),
            windowed: Default::default(),
            rows_m1: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            row_starts: Default::default(),
            row_valid: Default::default(),
            row_last: Default::default(),
            row_first_tick: Default::default(),
            heads: Default::default(),
            inverted_events: Default::default(),
            _spec: *spec,
            _model: Model {
                rows: vec![vec![false; spec.lanes]; spec.weight_rows()],
                read: vec![false; spec.lanes],
                weights: vec![false; spec.lanes],
                e2: Token::default(),
                e3: Token::default(),
                counts: vec![0; spec.lanes],
                shadow: vec![0; spec.lanes],
                events: 0,
                shadow_events: 0,
                slots: false,
                left: None,
                first_tick: false,
            },
        }
    }

    fn read_row(&self) -> usize {
        let words = self._spec.group_words;
        (self.row_group.val().index() % self._spec.weight_groups * words
            + self.row_word.val().index() % words)
            * 16
            + self.row_bit.val().index()
    }

    /// One rising edge of the clock: every register from the values before it.
    fn edge(&mut self) {
        let (row, banks, mask) =
            (self.read_row(), self._spec.lanes / 16, (1u32 << self._spec.count_bits) - 1);
        let m = &mut self._model;
        let token = m.e3;
        // Shift register, then the push that overrides it.
        if m.left.is_some() {
            m.shadow.drain(..self._spec.fire_units);
            m.shadow.resize(self._spec.lanes, 0);
            let slot_rows = 16 / self._spec.fire_units as u32;
            if m.slots && m.left.is_some_and(|left| left.is_multiple_of(slot_rows)) {
                m.shadow_events = m.shadow[0];
            }
        }
        m.left = m.left.and_then(|left| left.checked_sub(1));
        if token.valid && token.first {
            m.shadow.clone_from(&m.counts);
            m.slots = self.windowed.val() && !self.identity.val();
            m.shadow_events = match (self.identity.val(), m.slots) {
                (true, _) => 0,
                (false, true) => m.counts[0],
                (false, false) => m.events,
            };
            if token.fire {
                m.left = Some(self.rows_m1.val().index() as u32);
                m.first_tick = token.first_tick;
            }
        }
        if token.valid {
            for (count, &weight) in m.counts.iter_mut().zip(&m.weights) {
                *count =
                    if token.first { weight.into() } else { (*count + u32::from(weight)) & mask };
            }
            m.events = if token.first { (!token.null).into() } else { (m.events + 1) & mask };
        }
        for (weight, &bit) in m.weights.iter_mut().zip(&m.read) {
            *weight = bit && !m.e2.null;
        }
        m.e3 = m.e2;
        m.e2 = Token {
            valid: self.token_valid.val(),
            first: self.token_first.val(),
            null: self.token_null.val(),
            fire: self.token_fire.val(),
            first_tick: self.token_first_tick.val(),
        };
        if self.write.val() {
            let address = self.write_address.val().index();
            let (row, bank) = (address / banks % m.rows.len(), address % banks);
            for i in 0..16 {
                m.rows[row][16 * bank + i] = self.write_data.val().get_bit(i);
            }
        } else {
            m.read.clone_from(&m.rows[row]);
        }
    }
}

impl<const H: usize> Logic for LaneBank<H> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.edge();
        }
        let m = &self._model;
        self.row_starts.next = m.e3.fire;
        self.row_valid.next = m.left.is_some();
        self.row_last.next = m.left == Some(0);
        self.row_first_tick.next = m.first_tick;
        let c = self._spec.count_bits;
        self.inverted_events.next = u64::from(!m.shadow_events & ((1 << c) - 1)).to_bits();
        let mut heads = Bits::<H>::default();
        for (unit, count) in m.shadow[..self._spec.fire_units].iter().enumerate() {
            for bit in 0..c {
                heads = heads.replace_bit(unit * c + bit, count >> bit & 1 == 1);
            }
        }
        self.heads.next = heads;
    }

    fn connect(&mut self) {
        self.row_starts.connect();
        self.row_valid.connect();
        self.row_last.connect();
        self.row_first_tick.connect();
        self.heads.connect();
        self.inverted_events.connect();
    }

    fn hdl(&self) -> Verilog {
        let spec = &self._spec;
        let (lanes, banks, c) = (spec.lanes, spec.lanes / 16, spec.count_bits);
        let style = match spec.weights {
            WeightMemory::Spram => "huge",
            WeightMemory::Block => "block",
        };
        Verilog::Custom(format!(
            "\
// One address for all banks: single-port memory, written while the core is idle.
wire [{row_msb}:0] read_row = {{row_group[{group_msb}:0], row_word[{word_msb}:0], row_bit}};
wire [{row_msb}:0] row = write ? write_address[{row_msb}+{bank_bits}:{bank_bits}] : read_row;
reg [{lane_msb}:0] weights;
wire [{lane_msb}:0] fetched;
reg e2_valid, e2_first, e2_null, e2_fire, e2_tick;
reg e3_fire, e3_tick, e3_null;
always @(posedge clock) begin
  e2_valid <= token_valid;
  e2_first <= token_valid & token_first;
  e2_null <= token_null;
  e2_fire <= token_valid & token_fire;
  e2_tick <= token_first_tick;
  e3_fire <= e2_fire;
  e3_tick <= e2_tick;
  e3_null <= e2_null;
end
// Copies keep the fan-out of the two strobes at 16 lanes.
(* keep *) reg [{bank_msb}:0] count_en;
(* keep *) reg [{bank_msb}:0] load;
(* keep *) reg [{bank_msb}:0] shift_en;
reg active;
reg [{left_msb}:0] left;
initial begin
  e2_valid = 1'b0;
  e2_first = 1'b0;
  e2_fire = 1'b0;
  e3_fire = 1'b0;
  count_en = 0;
  load = 0;
  shift_en = 0;
  active = 1'b0;
end
wire starts = e3_fire;
wire ends = active & (left == 0);
always @(posedge clock) begin
  count_en <= {{{banks}{{e2_valid}}}};
  load <= {{{banks}{{e2_first}}}};
  if (starts) begin
    active <= 1'b1;
    shift_en <= {{{banks}{{1'b1}}}};
    left <= rows_m1[{left_msb}:0];
    row_first_tick <= e3_tick;
  end else begin
    if (ends) begin
      active <= 1'b0;
      shift_en <= {{{banks}{{1'b0}}}};
    end
    left <= left - 1'b1;
  end
end
always @(*) begin
  row_starts = starts;
  row_valid = active;
  row_last = ends;
end
reg [{c_msb}:0] running;
reg [{c_msb}:0] inverted_pushed;
reg slots;
wire [{c_msb}:0] first_count;
wire [{count_wires}:0] shadows;
wire slot_follows = slots & active & ({slot_last});
always @(posedge clock) begin
  if (load[0]) begin
    inverted_pushed <= ~(windowed ? first_count : running) | {{{c}{{identity}}}};
    slots <= windowed & ~identity;
    running <= {{{{{c_msb}{{1'b0}}}}, ~e3_null}};
  end else begin
    if (slot_follows) inverted_pushed <= ~shadows[{c}*{units} +: {c}];
    if (count_en[0]) running <= running + {c}'d1;
  end
end
always @(*) inverted_events = inverted_pushed;
genvar b, i;
generate
  for (b = 0; b < {banks}; b = b + 1) begin : bank
    (* ram_style = \"{style}\" *) reg [15:0] mem [0:{last_row}];
    reg [15:0] q;
    wire selected = write & (write_address[{bank_bits}-1:0] == b);
    always @(posedge clock)
      if (selected) mem[row] <= write_data;
      else q <= mem[row];
    assign fetched[16*b +: 16] = q;
  end
  for (i = 0; i < {lanes}; i = i + 1) begin : lane
    reg [{c_msb}:0] count;
    reg [{c_msb}:0] shadow;
    assign shadows[{c}*i +: {c}] = shadow;
    if (i == 0) begin : first
      assign first_count = count;
    end
    always @(posedge clock) begin
      if (count_en[i/16]) begin
        if (load[i/16]) count <= {{{{{c_msb}{{1'b0}}}}, weights[i]}};
        else count <= count + weights[i];
      end
      if (load[i/16] | shift_en[i/16])
        shadow <= load[i/16] ? count : shadows[{c}*(i+{units}) +: {c}];
    end
  end
endgenerate
assign shadows[{count_wires}:{count_wires}-{units}*{c}+1] = 0;
always @(posedge clock)
  if (e2_null) weights <= 0;
  else weights <= fetched;
always @(*) heads = shadows[{h_msb}:0];",
            row_msb = spec.weight_rows().ilog2() - 1,
            group_msb = spec.weight_groups.ilog2() - 1,
            word_msb = spec.group_words.ilog2() - 1,
            bank_bits = banks.ilog2(),
            lane_msb = lanes - 1,
            bank_msb = banks - 1,
            c_msb = c - 1,
            count_wires = (lanes + spec.fire_units) * c - 1,
            last_row = spec.weight_rows() - 1,
            left_msb = spec.tile_rows().ilog2() - 1,
            units = spec.fire_units,
            // A slot's last row is at the heads.
            slot_last = match spec.fire_units {
                16 => "1'b1".to_string(),
                8 => "~left[0]".to_string(),
                units => format!("~|left[{}:0]", (16 / units).ilog2() - 1),
            },
            h_msb = H - 1,
        ))
    }
}
