//! Integer inference at speed: the reference's results, spike by spike, for every network it takes
//! whose sums fit 32 bits.
//!
//! Up to eight ticks go through a layer at once: an input that spikes at all among them is one
//! event with a pattern of ticks. Layers inside a feedback loop go tick by tick. Weights stay bits
//! and are counted bit-sliced, 64 targets and several ticks in parallel.

mod cell;
mod counter;
mod form;
mod layer;
mod neurons;
mod node;
mod pack;
mod pool;
mod synapses;
mod transpose;
mod window;

use crate::{
    reference::{Counts, lowest_maximum},
    simd::told,
    train::GROUP,
};
use layer::{Kind, Layer, Scratch, Span};
use node::Node;
use pack::{Parts, pack};
use pulp::{Simd, WithSimd};
use spikewright_ir::{Decision, InputTrain, Network, Readout};

/// Bit of the first tick of a group in rasters.
const FIRST: usize = GROUP;

/// A network in the form the loops want.
pub(crate) struct Packed<'a> {
    network: &'a Network,
    parts: Parts,
    /// Entry of each class in the last layer.
    classes: Vec<usize>,
    /// Entry of each input neuron, when the input is kept as a raster.
    inputs: Vec<usize>,
}

/// What a sample leaves from group to group, and scratch.
pub(crate) struct State {
    /// The planes of the input, then the layers.
    nodes: Vec<Node>,
    /// Spikes of each class so far.
    counts: Vec<u32>,
    /// Spikes of each class in this group, bit `t` for tick `t`.
    outputs: Vec<u32>,
    scratch: Scratch,
}

impl State {
    /// Spikes of each class in the sample that was classified last.
    pub fn output_counts(&self) -> &[u32] {
        &self.counts
    }
}

impl<'a> Packed<'a> {
    /// Prepares a validated network, or nothing when sums could leave 32 bits.
    pub fn new(network: &'a Network) -> Option<Self> {
        let parts = pack(network)?;
        let entries = |node: usize, n| (0..n).map(|i| parts.forms[node].index(i)).collect();
        let classes = entries(parts.forms.len() - 1, network.classes());
        let inputs = if parts.input_raster { entries(0, network.input.len()) } else { Vec::new() };
        Some(Self { network, parts, classes, inputs })
    }

    /// Buffers for a thread.
    pub fn state(&self) -> State {
        let planes = usize::from(self.network.input_planes);
        let input = |form| Node::new(form, self.parts.input_raster, false);
        let layer = |l: &Layer| Node::new(&l.form, true, matches!(l.kind, Kind::Neurons { .. }));
        let inputs = self.parts.forms[..planes].iter().map(input);
        let most = self.parts.layers.iter().map(|l| l.form.shape.channels).max().unwrap_or(0);
        State {
            nodes: inputs.chain(self.parts.layers.iter().map(layer)).collect(),
            counts: vec![0; self.classes.len()],
            outputs: vec![0; self.classes.len()],
            scratch: Scratch::new(most),
        }
    }

    /// What the reference decides on a sample of the network's shape, and the activity.
    pub fn classify(&self, state: &mut State, input: &InputTrain) -> (Decision, Counts) {
        let mut counts =
            Counts { layer_spikes: vec![0; self.parts.layers.len()], ..Counts::default() };
        let mut first = None;
        state.nodes.iter_mut().for_each(Node::clear);
        state.counts.fill(0);
        for start in (0..self.network.ticks).step_by(GROUP) {
            self.group(state, input, start, &mut counts);
            let Some(last) = state.nodes.last() else { continue };
            for ((sum, output), entry) in
                state.counts.iter_mut().zip(&mut state.outputs).zip(&self.classes)
            {
                *output = u32::from(last.raster[*entry]) >> FIRST;
                *sum += output.count_ones();
            }
            first = first.or_else(|| first_spike(&state.outputs));
        }
        counts.input_spikes = input.planes.iter().map(|p| p.count() as u64).sum();
        let decision = match self.network.readout {
            Readout::SpikeCount => Decision {
                class: lowest_maximum(&state.counts),
                undecided: state.counts.iter().all(|&c| c == 0),
            },
            Readout::Potential => {
                let v = state.nodes.last().map_or(&[][..], |n| &n.potentials);
                let v: Vec<_> = self.classes.iter().map(|entry| v[*entry]).collect();
                Decision { class: lowest_maximum(&v), undecided: false }
            }
            Readout::FirstSpike => {
                Decision { class: first.unwrap_or(0), undecided: first.is_none() }
            }
        };
        (decision, counts)
    }

    /// Ticks `start` to `start + 8` of all layers.
    fn group(&self, state: &mut State, input: &InputTrain, start: usize, counts: &mut Counts) {
        told(Group { packed: self, state, input, start, counts });
    }

    /// The input's spikes into its rasters.
    #[inline(always)]
    fn fill_inputs(&self, state: &mut State, input: &InputTrain, start: usize, ticks: usize) {
        for (plane, node) in input.planes.iter().zip(&mut state.nodes) {
            node.fill(plane, start, ticks, FIRST, &self.inputs);
        }
    }

    /// Makes the events that layer `k` needs.
    #[inline(always)]
    fn make_events(
        &self,
        state: &mut State,
        k: usize,
        input: &InputTrain,
        start: usize,
        span: Span,
    ) {
        let Kind::Neurons { projections, .. } = &self.parts.layers[k].kind else { return };
        for p in projections {
            let node = &mut state.nodes[p.source];
            match input.planes.get(p.source) {
                Some(plane) if !self.parts.input_raster => {
                    if node.made != (span.first, span.ticks) {
                        let from = start + span.first - FIRST;
                        node.read_events(plane, from, span.ticks);
                        node.made = (span.first, span.ticks);
                    }
                }
                _ => {
                    let first = span.first - usize::from(p.delayed);
                    node.make_events(self.parts.forms[p.source].row, first, span.ticks);
                }
            }
        }
    }

    #[inline(always)]
    fn layer<S: Simd>(&self, simd: S, state: &mut State, k: usize, span: Span) -> u64 {
        let node = usize::from(self.network.input_planes) + k;
        self.parts.layers[k].run(
            simd,
            node,
            &self.parts,
            &mut state.nodes,
            &mut state.scratch,
            span,
        )
    }
}

/// What [`Packed::group`] does.
struct Group<'a, 'b> {
    packed: &'a Packed<'b>,
    state: &'a mut State,
    input: &'a InputTrain,
    start: usize,
    counts: &'a mut Counts,
}

impl WithSimd for Group<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { packed, state, input, start, counts } = self;
        let ticks = GROUP.min(packed.network.ticks - start);
        for node in &mut state.nodes {
            node.advance();
        }
        if packed.parts.input_raster {
            packed.fill_inputs(state, input, start, ticks);
        }
        for (layers, in_loop) in &packed.parts.segments {
            let (steps, together) = if *in_loop { (ticks, 1) } else { (1, ticks) };
            for t in 0..steps {
                for k in layers.clone() {
                    let span = Span { first: FIRST + t, ticks: together };
                    packed.make_events(state, k, input, start, span);
                    counts.operations += packed.layer(simd, state, k, span);
                }
            }
            for k in layers.clone() {
                counts.layer_spikes[k] += state.nodes[input.planes.len() + k].spikes(FIRST, ticks);
            }
        }
    }
}

/// The lowest class of the earliest spike.
fn first_spike(outputs: &[u32]) -> Option<usize> {
    let earliest = outputs.iter().map(|r| r.trailing_zeros()).min().filter(|t| *t < 32)?;
    outputs.iter().position(|r| r.trailing_zeros() == earliest)
}

#[cfg(test)]
mod tests;
