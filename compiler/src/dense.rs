//! A layer as the core knows it: dense, one projection, one plane. What `legalize` admits is
//! exactly what [`dense_layers`] can show, so later passes need not match on kinds.

use spikewright_ir::{BitMatrix, Layer, LayerKind, Network, NeuronParams, ProjectionKind, Source};

/// One layer of a legalized network.
#[derive(Clone, Copy)]
pub(crate) struct DenseLayer<'a> {
    pub name: &'a str,
    pub neurons: usize,
    pub source: Source,
    /// `[neurons, fan_in]`.
    pub weights: &'a BitMatrix,
    pub params: &'a NeuronParams,
}

impl DenseLayer<'_> {
    pub fn fan_in(&self) -> usize {
        self.weights.columns()
    }
}

/// The layers of a network that `legalize` has admitted.
pub(crate) fn dense_layers(network: &Network) -> Vec<DenseLayer<'_>> {
    network.layers.iter().map(|l| dense_layer(l).expect("legalize admits only these")).collect()
}

fn dense_layer(layer: &Layer) -> Option<DenseLayer<'_>> {
    let LayerKind::Dense(dense) = &layer.kind else { return None };
    let [projection] = dense.projections.as_slice() else { return None };
    let ProjectionKind::Dense { planes } = &projection.kind else { return None };
    let [weights] = planes.as_slice() else { return None };
    Some(DenseLayer {
        name: &layer.name,
        neurons: dense.neurons,
        source: projection.source,
        weights,
        params: &dense.params,
    })
}

/// How diagnostics name a layer.
pub(crate) fn place(index: usize, name: &str) -> String {
    format!("layer {index} {name:?}")
}
