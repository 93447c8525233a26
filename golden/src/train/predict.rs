//! The forward pass of a finished model, with its running statistics.

use super::{
    batch_norm::Affine,
    forward::{LayerView, layer_sums, neurons, pass_spikes},
    gate::GateMode,
    geometry::{Geometry, Map},
    layer_config::{LayerConfig, WeightKind},
    loss::argmax,
    params::LayerParams,
    pool::Pool,
    samples::events_of,
    shard::{Shard, Size},
    weights::Weights,
};
use crate::{
    model::{FloatLayer, FloatModel, Gate, LayerShape, ModelError, Synapses},
    simd::vectorized,
};
use spikewright_ir::{InputTrain, Readout};

/// A model in the form the loops want.
pub(crate) struct Predictor<'a> {
    model: &'a FloatModel,
    layers: Vec<LayerParams>,
    views: Vec<LayerView>,
    gates: Vec<Option<GateMode>>,
}

impl<'a> Predictor<'a> {
    /// Checks and prepares a model.
    pub fn new(model: &'a FloatModel) -> Result<Self, ModelError> {
        let shapes = model.shapes()?;
        let (mut layers, mut views, mut gates) = (Vec::new(), Vec::new(), Vec::new());
        for (k, (l, shape)) in model.layers.iter().zip(&shapes).enumerate() {
            let read = model.readout == Readout::Potential && k + 1 == model.layers.len();
            let layer = params(l, shape, model.ticks(), read)
                .map_err(|message| ModelError::Inconsistent { message })?;
            let positions = layer.geometry.to.positions();
            let (a, b) = l.affine().into_iter().map(|(a, b)| (a as f32, b as f32)).unzip();
            let affine = Affine { a, b, center: Vec::new(), inverse: Vec::new() };
            let mut view = LayerView { affine, ..LayerView::default() };
            view.spread(positions);
            gates.push(match &l.gate {
                Gate::Constant(_) | Gate::Channels(_) => None,
                Gate::Varying { mode, table, .. } => {
                    let rows = table.chunks_exact(l.synapses.units());
                    view.table = rows.flat_map(|row| row.repeat(positions)).collect();
                    Some(*mode)
                }
            });
            views.push(view);
            layers.push(layer);
        }
        Ok(Self { model, layers, views, gates })
    }

    /// Buffers for a thread.
    pub fn state(&self) -> Shard {
        let (ticks, planes) = (self.model.ticks(), self.model.encoder.planes());
        let gate = self.gates.iter().find_map(|g| *g);
        let size = Size { samples: 1, run: 1, ticks, planes, gate, integers: false, keep: false };
        Shard::new(0, size, &self.layers, false)
    }

    /// The class of a sample of the model's shape.
    pub fn classify(&self, state: &mut Shard, input: &InputTrain) -> usize {
        let ticks = self.model.ticks();
        let last = self.layers.len() - 1;
        state.here = 0..1;
        state.layers[0].events[0] = events_of(input, self.layers[0].geometry.from);
        vectorized(
            #[inline(always)]
            || {
                for (k, layer) in self.layers.iter().enumerate() {
                    if k > 0 {
                        pass_spikes(state, k, layer);
                    }
                    layer_sums(state, k, layer, ticks);
                    if !layer.is_read() {
                        neurons(state, k, layer, self.gates[k], &self.views[k], ticks);
                    }
                }
            },
        );
        let (layer, l) = (&self.layers[last], &state.layers[last]);
        let map = layer.out();
        let ordered = |of: &dyn Fn(usize) -> f32| -> Vec<f32> {
            (0..map.len()).map(|i| of(map.index_of(i))).collect()
        };
        let raster = l.out();
        match self.model.readout {
            Readout::Potential => {
                let (n, view) = (map.len(), &self.views[last].spread);
                let mut v = vec![0f32; n];
                for z in l.z.chunks_exact(n) {
                    for (i, v) in v.iter_mut().enumerate() {
                        *v = layer.lif.lambda * *v + (view.a[i] * z[i] + view.b[i]);
                    }
                }
                argmax(&ordered(&|i| v[i]))
            }
            Readout::SpikeCount => argmax(&ordered(&|i| raster[i].count_ones() as f32)),
            Readout::FirstSpike => argmax(&ordered(&|i| -(raster[i].trailing_zeros() as f32))),
        }
    }
}

/// A layer of the model as one of training.
fn params(
    l: &FloatLayer,
    shape: &LayerShape,
    ticks: usize,
    read: bool,
) -> Result<LayerParams, String> {
    let units = l.synapses.units();
    let (weights, planes) = kind(&l.synapses);
    let mut config = LayerConfig {
        reset: l.reset,
        fire: l.fire,
        residual: l.residual,
        batch_norm: false,
        weights,
        planes,
        ..LayerConfig::dense(units, l.leak)
    };
    if let Some(w) = &l.window {
        (config.neurons, config.channels) = (0, units);
        (config.kernel, config.stride, config.padding) = (w.kernel, w.stride, w.padding);
        config.average_pool = w.average_pool;
    }
    if let Some(p) = &l.or_pool {
        (config.or_pool, config.or_pool_stride) = (p.side, Some(p.stride));
    }
    let source = Map::of(shape.source);
    let geometry = Geometry::new(&config, source)?;
    let pool = Pool::new(&config, geometry.to)?;
    let weights = latent(&l.synapses, &geometry, source);
    let mut layer = LayerParams::new(&config, source, geometry, pool, weights, ticks);
    if let Some(recurrent) = &l.recurrent {
        let square = Geometry::new(&config, geometry.to)?;
        layer.recurrent = Some(latent(recurrent, &square, geometry.to));
    }
    if let Gate::Varying { fade, .. } = &l.gate {
        layer.fade = fade.clone();
    }
    if read {
        layer.scale = vec![1.0];
    }
    Ok(layer)
}

fn kind(synapses: &Synapses) -> (WeightKind, u8) {
    match synapses {
        Synapses::Planes(planes) => (WeightKind::Binary, planes.len() as u8),
        Synapses::Real { .. } => (WeightKind::Float, 1),
    }
}

/// Latent weights that count what the synapses say.
fn latent(synapses: &Synapses, geometry: &Geometry, source: Map) -> Weights {
    let (units, (kind, planes)) = (synapses.units(), kind(synapses));
    // The value 2·floor(w·2^(n−1)) + 1 of w = v/2^n is v.
    let unit = if kind == WeightKind::Binary { 0.5f32.powi(i32::from(planes)) } else { 1.0 };
    let mut latent = vec![0.0; units * synapses.inputs()];
    for j in 0..synapses.inputs() {
        let row = geometry.weight_row(source, j);
        for i in 0..units {
            latent[row * units + i] = unit * synapses.value(i, j);
        }
    }
    Weights::of(latent, geometry, kind, planes, false)
}
