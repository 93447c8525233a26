//! How many cycles a sample takes, from event counts alone: the recurrence of `docs/core.md`,
//! section 4, over passes instead of cycles. Guards, gates, flushes, drain and readout are exact.
//! The scanner is exact as long as it keeps ahead. Where events are about as few as groups it does
//! not always, their places matter, and the estimate takes every place as equally likely: within
//! 3 % of the cycle simulator, or one of 33 cycles, on random trains, mostly equal to it. Strokes of an
//! image leave whole groups empty: on MNIST digits the estimate is 1 % low on average, 12 % on the
//! thinnest digit (`tests/cost.rs` of the root package).

use crate::allocate::{TileShape, tile_neurons, tile_shape};
use serde::{Deserialize, Serialize};
use spikewright_ir::{
    CoreImage, CoreSpec, InputTrain, LayerImage, Network, Source, SpikeTrain, Transcript,
    layout::timing,
};
use thiserror::Error;

/// Guard value after start: the first fire table entry is loaded meanwhile.
const START_GUARD: u64 = timing::TABLE_LOAD as u64 + 1;
/// First cycle of state `scan`: idle and gate come before.
const START_SCAN: u64 = 2;
/// From the scan of a summary word to its first token's take.
const SCAN_TO_TAKE: u64 = 7;
/// From the take of a fire token to pass done, less the tile's rows.
const TAKE_TO_DONE: u64 = 12;
/// From pass done to the scan that it lets through the gate.
const DONE_TO_SCAN: u64 = 2;
/// From the last pass done to the result, less the classes.
const DONE_TO_RESULT: u64 = 1;

/// Why a cost cannot be given.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CostError {
    /// Not one count per layer, tick and plane of its source.
    #[error(
        "event counts are {layers} layers of {ticks:?} ticks, the image has {expected_layers} layers of {expected_ticks}; count the events of each layer's source in each tick and plane"
    )]
    Counts {
        /// Layers given.
        layers: usize,
        /// Counts of the first layer that differs, if one does.
        ticks: Option<usize>,
        /// Layers of the image.
        expected_layers: usize,
        /// Counts of a layer, ticks times planes of its source.
        expected_ticks: usize,
    },
    /// More events in a tick than the source has neurons.
    #[error(
        "layer {layer} is given {count} events in a tick, its source has {fan_in} neurons; count the events of each layer's source"
    )]
    TooMany {
        /// Layer concerned, counted from 0.
        layer: usize,
        /// Events given.
        count: u32,
        /// Neurons of the source.
        fan_in: usize,
    },
    /// The image does not describe tiles of its preset.
    #[error("layer {layer} of the image does not fit preset {preset}; compile the network again")]
    Image {
        /// Layer concerned, counted from 0.
        layer: usize,
        /// Preset named by the image.
        preset: spikewright_ir::Preset,
    },
    /// The transcript is of another network.
    #[error("the spikes given lack layer {layer}; run the network that was compiled")]
    Spikes {
        /// Layer concerned, counted from 0.
        layer: usize,
    },
}

/// One layer's work and what bounds it, in cycles per sample.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LayerCost {
    /// Layer's name.
    pub name: String,
    /// Source events of all ticks and planes.
    pub events: u64,
    /// Synaptic operations: events times neurons times weight planes.
    pub sop: u64,
    /// Cycles in which its lanes take an event: events times tiles times weight planes.
    pub lane_cycles: u64,
    /// Cycles its passes occupy the fire units.
    pub fire_cycles: u64,
    /// Cycles the scanner needs for its source's summary words.
    pub scan_cycles: u64,
    /// The greatest of the three: `lanes`, `fire` or `scan`.
    pub bound: String,
}

/// A sample's cost.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CostEstimate {
    /// From the accepted start to the result, as the core counts.
    pub cycles: u64,
    /// Synaptic operations.
    pub sop: u64,
    /// Cycles in which the lanes take an event.
    pub lane_busy: u64,
    /// `1000 · sop / (P · cycles)`.
    pub lane_utilization_permille: u64,
    /// Layers in order.
    pub layers: Vec<LayerCost>,
}

/// Cost of a sample in which layer `l`'s source spikes `events[l][t·m + q]` times in tick `t` and
/// plane `q` of its `m` planes.
pub fn cost(image: &CoreImage, events: &[Vec<u32>]) -> Result<CostEstimate, CostError> {
    let spec = image.preset.spec();
    let cycles = cycles(image, events)?;
    let layers: Vec<_> =
        (0..image.layers.len()).map(|l| layer_cost(image, l, &events[l], &spec)).collect();
    let sop = layers.iter().map(|l| l.sop).sum();
    Ok(CostEstimate {
        cycles,
        sop,
        lane_busy: layers.iter().map(|l| l.lane_cycles).sum(),
        lane_utilization_permille: 1000 * sop / (spec.lanes as u64 * cycles.max(1)),
        layers,
    })
}

fn layer_cost(image: &CoreImage, l: usize, events: &[u32], spec: &CoreSpec) -> LayerCost {
    let layer = &image.layers[l];
    let (tiles, planes) = (layer.tiles as u64, layer.weight_planes as u64);
    let passes = (image.ticks * layer.input_planes) as u64 * planes;
    let events: u64 = events.iter().map(|&e| u64::from(e)).sum();
    let shapes =
        || tile_neurons(layer.neurons, spec.lanes).map(|n| tile_shape(n, layer.fan_in, spec));
    let lane_cycles = events * tiles * planes;
    let fire_cycles = passes * shapes().map(span).sum::<u64>();
    let scan_cycles = passes * shapes().map(|s| s.groups as u64 + 2).sum::<u64>();
    let bound = match lane_cycles.max(fire_cycles).max(scan_cycles) {
        most if most == lane_cycles => "lanes",
        most if most == fire_cycles => "fire",
        _ => "scan",
    };
    LayerCost {
        name: layer.name.clone(),
        events,
        sop: events * layer.neurons as u64 * planes,
        lane_cycles,
        fire_cycles,
        scan_cycles,
        bound: bound.into(),
    }
}

/// Cycles of a sample, as [`cost`] gives them.
pub fn cycles(image: &CoreImage, events: &[Vec<u32>]) -> Result<u64, CostError> {
    let spec = image.preset.spec();
    check(image, events, &spec)?;
    let mut line = Timeline::new(image.ticks);
    for (l, (layer, counts)) in image.layers.iter().zip(events).enumerate() {
        let tiles = tile_neurons(layer.neurons, spec.lanes).count();
        for (k, neurons) in tile_neurons(layer.neurons, spec.lanes).enumerate() {
            let shape = tile_shape(neurons, layer.fan_in, &spec);
            line.tile(shape, layer, counts, l > 0 && k == 0);
            let last = l + 1 == image.layers.len() && k + 1 == tiles;
            if last || image.ticks == 1 && k + 1 == tiles {
                line.flush();
            }
        }
    }
    Ok(line.done.last().map_or(0, |y| y + DONE_TO_RESULT + image.classes as u64))
}

fn check(image: &CoreImage, events: &[Vec<u32>], spec: &CoreSpec) -> Result<(), CostError> {
    let expected = |l: &LayerImage| image.ticks * l.input_planes;
    let mut pairs = events.iter().zip(&image.layers);
    let wrong = pairs.find(|(counts, l)| counts.len() != expected(l));
    if events.len() != image.layers.len() || wrong.is_some() {
        return Err(CostError::Counts {
            layers: events.len(),
            ticks: wrong.map(|(counts, _)| counts.len()),
            expected_layers: image.layers.len(),
            expected_ticks: wrong.map_or(image.ticks, |(_, l)| expected(l)),
        });
    }
    for (layer, (l, counts)) in image.layers.iter().zip(events).enumerate() {
        if let Some(&count) = counts.iter().find(|&&c| c as usize > l.fan_in) {
            return Err(CostError::TooMany { layer, count, fan_in: l.fan_in });
        }
    }
    let bad = image.layers.iter().position(|l| {
        l.neurons == 0
            || l.fan_in == 0
            || l.weight_planes == 0
            || l.input_planes == 0
            || l.tiles > spec.tiles
            || l.tiles != l.neurons.div_ceil(spec.lanes)
    });
    match bad {
        Some(layer) => Err(CostError::Image { layer, preset: image.preset }),
        None => Ok(()),
    }
}

/// Cycles from a pass's fire token to the next `first` token.
fn span(shape: TileShape) -> u64 {
    shape.rows.max(timing::MIN_SPAN) as u64
}

/// The last pass issued, whose fire token is the next first one.
#[derive(Clone, Copy)]
struct Open {
    /// Last pass of its tick.
    ends: bool,
    /// Take of its last token.
    last: u64,
    rows: u64,
    span: u64,
}

/// Where the sample stands between passes.
struct Timeline {
    ticks: usize,
    /// Cycle of pass done, per tick of a tile that has been fired.
    done: Vec<u64>,
    /// Least cycle of the next first token, by the guard.
    guard: u64,
    open: Option<Open>,
    /// Least cycle of the next scan, by scan control.
    scan: u64,
    /// Least cycle of the next scan, by what the extractors and FIFOs hold.
    room: u64,
    /// Take of the last token.
    last: u64,
}

impl Timeline {
    fn new(ticks: usize) -> Self {
        Self {
            ticks,
            done: Vec::new(),
            guard: START_GUARD,
            open: None,
            scan: START_SCAN,
            room: 0,
            last: 0,
        }
    }

    fn tile(&mut self, shape: TileShape, layer: &LayerImage, counts: &[u32], gate: bool) {
        // The ticks of the tile before, which a gated tile waits for one by one.
        let before = if gate { self.issued() - self.ticks } else { 0 };
        let (planes, inputs) = (layer.weight_planes, layer.input_planes);
        let passes = planes * inputs;
        for k in 0..self.ticks * passes {
            let (tick, pass) = (k / passes, k % passes);
            if gate && pass == 0 && before + tick < self.done.len() {
                self.scan = self.scan.max(self.done[before + tick] + DONE_TO_SCAN);
            }
            let events = u64::from(counts[tick * inputs + pass / planes]);
            let last = k + 1 == self.ticks * passes;
            self.pass(shape, layer.fan_in as u64, events, last, pass + 1 == passes);
        }
    }

    /// One pass: `last` of its tile, `ends` its tick.
    fn pass(&mut self, shape: TileShape, fan_in: u64, events: u64, last: bool, ends: bool) {
        let groups = shape.groups as u64;
        let scan = self.scan.max(self.room);
        let Scan { lead, tail, cycles } = scan_of(events, groups, fan_in);
        let first = self.guard.max(self.last + 1).max(scan + SCAN_TO_TAKE + lead);
        self.fire(first);
        self.last = (first + events.max(1) - 1).max(scan + SCAN_TO_TAKE + tail);
        let span = span(shape) + if last { timing::TILE_SWITCH as u64 } else { 0 };
        self.open = Some(Open { ends, last: self.last, rows: shape.rows as u64, span });
        // `turn` and `gate` between passes, `fetch` and `load` between the two between tiles.
        self.scan = scan + cycles + 2 + if last { 2 } else { 0 };
        self.room = self.last.saturating_sub(held(events, groups, fan_in));
    }

    /// A null token that pushes the open pass out.
    fn flush(&mut self) {
        // State flush follows the last scan; fetch, load and gate follow it.
        let scan = (self.scan - 3).max(self.room);
        let take = self.guard.max(self.last + 1).max(scan + SCAN_TO_TAKE);
        self.fire(take);
        self.last = take;
        self.scan = scan + 4;
    }

    /// The open pass fires at `take`.
    fn fire(&mut self, take: u64) {
        if let Some(open) = self.open.take() {
            debug_assert!(open.last < take);
            if open.ends {
                self.done.push(take + TAKE_TO_DONE + open.rows);
            }
            self.guard = take + open.span;
        }
    }

    fn issued(&self) -> usize {
        self.done.len() + usize::from(self.open.is_some())
    }
}

/// Tokens that wait between the summary and the issue stage when the scanner has been stopped: a
/// group in the first extractor, four words (FIFO, R, A), and three tokens behind.
fn held(events: u64, groups: u64, fan_in: u64) -> u64 {
    let words = events.clamp(1, fan_in.div_ceil(16));
    events.max(1).div_ceil(groups) + 4 * (events.max(1) / words) + 3
}

/// The first extractor's work for a pass.
struct Scan {
    /// Cycles before the first event's group.
    lead: u64,
    /// Cycles before the last event's word.
    tail: u64,
    /// One for each word that is not 0, and one for each group that is.
    cycles: u64,
}

/// Expected work when the events lie anywhere with equal chance. A pass without events shows at its
/// last group.
fn scan_of(events: u64, groups: u64, fan_in: u64) -> Scan {
    if events == 0 {
        return Scan { lead: groups - 1, tail: groups - 1, cycles: groups };
    }
    let words = fan_in.div_ceil(16);
    let busy = (words << 16) - missed(words, events) + missed(groups, events);
    let cycles = groups.max((busy + (1 << 15)) >> 16);
    let lead = groups / (events + 1);
    Scan { lead, tail: (cycles - 1).saturating_sub(lead).max(lead), cycles }
}

/// How many of `n` places `events` events are expected to miss, `n·(1 − 1/n)^events`, times 2^16.
fn missed(n: u64, events: u64) -> u64 {
    (0..events).fold(n << 16, |left, _| left - left / n)
}

/// Counts for [`cost`] from what a level says happened: per tick, and per plane of the input.
pub fn source_events(
    network: &Network,
    input: &InputTrain,
    transcript: &Transcript,
) -> Result<Vec<Vec<u32>>, CostError> {
    let missing = |layer| CostError::Spikes { layer };
    (network.layers.iter().enumerate())
        .map(|(l, layer)| {
            let source = layer.projections().first().ok_or(missing(l))?.source;
            let planes: Vec<&SpikeTrain> = match source {
                Source::Input => input.planes.iter().collect(),
                Source::Layer(n) => vec![&transcript.layers.get(n).ok_or(missing(n))?.spikes],
            };
            let ticks = planes.first().ok_or(missing(l))?.ticks();
            let count = |t| move |train: &&SpikeTrain| train.tick(t).count_ones() as u32;
            Ok((0..ticks).flat_map(|t| planes.iter().map(count(t))).collect())
        })
        .collect()
}
