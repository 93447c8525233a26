//! Networks with less in them.

use crate::ir::{
    BitMatrix, BitVec, Layer, LayerKind, Network, NeuronParams, Projection, ProjectionKind, Source,
};
use std::ops::Range;

/// Projections into a layer; pooling has none.
pub fn projections(layer: &mut Layer) -> Option<&mut Vec<Projection>> {
    match &mut layer.kind {
        LayerKind::Dense(dense) => Some(&mut dense.projections),
        LayerKind::Conv(conv) => Some(&mut conv.projections),
        LayerKind::OrPool(_) => None,
    }
}

/// Parameters of a layer that has neurons of its own.
pub fn params(layer: &mut Layer) -> Option<&mut NeuronParams> {
    match &mut layer.kind {
        LayerKind::Dense(dense) => Some(&mut dense.params),
        LayerKind::Conv(conv) => Some(&mut conv.params),
        LayerKind::OrPool(_) => None,
    }
}

/// Keeps the first `keep` layers. Projections from others go with them; a layer must not lose all.
pub fn truncate(network: &mut Network, keep: usize) -> Option<()> {
    if keep == 0 || keep >= network.layers.len() {
        return None;
    }
    network.layers.truncate(keep);
    for projections in network.layers.iter_mut().filter_map(projections) {
        projections.retain(|p| !matches!(p.source, Source::Layer(n) if n >= keep));
        if projections.is_empty() {
            return None;
        }
    }
    Some(())
}

/// Puts other sources in place of all; `None` where there is none.
pub fn move_sources(network: &mut Network, moved: impl Fn(Source) -> Option<Source>) -> Option<()> {
    for layer in &mut network.layers {
        if let LayerKind::OrPool(pool) = &mut layer.kind {
            pool.source = moved(pool.source)?;
        }
        for projection in projections(layer).into_iter().flatten() {
            projection.source = moved(projection.source)?;
        }
    }
    Some(())
}

/// Removes a layer that no other reads and that is not the last.
pub fn remove_unread(network: &mut Network, layer: usize) -> Option<()> {
    if layer + 1 >= network.layers.len() {
        return None;
    }
    network.layers.remove(layer);
    move_sources(network, |source| match source {
        Source::Layer(n) if n == layer => None,
        Source::Layer(n) if n > layer => Some(Source::Layer(n - 1)),
        other => Some(other),
    })
}

/// Removes channels of a layer or of the input, and the weights from and to them. Pooling follows its
/// source. `None` where an identity holds two layers together, or where nothing would be left.
pub fn remove_channels(network: &mut Network, source: Source, gone: &Range<usize>) -> Option<()> {
    let shape = network.source_shape(source);
    let left = shape.channels.checked_sub(gone.len()).filter(|&n| n > 0)?;
    match source {
        Source::Input => network.input.channels = left,
        Source::Layer(n) => match &mut network.layers[n].kind {
            LayerKind::Dense(dense) => {
                dense.neurons = left;
                rows(&mut dense.projections, &mut dense.params, gone)?;
            }
            LayerKind::Conv(conv) => {
                conv.shape.channels = left;
                rows(&mut conv.projections, &mut conv.params, gone)?;
            }
            LayerKind::OrPool(_) => return None,
        },
    }
    columns(network, source, shape.height * shape.width, gone)
}

/// Removes what reads the channels `gone` of a source whose channels have `area` neurons.
fn columns(network: &mut Network, source: Source, area: usize, gone: &Range<usize>) -> Option<()> {
    for n in 0..network.layers.len() {
        if let LayerKind::OrPool(pool) = &mut network.layers[n].kind
            && pool.source == source
        {
            pool.shape.channels -= gone.len();
            let area = pool.shape.height * pool.shape.width;
            columns(network, Source::Layer(n), area, gone)?;
            continue;
        }
        let reading = projections(&mut network.layers[n]).into_iter().flatten();
        for projection in reading.filter(|p| p.source == source) {
            let (planes, each) = match &mut projection.kind {
                ProjectionKind::Dense { planes } => (planes, area),
                ProjectionKind::Conv { planes, kernel, .. } => (planes, kernel[0] * kernel[1]),
                ProjectionKind::Identity => return None,
            };
            for plane in planes {
                let kept = |row: &BitVec| {
                    let bits = row.iter().enumerate().filter(|(c, _)| !gone.contains(&(c / each)));
                    BitVec::from_bits(bits.map(|(_, bit)| bit))
                };
                let rows = (0..plane.rows()).map(|r| kept(plane.row(r))).collect();
                *plane = BitMatrix::from_rows(rows).ok()?;
            }
        }
    }
    Some(())
}

/// Removes target rows and their parameters.
fn rows(into: &mut [Projection], params: &mut NeuronParams, gone: &Range<usize>) -> Option<()> {
    for projection in into {
        let (ProjectionKind::Dense { planes } | ProjectionKind::Conv { planes, .. }) =
            &mut projection.kind
        else {
            return None;
        };
        for plane in planes {
            let kept = (0..plane.rows()).filter(|r| !gone.contains(r));
            *plane = BitMatrix::from_rows(kept.map(|r| plane.row(r).clone()).collect()).ok()?;
        }
    }
    for values in [&mut params.theta, &mut params.bias] {
        let mut row = 0..;
        values.retain(|_| row.next().is_some_and(|r| !gone.contains(&r)));
    }
    Some(())
}
