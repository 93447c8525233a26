//! Small dense networks as core images, encoded by hand with `ir::layout`, and their plain integer
//! evaluation. For tests only: it places everything one after another and checks nothing.
#![allow(dead_code)] // each test file uses its part

use spikewright_ir::{
    BitVec, CoreImage, InputTrain, LayerImage, MemoryImage, Preset, ProjectionImage, Readout,
    Region, Source, SpikeTrain,
    layout::{pass, scan, tile, timing},
};

/// A fully connected layer; `weights[target][source]`.
#[derive(Clone, Debug)]
pub struct MiniLayer {
    pub weights: Vec<Vec<bool>>,
    pub theta: Vec<i16>,
    pub bias: Vec<i16>,
    /// Shift of the leak, 0 for none.
    pub leak_shift: u32,
    pub gain: u16,
    pub above: bool,
    pub zero: bool,
}

impl MiniLayer {
    /// Subtract, at least, no leak, gain 1, no bias.
    pub fn plain(weights: Vec<Vec<bool>>, theta: i16) -> Self {
        let n = weights.len();
        let (theta, bias) = (vec![theta; n], vec![0; n]);
        Self { weights, theta, bias, leak_shift: 0, gain: 1, above: false, zero: false }
    }
}

#[derive(Clone, Debug)]
pub struct Mini {
    pub preset: Preset,
    pub ticks: usize,
    pub inputs: usize,
    pub layers: Vec<MiniLayer>,
    pub readout: Readout,
}

/// xorshift64*, enough to fill matrices.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    /// 0..n
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn matrix(&mut self, rows: usize, columns: usize) -> Vec<Vec<bool>> {
        (0..rows).map(|_| (0..columns).map(|_| self.below(2) == 1).collect()).collect()
    }

    /// A train in which each bit is 1 with probability `per_mille / 1000`.
    pub fn train(&mut self, ticks: usize, neurons: usize, per_mille: u64) -> SpikeTrain {
        let tick =
            |dice: &mut Self| BitVec::from_bits((0..neurons).map(|_| dice.below(1000) < per_mille));
        SpikeTrain::from_ticks((0..ticks).map(|_| tick(self)).collect(), neurons)
    }
}

impl Mini {
    pub fn image(&self) -> CoreImage {
        let spec = self.preset.spec();
        let (lanes, units, group) = (spec.lanes, spec.fire_units, spec.group_neurons());
        let tiles_of = |l: &MiniLayer| l.weights.len().div_ceil(lanes);
        let total: usize = self.layers.iter().map(tiles_of).sum();
        let (mut weights, mut params) = (Vec::<u16>::new(), Vec::<u16>::new());
        let (mut program, mut tiles, mut layers) = (Vec::new(), Vec::new(), Vec::new());
        let stride = self.inputs.div_ceil(group)
            + self.layers.iter().map(|l| l.weights.len().div_ceil(group)).sum::<usize>();
        let mut source_group = 0;
        let mut sources = self.inputs;
        for (number, layer) in self.layers.iter().enumerate() {
            let neurons = layer.weights.len();
            let groups = sources.div_ceil(group);
            let target_group = source_group + groups;
            let last_layer = number + 1 == self.layers.len();
            let first_tile = tiles.len() / tile::WORDS;
            for part in 0..tiles_of(layer) {
                let first = part * lanes;
                let live = lanes.min(neurons - first);
                let rows = live.div_ceil(16) * 16 / units;
                let number_of_tile = tiles.len() / tile::WORDS;
                let last = number_of_tile + 1 == total;
                let end_of_layer = part + 1 == tiles_of(layer);
                // The tick offset has grown by a stride in every tick of the tiles before.
                let offset = number_of_tile * self.ticks * stride;
                let free = |group: usize| (group as u32).wrapping_sub(offset as u32) & 0xff;
                let word = scan::SOURCE_GROUP.put(free(source_group))
                    | scan::GROUPS_M1.put(groups as u32 - 1)
                    | scan::WEIGHT_GROUP.put((weights.len() / (lanes / 16) / group) as u32)
                    | scan::GATE.put(u32::from(part == 0 && number > 0))
                    | scan::FLUSH.put(u32::from(self.ticks == 1 && end_of_layer && !last))
                    | scan::FLUSH_LAST.put(u32::from(last))
                    | scan::ENDS.put(1)
                    | scan::TURNS.put(1)
                    | scan::LAST.put(u32::from(last));
                let fire = pass::GAIN_LOG2.put(layer.gain.ilog2() + 1)
                    | pass::BEGINS.put(1)
                    | pass::ENDS.put(1)
                    | pass::TURNS.put(1)
                    | pass::SWITCH_ON.put(u32::from(!last))
                    | pass::TILE.put(number_of_tile as u32);
                program.extend([word as u16, (word >> 16) as u16, fire as u16, 0]);
                let span = rows.max(8) as u32;
                let (m, r) = match layer.leak_shift {
                    0 => (65535, 32767),
                    k => (65536 - (1 << (16 - k)), 65535),
                };
                let words = [
                    tile::ROWS_M1.put(rows as u32 - 1) | tile::SPAN_M1.put(span - 1),
                    tile::SPAN_LAST_M1.put(span + timing::TILE_SWITCH as u32 - 1),
                    tile::PARAM_ROW.put((params.len() / 32) as u32),
                    m,
                    r,
                    tile::ABOVE.put(layer.above.into())
                        | tile::ZERO.put(layer.zero.into())
                        | tile::FIRES.put(u32::from(!self.potential_layer(number)))
                        | tile::FIRST_SPIKE
                            .put(u32::from(last_layer && self.readout == Readout::FirstSpike))
                        | tile::LAST.put(last.into()),
                    tile::LAYER.put(number as u32) | tile::NEURON16.put((first / 16) as u32),
                    tile::TARGET_GROUP.put(free(target_group + first / group))
                        | tile::TARGET_STEP.put(stride as u32),
                ];
                tiles.extend(words.map(|w| w as u16));
                for source in 0..groups * group {
                    for bank in 0..lanes / 16 {
                        let bit = |i: usize| {
                            let row = layer.weights.get(first + bank * 16 + i);
                            row.and_then(|r| r.get(source)).is_some_and(|&b| b)
                        };
                        weights.push((0..16).map(|i| u16::from(bit(i)) << i).sum());
                    }
                }
                for slot in 0..rows * 16 {
                    let (row, unit) = (slot / 16, slot % 16);
                    let neuron = row * units + unit;
                    let live = unit < units && neuron < live;
                    let at = |v: &[i16], pad: i16| if live { v[first + neuron] } else { pad };
                    params.push(at(&layer.theta, i16::MAX) as u16);
                    params.push(at(&layer.bias, 0) as u16);
                }
            }
            layers.push(LayerImage {
                name: format!("layer{number}"),
                neurons,
                first_tile,
                tiles: tiles_of(layer),
                projections: vec![ProjectionImage {
                    source: number.checked_sub(1).map_or(Source::Input, Source::Layer),
                    delayed: false,
                    identity: false,
                    unsigned: false,
                    fan_in: sources,
                    groups,
                    weight_planes: 1,
                    source_planes: 1,
                }],
                windowed: None,
                pooled: None,
            });
            source_group = target_group;
            sources = neurons;
        }
        let classes = sources;
        let params = strip_absent_units(&params, units);
        let readout = (classes as u16 - 1) | (u16::from(self.readout == Readout::Potential) << 8);
        let memory = |region, start, words| MemoryImage { region, start, words };
        let mut memories = vec![
            memory(Region::Weights, 0, weights),
            memory(Region::Program, 0, program),
            memory(Region::Tiles, 0, tiles),
            memory(
                Region::Control,
                1,
                vec![(self.ticks as u16 - 1) | (stride as u16) << 8, readout],
            ),
        ];
        memories.extend(params.into_iter().map(|(at, words)| memory(Region::Params, at, words)));
        CoreImage {
            preset: self.preset,
            ticks: self.ticks,
            stream: false,
            tick_order: false,
            stride,
            inputs: self.inputs,
            input_planes: 1,
            input_groups: self.inputs.div_ceil(group),
            input_places: vec![],
            classes,
            readout: self.readout,
            layers,
            memories,
        }
    }

    fn potential_layer(&self, number: usize) -> bool {
        self.readout == Readout::Potential && number + 1 == self.layers.len()
    }

    /// `(u, v, s)` per layer, tick and neuron, by the rules of the semantics and nothing else.
    pub fn evaluate(&self, input: &InputTrain) -> Vec<Vec<Vec<(i16, i16, bool)>>> {
        let mut source: Vec<Vec<bool>> =
            (0..self.ticks).map(|t| input.planes[0].tick(t).iter().collect()).collect();
        let mut out = Vec::new();
        for (number, l) in self.layers.iter().enumerate() {
            let mut v = vec![0i32; l.weights.len()];
            let mut ticks = Vec::new();
            for spikes in &source {
                let row = (0..v.len()).map(|i| {
                    let on = spikes.iter().zip(&l.weights[i]).filter(|(s, _)| **s);
                    let d: i32 = on.map(|(_, &w)| if w { 1 } else { -1 }).sum();
                    let leak = if l.leak_shift == 0 { v[i] } else { v[i] - (v[i] >> l.leak_shift) };
                    let sum = leak + d * i32::from(l.gain) + i32::from(l.bias[i]);
                    let (u, theta) = (sum.clamp(-32768, 32767), i32::from(l.theta[i]));
                    let s = !self.potential_layer(number)
                        && if l.above { u > theta } else { u >= theta };
                    v[i] = if s { if l.zero { 0 } else { u - theta } } else { u };
                    (u as i16, v[i] as i16, s)
                });
                ticks.push(row.collect::<Vec<_>>());
            }
            source = ticks.iter().map(|t| t.iter().map(|n| n.2).collect()).collect();
            out.push(ticks);
        }
        out
    }

    /// The class and whether it is undecided.
    pub fn decide(&self, last: &[Vec<(i16, i16, bool)>]) -> (usize, bool) {
        let key = |i: usize| -> i32 {
            match self.readout {
                Readout::Potential => last[self.ticks - 1][i].1.into(),
                Readout::SpikeCount => last.iter().map(|t| i32::from(t[i].2)).sum(),
                Readout::FirstSpike => {
                    last.iter().position(|t| t[i].2).map_or(0, |t| (self.ticks - t) as i32)
                }
            }
        };
        let best = (0..last[0].len()).rev().max_by_key(|&i| key(i)).unwrap();
        let undecided = self.readout != Readout::Potential && key(best) == 0;
        (if undecided { 0 } else { best }, undecided)
    }
}

/// Runs of parameter words for the units a core has.
fn strip_absent_units(params: &[u16], units: usize) -> Vec<(u32, Vec<u16>)> {
    params
        .chunks(32)
        .enumerate()
        .map(|(row, words)| (row as u32 * 32, words[..units * 2].to_vec()))
        .collect()
}
