//! A layer in the form the loops want, and its run through some ticks of a group.

use super::{
    form::{Form, ROW},
    neurons::{Drive, Neurons},
    node::Node,
    pack::Parts,
    pool::Pool,
    synapses::{BLOCK, Currents, Synapses, entry},
    window::Windows,
};
use crate::train::GROUP;
use pulp::Simd;

/// A layer.
pub struct Layer {
    pub form: Form,
    pub kind: Kind,
}

/// What a layer computes.
pub enum Kind {
    Neurons { neurons: Neurons, projections: Vec<Projection> },
    Pool { pool: Pool, source: usize },
}

/// A projection from a layer, or from one plane of the input.
pub struct Projection {
    /// Node of the spikes.
    pub source: usize,
    pub delayed: bool,
    /// Gain and plane of the input, as a power of 2.
    pub shift: u32,
    /// Index into the network's bundles, which the planes of an input share.
    pub bundle: usize,
}

/// Synapses.
pub enum Bundle {
    Weighted {
        windows: Windows,
        synapses: Synapses,
    },
    /// Source entry per target entry, padding left out.
    Identity(Vec<u32>),
}

/// Ticks of a group that a layer runs through together.
#[derive(Clone, Copy)]
pub struct Span {
    /// Bit of the first tick in rasters.
    pub first: usize,
    pub ticks: usize,
}

/// Scratch of a thread.
pub struct Scratch {
    currents: Vec<Currents>,
    window: Vec<u32>,
    masks: Vec<[u64; GROUP]>,
}

impl Scratch {
    /// For positions of up to `channels` channels.
    pub fn new(channels: usize) -> Self {
        let currents = vec![[[0; 8 * GROUP]; BLOCK / 8]; channels.div_ceil(BLOCK)];
        Self { currents, window: Vec::new(), masks: Vec::new() }
    }
}

impl Layer {
    /// Runs node `k` of `nodes`, whose events are made, through the ticks; returns the synaptic
    /// operations.
    #[inline(always)]
    pub fn run<S: Simd>(
        &self,
        simd: S,
        k: usize,
        parts: &Parts,
        nodes: &mut [Node],
        scratch: &mut Scratch,
        span: Span,
    ) -> u64 {
        let (neurons, projections) = match &self.kind {
            Kind::Neurons { neurons, projections } => (neurons, projections),
            Kind::Pool { pool, source } => {
                let mask = ((1u32 << span.ticks) - 1) << span.first;
                let (before, rest) = nodes.split_at_mut(k);
                let (from, to) = (&parts.forms[*source], &self.form);
                pool.run(&before[*source].raster, from, mask as u16, &mut rest[0].raster, to);
                return 0;
            }
        };
        let mut operations = 0;
        let (row, channels) = (self.form.row, self.form.shape.channels);
        let Scratch { currents, window, masks } = scratch;
        let currents = &mut currents[..channels.div_ceil(BLOCK)];
        for position in 0..self.form.positions() {
            for eight in currents.as_flattened_mut() {
                eight[..16 * span.ticks.div_ceil(2)].fill(0);
            }
            for p in projections {
                let node = &nodes[p.source];
                match &parts.bundles[p.bundle] {
                    Bundle::Weighted { windows, synapses } => {
                        windows.events(node, position, window);
                        let spikes =
                            synapses.add(simd, window, masks, p.shift, span.ticks, currents);
                        operations += spikes * (channels * synapses.planes) as u64;
                    }
                    Bundle::Identity(sources) => {
                        let first = span.first - usize::from(p.delayed);
                        let sources = &sources[position * channels..][..channels];
                        for (c, source) in sources.iter().enumerate() {
                            let bits = node.raster[*source as usize] >> first;
                            for t in 0..span.ticks {
                                let (k, j) = entry(c % BLOCK, t);
                                currents[c / BLOCK][k][j] += i32::from(bits >> t & 1) << p.shift;
                            }
                        }
                    }
                }
            }
            let Node { potentials, raster, .. } = &mut nodes[k];
            let (v, _) = potentials[position * row..][..row].as_chunks_mut::<ROW>();
            let (raster, _) = raster[position * row..][..row].as_chunks_mut::<ROW>();
            let drive = Drive { currents, ticks: span.ticks, first: span.first };
            neurons.run(drive, v, raster);
        }
        operations
    }
}
