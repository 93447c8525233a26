//! Where the cycles of a sample go, layer by layer, and what would be the fewest.

use crate::{
    ir::CoreImage,
    sim::{Run, Stats},
};
use serde::Serialize;

/// A layer's part of the cycles, mean over samples.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct LayerUse {
    /// Layer's name.
    pub name: String,
    /// From the last write-back of the layer before to its own last one.
    pub cycles: f64,
    /// Synaptic operations, divided by lanes: the fewest cycles for the weight memory.
    pub lanes: f64,
    /// Neurons in all ticks, divided by fire units: the fewest cycles for those.
    pub fire: f64,
}

impl LayerUse {
    /// The fewest cycles: `max(SOP / P, N · T / F_u)`.
    pub fn bound(&self) -> f64 {
        self.lanes.max(self.fire)
    }
}

/// One sample's part of each layer that has tiles. Where ticks go through all layers one by one no
/// layer has a time of its own.
pub(super) fn layer_use(image: &CoreImage, run: &Run) -> Vec<LayerUse> {
    let Some(Stats { sop, .. }) = run.stats.as_ref().filter(|_| !image.tick_order) else {
        return Vec::new();
    };
    let spec = image.preset.spec();
    let mut before = 0;
    let one = |(n, layer): (usize, &crate::ir::LayerImage)| {
        let rows = run.trace.iter().filter(|row| usize::from(row.layer) == n);
        let last = rows.map(|row| row.cycle).max()?;
        let cycles = last.saturating_sub(before);
        before = before.max(last);
        Some(LayerUse {
            name: layer.name.clone(),
            cycles: cycles.into(),
            lanes: sop[n] as f64 / spec.lanes as f64,
            fire: (layer.neurons * image.ticks) as f64 / spec.fire_units as f64,
        })
    };
    image.layers.iter().enumerate().filter_map(one).collect()
}

/// Means over samples.
pub(super) fn mean(samples: &[Vec<LayerUse>]) -> Vec<LayerUse> {
    let Some(first) = samples.first() else { return Vec::new() };
    let mean = |n: usize, of: fn(&LayerUse) -> f64| {
        samples.iter().map(|s| of(&s[n])).sum::<f64>() / samples.len() as f64
    };
    let one = |(n, layer): (usize, &LayerUse)| LayerUse {
        name: layer.name.clone(),
        cycles: mean(n, |l| l.cycles),
        lanes: mean(n, |l| l.lanes),
        fire: mean(n, |l| l.fire),
    };
    first.iter().enumerate().map(one).collect()
}
