//! Pass `lower`: the words of every memory and table, encoded with `ir::layout`. Writes are in a
//! fixed order and in contiguous runs; words no one reads are not written.

use crate::{
    allocate::TilePlan,
    dense::{DenseLayer, dense_layers, place},
    pipeline::Design,
};
use spikewright_ir::{
    CoreImage, CoreSpec, Diagnostics, FireRule, LayerImage, Leak, MemoryImage, Network, Readout,
    Region, Reset,
    layout::{Field, bus, fire, scan, timing},
};

/// Threshold of lanes past a tile's last neuron: with weight bits 0 their sums are never positive.
const NEVER: i16 = i16::MAX;

pub(crate) fn run(design: &mut Design) -> Result<(), Diagnostics> {
    let (network, spec, plan) = (&design.network, &design.spec, &design.plan);
    let layers = dense_layers(network);
    let mut out = Diagnostics::default();
    let mut runs = Runs::default();
    for tile in &plan.tiles {
        weights(tile, &layers[tile.layer], spec, &mut runs);
    }
    for tile in &plan.tiles {
        params(tile, &layers[tile.layer], spec, &mut runs);
    }
    if layers.iter().any(|l| l.planes.len() * l.input_planes > 1) {
        let lowest = [NEVER, i16::MIN].map(|word| word as u16).repeat(spec.fire_units);
        runs.push(Region::Params, (spec.param_rows - 1) * 16 * 2, &lowest);
    }
    for (t, tile) in plan.tiles.iter().enumerate() {
        let next_layer = plan.tiles.get(t + 1).map(|n| n.layer);
        let entry = scan_entry(tile, &layers[tile.layer], next_layer, network.ticks);
        let word = encode(tile, &layers, &entry, &mut out);
        let words = [word as u16, (word >> 16) as u16];
        runs.push(Region::Scan, 2 * t, &words);
    }
    for (t, tile) in plan.tiles.iter().enumerate() {
        let last = t + 1 == plan.tiles.len();
        let mut words = [0; fire::WORDS];
        for (w, fields) in fire_entry(tile, &layers[tile.layer], network, last).iter().enumerate() {
            words[w] = encode(tile, &layers, fields, &mut out) as u16;
        }
        runs.push(Region::Fire, fire::WORDS * t, &words);
    }
    let potentials = u16::from(network.readout == Readout::Potential) << 8;
    let control = [(network.ticks - 1) as u16, (network.classes() - 1) as u16 | potentials];
    runs.push(Region::Control, bus::TICKS_M1 as usize, &control);
    out.into_result()?;
    design.image = Some(CoreImage {
        preset: spec.preset,
        ticks: network.ticks,
        inputs: network.input.len(),
        input_planes: network.input_planes.into(),
        input_groups: plan.input_groups,
        classes: network.classes(),
        readout: network.readout,
        layers: layers.iter().enumerate().map(|(i, l)| layer_image(i, l, &plan.tiles)).collect(),
        memories: runs.0,
    });
    Ok(())
}

/// Memory contents; a run that continues the one before becomes part of it.
#[derive(Default)]
struct Runs(Vec<MemoryImage>);

impl Runs {
    fn push(&mut self, region: Region, start: usize, words: &[u16]) {
        let start = start as u32;
        match self.0.last_mut() {
            Some(run) if run.region == region && run.start + run.words.len() as u32 == start => {
                run.words.extend_from_slice(words);
            }
            _ => self.0.push(MemoryImage { region, start, words: words.into() }),
        }
    }
}

fn layer_image(index: usize, layer: &DenseLayer<'_>, tiles: &[TilePlan]) -> LayerImage {
    LayerImage {
        name: layer.name.into(),
        neurons: layer.neurons,
        first_tile: tiles.iter().position(|t| t.layer == index).unwrap_or(tiles.len()),
        tiles: tiles.iter().filter(|t| t.layer == index).count(),
        fan_in: layer.fan_in(),
        weight_planes: layer.planes.len(),
        input_planes: layer.input_planes,
    }
}

/// Row of source j in plane p: bit i is the weight of the tile's neuron i. Planes begin with a group.
fn weights(tile: &TilePlan, layer: &DenseLayer<'_>, spec: &CoreSpec, runs: &mut Runs) {
    let banks = spec.lanes / 16;
    for (p, plane) in layer.planes.iter().enumerate() {
        let mut words = vec![0u16; layer.fan_in() * banks];
        for i in 0..tile.neurons {
            for source in plane.row(tile.first + i).ones() {
                words[source * banks + i / 16] |= 1 << (i % 16);
            }
        }
        let group = tile.weight_group + p * tile.shape.groups;
        runs.push(Region::Weights, group * spec.group_neurons() * banks, &words);
    }
}

/// Row r: θ and b of the tile's neurons r·F_u on, one pair per fire unit.
fn params(tile: &TilePlan, layer: &DenseLayer<'_>, spec: &CoreSpec, runs: &mut Runs) {
    for r in 0..tile.shape.rows {
        let mut words = Vec::with_capacity(2 * spec.fire_units);
        for unit in 0..spec.fire_units {
            let i = r * spec.fire_units + unit;
            let (theta, bias) = if i < tile.neurons {
                let n = tile.first + i;
                (layer.params.theta[n] as i16, layer.params.bias[n] as i16)
            } else {
                (NEVER, 0)
            };
            words.extend([theta as u16, bias as u16]);
        }
        runs.push(Region::Params, (tile.param_row + r) * 16 * 2, &words);
    }
}

type Fields = Vec<(Field, usize)>;

fn scan_entry(
    tile: &TilePlan,
    layer: &DenseLayer<'_>,
    next_layer: Option<usize>,
    ticks: usize,
) -> Fields {
    let last = next_layer.is_none();
    // With one tick no later pass of the tile pushes its only one out to the layer that waits.
    let flush = last || ticks == 1 && next_layer != Some(tile.layer);
    vec![
        (scan::SOURCE_GROUP, tile.source_group),
        (scan::GROUPS_M1, tile.shape.groups - 1),
        (scan::WEIGHT_GROUP, tile.weight_group),
        (scan::GATE, usize::from(tile.layer > 0 && tile.first == 0)),
        (scan::FLUSH, usize::from(flush)),
        (scan::LAST, usize::from(last)),
        (scan::WEIGHT_PLANES_M1, layer.planes.len() - 1),
        (scan::INPUT_PLANES_M1, layer.input_planes - 1),
    ]
}

fn fire_entry(
    tile: &TilePlan,
    layer: &DenseLayer<'_>,
    network: &Network,
    last: bool,
) -> [Fields; fire::WORDS] {
    let span = tile.shape.rows.max(timing::MIN_SPAN);
    let params = layer.params;
    let (leak_m, leak_r) = leak_words(params.leak);
    let flag = usize::from;
    [
        vec![(fire::ROWS_M1, tile.shape.rows - 1), (fire::SPAN_M1, span - 1)],
        vec![
            (fire::GAIN_LOG2, layer.gain_log2),
            (fire::WEIGHT_PLANES_M1, layer.planes.len() - 1),
            (fire::INPUT_PLANES_M1, layer.input_planes - 1),
            (fire::LAST, flag(last)),
        ],
        vec![
            (fire::PARAM_ROW, tile.param_row),
            (fire::SPAN_LAST_M1, span + timing::TILE_SWITCH - 1),
        ],
        vec![(fire::LEAK_M, leak_m)],
        vec![(fire::LEAK_R, leak_r)],
        vec![
            (fire::ABOVE, flag(params.fire == FireRule::Above)),
            (fire::ZERO, flag(params.reset == Reset::Zero)),
            (fire::FIRES, flag(!network.reads_potential(tile.layer))),
            (fire::FIRST_SPIKE, flag(network.readout == Readout::FirstSpike)),
        ],
        vec![(fire::LAYER, tile.layer), (fire::NEURON16, tile.first / 16)],
        vec![(fire::TARGET_GROUP, tile.target_group), (fire::TARGET_STRIDE, tile.target_stride)],
    ]
}

/// M and R of `leak(v) = (v·M + R) >> 16` (`docs/core.md`, section 2).
pub(crate) fn leak_words(leak: Leak) -> (usize, usize) {
    match leak {
        Leak::None | Leak::Scale(256..) => (65535, 32767),
        Leak::Shift(k) => (65536 - (1 << (16 - k)), 65535),
        Leak::Scale(m) => (256 * usize::from(m), 0),
    }
}

/// Puts the fields into one word; a value too large for its field is a refusal, not a panic.
fn encode(
    tile: &TilePlan,
    layers: &[DenseLayer<'_>],
    fields: &[(Field, usize)],
    out: &mut Diagnostics,
) -> u32 {
    fields.iter().fold(0, |word, &(field, value)| {
        if value > field.max() as usize {
            out.push(
                "table-field",
                place(tile.layer, layers[tile.layer].name),
                format!("{} is {value}, the table holds {}", field.name, field.max()),
                "use fewer neurons, sources or ticks",
            );
            return word;
        }
        word | field.put(value as u32)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every leak, every 16-bit potential: the multiplier form equals the rule.
    #[test]
    fn leak_words_compute_the_leak() {
        let leaks = [Leak::None, Leak::Scale(256)]
            .into_iter()
            .chain((1..=15).map(Leak::Shift))
            .chain([0, 1, 2, 127, 128, 200, 255].map(Leak::Scale));
        for leak in leaks {
            let (m, r) = leak_words(leak);
            assert!(m < 1 << 16 && r < 1 << 16);
            for v in i64::from(i16::MIN)..=i64::from(i16::MAX) {
                let rule = match leak {
                    Leak::None => v,
                    Leak::Shift(k) => v - (v >> k),
                    Leak::Scale(m) => (v * i64::from(m)) >> 8,
                };
                assert_eq!((v * m as i64 + r as i64) >> 16, rule, "{leak:?} of {v}");
            }
        }
    }
}
