//! The program: which passes follow each other, what they wait for and what follows them
//! (`docs/core.md`, sections 1 and 2). It is made of sizes alone, those an image keeps, so that the
//! passes of a network and the cost of an image come from here both.

use crate::gangs::gang_rows;
use spikewright_ir::{CoreSpec, LayerImage, ProjectionImage, Source, WindowedTile};

/// In which order passes are run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    /// All ticks of a tile before the next tile: a loop for each tile.
    Tiles,
    /// All tiles of a tick before the next tick: one loop.
    Ticks,
}

/// One tile, tick, projection, weight plane and source plane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ProgramPass {
    pub layer: usize,
    /// Tile within the layer.
    pub part: usize,
    /// Tile of the image.
    pub tile: usize,
    /// Neurons of the tile, of a windowed one its lanes.
    pub neurons: usize,
    /// Shift rows of a gang of the tile.
    pub rows: usize,
    /// Weight planes side by side in it, from `plane` on.
    pub gangs: usize,
    /// Rounds of its loop.
    pub rounds: usize,
    /// Number of the projection within the layer.
    pub projection: usize,
    /// Weight plane p.
    pub plane: usize,
    /// Source plane q.
    pub source_plane: usize,
    /// First of its tile in the tick.
    pub begins: bool,
    /// Last of its tile in the tick.
    pub ends: bool,
    /// Last of its loop.
    pub turns: bool,
    /// Last of the image.
    pub last: bool,
    pub gate: bool,
    pub flush: bool,
    pub flush_last: bool,
    pub switch_on: bool,
    pub switch_back: bool,
}

/// The passes of `layers` in a sample of `ticks` ticks.
pub(crate) fn program(
    layers: &[LayerImage],
    ticks: usize,
    order: Order,
    spec: &CoreSpec,
) -> Vec<ProgramPass> {
    let mut out = passes(layers, spec);
    let (count, tiles) = (out.len(), out.last().map_or(0, |p| p.tile + 1));
    for k in 0..count {
        let next = out.get(k + 1).copied();
        let pass = &mut out[k];
        pass.last = next.is_none();
        pass.turns = match order {
            Order::Tiles => pass.ends,
            Order::Ticks => pass.last,
        };
        pass.switch_on = next.is_some_and(|n| n.tile != pass.tile);
        pass.switch_back = order == Order::Ticks && pass.last && tiles > 1;
        pass.flush_last = pass.last;
    }
    // Several ticks of a tile push each other out; else a gate waits for all that was begun.
    let strict = ticks == 1 || order == Order::Ticks;
    if strict {
        strict_gates(&mut out, layers, ticks)
    } else {
        gates(&mut out, layers)
    }
    for k in 0..count {
        let next = (k + 1) % count;
        let again = next != 0 || order == Order::Ticks && ticks > 1;
        out[k].flush = strict && again && out[k].ends && out[next].gate;
    }
    out
}

/// Lanes, shift rows and rounds of each tile of a layer, in order.
fn tiles(layer: &LayerImage, spec: &CoreSpec) -> Vec<(usize, usize, usize)> {
    match &layer.windowed {
        Some(windowed) => {
            let one = |t: &WindowedTile| (t.rows * spec.fire_units, t.rows, t.rounds);
            windowed.tiles.iter().map(one).collect()
        }
        None => (0..layer.tiles)
            .map(|k| spec.lanes.min(layer.neurons - k * spec.lanes))
            .map(|neurons| match layer.gangs {
                1 => (neurons, tile_rows(neurons, spec), 1),
                _ => (neurons, gang_rows(neurons, spec), 1),
            })
            .collect(),
    }
}

/// Shift rows of a tile of `neurons` neurons.
pub(crate) fn tile_rows(neurons: usize, spec: &CoreSpec) -> usize {
    neurons.div_ceil(16) * 16 / spec.fire_units
}

fn passes(layers: &[LayerImage], spec: &CoreSpec) -> Vec<ProgramPass> {
    let mut out = Vec::new();
    for (layer, l) in layers.iter().enumerate() {
        for (part, (neurons, rows, rounds)) in tiles(l, spec).into_iter().enumerate() {
            let start = out.len();
            for (projection, p) in l.projections.iter().enumerate() {
                let planes = (0..p.source_planes)
                    .flat_map(|q| (0..p.weight_planes).step_by(l.gangs).map(move |k| (k, q)));
                out.extend(planes.map(|(plane, source_plane)| ProgramPass {
                    layer,
                    part,
                    tile: l.first_tile + part,
                    neurons,
                    rows,
                    gangs: l.gangs,
                    rounds,
                    projection,
                    plane,
                    source_plane,
                    begins: false,
                    ends: false,
                    turns: false,
                    last: false,
                    gate: false,
                    flush: false,
                    flush_last: false,
                    switch_on: false,
                    switch_back: false,
                }));
            }
            if let [first, ..] = &mut out[start..] {
                first.begins = true;
            }
            if let [.., last] = &mut out[start..] {
                last.ends = true;
            }
        }
    }
    out
}

/// Where the ticks of a tile follow each other: a gate opens once the tile before has written the
/// tick, and passes finish in order, so that all layers before have. The first tile of a layer waits.
fn gates(passes: &mut [ProgramPass], layers: &[LayerImage]) {
    let mut waits = false;
    for pass in passes {
        waits |= pass.begins && pass.part == 0;
        let source = layers[pass.layer].projections[pass.projection].source;
        if waits && pass.part == 0 && source != Source::Input {
            pass.gate = true;
            waits = false;
        }
        waits &= !pass.ends;
    }
}

/// Where a gate waits for all tiles begun before: one where a source is not known to be written by an
/// earlier gate. A gate of one tick helps the next, so ticks are walked until nothing is added.
fn strict_gates(passes: &mut [ProgramPass], layers: &[LayerImage], ticks: usize) {
    let tiles = passes.last().map_or(0, |p| p.tile + 1);
    let mut added = true;
    while added {
        added = false;
        // Tiles of all ticks that are known to be written.
        let mut written = 0;
        for tick in 0..ticks.min(3) {
            for pass in passes.iter_mut() {
                let begun = tick * tiles + pass.tile;
                if pass.gate {
                    written = begun;
                }
                let projection = &layers[pass.layer].projections[pass.projection];
                if needs(projection, layers, tick, tiles) > written {
                    pass.gate = true;
                    added = true;
                    written = begun;
                }
            }
        }
    }
}

/// How many tiles of all ticks have to be written before the projection's source is.
fn needs(p: &ProjectionImage, layers: &[LayerImage], tick: usize, tiles: usize) -> usize {
    let Source::Layer(mut n) = p.source else { return 0 };
    // Its tiles write what is pooled.
    while let Some(pooled) = &layers[n].pooled {
        n = pooled.layer;
    }
    let tick = if p.delayed { tick.checked_sub(1) } else { Some(tick) };
    tick.map_or(0, |t| t * tiles + layers[n].first_tile + layers[n].tiles)
}

/// Spike groups a flat pass reads: those of its source plane, of an identity those of its tile's neurons.
pub(crate) fn source_groups(pass: &ProgramPass, p: &ProjectionImage, spec: &CoreSpec) -> usize {
    if p.identity { pass.neurons.div_ceil(spec.group_neurons()) } else { p.groups }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spikewright_ir::Preset;

    fn layers(sources: &[&[(Source, bool)]], neurons: &[usize]) -> Vec<LayerImage> {
        let mut first_tile = 0;
        let one = |(inputs, &neurons): (&&[(Source, bool)], &usize)| {
            let tiles = neurons.div_ceil(32);
            first_tile += tiles;
            let projections = (inputs.iter())
                .map(|&(source, delayed)| ProjectionImage {
                    source,
                    delayed,
                    identity: false,
                    unsigned: false,
                    fan_in: 8,
                    groups: 1,
                    weight_planes: 1,
                    source_planes: 1,
                })
                .collect();
            let name = String::new();
            LayerImage {
                name,
                neurons,
                first_tile: first_tile - tiles,
                tiles,
                gangs: 1,
                projections,
                pools: false,
                windowed: None,
                pooled: None,
            }
        };
        sources.iter().zip(neurons).map(one).collect()
    }

    fn marks(layers: &[LayerImage], ticks: usize, order: Order) -> String {
        let mark = |p: &ProgramPass| {
            let flag = |set: bool, c| if set { c } else { '-' };
            [flag(p.gate, 'g'), flag(p.flush, 'f'), flag(p.turns, 't'), flag(p.switch_on, 's')]
        };
        let passes = program(layers, ticks, order, &Preset::Tiny.spec());
        passes.iter().map(|p| mark(p).iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    }

    const INPUT: (Source, bool) = (Source::Input, false);
    const FIRST: (Source, bool) = (Source::Layer(0), false);
    const AGAIN: (Source, bool) = (Source::Layer(0), true);
    const SECOND: (Source, bool) = (Source::Layer(1), true);

    #[test]
    fn a_chain_waits_once_a_layer() {
        let chain = layers(&[&[INPUT], &[FIRST]], &[40, 64]);
        assert_eq!(marks(&chain, 3, Order::Tiles), "--ts --ts g-ts --t-");
        assert_eq!(marks(&chain, 1, Order::Tiles), "--ts -fts g-ts --t-");
        assert_eq!(marks(&chain, 3, Order::Ticks), "---s -f-s g--s --t-");
    }

    #[test]
    fn a_recurrent_layer_waits_unless_a_later_one_has() {
        let alone = layers(&[&[INPUT, AGAIN]], &[8]);
        assert_eq!(marks(&alone, 3, Order::Ticks), "---- g-t-");
        let read = layers(&[&[INPUT, AGAIN], &[FIRST]], &[8, 8]);
        assert_eq!(marks(&read, 3, Order::Ticks), "---- -f-s g-t-");
        let feedback = layers(&[&[INPUT, SECOND], &[FIRST]], &[8, 8]);
        assert_eq!(marks(&feedback, 3, Order::Ticks), "---- gf-s g-t-");
        // In a stream the tick before is over.
        assert_eq!(marks(&feedback, 1, Order::Ticks), "---- -f-s g-t-");
    }

    #[test]
    fn a_pass_that_waits_for_the_tick_before_has_it_pushed_out() {
        let odd = layers(&[&[AGAIN], &[INPUT]], &[8, 8]);
        assert_eq!(marks(&odd, 3, Order::Ticks), "g--s -ft-");
        let last = layers(&[&[SECOND], &[INPUT]], &[8, 8]);
        assert_eq!(marks(&last, 3, Order::Ticks), "g--s -ft-");
    }
}
