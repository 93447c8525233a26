//! The buffers of a shard: a fixed run of samples of the batch. Shards are cut by sample number
//! alone and their sums are combined in order, so results do not depend on the threads that
//! happened to work on them. A shard goes through the layers sample by sample in small runs that
//! stay in the cache, unless statistics over the batch have to be waited for.

use super::{
    events::{EventList, groups},
    forward::block,
    gate::GateMode,
    lanes::{Buffer, LANES, Row, buffer, width},
    outer::HalfSums,
    params::LayerParams,
    pattern_sums::PatternSums,
    sign_gradient::SignTables,
    weights::{WeightRows, Weights},
};

/// Samples of a shard.
pub const SAMPLES: usize = 16;
/// Bytes of buffers that a run of samples may take.
const CACHE: usize = 1 << 19;

/// What a shard keeps of one layer from forward to backward. Arrays of neurons are `[sample of the
/// run][tick][neuron]`.
pub struct LayerBuffers {
    /// First sample of the run in `events`, `trace` and what goes with them: those of a dense layer
    /// are kept for the whole shard, as its weight gradient is put together last.
    pub first: usize,
    /// Whether they are.
    kept: bool,
    /// Whether Z is added up where neurons want it, block by block, and forgotten.
    pub streams: bool,
    /// Input events, `[sample][plane and group]`.
    pub events: Vec<Vec<EventList>>,
    /// Events of its own spikes one tick later (recurrent layers).
    pub own_events: Vec<Vec<EventList>>,
    /// Sums Z of the feed-forward weights.
    pub z: Buffer<f32>,
    /// Sums of the recurrent weights.
    pub own_z: Buffer<f32>,
    /// Distances of potentials from the threshold after the forward pass, gradients of Z in the
    /// backward pass.
    pub trace: Buffer<f32>,
    /// Gradients of the recurrent sums.
    pub own_gradient: Buffer<f32>,
    /// Spikes, bit `t` for tick `t`, `[sample][neuron]`.
    pub raster: Buffer<u32>,
    /// The same behind OR-pooling.
    pub pooled: Buffer<u32>,
    /// Gradient of the spikes that the layer passes on, per tick, or shared by all ticks.
    pub upstream: Buffer<f32>,
    /// Rows of `upstream` of a sample: the ticks, or 1.
    pub upstream_rows: usize,
    /// Room for the gradient of one tick's spikes before the pooling.
    pub unpooled: Buffer<f32>,
    /// Room for what neurons carry from tick to tick.
    pub state: Vec<f32>,
    /// Sum of Z per neuron (`Batch` gate: per tick and neuron), then of g = dL/dX' (later dL/dX).
    pub sums: Buffer<f32>,
    /// Sum of Z² per neuron, then of g·x̂ as `sums`.
    pub products: Buffer<f32>,
    /// Sums of the gate's α over rows, per constant of its fade.
    pub alpha_sums: Vec<f32>,
    /// Spikes of its neurons, where they are counted.
    pub spikes: u64,
    /// Gradient of the scale (read layer).
    pub scale_gradient: f32,
    /// Gradient of the window rows of a convolution, `[width(units)][rows]`.
    pub dw: Buffer<Row<f32>>,
    /// Scratch for products.
    pub scratch: Scratch,
    /// The same for recurrent weights.
    pub own_scratch: Scratch,
    /// Scratch for weight gradients.
    pub half_sums: HalfSums,
    /// Room for the events of a window.
    pub window: Vec<u32>,
}

/// Pattern sums of one kind of weights.
pub enum Scratch {
    /// None wanted.
    Empty,
    /// Of signs.
    Binary(PatternSums<i8>),
    /// Of floats.
    Float(PatternSums<f32>),
}

impl Scratch {
    /// For these weights.
    pub fn new(weights: &Weights) -> Self {
        match weights.rows {
            WeightRows::Binary(_) => Self::Binary(PatternSums::new(width(weights.units))),
            WeightRows::Float(_) => Self::Float(PatternSums::new(width(weights.units))),
        }
    }
}

/// What the buffers of all layers have in common.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Samples of the shard.
    pub samples: usize,
    /// Samples of a run.
    pub run: usize,
    /// Ticks of a sample.
    pub ticks: usize,
    /// Planes of the input.
    pub planes: usize,
    /// The gate, if any.
    pub gate: Option<GateMode>,
    /// Whether neurons may become integers, which want whole rows of Z.
    pub integers: bool,
    /// Whether somebody looks at the spikes of all samples after a pass.
    pub keep: bool,
}

impl LayerBuffers {
    fn new(layer: &LayerParams, size: Size, planes: usize, upstream_rows: usize) -> Self {
        let Size { samples, run, ticks, gate, integers, .. } = size;
        let g = &layer.geometry;
        let (n, out) = (g.to.len(), layer.out().len());
        let kept = g.is_dense() && run < samples;
        let many = if kept { samples } else { run };
        let rows = if gate == Some(GateMode::Batch) { ticks } else { 1 };
        let whole = layer.recurrent.is_some() || gate.is_some() || integers;
        let streams = !layer.norm.on && !layer.is_read() && !whole;
        let sums = if streams { n.min(block(layer) * g.to.channels) } else { run * n };
        let own = layer.recurrent.as_ref();
        let own_size = if own.is_some() { ticks * n } else { 0 };
        let pooled = if layer.pool.is_some() { out } else { 0 };
        let lists = |planes| vec![vec![EventList::default(); planes * groups(ticks)]; many];
        Self {
            first: 0,
            kept,
            events: lists(planes),
            own_events: if own.is_some() { lists(1) } else { Vec::new() },
            streams,
            z: buffer(0.0, ticks * sums),
            own_z: buffer(0.0, run * own_size),
            trace: buffer(0.0, many * ticks * n),
            own_gradient: buffer(0.0, many * own_size),
            raster: buffer(0, run * n),
            pooled: buffer(0, run * pooled),
            upstream: buffer(0.0, run * upstream_rows * out),
            upstream_rows,
            unpooled: buffer(0.0, if layer.pool.is_some() { n } else { 0 }),
            state: Vec::new(),
            sums: buffer(0.0, rows * n),
            products: buffer(0.0, rows * n),
            alpha_sums: vec![0.0; layer.fade.c.len()],
            spikes: 0,
            scale_gradient: 0.0,
            dw: match g.is_dense() {
                true => Buffer::new(0),
                false => buffer([0.0; LANES], width(g.to.channels) * g.rows()),
            },
            scratch: Scratch::new(&layer.weights),
            own_scratch: own.map_or(Scratch::Empty, Scratch::new),
            half_sums: HalfSums::new(),
            window: Vec::new(),
        }
    }

    /// The spikes that the layer passes on, `[sample][neuron]`.
    pub fn out(&self) -> &[u32] {
        if self.pooled.is_empty() { &self.raster } else { &self.pooled }
    }
}

/// What became of a sample in the forward pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct Outcome {
    /// Its loss.
    pub loss: f64,
    /// Whether it was classified as labelled.
    pub right: bool,
}

/// One shard of the batch.
pub struct Shard {
    /// Number of its first sample in the batch.
    pub first: usize,
    /// Number of its samples.
    pub samples: usize,
    /// Samples of a run.
    pub run: usize,
    /// Samples of the run under way.
    pub here: std::ops::Range<usize>,
    /// Layers.
    pub layers: Vec<LayerBuffers>,
    /// Scratch for gradients of spikes.
    pub tables: SignTables,
    /// Labels of its samples.
    pub labels: Vec<usize>,
    /// What became of its samples.
    pub outcomes: Vec<Outcome>,
    /// Sum of the loss.
    pub loss: f64,
    /// Samples classified as labelled.
    pub correct: usize,
}

impl Shard {
    /// A shard for these layers, from sample `first` of the batch on. `shared` says whether all
    /// ticks share the gradient of the spikes that are read.
    pub fn new(first: usize, size: Size, layers: &[LayerParams], shared: bool) -> Self {
        let spiking = layers.iter().filter(|l| !l.is_read()).count();
        let buffers = layers.iter().enumerate().map(|(k, l)| {
            let planes = if k == 0 { size.planes } else { 1 };
            let share = shared && k + 1 == spiking && l.pool.is_none();
            LayerBuffers::new(l, size, planes, if share { 1 } else { size.ticks })
        });
        Self {
            first,
            samples: size.samples,
            run: size.run,
            here: 0..0,
            layers: buffers.collect(),
            tables: SignTables::default(),
            labels: vec![0; size.samples],
            outcomes: vec![Outcome::default(); size.samples],
            loss: 0.0,
            correct: 0,
        }
    }

    /// The shards of a batch. Without statistics to wait for, runs are as long as their buffers
    /// stay in the cache.
    pub fn cut(batch: usize, size: Size, layers: &[LayerParams], shared: bool) -> Vec<Self> {
        let floats: usize = layers.iter().map(|l| 3 * size.ticks * l.geometry.to.len()).sum();
        let waits = size.keep || layers.iter().any(|l| l.norm.on);
        let run = if waits { SAMPLES } else { (CACHE / 4 / floats).clamp(1, SAMPLES) };
        (0..batch)
            .step_by(SAMPLES)
            .map(|first| {
                let samples = SAMPLES.min(batch - first);
                let size = Size { samples, run: run.min(samples), ..size };
                Self::new(first, size, layers, shared)
            })
            .collect()
    }

    /// Calls `work` for every run in order.
    pub fn runs(&mut self, mut work: impl FnMut(&mut Self)) {
        for first in (0..self.samples).step_by(self.run) {
            self.here = first..self.samples.min(first + self.run);
            for l in &mut self.layers {
                l.first = if l.kept { first } else { 0 };
            }
            work(self);
        }
    }
}
