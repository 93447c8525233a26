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
//! row k of a pushed pass at `heads` in t + 4 + k. With a fetch stage all but E1 is a cycle later: a
//! register stands in front of the memory, with a copy for every 128 lanes.

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
    /// Rows of a gang, minus 1.
    pub rows_m1: Signal<In, Bits<8>>,
    /// Gangs of the tile, minus 1.
    pub gangs_m1: Signal<In, Bits<3>>,
    /// Writes 16 weight bits.
    pub write: Signal<In, Bit>,
    /// Row · B + bank.
    pub write_address: Signal<In, Bits<20>>,
    /// The bits, lane 16 · bank lowest.
    pub write_data: Signal<In, Bits<16>>,
    /// The rows of a pushed pass shift from the next cycle on.
    pub row_starts: Signal<Out, Bit>,
    /// A row is at the heads.
    pub row_valid: Signal<Out, Bit>,
    /// It is its gang's last.
    pub row_last: Signal<Out, Bit>,
    /// The row behind it is another gang's first.
    pub gang_starts: Signal<Out, Bit>,
    /// That gang is the pass's last.
    pub gang_last: Signal<Out, Bit>,
    /// Its pass is the tile's first tick.
    pub row_first_tick: Signal<Out, Bit>,
    /// Counts of the row's lanes, lowest lane in the lowest bits.
    pub heads: Signal<Out, Bits<H>>,
    /// Events of the row's pass, or of the row's slot, inverted: they are taken away.
    pub inverted_events: Signal<Out, Bits<11>>,
    _spec: CoreSpec,
    _model: Model,
}

/// Plain-integer state of the simulation model.
struct Model {
    rows: Vec<Vec<bool>>,
    fetch: Access,
    read: Vec<bool>,
    weights: Vec<bool>,
    e2: Token,
    e3: Token,
    counts: Vec<u32>,
    shadow: Vec<u32>,
    events: u32,
    shadow_events: u32,
    slots: bool,
    /// Rows of the gang behind the one at the heads.
    left: Option<u32>,
    /// Gangs behind that one.
    gangs: u32,
    first_tick: bool,
}

/// What the weight memory is told in a cycle.
#[derive(Clone, Copy, Default)]
struct Access {
    token: Token,
    row: usize,
    write: Option<(usize, u16)>,
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
            gangs_m1: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            row_starts: Default::default(),
            row_valid: Default::default(),
            row_last: Default::default(),
            gang_starts: Default::default(),
            gang_last: Default::default(),
            row_first_tick: Default::default(),
            heads: Default::default(),
            inverted_events: Default::default(),
            _spec: *spec,
            _model: Model {
                rows: vec![vec![false; spec.lanes]; spec.weight_rows()],
                fetch: Access::default(),
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
                gangs: 0,
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

    fn access(&self) -> Access {
        Access {
            token: Token {
                valid: self.token_valid.val(),
                first: self.token_first.val(),
                null: self.token_null.val(),
                fire: self.token_fire.val(),
                first_tick: self.token_first_tick.val(),
            },
            row: self.read_row(),
            write: (self.write.val())
                .then(|| (self.write_address.val().index(), self.write_data.val().index() as u16)),
        }
    }

    /// One rising edge of the clock: every register from the values before it.
    fn edge(&mut self) {
        let (banks, mask) = (self._spec.row_words(), (1u32 << self._spec.count_bits) - 1);
        let mut access = self.access();
        let m = &mut self._model;
        if self._spec.fetch_stages == 1 {
            std::mem::swap(&mut access, &mut m.fetch);
        }
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
        m.left = match (m.left, m.gangs) {
            (Some(0), 1..) => {
                m.gangs -= 1;
                Some(self.rows_m1.val().index() as u32)
            }
            (left, _) => left.and_then(|left| left.checked_sub(1)),
        };
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
                m.gangs = self.gangs_m1.val().index() as u32;
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
        m.e2 = access.token;
        if let Some((address, word)) = access.write {
            let (row, bank) = (address / banks % m.rows.len(), address % banks);
            for (i, bit) in m.rows[row].iter_mut().skip(16 * bank).take(16).enumerate() {
                *bit = word >> i & 1 == 1;
            }
        } else {
            m.read.clone_from(&m.rows[access.row]);
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
        self.gang_starts.next = m.left == Some(0) && m.gangs > 0;
        self.gang_last.next = m.left == Some(0) && m.gangs == 1;
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
        self.gang_starts.connect();
        self.gang_last.connect();
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
        let fetch = fetch_stage(spec);
        let (gangs, gangs_start, gangs_end) = match spec.gangs {
            1 => ("wire [2:0] gangs = 3'd0;\n", "", ""),
            _ => (
                "reg [2:0] gangs;\n",
                "gangs <= gangs_m1;",
                "if (gang_ends & |gangs) gangs <= gangs - 3'd1;",
            ),
        };
        Verilog::Custom(format!(
            "\
// One address for all banks: single-port memory, written while the core is idle.
wire [{row_msb}:0] read_row = {{row_group[{group_msb}:0], row_word[{word_msb}:0], row_bit}};
wire [{row_msb}:0] row = write ? write_address[{row_msb}+{bank_bits}:{bank_bits}] : read_row;
reg [{lane_msb}:0] weights;
wire [{lane_msb}:0] fetched;
{fetch}reg e2_valid, e2_first, e2_fire, e2_tick;
(* keep *) reg [{copy_msb}:0] e2_null;
reg e3_fire, e3_tick, e3_null;
always @(posedge clock) begin
  e2_valid <= f_valid;
  e2_first <= f_valid & f_first;
  e2_null <= {{{copies}{{f_null}}}};
  e2_fire <= f_valid & f_fire;
  e2_tick <= f_tick;
  e3_fire <= e2_fire;
  e3_tick <= e2_tick;
  e3_null <= e2_null[0];
end
// Copies keep the fan-out of the two strobes at 16 lanes.
(* keep *) reg [{bank_msb}:0] count_en;
(* keep *) reg [{bank_msb}:0] load;
(* keep *) reg [{bank_msb}:0] shift_en;
reg active;
reg [{left_msb}:0] left;
{gangs}initial begin
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
wire gang_ends = active & (left == 0);
wire ends = gang_ends & ~(|gangs);
always @(posedge clock) begin
  count_en <= {{{banks}{{e2_valid}}}};
  load <= {{{banks}{{e2_first}}}};
  if (starts) begin
    active <= 1'b1;
    shift_en <= {{{banks}{{1'b1}}}};
    left <= rows_m1[{left_msb}:0];
    {gangs_start}
    row_first_tick <= e3_tick;
  end else begin
    if (ends) begin
      active <= 1'b0;
      shift_en <= {{{banks}{{1'b0}}}};
    end
    left <= (gang_ends & |gangs) ? rows_m1[{left_msb}:0] : left - 1'b1;
    {gangs_end}
  end
end
always @(*) begin
  row_starts = starts;
  row_valid = active;
  row_last = gang_ends;
  gang_starts = gang_ends & |gangs;
  gang_last = gang_ends & (gangs == 3'd1);
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
always @(*) inverted_events = {events};
genvar b, i;
generate
  for (b = 0; b < {banks}; b = b + 1) begin : bank
    (* ram_style = \"{style}\" *) reg [15:0] mem [0:{last_row}];
    reg [15:0] q;
    always @(posedge clock)
      if (selected[b]) mem[rows[b/{copy_banks}]] <= data[16*(b/{copy_banks}) +: 16];
      else q <= mem[rows[b/{copy_banks}]];
    always @(posedge clock)
      if (e2_null[b/{copy_banks}]) weights[16*b +: 16] <= 0;
      else weights[16*b +: 16] <= fetched[16*b +: 16];
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
always @(*) heads = shadows[{h_msb}:0];",
            row_msb = spec.weight_rows().ilog2() - 1,
            group_msb = spec.weight_groups.ilog2() - 1,
            word_msb = spec.group_words.ilog2() - 1,
            bank_bits = spec.row_words().ilog2(),
            lane_msb = lanes - 1,
            events = match 11 - c {
                0 => "inverted_pushed".into(),
                more => format!("{{{more}'d0, inverted_pushed}}"),
            },
            copies = copies(spec),
            copy_msb = copies(spec) - 1,
            copy_banks = banks / copies(spec),
            bank_msb = banks - 1,
            c_msb = c - 1,
            count_wires = (lanes + spec.fire_units) * c - 1,
            last_row = spec.weight_rows() - 1,
            left_msb = spec.tile_rows().next_power_of_two().ilog2() - 1,
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

/// Copies of what all lanes are told.
fn copies(spec: &CoreSpec) -> usize {
    if spec.fetch_stages == 0 { 1 } else { spec.lanes.div_ceil(128) }
}

/// What the weight memory is told: the token of E1 and the host's writes, or registers behind them.
fn fetch_stage(spec: &CoreSpec) -> String {
    let (row_msb, banks) = (spec.weight_rows().ilog2() - 1, spec.lanes / 16);
    let (bank_bits, copies) = (spec.row_words().ilog2(), copies(spec));
    let (bank_msb, copy_msb, data_msb) = (banks - 1, copies - 1, 16 * copies - 1);
    let chosen = format!(
        "\
wire [{bank_msb}:0] chosen;
genvar w;
generate for (w = 0; w < {banks}; w = w + 1) begin : choice
  assign chosen[w] = write & (write_address[{bank_bits}-1:0] == w);
end endgenerate
"
    );
    match spec.fetch_stages {
        0 => format!(
            "{chosen}\
wire f_valid = token_valid;
wire f_first = token_first;
wire f_null = token_null;
wire f_fire = token_fire;
wire f_tick = token_first_tick;
wire [{row_msb}:0] rows [0:0];
assign rows[0] = row;
wire [{bank_msb}:0] selected = chosen;
wire [15:0] data = write_data;
"
        ),
        _ => format!(
            "{chosen}\
reg f_valid, f_first, f_null, f_fire, f_tick;
initial f_valid = 1'b0;
always @(posedge clock) begin
  f_valid <= token_valid;
  f_first <= token_first;
  f_null <= token_null;
  f_fire <= token_fire;
  f_tick <= token_first_tick;
end
wire [{row_msb}:0] rows [0:{copy_msb}];
wire [{data_msb}:0] data;
reg [{bank_msb}:0] selected;
always @(posedge clock) selected <= chosen;
generate for (w = 0; w < {copies}; w = w + 1) begin : copy
  (* keep *) reg [{row_msb}:0] row_r;
  (* keep *) reg [15:0] data_r;
  always @(posedge clock) begin
    row_r <= row;
    data_r <= write_data;
  end
  assign rows[w] = row_r;
  assign data[16*w +: 16] = data_r;
end endgenerate
"
        ),
    }
}
