//! A layer as the core knows it: neurons, and dense or identity projections into them. What `legalize`
//! admits is exactly what [`dense_layers`] can show, so later passes need not match on kinds.

use spikewright_ir::{
    BitMatrix, Layer, LayerKind, Network, NeuronParams, Projection, ProjectionImage,
    ProjectionKind, Source,
};

/// One layer of a legalized network.
#[derive(Clone)]
pub(crate) struct DenseLayer<'a> {
    pub name: &'a str,
    pub neurons: usize,
    /// In the order of their passes: what waits for other layers comes last.
    pub inputs: Vec<Inputs<'a>>,
    pub params: &'a NeuronParams,
}

/// One projection into a layer.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    /// `[neurons, fan_in]` each, plane `p` with gain 2^p; none of an identity.
    pub weights: &'a [BitMatrix],
    pub shape: ProjectionImage,
    /// log2 of what an event of pass (0, 0) counts: F and the projection's gain.
    pub gain_log2: usize,
}

impl Inputs<'_> {
    /// Synapses of a neuron.
    pub fn fan_in(&self) -> usize {
        if self.shape.identity { 1 } else { self.shape.fan_in }
    }

    /// Greatest magnitude of what one source neuron adds, in units of 2^-F.
    pub fn reach(&self) -> i64 {
        let planes = |n: usize| (1i64 << n) - 1;
        (planes(self.shape.weight_planes) * planes(self.shape.source_planes)) << self.gain_log2
    }

    /// log2 of what an event of the last pass counts.
    pub fn last_gain_log2(&self) -> usize {
        self.gain_log2 + self.shape.weight_planes + self.shape.source_planes - 2
    }

    /// Least and greatest current into neuron `n`, in units of 2^-F, whatever the source.
    fn current(&self, n: usize) -> (i64, i64) {
        let scale = ((1i64 << self.shape.source_planes) - 1) << self.gain_log2;
        if self.shape.identity {
            return (0, scale);
        }
        (0..self.shape.fan_in).fold((0, 0), |(lo, hi), j| {
            let signed =
                |p: usize| if self.weights[p].row(n).get(j) { 1 << p } else { -(1i64 << p) };
            let weight: i64 = (0..self.weights.len()).map(signed).sum();
            (lo + weight.min(0) * scale, hi + weight.max(0) * scale)
        })
    }
}

impl DenseLayer<'_> {
    /// Synapses of a neuron.
    pub fn fan_in(&self) -> usize {
        self.inputs.iter().map(Inputs::fan_in).sum()
    }

    /// Most weight planes of a projection.
    pub fn planes(&self) -> usize {
        self.inputs.iter().map(|i| i.shape.weight_planes).max().unwrap_or(1)
    }

    /// Greatest magnitude of the drive of any neuron but for its bias, in units of 2^-F, with as much
    /// as its counters hold.
    pub fn reach(&self) -> i64 {
        let one = |i: &Inputs<'_>| i.reach().saturating_mul(i.fan_in() as i64);
        self.inputs.iter().map(one).fold(0, i64::saturating_add)
    }

    /// Least and greatest current of neuron `n`, in units of 2^-F, whatever the input.
    pub fn current(&self, n: usize) -> (i64, i64) {
        self.inputs.iter().fold((0, 0), |(lo, hi), i| {
            let (least, greatest) = i.current(n);
            (lo + least, hi + greatest)
        })
    }
}

/// The layers of a network that `legalize` has admitted.
pub(crate) fn dense_layers(network: &Network) -> Vec<DenseLayer<'_>> {
    let one = |l| dense_layer(network, l).expect("legalize admits only these");
    network.layers.iter().map(one).collect()
}

fn dense_layer<'a>(network: &Network, layer: &'a Layer) -> Option<DenseLayer<'a>> {
    let LayerKind::Dense(dense) = &layer.kind else { return None };
    let frac_bits = usize::from(dense.params.frac_bits);
    let one = |p: &'a Projection| inputs(network, p, frac_bits);
    let mut inputs = dense.projections.iter().map(one).collect::<Option<Vec<_>>>()?;
    inputs.sort_by_key(|i| match i.shape {
        ProjectionImage { source: Source::Input, .. } => 0,
        ProjectionImage { delayed: true, .. } => 1,
        _ => 2,
    });
    Some(DenseLayer { name: &layer.name, neurons: dense.neurons, inputs, params: &dense.params })
}

fn inputs<'a>(network: &Network, p: &'a Projection, frac_bits: usize) -> Option<Inputs<'a>> {
    let weights: &[BitMatrix] = match &p.kind {
        ProjectionKind::Dense { planes } => planes,
        ProjectionKind::Identity => &[],
        ProjectionKind::Conv { .. } => return None,
    };
    let shape = ProjectionImage {
        source: p.source,
        delayed: p.delayed,
        identity: p.kind == ProjectionKind::Identity,
        fan_in: network.source_shape(p.source).len(),
        weight_planes: weights.len().max(1),
        source_planes: match p.source {
            Source::Input => network.input_planes.into(),
            Source::Layer(_) => 1,
        },
    };
    let gain_log2 = frac_bits + usize::from(p.gain_log2);
    Some(Inputs { weights, shape, gain_log2 })
}

/// How diagnostics name a layer.
pub(crate) fn place(index: usize, name: &str) -> String {
    format!("layer {index} {name:?}")
}
