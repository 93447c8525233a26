//! How many cycles a sample takes, from event counts alone: the recurrence of `docs/core.md`,
//! section 4, over passes instead of cycles. Guards, gates, flushes, drain and readout are exact.
//! The scanner is exact as long as it keeps ahead. Where events are about as few as groups it does
//! not always, their places matter, and the estimate takes every place as equally likely: within
//! 3 % of the cycle simulator, or one of 33 cycles, on random trains, mostly equal to it. Strokes of an
//! image leave whole groups empty: on MNIST digits the estimate is 0.6 % low on average, 9 % on the
//! thinnest digit (`tests/cost.rs` of the root package). Of a windowed tile it takes every round to have
//! its share of the source's events: it is low where they crowd, as the fire units do not wait for them.

use crate::{
    counts::SpikeCounts,
    load::{LayerLoad, Work},
    program::{Order, ProgramPass, program, source_groups},
    timeline::{Timeline, span},
};
use serde::{Deserialize, Serialize};
use spikewright_ir::{CoreImage, CoreSpec, ProjectionImage, Source, WindowReads, WindowedTile};
use thiserror::Error;

/// From the last pass done to the result, less the classes.
const DONE_TO_RESULT: u64 = 2;

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
    /// What it asks of the core, and how well it uses it.
    pub load: LayerLoad,
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
    let written = run.written();
    let cycles = run.result(&written);
    let mut before = 0;
    let layers: Vec<_> = (0..image.layers.len())
        .map(|l| run.layer_cost(l, run.layer_cycles(l, &written, &mut before), &spec))
        .collect();
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
/// fewer events may begin later, by as many groups as are empty before the first one: it is taken to begin with
/// the last group and to end with the last of all events, whether or not one pass can do both. Of the
/// words that a windowed tile reads every bit is counted, be it a neuron or not.
pub fn worst_cycles(image: &CoreImage) -> Result<u64, CostError> {
    let (spec, counts) = (image.preset.spec(), SpikeCounts::full(image));
    check(image, &counts, &spec)?;
    Ok(Passes::of(image, &counts, Share::Most, &spec).cycles())
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
        let ganged = |p: &ProjectionImage| p.weight_planes.checked_rem(l.gangs) == Some(0);
        l.neurons == 0
            || !l.projections.iter().all(ganged)
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
    spec: CoreSpec,
    share: Share,
    list: Vec<Pass>,
}

/// A pass in a tick.
pub(crate) struct Pass {
    pub program: ProgramPass,
    pub shape: PassShape,
    pub events: u64,
    /// Whether it waits at its gate, flushes, and switches tiles, in this tick and round.
    pub gate: bool,
    pub flush: bool,
    pub switch: bool,
    /// Whether it is the last of a round, and an entry of the program follows that says so.
    pub round_ends: bool,
}

/// Sizes of a pass in the core's units.
#[derive(Clone, Copy)]
pub(crate) struct PassShape {
    /// Shift rows of its tile.
    pub rows: usize,
    /// Spike groups it reads.
    pub groups: usize,
    /// Neurons in them.
    pub sources: usize,
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
                    Pass {
                        program: *p,
                        shape: pass_shape(p, projection, reads(image, p), share, spec),
                        events: events(p, share, image, counts, tick, spec),
                        gate: p.gate && round == 0,
                        flush: p.flush || p.flush_last && last,
                        switch: if p.turns && !done { p.switch_back } else { p.switch_on },
                        round_ends: p.turns && last && rounds > 1,
                    }
                }));
            }
        }
        Self { image, spec: *spec, share, list }
    }

    fn cycles(&self) -> u64 {
        self.result(&self.written())
    }

    /// When the passes that end a tick are done, in their order.
    fn written(&self) -> Vec<u64> {
        let strict = self.image.tick_order || self.image.ticks == 1;
        let slack = if strict { 0 } else { self.image.ticks - 1 };
        let late = self.share == Share::Most;
        let mut line = Timeline::new(slack, &self.spec, late);
        self.list.iter().for_each(|pass| line.pass(pass));
        line.done
    }

    /// When the result is valid.
    fn result(&self, written: &[u64]) -> u64 {
        written.last().map_or(0, |y| y + DONE_TO_RESULT + self.image.classes as u64)
    }

    /// From the last write-back `before` to that of a layer, which takes its place.
    fn layer_cycles(&self, layer: usize, written: &[u64], before: &mut u64) -> Option<u64> {
        let ending = self.list.iter().filter(|p| p.program.ends).zip(written);
        let last =
            ending.filter(|(p, _)| p.program.layer == layer).map(|(_, done)| done - 1).max()?;
        let cycles = last - *before;
        *before = last;
        (!self.image.tick_order).then_some(cycles)
    }

    fn layer_cost(&self, layer: usize, cycles: Option<u64>, spec: &CoreSpec) -> LayerCost {
        let l = &self.image.layers[layer];
        let passes = || self.list.iter().filter(move |p| p.program.layer == layer);
        let projection = |p: &Pass| &l.projections[p.program.projection];
        let lane_cycles = passes().map(|p| p.events).sum();
        let fire_cycles = passes().map(|p| span(p.shape, &self.spec)).sum();
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
            None => p.events * (p.program.neurons * p.program.gangs) as u64,
        };
        let bound = match u64::max(lane_cycles, fire_cycles).max(scan_cycles) {
            most if most == lane_cycles => "lanes",
            most if most == fire_cycles => "fire",
            _ => "scan",
        };
        let sop = dense().map(reached).sum();
        let load = LayerLoad::of(&Work {
            tiles: l.tiles,
            passes: passes().count() as u64,
            fire_rows: passes().map(|p| p.shape.rows as u64).sum(),
            cycles,
            sop,
            neurons: (l.neurons * self.image.ticks) as u64,
            lanes: spec.lanes as u64,
            fire_units: spec.fire_units as u64,
        });
        LayerCost {
            name: l.name.clone(),
            events: passes().filter(once).map(|p| p.events).sum(),
            sop,
            lane_cycles,
            fire_cycles,
            scan_cycles,
            bound: bound.into(),
            load,
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
    share: Share,
    spec: &CoreSpec,
) -> PassShape {
    let (groups, sources) = match reads {
        // Another entry takes a turn between, and a pause where the program shares its memory.
        Some(r) => (
            (2 + usize::from(spec.shares_memory)) * r.entries.max(1) - 1,
            match share {
                Share::Equal => (r.sources / p.rounds.max(1)).max(1),
                Share::Most => 16 * r.words.max(1),
            },
        ),
        None if projection.identity => (source_groups(p, projection, spec), p.neurons),
        None => (source_groups(p, projection, spec), projection.fan_in.max(1)),
    };
    PassShape { rows: p.rows * p.gangs, groups, sources }
}

/// Events of a pass in a tick; an identity's tile, a windowed one and a part of a source take their
/// share of them.
fn events(
    p: &ProgramPass,
    share: Share,
    image: &CoreImage,
    counts: &SpikeCounts,
    tick: usize,
    spec: &CoreSpec,
) -> u64 {
    let projection = &image.layers[p.layer].projections[p.projection];
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
    if let Some(reads) = reads(image, p) {
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
