//! The memories the host fills and nothing changes while the core runs, decoded from an image's
//! writes. Words the image does not write are 0.

use super::tables::{FireEntry, ScanEntry};
use crate::SimError;
use spikewright_ir::{
    CoreImage, CoreSpec, MemoryImage, Region,
    layout::{bus, fire},
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
    pub scan: Vec<ScanEntry>,
    pub fire: Vec<FireEntry>,
    /// Ticks − 1.
    pub ticks_m1: u8,
    /// Classes − 1.
    pub classes_m1: u8,
    /// Readout compares potentials instead of scores.
    pub potentials: bool,
}

impl Memory {
    /// Applies the image's writes.
    pub fn load(image: &CoreImage) -> Result<Self, SimError> {
        let spec = image.preset.spec();
        let banks = spec.lanes / 16;
        let row_words = spec.lanes.div_ceil(64);
        let mut out = Self {
            spec,
            row_words,
            weights: vec![0; spec.weight_rows() * row_words],
            theta: vec![0; spec.param_rows * spec.fire_units],
            bias: vec![0; spec.param_rows * spec.fire_units],
            scan: Vec::new(),
            fire: Vec::new(),
            ticks_m1: 0,
            classes_m1: 0,
            potentials: false,
        };
        let mut scan = vec![0u16; spec.tiles * 2];
        let mut fire = vec![0u16; spec.tiles * fire::WORDS];
        let mut control = [None; 3];
        for memory in &image.memories {
            let capacity = match memory.region {
                Region::Weights => spec.weight_rows() * banks,
                Region::Params => spec.param_rows * 32,
                Region::Scan => scan.len(),
                Region::Fire => fire.len(),
                Region::Control => control.len(),
            };
            for (address, word) in addressed(memory, capacity)? {
                match memory.region {
                    Region::Weights => {
                        let (row, lane) = (address / banks, address % banks * 16);
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
                    Region::Scan => scan[address] = word,
                    Region::Fire => fire[address] = word,
                    Region::Control => control[address] = Some(word),
                }
            }
        }
        out.scan = scan.chunks(2).map(ScanEntry::decode).collect();
        out.fire = fire.chunks(fire::WORDS).map(FireEntry::decode).collect();
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
        let ticks = control[bus::TICKS_M1 as usize].ok_or_else(|| missing("ticks"))?;
        let readout = control[bus::READOUT as usize].ok_or_else(|| missing("readout"))?;
        self.ticks_m1 = ticks as u8;
        self.classes_m1 = readout as u8;
        self.potentials = readout >> 8 & 1 == 1;
        Ok(())
    }

    /// Weight row `row`.
    pub fn weight_row(&self, row: usize) -> &[u64] {
        &self.weights[row * self.row_words..][..self.row_words]
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
