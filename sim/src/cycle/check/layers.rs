//! Layers and the tile table: every neuron is computed once, and rows, spans and rounds are those of
//! the tile's lanes.

use super::{
    super::{memory::Memory, reach::Reach, tables::TileEntry},
    demand,
};
use crate::SimError;
use spikewright_ir::{CoreImage, LayerImage, PooledImage, WindowedImage};

/// Lanes that the trace port can number.
const TRACE_LANES: usize = 1 << 16;

/// Checks all layers; returns what an event of each tile reaches.
pub fn layers(image: &CoreImage, memory: &Memory) -> Result<Vec<Reach>, SimError> {
    let tiles = numbers(image, memory)?;
    let mut out = Vec::with_capacity(tiles);
    for (number, layer) in image.layers.iter().enumerate() {
        match (&layer.pooled, &layer.windowed) {
            (Some(pool), _) => pooled(number, layer, pool, image)?,
            (None, Some(windows)) => windowed(number, layer, windows, memory, &mut out)?,
            (None, None) => dense(number, layer, memory, &mut out)?,
        }
    }
    for (tile, entry) in memory.tiles.iter().enumerate().take(tiles) {
        demand(entry.last == (tile + 1 == tiles), format!("tile {tile}"), || {
            format!("the last of {tiles} tiles has to be marked last, and no other")
        })?;
    }
    Ok(out)
}

/// Tiles follow each other without gap; returns their number.
fn numbers(image: &CoreImage, memory: &Memory) -> Result<usize, SimError> {
    let mut tiles = 0;
    for (number, layer) in image.layers.iter().enumerate() {
        let place = || format!("layer {number}");
        let some = (layer.tiles > 0) != layer.pooled.is_some();
        demand(layer.first_tile == tiles && some, place(), || {
            format!("{} tiles from {} on, not from {tiles}", layer.tiles, layer.first_tile)
        })?;
        demand(layer.tiles <= memory.spec.tiles - tiles, place(), || {
            format!("{} tiles after {tiles}, the core has {}", layer.tiles, memory.spec.tiles)
        })?;
        tiles += layer.tiles;
    }
    let last = image.layers.last();
    let classes = last.map_or(0, |l| l.neurons);
    demand(tiles > 0 && classes == image.classes, "layers", || {
        format!("{tiles} tiles, the last layer has {classes} neurons for {} classes", image.classes)
    })?;
    let read = last.is_some_and(|l| l.tiles == 1 && l.windowed.is_none());
    demand(read, "layers", || {
        "the last layer has to be a single tile without windows to be read".into()
    })?;
    Ok(tiles)
}

/// A layer that the writer pools out of the spikes of another.
fn pooled(
    number: usize,
    layer: &LayerImage,
    pool: &PooledImage,
    image: &CoreImage,
) -> Result<(), SimError> {
    let place = || format!("layer {number}");
    demand(pool.k > 0 && pool.layer < number, place(), || {
        format!("pools layer {}, {} by {}", pool.layer, pool.k, pool.k)
    })?;
    let from = &image.layers[pool.layer];
    let sides = [pool.from.height, pool.from.width];
    let neurons = sides.iter().try_fold(pool.from.channels, |n, &side| n.checked_mul(side));
    demand(neurons == Some(from.neurons) && from.tiles > 0, place(), || {
        format!("pools {:?} of layer {} of {} neurons", pool.from, pool.layer, from.neurons)
    })?;
    demand(layer.neurons == pool.shape().len(), place(), || {
        format!("{} neurons instead of {}", layer.neurons, pool.shape().len())
    })
}

/// Tiles of neurons in their order.
fn dense(
    number: usize,
    layer: &LayerImage,
    memory: &Memory,
    out: &mut Vec<Reach>,
) -> Result<(), SimError> {
    let tiles = layer.first_tile..layer.first_tile + layer.tiles;
    for tile in tiles.clone() {
        let entry = &memory.tiles[tile];
        let first = usize::from(entry.neuron16) * 16;
        let end = match tiles.contains(&(tile + 1)) {
            true => usize::from(memory.tiles[tile + 1].neuron16) * 16,
            false => layer.neurons,
        };
        let place = || format!("tile {tile}");
        demand(tile > layer.first_tile || first == 0, place(), || {
            format!("layer {number} begins at neuron {first}")
        })?;
        demand(first < end && end - first <= memory.spec.lanes, place(), || {
            format!("neurons {first}..{end} on {} lanes", memory.spec.lanes)
        })?;
        demand((entry.windowed, entry.rounds_m1) == (false, 0), place(), || {
            let (windowed, rounds) = (entry.windowed, entry.rounds());
            format!("windowed is {windowed}, with {rounds} rounds, in a layer without windows")
        })?;
        let (gangs, one) = (entry.gangs(), (end - first).div_ceil(16) * 16);
        demand(gangs == layer.gangs, place(), || {
            format!("{gangs} gangs instead of {}", layer.gangs)
        })?;
        // The sum of a gang is written before the next one reads it.
        let least = if gangs == 1 { one } else { memory.spec.min_span() * memory.spec.fire_units };
        let lanes = one.max(least);
        demand(gangs * lanes <= memory.spec.lanes, place(), || {
            format!("{gangs} gangs of {lanes} lanes in {}", memory.spec.lanes)
        })?;
        table(tile, number, lanes, memory)?;
        out.push(Reach::all(gangs * (end - first)));
    }
    Ok(())
}

/// Tiles of slots.
fn windowed(
    number: usize,
    layer: &LayerImage,
    windows: &WindowedImage,
    memory: &Memory,
    out: &mut Vec<Reach>,
) -> Result<(), SimError> {
    let spec = &memory.spec;
    let all = windows.lanes.len();
    let place = || format!("layer {number}");
    demand(windows.tiles.len() == layer.tiles, place(), || {
        format!("{} tiles with windows of {}", windows.tiles.len(), layer.tiles)
    })?;
    demand(layer.neurons <= all && all <= TRACE_LANES, place(), || {
        format!("{} neurons in {all} lanes of at most {TRACE_LANES}", layer.neurons)
    })?;
    let mut first = 0;
    for (tile, shape) in (layer.first_tile..).zip(&windows.tiles) {
        let entry = &memory.tiles[tile];
        let place = || format!("tile {tile}");
        let lanes = shape.rows.saturating_mul(spec.fire_units);
        let slots = lanes > 0 && lanes.is_multiple_of(16) && lanes <= spec.lanes;
        demand(slots && entry.windowed && entry.gangs_m1 == 0, place(), || {
            let (windowed, gangs) = (entry.windowed, entry.gangs());
            format!(
                "{lanes} lanes of {} for slots of 16, {gangs} gangs, windowed is {windowed}",
                spec.lanes
            )
        })?;
        demand(entry.rounds() == shape.rounds, place(), || {
            format!("{} rounds instead of {}", entry.rounds(), shape.rounds)
        })?;
        let turns = entry.rounds() == 1 || !memory.control.tick_order;
        demand(turns && shape.rounds <= usize::from(memory.control.stride), place(), || {
            let stride = memory.control.stride;
            format!(
                "{} rounds; as many as groups in a tick, {stride}, or in tick order 1",
                shape.rounds
            )
        })?;
        let end = first + shape.rounds * lanes;
        demand(usize::from(entry.neuron16) * 16 == first && end <= all, place(), || {
            let found = usize::from(entry.neuron16) * 16;
            format!("begins at lane {found}, not {first}, and takes {} of {all}", end - first)
        })?;
        table(tile, number, lanes, memory)?;
        out.push(Reach::windowed(&windows.lanes[first..end], lanes / 16));
        first = end;
    }
    demand(first == all, place(), || format!("{all} lanes, its tiles have {first}"))?;
    let mut seen = vec![false; layer.neurons];
    for (lane, neuron) in windows.lanes.iter().enumerate() {
        let Some(neuron) = neuron.map(|n| n as usize) else { continue };
        let new = !lane.is_multiple_of(16) && seen.get(neuron) == Some(&false);
        demand(new, place(), || {
            let neurons = layer.neurons;
            format!("lane {lane} is neuron {neuron} of {neurons}, which is in another or is none")
        })?;
        seen[neuron] = true;
    }
    let missing = seen.iter().position(|seen| !seen);
    demand(missing.is_none(), place(), || format!("no lane is neuron {}", missing.unwrap_or(0)))
}

/// The table's entry for a tile of `lanes` lanes, a multiple of 16.
fn table(tile: usize, layer: usize, lanes: usize, memory: &Memory) -> Result<(), SimError> {
    let (spec, entry) = (&memory.spec, &memory.tiles[tile]);
    let place = || format!("tile {tile}");
    demand(usize::from(entry.layer) == layer, place(), || {
        format!("layer {} instead of {layer}", entry.layer)
    })?;
    let rows = lanes / spec.fire_units;
    demand(entry.rows() == rows, place(), || {
        format!("{} rows for {lanes} lanes instead of {rows}", entry.rows())
    })?;
    let span = (rows * entry.gangs()).max(spec.min_span());
    let spans = (usize::from(entry.span_m1) + 1, usize::from(entry.span_last_m1) + 1);
    demand(spans == (span, span + spec.tile_switch()), place(), || {
        format!(
            "spans {spans:?} for {rows} rows, instead of {span} and {}",
            span + spec.tile_switch()
        )
    })?;
    demand([0, 32767, 65535].contains(&entry.leak_r), place(), || {
        format!("a leak addend of {}, not of 0, 32767 or 65535", entry.leak_r)
    })?;
    // In tick order all potentials stand side by side.
    let (first, all) = (usize::from(entry.param_row), memory.control.tick_order);
    let capacity = if all { spec.state_rows } else { spec.param_rows };
    demand(first + rows <= capacity, place(), || {
        format!("parameter rows {first}..{} of {capacity}", first + rows)
    })?;
    target(entry, lanes / 16, memory).map_or(Ok(()), |problem| demand(false, place(), || problem))
}

/// What is wrong with where a tile of `slots` slots writes.
fn target(entry: &TileEntry, slots: usize, memory: &Memory) -> Option<String> {
    let (stride, words) = (memory.control.stride, memory.spec.group_words);
    if entry.blank != entry.windowed {
        return Some(format!("blank is {}, windowed {}", entry.blank, entry.windowed));
    }
    if let Some(pool) = entry.pool()
        && !slots.is_multiple_of(pool)
    {
        return Some(format!("{slots} slots, of which every {pool} are pooled"));
    }
    if usize::from(entry.target_word) >= words {
        return Some(format!("writes from word {} of {words} on", entry.target_word));
    }
    let goes_on = entry.rounds_m1 > 0 || entry.target_step == stride;
    (!goes_on).then(|| {
        format!("a target step of {} without rounds, instead of {stride}", entry.target_step)
    })
}
