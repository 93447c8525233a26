//! Gangs: weight planes of a layer that stand side by side in the lanes of its tile, so that one pass
//! counts several of them (`docs/core.md`, section 1).

use crate::{
    layers::{CoreLayer, Synapses},
    program::tile_rows,
};
use spikewright_ir::CoreSpec;

/// Planes that a pass of the layer counts; 1 where planes follow each other. `whole` asks that no row is
/// added behind those of the neurons: the last rows of a stream's last layer are its output.
pub(crate) fn gangs(layer: &CoreLayer<'_>, whole: bool, spec: &CoreSpec) -> usize {
    let planes = |synapses: &Synapses<'_>| match synapses {
        Synapses::Dense(planes) => planes.len(),
        _ => 1,
    };
    let first = layer.inputs.first().map_or(1, |input| planes(&input.synapses));
    let neurons = layer.neurons();
    if neurons > spec.lanes || layer.inputs.iter().any(|input| planes(&input.synapses) != first) {
        return 1;
    }
    let rows = gang_rows(neurons, spec);
    if whole && rows > tile_rows(neurons, spec) {
        return 1;
    }
    let fits = |&gangs: &usize| first.is_multiple_of(gangs) && gangs * rows <= spec.tile_rows();
    (2..=spec.gangs).rev().find(fits).unwrap_or(1)
}

/// Shift rows of a gang of `neurons` neurons: the sum that it adds to is that of the gang before, so
/// they are at least `D` apart.
pub(crate) fn gang_rows(neurons: usize, spec: &CoreSpec) -> usize {
    tile_rows(neurons, spec).max(spec.min_span())
}
