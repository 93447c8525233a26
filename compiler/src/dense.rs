//! A layer as the core knows it: dense, one projection of 1 to 8 planes. What `legalize` admits is
//! exactly what [`dense_layers`] can show, so later passes need not match on kinds.

use spikewright_ir::{BitMatrix, Layer, LayerKind, Network, NeuronParams, ProjectionKind, Source};

/// One layer of a legalized network.
#[derive(Clone, Copy)]
pub(crate) struct DenseLayer<'a> {
    pub name: &'a str,
    pub neurons: usize,
    pub source: Source,
    /// `[neurons, fan_in]` each, plane `p` with gain 2^p.
    pub planes: &'a [BitMatrix],
    /// Planes of the source: those of the input for a layer that reads it, else 1.
    pub input_planes: usize,
    /// log2 of what an event of pass (0, 0) counts: F and the projection's gain.
    pub gain_log2: usize,
    pub params: &'a NeuronParams,
}

impl DenseLayer<'_> {
    pub fn fan_in(&self) -> usize {
        self.planes[0].columns()
    }

    /// Greatest magnitude of what one input adds to a neuron's current, in units of 2^F.
    pub fn reach(&self) -> i64 {
        let planes = |n: usize| (1i64 << n) - 1;
        (planes(self.planes.len()) * planes(self.input_planes))
            << (self.gain_log2 - usize::from(self.params.frac_bits))
    }

    /// Least and greatest current of neuron `n`, whatever the input.
    pub fn current(&self, n: usize) -> (i64, i64) {
        let scale = ((1i64 << self.input_planes) - 1)
            << (self.gain_log2 - usize::from(self.params.frac_bits));
        (0..self.fan_in()).fold((0, 0), |(lo, hi), j| {
            let signed =
                |p: usize| if self.planes[p].row(n).get(j) { 1 << p } else { -(1i64 << p) };
            let weight: i64 = (0..self.planes.len()).map(signed).sum();
            (lo + weight.min(0) * scale, hi + weight.max(0) * scale)
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
    let [projection] = dense.projections.as_slice() else { return None };
    let ProjectionKind::Dense { planes } = &projection.kind else { return None };
    Some(DenseLayer {
        name: &layer.name,
        neurons: dense.neurons,
        source: projection.source,
        planes,
        input_planes: match projection.source {
            Source::Input => network.input_planes.into(),
            Source::Layer(_) => 1,
        },
        gain_log2: usize::from(dense.params.frac_bits) + usize::from(projection.gain_log2),
        params: &dense.params,
    })
}

/// How diagnostics name a layer.
pub(crate) fn place(index: usize, name: &str) -> String {
    format!("layer {index} {name:?}")
}
