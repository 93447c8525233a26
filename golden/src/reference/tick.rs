//! The state of a running network and one tick of it, layer by layer.

use super::{
    current::add_projection,
    neuron::{Rules, fire, integrate, reset},
};
use spikewright_ir::{
    BitVec, InputTrain, LayerKind, Network, NeuronParams, OrPool, Projection, Shape, Source,
};

/// Potentials, last spikes and output counts; all zero at the start of a sample.
pub(super) struct State {
    /// `v` per layer and neuron; empty for pooling.
    pub potentials: Vec<Vec<i32>>,
    /// Spikes of the latest tick per layer. While layer `k` is being evaluated, the entries from
    /// `k` on still hold the previous tick: what delayed projections and `z` need.
    pub spikes: Vec<BitVec>,
    /// Spikes of each neuron of the last layer so far.
    pub output_counts: Vec<u64>,
    /// Lowest neuron of the last layer in the first tick in which any of them spiked.
    pub first_spike: Option<usize>,
    /// Synaptic operations so far.
    pub operations: u64,
    current: Vec<i64>,
}

impl State {
    pub fn new(network: &Network) -> Self {
        let size = |l: &spikewright_ir::Layer| l.shape().len();
        Self {
            potentials: network
                .layers
                .iter()
                .map(|l| vec![0; l.params().map_or(0, |_| size(l))])
                .collect(),
            spikes: network.layers.iter().map(|l| BitVec::zeros(size(l))).collect(),
            output_counts: vec![0; network.classes()],
            first_spike: None,
            operations: 0,
            current: Vec::new(),
        }
    }

    /// Evaluates every neuron of every layer once: spikes or not, leak, bias, fire and reset act.
    pub fn tick(&mut self, network: &Network, input: &InputTrain, t: usize) {
        let input: Vec<BitVec> = input.planes.iter().map(|p| p.tick(t).clone()).collect();
        for (k, layer) in network.layers.iter().enumerate() {
            self.spikes[k] = match &layer.kind {
                LayerKind::Dense(l) => {
                    let shape = Shape::flat(l.neurons);
                    self.neurons(network, k, &l.projections, &l.params, shape, &input)
                }
                LayerKind::Conv(l) => {
                    self.neurons(network, k, &l.projections, &l.params, l.shape, &input)
                }
                LayerKind::OrPool(l) => {
                    let spikes = match l.source {
                        Source::Input => &input[0],
                        Source::Layer(s) => &self.spikes[s],
                    };
                    or_pool(l, spikes, network.source_shape(l.source))
                }
            };
        }
        if let Some(out) = self.spikes.last() {
            for class in out.ones() {
                self.output_counts[class] += 1;
                self.first_spike = self.first_spike.or(Some(class));
            }
        }
    }

    fn neurons(
        &mut self,
        network: &Network,
        k: usize,
        projections: &[Projection],
        params: &NeuronParams,
        shape: Shape,
        input: &[BitVec],
    ) -> BitVec {
        self.current.clear();
        self.current.resize(shape.len(), 0);
        for p in projections {
            let source = match p.source {
                Source::Input => input,
                Source::Layer(s) => std::slice::from_ref(&self.spikes[s]),
            };
            let from = network.source_shape(p.source);
            self.operations +=
                add_projection(&p.kind, p.gain_log2, source, from, shape, &mut self.current);
        }
        let rules = Rules {
            width_bits: network.width_bits,
            frac_bits: params.frac_bits,
            leak: params.leak,
            fire: params.fire,
            reset: params.reset,
        };
        let read = network.reads_potential(k);
        let map = shape.height * shape.width;
        let (before, v, current) = (&self.spikes[k], &mut self.potentials[k], &self.current);
        BitVec::from_bits((0..shape.len()).map(|i| {
            let (theta, bias) = (params.theta[i / map], params.bias[i / map]);
            let u = integrate(&rules, v[i], current[i], bias, theta, before.get(i));
            let s = !read && fire(rules.fire, u, theta);
            v[i] = if read { u } else { reset(&rules, u, theta, s) };
            s
        }))
    }
}

/// ORs each window; the same tick, no state.
fn or_pool(l: &OrPool, spikes: &BitVec, from: Shape) -> BitVec {
    let Shape { channels, height, width } = l.shape;
    let mut out = BitVec::zeros(l.shape.len());
    for (c, y, x) in (0..channels)
        .flat_map(|c| (0..height).flat_map(move |y| (0..width).map(move |x| (c, y, x))))
    {
        let any = (0..l.k).any(|dy| {
            (0..l.k).any(|dx| {
                let (sy, sx) = (y * l.stride + dy, x * l.stride + dx);
                spikes.get((c * from.height + sy) * from.width + sx)
            })
        });
        out.set((c * height + y) * width + x, any);
    }
    out
}
