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
//! row k of a pushed pass at `heads` in t + 4 + k. With fetch stages all from E2 on is two cycles
//! later: one register stands in front of the memory, with a copy for every 128 lanes, and one behind it.

use super::lane_verilog::lane_verilog;
use rust_hdl::prelude::*;
use spikewright_ir::CoreSpec;

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
    /// What stands behind the memory where there are fetch stages: the token, and the row it reads.
    kept: (Token, Vec<bool>),
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
                kept: (Token::default(), vec![false; spec.lanes]),
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
        if self._spec.fetch_stages > 0 {
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
        let mut behind = (access.token, &m.read);
        if self._spec.fetch_stages > 0 {
            behind = (m.kept.0, &m.kept.1);
        }
        for (weight, &bit) in m.weights.iter_mut().zip(behind.1) {
            *weight = bit && !m.e2.null;
        }
        m.e3 = m.e2;
        m.e2 = behind.0;
        m.kept.0 = access.token;
        m.kept.1.clone_from(&m.read);
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
        Verilog::Custom(lane_verilog(&self._spec))
    }
}
