//! Pass `allocate`: layers become tiles; each tile gets parameter rows, each of its passes weight
//! groups, each population spike groups in every tick. First fit in layer order: nothing is freed, so
//! nothing fragments.

use crate::{
    choose::Form,
    feeds::{Feed, feeds},
    gangs::{gang_rows, gangs},
    layers::{CoreLayer, layers},
    map::{Layout, Map},
    pipeline::Design,
    placement::Placement,
    program::{Order, ProgramPass, program},
    report::Resource,
    windows::{self, TileLoop, channels, group_reads, tile_loops},
};
use spikewright_ir::{
    CoreSpec, Diagnostics, LayerImage, PooledImage, Source, WindowedImage, WindowedTile,
};

/// Where one tile lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TilePlan {
    pub layer: usize,
    /// Number of its first lane within the layer, for the trace port: of a flat tile its first neuron.
    pub first: usize,
    /// Number of the parameters of each lane.
    pub lanes: Vec<Option<usize>>,
    /// Shift rows of a gang, and parameter rows.
    pub rows: usize,
    /// Weight planes side by side.
    pub gangs: usize,
    pub param_row: usize,
    /// Group of tick 0 and the first round, and word in it.
    pub target_group: usize,
    pub target_word: usize,
    /// Of a windowed tile.
    pub windows: Option<WindowPlan>,
}

/// What a windowed tile has besides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct WindowPlan {
    pub rounds: usize,
    /// Groups from round to round, of sources and target.
    pub source_step: usize,
    pub target_step: usize,
    /// Slots that are OR-ed; none if no one reads the spikes.
    pub pool: Option<usize>,
}

/// An entry of the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Entry {
    /// Group of tick 0 and the first round; before the first where rows above the map are meant.
    pub source_group: usize,
    pub groups: usize,
    /// Words of the one group that is read, if not all.
    pub words: Option<usize>,
    pub weight_group: usize,
}

/// Where one pass reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PassPlan {
    pub pass: ProgramPass,
    pub entries: Vec<Entry>,
}

/// The whole placement.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Plan {
    pub layers: Vec<LayerImage>,
    /// What the passes of each layer read.
    pub feeds: Vec<Vec<Feed>>,
    pub tiles: Vec<TilePlan>,
    pub passes: Vec<PassPlan>,
    pub tick_order: bool,
    pub input: Population,
    /// One per layer; one without groups where nothing is stored.
    pub populations: Vec<Population>,
    /// Spike groups of a tick.
    pub stride: usize,
    /// First weight group of the rows in which source i reaches target i only.
    pub identity_group: Option<usize>,
    /// Weights of windowed tiles by group: tiles share equal ones.
    pub window_weights: Vec<(usize, Vec<u16>)>,
    pub resources: Vec<Resource>,
}

/// Spikes that are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Population {
    /// First spike group in tick 0.
    pub base: usize,
    pub layout: Layout,
    /// Groups of a plane.
    pub groups: usize,
}

impl Default for Population {
    fn default() -> Self {
        Self { base: 0, layout: Layout::Flat(0), groups: 0 }
    }
}

impl Plan {
    pub fn population(&self, source: Source) -> &Population {
        match source {
            Source::Input => &self.input,
            Source::Layer(n) => &self.populations[n],
        }
    }
}

pub(crate) fn run(design: &mut Design) -> Result<(), Diagnostics> {
    let (spec, network) = (&design.spec, &design.network);
    let layers = layers(network);
    let mut out = Diagnostics::default();
    hopeless(&layers, design, &mut out);
    out.into_result()?;
    let mut plan = Plan { tick_order: design.tick_order(), ..Plan::default() };
    lay_out_tick(&mut plan, &layers, design);
    if design.options.stream {
        // The memory is a whole number of ticks: nothing a population leaves unwritten was another's.
        plan.stride = plan.stride.next_power_of_two();
    }
    let loops = cut(&mut plan, &layers, design);
    let order = if plan.tick_order { Order::Ticks } else { Order::Tiles };
    let passes = program(&plan.layers, network.ticks, order, spec);
    // A delayed projection sees silence in tick 0: the groups of a tick before it. Of a stream there
    // is always one.
    let delayed = plan.layers.iter().flat_map(|l| &l.projections).any(|p| p.delayed);
    let ticks = network.ticks + usize::from(delayed || design.options.stream);
    let mut place = Placement::new(&plan, ticks, &passes, spec);
    for (i, layer) in layers.iter().enumerate() {
        for pass in passes.iter().filter(|p| p.layer == i) {
            let tile_loop = loops[i].get(pass.part);
            if pass.begins {
                place.tile(pass, layer, tile_loop, &mut plan);
            }
            let entries = match tile_loop {
                Some(tile_loop) => place.windows(pass, layer, tile_loop, &mut plan),
                None => vec![place.flat(pass, &mut plan)],
            };
            place.used.entries += entries.len() + usize::from(pass.turns && pass.rounds > 1);
            plan.passes.push(PassPlan { pass: *pass, entries });
        }
        place.check(&crate::layers::place(i, layer.name));
    }
    let Placement { used, out, .. } = place;
    out.into_result()?;
    plan.resources = used.resources(spec).into();
    design.plan = plan;
    Ok(())
}

/// Refuses what one tick's spikes of a population alone rule out, before anything is made of its size.
fn hopeless(layers: &[CoreLayer<'_>], design: &Design, out: &mut Diagnostics) {
    let spec = &design.spec;
    let mut check = |place: &str, neurons: usize| {
        let resource = Resource {
            name: "spike groups".into(),
            used: neurons.div_ceil(spec.group_neurons()),
            available: spec.spike_groups,
        };
        if resource.used > resource.available {
            resource.refuse(place, true, out);
        }
    };
    check("input", design.network.input.len());
    for (i, (layer, form)) in layers.iter().zip(&design.forms).enumerate() {
        if !matches!(form, Form::Windowed { pool: Some(_) }) {
            check(&crate::layers::place(i, layer.name), layer.neurons());
        }
    }
}

/// The populations of a tick: the planes of the input, then the layers.
fn lay_out_tick(plan: &mut Plan, layers: &[CoreLayer<'_>], design: &Design) {
    let (spec, forms) = (&design.spec, &design.forms);
    let reads_input = |l: &CoreLayer<'_>| l.inputs.iter().any(|i| i.source == Source::Input);
    let windowed = |i: usize| matches!(forms[i], Form::Windowed { .. });
    let seen = (0..layers.len()).any(|i| windowed(i) && reads_input(&layers[i]));
    let mut layouts = vec![match seen {
        true => Layout::Map(Map::of_input(design.network.input, spec)),
        false => Layout::Flat(design.network.input.len()),
    }];
    layouts.extend(layers.iter().zip(forms).map(|(layer, form)| match form {
        Form::Flat => Layout::Flat(layer.neurons()),
        Form::Windowed { pool: Some(_) } => Layout::Flat(0),
        Form::Windowed { pool: None } | Form::Pooled(_) => {
            Layout::Map(Map::of_tiles(layer.shape, spec))
        }
    }));
    let number = |source| match source {
        Source::Input => 0,
        Source::Layer(n) => n + 1,
    };
    for (layer, form) in layers.iter().zip(forms) {
        let Form::Windowed { pool } = form else { continue };
        let maps: Vec<_> = layer.inputs.iter().map(|i| map(&layouts[number(i.source)])).collect();
        let loops = tile_loops(layer, pool_side(layers, *pool), &maps, spec);
        for (input, seen) in layer.inputs.iter().zip(maps) {
            let Layout::Map(map) = &mut layouts[number(input.source)] else { continue };
            for tile in &loops {
                for read in group_reads(&tile.slots, input, &seen) {
                    let rows = windows::window(input).stride * tile.step / seen.patch[0];
                    let last = read.row + (rows * (tile.rounds - 1)) as isize;
                    let behind = usize::try_from(last + 1).unwrap_or(0);
                    map.above = map.above.max(usize::try_from(-read.row).unwrap_or(0));
                    map.below = map.below.max(behind.saturating_sub(seen.rows()));
                }
            }
        }
    }
    let mut placed = layouts.into_iter().enumerate().map(|(i, layout)| {
        let mut groups = layout.groups(spec);
        if i > 0 && layer_gangs(layers, i - 1, design) > 1 {
            let lanes = gang_rows(layers[i - 1].neurons(), spec) * spec.fire_units;
            groups = lanes.div_ceil(spec.group_neurons());
        }
        let planes = if i == 0 { design.network.input_planes.into() } else { 1 };
        let population = Population { base: plan.stride, layout, groups };
        plan.stride += groups * planes;
        population
    });
    plan.input = placed.next().unwrap_or_default();
    plan.populations = placed.collect();
}

/// The map that a windowed layer reads or writes.
pub(crate) fn map(layout: &Layout) -> Map {
    let Layout::Map(map) = layout else { unreachable!("windowed layers read maps only") };
    *map
}

/// Side of the windows that are OR-ed on the way to the spike memory.
fn pool_side(layers: &[CoreLayer<'_>], pool: Option<usize>) -> usize {
    pool.and_then(|n| layers[n].inputs[0].pool()).map_or(1, |window| window.height)
}

/// Gangs of layer `n`: 1 of a windowed one.
fn layer_gangs(layers: &[CoreLayer<'_>], n: usize, design: &Design) -> usize {
    match design.forms[n] {
        Form::Flat => {
            let whole = design.options.stream && n + 1 == layers.len();
            gangs(&layers[n], whole, &design.spec)
        }
        _ => 1,
    }
}

/// Cuts layers into tiles: their images, and the loops of windowed ones.
fn cut(plan: &mut Plan, layers: &[CoreLayer<'_>], design: &Design) -> Vec<Vec<TileLoop>> {
    let (forms, spec) = (&design.forms, &design.spec);
    let mut first_tile = 0;
    let mut out = Vec::new();
    for (i, (layer, form)) in layers.iter().zip(forms).enumerate() {
        let layouts: Vec<_> =
            layer.inputs.iter().map(|input| plan.population(input.source).layout).collect();
        let feeds = match form {
            Form::Pooled(_) => Vec::new(),
            _ => feeds(layer, *form != Form::Flat, &layouts, spec),
        };
        let mut image = LayerImage {
            name: layer.name.into(),
            neurons: layer.neurons(),
            first_tile,
            tiles: 0,
            gangs: layer_gangs(layers, i, design),
            projections: feeds.iter().map(|f| f.image).collect(),
            pools: layer.pools(),
            windowed: None,
            pooled: None,
        };
        let mut loops = Vec::new();
        match *form {
            Form::Flat => image.tiles = layer.neurons().div_ceil(spec.lanes),
            Form::Pooled(pooled) => {
                let (from, k) = (layer.inputs[0].from, pool_side(layers, Some(i)));
                image.pooled = Some(PooledImage { layer: pooled, from, k });
            }
            Form::Windowed { pool } => {
                let maps: Vec<_> = layouts.iter().map(map).collect();
                loops = tile_loops(layer, pool_side(layers, pool), &maps, spec);
                image.tiles = loops.len();
                image.windowed = Some(windowed(layer, &loops, &maps, spec));
            }
        }
        first_tile += image.tiles;
        plan.layers.push(image);
        plan.feeds.push(feeds);
        out.push(loops);
    }
    out
}

fn windowed(
    layer: &CoreLayer<'_>,
    loops: &[TileLoop],
    maps: &[Map],
    spec: &CoreSpec,
) -> WindowedImage {
    let mut out = WindowedImage { lanes: Vec::new(), tiles: Vec::new() };
    for tile in loops {
        for round in 0..tile.rounds {
            for slot in &tile.slots {
                let (y, x) = (slot.y + round * tile.step, slot.x);
                let neuron = |c| ((c * layer.shape.height + y) * layer.shape.width + x) as u32;
                let channels = channels(slot, layer);
                let idle = 15 - channels.len();
                out.lanes.push(None);
                out.lanes.extend(channels.map(|c| Some(neuron(c))));
                out.lanes.extend(vec![None; idle]);
            }
        }
        let read = |(input, map)| {
            let reads = group_reads(&tile.slots, input, map);
            windows::sizes(&reads, tile, layer, input, map)
        };
        out.tiles.push(WindowedTile {
            rounds: tile.rounds,
            rows: tile.slots.len() * 16 / spec.fire_units,
            reads: layer.inputs.iter().zip(maps).map(read).collect(),
        });
    }
    out
}
