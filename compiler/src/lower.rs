//! Pass `lower`: the words of every memory and table, encoded with `ir::layout`. Writes are in a
//! fixed order and in contiguous runs; words no one reads are not written.

use crate::{
    allocate::{Entry, PassPlan, Plan, Population, TilePlan},
    feeds::What,
    layers::{CoreLayer, layers, place},
    map::Layout,
    pipeline::Design,
};
use spikewright_ir::{
    CoreImage, CoreSpec, Diagnostics, FireRule, Leak, MemoryImage, Network, Readout, Region, Reset,
    Source,
    layout::{Field, bus, pass, scan, tile},
};

/// Threshold of lanes past a tile's last neuron: with weight bits 0 their sums are never positive.
const NEVER: i16 = i16::MAX;

/// Groups are counted modulo this.
const GROUP_MODULUS: usize = 1 << scan::SOURCE_GROUP.width;

pub(crate) fn run(design: &mut Design) -> Result<(), Diagnostics> {
    let (network, spec, plan) = (&design.network, &design.spec, &design.plan);
    let layers = layers(network);
    let mut words = Words { layers: &layers, out: Diagnostics::default() };
    let mut runs = Runs::default();
    for pass in &plan.passes {
        weights(pass, &layers[pass.pass.layer], plan, spec, &mut runs);
    }
    identity(plan, spec, &mut runs);
    for (group, words) in &plan.window_weights {
        runs.push(Region::Weights, group * words.len(), words);
    }
    let mut rows_written = 0;
    for tile in plan.tiles.iter().filter(|t| {
        // Windowed tiles share theirs.
        let new = t.param_row >= rows_written;
        rows_written = rows_written.max(t.param_row + t.rows);
        new
    }) {
        params(tile, &layers[tile.layer], spec, &mut runs);
    }
    if plan.passes.len() > plan.tiles.len() || plan.tiles.iter().any(|t| t.gangs > 1) {
        let lowest = [NEVER, i16::MIN].map(|word| word as u16).repeat(spec.fire_units);
        runs.push(Region::Params, (spec.param_rows - 1) * 16 * 2, &lowest);
    }
    let offsets = Offsets::of(plan, network.ticks);
    for (k, words) in program_words(plan, network.ticks, &offsets, &mut words).iter().enumerate() {
        runs.push(Region::Program, pass::BUS_WORDS * k, words);
    }
    for (t, tile) in plan.tiles.iter().enumerate() {
        let entry = tile_entry(t, plan, &layers[tile.layer], network, spec, &offsets);
        let words = entry.map(|fields| words.encode(tile.layer, &fields) as u16);
        runs.push(Region::Tiles, tile::WORDS * t, &words);
    }
    silence(plan, network.ticks, spec, design.options.stream, &mut runs);
    runs.push(Region::Control, bus::TICKS as usize, &control(plan, network));
    words.out.into_result()?;
    let input_places = match plan.input.layout {
        Layout::Flat(_) => Vec::new(),
        Layout::Map(_) => {
            (0..network.input.len()).map(|j| plan.input.layout.place(j) as u32).collect()
        }
    };
    let image = CoreImage {
        preset: spec.preset,
        ticks: network.ticks,
        stream: design.options.stream,
        tick_order: plan.tick_order,
        stride: plan.stride,
        inputs: network.input.len(),
        input_planes: network.input_planes.into(),
        input_groups: plan.input.groups,
        input_places,
        classes: network.classes(),
        readout: network.readout,
        layers: plan.layers.clone(),
        memories: runs.0,
        seal: 0,
    };
    design.image = Some(image.sealed());
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

/// Row of a source's place: bit i is the weight of the tile's neuron i. Planes begin with a group.
fn weights(place: &PassPlan, layer: &CoreLayer<'_>, plan: &Plan, spec: &CoreSpec, runs: &mut Runs) {
    let p = &place.pass;
    let feed = &plan.feeds[p.layer][p.projection];
    let shared = p.source_plane > 0 || feed.image.unsigned && p.plane > 0;
    if shared || matches!(feed.what, What::Diagonal | What::Windows) {
        return;
    }
    let layout = plan.population(feed.image.source).layout;
    let tile = &plan.tiles[p.tile];
    let words = feed.weights(layer, &layout, p, tile.first, spec);
    let group = place.entries[0].weight_group;
    runs.push(Region::Weights, group * spec.group_neurons() * spec.row_words(), &words);
}

/// Rows in which the weight of source i is 1 for target i alone.
fn identity(plan: &Plan, spec: &CoreSpec, runs: &mut Runs) {
    let Some(group) = plan.identity_group else { return };
    let banks = spec.row_words();
    let mut words = vec![0u16; spec.lanes * banks];
    for i in 0..spec.lanes {
        words[i * banks + i / 16] = 1 << (i % 16);
    }
    runs.push(Region::Weights, group * spec.group_neurons() * banks, &words);
}

/// What is read before anything writes there: the tick before the first, which delayed projections see
/// in tick 0, what of a map is no neuron, and the words of a layer's last group that it does not fill.
/// A stream comes by everywhere, each population always in the same groups.
fn silence(plan: &Plan, ticks: usize, spec: &CoreSpec, stream: bool, runs: &mut Runs) {
    let zeros = |groups: usize| vec![0; groups * spec.group_words];
    if stream {
        return runs.push(Region::Spikes, 0, &zeros(spec.spike_groups));
    }
    let delayed = plan.layers.iter().flat_map(|l| &l.projections).any(|p| p.delayed);
    // Two samples, where two of them fit.
    let half = spec.spike_groups / 2;
    let first: &[usize] =
        if (ticks + usize::from(delayed)) * plan.stride <= half { &[0, half] } else { &[0] };
    let unwritten = |population: &Population| match population.layout {
        Layout::Map(_) => true,
        Layout::Flat(neurons) => !neurons.div_ceil(16).is_multiple_of(spec.group_words),
    };
    let is_read = |n| {
        let mut feeds = plan.feeds.iter().flatten();
        feeds.any(|feed| feed.image.source == Source::Layer(n))
    };
    let unwritten = plan.populations.iter().enumerate().any(|(n, p)| unwritten(p) && is_read(n));
    for first in first {
        if delayed {
            let before = (first + spec.spike_groups - plan.stride) % spec.spike_groups;
            runs.push(Region::Spikes, before * spec.group_words, &zeros(plan.stride));
        }
        if unwritten {
            runs.push(Region::Spikes, first * spec.group_words, &zeros(plan.stride * ticks));
        }
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

/// Row r: θ and b of the tile's lanes r·F_u on, one pair per fire unit.
fn params(tile: &TilePlan, layer: &CoreLayer<'_>, spec: &CoreSpec, runs: &mut Runs) {
    for r in 0..tile.rows {
        let mut words = Vec::with_capacity(2 * spec.fire_units);
        for unit in 0..spec.fire_units {
            let lane = tile.lanes.get(r * spec.fire_units + unit).copied().flatten();
            let (theta, bias) = lane.map_or((NEVER, 0), |n| {
                (layer.params.theta[n] as i16, layer.params.bias[n] as i16)
            });
            words.extend([theta as u16, bias as u16]);
        }
        runs.push(Region::Params, (tile.param_row + r) * 16 * 2, &words);
    }
}

/// What the offsets of the scan and of the writer are when the loop of a tile begins.
struct Offsets {
    scan: Vec<usize>,
    writer: Vec<usize>,
}

impl Offsets {
    fn of(plan: &Plan, ticks: usize) -> Self {
        let mut out = Self { scan: Vec::new(), writer: Vec::new() };
        let (mut scan, mut writer) = (0, 0);
        for tile in &plan.tiles {
            out.scan.push(scan);
            out.writer.push(writer);
            match tile.windows {
                _ if plan.tick_order => {}
                Some(w) if w.rounds > 1 => {
                    scan += w.rounds * w.source_step;
                    writer += w.rounds * w.target_step;
                }
                _ => {
                    scan += ticks * plan.stride;
                    writer += ticks * plan.stride;
                }
            }
        }
        out
    }
}

/// Modulo the groups that a field counts.
fn modulo(group: usize, less: usize) -> usize {
    (group + GROUP_MODULUS - less % GROUP_MODULUS) % GROUP_MODULUS
}

/// The words of every entry: scan half, low and high, and the fire half's list beside them; the fourth
/// is not used.
fn program_words(
    plan: &Plan,
    ticks: usize,
    offsets: &Offsets,
    words: &mut Words<'_, '_>,
) -> Vec<[u16; pass::BUS_WORDS]> {
    let mut out = Vec::new();
    for place in &plan.passes {
        for (k, entry) in place.entries.iter().enumerate() {
            let ends = k + 1 == place.entries.len();
            let fields = scan_fields(place, entry, (k == 0, ends), plan, offsets);
            out.push(words.encode(place.pass.layer, &fields));
        }
        let rounds = place.pass.rounds;
        if let Some(windows) = plan.tiles[place.pass.tile].windows
            && place.pass.turns
            && rounds > 1
        {
            let fields = [
                (scan::AGAIN, 1),
                (scan::STEP, modulo(windows.source_step, ticks * plan.stride)),
                (scan::ROUNDS_M1, rounds - 1),
            ];
            out.push(words.encode(place.pass.layer, &fields));
        }
    }
    let mut out: Vec<_> =
        out.into_iter().map(|scan| [scan as u16, (scan >> 16) as u16, 0, 0]).collect();
    for (place, entry) in plan.passes.iter().zip(&mut out) {
        entry[2] = words.encode(place.pass.layer, &fire_fields(place, plan, words)) as u16;
    }
    out
}

fn scan_fields(
    place: &PassPlan,
    entry: &Entry,
    (first, ends): (bool, bool),
    plan: &Plan,
    offsets: &Offsets,
) -> Vec<(Field, usize)> {
    let p = &place.pass;
    let flag = |set: bool| usize::from(set);
    let delayed = plan.feeds[p.layer][p.projection].image.delayed;
    let before = offsets.scan[p.tile] + if delayed { plan.stride } else { 0 };
    let groups = match entry.words {
        Some(words) => (scan::WORDS, words),
        None => (scan::GROUPS_M1, entry.groups - 1),
    };
    vec![
        (scan::SOURCE_GROUP, modulo(entry.source_group, before)),
        groups,
        (scan::GATE, flag(first && p.gate)),
        (scan::FLUSH, flag(ends && p.flush)),
        (scan::FLUSH_LAST, flag(ends && p.flush_last)),
        (scan::WEIGHT_GROUP, entry.weight_group),
        (scan::ENDS, flag(ends && p.ends)),
        (scan::TURNS, flag(ends && p.turns)),
        (scan::LAST, flag(ends && p.last)),
        (scan::MORE, flag(!ends)),
        (scan::MASKED, flag(entry.words.is_some())),
        (scan::ROUNDS, flag(ends && p.turns && p.rounds > 1)),
    ]
}

fn fire_fields(place: &PassPlan, plan: &Plan, words: &Words<'_, '_>) -> Vec<(Field, usize)> {
    let p = &place.pass;
    let feed = &plan.feeds[p.layer][p.projection];
    let gain_log2 = words.layers[p.layer].inputs[feed.input].gain_log2;
    let flag = |set: bool| usize::from(set);
    // What has no sign drives with 2c already.
    let doubled = flag(!feed.image.unsigned);
    vec![
        (pass::GAIN_LOG2, gain_log2 + p.plane + p.source_plane + doubled),
        (pass::BEGINS, flag(p.begins)),
        (pass::ENDS, flag(p.ends)),
        (pass::TURNS, flag(p.turns)),
        (pass::IDENTITY, flag(feed.image.unsigned)),
        (pass::SWITCH_ON, flag(p.switch_on)),
        (pass::SWITCH_BACK, flag(p.switch_back)),
        (pass::TILE, p.tile),
    ]
}

fn tile_entry(
    t: usize,
    plan: &Plan,
    layer: &CoreLayer<'_>,
    network: &Network,
    spec: &CoreSpec,
    offsets: &Offsets,
) -> [Vec<(Field, usize)>; tile::WORDS] {
    let tile = &plan.tiles[t];
    let span = (tile.rows * tile.gangs).max(spec.min_span());
    let params = &layer.params;
    let (leak_m, leak_r) = leak_words(params.leak);
    let flag = usize::from;
    let (rounds, pool, step) = match tile.windows {
        None => (1, 1, plan.stride),
        Some(w) => {
            let step = match w.rounds {
                1 => plan.stride,
                _ => modulo(w.target_step, (network.ticks - 1) * plan.stride),
            };
            (w.rounds, w.pool.unwrap_or(tile::SILENT + 1), step)
        }
    };
    let windowed = flag(tile.windows.is_some());
    [
        vec![(tile::ROWS_M1, tile.rows - 1), (tile::SPAN_M1, span - 1)],
        vec![
            (tile::SPAN_LAST_M1, span + spec.tile_switch() - 1),
            (tile::ROUNDS_M1, rounds - 1),
            (tile::WINDOWED, windowed),
        ],
        vec![(tile::PARAM_ROW, tile.param_row), (tile::GANGS_M1, tile.gangs - 1)],
        vec![(tile::LEAK_M, leak_m)],
        vec![(tile::LEAK_R, leak_r)],
        vec![
            (tile::ABOVE, flag(params.fire == FireRule::Above)),
            (tile::ZERO, flag(params.reset == Reset::Zero)),
            (tile::FIRES, flag(!network.reads_potential(tile.layer))),
            (tile::FIRST_SPIKE, flag(network.readout == Readout::FirstSpike)),
            (tile::LAST, flag(t + 1 == plan.tiles.len())),
            (tile::BLANK, windowed),
            (tile::POOL_M1, pool - 1),
            (tile::TARGET_WORD, tile.target_word),
        ],
        vec![(tile::LAYER, tile.layer), (tile::NEURON16, tile.first / 16)],
        vec![
            (tile::TARGET_GROUP, modulo(tile.target_group, offsets.writer[t])),
            (tile::TARGET_STEP, step),
        ],
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

/// Encodes words; a value too large for its field is a refusal, not a panic.
struct Words<'a, 'n> {
    layers: &'a [CoreLayer<'n>],
    out: Diagnostics,
}

impl Words<'_, '_> {
    /// Puts the fields into one word.
    fn encode(&mut self, layer: usize, fields: &[(Field, usize)]) -> u32 {
        fields.iter().fold(0, |word, &(field, value)| {
            if value > field.max() as usize {
                self.out.push(
                    "table-field",
                    place(layer, self.layers[layer].name),
                    format!("{} is {value}, the table holds {}", field.name, field.max()),
                    "use fewer neurons, sources or ticks",
                );
                return word;
            }
            word | field.put(value as u32)
        })
    }
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
