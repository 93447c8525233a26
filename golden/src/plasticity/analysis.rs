//! How synchronous the layers of a frozen network are.

use super::{correlogram, synchrony_index};
use crate::{
    Reference,
    metrics::figure::{Line, draw},
    reference::InputMismatch,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use spikewright_ir::{BitVec, Diagnostics, InputTrain, Network, SpikeTrain};
use thiserror::Error;

/// Most ticks: a raster is a word.
const MAX_TICKS: usize = 32;

/// Why a network cannot be analyzed.
#[derive(Debug, Error)]
pub enum AnalysisError {
    /// The network breaks a rule.
    #[error(transparent)]
    Network(#[from] Diagnostics),
    /// A sample does not fit.
    #[error(transparent)]
    Input(#[from] InputMismatch),
    /// The samples are too long.
    #[error("samples of {0} ticks; synchrony is measured over up to {MAX_TICKS}: cut them shorter")]
    Ticks(usize),
}

/// How one layer fires, or the input in front of the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerSynchrony {
    /// Its name.
    pub layer: String,
    /// Its neurons.
    pub neurons: usize,
    /// Spikes per neuron and tick (0..1).
    pub firing_rate: f64,
    /// Mean over the samples of [`synchrony_index`], of those in which a neuron varies.
    pub index: Option<f64>,
    /// [`correlogram`] at distances of 0 to `ticks − 1` ticks.
    pub correlogram: Vec<Option<f64>>,
}

/// Runs the samples through the reference and measures the input and every layer, in order. An input of
/// several planes spikes where any of them has a bit.
pub fn analyze(
    network: &Network,
    inputs: &[InputTrain],
) -> Result<Vec<LayerSynchrony>, AnalysisError> {
    if network.ticks > MAX_TICKS {
        return Err(AnalysisError::Ticks(network.ticks));
    }
    let reference = Reference::new(network)?;
    let names = network.layers.iter().map(|l| l.name.clone());
    let names: Vec<String> = std::iter::once("input".into()).chain(names).collect();
    let of_sample = |input: &InputTrain| -> Result<Vec<Vec<u32>>, InputMismatch> {
        let transcript = reference.run(input)?;
        let first = rasters(input.neurons(), &input.planes);
        let rest = transcript.layers.iter();
        let rest = rest.map(|l| rasters(l.spikes.neurons(), std::slice::from_ref(&l.spikes)));
        Ok(std::iter::once(first).chain(rest).collect())
    };
    let samples: Vec<Vec<Vec<u32>>> = inputs.par_iter().map(of_sample).collect::<Result<_, _>>()?;
    let ticks = network.ticks as u32;
    let layers = names.into_par_iter().enumerate().map(|(k, layer)| {
        let of_layer: Vec<&[u32]> = samples.iter().map(|s| &s[k][..]).collect();
        measure(layer, &of_layer, ticks)
    });
    Ok(layers.collect())
}

fn measure(layer: String, samples: &[&[u32]], ticks: u32) -> LayerSynchrony {
    let neurons = samples.first().map_or(0, |s| s.len());
    let spikes: u64 = samples.iter().copied().flatten().map(|r| u64::from(r.count_ones())).sum();
    let chances = samples.len() as f64 * neurons as f64 * f64::from(ticks);
    let indices: Vec<f64> = samples.iter().filter_map(|s| synchrony_index(s, ticks)).collect();
    let mean = indices.iter().sum::<f64>() / indices.len() as f64;
    LayerSynchrony {
        layer,
        neurons,
        firing_rate: if chances > 0.0 { spikes as f64 / chances } else { 0.0 },
        index: (!indices.is_empty()).then_some(mean),
        correlogram: correlogram(samples, ticks, ticks.saturating_sub(1)),
    }
}

/// A word per neuron, bit `t` for tick `t`, of all planes together.
fn rasters(neurons: usize, planes: &[SpikeTrain]) -> Vec<u32> {
    let mut out = vec![0; neurons];
    for plane in planes {
        for t in 0..plane.ticks() {
            BitVec::ones(plane.tick(t)).for_each(|i| out[i] |= 1 << t);
        }
    }
    out
}

/// Correlograms of networks on the same input, each named, as SVG: a line for the input, and one per
/// layer in which neurons fire; 1 is what rates alone give. Nothing where nobody fires.
pub fn correlogram_figure(networks: &[(&str, &[LayerSynchrony])]) -> Option<String> {
    let line = |name: String, l: &LayerSynchrony| -> Option<Line> {
        Some((name, l.correlogram.iter().copied().collect::<Option<Vec<f64>>>()?))
    };
    let input = networks.first().and_then(|(_, layers)| line("input".into(), layers.first()?));
    let layers = networks.iter().flat_map(|(name, layers)| {
        layers.iter().skip(1).filter_map(move |l| line(format!("{}, {name}", l.layer), l))
    });
    let lines: Vec<Line> = input.into_iter().chain(layers).collect();
    draw("coincidences of two neurons, 1 is chance", "distance in ticks", 0, &lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_coincidences_of_two_samples_by_hand() {
        // Two neurons that always fire together, in ticks 0 and 2 of 4; then one alone.
        let got = measure("a".into(), &[&[0b0101, 0b0101], &[0b0001, 0]], 4);
        assert_eq!((got.neurons, got.firing_rate), (2, 5.0 / 16.0));
        // 1 where both do the same; (3/64)/(3/32) = 1/2 where one of two varies alone.
        assert_eq!(got.index, Some(0.75));
        // Pairs per tick by chance 2·(1/2)² in the first sample, none in the second; found are two at
        // distance 0 in two of four ticks, none at distance 1, two at distance 2 in one of two.
        assert_eq!(got.correlogram[..3], [Some(2.0), Some(0.0), Some(2.0)]);
        let silent = measure("b".into(), &[&[0, 0]], 4);
        assert_eq!((silent.firing_rate, silent.index), (0.0, None));
        assert!(correlogram_figure(&[("x", &[silent.clone(), silent])]).is_none());
        assert!(correlogram_figure(&[("x", &[got.clone(), got])]).is_some());
    }

    #[test]
    fn planes_of_an_input_are_taken_together() {
        let plane = |events: &[(usize, usize)]| {
            SpikeTrain::from_events(events.iter().copied(), 3, 2).unwrap()
        };
        assert_eq!(rasters(2, &[plane(&[(0, 1)]), plane(&[(0, 1), (2, 0)])]), [0b100, 0b001]);
    }
}
