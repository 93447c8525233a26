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

/// Scan table: one 32-bit entry per tile, read by the scanner. On the host bus an entry is two
/// words, low half first.
pub mod scan {
    use super::Field;
    /// First spike group of the source at tick 0.
    pub const SOURCE_GROUP: Field = Field::new("source_group", 0, 8);
    /// Spike groups of one plane of the source, minus 1.
    pub const GROUPS_M1: Field = Field::new("groups_m1", 8, 5);
    /// Weight planes minus 1: passes over one plane of the source.
    pub const WEIGHT_PLANES_M1: Field = Field::new("weight_planes_m1", 13, 3);
    /// First weight group of the tile; its planes follow each other.
    pub const WEIGHT_GROUP: Field = Field::new("weight_group", 16, 8);
    /// First tile of a layer that reads another layer: each tick waits for its source.
    pub const GATE: Field = Field::new("gate", 24, 1);
    /// A flush token follows the tile's last pass.
    pub const FLUSH: Field = Field::new("flush", 25, 1);
    /// Last tile of the image.
    pub const LAST: Field = Field::new("last", 26, 1);
    /// Planes of the source minus 1.
    pub const INPUT_PLANES_M1: Field = Field::new("input_planes_m1", 27, 3);
    /// Most planes of weights, and of input values.
    pub const MAX_PLANES: usize = WEIGHT_PLANES_M1.max() as usize + 1;
    const _: () = assert!(INPUT_PLANES_M1.width == WEIGHT_PLANES_M1.width);
    /// All fields, lowest first.
    pub const FIELDS: [Field; 8] = [
        SOURCE_GROUP,
        GROUPS_M1,
        WEIGHT_PLANES_M1,
        WEIGHT_GROUP,
        GATE,
        FLUSH,
        LAST,
        INPUT_PLANES_M1,
    ];
}

/// Fire table: eight 16-bit words per tile, read by the fire sequencer in this order: first what the
/// next pass is told when it starts, last what the rows of the pass before are told when they end.
pub mod fire {
    use super::Field;
    /// Words of an entry.
    pub const WORDS: usize = 8;
    /// Word 0: shift rows of the tile minus 1.
    pub const ROWS_M1: Field = Field::new("rows_m1", 0, 8);
    /// Word 0: cycles from a pass's fire token to the next `first` token, minus 1.
    pub const SPAN_M1: Field = Field::new("span_m1", 8, 8);
    /// Word 2: the same after the tile's last tick, when the next entry is loaded, minus 1.
    pub const SPAN_LAST_M1: Field = Field::new("span_last_m1", 8, 8);
    /// Word 5: fire rule is `Above` instead of `AtLeast`.
    pub const ABOVE: Field = Field::new("above", 0, 1);
    /// Word 5: reset is `Zero` instead of `Subtract`.
    pub const ZERO: Field = Field::new("zero", 1, 1);
    /// Word 5: neurons fire; 0 in a layer read by `Potential`.
    pub const FIRES: Field = Field::new("fires", 2, 1);
    /// Word 5: score keeps the first spike instead of counting.
    pub const FIRST_SPIKE: Field = Field::new("first_spike", 3, 1);
    /// Word 1: last tile of the image; readout follows, and no other entry is loaded.
    pub const LAST: Field = Field::new("last", 10, 1);
    /// Word 3: leak multiplier M, unsigned.
    pub const LEAK_M: Field = Field::new("leak_m", 0, 16);
    /// Word 4: leak addend R, 0, 2^15 − 1 or 2^16 − 1; `leak(v) = (v·M + R) >> 16`.
    pub const LEAK_R: Field = Field::new("leak_r", 0, 16);
    /// Word 1: F + g; pass (p, q) counts 2^(F + g + p + q) times, at most 2^15.
    pub const GAIN_LOG2: Field = Field::new("gain_log2", 0, 4);
    /// Word 1: weight planes minus 1.
    pub const WEIGHT_PLANES_M1: Field = Field::new("weight_planes_m1", 4, 3);
    /// Word 1: planes of the source minus 1.
    pub const INPUT_PLANES_M1: Field = Field::new("input_planes_m1", 7, 3);
    /// Word 2: first parameter row of the tile.
    pub const PARAM_ROW: Field = Field::new("param_row", 0, 8);
    /// Word 7: spike group that takes the tile's spikes at tick 0.
    pub const TARGET_GROUP: Field = Field::new("target_group", 0, 8);
    /// Word 7: spike groups from one tick of the target to the next.
    pub const TARGET_STRIDE: Field = Field::new("target_stride", 8, 8);
    /// Word 6: layer, for the trace port.
    pub const LAYER: Field = Field::new("layer", 0, 4);
    /// Word 6: first neuron of the tile divided by 16, for the trace port.
    pub const NEURON16: Field = Field::new("neuron16", 4, 12);
    /// All fields by word.
    pub const FIELDS: [(usize, Field); 18] = [
        (0, ROWS_M1),
        (0, SPAN_M1),
        (1, GAIN_LOG2),
        (1, WEIGHT_PLANES_M1),
        (1, INPUT_PLANES_M1),
        (1, LAST),
        (2, PARAM_ROW),
        (2, SPAN_LAST_M1),
        (3, LEAK_M),
        (4, LEAK_R),
        (5, ABOVE),
        (5, ZERO),
        (5, FIRES),
        (5, FIRST_SPIKE),
        (6, LAYER),
        (6, NEURON16),
        (7, TARGET_GROUP),
        (7, TARGET_STRIDE),
    ];
}

/// The host bus: 20-bit word addresses, the region in the top four bits.
pub mod bus {
    /// Bits of an address.
    pub const ADDRESS_BITS: usize = 20;
    /// Lowest bit of the region number.
    pub const REGION_LSB: usize = 16;
    /// Weights: word `row · (P/16) + bank`, bit `i` of bank `k` is lane `16k + i`. Write only.
    pub const WEIGHTS: u32 = 0;
    /// Neuron parameters: word `(row · 16 + unit) · 2 + (0 threshold, 1 bias)`. Write only.
    pub const PARAMS: u32 = 1;
    /// Scan table: word `tile · 2 + (0 low half, 1 high half)`. Write only.
    pub const SCAN: u32 = 2;
    /// Fire table: word `tile · 8 + k`. Write only.
    pub const FIRE: u32 = 3;
    /// Spikes: word `group · G + k`, to be written in ascending `k`, all `G` words of a group. Write only.
    pub const SPIKES: u32 = 4;
    /// Control and status registers.
    pub const CONTROL: u32 = 5;

    /// Control, write: 1 starts a sample.
    pub const START: u32 = 0;
    /// Control, write: ticks minus 1 (8 bits).
    pub const TICKS_M1: u32 = 1;
    /// Control, write: classes minus 1 (8 bits), bit 8: read potentials instead of scores.
    pub const READOUT: u32 = 2;

    /// Width of the counters of cycles and events; no sample of a preset fills them.
    pub const COUNTER_BITS: u32 = 24;

    /// Status, read: bit 0 busy, bit 1 result valid, bit 2 undecided, bit 3 bus error (sticky).
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
    /// Status, read: preset number.
    pub const PRESET: u32 = 6;
    /// Status, read: version of this map.
    pub const VERSION: u32 = 7;

    /// Version of the map that this build speaks.
    pub const MAP_VERSION: u16 = 2;

    /// A full address.
    pub const fn address(region: u32, word: u32) -> u32 {
        region << REGION_LSB | word
    }
}

/// Latencies of the pipeline, in cycles; `docs/core.md` derives them.
pub mod timing {
    /// `D`: least distance of two passes of one tile: a potential or partial sum is written before
    /// it is read.
    pub const MIN_SPAN: usize = 8;
    /// Added to a tile's rows for the distance after its last tick: the pipeline needs the fields of
    /// the last row until the next entry is loaded.
    pub const TILE_SWITCH: usize = 8;
    /// Guard at start, and one more than its value when the first word of the next entry is addressed.
    pub const TABLE_LOAD: usize = 5;
    /// More than a pass adds to its groups' cycles and its span when nothing overlaps.
    pub const PASS_BOUND: usize = 64;
    /// More than a sample adds to its passes, besides a cycle for each class.
    pub const SAMPLE_BOUND: usize = 256;
}
