//! Pass `allocate`: layers become tiles of P neurons; each tile gets weight groups and parameter
//! rows, each layer spike groups for all its ticks. First fit in layer order: nothing is freed, so
//! nothing fragments.

use crate::{
    dense::{DenseLayer, dense_layers, place},
    pipeline::Design,
    report::Resource,
};
use spikewright_ir::{CoreSpec, Diagnostics, Source};

/// Where one tile lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TilePlan {
    pub layer: usize,
    /// First neuron within the layer.
    pub first: usize,
    pub neurons: usize,
    pub shape: TileShape,
    pub weight_group: usize,
    pub param_row: usize,
    pub source_group: usize,
    pub target_group: usize,
    /// Spike groups of one tick of the layer.
    pub target_stride: usize,
}

/// Sizes of a tile in the core's units, a function of the layer and the preset alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TileShape {
    /// Shift rows, and parameter rows.
    pub rows: usize,
    /// Spike groups of one plane of the source, and weight groups of one weight plane.
    pub groups: usize,
}

/// Shape of a tile of `neurons` neurons that read `fan_in` sources.
pub(crate) fn tile_shape(neurons: usize, fan_in: usize, spec: &CoreSpec) -> TileShape {
    TileShape {
        rows: neurons.div_ceil(16) * 16 / spec.fire_units,
        groups: fan_in.div_ceil(spec.group_neurons()),
    }
}

/// Neurons of each tile of a layer, in order.
pub(crate) fn tile_neurons(neurons: usize, lanes: usize) -> impl Iterator<Item = usize> {
    (0..neurons.div_ceil(lanes)).map(move |k| lanes.min(neurons - k * lanes))
}

/// The whole placement.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Plan {
    pub tiles: Vec<TilePlan>,
    pub input_groups: usize,
    /// First spike group of each layer.
    pub spike_base: Vec<usize>,
    pub resources: Vec<Resource>,
}

pub(crate) fn run(design: &mut Design) -> Result<(), Diagnostics> {
    let (spec, network) = (&design.spec, &design.network);
    let ticks = network.ticks;
    let input_groups = network.input.len().div_ceil(spec.group_neurons());
    let mut plan = Plan { input_groups, ..Plan::default() };
    let mut out = Diagnostics::default();
    let input_planes = usize::from(network.input_planes);
    let mut used = Used { spike_groups: input_groups * input_planes * ticks, ..Used::default() };
    // All passes of a tick but the first take a bias of -2^15 from the last row.
    let passes = |l: &DenseLayer<'_>| l.planes.len() * l.input_planes;
    used.param_rows += usize::from(dense_layers(network).iter().any(|l| passes(l) > 1));
    let mut full = used.over(spec);
    for resource in &full {
        refuse("input", resource, &mut out);
    }
    for (i, layer) in dense_layers(network).iter().enumerate() {
        let stride = layer.neurons.div_ceil(spec.group_neurons());
        let base = used.spike_groups;
        let source_group = match layer.source {
            Source::Input => 0,
            Source::Layer(n) => plan.spike_base[n],
        };
        for (k, neurons) in tile_neurons(layer.neurons, spec.lanes).enumerate() {
            let shape = tile_shape(neurons, layer.fan_in(), spec);
            plan.tiles.push(TilePlan {
                layer: i,
                first: k * spec.lanes,
                neurons,
                shape,
                weight_group: used.weight_groups,
                param_row: used.rows_placed,
                source_group,
                target_group: base + k * (spec.lanes / spec.group_neurons()),
                target_stride: stride,
            });
            used.weight_groups += shape.groups * layer.planes.len();
            used.param_rows += shape.rows;
            used.rows_placed += shape.rows;
            used.tiles += 1;
        }
        plan.spike_base.push(base);
        used.spike_groups += stride * ticks;
        // Name the layer at which a memory runs full, once per memory.
        for resource in used.over(spec) {
            if full.iter().all(|r| r.name != resource.name) {
                refuse(&place(i, layer.name), &resource, &mut out);
                full.push(resource);
            }
        }
    }
    out.into_result()?;
    plan.resources = used.resources(spec).into();
    design.plan = plan;
    Ok(())
}

#[derive(Default)]
struct Used {
    weight_groups: usize,
    /// Those of tiles, and the last one.
    param_rows: usize,
    /// Those of tiles.
    rows_placed: usize,
    spike_groups: usize,
    tiles: usize,
}

impl Used {
    fn resources(&self, spec: &CoreSpec) -> [Resource; 4] {
        let resource =
            |name: &str, used, available| Resource { name: name.into(), used, available };
        [
            resource("weight groups", self.weight_groups, spec.weight_groups),
            resource("parameter rows", self.param_rows, spec.param_rows),
            resource("spike groups", self.spike_groups, spec.spike_groups),
            resource("tiles", self.tiles, spec.tiles),
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
        "spike groups" => ("spike-groups", "use fewer ticks, inputs or neurons"),
        _ => ("tiles", "use fewer neurons"),
    };
    out.push(
        code,
        place,
        format!(
            "up to and with it the network needs {} {}, the core has {}",
            resource.used, resource.name, resource.available
        ),
        format!("{help}, or a preset with more"),
    );
}
