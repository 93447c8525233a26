//! How many cycles a sample takes, from event counts alone: the recurrence of `docs/core.md`,
//! section 4, over passes instead of cycles. Guards, gates, flushes, drain and readout are exact.
//! The scanner is exact as long as it keeps ahead. Where events are about as few as groups it does
//! not always, their places matter, and the estimate takes every place as equally likely: within
//! 3 % of the cycle simulator, or one of 33 cycles, on random trains, mostly equal to it. Strokes of an
//! image leave whole groups empty: on MNIST digits the estimate is 0.6 % low on average, 9 % on the
//! thinnest digit (`tests/cost.rs` of the root package). Of a windowed tile it takes every round to have
//! its share of the source's events: it is low where they crowd, as the fire units do not wait for them.

use crate::program::{Order, ProgramPass, program, source_groups};
use serde::{Deserialize, Serialize};
use spikewright_ir::{
    CoreImage, CoreSpec, InputTrain, ProjectionImage, Source, SpikeTrain, Transcript, WindowReads,
    WindowedTile, layout::timing,
};
use thiserror::Error;

/// Guard value after start: the first tile table entry is loaded meanwhile.
const START_GUARD: u64 = timing::START_GUARD as u64 + 1;
/// First cycle of state `scan`: idle and turn come before.
const START_SCAN: u64 = 2;
/// From the scan of a summary word to its first token's take.
const SCAN_TO_TAKE: u64 = 7;
/// From the take of a fire token to pass done, less the tile's rows.
const TAKE_TO_DONE: u64 = 11;
/// From pass done to the scan that it lets through the gate.
const DONE_TO_SCAN: u64 = 2;
/// From the last pass done to the result, less the classes.
const DONE_TO_RESULT: u64 = 2;

/// How many spikes there are in each tick of a sample.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SpikeCounts {
    /// Of the input: tick `t` and plane `q` of `m` planes in place `t · m + q`.
    pub input: Vec<u32>,
    /// Of each layer, one for a tick.
    pub layers: Vec<Vec<u32>>,
}

/// Why a cost cannot be given.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CostError {
    /// Not one count per tick.
    #[error(
        "{population} has {counts} counts of spikes, the image has {expected}; count the spikes of each tick, and of each plane of the input"
    )]
    Counts {
        /// `the input`, or which layer.
        population: String,
        /// Counts given.
        counts: usize,
        /// Ticks, or of the input ticks times planes.
        expected: usize,
    },
    /// More spikes in a tick than there are neurons.
    #[error("{population} is given {count} spikes in a tick, it has {neurons} neurons")]
    TooMany {
        /// `the input`, or which layer.
        population: String,
        /// Spikes given.
        count: u32,
        /// Neurons of the population.
        neurons: usize,
    },
    /// The image does not describe tiles of its preset.
    #[error("layer {layer} of the image does not fit preset {preset}; compile the network again")]
    Image {
        /// Layer concerned, counted from 0.
        layer: usize,
        /// Preset named by the image.
        preset: spikewright_ir::Preset,
    },
}

/// One layer's work and what bounds it, in cycles per sample.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LayerCost {
    /// Layer's name.
    pub name: String,
    /// Events of its sources in all ticks and planes.
    pub events: u64,
    /// Synaptic operations: events times neurons times weight planes; none of an identity.
    pub sop: u64,
    /// Cycles in which its lanes take an event: events times tiles times weight planes.
    pub lane_cycles: u64,
    /// Cycles its passes occupy the fire units.
    pub fire_cycles: u64,
    /// Cycles the scanner needs for its sources' summary words.
    pub scan_cycles: u64,
    /// The greatest of the three: `lanes`, `fire` or `scan`.
    pub bound: String,
}

/// A sample's cost, or that of a tick of a stream.
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

/// Cost of a sample with these spikes. In a stream a sample is a tick; delayed projections see the
/// spikes of the same counts then, as if it repeated itself.
pub fn cost(image: &CoreImage, counts: &SpikeCounts) -> Result<CostEstimate, CostError> {
    let spec = image.preset.spec();
    check(image, counts, &spec)?;
    let run = Passes::of(image, counts, Share::Equal, &spec);
    let cycles = run.cycles();
    let layers: Vec<_> = (0..image.layers.len()).map(|l| run.layer_cost(l)).collect();
    let sop = layers.iter().map(|l| l.sop).sum();
    Ok(CostEstimate {
        cycles,
        sop,
        lane_busy: layers.iter().map(|l| l.lane_cycles).sum(),
        lane_utilization_permille: 1000 * sop / (spec.lanes as u64 * cycles.max(1)),
        layers,
    })
}

/// Cycles of a sample, as [`cost`] gives them.
pub fn cycles(image: &CoreImage, counts: &SpikeCounts) -> Result<u64, CostError> {
    let spec = image.preset.spec();
    check(image, counts, &spec)?;
    Ok(Passes::of(image, counts, Share::Equal, &spec).cycles())
}

/// Which of a source's events a round of a windowed tile is taken to see.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// Those that fall to it when all neurons spike alike.
    Equal,
    /// As many as its words hold.
    Most,
}

/// Most cycles of a sample, or of a tick of a stream: those in which every neuron spikes. A pass with
/// fewer events ends no later, and what it holds up by showing late is less than what it saves. Of the
/// words that a windowed tile reads every bit is counted, be it a neuron or not.
pub fn worst_cycles(image: &CoreImage) -> Result<u64, CostError> {
    let (spec, counts) = (image.preset.spec(), SpikeCounts::full(image));
    check(image, &counts, &spec)?;
    Ok(Passes::of(image, &counts, Share::Most, &spec).cycles())
}

impl SpikeCounts {
    /// All neurons of all populations in every tick.
    pub fn full(image: &CoreImage) -> Self {
        Self::share(image, 1)
    }

    /// One neuron of `part` in every tick, rounded down.
    pub fn share(image: &CoreImage, part: usize) -> Self {
        let of = |neurons: usize, count: usize| vec![(neurons / part) as u32; count];
        Self {
            input: of(image.inputs, image.ticks * image.input_planes),
            layers: image.layers.iter().map(|l| of(l.neurons, image.ticks)).collect(),
        }
    }

    /// What a level says happened.
    pub fn of(input: &InputTrain, transcript: &Transcript) -> Self {
        let count = |t| move |train: &SpikeTrain| train.tick(t).count_ones() as u32;
        let layer = |l: &spikewright_ir::LayerTranscript| {
            (0..l.spikes.ticks()).map(|t| count(t)(&l.spikes)).collect()
        };
        Self {
            input: (0..input.ticks()).flat_map(|t| input.planes.iter().map(count(t))).collect(),
            layers: transcript.layers.iter().map(layer).collect(),
        }
    }
}

fn check(image: &CoreImage, counts: &SpikeCounts, spec: &CoreSpec) -> Result<(), CostError> {
    let bad = image.layers.iter().position(|l| {
        let zero = |p: &ProjectionImage| {
            let Source::Layer(n) = p.source else { return p.fan_in * p.source_planes == 0 };
            n >= image.layers.len() || p.fan_in * p.weight_planes == 0
        };
        let tiles = match (&l.windowed, &l.pooled) {
            (None, None) => l.tiles == l.neurons.div_ceil(spec.lanes),
            (Some(w), None) => {
                let whole = |t: &WindowedTile| {
                    t.reads.len() == l.projections.len() && t.rows * t.rounds > 0
                };
                l.tiles == w.tiles.len() && w.tiles.iter().all(whole)
            }
            (None, Some(p)) => l.tiles == 0 && p.layer < image.layers.len(),
            (Some(_), Some(_)) => false,
        };
        l.neurons == 0
            || l.projections.is_empty() != l.pooled.is_some()
            || l.projections.iter().any(zero)
            || l.tiles > spec.tiles
            || !tiles
    });
    if let Some(layer) = bad {
        return Err(CostError::Image { layer, preset: image.preset });
    }
    if counts.layers.len() != image.layers.len() {
        let (counts, expected) = (counts.layers.len(), image.layers.len());
        return Err(CostError::Counts {
            population: "the list of layers".into(),
            counts,
            expected,
        });
    }
    let name = |layer: usize| format!("layer {layer}");
    let layers = counts.layers.iter().zip(&image.layers).enumerate();
    let layers = layers.map(|(n, (c, l))| (name(n), c, l.neurons, image.ticks));
    let (inputs, expected) = (image.inputs, image.ticks * image.input_planes);
    for (population, counts, neurons, expected) in
        [("the input".into(), &counts.input, inputs, expected)].into_iter().chain(layers)
    {
        if counts.len() != expected {
            return Err(CostError::Counts { population, counts: counts.len(), expected });
        }
        if let Some(&count) = counts.iter().find(|&&c| c as usize > neurons) {
            return Err(CostError::TooMany { population, count, neurons });
        }
    }
    Ok(())
}

/// The passes of a sample, one after the other as they are run.
struct Passes<'a> {
    image: &'a CoreImage,
    list: Vec<Pass>,
}

/// A pass in a tick.
struct Pass {
    program: ProgramPass,
    shape: PassShape,
    events: u64,
    /// Whether it waits at its gate, flushes, and switches tiles, in this tick and round.
    gate: bool,
    flush: bool,
    switch: bool,
    /// Whether it is the last of a round, and an entry of the program follows that says so.
    round_ends: bool,
}

/// Sizes of a pass in the core's units.
#[derive(Clone, Copy)]
struct PassShape {
    /// Shift rows of its tile.
    rows: usize,
    /// Spike groups it reads.
    groups: usize,
    /// Neurons in them.
    sources: usize,
}

impl<'a> Passes<'a> {
    fn of(image: &'a CoreImage, counts: &SpikeCounts, share: Share, spec: &CoreSpec) -> Self {
        let order = if image.tick_order { Order::Ticks } else { Order::Tiles };
        let program = program(&image.layers, image.ticks, order, spec);
        let mut list = Vec::new();
        for turn in program.split_inclusive(|p| p.turns) {
            let rounds = turn.last().map_or(1, |p| p.rounds);
            for (round, tick) in
                (0..rounds).flat_map(|r| (0..image.ticks).map(move |tick| (r, tick)))
            {
                let last = tick + 1 == image.ticks;
                let done = last && round + 1 == rounds;
                list.extend(turn.iter().map(|p| {
                    let projection = &image.layers[p.layer].projections[p.projection];
                    let reads = reads(image, p);
                    Pass {
                        program: *p,
                        shape: pass_shape(p, projection, reads, spec),
                        events: events(p, projection, reads, share, image, counts, tick, spec),
                        gate: p.gate && round == 0,
                        flush: p.flush || p.flush_last && last,
                        switch: if p.turns && !done { p.switch_back } else { p.switch_on },
                        round_ends: p.turns && last && rounds > 1,
                    }
                }));
            }
        }
        Self { image, list }
    }

    fn cycles(&self) -> u64 {
        let strict = self.image.tick_order || self.image.ticks == 1;
        let mut line = Timeline::new(if strict { 0 } else { self.image.ticks - 1 });
        self.list.iter().for_each(|pass| line.pass(pass));
        line.done.last().map_or(0, |y| y + DONE_TO_RESULT + self.image.classes as u64)
    }

    fn layer_cost(&self, layer: usize) -> LayerCost {
        let l = &self.image.layers[layer];
        let passes = || self.list.iter().filter(move |p| p.program.layer == layer);
        let projection = |p: &Pass| &l.projections[p.program.projection];
        let lane_cycles = passes().map(|p| p.events).sum();
        let fire_cycles = passes().map(|p| span(p.shape)).sum();
        let scan_cycles = passes().map(|p| p.shape.groups as u64 + 1).sum();
        let dense = || passes().filter(|p| !projection(p).unsigned);
        let once = |p: &&Pass| {
            let image = projection(p);
            // Windowed tiles see a part each.
            let each = image.identity || l.windowed.is_some();
            p.program.plane == 0 && (p.program.part == 0 || each)
        };
        let reached = |p: &Pass| match reads(self.image, &p.program) {
            Some(r) => p.events * r.synapses as u64 / r.sources.max(1) as u64,
            None => p.events * p.program.neurons as u64,
        };
        let bound = match u64::max(lane_cycles, fire_cycles).max(scan_cycles) {
            most if most == lane_cycles => "lanes",
            most if most == fire_cycles => "fire",
            _ => "scan",
        };
        LayerCost {
            name: l.name.clone(),
            events: passes().filter(once).map(|p| p.events).sum(),
            sop: dense().map(reached).sum(),
            lane_cycles,
            fire_cycles,
            scan_cycles,
            bound: bound.into(),
        }
    }
}

/// What a windowed pass reads.
fn reads(image: &CoreImage, p: &ProgramPass) -> Option<WindowReads> {
    let windowed = image.layers[p.layer].windowed.as_ref()?;
    Some(windowed.tiles[p.part].reads[p.projection])
}

fn pass_shape(
    p: &ProgramPass,
    projection: &ProjectionImage,
    reads: Option<WindowReads>,
    spec: &CoreSpec,
) -> PassShape {
    let (groups, sources) = match reads {
        // Another entry takes a turn between.
        Some(r) => (2 * r.entries.max(1) - 1, (r.sources / p.rounds.max(1)).max(1)),
        None if projection.identity => (source_groups(p, projection, spec), p.neurons),
        None => (source_groups(p, projection, spec), projection.fan_in.max(1)),
    };
    PassShape { rows: p.rows, groups, sources }
}

/// Events of a pass in a tick; an identity's tile, a windowed one and a part of a source take their
/// share of them.
#[allow(clippy::too_many_arguments)] // what a pass is, and where it stands
fn events(
    p: &ProgramPass,
    projection: &ProjectionImage,
    reads: Option<WindowReads>,
    share: Share,
    image: &CoreImage,
    counts: &SpikeCounts,
    tick: usize,
    spec: &CoreSpec,
) -> u64 {
    let before = if image.stream { Some(tick) } else { tick.checked_sub(1) };
    let tick = if projection.delayed { before } else { Some(tick) };
    let count = u64::from(tick.map_or(0, |t| match projection.source {
        Source::Input => counts.input[t * image.input_planes + p.source_plane],
        Source::Layer(n) => counts.layers[n][t],
    }));
    let all = match projection.source {
        Source::Input => image.inputs,
        Source::Layer(n) => image.layers[n].neurons,
    } as u64;
    if let Some(reads) = reads {
        return match share {
            Share::Equal => count * reads.sources as u64 / (all * p.rounds as u64),
            Share::Most => count.min(16 * reads.words as u64),
        };
    }
    if !projection.identity {
        return count * projection.fan_in as u64 / all;
    }
    let upto = |neuron: usize| count * neuron as u64 / projection.fan_in as u64;
    let first = p.part * spec.lanes;
    upto(first + p.neurons) - upto(first)
}

/// Cycles from a pass's fire token to the next `first` token.
fn span(shape: PassShape) -> u64 {
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
    /// Tiles and ticks that may be unwritten at a gate.
    slack: usize,
    /// Tiles and ticks whose passes have all been scanned.
    begun: usize,
    /// Cycle of pass done, per tile and tick that has been fired.
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
    fn new(slack: usize) -> Self {
        Self {
            slack,
            begun: 0,
            done: Vec::new(),
            guard: START_GUARD,
            open: None,
            scan: START_SCAN,
            room: 0,
            last: 0,
        }
    }

    fn pass(&mut self, pass: &Pass) {
        if pass.gate
            && let Some(waits_for) = self.begun.checked_sub(self.slack + 1)
            && let Some(done) = self.done.get(waits_for)
        {
            self.scan = self.scan.max(done + DONE_TO_SCAN);
        }
        self.begun += usize::from(pass.program.ends);
        let (groups, fan_in) = (pass.shape.groups as u64, pass.shape.sources as u64);
        let scan = self.scan.max(self.room);
        let Scan { lead, tail, cycles } = scan_of(pass.events, groups, fan_in);
        let first = self.guard.max(self.last + 1).max(scan + SCAN_TO_TAKE + lead);
        self.fire(first);
        self.last = (first + pass.events.max(1) - 1).max(scan + SCAN_TO_TAKE + tail);
        let switch = if pass.switch { timing::TILE_SWITCH as u64 } else { 0 };
        let (rows, span) = (pass.shape.rows as u64, span(pass.shape) + switch);
        self.open = Some(Open { ends: pass.program.ends, last: self.last, rows, span });
        // State `turn` between passes.
        self.scan = scan + cycles + 1;
        self.room = self.last.saturating_sub(held(pass.events, groups, fan_in));
        if pass.flush {
            self.flush();
        }
        self.scan += if pass.round_ends { 2 } else { 0 };
    }

    /// A null token that pushes the open pass out.
    fn flush(&mut self) {
        // State flush follows the last scan, turn follows it.
        let scan = (self.scan - 1).max(self.room);
        let take = self.guard.max(self.last + 1).max(scan + SCAN_TO_TAKE);
        self.fire(take);
        self.last = take;
        self.scan = scan + 2;
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
