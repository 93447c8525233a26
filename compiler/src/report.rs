//! What was placed where, for reading (`Display`) and for other programs (serde).

use crate::{
    LayerRange,
    allocate::PassPlan,
    layers::{CoreLayer, layers},
    pipeline::Design,
};
use serde::{Deserialize, Serialize};
use spikewright_ir::Preset;
use std::{collections::BTreeSet, fmt};

/// A memory or table of the core.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Resource {
    /// Name in the datasheet.
    pub name: String,
    /// Units the network takes.
    pub used: usize,
    /// Units the core has.
    pub available: usize,
}

/// One layer's share.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LayerReport {
    /// Layer's name in the network.
    pub name: String,
    /// Neurons.
    pub neurons: usize,
    /// Synapses per neuron, those of an identity included.
    pub fan_in: usize,
    /// Most weight planes of a projection.
    pub planes: usize,
    /// Tiles of up to P neurons.
    pub tiles: usize,
    /// Weight groups of all its tiles.
    pub weight_groups: usize,
    /// Parameter rows of all its tiles.
    pub param_rows: usize,
    /// First spike group.
    pub spike_base: usize,
    /// Spike groups of all ticks.
    pub spike_groups: usize,
    /// Bounds of its potentials, whatever the input.
    pub range: LayerRange,
}

/// A compilation's account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CompileReport {
    /// Preset compiled for.
    pub preset: Preset,
    /// Ticks of a sample.
    pub ticks: usize,
    /// Inputs.
    pub inputs: usize,
    /// Spike groups of one tick of the input.
    pub input_groups: usize,
    /// Width of the network that came in.
    pub network_width: u8,
    /// Width it runs in.
    pub core_width: u8,
    /// Layers in order.
    pub layers: Vec<LayerReport>,
    /// Memories and tables, used and available.
    pub resources: Vec<Resource>,
}

pub(crate) fn report(design: &Design, network_width: u8) -> CompileReport {
    let plan = &design.plan;
    let layers = layers(&design.network);
    // Groups of a layer's own passes; identities share theirs, and so do windowed tiles.
    let weights = |i: usize| {
        let of = |p: &&PassPlan| {
            let image = plan.feeds[i][p.pass.projection].image;
            let shared = p.pass.source_plane > 0 || image.unsigned && p.pass.plane > 0;
            !shared && !image.identity
        };
        let passes = plan.passes.iter().filter(|p| p.pass.layer == i).filter(of);
        let entries = passes.flat_map(|p| &p.entries);
        let flat: usize = entries.clone().filter(|e| e.words.is_none()).map(|e| e.groups).sum();
        let windowed = entries.filter(|e| e.words.is_some()).map(|e| e.weight_group);
        flat + windowed.collect::<BTreeSet<_>>().len()
    };
    let layer_report = |(i, layer): (usize, &CoreLayer<'_>)| {
        let tiles = || plan.tiles.iter().filter(move |t| t.layer == i);
        let rows = tiles().map(|t| (t.param_row, t.rows)).collect::<BTreeSet<_>>();
        LayerReport {
            name: layer.name.into(),
            neurons: layer.neurons(),
            fan_in: layer.fan_in(),
            planes: layer.planes(),
            tiles: tiles().count(),
            weight_groups: weights(i),
            param_rows: rows.iter().map(|(_, rows)| rows).sum(),
            spike_base: plan.populations[i].base,
            spike_groups: plan.populations[i].groups * design.network.ticks,
            range: design.ranges[i],
        }
    };
    CompileReport {
        preset: design.spec.preset,
        ticks: design.network.ticks,
        inputs: design.network.input.len(),
        input_groups: plan.input.groups,
        network_width,
        core_width: design.spec.width_bits,
        layers: layers.iter().enumerate().map(layer_report).collect(),
        resources: plan.resources.clone(),
    }
}

impl fmt::Display for CompileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "preset {}, {} ticks, {} inputs in {} groups, width {} in {}",
            self.preset,
            self.ticks,
            self.inputs,
            self.input_groups,
            self.network_width,
            self.core_width
        )?;
        writeln!(
            f,
            "{:<16} {:>7} {:>6} {:>6} {:>5} {:>7} {:>6} {:>6}  potential",
            "layer", "neurons", "fan-in", "planes", "tiles", "weights", "params", "spikes"
        )?;
        for l in &self.layers {
            let LayerRange { v_min, v_max, may_saturate, .. } = l.range;
            let saturates = if may_saturate { ", saturates" } else { "" };
            writeln!(
                f,
                "{:<16} {:>7} {:>6} {:>6} {:>5} {:>7} {:>6} {:>6}  {v_min}..={v_max}{saturates}",
                l.name,
                l.neurons,
                l.fan_in,
                l.planes,
                l.tiles,
                l.weight_groups,
                l.param_rows,
                l.spike_groups
            )?;
        }
        for r in &self.resources {
            let percent = 100 * r.used / r.available.max(1);
            writeln!(f, "{:<16} {:>7} of {} ({percent} %)", r.name, r.used, r.available)?;
        }
        Ok(())
    }
}
