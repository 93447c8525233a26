//! What the host has written: the core's memories, decoded from an image's writes.

use crate::SimError;
use spikewright_ir::{
    ThetaImage, ThetaSpec,
    layer_table::{BASE, GAIN_LOG2, LAST_M1, ROWS_M1, STRIDE_LOG2, THREE_LAYERS, WORDS},
    layout::bus,
};

const UNITS: usize = ThetaSpec::UNITS;

/// Memories and registers.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Large memory: `[word][bank]`.
    pub banks: Vec<[u16; UNITS]>,
    /// Offsets and starts: `[row][unit]`, 64 rows a layer.
    pub constants: Vec<[u16; UNITS]>,
    /// Weights between layers.
    pub synapses: Vec<u16>,
    /// Layer table.
    pub layers: Vec<Entry>,
    /// T.
    pub ticks: i32,
    /// Words of the input.
    pub words: usize,
}

/// A layer of the table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Entry {
    pub rows: usize,
    pub last: usize,
    pub gain_log2: u32,
    pub stride_log2: u32,
    pub base: usize,
}

fn fault(place: &str, problem: String) -> SimError {
    SimError::Image { place: place.into(), problem }
}

impl Memory {
    /// Decodes and checks that rows and sizes agree with what the image says of itself.
    pub fn new(image: &ThetaImage) -> Result<Self, SimError> {
        let spec = image.preset.spec();
        let rows = ThetaSpec::NEURONS / UNITS;
        let mut memory = Self {
            banks: vec![[0; UNITS]; spec.bank_words],
            constants: vec![[0; UNITS]; 4 * rows],
            synapses: vec![0; ThetaSpec::SYNAPSE_WORDS],
            layers: Vec::new(),
            ticks: 0,
            words: 0,
        };
        let mut table = [[0u32; WORDS]; ThetaSpec::LAYERS];
        let mut readout = 0;
        for (address, word) in image.writes() {
            let (region, at) = (address >> bus::REGION_LSB, (address & 0xffff) as usize);
            let weight = address.wrapping_sub(bus::address(bus::WEIGHTS, 0)) as usize;
            let place = match region {
                bus::WEIGHTS.. => {
                    memory.banks.get_mut(weight / UNITS).map(|w| &mut w[weight % UNITS])
                }
                bus::PARAMS => memory.constants.get_mut(at / UNITS).map(|w| &mut w[at % UNITS]),
                bus::PROGRAM => memory.synapses.get_mut(at),
                bus::TILES => {
                    let entry = table.get_mut(at / WORDS);
                    let entry = entry.ok_or_else(|| fault("layer table", format!("word {at}")))?;
                    entry[at % WORDS] = word.into();
                    continue;
                }
                _ => {
                    match at as u32 {
                        bus::TICKS => memory.ticks = word.into(),
                        bus::READOUT => readout = word,
                        _ => {}
                    }
                    continue;
                }
            };
            *place
                .ok_or_else(|| fault("memories", format!("no word {at} in region {region}")))? =
                word;
        }
        let count = if readout & THREE_LAYERS != 0 { 3 } else { 2 };
        memory.words = usize::from(readout & 0x3f) + 1;
        memory.layers = table[..count]
            .iter()
            .map(|w| Entry {
                rows: ROWS_M1.get(w[0]) as usize + 1,
                last: LAST_M1.get(w[0]) as usize + 1,
                gain_log2: GAIN_LOG2.get(w[1]),
                stride_log2: STRIDE_LOG2.get(w[1]),
                base: BASE.get(w[2]) as usize,
            })
            .collect();
        let sizes = memory.layers.iter().map(|l| (l.rows - 1) * UNITS + l.last);
        if !sizes.eq(image.sizes.iter().copied()) {
            return Err(fault(
                "layer table",
                format!("its layers are not of {:?} neurons", image.sizes),
            ));
        }
        if memory.words != image.inputs.div_ceil(16) {
            return Err(fault(
                "readout",
                format!("{} words of {} inputs", memory.words, image.inputs),
            ));
        }
        if image.inputs > ThetaSpec::INPUTS || image.sizes[0] > spec.first_layer() {
            let sizes = (image.inputs, image.sizes[0]);
            return Err(fault("sizes", format!("{sizes:?} inputs and neurons are more than fit")));
        }
        if !(1..ThetaSpec::PERIOD as i32 / 2).contains(&memory.ticks) {
            return Err(fault("ticks", format!("a trial of {}", memory.ticks)));
        }
        Ok(memory)
    }

    /// Entry of a layer's table, as a bank reads it.
    pub fn look_up(&self, layer: usize, index: usize, bank: usize) -> u16 {
        self.banks[self.banks.len() - (layer + 1) * ThetaSpec::TABLE + index][bank]
    }

    /// Weight bit of source neuron `j` to a neuron of a layer.
    pub fn weight(&self, layer: usize, j: usize, neuron: usize) -> bool {
        let Entry { stride_log2, base, .. } = self.layers[layer];
        let word = (base + (j << stride_log2) + neuron / 16) % self.synapses.len();
        self.synapses[word] >> (neuron % 16) & 1 == 1
    }
}
