//! Plasticity beside surrogate gradients: after the optimizer's step the rule's mean change over the
//! batch goes to the latent weights of chosen layers, before these are clamped and their signs taken.
//! The optimizer's moments never see it.

use super::{
    config::{Method, Range, TrainConfig},
    forward::LayerView,
    params::LayerParams,
    shard::Shard,
};
use crate::{
    plasticity::{
        PairStdp, Rule, Sample, Ssdp, Variant, batch_change, decay_of_size, random_signs,
    },
    rng::Stream,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What takes the place of a rule's change, as a control.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// The change itself.
    #[default]
    None,
    /// Its sizes with random signs.
    RandomSigns,
    /// A decay of all weights of the same sum of sizes.
    Decay,
}

/// Plasticity of methods `ssdp` and `stdp`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlasticityConfig {
    /// Plastic layers, numbers from 0; dense, not the first; the layer that `"potential"` adds has the
    /// number behind the last `[[layer]]`. None given: the last of all.
    pub layers: Vec<usize>,
    /// First epoch with plasticity, counted from 1.
    pub start_epoch: usize,
    /// What is left of the change at the end of the run (0 to 1), along a cosine from the first such
    /// epoch on.
    pub anneal: f64,
    /// Control.
    pub control: Control,
    /// Constants of method `ssdp`.
    pub ssdp: Ssdp,
    /// Constants of method `stdp`.
    pub stdp: PairStdp,
}

impl Default for PlasticityConfig {
    fn default() -> Self {
        Self {
            layers: Vec::new(),
            start_epoch: 1,
            anneal: 0.5,
            control: Control::None,
            ssdp: Ssdp { variant: Variant::EventDriven, a_plus: 1.5e-4, a_minus: 5e-5, sigma: 1.0 },
            stdp: PairStdp { a_plus: 1e-4, a_minus: 1.2e-4, tau_plus: 20.0, tau_minus: 20.0 },
        }
    }
}

impl PlasticityConfig {
    /// Checks every range.
    pub(super) fn check(
        &self,
        config: &TrainConfig,
        range: &Range<'_>,
    ) -> Result<(), super::ConfigError> {
        let amplitude = |a: f64| (0.0..=1.0).contains(&a);
        let time = |t: f64| t > 0.0 && t <= 1e3;
        let (s, p) = (&self.ssdp, &self.stdp);
        range(
            amplitude(s.a_plus) && amplitude(s.a_minus) && time(s.sigma),
            "plasticity.ssdp",
            s,
            "a_plus and a_minus are 0 to 1, sigma above 0 and up to 1000 ticks",
        )?;
        range(
            [p.a_plus, p.a_minus].map(amplitude) == [true; 2]
                && [p.tau_plus, p.tau_minus].map(time) == [true; 2],
            "plasticity.stdp",
            p,
            "a_plus and a_minus are 0 to 1, taus above 0 and up to 1000 ticks",
        )?;
        range((0.0..=1.0).contains(&self.anneal), "plasticity.anneal", &self.anneal, "0 to 1")?;
        range(
            (1..=config.epochs).contains(&self.start_epoch) || config.method.rule().is_none(),
            "plasticity.start_epoch",
            &self.start_epoch,
            "1 to the epochs of the run",
        )?;
        let dense = |&k: &usize| {
            k > 0 && k <= last(config) && config.layers.get(k).is_none_or(|l| !l.is_conv())
        };
        let plastic = match config.method.rule() {
            Some(_) => self.plastic_layers(config),
            None => self.layers.clone(),
        };
        range(
            plastic.iter().all(dense),
            "plasticity.layers",
            &plastic,
            "numbers of dense layers, not the first; the one added for `potential` is behind the last `[[layer]]`",
        )
    }
}

impl PlasticityConfig {
    /// The layers given, or the last of all.
    fn plastic_layers(&self, config: &TrainConfig) -> Vec<usize> {
        if self.layers.is_empty() { vec![last(config)] } else { self.layers.clone() }
    }
}

/// Number of the last layer.
fn last(config: &TrainConfig) -> usize {
    match config.readout {
        spikewright_ir::Readout::Potential => config.layers.len(),
        _ => config.layers.len() - 1,
    }
}

/// Which rule a method brings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RuleKind {
    Ssdp,
    Stdp,
}

impl Method {
    /// The rule of plasticity that goes with the method.
    pub(super) fn rule(self) -> Option<RuleKind> {
        match self {
            Method::Ssdp => Some(RuleKind::Ssdp),
            Method::Stdp => Some(RuleKind::Stdp),
            _ => None,
        }
    }
}

/// Plasticity in one epoch.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlasticReport {
    /// Share of plasticity in the sizes of all changes of plastic weights (0..1).
    pub share: f64,
    /// Fraction of plastic latent weights at ±1 after the epoch (0..1).
    pub at_bound: f64,
}

/// Plasticity of a run.
#[derive(Debug)]
pub(super) struct Plastic {
    config: PlasticityConfig,
    kind: RuleKind,
    epochs: usize,
    seed: u64,
    /// Sums of sizes over the epoch: of plasticity, and of the optimizer's steps beside it.
    sizes: [f64; 2],
}

/// The changes of a step, per layer `[post][pre]`; empty where there is none.
pub(super) type Changes = Vec<Vec<f64>>;

impl Plastic {
    /// That of a configuration, if its method has any.
    pub fn new(config: &TrainConfig) -> Option<Self> {
        let kind = config.method.rule()?;
        let layers = config.plasticity.plastic_layers(config);
        let own = PlasticityConfig { layers, ..config.plasticity.clone() };
        Some(Self { config: own, kind, epochs: config.epochs, seed: config.seed, sizes: [0.0; 2] })
    }

    fn rule(&self) -> Box<dyn Rule> {
        match self.kind {
            RuleKind::Ssdp => Box::new(self.config.ssdp),
            RuleKind::Stdp => Box::new(self.config.stdp),
        }
    }

    /// Amplitude in an epoch counted from 0: `η + (1 − η)·(1 + cos(π·x))/2` with η what is left at the
    /// end and x how far plasticity is, 0 before it starts.
    fn amplitude(&self, epoch: usize) -> f64 {
        let start = self.config.start_epoch - 1;
        if epoch < start {
            return 0.0;
        }
        let x = (epoch - start) as f64 / (self.epochs - start).max(1) as f64;
        let left = self.config.anneal;
        left + (1.0 - left) * 0.5 * (1.0 + (std::f64::consts::PI * x).cos())
    }

    /// The changes that the spikes of the last pass ask for, in step `step` of an epoch counted from 0.
    pub fn changes(
        &self,
        shards: &[Shard],
        layers: &[LayerParams],
        views: &[LayerView],
        ticks: usize,
        (epoch, step): (usize, usize),
    ) -> Changes {
        let mut out = vec![Vec::new(); layers.len()];
        let factor = self.amplitude(epoch);
        if factor == 0.0 {
            return out;
        }
        for &k in &self.config.layers {
            let size = layers[k].weights.latent.len();
            let of_shard = |shard: &Shard| {
                let mut dw = vec![0.0; size];
                self.shard(shard, k, &layers[k], &views[k], ticks, factor, &mut dw);
                dw
            };
            let parts: Vec<Vec<f64>> = shards.par_iter().map(of_shard).collect();
            let mut sum = vec![0.0; size];
            for part in parts {
                sum.iter_mut().zip(part).for_each(|(sum, d)| *sum += d);
            }
            let samples = shards.iter().map(|s| s.samples).sum();
            let mut change = batch_change(&sum, samples);
            match self.config.control {
                Control::None => {}
                Control::RandomSigns => {
                    let stream = Stream::named(self.seed, "plasticity");
                    random_signs(&mut change, stream.child(step as u64).child(k as u64));
                }
                Control::Decay => decay_of_size(&mut change, &rows(&layers[k])),
            }
            out[k] = change;
        }
        out
    }

    /// Adds what the samples of a shard ask of layer `k`.
    #[expect(clippy::too_many_arguments, reason = "one call, from above")]
    fn shard(
        &self,
        shard: &Shard,
        k: usize,
        layer: &LayerParams,
        view: &LayerView,
        ticks: usize,
        factor: f64,
        dw: &mut [f64],
    ) {
        let (n, m) = (layer.geometry.to.len(), layer.source.len());
        let mut rule = self.rule();
        for s in 0..shard.samples {
            let pre = &shard.layers[k - 1].out()[s * m..][..m];
            let l = &shard.layers[k];
            let above;
            let post = match layer.scale.first() {
                None => &l.raster[s * n..][..n],
                Some(&scale) => {
                    let z = &l.z[s * ticks * n..][..ticks * n];
                    above = above_zero(z, scale, &view.affine.b);
                    &above[..]
                }
            };
            let sample = Sample { pre, post, ticks: ticks as u32, weights: &[] };
            rule.change(sample, factor, dw);
        }
    }

    /// Adds a layer's change to its latent weights, which the optimizer has just moved away from
    /// `before`, and takes note of both sizes.
    pub fn apply(&mut self, layer: &mut LayerParams, before: &[f32], change: &[f64]) {
        let (n, m) = (layer.weights.units, layer.weights.inputs);
        for (k, (w, before)) in layer.weights.latent.iter_mut().zip(before).enumerate() {
            let d = change[k % n * m + k / n];
            self.sizes[0] += d.abs();
            self.sizes[1] += f64::from((*w - before).abs());
            *w += d as f32;
        }
    }

    /// What the epoch saw, and starts the next; nothing where no weight was changed.
    pub fn take(&mut self, layers: &[LayerParams]) -> Option<PlasticReport> {
        let [own, optimizer] = std::mem::take(&mut self.sizes);
        let latents = || self.config.layers.iter().flat_map(|&k| &layers[k].weights.latent);
        let at_bound = latents().filter(|w| w.abs() >= 1.0).count();
        (own > 0.0).then(|| PlasticReport {
            share: own / (own + optimizer),
            at_bound: at_bound as f64 / latents().count() as f64,
        })
    }
}

/// Latent weights in rows of units, `[unit][input]`.
fn rows(layer: &LayerParams) -> Vec<f32> {
    let (n, m) = (layer.weights.units, layer.weights.inputs);
    (0..n * m).map(|k| layer.weights.latent[k % m * n + k / m]).collect()
}

/// The spikes of a layer that is read: ticks in which its potential, `Σ A·z + bias` so far, is above 0.
fn above_zero(z: &[f32], scale: f32, bias: &[f32]) -> Vec<u32> {
    let n = bias.len();
    let (mut potentials, mut out) = (vec![0.0; n], vec![0u32; n]);
    for (t, z) in z.chunks_exact(n).enumerate() {
        for i in 0..n {
            potentials[i] += scale * z[i] + bias[i];
            out[i] |= u32::from(potentials[i] > 0.0) << t;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn potentials_above_zero_by_hand() {
        // Two classes, three ticks.
        let z = [1.0, -1.0, -3.0, 2.0, 2.0, 0.0];
        assert_eq!(above_zero(&z, 2.0, &[0.5, 0.0]), [0b101, 0b110]);
    }

    #[test]
    fn amplitudes_fall_along_a_cosine() {
        let toml = "method = \"ssdp\"\nepochs = 6\nticks = 4\nclasses = 10\n[optimizer]\nkind = \"sgd\"
            learning_rate = 1.0\n[plasticity]\nstart_epoch = 3\nanneal = 0.5\n[[layer]]\nneurons = 8\nleak = \"none\"";
        let config = TrainConfig::from_toml(toml).unwrap();
        let plastic = Plastic::new(&config).unwrap();
        assert_eq!(plastic.config.layers, [1]);
        let at = [0, 1, 2, 4].map(|e| plastic.amplitude(e));
        assert!(at[..3] == [0.0, 0.0, 1.0] && (at[3] - 0.75).abs() < 1e-12, "{at:?}");
        assert!(Plastic::new(&TrainConfig { method: Method::Plain, ..config }).is_none());
    }
}
