//! Writer: gathers spike bits into words, writes them to the spike memory and reports passes done.
//!
//! F7 shifts a row's bits in, F8 writes a complete word. The bits shifted out are those of the same rows
//! of the slot before: where slots are pooled, the new ones are OR-ed to them.
//! A spike word of the host goes to the memory in a cycle in which the writer has none.

use rust_hdl::prelude::*;
use spikewright_ir::{CoreSpec, layout::tile};

/// See the module's documentation. `S`: fire units.
#[derive(LogicBlock)]
pub struct Writer<const S: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A row is in F7.
    pub row_valid: Signal<In, Bit>,
    /// It is its pass's last.
    pub row_last: Signal<In, Bit>,
    /// Its spikes, unit 0 lowest.
    pub spikes: Signal<In, Bits<S>>,
    /// Its pass is the last of its loop.
    pub row_turns: Signal<In, Bit>,
    /// It is so in the last tick.
    pub row_done: Signal<In, Bit>,
    /// A sample, or a tick of a stream, starts.
    pub go: Signal<In, Bit>,
    /// It goes on from the tick before.
    pub resumes: Signal<In, Bit>,
    /// It stands in the upper half of the spike memory.
    pub upper: Signal<In, Bit>,
    /// Spike groups from one tick to the next.
    pub stride: Signal<In, Bits<8>>,
    /// A new tile's target stands at `target_group` from the next cycle on.
    pub target_load: Signal<In, Bit>,
    /// First spike group of the tile's target, less the tick offset.
    pub target_group: Signal<In, Bits<8>>,
    /// Its first word in the first group.
    pub target_word: Signal<In, Bits<2>>,
    /// What the offset grows by with the last tick of a round.
    pub target_step: Signal<In, Bits<8>>,
    /// The first neuron of each slot does not spike.
    pub blank: Signal<In, Bit>,
    /// Slots that are OR-ed into a word, minus 1; 15: none is written.
    pub pool_m1: Signal<In, Bits<4>>,
    /// The tile is the image's last.
    pub last_tile: Signal<In, Bit>,
    /// The host has a spike word, until it is written.
    pub host_write: Signal<In, Bit>,
    /// Its address.
    pub host_address: Signal<In, Bits<16>>,
    /// The word.
    pub host_data: Signal<In, Bits<16>>,
    /// The writer has a word itself in this cycle: the host's waits.
    pub occupied: Signal<Out, Bit>,
    /// Spikes gathered last, pooled or not.
    pub last_word: Signal<Out, Bits<16>>,
    /// Bitmap write strobe.
    pub word_write: Signal<Out, Bit>,
    /// Spike group of the word.
    pub word_group: Signal<Out, Bits<8>>,
    /// Place of the word in its group.
    pub word_index: Signal<Out, Bits<2>>,
    /// The word.
    pub word_data: Signal<Out, Bits<16>>,
    /// A pass's spikes are all written at the end of this cycle.
    pub pass_done: Signal<Out, Bit>,
    /// The sample's last row is in F7.
    pub finish: Signal<Out, Bit>,
    /// Tick of the row in F7.
    pub tick: Signal<Out, Bits<8>>,
    gathered: DFF<Bits<16>>,
    row: DFF<Bits<4>>,
    f8_word: DFF<Bit>,
    f8_last: DFF<Bit>,
    group: DFF<Bits<8>>,
    offset: DFF<Bits<8>>,
    loaded: DFF<Bit>,
    index: DFF<Bits<2>>,
    pooled: DFF<Bits<4>>,
    tick_r: DFF<Bits<8>>,
    word_ends: Signal<Local, Bit>,
    pool_ends: Signal<Local, Bit>,
    written: Signal<Local, Bit>,
    begun: Signal<Local, Bits<S>>,
    fresh: Signal<Local, Bits<S>>,
    joined: Signal<Local, Bits<S>>,
    pass_ends: Signal<Local, Bit>,
    turning: Signal<Local, Bit>,
    step: Signal<Local, Bits<8>>,
    silent: Constant<Bits<4>>,
    slot_mask: Constant<Bits<4>>,
    narrow: Constant<Bit>,
    last_index: Constant<Bits<2>>,
    last_row: Constant<Bits<4>>,
    units: Constant<Bits<5>>,
    rise: Constant<Bits<5>>,
    one2: Constant<Bits<2>>,
    one4: Constant<Bits<4>>,
    one8: Constant<Bits<8>>,
    zero8: Constant<Bits<8>>,
    half: Constant<Bits<8>>,
}

impl<const S: usize> Writer<S> {
    /// A writer for a core of `spec`.
    pub fn new(spec: &CoreSpec) -> Self {
        assert_eq!(spec.fire_units, S, "the preset's fire units are the block's");
        Self {
            clock: Default::default(),
            row_valid: Default::default(),
            row_last: Default::default(),
            spikes: Default::default(),
            row_turns: Default::default(),
            row_done: Default::default(),
            go: Default::default(),
            resumes: Default::default(),
            upper: Default::default(),
            stride: Default::default(),
            target_load: Default::default(),
            target_group: Default::default(),
            target_word: Default::default(),
            target_step: Default::default(),
            blank: Default::default(),
            pool_m1: Default::default(),
            last_tile: Default::default(),
            host_write: Default::default(),
            host_address: Default::default(),
            host_data: Default::default(),
            occupied: Default::default(),
            last_word: Default::default(),
            word_write: Default::default(),
            word_group: Default::default(),
            word_index: Default::default(),
            word_data: Default::default(),
            pass_done: Default::default(),
            finish: Default::default(),
            tick: Default::default(),
            gathered: Default::default(),
            row: Default::default(),
            f8_word: Default::default(),
            f8_last: Default::default(),
            group: Default::default(),
            offset: Default::default(),
            loaded: Default::default(),
            index: Default::default(),
            pooled: Default::default(),
            tick_r: Default::default(),
            word_ends: Default::default(),
            pool_ends: Default::default(),
            written: Default::default(),
            begun: Default::default(),
            fresh: Default::default(),
            joined: Default::default(),
            pass_ends: Default::default(),
            turning: Default::default(),
            step: Default::default(),
            // A tile of more slots than the counter counts pools fewer of them.
            slot_mask: Constant::new(
                ((spec.lanes / 16).next_power_of_two().min(16) as u64 - 1).to_bits(),
            ),
            silent: Constant::new((tile::SILENT as u64).to_bits()),
            narrow: Constant::new(spec.group_words == 2),
            last_index: Constant::new((spec.group_words as u64 - 1).to_bits()),
            last_row: Constant::new((16 / S as u64 - 1).to_bits()),
            units: Constant::new((S as u64).to_bits()),
            rise: Constant::new((16 - S as u64).to_bits()),
            one2: Constant::new(1u64.to_bits()),
            one4: Constant::new(1u64.to_bits()),
            one8: Constant::new(1u64.to_bits()),
            zero8: Constant::new(0u64.to_bits()),
            half: Constant::new((spec.spike_groups as u64 / 2).to_bits()),
        }
    }
}

impl<const S: usize> Logic for Writer<S> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, gathered, row, f8_word, f8_last, group, offset, loaded, index, pooled,
            tick_r
        );
        // F7: gather.
        self.word_ends.next = self.row.q.val() == self.last_row.val();
        self.written.next = self.pool_m1.val() != self.silent.val();
        self.pool_ends.next = (self.pooled.q.val() == self.pool_m1.val()) & self.written.val();
        self.pass_ends.next = self.row_valid.val() & self.row_last.val();
        self.f8_word.d.next = self.row_valid.val() & self.word_ends.val() & self.pool_ends.val();
        self.f8_last.d.next = self.pass_ends.val();
        self.finish.next = self.pass_ends.val() & self.last_tile.val() & self.row_done.val();
        self.tick.next = self.tick_r.q.val();
        self.begun.next = 0.into();
        if self.pooled.q.val().any() & self.written.val() {
            self.begun.next = self.gathered.q.val().get_bits::<S>(0);
        }
        self.fresh.next = self.spikes.val();
        if self.blank.val() & !self.row.q.val().any() {
            self.fresh.next = self.spikes.val().replace_bit(0, false);
        }
        self.joined.next = self.fresh.val() | self.begun.val();
        if self.row_valid.val() {
            self.gathered.d.next = (self.gathered.q.val() >> self.units.val())
                | (bit_cast::<16, S>(self.joined.val()) << self.rise.val());
            self.row.d.next = (self.row.q.val() + self.one4.val()) & self.last_row.val();
            if self.word_ends.val() {
                self.pooled.d.next = (self.pooled.q.val() + self.one4.val()) & self.slot_mask.val();
                if self.pool_ends.val() | self.row_last.val() {
                    self.pooled.d.next = 0.into();
                }
            }
        }
        // A turn of the loop: the next tick, or the next round's or the next loop's first.
        self.turning.next = self.pass_ends.val() & self.row_turns.val();
        self.step.next = self.stride.val();
        if self.row_done.val() {
            self.step.next = self.target_step.val();
        }
        if self.turning.val() {
            self.offset.d.next = self.offset.q.val() + self.step.val();
            self.tick_r.d.next = self.tick_r.q.val() + self.one8.val();
            if self.row_done.val() {
                self.tick_r.d.next = self.zero8.val();
            }
        }
        if self.go.val() & !self.resumes.val() {
            self.offset.d.next = self.zero8.val();
            if self.upper.val() {
                self.offset.d.next = self.half.val();
            }
        }
        // F8: write the word.
        self.occupied.next = self.f8_word.q.val();
        self.last_word.next = self.gathered.q.val();
        self.word_write.next = self.f8_word.q.val() | self.host_write.val();
        self.word_group.next = self.group.q.val();
        self.word_index.next = self.index.q.val();
        self.word_data.next = self.gathered.q.val();
        if !self.f8_word.q.val() {
            self.word_data.next = self.host_data.val();
            if self.narrow.val() {
                self.word_group.next = self.host_address.val().get_bits::<8>(1);
                self.word_index.next =
                    self.host_address.val().get_bits::<2>(0).replace_bit(1, false);
            } else {
                self.word_group.next = self.host_address.val().get_bits::<8>(2);
                self.word_index.next = self.host_address.val().get_bits::<2>(0);
            }
        }
        self.pass_done.next = self.f8_last.q.val();
        if self.f8_word.q.val() {
            self.index.d.next = self.index.q.val() + self.one2.val();
            if self.index.q.val() == self.last_index.val() {
                self.index.d.next = 0.into();
                self.group.d.next = self.group.q.val() + self.one8.val();
            }
        }
        // A new pass, or a new tile.
        self.loaded.d.next = self.target_load.val();
        if self.f8_last.q.val() | self.loaded.q.val() {
            self.group.d.next = self.target_group.val() + self.offset.q.val();
            self.index.d.next = self.target_word.val();
        }
    }
}
