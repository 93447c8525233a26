//! Every word a core is told, field by field, once. The compiler encodes with these tables, the
//! simulator decodes with them, the hardware takes its bit positions from them, and the memory map
//! of `docs/core.md` is checked against them.

/// A slice of a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Name in the datasheet.
    pub name: &'static str,
    /// Lowest bit.
    pub lsb: u32,
    /// Number of bits.
    pub width: u32,
}

impl Field {
    const fn new(name: &'static str, lsb: u32, width: u32) -> Self {
        Self { name, lsb, width }
    }

    /// Largest value the field holds.
    pub const fn max(&self) -> u32 {
        ((1u64 << self.width) - 1) as u32
    }

    /// The value placed in its bits. Panics when it does not fit: the compiler checks first.
    pub const fn put(&self, value: u32) -> u32 {
        assert!(value <= self.max(), "value fits its field");
        value << self.lsb
    }

    /// The field's value in `word`.
    pub const fn get(&self, word: u32) -> u32 {
        word >> self.lsb & self.max()
    }
}

/// Program, scan half: one or more 32-bit entries per pass, read by the scanner. On the host bus an
/// address of the program is four words, of which three are used: this one, low half first, and the
/// word of [`pass`], which is the entry of this number in the fire half's own list.
///
/// A *loop* is a run of passes that is repeated for every tick, and then, in several *rounds*, for
/// other places. At the end of each turn of a loop the offset grows by the stride; groups below count
/// from it, modulo 256.
pub mod scan {
    use super::Field;
    /// First spike group of the source plane, less the tick offset.
    pub const SOURCE_GROUP: Field = Field::new("source_group", 0, 8);
    /// Spike groups of the source plane, minus 1.
    pub const GROUPS_M1: Field = Field::new("groups_m1", 8, 5);
    /// The pass waits for tiles before it to be written.
    pub const GATE: Field = Field::new("gate", 13, 1);
    /// A flush token follows the pass.
    pub const FLUSH: Field = Field::new("flush", 14, 1);
    /// A flush token follows the pass in the last tick.
    pub const FLUSH_LAST: Field = Field::new("flush_last", 15, 1);
    /// First weight group.
    pub const WEIGHT_GROUP: Field = Field::new("weight_group", 16, 8);
    /// Last pass of its tile in the tick.
    pub const ENDS: Field = Field::new("ends", 24, 1);
    /// Last pass of its loop.
    pub const TURNS: Field = Field::new("turns", 25, 1);
    /// Last pass of the image.
    pub const LAST: Field = Field::new("last", 26, 1);
    /// The next entry goes on with the same pass.
    pub const MORE: Field = Field::new("more", 27, 1);
    /// The entry reads one group, of which [`WORDS`] says which words.
    pub const MASKED: Field = Field::new("masked", 28, 1);
    /// In place of the last part of `groups_m1` in a masked entry: bit w is word w of the group.
    pub const WORDS: Field = Field::new("words", 8, 4);
    /// A `turns` pass whose loop is run again for other places: an `again` entry follows it.
    pub const ROUNDS: Field = Field::new("rounds", 29, 1);
    /// Not a pass: what is behind a loop of several rounds. Its source group is [`STEP`], its weight
    /// group [`ROUNDS_M1`].
    pub const AGAIN: Field = Field::new("again", 30, 1);
    /// In an `again` entry: what each round adds to the offset, behind the strides of its ticks.
    pub const STEP: Field = Field::new("step", 0, 8);
    /// In an `again` entry: rounds of the loop, minus 1.
    pub const ROUNDS_M1: Field = Field::new("rounds_m1", 16, 6);
    /// All fields of a pass, lowest first.
    pub const FIELDS: [Field; 13] = [
        SOURCE_GROUP,
        GROUPS_M1,
        GATE,
        FLUSH,
        FLUSH_LAST,
        WEIGHT_GROUP,
        ENDS,
        TURNS,
        LAST,
        MORE,
        MASKED,
        ROUNDS,
        AGAIN,
    ];
}

/// Program, fire half: one 16-bit word per pass, read by the fire sequencer.
pub mod pass {
    use super::Field;
    /// log2 of twice what an event of a dense pass counts, of what one of an identity pass does.
    pub const GAIN_LOG2: Field = Field::new("gain_log2", 0, 4);
    /// First pass of its tile in the tick: leak and bias act.
    pub const BEGINS: Field = Field::new("begins", 4, 1);
    /// Last pass of its tile in the tick: fire and reset act.
    pub const ENDS: Field = Field::new("ends", 5, 1);
    /// Last pass of its loop.
    pub const TURNS: Field = Field::new("turns", 6, 1);
    /// Events do not count in `n`.
    pub const IDENTITY: Field = Field::new("identity", 7, 1);
    /// The pass behind it belongs to another tile.
    pub const SWITCH_ON: Field = Field::new("switch_on", 8, 1);
    /// Its loop begins with another tile.
    pub const SWITCH_BACK: Field = Field::new("switch_back", 9, 1);
    /// Tile, an index of the tile table.
    pub const TILE: Field = Field::new("tile", 10, 6);
    /// All fields, lowest first.
    pub const FIELDS: [Field; 8] =
        [GAIN_LOG2, BEGINS, ENDS, TURNS, IDENTITY, SWITCH_ON, SWITCH_BACK, TILE];
    /// Words of a pass on the host bus, the scan half included.
    pub const BUS_WORDS: usize = 4;
    /// Most planes of weights, and of input values.
    pub const MAX_PLANES: usize = 8;
}

/// Tile table: eight 16-bit words per tile, read by the fire sequencer in this order: first what the
/// next pass is told when it starts, last what the rows of the pass before are told when they end.
pub mod tile {
    use super::Field;
    /// Words of an entry.
    pub const WORDS: usize = 8;
    /// Word 0: shift rows of the tile, or of each of its gangs, minus 1.
    pub const ROWS_M1: Field = Field::new("rows_m1", 0, 8);
    /// Word 0: cycles from a pass's fire token to the next `first` token, minus 1.
    pub const SPAN_M1: Field = Field::new("span_m1", 8, 8);
    /// Word 1: the same when another tile follows, whose entry is loaded then, minus 1.
    pub const SPAN_LAST_M1: Field = Field::new("span_last_m1", 0, 8);
    /// Word 1: rounds of the tile's loop, minus 1.
    pub const ROUNDS_M1: Field = Field::new("rounds_m1", 8, 6);
    /// Word 1: lane 0 of every 16 counts the events of the 15 behind it.
    pub const WINDOWED: Field = Field::new("windowed", 14, 1);
    /// Word 2: first parameter row of the tile.
    pub const PARAM_ROW: Field = Field::new("param_row", 0, 8);
    /// Word 2: weight planes of a neuron side by side, minus 1; each takes `rows` rows.
    pub const GANGS_M1: Field = Field::new("gangs_m1", 8, 3);
    /// Word 3: leak multiplier M, unsigned.
    pub const LEAK_M: Field = Field::new("leak_m", 0, 16);
    /// Word 4: leak addend R, 0, 2^15 − 1 or 2^16 − 1; `leak(v) = (v·M + R) >> 16`.
    pub const LEAK_R: Field = Field::new("leak_r", 0, 16);
    /// Word 5: fire rule is `Above` instead of `AtLeast`.
    pub const ABOVE: Field = Field::new("above", 0, 1);
    /// Word 5: reset is `Zero` instead of `Subtract`.
    pub const ZERO: Field = Field::new("zero", 1, 1);
    /// Word 5: neurons fire; 0 in a layer read by `Potential`.
    pub const FIRES: Field = Field::new("fires", 2, 1);
    /// Word 5: score keeps the first spike instead of counting.
    pub const FIRST_SPIKE: Field = Field::new("first_spike", 3, 1);
    /// Word 5: last tile of the image: readout follows.
    pub const LAST: Field = Field::new("last", 4, 1);
    /// Word 5: lane 0 of every 16 does not spike, as [`WINDOWED`] for the writer.
    pub const BLANK: Field = Field::new("blank", 5, 1);
    /// Word 5: words that are OR-ed into one, minus 1; [`SILENT`] is more than a tile has.
    pub const POOL_M1: Field = Field::new("pool_m1", 8, 4);
    /// Word 5: the tile's first word within its group.
    pub const TARGET_WORD: Field = Field::new("target_word", 12, 2);
    /// Word 6: layer, for the trace port.
    pub const LAYER: Field = Field::new("layer", 0, 4);
    /// Word 6: first neuron of the tile divided by 16, for the trace port.
    pub const NEURON16: Field = Field::new("neuron16", 4, 12);
    /// Word 7: spike group that takes the tile's spikes, less the tick offset.
    pub const TARGET_GROUP: Field = Field::new("target_group", 0, 8);
    /// Word 7: what the target's offset grows by with the last tick of a round; the stride where
    /// nothing else is said.
    pub const TARGET_STEP: Field = Field::new("target_step", 8, 8);
    /// [`POOL_M1`] of a tile whose spikes no one reads.
    pub const SILENT: usize = 15;
    /// All fields by word.
    pub const FIELDS: [(usize, Field); 21] = [
        (0, ROWS_M1),
        (0, SPAN_M1),
        (1, SPAN_LAST_M1),
        (1, ROUNDS_M1),
        (1, WINDOWED),
        (2, PARAM_ROW),
        (2, GANGS_M1),
        (3, LEAK_M),
        (4, LEAK_R),
        (5, ABOVE),
        (5, ZERO),
        (5, FIRES),
        (5, FIRST_SPIKE),
        (5, LAST),
        (5, BLANK),
        (5, POOL_M1),
        (5, TARGET_WORD),
        (6, LAYER),
        (6, NEURON16),
        (7, TARGET_GROUP),
        (7, TARGET_STEP),
    ];
}

/// The host bus: 21-bit word addresses. The upper half is the weights, the lower half is regions of 64 k
/// words.
pub mod bus {
    /// Bits of an address.
    pub const ADDRESS_BITS: usize = 21;
    /// Lowest bit of the region number.
    pub const REGION_LSB: usize = 16;
    /// Weights: word `row · B + bank` with `B` = P/16 up to a power of two, bit `i` of bank `k` is lane `16k + i`. Write only. The first
    /// of 16 regions, all of which are weights.
    pub const WEIGHTS: u32 = 16;
    /// Neuron parameters: word `(row · 16 + unit) · 2 + (0 threshold, 1 bias)`. Write only.
    pub const PARAMS: u32 = 1;
    /// Program: word `pass · 4 + (0 scan half low, 1 scan half high, 2 fire half)`. Write only.
    pub const PROGRAM: u32 = 2;
    /// Tile table: word `tile · 8 + k`. Write only.
    pub const TILES: u32 = 3;
    /// Spikes: word `group · G + k`. Write only; while the core is busy, one every [`SPIKE_GAP`] cycles.
    pub const SPIKES: u32 = 4;
    /// Cycles from a spike word to the next that a busy core surely takes.
    pub const SPIKE_GAP: usize = 2;
    /// Control and status registers.
    pub const CONTROL: u32 = 5;

    /// Control, write: [`START_FRESH`] starts a sample or a stream, [`START_UPPER`] a sample that stands in
    /// the upper half of the spike memory, [`START_ON`] the next tick of a stream.
    pub const START: u32 = 0;
    /// Control, write: ticks minus 1 (8 bits), and above them the stride (8 bits): spike groups from
    /// one tick to the next.
    pub const TICKS: u32 = 1;
    /// Control, write: classes minus 1 (8 bits), bit 8: read potentials instead of scores, bit 9: one
    /// loop holds all tiles, gates wait for all of them.
    pub const READOUT: u32 = 2;
    /// Control, write: the sum over all writes to weights, parameters, program, tile table, [`TICKS`] and
    /// [`READOUT`] since the last write here. Only the right one seals the core, and only a sealed core
    /// starts.
    pub const SEAL: u32 = 4;

    /// Starts from nothing.
    pub const START_FRESH: u16 = 1;
    /// Starts from nothing, on a sample in the upper half of the spike memory.
    pub const START_UPPER: u16 = 5;
    /// Starts with potentials and spikes as they are, at the next tick offset.
    pub const START_ON: u16 = 3;

    /// Width of the counters; no sample of a preset fills that of cycles.
    pub const COUNTER_BITS: u32 = 24;

    /// A core that has been busy for more cycles starts no pass any more; see [`WATCHDOG_END`].
    pub const WATCHDOG: usize = 15 << 20;
    /// A core that has been busy for more cycles stops, without a result.
    pub const WATCHDOG_END: usize = 255 << 16;

    /// Status, read: bit 0 busy, bit 1 result valid, bit 2 undecided, bit 3 bus error (sticky), bit 4
    /// sealed, bit 5 a start was refused since the last write to [`SEAL`], bit 6 the last start was
    /// stopped by the watchdog.
    pub const STATUS: u32 = 0;
    /// Status, read: class.
    pub const CLASS: u32 = 1;
    /// Status, read: cycles of the last sample, bits 15..0.
    pub const CYCLES_LOW: u32 = 2;
    /// Status, read: cycles of the last sample, bits 23..16.
    pub const CYCLES_HIGH: u32 = 3;
    /// Status, read: input and hidden events issued in the last sample, bits 15..0.
    pub const EVENTS_LOW: u32 = 4;
    /// Status, read: events, bits 23..16.
    pub const EVENTS_HIGH: u32 = 5;
    /// Status, read: the sum that [`SEAL`] is compared with. It begins as the preset's number (8 bits) with
    /// the version of this map (8 bits) above it, and is that again after every write to [`SEAL`].
    pub const CORE: u32 = 6;
    /// Status, read: spikes of the last 16 neurons of the last tile in the last tick, padding included.
    pub const OUTPUT: u32 = 7;
    /// Status, read: rows that entered the fire units in the last sample, one a cycle; modulo 2^16.
    pub const ROWS: u32 = 8;
    /// Status, read: cycles in which an event waited for the shadow; modulo 2^16.
    pub const STALLS: u32 = 9;
    /// Status, read: synaptic operations divided by the fire units, bits 15..0: for each row the events
    /// that its lanes counted, none of an identity.
    pub const OPERATIONS_LOW: u32 = 10;
    /// Status, read: operations, bits 23..16, in the lower byte; in the upper one rows in which a
    /// potential did not fit 16 bits, that of a lane without a neuron included, or 255 for more.
    pub const OPERATIONS_HIGH: u32 = 11;
    /// Words of the status region.
    pub const STATUS_WORDS: usize = 12;

    /// Version of the map that this build speaks.
    pub const MAP_VERSION: u16 = 5;
    /// Neurons of the last layer that [`OUTPUT`] can show.
    pub const OUTPUT_SPIKES: usize = 16;

    /// What [`CORE`] reads on a core of the preset with this number that is sealed or has not been told
    /// anything yet.
    pub const fn core_word(preset: u16) -> u16 {
        MAP_VERSION << 8 | preset
    }

    /// A full address. Words of weights go on through their regions.
    pub const fn address(region: u32, word: u32) -> u32 {
        (region << REGION_LSB) + word
    }
}

/// Latencies of the pipeline, in cycles; `docs/core.md` derives them.
pub mod timing {
    /// [`crate::CoreSpec::min_span`] of the shortest pipeline.
    pub const MIN_SPAN: usize = 8;
    /// [`crate::CoreSpec::tile_switch`] of the shortest pipeline.
    pub const TILE_SWITCH: usize = 6;
    /// One more than the guard when the first word of the next entry is addressed.
    pub const TABLE_LOAD: usize = 3;
    /// Guard at start.
    pub const START_GUARD: usize = 7;
    /// More than a pass adds to its groups' cycles and its span when nothing overlaps.
    pub const PASS_BOUND: usize = 64;
    /// More than a sample adds to its passes, besides a cycle for each class.
    pub const SAMPLE_BOUND: usize = 256;
}
