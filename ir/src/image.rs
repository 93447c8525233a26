//! What a core is told: the compiler's only product. One bitstream runs any image that fits.

use crate::{BitVec, Preset, Readout, SealSum, Shape, Source, layout::bus};
use serde::{Deserialize, Serialize};

/// A memory of the core as the host bus sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// Weight rows.
    Weights,
    /// Thresholds and biases.
    Params,
    /// Program.
    Program,
    /// Tile table.
    Tiles,
    /// Spikes.
    Spikes,
    /// Control registers.
    Control,
}

impl Region {
    /// The region's number on the host bus.
    pub const fn number(self) -> u32 {
        match self {
            Region::Weights => bus::WEIGHTS,
            Region::Params => bus::PARAMS,
            Region::Program => bus::PROGRAM,
            Region::Tiles => bus::TILES,
            Region::Spikes => bus::SPIKES,
            Region::Control => bus::CONTROL,
        }
    }
}

/// A run of 16-bit words at a place of the host bus.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct MemoryImage {
    /// Memory concerned.
    pub region: Region,
    /// Word address of the first word within the region.
    pub start: u32,
    /// The words.
    #[serde(with = "hex_words")]
    pub words: Vec<u16>,
}

/// Where a layer's spikes are, for reading transcripts off a trace and for reports.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct LayerImage {
    /// Layer's name in the network.
    pub name: String,
    /// Neurons of the layer.
    pub neurons: usize,
    /// First tile of the layer.
    pub first_tile: usize,
    /// Tiles of the layer; none of a layer that is pooled on the way to the spike memory.
    pub tiles: usize,
    /// Weight planes of a neuron that stand side by side in a tile's lanes.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub gangs: usize,
    /// What reaches it, in the order of its passes.
    pub projections: Vec<ProjectionImage>,
    /// It only pools spikes: it has no potentials of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pools: bool,
    /// What its tiles compute where neurons have windows; none of a dense layer, whose tiles take its
    /// neurons in their order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub windowed: Option<WindowedImage>,
    /// The layer that is pooled, where no tile of its own does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooled: Option<PooledImage>,
}

fn one() -> usize {
    1
}

fn is_one(n: &usize) -> bool {
    *n == 1
}

/// The tiles of a layer whose neurons have windows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct WindowedImage {
    /// The neuron of each lane, as the trace port numbers them: tile after tile, round after round, row
    /// after row. None of lanes that are no neuron.
    pub lanes: Vec<Option<u32>>,
    /// One per tile of the layer.
    pub tiles: Vec<WindowedTile>,
}

/// One windowed tile.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct WindowedTile {
    /// Times it is run in each tick, each for other neurons.
    pub rounds: usize,
    /// Shift rows.
    pub rows: usize,
    /// One per projection of the layer.
    pub reads: Vec<WindowReads>,
}

/// What a pass of a windowed tile reads for a projection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct WindowReads {
    /// Entries of the program, one masked group each.
    pub entries: usize,
    /// Words in them.
    pub words: usize,
    /// Source neurons in the words, of all rounds together.
    pub sources: usize,
    /// Pairs of a source neuron and a neuron of the tile that it reaches, of all rounds together.
    pub synapses: usize,
}

/// Which spikes are OR-ed: square windows without padding, partial ones dropped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct PooledImage {
    /// The layer pooled.
    pub layer: usize,
    /// Shape of that layer.
    pub from: Shape,
    /// Window side, and step: windows do not overlap.
    pub k: usize,
}

/// One projection of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct ProjectionImage {
    /// Where its spikes come from.
    pub source: Source,
    /// Whether they are those of the tick before.
    pub delayed: bool,
    /// Source i reaches target i only.
    pub identity: bool,
    /// Events whose weight bit is 0 count nothing, instead of −1.
    pub unsigned: bool,
    /// Neurons of the source, or of that part of them that the projection reads.
    pub fan_in: usize,
    /// Spike groups a pass reads; of an identity or in a windowed tile those depend on the tile.
    pub groups: usize,
    /// Weight planes; 1 of an identity.
    pub weight_planes: usize,
    /// Planes of the source; 1 unless it is an input of values.
    pub source_planes: usize,
}

/// A compiled network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct CoreImage {
    /// Preset the image is for; a core of another preset must refuse it.
    pub preset: Preset,
    /// Ticks `T` of a sample; 1 of a stream.
    pub ticks: usize,
    /// A stream: each start is one tick, and all but the first go on from the one before.
    pub stream: bool,
    /// One loop holds all tiles: tick after tick, each through all layers.
    pub tick_order: bool,
    /// Spike groups from one tick to the next.
    pub stride: usize,
    /// Input neurons.
    pub inputs: usize,
    /// Planes of the input values; 1 for binary events.
    pub input_planes: usize,
    /// Spike groups of one plane of the input. Tick t begins at group t · stride, modulo the spike
    /// groups of the core, plane 0 first.
    pub input_groups: usize,
    /// Bit of each input neuron within a plane's groups, where it is not its number.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub input_places: Vec<u32>,
    /// Classes.
    pub classes: usize,
    /// How the class is read.
    pub readout: Readout,
    /// Layers in order.
    pub layers: Vec<LayerImage>,
    /// Contents, in the order in which they are to be written.
    pub memories: Vec<MemoryImage>,
    /// Sum over these writes that a core of the preset comes to: the last write of all.
    pub seal: u16,
}

impl PooledImage {
    /// Shape of the pooled layer.
    pub fn shape(&self) -> Shape {
        let Shape { channels, height, width } = self.from;
        Shape { channels, height: height / self.k, width: width / self.k }
    }

    /// Neurons of [`Self::layer`] that meet in neuron `n`.
    pub fn window(&self, n: usize) -> impl Iterator<Item = usize> + '_ {
        let Shape { height, width, .. } = self.shape();
        let (channel, y, x) = (n / (height * width), n / width % height, n % width);
        let at = move |dy, dx| {
            (channel * self.from.height + y * self.k + dy) * self.from.width + x * self.k + dx
        };
        (0..self.k).flat_map(move |dy| (0..self.k).map(move |dx| at(dy, dx)))
    }
}

impl CoreImage {
    /// Bits of a plane of the input in the spike memory.
    pub fn plane_bits(&self) -> usize {
        self.input_groups * self.preset.spec().group_neurons()
    }

    /// Bit of input neuron `j` within a plane's groups.
    pub fn input_place(&self, j: usize) -> usize {
        self.input_places.get(j).map_or(j, |&place| place as usize)
    }

    /// The bits of a plane's `groups` groups of `G` words, as the spike memory holds them, for the
    /// spikes of one tick and plane.
    pub fn placed_input(&self, spikes: &BitVec) -> BitVec {
        let mut out = BitVec::zeros(self.plane_bits());
        for j in spikes.ones() {
            out.set(self.input_place(j), true);
        }
        out
    }

    /// Whether the next sample, or the next tick's input, may be written while the core runs, if the core
    /// takes spikes then: a half of the
    /// spike memory holds a sample, and the silent tick before it where one is read; in a stream there is
    /// room for the tick before, the one that runs, and the next. Not on a core whose writer may have a
    /// word in every cycle of a tile.
    pub fn overlaps(&self) -> bool {
        let spec = self.preset.spec();
        let groups = spec.spike_groups;
        if !spec.takes_spikes_while_busy() {
            return false;
        }
        let delayed = self.layers.iter().flat_map(|l| &l.projections).any(|p| p.delayed);
        match self.stream {
            true => 3 * self.stride <= groups,
            false => (self.ticks + usize::from(delayed)) * self.stride <= groups / 2,
        }
    }

    /// Every write of the image as (host bus address, word), in order; the last one seals the core.
    pub fn writes(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        let seal = (bus::address(bus::CONTROL, bus::SEAL), self.seal);
        self.contents().chain([seal])
    }

    /// The sum of its contents, which is the seal unless one of them is damaged.
    pub fn sum(&self) -> u16 {
        let mut sum = SealSum::new(self.preset);
        self.contents().for_each(|(address, word)| sum.write(address, word));
        sum.word()
    }

    /// The image with the seal that belongs to its contents.
    pub fn sealed(self) -> Self {
        Self { seal: self.sum(), ..self }
    }

    /// Every write but the seal.
    fn contents(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        words_of(&self.memories)
    }
}

/// The writes of memories as (host bus address, word), in order.
pub(crate) fn words_of(memories: &[MemoryImage]) -> impl Iterator<Item = (u32, u16)> + '_ {
    memories.iter().flat_map(|m| {
        let base = bus::address(m.region.number(), m.start);
        m.words.iter().enumerate().map(move |(i, &word)| (base + i as u32, word))
    })
}

/// Words as one string of four hexadecimal digits each.
mod hex_words {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(words: &[u16], s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&words.iter().map(|w| format!("{w:04x}")).collect::<String>())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<u16>, D::Error> {
        let text = String::deserialize(d)?;
        if !text.len().is_multiple_of(4) || !text.is_ascii() {
            return Err(D::Error::custom("a word is four hexadecimal digits"));
        }
        (0..text.len() / 4)
            .map(|i| u16::from_str_radix(&text[4 * i..4 * i + 4], 16).map_err(D::Error::custom))
            .collect()
    }
}
