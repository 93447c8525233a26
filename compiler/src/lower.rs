//! Pass `lower`: the words of every memory and table, encoded with `ir::layout`. Writes are in a
//! fixed order and in contiguous runs; words no one reads are not written.

use crate::{
    allocate::{PassPlan, Plan, TilePlan},
    dense::{DenseLayer, Inputs, dense_layers, place},
    pipeline::Design,
    program::ProgramPass,
};
use spikewright_ir::{
    CoreImage, CoreSpec, Diagnostics, FireRule, Leak, MemoryImage, Network, Readout, Region, Reset,
    layout::{Field, bus, pass, scan, tile, timing},
};

/// Threshold of lanes past a tile's last neuron: with weight bits 0 their sums are never positive.
const NEVER: i16 = i16::MAX;

/// Groups are counted modulo this.
const GROUP_MODULUS: usize = 1 << scan::SOURCE_GROUP.width;

pub(crate) fn run(design: &mut Design) -> Result<(), Diagnostics> {
    let (network, spec, plan) = (&design.network, &design.spec, &design.plan);
    let layers = dense_layers(network);
    let mut out = Diagnostics::default();
    let mut runs = Runs::default();
    for pass in &plan.passes {
        let layer = &layers[pass.pass.layer];
        weights(pass, &layer.inputs[pass.pass.projection], spec, &mut runs);
    }
    identity(plan, spec, &mut runs);
    for tile in &plan.tiles {
        params(tile, &layers[tile.layer], spec, &mut runs);
    }
    if plan.passes.len() > plan.tiles.len() {
        let lowest = [NEVER, i16::MIN].map(|word| word as u16).repeat(spec.fire_units);
        runs.push(Region::Params, (spec.param_rows - 1) * 16 * 2, &lowest);
    }
    for (k, pass) in plan.passes.iter().enumerate() {
        let words = program_words(pass, &layers, plan, network.ticks, &mut out);
        runs.push(Region::Program, pass::BUS_WORDS * k, &words);
    }
    for (t, tile) in plan.tiles.iter().enumerate() {
        let entry = tile_entry(t, plan, &layers[tile.layer], network);
        let words = entry.map(|fields| encode(tile.layer, &layers, &fields, &mut out) as u16);
        runs.push(Region::Tiles, tile::WORDS * t, &words);
    }
    silence(plan, spec, &mut runs);
    runs.push(Region::Control, bus::TICKS as usize, &control(plan, network));
    out.into_result()?;
    design.image = Some(CoreImage {
        preset: spec.preset,
        ticks: network.ticks,
        stream: design.options.stream,
        tick_order: plan.tick_order,
        stride: plan.stride,
        inputs: network.input.len(),
        input_planes: network.input_planes.into(),
        input_groups: plan.input_groups,
        input_places: vec![],
        classes: network.classes(),
        readout: network.readout,
        layers: plan.layers.clone(),
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

/// Row of source j: bit i is the weight of the tile's neuron i. Planes begin with a group.
fn weights(place: &PassPlan, inputs: &Inputs<'_>, spec: &CoreSpec, runs: &mut Runs) {
    let ProgramPass { plane, source_plane, part, neurons, .. } = place.pass;
    let (banks, first) = (spec.lanes / 16, part * spec.lanes);
    // Planes of the source share rows, and so do all identities.
    if source_plane > 0 || inputs.shape.identity {
        return;
    }
    let mut words = vec![0u16; inputs.shape.fan_in * banks];
    for i in 0..neurons {
        for source in inputs.weights[plane].row(first + i).ones() {
            words[source * banks + i / 16] |= 1 << (i % 16);
        }
    }
    runs.push(Region::Weights, place.weight_group * spec.group_neurons() * banks, &words);
}

/// Rows in which the weight of source i is 1 for target i alone.
fn identity(plan: &Plan, spec: &CoreSpec, runs: &mut Runs) {
    let Some(group) = plan.identity_group else { return };
    let banks = spec.lanes / 16;
    let mut words = vec![0u16; spec.lanes * banks];
    for i in 0..spec.lanes {
        words[i * banks + i / 16] = 1 << (i % 16);
    }
    runs.push(Region::Weights, group * spec.group_neurons() * banks, &words);
}

/// The tick before the first, which delayed projections see then: nothing writes there in a sample.
fn silence(plan: &Plan, spec: &CoreSpec, runs: &mut Runs) {
    if plan.layers.iter().flat_map(|l| &l.projections).any(|p| p.delayed) {
        let first = (spec.spike_groups - plan.stride) * spec.group_words;
        runs.push(Region::Spikes, first, &vec![0; plan.stride * spec.group_words]);
    }
}

/// The registers of ticks and readout.
fn control(plan: &Plan, network: &Network) -> [u16; 2] {
    let flag = |set: bool, bit: u32| u16::from(set) << bit;
    let potentials = flag(network.readout == Readout::Potential, 8);
    let classes = (network.classes() - 1) as u16;
    let ticks = (network.ticks - 1) as u16 | (plan.stride as u16) << 8;
    [ticks, classes | potentials | flag(plan.tick_order, 9)]
}

/// Row r: θ and b of the tile's neurons r·F_u on, one pair per fire unit.
fn params(tile: &TilePlan, layer: &DenseLayer<'_>, spec: &CoreSpec, runs: &mut Runs) {
    for r in 0..tile.rows {
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

/// The three words of a pass: scan half, low and high, and fire half; the fourth is not used.
fn program_words(
    place: &PassPlan,
    layers: &[DenseLayer<'_>],
    plan: &Plan,
    ticks: usize,
    out: &mut Diagnostics,
) -> [u16; pass::BUS_WORDS] {
    let p = &place.pass;
    let inputs = &layers[p.layer].inputs[p.projection];
    let flag = usize::from;
    let before = if inputs.shape.delayed { plan.stride } else { 0 };
    let scanned = [
        (scan::SOURCE_GROUP, offset_free(place.source_group, before, p.tile, plan, ticks)),
        (scan::GROUPS_M1, place.groups - 1),
        (scan::GATE, flag(p.gate)),
        (scan::FLUSH, flag(p.flush)),
        (scan::FLUSH_LAST, flag(p.flush_last)),
        (scan::WEIGHT_GROUP, place.weight_group),
        (scan::ENDS, flag(p.ends)),
        (scan::TURNS, flag(p.turns)),
        (scan::LAST, flag(p.last)),
    ];
    // An identity's drive is 2c already.
    let doubled = flag(!inputs.shape.identity);
    let fired = [
        (pass::GAIN_LOG2, inputs.gain_log2 + p.plane + p.source_plane + doubled),
        (pass::BEGINS, flag(p.begins)),
        (pass::ENDS, flag(p.ends)),
        (pass::TURNS, flag(p.turns)),
        (pass::IDENTITY, flag(inputs.shape.identity)),
        (pass::SWITCH_ON, flag(p.switch_on)),
        (pass::SWITCH_BACK, flag(p.switch_back)),
        (pass::TILE, p.tile),
    ];
    let (scan, fire) =
        (encode(p.layer, layers, &scanned, out), encode(p.layer, layers, &fired, out));
    [scan as u16, (scan >> 16) as u16, fire as u16, 0]
}

/// A group of tick 0 less the tick offset that its loop begins with: one stride for every tick of the
/// loops before it.
fn offset_free(group: usize, before: usize, tile: usize, plan: &Plan, ticks: usize) -> usize {
    let loops = if plan.tick_order { 0 } else { tile };
    let offset = loops * ticks * plan.stride + before;
    (group + GROUP_MODULUS - offset % GROUP_MODULUS) % GROUP_MODULUS
}

fn tile_entry(
    t: usize,
    plan: &Plan,
    layer: &DenseLayer<'_>,
    network: &Network,
) -> [Vec<(Field, usize)>; tile::WORDS] {
    let tile = &plan.tiles[t];
    let span = tile.rows.max(timing::MIN_SPAN);
    let params = layer.params;
    let (leak_m, leak_r) = leak_words(params.leak);
    let flag = usize::from;
    [
        vec![(tile::ROWS_M1, tile.rows - 1), (tile::SPAN_M1, span - 1)],
        vec![(tile::SPAN_LAST_M1, span + timing::TILE_SWITCH - 1)],
        vec![(tile::PARAM_ROW, tile.param_row)],
        vec![(tile::LEAK_M, leak_m)],
        vec![(tile::LEAK_R, leak_r)],
        vec![
            (tile::ABOVE, flag(params.fire == FireRule::Above)),
            (tile::ZERO, flag(params.reset == Reset::Zero)),
            (tile::FIRES, flag(!network.reads_potential(tile.layer))),
            (tile::FIRST_SPIKE, flag(network.readout == Readout::FirstSpike)),
            (tile::LAST, flag(t + 1 == plan.tiles.len())),
        ],
        vec![(tile::LAYER, tile.layer), (tile::NEURON16, tile.first / 16)],
        vec![(tile::TARGET_GROUP, offset_free(tile.target_group, 0, t, plan, network.ticks))],
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
    layer: usize,
    layers: &[DenseLayer<'_>],
    fields: &[(Field, usize)],
    out: &mut Diagnostics,
) -> u32 {
    fields.iter().fold(0, |word, &(field, value)| {
        if value > field.max() as usize {
            out.push(
                "table-field",
                place(layer, layers[layer].name),
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
