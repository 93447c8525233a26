//! From training state to float model: signs, scales and running statistics.

use super::{
    config::{Method, WeightScale},
    params::{LayerParams, WeightRows, Weights},
    trainer::Trainer,
};
use crate::model::{FloatLayer, FloatModel, Gate, Norm};
use spikewright_ir::{BitMatrix, BitVec, FireRule, Leak, Reset, Shape};

/// The model as it stands.
pub(super) fn export(trainer: &Trainer, input: Shape) -> FloatModel {
    let config = &trainer.config;
    let mut layers: Vec<FloatLayer> = trainer
        .layers
        .iter()
        .enumerate()
        .map(|(k, l)| hidden(k, l, config.method, trainer))
        .collect();
    if let Some(o) = &trainer.output {
        layers.push(FloatLayer {
            name: "output".into(),
            weights: bits(&o.weights),
            real: real(&o.weights),
            alpha: vec![f64::from(o.scale); config.classes],
            norm: None,
            beta: o.bias.iter().map(|&b| f64::from(b)).collect(),
            gate: Gate::Constant(1.0),
            leak: Leak::None,
            fire: FireRule::AtLeast,
            reset: Reset::Subtract,
        });
    }
    FloatModel { encoder: config.encoder(), input, layers, readout: config.readout }
}

fn hidden(k: usize, l: &LayerParams, method: Method, trainer: &Trainer) -> FloatLayer {
    let gate = match method {
        Method::Plain => Gate::Constant(1.0),
        // After the last step the fade is where that step would have put it, not where it began.
        Method::Agmm if l.fade.r >= 1.0 => Gate::Constant(f64::from(l.fade.c)),
        Method::Agmm => Gate::Varying {
            mode: trainer.config.gate.mode,
            fade: l.fade,
            table: l.gate_table.clone(),
        },
    };
    let double = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    FloatLayer {
        name: format!("hidden{}", k + 1),
        weights: bits(&l.weights),
        real: real(&l.weights),
        alpha: match l.config.weight_scale {
            WeightScale::One => vec![1.0; l.weights.neurons],
            rule => double(&l.weights.scale(rule)),
        },
        norm: l.norm.on.then(|| Norm {
            gain: double(&l.norm.gain),
            mean: l.norm.mean.clone(),
            var: l.norm.var.clone(),
            epsilon: super::batch_norm::EPSILON,
        }),
        beta: double(&l.norm.beta),
        gate,
        leak: l.config.leak,
        fire: l.config.fire,
        reset: l.config.reset,
    }
}

/// Rows are target neurons, bit 1 is +1.
fn bits(w: &Weights) -> BitMatrix {
    let rows = (0..w.neurons)
        .map(|i| BitVec::from_bits((0..w.inputs).map(|j| w.latent[j * w.neurons + i] >= 0.0)))
        .collect();
    BitMatrix::from_rows(rows).expect("rows of equal length")
}

/// Rows are target neurons; empty for binary weights.
fn real(w: &Weights) -> Vec<f32> {
    match w.rows {
        WeightRows::Binary(_) => Vec::new(),
        WeightRows::Float(_) => (0..w.neurons)
            .flat_map(|i| (0..w.inputs).map(move |j| w.latent[j * w.neurons + i]))
            .collect(),
    }
}
