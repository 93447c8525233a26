//! From training state to float model: weights, scales and running statistics.

use super::{
    config::Method,
    geometry::{Geometry, Map},
    params::LayerParams,
    trainer::Trainer,
    weights::Weights,
};
use crate::{
    genome::Genes,
    model::{FloatLayer, FloatModel, Gate, Norm, OrPooling, Synapses, Window},
};

/// The model as it stands.
pub(super) fn export(trainer: &Trainer) -> FloatModel {
    let config = &trainer.config;
    let layers = trainer.layers.iter().enumerate().map(|(k, l)| layer(k, l, trainer)).collect();
    let encoder = trainer.code.clone();
    FloatModel {
        encoder,
        input: trainer.input,
        layers,
        readout: config.readout,
        genome: trainer.genes.as_ref().map(Genes::stored),
    }
}

fn layer(k: usize, l: &LayerParams, trainer: &Trainer) -> FloatLayer {
    let config = &trainer.config;
    let gate = match config.method {
        Method::Agmm if l.gated => match &l.fade.c[..] {
            _ if l.fade.r < 1.0 => {
                let (mode, fade) = (config.gate.mode, l.fade.clone());
                Gate::Varying { mode, fade, table: l.gate_table.clone() }
            }
            [c] => Gate::Constant(f64::from(*c)),
            all => Gate::Channels(all.iter().map(|c| f64::from(*c)).collect()),
        },
        _ => Gate::Constant(1.0),
    };
    let double = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    let name = if l.is_read() { "output".into() } else { format!("hidden{}", k + 1) };
    let c = &l.config;
    FloatLayer {
        synapses: synapses(&l.weights, &l.geometry, l.source),
        window: c.is_conv().then_some(Window {
            kernel: c.kernel,
            stride: c.stride,
            padding: c.padding,
            average_pool: c.average_pool,
        }),
        recurrent: l.recurrent.as_ref().map(|w| {
            let square = Geometry { from: l.geometry.to, ..l.geometry };
            synapses(w, &square, l.geometry.to)
        }),
        residual: c.residual,
        or_pool: l.pool.map(|p| OrPooling { side: p.side, stride: p.stride }),
        norm: l.norm.on.then(|| Norm {
            gain: double(&l.norm.gain),
            mean: l.norm.mean.clone(),
            var: l.norm.var.clone(),
            epsilon: super::batch_norm::EPSILON,
        }),
        gate,
        leak: c.leak,
        fire: c.fire,
        reset: c.reset,
        ..FloatLayer::dense(
            &name,
            Synapses::Planes(Vec::new()),
            double(&l.alpha()),
            double(&l.norm.beta),
        )
    }
}

/// `[units][inputs]` in the order of networks.
fn synapses(w: &Weights, geometry: &Geometry, source: Map) -> Synapses {
    let (units, inputs) = (w.units, w.inputs);
    let rows: Vec<usize> = (0..inputs).map(|j| geometry.weight_row(source, j)).collect();
    let value = |i: usize, j: usize| w.value(w.latent[rows[j] * units + i]);
    match w.planes() {
        Some(planes) => Synapses::from_integers(units, inputs, planes, |i, j| value(i, j) as i32),
        None => Synapses::Real {
            inputs,
            values: (0..units)
                .flat_map(|i| (0..inputs).map(move |j| (i, j)))
                .map(|(i, j)| value(i, j))
                .collect(),
        },
    }
}
