//! Parameters of a net in training and how they become its weights and phases.

use super::config::{BinaryConfig, SmoothConfig};
use crate::{
    rng::Stream,
    smooth::theta::{Gradient, Net},
    train::{LANES, Moments, Row, Step, width},
};
use serde::{Deserialize, Serialize};

/// How weights follow from latent ones.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    /// `w = v`.
    Real,
    /// `w = s·tanh(β·v)`.
    Soft(f64),
    /// `w = s·sign(v)`, sign(0) = +1; v is kept.
    Sign,
}

impl Form {
    /// The form after a fraction `done` of a run.
    pub fn at(binary: Option<&BinaryConfig>, done: f64) -> Self {
        match binary {
            None => Self::Real,
            Some(b) if done < b.harden => {
                Self::Soft(b.beta_start * (b.beta_end / b.beta_start).powf(done / b.harden))
            }
            Some(_) => Self::Sign,
        }
    }

    /// The weight of a latent one, in units of the scale.
    #[inline(always)]
    fn weight(self, v: f32) -> f32 {
        match self {
            Self::Real => v,
            Self::Soft(beta) => (beta as f32 * v).tanh(),
            Self::Sign => 1f32.copysign(if v == 0.0 { 1.0 } else { v }),
        }
    }
}

/// One layer's parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerParams {
    /// Latent weights v, `[input][row of lanes]` flat.
    #[serde(with = "crate::train::exact")]
    pub latent: Vec<f32>,
    /// Initial phases φ, 0 to Θ.
    #[serde(with = "crate::train::exact")]
    pub phases: Vec<f32>,
    /// Logarithm of the scale s, one value; 0 with real weights.
    #[serde(with = "crate::train::exact")]
    pub log_scale: Vec<f32>,
    moments: [Moments; 3],
}

/// Gradients of a layer's parameters in the order of [`LayerParams`].
#[derive(Clone, Debug, Default)]
pub struct LayerGradient([Vec<f32>; 3]);

impl LayerParams {
    /// Whether these are as many parameters as `other` has.
    pub fn same_size(&self, other: &Self) -> bool {
        let sizes = |p: &Self| (p.latent.len(), p.phases.len(), p.log_scale.len());
        let mut moments = self.moments.iter().zip(&other.moments);
        sizes(self) == sizes(other) && moments.all(|(a, b)| a.same_size(b))
    }

    /// The scale s.
    pub fn scale(&self) -> f32 {
        self.log_scale[0].exp()
    }
}

/// Fresh parameters: weights uniform within ±0.5/√inputs, all phases Θ/2 (Klos and Memmesheimer, 2025);
/// latent binary weights uniform within ±0.5/β.
pub fn fresh(config: &SmoothConfig, inputs: usize) -> Vec<LayerParams> {
    let stream = Stream::named(config.seed, "smooth weights");
    let sizes = sizes(config, inputs);
    let layer = |(l, pair): (usize, &[usize])| {
        let (inputs, neurons) = (pair[0], pair[1]);
        let root = (inputs as f64).sqrt();
        let (bound, log_scale) = match &config.binary {
            None => (0.5 / root, 0.0),
            Some(b) => (0.5 / b.beta_start, (b.scale / root).ln()),
        };
        let mut draw = stream.child(l as u64).sequence();
        let row = LANES * width(neurons);
        let mut latent = vec![0.0; inputs * row];
        for row in latent.chunks_exact_mut(row) {
            row[..neurons].fill_with(|| (bound * (2.0 * draw.unit() - 1.0)) as f32);
        }
        let phases = vec![(0.5 * config.period) as f32; neurons];
        let moments = [latent.len(), neurons, 1].map(|n| Moments::new(&config.optimizer, n));
        LayerParams { latent, phases, log_scale: vec![log_scale as f32], moments }
    };
    sizes.windows(2).enumerate().map(layer).collect()
}

/// Sizes of a configuration's net, inputs first.
pub fn sizes(config: &SmoothConfig, inputs: usize) -> Vec<usize> {
    [&[inputs][..], &config.hidden, &[config.classes]].concat()
}

/// Sets the net's weights and phases.
pub fn fill(net: &mut Net<f32>, params: &[LayerParams], form: Form) {
    let per_time = std::f64::consts::PI / net.period;
    for (layer, p) in net.layers.iter_mut().zip(params) {
        let (scale, neurons, row) = (p.scale(), layer.neurons, LANES * layer.width());
        let rows = layer.weights.as_flattened_mut().chunks_exact_mut(row);
        for (to, from) in rows.zip(p.latent.chunks_exact(row)) {
            for (to, v) in to.iter_mut().zip(from).take(neurons) {
                *to = scale * form.weight(*v);
            }
        }
        layer.set_phases(p.phases.iter().map(|phase| f64::from(*phase) * per_time));
    }
}

/// The parameters' gradient from that of the net.
pub fn chain(
    net: &Net<f32>,
    params: &[LayerParams],
    form: Form,
    gradient: &Gradient<f32>,
) -> Vec<LayerGradient> {
    let per_time = (std::f64::consts::PI / net.period) as f32;
    let layers = net.layers.iter().zip(params).zip(gradient.weights.iter().zip(&gradient.phases));
    layers
        .map(|((layer, p), (dk, dtheta))| {
            let flat = |rows: &[Row<f32>]| rows.as_flattened().to_vec();
            let mut latent = flat(dk);
            let mut log_scale = 0.0;
            if form != Form::Real {
                let k = layer.weights.as_flattened().iter();
                log_scale = latent.iter().zip(k).map(|(d, k)| f64::from(d * k)).sum();
            }
            match form {
                Form::Real => {}
                Form::Sign => latent.fill(0.0),
                Form::Soft(beta) => {
                    let slope = beta as f32 * p.scale();
                    for (d, v) in latent.iter_mut().zip(&p.latent) {
                        *d *= slope * (1.0 - form.weight(*v).powi(2));
                    }
                }
            }
            let phases = dtheta.as_flattened()[..layer.neurons].iter().map(|d| d * per_time);
            LayerGradient([latent, phases.collect(), vec![log_scale as f32]])
        })
        .collect()
}

/// One step of the optimizer. Latent weights whose signs are kept, and scales of real weights, stay.
pub fn update(
    config: &SmoothConfig,
    params: &mut [LayerParams],
    form: Form,
    step: Step,
    gradients: &[LayerGradient],
) {
    for (p, LayerGradient(g)) in params.iter_mut().zip(gradients) {
        let o = &config.optimizer;
        if form != Form::Sign {
            p.moments[0].update(o, step, &mut p.latent, &g[0]);
        }
        p.moments[1].update(o, step, &mut p.phases, &g[1]);
        let period = config.period as f32;
        p.phases.iter_mut().for_each(|phase| *phase = phase.clamp(0.0, period));
        if form != Form::Real {
            p.moments[2].update(o, step, &mut p.log_scale, &g[2]);
        }
    }
}

#[cfg(test)]
#[path = "params_test.rs"]
mod params_test;
