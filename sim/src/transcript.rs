//! A trace as a transcript, the form in which all levels are compared.

use crate::run::TraceRow;
use spikewright_ir::{
    CoreImage, Decision, LayerImage, LayerTranscript, PooledImage, SpikeTrain, Transcript,
};

/// Potential of a neuron and tick of which the trace says nothing: outside what 16 bits hold, so
/// that a row a broken core leaves out shows as a divergence.
pub const NOT_SEEN: i32 = i32::MIN;

/// Spikes and potentials after reset of every layer and tick. Lanes that are no neuron are dropped, and
/// so are rows outside the image's layers and ticks, which only a broken core gives. A layer read by
/// `Potential` does not fire: its `v` is `u` and it has no spikes, as the trace says by itself. A layer
/// that pools has spikes but no potentials, as in the reference: those of the layer pooled, OR-ed, or
/// those of tiles of its own.
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
        let (tick, layer) = (usize::from(row.tick), usize::from(row.layer));
        let Some(out) = layers.get_mut(layer) else { continue };
        if tick >= image.ticks {
            continue;
        }
        for unit in 0..units {
            let lane = row.neuron as usize + unit;
            let Some(neuron) = traced_neuron(&image.layers[layer], lane) else { continue };
            out.potentials[tick][neuron] = row.v[unit].into();
            out.spikes.tick_mut(tick).set(neuron, row.s >> unit & 1 == 1);
        }
    }
    for (number, layer) in image.layers.iter().enumerate() {
        if let Some(pool) = &layer.pooled {
            layers[number].spikes = pooled(pool, &layers[pool.layer].spikes, layer.neurons);
        }
        if layer.pools {
            layers[number].potentials.clear();
        }
    }
    Transcript { layers, decision }
}

/// The neuron of a lane as the trace port numbers them; none of a lane that is no neuron.
pub fn traced_neuron(layer: &LayerImage, lane: usize) -> Option<usize> {
    let neuron = match &layer.windowed {
        Some(windowed) => (*windowed.lanes.get(lane)?)? as usize,
        None => lane,
    };
    (neuron < layer.neurons).then_some(neuron)
}

/// The writer's work, of the spikes of `from`.
fn pooled(pool: &PooledImage, from: &SpikeTrain, neurons: usize) -> SpikeTrain {
    let mut out = SpikeTrain::silent(from.ticks(), neurons);
    for tick in 0..from.ticks() {
        let spikes = from.tick(tick);
        for n in 0..neurons {
            let any = pool.window(n).any(|i| spikes.get(i));
            out.tick_mut(tick).set(n, any);
        }
    }
    out
}
