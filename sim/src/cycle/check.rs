//! Whether an image agrees with itself, its preset and the datasheet's formulas. What passes runs
//! without leaving a memory; whether its gates open is left to the cycle limit.

use super::memory::Memory;
use crate::SimError;
use spikewright_ir::{
    CoreImage, Readout,
    layout::{scan::MAX_PLANES, timing},
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
            let first = usize::from(memory.fire[tile].neuron16) * 16;
            let end = if tile + 1 < layer.first_tile + layer.tiles {
                usize::from(memory.fire[tile + 1].neuron16) * 16
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
            demand(usize::from(memory.fire[tile].layer) == number, place(), || {
                format!("layer {} instead of {number}", memory.fire[tile].layer)
            })?;
            let last = tile + 1 == tiles;
            demand(
                memory.scan[tile].last == last && memory.fire[tile].last == last,
                place(),
                || format!("the last of {tiles} tiles has to be marked last, and no other"),
            )?;
            rows_and_ranges(tile, end - first, image.ticks, memory)?;
            tile_neurons.push(end - first);
        }
    }
    let several = memory.fire[..tiles].iter().any(|entry| entry.passes() > 1);
    let last_row = &memory.bias[memory.bias.len() - memory.spec.fire_units..];
    demand(!several || last_row.iter().all(|&bias| bias == i16::MIN), "parameters", || {
        format!(
            "tiles of several passes take biases of -32768 from the last row, which holds {last_row:?}"
        )
    })?;
    Ok(Checked { cycle_limit: cycle_limit(image.ticks, tiles, memory), tile_neurons })
}

fn control(image: &CoreImage, memory: &Memory) -> Result<(), SimError> {
    let spec = &memory.spec;
    let place = "control registers";
    demand(usize::from(memory.ticks_m1) + 1 == image.ticks, place, || {
        format!("{} ticks instead of {}", u32::from(memory.ticks_m1) + 1, image.ticks)
    })?;
    demand(usize::from(memory.classes_m1) + 1 == image.classes, place, || {
        format!("{} classes instead of {}", u32::from(memory.classes_m1) + 1, image.classes)
    })?;
    demand(memory.potentials == (image.readout == Readout::Potential), place, || {
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
    demand(image.input_groups * planes <= spec.spike_groups / image.ticks, "input", || {
        let (groups, ticks) = (image.input_groups * planes, image.ticks);
        format!("{groups} groups in {ticks} ticks, the spike memory has {}", spec.spike_groups)
    })
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

fn rows_and_ranges(
    tile: usize,
    neurons: usize,
    ticks: usize,
    memory: &Memory,
) -> Result<(), SimError> {
    let (spec, scan, fire) = (&memory.spec, &memory.scan[tile], &memory.fire[tile]);
    let place = || format!("tile {tile}");
    let rows = neurons.div_ceil(16) * 16 / spec.fire_units;
    demand(fire.rows() == rows, place(), || {
        format!("{} rows for {neurons} neurons instead of {rows}", fire.rows())
    })?;
    let span = rows.max(timing::MIN_SPAN);
    let spans = (usize::from(fire.span_m1) + 1, usize::from(fire.span_last_m1) + 1);
    demand(spans == (span, span + timing::TILE_SWITCH), place(), || {
        format!(
            "spans {spans:?} for {rows} rows, instead of {span} and {}",
            span + timing::TILE_SWITCH
        )
    })?;
    demand([0, 32767, 65535].contains(&fire.leak_r), place(), || {
        format!("a leak addend of {}, not of 0, 32767 or 65535", fire.leak_r)
    })?;
    let range = |what: &str, first: usize, count: usize, capacity: usize| {
        demand(first + count <= capacity, place(), || {
            format!("{what} {first}..{} of {capacity}", first + count)
        })
    };
    let planes = |weights: u8, inputs: u8| (usize::from(weights) + 1, usize::from(inputs) + 1);
    let scanned = planes(scan.weight_planes_m1, scan.input_planes_m1);
    let fired = planes(fire.weight_planes_m1, fire.input_planes_m1);
    demand(scanned == fired, place(), || {
        format!("planes {scanned:?} in the scan table, {fired:?} in the fire table")
    })?;
    let gain = usize::from(fire.gain_log2) + fired.0 + fired.1 - 2;
    demand(gain <= 15, place(), || {
        format!("its last pass counts 2^{gain} times, not at most 2^15")
    })?;
    let groups = usize::from(scan.groups_m1) + 1;
    let source = groups * scanned.1 * ticks;
    range("source groups", scan.source_group.into(), source, spec.spike_groups)?;
    range("weight groups", scan.weight_group.into(), groups * scanned.0, spec.weight_groups)?;
    range("parameter rows", fire.param_row.into(), rows, spec.param_rows)?;
    let written = usize::from(fire.target_stride) * (ticks - 1)
        + neurons.div_ceil(16).div_ceil(spec.group_words);
    range("target groups", fire.target_group.into(), written, spec.spike_groups)
}

/// Every source neuron spikes, nothing overlaps.
fn cycle_limit(ticks: usize, tiles: usize, memory: &Memory) -> u64 {
    let pass = |tile: usize| {
        let groups = u64::from(memory.scan[tile].groups_m1) + 1;
        groups * (memory.spec.group_neurons() as u64 + 1)
            + u64::from(memory.fire[tile].span_last_m1)
    };
    let count = |tile: usize| (ticks * memory.fire[tile].passes()) as u64;
    let passes: u64 =
        (0..tiles).map(|tile| (pass(tile) + timing::PASS_BOUND as u64) * count(tile)).sum();
    passes + timing::SAMPLE_BOUND as u64 + memory.spec.lanes as u64
}
