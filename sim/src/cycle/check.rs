//! Whether an image agrees with itself, its preset and the datasheet's formulas. What passes runs
//! without leaving a memory; whether its gates open is left to the cycle limit.

use super::memory::Memory;
use crate::SimError;
use spikewright_ir::{
    CoreImage, Readout,
    layout::{pass::MAX_PLANES, timing},
};

/// What the check finds out on its way.
pub struct Checked {
    /// Live neurons of each tile.
    pub tile_neurons: Vec<usize>,
    /// More cycles than any run of this image takes.
    pub cycle_limit: u64,
}

/// Returns `Err` with a message of its own when `fine` does not hold.
fn demand(
    fine: bool,
    place: impl Into<String>,
    problem: impl FnOnce() -> String,
) -> Result<(), SimError> {
    if fine { Ok(()) } else { Err(SimError::Image { place: place.into(), problem: problem() }) }
}

/// Checks the whole image.
pub fn check(image: &CoreImage, memory: &Memory) -> Result<Checked, SimError> {
    control(image, memory)?;
    let tiles = layers(image, memory)?;
    let mut tile_neurons = Vec::with_capacity(tiles);
    for (number, layer) in image.layers.iter().enumerate() {
        for tile in layer.first_tile..layer.first_tile + layer.tiles {
            let first = usize::from(memory.tiles[tile].neuron16) * 16;
            let end = if tile + 1 < layer.first_tile + layer.tiles {
                usize::from(memory.tiles[tile + 1].neuron16) * 16
            } else {
                layer.neurons
            };
            let place = || format!("tile {tile}");
            demand(tile > layer.first_tile || first == 0, place(), || {
                format!("layer {number} begins at neuron {first}")
            })?;
            demand(first < end && end - first <= memory.spec.lanes, place(), || {
                format!("neurons {first}..{end} on {} lanes", memory.spec.lanes)
            })?;
            demand(usize::from(memory.tiles[tile].layer) == number, place(), || {
                format!("layer {} instead of {number}", memory.tiles[tile].layer)
            })?;
            demand(memory.tiles[tile].last == (tile + 1 == tiles), place(), || {
                format!("the last of {tiles} tiles has to be marked last, and no other")
            })?;
            rows_and_spans(tile, end - first, memory)?;
            tile_neurons.push(end - first);
        }
    }
    program(tiles, memory)?;
    let last_row = &memory.bias[memory.bias.len() - memory.spec.fire_units..];
    demand(
        memory.program() == tiles || last_row.iter().all(|&bias| bias == i16::MIN),
        "parameters",
        || {
            format!(
                "tiles of several passes take biases of -32768 from the last row, which holds {last_row:?}"
            )
        },
    )?;
    Ok(Checked { cycle_limit: cycle_limit(image.ticks, memory), tile_neurons })
}

fn control(image: &CoreImage, memory: &Memory) -> Result<(), SimError> {
    let spec = &memory.spec;
    let place = "control registers";
    let control = &memory.control;
    demand(usize::from(control.ticks_m1) + 1 == image.ticks, place, || {
        format!("{} ticks instead of {}", u32::from(control.ticks_m1) + 1, image.ticks)
    })?;
    demand(usize::from(control.stride) == image.stride, place, || {
        format!("a stride of {} instead of {}", control.stride, image.stride)
    })?;
    demand(control.tick_order == image.tick_order, place, || {
        format!("tick order is {}", control.tick_order)
    })?;
    demand(!image.stream || image.tick_order && image.ticks == 1, place, || {
        format!("a stream of {} ticks at a start, in tick order or not", image.ticks)
    })?;
    demand(usize::from(control.classes_m1) + 1 == image.classes, place, || {
        format!("{} classes instead of {}", control.classes_m1, image.classes)
    })?;
    demand(control.potentials == (image.readout == Readout::Potential), place, || {
        format!("readout does not fit {:?}", image.readout)
    })?;
    demand(image.classes <= spec.lanes, "classes", || {
        format!("{} of them, the core reads at most {}", image.classes, spec.lanes)
    })?;
    let group = spec.group_neurons();
    demand(
        image.inputs > 0 && image.input_groups == image.inputs.div_ceil(group),
        "input",
        || format!("{} neurons in {} groups of {group}", image.inputs, image.input_groups),
    )?;
    let planes = image.input_planes;
    demand((1..=MAX_PLANES).contains(&planes), "input", || {
        format!("values of {planes} planes, not 1 to {MAX_PLANES}")
    })?;
    demand(
        image.input_groups * planes <= image.stride
            && image.stride <= spec.spike_groups / image.ticks,
        "input",
        || {
            let (groups, stride, ticks) = (image.input_groups * planes, image.stride, image.ticks);
            format!(
                "{groups} groups of {stride} a tick, {ticks} ticks, the spike memory has {}",
                spec.spike_groups
            )
        },
    )
}

/// Layers follow each other without gap; returns the number of tiles.
fn layers(image: &CoreImage, memory: &Memory) -> Result<usize, SimError> {
    let mut tiles = 0;
    for (number, layer) in image.layers.iter().enumerate() {
        let place = || format!("layer {number}");
        demand(layer.first_tile == tiles && layer.tiles > 0, place(), || {
            format!("{} tiles from {} on, not from {tiles}", layer.tiles, layer.first_tile)
        })?;
        demand(layer.tiles <= memory.spec.tiles - tiles, place(), || {
            format!("{} tiles after {tiles}, the core has {}", layer.tiles, memory.spec.tiles)
        })?;
        tiles += layer.tiles;
    }
    let classes = image.layers.last().map_or(0, |l| l.neurons);
    demand(tiles > 0 && classes == image.classes, "layers", || {
        format!("{tiles} tiles, the last layer has {classes} neurons for {} classes", image.classes)
    })?;
    let one_tile = image.layers.last().is_some_and(|l| l.tiles == 1);
    demand(one_tile, "layers", || "the last layer has to be a single tile to be read".into())?;
    Ok(tiles)
}

fn rows_and_spans(tile: usize, neurons: usize, memory: &Memory) -> Result<(), SimError> {
    let (spec, entry) = (&memory.spec, &memory.tiles[tile]);
    let place = || format!("tile {tile}");
    let rows = neurons.div_ceil(16) * 16 / spec.fire_units;
    demand(entry.rows() == rows, place(), || {
        format!("{} rows for {neurons} neurons instead of {rows}", entry.rows())
    })?;
    let span = rows.max(timing::MIN_SPAN);
    let spans = (usize::from(entry.span_m1) + 1, usize::from(entry.span_last_m1) + 1);
    demand(spans == (span, span + timing::TILE_SWITCH), place(), || {
        format!(
            "spans {spans:?} for {rows} rows, instead of {span} and {}",
            span + timing::TILE_SWITCH
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
    })
}

/// Passes follow each other tile by tile, their halves agree, and loops are those of their order.
fn program(tiles: usize, memory: &Memory) -> Result<(), SimError> {
    let count = memory.program();
    let (mut tile, mut begins) = (0, true);
    for k in 0..count {
        let (scan, fire) = (&memory.scan[k], &memory.passes[k]);
        let place = || format!("pass {k}");
        demand(scan.last == (k + 1 == count), place(), || {
            format!("no pass of {count} is marked last")
        })?;
        demand(usize::from(fire.tile) == tile && tile < tiles, place(), || {
            format!("tile {} instead of {tile} of {tiles}", fire.tile)
        })?;
        let halves = [(scan.ends, fire.ends), (scan.turns, fire.turns)];
        demand(halves.iter().all(|(a, b)| a == b), place(), || {
            format!("ends and turns are {halves:?} in the scan and the fire half")
        })?;
        demand(fire.begins == begins, place(), || {
            format!("begins its tick: {}, not {begins}", fire.begins)
        })?;
        let turns = if memory.control.tick_order { scan.last } else { scan.ends };
        demand(scan.turns == turns, place(), || format!("turns: {}, not {turns}", scan.turns))?;
        let on = scan.ends && !scan.last;
        let back = memory.control.tick_order && scan.last && tiles > 1;
        demand((fire.switch_on, fire.switch_back) == (on, back), place(), || {
            format!("switches {:?} instead of {:?}", (fire.switch_on, fire.switch_back), (on, back))
        })?;
        let groups = usize::from(scan.groups_m1) + 1;
        let (first, capacity) = (usize::from(scan.weight_group), memory.spec.weight_groups);
        demand(first + groups <= capacity, place(), || {
            format!("weight groups {first}..{} of {capacity}", first + groups)
        })?;
        tile += usize::from(scan.ends);
        begins = scan.ends;
    }
    demand(tile == tiles && begins, "program", || format!("it ends in tile {tile} of {tiles}"))
}

/// Every source neuron spikes, nothing overlaps.
fn cycle_limit(ticks: usize, memory: &Memory) -> u64 {
    let pass = |k: usize| {
        let groups = u64::from(memory.scan[k].groups_m1) + 1;
        let tile = &memory.tiles[usize::from(memory.passes[k].tile)];
        groups * (memory.spec.group_neurons() as u64 + 1)
            + u64::from(tile.span_last_m1)
            + timing::PASS_BOUND as u64
    };
    let passes: u64 = (0..memory.program()).map(|k| pass(k) * ticks as u64).sum();
    passes + timing::SAMPLE_BOUND as u64 + memory.spec.lanes as u64
}
