//! Where tiles and passes go: what the allocation has given away so far, and the refusal where a memory
//! runs full.

use crate::{
    allocate::{Entry, Plan, TilePlan, WindowPlan, map},
    feeds::What,
    layers::CoreLayer,
    program::{ProgramPass, source_groups},
    report::Resource,
    used::Used,
    windows::{self, TileLoop, channels, group_reads, source_step, weight_words},
};
use spikewright_ir::{CoreSpec, Diagnostics, LayerImage};
use std::collections::HashMap;

/// The place of what is no single layer's.
const NETWORK: &str = "network";

/// What has been given away, and what is wrong with it.
pub(crate) struct Placement<'a> {
    spec: &'a CoreSpec,
    pub used: Used,
    tick_order: bool,
    /// Rows of windowed tiles by their parameters' numbers, of one layer: they share.
    rows: HashMap<(usize, Vec<Option<usize>>), usize>,
    /// Groups of windowed tiles by their weights: they share.
    groups: HashMap<Vec<u16>, usize>,
    /// Resources that ran full, named once.
    full: Vec<Resource>,
    pub out: Diagnostics,
}

impl<'a> Placement<'a> {
    pub fn new(plan: &Plan, ticks: usize, passes: &[ProgramPass], spec: &'a CoreSpec) -> Self {
        // All passes and gangs of a tile but the first take a bias of -2^15 from the last row.
        let tiles: usize = plan.layers.iter().map(|l| l.tiles).sum();
        let ganged = plan.layers.iter().any(|l| l.gangs > 1);
        let used = Used {
            spike_groups: plan.stride * ticks,
            param_rows: usize::from(ganged || passes.len() > tiles),
            ..Used::default()
        };
        let mut out = Self {
            spec,
            used,
            tick_order: plan.tick_order,
            rows: HashMap::new(),
            groups: HashMap::new(),
            full: Vec::new(),
            out: Diagnostics::default(),
        };
        out.check(NETWORK);
        out
    }

    pub fn tile(
        &mut self,
        pass: &ProgramPass,
        layer: &CoreLayer<'_>,
        tile_loop: Option<&TileLoop>,
        plan: &mut Plan,
    ) {
        let spec = self.spec;
        let rows = pass.rows;
        let (first, lanes, param_row, target) = match tile_loop {
            None => {
                let first = pass.part * spec.lanes;
                let lanes = (first..first + pass.neurons).map(|n| Some(layer.param(n))).collect();
                let group = plan.populations[pass.layer].base + first / spec.group_neurons();
                (first, lanes, self.param_rows(rows), (group, 0, None))
            }
            Some(tile_loop) => {
                let before = &plan.tiles[plan.layers[pass.layer].first_tile..];
                let rounds = |t: &TilePlan| t.windows.map_or(1, |w| w.rounds);
                let first = before.iter().map(|t| t.rows * spec.fire_units * rounds(t)).sum();
                let lanes = lanes(tile_loop, layer);
                let key = (pass.layer, lanes.clone());
                let param_row = match self.rows.get(&key) {
                    Some(&row) => row,
                    None => self.param_rows(rows),
                };
                self.rows.insert(key, param_row);
                let (group, word, windows) = target(pass, tile_loop, layer, plan);
                (first, lanes, param_row, (group, word, Some(windows)))
            }
        };
        let (target_group, target_word, windows) = target;
        plan.tiles.push(TilePlan {
            layer: pass.layer,
            first,
            lanes,
            rows,
            gangs: pass.gangs,
            param_row,
            target_group,
            target_word,
            windows,
        });
        self.used.state_rows = match self.tick_order {
            true => self.used.rows_placed,
            false => self.used.state_rows.max(rows),
        };
        self.used.tiles += 1;
    }

    fn param_rows(&mut self, rows: usize) -> usize {
        self.used.param_rows += rows;
        self.used.rows_placed += rows;
        self.used.rows_placed - rows
    }

    pub fn flat(&mut self, pass: &ProgramPass, plan: &mut Plan) -> Entry {
        let feed = plan.feeds[pass.layer][pass.projection];
        let groups = source_groups(pass, &feed.image, self.spec);
        let tile_groups = self.spec.lanes / self.spec.group_neurons();
        let source = plan.population(feed.image.source);
        let mut source_group = source.base + pass.source_plane * source.groups + feed.first_group;
        let weight_group = match feed.what {
            What::Diagonal => {
                source_group += pass.part * tile_groups;
                let free = &mut self.used.weight_groups;
                *plan.identity_group.get_or_insert_with(|| {
                    *free += tile_groups;
                    *free - tile_groups
                })
            }
            // Planes of the source meet the same weights, and of what has no sign all planes do.
            _ if pass.source_plane > 0 || feed.image.unsigned && pass.plane > 0 => {
                let each = feed.image.weight_planes / pass.gangs;
                let first = if feed.image.unsigned {
                    pass.source_plane * each + pass.plane
                } else {
                    pass.source_plane * each
                };
                plan.passes[plan.passes.len() - first].entries[0].weight_group
            }
            _ => {
                self.used.weight_groups += groups;
                self.used.weight_groups - groups
            }
        };
        Entry { source_group, groups, words: None, weight_group }
    }

    pub fn windows(
        &mut self,
        pass: &ProgramPass,
        layer: &CoreLayer<'_>,
        tile_loop: &TileLoop,
        plan: &mut Plan,
    ) -> Vec<Entry> {
        let input = &layer.inputs[pass.projection];
        let source = *plan.population(input.source);
        let map = map(&source.layout);
        let banks = self.spec.row_words();
        let first = source.base + pass.source_plane * source.groups;
        let entry = |read: &windows::GroupRead| {
            let slots = &tile_loop.slots;
            let weights =
                weight_words(read, slots, layer, pass.projection, &map, pass.plane, banks);
            let weight_group = *self.groups.entry(weights).or_insert_with_key(|weights| {
                let group = self.used.weight_groups;
                self.used.weight_groups += 1;
                plan.window_weights.push((group, weights.clone()));
                group
            });
            let row = usize::try_from(read.row + map.above as isize)
                .expect("rows above the map were counted");
            let source_group = first + row * map.row_groups() + read.group;
            Entry { source_group, groups: 1, words: Some(read.words), weight_group }
        };
        group_reads(&tile_loop.slots, input, &map).iter().map(entry).collect()
    }

    /// Names the place at which a memory runs full, once per memory.
    pub fn check(&mut self, place: &str) {
        for resource in self.used.over(self.spec) {
            if self.full.iter().all(|r| r.name != resource.name) {
                resource.refuse(place, place == NETWORK, &mut self.out);
                self.full.push(resource);
            }
        }
    }
}

/// Number of the parameters of each lane of a windowed tile.
fn lanes(tile_loop: &TileLoop, layer: &CoreLayer<'_>) -> Vec<Option<usize>> {
    let slot = |slot| {
        let channels = channels(slot, layer);
        let idle = 15 - channels.len();
        std::iter::once(None).chain(channels.map(Some)).chain(vec![None; idle])
    };
    tile_loop.slots.iter().flat_map(slot).collect()
}

/// Where a windowed tile writes: group and word of the first round, and what follows.
fn target(
    pass: &ProgramPass,
    tile_loop: &TileLoop,
    layer: &CoreLayer<'_>,
    plan: &Plan,
) -> (usize, usize, WindowPlan) {
    let pooled = |l: &LayerImage| l.pooled.is_some_and(|p| p.layer == pass.layer);
    let stored = plan.layers.iter().position(pooled).unwrap_or(pass.layer);
    let target = &plan.populations[stored];
    let into = map(&target.layout);
    let input = &layer.inputs[0];
    let from = map(&plan.population(input.source).layout);
    let windows = WindowPlan {
        rounds: tile_loop.rounds,
        source_step: source_step(input, &from, tile_loop.step),
        target_step: tile_loop.target_step * into.row_groups(),
        pool: tile_loop.target.map(|_| tile_loop.pool),
    };
    let (row, word) = tile_loop.target.unwrap_or((0, 0));
    let group = target.base + into.row_group(row) + word / into.group_words;
    (group, word % into.group_words, windows)
}
