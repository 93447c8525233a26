//! Trained parameters of a layer: weights, batch norm, the gate's running values, and the scale of
//! the layer whose potential is read.

use super::{
    batch_norm::BatchNorm,
    config::{ConfigError, GateConfig, Method, TrainConfig},
    gate::{Fade, GateMode},
    geometry::{Geometry, Map},
    layer_config::{LayerConfig, WeightKind},
    lif::Lif,
    pool::Pool,
    weights::Weights,
};
use crate::rng::Stream;
use spikewright_ir::{Leak, Readout, Shape};

/// A layer.
#[derive(Clone, Debug)]
pub struct LayerParams {
    /// What the configuration says of it.
    pub config: LayerConfig,
    /// The map its inputs come in; a dense layer sees it flat.
    pub source: Map,
    /// Its windows.
    pub geometry: Geometry,
    /// OR-pooling of its spikes.
    pub pool: Option<Pool>,
    /// Its neurons' rules.
    pub lif: Lif,
    /// Its feed-forward weights.
    pub weights: Weights,
    /// Weights from its own spikes of the tick before, `[neurons][neurons]`.
    pub recurrent: Option<Weights>,
    /// Its batch norm.
    pub norm: BatchNorm,
    /// The scale `A` of all classes of the layer whose potential is read; empty in other layers.
    pub scale: Vec<f32>,
    /// The gate's fade; its constants follow the mean α until it starts.
    pub fade: Fade,
    /// Whether a genome makes its weights.
    pub encoded: bool,
    /// Whether a gate follows its batch norm.
    pub gated: bool,
    /// Running mean of α per tick and unit (`Batch` mode only).
    pub gate_table: Vec<f32>,
}

/// Least gain of a layer with a residual or from a genome.
const LEAST_GAIN: f32 = 1e-3;

/// Parameter arrays of a layer: weights, recurrent weights, gain, β, scale.
pub const ARRAYS: usize = 5;

impl LayerParams {
    /// A layer around its weights, with fresh batch norm.
    pub fn new(
        config: &LayerConfig,
        source: Map,
        geometry: Geometry,
        pool: Option<Pool>,
        weights: Weights,
        ticks: usize,
    ) -> Self {
        let units = config.units();
        Self {
            source,
            geometry,
            pool,
            lif: Lif::new(config),
            weights,
            recurrent: None,
            norm: BatchNorm::new(config.batch_norm, units, config.gain),
            scale: Vec::new(),
            fade: Fade::fresh(1),
            encoded: false,
            gated: false,
            gate_table: vec![0.5; ticks * units],
            config: config.clone(),
        }
    }

    /// The map of its spikes, behind the pooling.
    pub fn out(&self) -> Map {
        self.pool.map_or(self.geometry.to, |p| p.to)
    }

    /// Whether its potential is read: it neither fires nor resets.
    pub fn is_read(&self) -> bool {
        !self.scale.is_empty()
    }

    /// Scale α per unit.
    pub fn alpha(&self) -> Vec<f32> {
        match self.scale.first() {
            Some(scale) => vec![*scale; self.config.units()],
            None => self.weights.scale(self.config.weight_scale),
        }
    }

    /// Every parameter array, and whether it decays.
    pub fn arrays(&mut self) -> [(&mut [f32], bool); ARRAYS] {
        let recurrent = self.recurrent.as_mut().map_or(&mut [][..], |w| &mut w.latent);
        [
            (&mut self.weights.latent, true),
            (recurrent, true),
            (&mut self.norm.gain, false),
            (&mut self.norm.beta, false),
            (&mut self.scale, false),
        ]
    }

    /// Derives what follows from the parameters; returns how many binary weights changed.
    pub fn refresh(&mut self) -> usize {
        if self.encoded {
            // Freezing inverts the bits of a channel of negative scale: a genome's stay its own.
            self.scale.iter_mut().for_each(|a| *a = a.max(f32::EPSILON));
        }
        if self.encoded || self.config.residual.is_some() {
            // A residual's spikes count positive whatever the sign of the scale they share.
            self.norm.gain.iter_mut().for_each(|g| *g = g.max(LEAST_GAIN));
        }
        self.weights.refresh() + self.recurrent.as_mut().map_or(0, Weights::refresh)
    }

    /// Latent weights, recurrent ones behind the others.
    pub fn latents(&self) -> impl Iterator<Item = f32> + '_ {
        let recurrent = self.recurrent.iter().flat_map(|w| &w.latent);
        self.weights.latent.iter().chain(recurrent).copied()
    }
}

/// Fresh layers of a configuration on an input of this shape, the read layer last if there is one.
pub fn fresh_layers(config: &TrainConfig, input: Shape) -> Result<Vec<LayerParams>, ConfigError> {
    let init = Stream::named(config.seed, "weights");
    let mut source = Map::of(input);
    let mut layers: Vec<LayerParams> = Vec::new();
    for (k, l) in config.layers.iter().enumerate() {
        let place = |message| ConfigError::Place { layer: k, message };
        let geometry = Geometry::new(l, source).map_err(place)?;
        let pool = Pool::new(l, geometry.to).map_err(place)?;
        let stream = init.child(k as u64);
        let weights = Weights::fresh(&geometry, l.weights, l.planes, k > 0, stream);
        let mut layer = LayerParams::new(l, source, geometry, pool, weights, config.ticks);
        if l.recurrent {
            let square = Geometry::new(l, geometry.to).map_err(place)?;
            let stream = stream.child(0);
            layer.recurrent = Some(Weights::fresh(&square, l.weights, l.planes, true, stream));
        }
        if let Some(r) = l.residual {
            let (from, to) = (layers[r.from].out(), geometry.to);
            if from != to {
                let message = format!(
                    "residual from layer {}: a map of {from:?} does not fit one of {to:?}",
                    r.from
                );
                return Err(place(message));
            }
        }
        source = layer.out();
        layers.push(layer);
    }
    if config.readout == Readout::Potential {
        layers.push(read_layer(config, source, init.child(u64::MAX)));
    }
    if config.method == Method::Agmm
        && let Some((_, gated)) = layers.split_last_mut()
    {
        gated.iter_mut().for_each(|l| gate(l, &config.gate));
    }
    Ok(layers)
}

/// Puts a gate behind a layer's batch norm.
fn gate(layer: &mut LayerParams, config: &GateConfig) {
    layer.gated = true;
    layer.fade = match config.mode {
        GateMode::SampleLayer => Fade::fresh(1),
        GateMode::SampleChannel | GateMode::Batch => Fade::fresh(layer.config.units()),
        GateMode::Constant => Fade { r: 1.0, c: vec![config.constant], stop_gradient: false },
    };
    layer.fade.stop_gradient = config.stop_gradient;
}

/// The layer whose potential is read: `logits = A·Σ_t s_t·W + T·bias`. With binary weights A starts
/// at 1/sqrt(inputs) over the size of a weight, so that the logits have a size that cross entropy can
/// work on; floats start small already.
fn read_layer(config: &TrainConfig, source: Map, stream: Stream) -> LayerParams {
    let last = config.layers.last();
    let l = LayerConfig {
        batch_norm: false,
        weights: config.output_kind(),
        planes: match config.output_kind() {
            WeightKind::Binary => last.map_or(1, |l| l.planes),
            WeightKind::Float => 1,
        },
        ..LayerConfig::dense(config.classes, Leak::None)
    };
    let geometry = Geometry {
        from: Map::flat(source.len()),
        to: Map::flat(config.classes),
        kernel: 1,
        stride: 1,
        padding: 0,
        average: 1,
    };
    let weights = Weights::fresh(&geometry, l.weights, l.planes, true, stream);
    let squares = |w: &f32| f64::from(weights.value(*w)).powi(2);
    let sum: f64 = weights.latent.iter().map(squares).sum();
    let scale = match l.weights {
        WeightKind::Binary => (sum / config.classes as f64).sqrt().recip() as f32,
        WeightKind::Float => 1.0,
    };
    let mut layer = LayerParams::new(&l, source, geometry, None, weights, config.ticks);
    layer.scale = vec![scale];
    layer
}
