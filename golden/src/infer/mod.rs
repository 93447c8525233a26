//! Integer inference at speed: the reference's results for networks whose layers only feed
//! forward. Eight ticks go through a layer at once: an input that spikes at all among them is one
//! event, whose row of weights is added once, whatever the number of its spikes.

mod neurons;
mod transpose;

use crate::{
    reference::{Counts, lowest_maximum},
    simd::vectorized,
    train::{GROUP, PatternSums, Row, pad, push_events, width},
};
use neurons::{Neurons, run_group};
use spikewright_ir::{
    Decision, InputTrain, LayerKind, Network, Projection, ProjectionKind, Readout, Source,
    WeightPlanes,
};
use transpose::events_of_bits;

/// Weight planes whose odd integers fit a byte.
const MAX_PLANES: usize = 7;

/// A feed-forward network of dense layers in the form the loops want.
pub(crate) struct Packed<'a> {
    network: &'a Network,
    layers: Vec<PackedLayer>,
}

struct PackedLayer {
    projections: Vec<PackedProjection>,
    neurons: Neurons,
    n: usize,
}

struct PackedProjection {
    /// 0 is the input, `k + 1` layer `k`.
    source: usize,
    gain_log2: u8,
    planes: u64,
    /// `[inputs][width(n)]` rows of odd integers; empty for an identity.
    rows: Vec<Row<i8>>,
}

/// What a sample leaves from group to group, and scratch.
pub(crate) struct State {
    /// Potentials of each layer.
    potentials: Vec<Vec<i32>>,
    /// Spikes of the input and of each layer, bit `t` for tick `t` of the group.
    rasters: Vec<Vec<u32>>,
    events: Vec<Vec<u32>>,
    sums: Vec<Vec<PatternSums<i8>>>,
    current: Vec<i32>,
    added: Vec<i32>,
    counts: Vec<u32>,
}

impl<'a> Packed<'a> {
    /// Prepares a validated network, or nothing when it has delayed projections, other layers than
    /// dense ones, inputs of several planes, or sums beyond 32 bits.
    pub fn new(network: &'a Network) -> Option<Self> {
        if network.input_planes != 1 {
            return None;
        }
        let layers = network.layers.iter().enumerate().map(|(k, layer)| {
            let LayerKind::Dense(dense) = &layer.kind else { return None };
            let mut bound = 0i64;
            let projections = dense.projections.iter().map(|p| {
                let (packed, largest) = projection(network, p, dense.neurons)?;
                bound += largest << p.gain_log2;
                Some(packed)
            });
            let projections = projections.collect::<Option<Vec<_>>>()?;
            let read = network.reads_potential(k);
            let neurons = Neurons::new(&dense.params, network.width_bits, bound, read)?;
            Some(PackedLayer { projections, neurons, n: dense.neurons })
        });
        Some(Self { network, layers: layers.collect::<Option<_>>()? })
    }

    /// Buffers for a thread.
    pub fn state(&self) -> State {
        let inputs = self.network.input.len();
        let sizes = || std::iter::once(inputs).chain(self.layers.iter().map(|l| l.n));
        let most = self.layers.iter().map(|l| l.n).max().unwrap_or(0);
        let sums =
            |l: &PackedLayer| l.projections.iter().map(|_| PatternSums::new(width(l.n))).collect();
        State {
            potentials: self.layers.iter().map(|l| vec![0; l.n]).collect(),
            rasters: sizes().map(|n| vec![0; n]).collect(),
            events: sizes().map(|_| Vec::new()).collect(),
            sums: self.layers.iter().map(sums).collect(),
            current: vec![0; GROUP * most],
            added: vec![0; GROUP * most],
            counts: vec![0; self.network.classes()],
        }
    }

    /// What the reference decides on a sample of the network's shape, and the activity.
    pub fn classify(&self, state: &mut State, input: &InputTrain) -> (Decision, Counts) {
        let mut counts = Counts { layer_spikes: vec![0; self.layers.len()], ..Counts::default() };
        let mut first = None;
        state.potentials.iter_mut().for_each(|v| v.fill(0));
        state.rasters.iter_mut().for_each(|r| r.fill(0));
        state.counts.fill(0);
        for start in (0..self.network.ticks).step_by(GROUP) {
            self.group(state, input, start, &mut counts);
            let Some(last) = state.rasters.last() else { continue };
            for (sum, raster) in state.counts.iter_mut().zip(last) {
                *sum += raster.count_ones();
            }
            first = first.or_else(|| first_spike(last));
        }
        let decision = match self.network.readout {
            Readout::SpikeCount => Decision {
                class: lowest_maximum(&state.counts),
                undecided: state.counts.iter().all(|&c| c == 0),
            },
            Readout::Potential => {
                let v = state.potentials.last().map_or(&[][..], Vec::as_slice);
                Decision { class: lowest_maximum(v), undecided: false }
            }
            Readout::FirstSpike => {
                Decision { class: first.unwrap_or(0), undecided: first.is_none() }
            }
        };
        (decision, counts)
    }

    /// Ticks `start` to `start + 8` of all layers.
    fn group(&self, state: &mut State, input: &InputTrain, start: usize, counts: &mut Counts) {
        vectorized(
            #[inline(always)]
            || {
                let ticks = GROUP.min(self.network.ticks - start);
                events_of_bits(&input.planes[0], start, ticks, &mut state.events[0]);
                let mut spikes = vec![spikes_of(&state.events[0])];
                counts.input_spikes += spikes[0];
                for (k, layer) in self.layers.iter().enumerate() {
                    self.layer(k, layer, ticks, state, &spikes, counts);
                    let raster = &state.rasters[k + 1];
                    push_events(raster.iter().copied().enumerate(), 0, &mut state.events[k + 1]);
                    spikes.push(spikes_of(&state.events[k + 1]));
                    counts.layer_spikes[k] += spikes[k + 1];
                }
            },
        );
    }

    #[inline(always)]
    fn layer(
        &self,
        k: usize,
        layer: &PackedLayer,
        ticks: usize,
        state: &mut State,
        spikes: &[u64],
        counts: &mut Counts,
    ) {
        let n = layer.n;
        let current = &mut state.current[..ticks * n];
        let added = &mut state.added[..ticks * n];
        for (r, (p, sums)) in layer.projections.iter().zip(&mut state.sums[k]).enumerate() {
            let events = &state.events[p.source];
            let to = if r == 0 { &mut *current } else { &mut *added };
            if p.rows.is_empty() {
                to.fill(0);
                for &e in events {
                    for t in (0..ticks).filter(|t| e >> t & 1 == 1) {
                        to[t * n + (e >> GROUP) as usize] += 1 << p.gain_log2;
                    }
                }
            } else {
                let gain = p.gain_log2;
                sums.clear(ticks);
                sums.add(events, 0, &p.rows);
                sums.read(|t, c, row| {
                    for (to, s) in to[t * n..(t + 1) * n].iter_mut().skip(32 * c).zip(row) {
                        *to = i32::from(*s) << gain;
                    }
                });
                counts.operations += spikes[p.source] * n as u64 * p.planes;
            }
            if r > 0 {
                for (c, a) in current.iter_mut().zip(&*added) {
                    *c += a;
                }
            }
        }
        run_group(&layer.neurons, current, &mut state.potentials[k], &mut state.rasters[k + 1]);
    }
}

/// A projection and the largest sum it can give, before gain.
fn projection(network: &Network, p: &Projection, n: usize) -> Option<(PackedProjection, i64)> {
    if p.delayed {
        return None;
    }
    let source = match p.source {
        Source::Input => 0,
        Source::Layer(s) => s + 1,
    };
    let packed = |planes, rows| PackedProjection { source, gain_log2: p.gain_log2, planes, rows };
    match &p.kind {
        ProjectionKind::Identity => Some((packed(0, Vec::new()), 1)),
        ProjectionKind::Conv { .. } => None,
        ProjectionKind::Dense { planes } => {
            let inputs = network.source_shape(p.source).len();
            let largest = inputs << planes.len().min(MAX_PLANES + 1);
            let fits = planes.len() <= MAX_PLANES && largest <= i16::MAX as usize;
            fits.then(|| (packed(planes.len() as u64, rows(planes, inputs, n)), largest as i64))
        }
    }
}

/// `Σ_p ±2^p` per input and target.
fn rows(planes: &WeightPlanes, inputs: usize, n: usize) -> Vec<Row<i8>> {
    let mut weights = vec![-((1i16 << planes.len()) - 1) as i8; inputs * n];
    for (p, plane) in planes.iter().enumerate() {
        for i in 0..n {
            plane.row(i).ones().for_each(|j| weights[j * n + i] += 2 << p);
        }
    }
    pad(&weights, n)
}

/// Spikes of all events together.
#[inline(always)]
fn spikes_of(events: &[u32]) -> u64 {
    let mut sum = 0;
    for e in events {
        sum += u64::from((e & 0xff).count_ones());
    }
    sum
}

/// The lowest neuron of the earliest spike.
fn first_spike(raster: &[u32]) -> Option<usize> {
    let earliest = raster.iter().map(|r| r.trailing_zeros()).min().filter(|t| *t < 32)?;
    raster.iter().position(|r| r.trailing_zeros() == earliest)
}

#[cfg(test)]
mod tests;
