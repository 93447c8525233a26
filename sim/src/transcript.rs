//! A trace as a transcript, the form in which all levels are compared.

use crate::run::TraceRow;
use spikewright_ir::{CoreImage, Decision, LayerTranscript, SpikeTrain, Transcript};

/// Potential of a neuron and tick of which the trace says nothing: outside what 16 bits hold, so
/// that a row a broken core leaves out shows as a divergence.
pub const NOT_SEEN: i32 = i32::MIN;

/// Spikes and potentials after reset of every layer and tick. Padding neurons are dropped, and so
/// are rows outside the image's layers and ticks, which only a broken core gives. A layer read by
/// `Potential` does not fire: its `v` is `u` and it has no spikes, as the trace says by itself.
pub fn transcript(image: &CoreImage, trace: &[TraceRow], decision: Decision) -> Transcript {
    let mut layers: Vec<LayerTranscript> = image
        .layers
        .iter()
        .map(|l| LayerTranscript {
            spikes: SpikeTrain::silent(image.ticks, l.neurons),
            potentials: vec![vec![NOT_SEEN; l.neurons]; image.ticks],
        })
        .collect();
    let units = image.preset.spec().fire_units;
    for row in trace {
        let tick = usize::from(row.tick);
        let Some(layer) = layers.get_mut(usize::from(row.layer)) else { continue };
        if tick >= image.ticks {
            continue;
        }
        let first = row.neuron as usize;
        let live = layer.spikes.neurons().saturating_sub(first).min(units);
        for unit in 0..live {
            layer.potentials[tick][first + unit] = row.v[unit].into();
            layer.spikes.tick_mut(tick).set(first + unit, row.s >> unit & 1 == 1);
        }
    }
    Transcript { layers, decision }
}
