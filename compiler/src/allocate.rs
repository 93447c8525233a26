//! Pass `allocate`: layers become tiles of P neurons; each tile gets parameter rows, each of its passes
//! weight groups, each layer spike groups in every tick. First fit in layer order: nothing is freed, so
//! nothing fragments.

use crate::{
    dense::{DenseLayer, dense_layers},
    pipeline::Design,
    program::{Order, ProgramPass, order, program, source_groups},
    report::Resource,
};
use spikewright_ir::{CoreSpec, Diagnostics, LayerImage, Network, Source};

/// Where one tile lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TilePlan {
    pub layer: usize,
    /// First neuron within the layer.
    pub first: usize,
    pub neurons: usize,
    /// Shift rows, and parameter rows.
    pub rows: usize,
    pub param_row: usize,
    /// Group of tick 0.
    pub target_group: usize,
}

/// Where one pass reads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PassPlan {
    pub pass: ProgramPass,
    /// Group of tick 0.
    pub source_group: usize,
    pub groups: usize,
    pub weight_group: usize,
}

/// Shift rows of a tile of `neurons` neurons.
pub(crate) fn tile_rows(neurons: usize, spec: &CoreSpec) -> usize {
    neurons.div_ceil(16) * 16 / spec.fire_units
}

/// Neurons of each tile of a layer, in order.
pub(crate) fn tile_neurons(neurons: usize, lanes: usize) -> impl Iterator<Item = usize> {
    (0..neurons.div_ceil(lanes)).map(move |k| lanes.min(neurons - k * lanes))
}

/// The whole placement.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Plan {
    pub layers: Vec<LayerImage>,
    pub tiles: Vec<TilePlan>,
    pub passes: Vec<PassPlan>,
    pub tick_order: bool,
    pub input_groups: usize,
    /// Spike groups of a tick.
    pub stride: usize,
    /// First spike group of each layer in tick 0.
    pub spike_base: Vec<usize>,
    /// First weight group of the rows in which source i reaches target i only.
    pub identity_group: Option<usize>,
    pub resources: Vec<Resource>,
}

pub(crate) fn run(design: &mut Design) -> Result<(), Diagnostics> {
    let (spec, network) = (&design.spec, &design.network);
    let dense = dense_layers(network);
    let mut plan = Plan { layers: layer_images(&dense, spec), ..Plan::default() };
    let order = order(&plan.layers, design.options.stream);
    plan.tick_order = order == Order::Ticks;
    let passes = program(&plan.layers, network.ticks, order, spec);
    lay_out_tick(&mut plan, network, spec);
    let mut place = Placement::new(&plan, network.ticks, passes.len(), spec);
    for (i, layer) in dense.iter().enumerate() {
        for pass in passes.iter().filter(|p| p.layer == i) {
            if pass.begins {
                place.tile(pass, &mut plan);
            }
            place.pass(pass, &mut plan);
        }
        place.check(&crate::dense::place(i, layer.name));
    }
    let Placement { used, out, .. } = place;
    out.into_result()?;
    plan.resources = used.resources(spec).into();
    design.plan = plan;
    Ok(())
}

fn layer_images(dense: &[DenseLayer<'_>], spec: &CoreSpec) -> Vec<LayerImage> {
    let mut first_tile = 0;
    let one = |l: &DenseLayer<'_>| {
        let tiles = l.neurons.div_ceil(spec.lanes);
        first_tile += tiles;
        LayerImage {
            name: l.name.into(),
            neurons: l.neurons,
            first_tile: first_tile - tiles,
            tiles,
            projections: l.inputs.iter().map(|i| i.shape).collect(),
            windowed: None,
            pooled: None,
        }
    };
    dense.iter().map(one).collect()
}

/// The populations of a tick: the planes of the input, then the layers.
fn lay_out_tick(plan: &mut Plan, network: &Network, spec: &CoreSpec) {
    let groups = |neurons: usize| neurons.div_ceil(spec.group_neurons());
    plan.input_groups = groups(network.input.len());
    plan.stride = plan.input_groups * usize::from(network.input_planes);
    for layer in &plan.layers {
        plan.spike_base.push(plan.stride);
        plan.stride += groups(layer.neurons);
    }
}

/// The place of what is no single layer's.
const NETWORK: &str = "network";

/// What has been given away, and what is wrong with it.
struct Placement<'a> {
    spec: &'a CoreSpec,
    used: Used,
    tick_order: bool,
    /// Resources that ran full, named once.
    full: Vec<Resource>,
    out: Diagnostics,
}

impl<'a> Placement<'a> {
    fn new(plan: &Plan, ticks: usize, passes: usize, spec: &'a CoreSpec) -> Self {
        // A delayed projection sees silence in tick 0: the groups of a tick before it.
        let delayed = plan.layers.iter().flat_map(|l| &l.projections).any(|p| p.delayed);
        let mut used = Used { passes, ..Used::default() };
        used.spike_groups = plan.stride * (ticks + usize::from(delayed));
        // All passes of a tile but the first take a bias of -2^15 from the last row.
        let tiles: usize = plan.layers.iter().map(|l| l.tiles).sum();
        used.param_rows = usize::from(passes > tiles);
        let (tick_order, full) = (plan.tick_order, Vec::new());
        let mut out = Self { spec, used, tick_order, full, out: Diagnostics::default() };
        out.check(NETWORK);
        out
    }

    fn tile(&mut self, pass: &ProgramPass, plan: &mut Plan) {
        let rows = tile_rows(pass.neurons, self.spec);
        plan.tiles.push(TilePlan {
            layer: pass.layer,
            first: pass.part * self.spec.lanes,
            neurons: pass.neurons,
            rows,
            param_row: self.used.rows_placed,
            target_group: plan.spike_base[pass.layer]
                + pass.part * (self.spec.lanes / self.spec.group_neurons()),
        });
        self.used.param_rows += rows;
        self.used.rows_placed += rows;
        self.used.state_rows = match self.tick_order {
            true => self.used.rows_placed,
            false => self.used.state_rows.max(rows),
        };
        self.used.tiles += 1;
    }

    fn pass(&mut self, pass: &ProgramPass, plan: &mut Plan) {
        let projection = plan.layers[pass.layer].projections[pass.projection];
        let groups = source_groups(pass, &projection, self.spec);
        let tile_groups = self.spec.lanes / self.spec.group_neurons();
        let base = match projection.source {
            Source::Input => pass.source_plane * plan.input_groups,
            Source::Layer(n) => plan.spike_base[n],
        };
        // Planes of the source meet the same weights.
        let weight_group = if projection.identity {
            let free = &mut self.used.weight_groups;
            *plan.identity_group.get_or_insert_with(|| {
                *free += tile_groups;
                *free - tile_groups
            })
        } else if pass.source_plane > 0 {
            plan.passes[plan.passes.len() - projection.weight_planes].weight_group
        } else {
            self.used.weight_groups += groups;
            self.used.weight_groups - groups
        };
        let source_group = base + if projection.identity { pass.part * tile_groups } else { 0 };
        plan.passes.push(PassPlan { pass: *pass, source_group, groups, weight_group });
    }

    /// Names the place at which a memory runs full, once per memory.
    fn check(&mut self, place: &str) {
        for resource in self.used.over(self.spec) {
            if self.full.iter().all(|r| r.name != resource.name) {
                refuse(place, &resource, &mut self.out);
                self.full.push(resource);
            }
        }
    }
}

#[derive(Default)]
struct Used {
    weight_groups: usize,
    /// Those of tiles, and the last one.
    param_rows: usize,
    /// Those of tiles.
    rows_placed: usize,
    state_rows: usize,
    spike_groups: usize,
    tiles: usize,
    passes: usize,
}

impl Used {
    fn resources(&self, spec: &CoreSpec) -> [Resource; 6] {
        let resource =
            |name: &str, used, available| Resource { name: name.into(), used, available };
        [
            resource("weight groups", self.weight_groups, spec.weight_groups),
            resource("parameter rows", self.param_rows, spec.param_rows),
            resource("potential rows", self.state_rows, spec.state_rows),
            resource("spike groups", self.spike_groups, spec.spike_groups),
            resource("tiles", self.tiles, spec.tiles),
            resource("passes", self.passes, spec.passes),
        ]
    }

    fn over(&self, spec: &CoreSpec) -> Vec<Resource> {
        self.resources(spec).into_iter().filter(|r| r.used > r.available).collect()
    }
}

fn refuse(place: &str, resource: &Resource, out: &mut Diagnostics) {
    let (code, help) = match resource.name.as_str() {
        "weight groups" => ("weight-groups", "use fewer neurons or sources"),
        "parameter rows" => ("param-rows", "use fewer neurons"),
        "potential rows" => (
            "state-rows",
            "use fewer neurons, or no recurrent layer: all potentials are kept from tick to tick",
        ),
        "spike groups" => ("spike-groups", "use fewer ticks, inputs or neurons"),
        "passes" => ("passes", "use fewer planes, projections or neurons"),
        _ => ("tiles", "use fewer neurons"),
    };
    let part = if place == NETWORK { "" } else { "up to and with it " };
    out.push(
        code,
        place,
        format!(
            "{part}the network needs {} {}, the core has {}",
            resource.used, resource.name, resource.available
        ),
        format!("{help}, or a preset with more"),
    );
}
