//! Small dense networks as core images, encoded by hand with `ir::layout`, and their plain integer
//! evaluation. For tests only: it places everything one after another and checks nothing.
#![allow(dead_code)] // each test file uses its part

pub mod conv;
mod words;

use spikewright_ir::{
    BitVec, CoreImage, InputTrain, LayerImage, Preset, ProjectionImage, Readout, Source,
    SpikeTrain,
    layout::{pass, scan, tile},
};
use spikewright_sim::{FastSimulator, Run, Simulator, cosim::first_difference};
use words::{TileWords, memories, params};

/// Runs a sample in both models and demands that they did the same, statistics included.
pub fn run_both(image: &CoreImage, input: &InputTrain) -> Run {
    let run = Simulator::new(image).unwrap().run(input).unwrap();
    let fast = FastSimulator::new(image).unwrap().run(input).unwrap();
    same(&run, &fast);
    run
}

/// Demands that two models did the same.
pub fn same(detailed: &Run, fast: &Run) {
    if let Some(difference) = first_difference(0, detailed, fast) {
        panic!("the fast model differs: {difference}");
    }
    assert_eq!(detailed, fast);
    assert_eq!(detailed.stats, fast.stats);
}

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

    /// One tick of a neuron with parameters `n` whose events count `d`, by the rules of the semantics
    /// and nothing else: `(u, v, s)`.
    pub fn step(&self, n: usize, v: i16, d: i32, fires: bool) -> (i16, i16, bool) {
        let v = i32::from(v);
        let leak = if self.leak_shift == 0 { v } else { v - (v >> self.leak_shift) };
        let sum = leak + d * i32::from(self.gain) + i32::from(self.bias[n]);
        let (u, theta) = (sum.clamp(-32768, 32767), i32::from(self.theta[n]));
        let s = fires && if self.above { u > theta } else { u >= theta };
        let v = if s { if self.zero { 0 } else { u - theta } } else { u };
        (u as i16, v as i16, s)
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
        let (mut weights, mut param_words) = (Vec::<u16>::new(), Vec::<u16>::new());
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
                    | scan::WEIGHT_GROUP.put((weights.len() / spec.row_words() / group) as u32)
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
                let words = TileWords {
                    rows,
                    rounds: 1,
                    windowed: false,
                    pool_m1: 0,
                    param_row: param_words.len() / 32,
                    fires: !self.potential_layer(number),
                    first_spike: last_layer && self.readout == Readout::FirstSpike,
                    last,
                    layer: number,
                    first,
                    target_group: free(target_group + first / group),
                    target_word: 0,
                    target_step: stride as u32,
                };
                tiles.extend(words.encode(layer));
                for source in 0..groups * group {
                    for bank in 0..spec.row_words() {
                        let bit = |i: usize| {
                            let row = layer.weights.get(first + bank * 16 + i);
                            row.and_then(|r| r.get(source)).is_some_and(|&b| b)
                        };
                        weights.push((0..16).map(|i| u16::from(bit(i)) << i).sum());
                    }
                }
                let number = |lane: usize| (lane < live).then_some(first + lane);
                param_words.extend(params(layer, rows, units, number));
            }
            layers.push(LayerImage {
                name: format!("layer{number}"),
                neurons,
                first_tile,
                tiles: tiles_of(layer),
                gangs: 1,
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
                pools: false,
                windowed: None,
                pooled: None,
            });
            source_group = target_group;
            sources = neurons;
        }
        let classes = sources;
        let readout = (classes as u16 - 1) | (u16::from(self.readout == Readout::Potential) << 8);
        let control = vec![(self.ticks as u16 - 1) | (stride as u16) << 8, readout];
        let memories = memories([weights, program, tiles, control], &param_words, units);
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
            seal: 0,
        }
        .sealed()
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
            let mut v = vec![0; l.weights.len()];
            let mut ticks = Vec::new();
            for spikes in &source {
                let row = (0..v.len()).map(|i| {
                    let on = spikes.iter().zip(&l.weights[i]).filter(|(s, _)| **s);
                    let d: i32 = on.map(|(_, &w)| if w { 1 } else { -1 }).sum();
                    let now = l.step(i, v[i], d, !self.potential_layer(number));
                    v[i] = now.1;
                    now
                });
                ticks.push(row.collect::<Vec<_>>());
            }
            source = ticks.iter().map(|t| t.iter().map(|n| n.2).collect()).collect();
            out.push(ticks);
        }
        out
    }
}

/// The class that the last layer's `(u, v, s)` per tick and neuron give, and whether it is undecided.
pub fn decide(readout: Readout, last: &[Vec<(i16, i16, bool)>]) -> (usize, bool) {
    let ticks = last.len();
    let key = |i: usize| -> i32 {
        match readout {
            Readout::Potential => last[ticks - 1][i].1.into(),
            Readout::SpikeCount => last.iter().map(|t| i32::from(t[i].2)).sum(),
            Readout::FirstSpike => {
                last.iter().position(|t| t[i].2).map_or(0, |t| (ticks - t) as i32)
            }
        }
    };
    let best = (0..last[0].len()).rev().max_by_key(|&i| key(i)).unwrap();
    let undecided = readout != Readout::Potential && key(best) == 0;
    (if undecided { 0 } else { best }, undecided)
}
