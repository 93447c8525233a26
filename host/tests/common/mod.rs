//! A toy core whose answer depends on every word it was told, and an image for it.
#![allow(dead_code)] // each test file uses its part

use spikewright_host::BoardCore;
use spikewright_ir::{layout::bus, *};

pub const TICKS: usize = 3;
pub const INPUTS: usize = 70;
const GROUPS: usize = 3; // of 32 neurons on the tiny preset
const STRIDE: usize = GROUPS + 1;
const SPIKE_WORDS: usize = (STRIDE * (TICKS - 1) + GROUPS) * 2;

/// Mixes all weight and spike words into a number; that is its class, cycles and events.
#[derive(Clone)]
pub struct ToyCore {
    pub memory: Vec<u16>,
    pub preset: u16,
    pub version: u16,
    pub busy: bool,
    pub writes: usize,
    pub result: Option<u32>,
    /// The sum of what was written, whether it was the expected one, and whether a start was refused.
    pub sum: Option<SealSum>,
    pub sealed: bool,
    pub refused: bool,
}

impl Default for ToyCore {
    fn default() -> Self {
        Self {
            memory: vec![0; 1 << bus::ADDRESS_BITS],
            preset: Preset::Tiny.id(),
            version: bus::MAP_VERSION,
            busy: false,
            writes: 0,
            result: None,
            sum: None,
            sealed: false,
            refused: false,
        }
    }
}

/// FNV-1a.
fn mix(words: impl Iterator<Item = u16>) -> u32 {
    words.fold(0x811c_9dc5, |h, w| (h ^ u32::from(w)).wrapping_mul(0x0100_0193))
}

impl ToyCore {
    fn region(&self, region: u32, count: usize) -> impl Iterator<Item = u16> + '_ {
        let start = bus::address(region, 0) as usize;
        self.memory[start..start + count].iter().copied()
    }
}

impl BoardCore for ToyCore {
    fn write(&mut self, address: u32, word: u16) {
        self.writes += 1;
        let beginning = SealSum::from_word(self.version << 8 | self.preset);
        let sum = self.sum.get_or_insert(beginning);
        let before = *sum;
        sum.write(address, word);
        self.sealed &= *sum == before;
        if address == bus::address(bus::CONTROL, bus::SEAL) {
            self.sealed = word == before.word();
            self.sum = Some(beginning);
            self.refused = false;
        }
        if address == bus::address(bus::CONTROL, bus::START) {
            self.refused |= !self.sealed && word & 1 == 1;
            if self.sealed && word & 1 == 1 {
                let weights = self.region(bus::WEIGHTS, IMAGE_WORDS);
                let spec = Preset::Tiny.spec();
                let half = if word == bus::START_UPPER { Half::Upper } else { Half::Lower };
                let first = half.group(&spec) * spec.group_words;
                let spikes = self.region(bus::SPIKES, first + SPIKE_WORDS).skip(first);
                self.result = Some(mix(weights.chain(spikes)));
            }
            self.memory[address as usize] = word;
            return;
        }
        self.memory[address as usize] = word;
    }

    fn read(&mut self, address: u32) -> u16 {
        let mixed = self.result.unwrap_or(0);
        match address & 0xffff {
            bus::STATUS => {
                u16::from(self.busy)
                    | u16::from(self.result.is_some()) << 1
                    | u16::from(self.sealed) << 4
                    | u16::from(self.refused) << 5
            }
            bus::CLASS => (mixed % 10) as u16,
            bus::CYCLES_LOW => mixed as u16,
            bus::CYCLES_HIGH => (mixed >> 16) as u16,
            bus::EVENTS_LOW => !mixed as u16,
            bus::EVENTS_HIGH => (!mixed >> 16) as u16,
            bus::CORE => self.sum.map_or(self.version << 8 | self.preset, SealSum::word),
            bus::OUTPUT => mixed as u16 ^ (mixed >> 16) as u16,
            word => (mixed as u16).rotate_left(word),
        }
    }
}

/// What the core that mixed this counts.
pub fn counters(mixed: u32) -> Counters {
    let word = |number| (mixed as u16).rotate_left(number);
    let [low, high] = [word(bus::OPERATIONS_LOW), word(bus::OPERATIONS_HIGH)];
    Counters {
        rows: word(bus::ROWS),
        stalls: word(bus::STALLS),
        operations: u32::from(high as u8) << 16 | u32::from(low),
        saturated: (high >> 8) as u8,
    }
}

pub const IMAGE_WORDS: usize = 300;

pub fn image() -> CoreImage {
    let word = |i: usize| (i as u32).wrapping_mul(0x9E37_79B1) as u16 ^ 0xA5A5;
    let words = (0..IMAGE_WORDS).map(word).collect::<Vec<_>>();
    let memory = |region, start, words: &[u16]| MemoryImage { region, start, words: words.into() };
    CoreImage {
        preset: Preset::Tiny,
        ticks: TICKS,
        stream: false,
        tick_order: false,
        stride: STRIDE,
        inputs: INPUTS,
        input_planes: 1,
        input_groups: GROUPS,
        input_places: vec![],
        classes: 10,
        readout: Readout::SpikeCount,
        layers: vec![],
        memories: vec![
            memory(Region::Weights, 0, &words[..200]),
            memory(Region::Weights, 200, &words[200..]),
            memory(Region::Control, bus::TICKS, &[TICKS as u16 - 1, 9]),
        ],
        seal: 0,
    }
    .sealed()
}

/// Sample `k`.
pub fn sample(k: usize) -> InputTrain {
    let spikes = |t: usize, j: usize| (j * 7 + t * 13 + k * 29) % 11 < 3;
    let ticks = (0..TICKS).map(|t| BitVec::from_bits((0..INPUTS).map(|j| spikes(t, j)))).collect();
    SpikeTrain::from_ticks(ticks, INPUTS).into()
}

/// What the core must answer for sample `k`, worked out from the image and the spikes alone.
pub fn expected(k: usize) -> u32 {
    let weights = image().memories[..2].iter().flat_map(|m| m.words.clone()).collect::<Vec<_>>();
    let input = sample(k);
    let spikes = (0..TICKS).flat_map(|t| {
        let bits: Vec<bool> = input.planes[0].tick(t).iter().chain(vec![false; 26]).collect();
        bits.chunks(16)
            .map(|w| w.iter().enumerate().fold(0, |x, (i, &b)| x | u16::from(b) << i))
            .chain([0; 2 * (STRIDE - GROUPS)])
            .collect::<Vec<u16>>()
    });
    mix(weights.into_iter().chain(spikes.take(SPIKE_WORDS)))
}
