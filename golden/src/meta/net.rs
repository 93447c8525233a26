//! The network that meta-training differentiates: layers of leaky integrate-and-fire neurons with
//! frozen batch norm, and a head of real weights over their spike counts. Parameters are one flat
//! vector, so that bilevel training is arithmetic on vectors.

use super::wiring::{Wiring, windows};
use crate::{
    rng::Stream,
    train::{Geometry, LayerConfig, Map, Pool, Surrogate, V_TH, WeightKind, WeightScale, lambda},
};
use spikewright_ir::{FireRule, Reset, Shape};
use std::ops::Range;
use thiserror::Error;

/// Why few-shot training refuses something.
#[derive(Debug, Error, PartialEq)]
#[error("few-shot training: {place}: {message}; {remedy}")]
pub struct MetaError {
    /// Where.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: &'static str,
}

impl MetaError {
    /// An error about a place.
    pub fn new(place: impl Into<String>, message: impl Into<String>, remedy: &'static str) -> Self {
        Self { place: place.into(), message: message.into(), remedy }
    }
}

/// The rules of a layer's neurons, threshold 1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Neuron {
    /// Fraction of the potential kept from tick to tick.
    pub lambda: f64,
    /// Fire above rather than at the threshold.
    pub above: bool,
    /// Reset to zero rather than by subtraction.
    pub zero: bool,
    /// Gradients go through the reset, too, where the configuration does not detach it.
    pub through_reset: bool,
    /// Curve in place of the step.
    pub surrogate: Surrogate,
}

/// Batch norm that no longer moves: `X = gain·(Z − mean)·inverse + β`, per unit.
#[derive(Clone, PartialEq, Debug)]
pub struct FrozenNorm {
    /// Running mean.
    pub mean: Vec<f64>,
    /// `1/sqrt(var + ε)`
    pub inverse: Vec<f64>,
}

/// One layer.
#[derive(Clone, PartialEq, Debug)]
pub struct Layer {
    /// What the configuration says of it.
    pub config: LayerConfig,
    /// Inputs, as a map also where a dense layer sees them flat.
    pub(crate) source: Map,
    /// Its windows, and the map of its neurons.
    pub(crate) geometry: Geometry,
    /// Spikes it passes on, behind its pooling.
    pub(crate) out: Map,
    /// Which input meets which weight row.
    pub(crate) wiring: Wiring,
    /// Neurons of every pooled window.
    pub pool: Option<Vec<Vec<u32>>>,
    /// Batch norm; without it `X = Z + β`.
    pub norm: Option<FrozenNorm>,
    /// Neurons.
    pub rule: Neuron,
}

impl Layer {
    /// Neurons of a dense layer, or output channels.
    pub fn units(&self) -> usize {
        self.config.units()
    }

    /// Whether weights are the signs of latent ones.
    pub fn is_binary(&self) -> bool {
        self.config.weights == WeightKind::Binary
    }
}

/// What a parameter is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Weights of a layer, `[row][unit]`.
    Weights(usize),
    /// Gains of a layer's batch norm.
    Gain(usize),
    /// Shifts β of a layer.
    Beta(usize),
    /// Weights of the head, `[class][feature]`.
    Head,
    /// Biases of the head.
    Bias,
}

/// Where a part lies in the vector of parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    /// What it is.
    pub part: Part,
    /// Where it is.
    pub range: Range<usize>,
}

/// A network over `N`-way tasks. Logits are `scale·(Σ_j W_cj·m_j/T + bias_c)` with `m_j` the spikes
/// of feature `j` over all `T` ticks.
#[derive(Clone, PartialEq, Debug)]
pub struct Net {
    /// Ticks of a sample.
    pub ticks: usize,
    /// Input.
    pub input: Shape,
    /// Layers in order.
    pub layers: Vec<Layer>,
    /// Classes of a task.
    pub classes: usize,
    /// Factor on the logits.
    pub scale: f64,
    /// Emit the surrogates' smooth steps in place of spikes: a network whose derivatives finite
    /// differences can check. It cannot be frozen.
    pub smooth: bool,
    /// Parts in order.
    pub slots: Vec<Slot>,
}

impl Net {
    /// A network of these layers. Layers with batch norm need statistics before they are run:
    /// [`FrozenNorm`].
    pub fn new(
        layers: &[LayerConfig],
        input: Shape,
        ticks: usize,
        classes: usize,
        scale: f64,
    ) -> Result<Self, MetaError> {
        let place = |k: usize| format!("layer {k}");
        if layers.is_empty() || !(1..=32).contains(&ticks) || !(2..=256).contains(&classes) {
            let message = format!("{} layers, {ticks} ticks, {classes} ways", layers.len());
            let remedy = "at least one layer, 1 to 32 ticks and 2 to 256 ways";
            return Err(MetaError::new("network", message, remedy));
        }
        let (layers_of, slots) = (Vec::new(), Vec::new());
        let mut out =
            Self { ticks, input, layers: layers_of, classes, scale, smooth: false, slots };
        for (k, config) in layers.iter().enumerate() {
            let source = out.layers.last().map_or(Map::of(input), |l: &Layer| l.out);
            refuse(config, &place(k))?;
            let layer = layer(config, source).map_err(|message| {
                MetaError::new(place(k), message, "change its sizes or those before")
            })?;
            let units = layer.units();
            out.slot(Part::Weights(k), layer.wiring.rows * units);
            if config.batch_norm {
                out.slot(Part::Gain(k), units);
            }
            out.slot(Part::Beta(k), units);
            out.layers.push(layer);
        }
        out.slot(Part::Head, classes * out.features());
        out.slot(Part::Bias, classes);
        Ok(out)
    }

    fn slot(&mut self, part: Part, len: usize) {
        let start = self.slots.last().map_or(0, |s| s.range.end);
        self.slots.push(Slot { part, range: start..start + len });
    }

    /// Spikes that the head counts.
    pub fn features(&self) -> usize {
        self.layers.last().map_or(0, |l| l.out.len())
    }

    /// Number of parameters.
    pub fn size(&self) -> usize {
        self.slots.last().map_or(0, |s| s.range.end)
    }

    /// Where a part lies, if there is one.
    pub fn range(&self, part: Part) -> Option<Range<usize>> {
        self.slots.iter().find(|s| s.part == part).map(|s| s.range.clone())
    }

    /// Where the head's weights and biases lie, together.
    pub fn head(&self) -> Range<usize> {
        let start = self.range(Part::Head).map_or(0, |r| r.start);
        start..self.size()
    }

    /// Fresh parameters: weights N(0, spread²/inputs) behind floats and N(0, 0.05²) behind signs,
    /// gains as configured, shifts 0, head N(0, 1/features), biases 0.
    pub fn fresh(&self, seed: u64, spread: f64) -> Vec<f64> {
        let stream = Stream::named(seed, "meta weights");
        let mut theta = vec![0.0; self.size()];
        for (k, slot) in self.slots.iter().enumerate() {
            let mut draw = stream.child(k as u64).sequence();
            let deviation = match slot.part {
                Part::Weights(l) if self.layers[l].is_binary() => 0.05,
                Part::Weights(l) => spread / (self.layers[l].wiring.rows as f64).sqrt(),
                Part::Head => (self.features() as f64).sqrt().recip(),
                Part::Gain(l) => {
                    theta[slot.range.clone()].fill(f64::from(self.layers[l].config.gain));
                    continue;
                }
                Part::Beta(_) | Part::Bias => continue,
            };
            theta[slot.range.clone()].iter_mut().for_each(|w| *w = deviation * draw.normal());
        }
        theta
    }
}

fn refuse(l: &LayerConfig, place: &str) -> Result<(), MetaError> {
    let refused = [
        (
            l.units() == 0
                || l.is_conv() && l.kernel == 0
                || l.stride == 0
                || l.or_pool == 0
                || l.or_pool_stride == Some(0),
            "one of its sizes is 0",
            "units, stride and pooling are at least 1",
        ),
        (l.recurrent, "it is recurrent", "leave recurrent out"),
        (l.residual.is_some(), "it has a residual", "leave residual out"),
        (l.average_pool > 1, "it averages before its neurons", "use or_pool"),
        (l.planes > 1, "its body weights have several planes", "bodies are binary: planes = 1"),
        (l.weight_scale != WeightScale::One, "its weights are scaled", "weight_scale = \"one\""),
    ];
    match refused.into_iter().find(|r| r.0) {
        Some((_, message, remedy)) => Err(MetaError::new(place, message, remedy)),
        None => Ok(()),
    }
}

fn layer(config: &LayerConfig, source: Map) -> Result<Layer, String> {
    let geometry = Geometry::new(config, source)?;
    let pool = Pool::new(config, geometry.to)?;
    let norm = config.batch_norm.then(|| FrozenNorm {
        mean: vec![0.0; config.units()],
        inverse: vec![1.0; config.units()],
    });
    debug_assert_eq!(V_TH, 1.0);
    Ok(Layer {
        wiring: Wiring::of(&geometry),
        rule: Neuron {
            lambda: lambda(config.leak),
            above: config.fire == FireRule::Above,
            zero: config.reset == Reset::Zero,
            through_reset: !config.detach_reset,
            surrogate: config.surrogate,
        },
        norm,
        source,
        out: pool.map_or(geometry.to, |p| p.to),
        pool: pool.as_ref().map(windows),
        geometry,
        config: config.clone(),
    })
}
