//! The memories the host fills and nothing changes while the core runs, decoded from an image's
//! writes. Words the image does not write are 0.

use super::{
    reach::Reach,
    tables::{PassEntry, ScanEntry, TileEntry},
};
use crate::SimError;
use spikewright_ir::{
    CoreImage, CoreSpec, MemoryImage, Region,
    layout::{bus, pass, tile},
};

/// Weights, parameters, tables and control registers of one image.
pub struct Memory {
    pub spec: CoreSpec,
    /// 64-bit words of a weight row.
    pub row_words: usize,
    /// Weight rows, `row_words` each; lane `i` is bit `i mod 64` of word `i / 64`.
    pub weights: Vec<u64>,
    /// Thresholds, `row · F_u + unit`.
    pub theta: Vec<i16>,
    /// Biases, `row · F_u + unit`.
    pub bias: Vec<i16>,
    /// Scan half of the program: its entries.
    pub scan: Vec<ScanEntry>,
    /// Fire half of the program: its passes.
    pub passes: Vec<PassEntry>,
    pub tiles: Vec<TileEntry>,
    pub control: Control,
    /// For each tile, once the image is checked.
    pub reach: Vec<Reach>,
}

/// The control registers.
#[derive(Clone, Copy, Default)]
pub struct Control {
    /// Ticks − 1.
    pub ticks_m1: u8,
    /// Spike groups from one tick to the next.
    pub stride: u8,
    /// Classes − 1.
    pub classes_m1: u8,
    /// Readout compares potentials instead of scores.
    pub potentials: bool,
    /// Gates wait for all tiles before them.
    pub tick_order: bool,
}

impl Memory {
    /// Applies the image's writes.
    pub fn load(image: &CoreImage) -> Result<Self, SimError> {
        let spec = image.preset.spec();
        let banks = spec.row_words();
        let row_words = spec.lanes.div_ceil(64);
        let mut out = Self {
            spec,
            row_words,
            weights: vec![0; spec.weight_rows() * row_words],
            theta: vec![0; spec.param_rows * spec.fire_units],
            bias: vec![0; spec.param_rows * spec.fire_units],
            scan: Vec::new(),
            passes: Vec::new(),
            tiles: Vec::new(),
            control: Control::default(),
            reach: Vec::new(),
        };
        let mut program = vec![0u16; spec.passes * pass::BUS_WORDS];
        let mut tiles = vec![0u16; spec.tiles * tile::WORDS];
        let mut control = [None; 3];
        for memory in &image.memories {
            let capacity = match memory.region {
                Region::Weights => spec.weight_rows() * banks,
                Region::Params => spec.param_rows * 32,
                Region::Program => program.len(),
                Region::Tiles => tiles.len(),
                Region::Spikes => spec.spike_groups * spec.group_words,
                Region::Control => control.len(),
            };
            for (address, word) in addressed(memory, capacity)? {
                match memory.region {
                    Region::Weights => {
                        let (row, lane) = (address / banks, address % banks * 16);
                        if lane >= spec.lanes {
                            continue;
                        }
                        let slot = &mut out.weights[row * row_words + lane / 64];
                        *slot &= !(0xffff << (lane % 64));
                        *slot |= u64::from(word) << (lane % 64);
                    }
                    Region::Params => {
                        let (row, unit) = (address / 32, address / 2 % 16);
                        if unit >= spec.fire_units {
                            return Err(error(
                                memory,
                                format!(
                                    "word {address} is for fire unit {unit} of {}",
                                    spec.fire_units
                                ),
                            ));
                        }
                        let memory = if address % 2 == 0 { &mut out.theta } else { &mut out.bias };
                        memory[row * spec.fire_units + unit] = word as i16;
                    }
                    Region::Program => program[address] = word,
                    Region::Tiles => tiles[address] = word,
                    // A run begins with silence everywhere but in its input.
                    Region::Spikes if word != 0 => {
                        return Err(error(memory, format!("word {address} is not 0")));
                    }
                    Region::Spikes => {}
                    Region::Control => control[address] = Some(word),
                }
            }
        }
        out.scan = program.chunks(pass::BUS_WORDS).map(ScanEntry::decode).collect();
        out.passes = program.chunks(pass::BUS_WORDS).map(|w| PassEntry::decode(w[2])).collect();
        out.tiles = tiles.chunks(tile::WORDS).map(TileEntry::decode).collect();
        out.load_control(control)?;
        Ok(out)
    }

    fn load_control(&mut self, control: [Option<u16>; 3]) -> Result<(), SimError> {
        let place = || "control registers".to_string();
        let missing = |what: &str| SimError::Image {
            place: place(),
            problem: format!("the {what} register is not written"),
        };
        if control[bus::START as usize].is_some() {
            let problem = "the start register is written while loading".into();
            return Err(SimError::Image { place: place(), problem });
        }
        let ticks = control[bus::TICKS as usize].ok_or_else(|| missing("ticks"))?;
        let readout = control[bus::READOUT as usize].ok_or_else(|| missing("readout"))?;
        self.control = Control {
            ticks_m1: ticks as u8,
            stride: (ticks >> 8) as u8,
            classes_m1: readout as u8,
            potentials: readout >> 8 & 1 == 1,
            tick_order: readout >> 9 & 1 == 1,
        };
        Ok(())
    }

    /// Weight row `row`, modulo their number.
    pub fn weight_row(&self, row: usize) -> &[u64] {
        &self.weights[row % self.spec.weight_rows() * self.row_words..][..self.row_words]
    }
}

fn addressed(
    memory: &MemoryImage,
    capacity: usize,
) -> Result<impl Iterator<Item = (usize, u16)> + '_, SimError> {
    let (start, len) = (memory.start as usize, memory.words.len());
    if len > capacity || start > capacity - len {
        return Err(error(memory, format!("words {start}.. of {len} pass its end at {capacity}")));
    }
    Ok(memory.words.iter().enumerate().map(move |(i, &word)| (start + i, word)))
}

fn error(memory: &MemoryImage, problem: String) -> SimError {
    SimError::Image { place: format!("memory {:?}", memory.region).to_lowercase(), problem }
}
