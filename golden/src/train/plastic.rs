//! Plasticity beside surrogate gradients: after the optimizer's step the rule's mean change over the
//! batch goes to the latent weights of chosen layers, before these are clamped and their signs taken.
//! The optimizer's moments never see it.

use super::{
    config::{Method, TrainConfig},
    forward::LayerView,
    params::LayerParams,
    plastic_config::{Control, Modulation, PlasticityConfig},
    shard::{Outcome, Shard},
};
use crate::{
    plasticity::{Record, Rule, Sample, batch_change, decay_of_size, random_signs},
    rng::Stream,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

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
    /// Σ|Δw| by plasticity over the epoch, in units of latent weights.
    pub plastic_change: f64,
    /// Σ|Δw| by the optimizer's steps on the same weights.
    pub optimizer_change: f64,
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
    /// What the gate's warm-up has seen, per plastic layer.
    pub records: Vec<Record>,
    /// Sums of sizes over the epoch: of plasticity, and of the optimizer's steps beside it.
    sizes: [f64; 2],
}

/// The changes of a step, per layer `[post][pre]`; empty where there is none.
pub(super) type Changes = Vec<Vec<f64>>;

/// A pass over a batch, as far as plasticity looks at it.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub shards: &'a [Shard],
    pub layers: &'a [LayerParams],
    pub views: &'a [LayerView],
    pub ticks: usize,
}

impl Plastic {
    /// That of a configuration, if its method has any.
    pub fn new(config: &TrainConfig) -> Option<Self> {
        let kind = config.method.rule()?;
        let layers = config.plasticity.plastic_layers(config);
        let records = match config.plasticity.modulation {
            Modulation::Gate => vec![Record::default(); layers.len()],
            _ => Vec::new(),
        };
        let own = PlasticityConfig { layers, ..config.plasticity.clone() };
        let (epochs, seed) = (config.epochs, config.seed);
        Some(Self { config: own, kind, epochs, seed, records, sizes: [0.0; 2] })
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
    pub fn changes(&mut self, seen: Seen<'_>, (epoch, step): (usize, usize)) -> Changes {
        let mut out = vec![Vec::new(); seen.layers.len()];
        let amplitude = self.amplitude(epoch);
        if amplitude == 0.0 {
            // The gate's warm-up, in the order of the samples.
            for (record, &k) in self.records.iter_mut().zip(&self.config.layers) {
                for shard in seen.shards {
                    seen.samples(shard, k, |sample, outcome| {
                        record.add(Record::synchrony(sample), outcome.loss);
                    });
                }
            }
            return out;
        }
        for (place, &k) in self.config.layers.iter().enumerate() {
            let size = seen.layers[k].weights.latent.len();
            let gate = self.records.get(place).map(Record::gate);
            let factor =
                |sample: Sample<'_>, outcome: &Outcome| match (self.config.modulation, gate) {
                    (Modulation::Gate, Some(gate)) => gate.factor(Record::synchrony(sample)),
                    (Modulation::Reward, _) if !outcome.right => -1.0,
                    _ => 1.0,
                };
            let of_shard = |shard: &Shard| {
                let (mut rule, mut dw) = (self.rule(), vec![0.0; size]);
                seen.samples(shard, k, |sample, outcome| {
                    rule.change(sample, amplitude * factor(sample, outcome), &mut dw);
                });
                dw
            };
            let parts: Vec<Vec<f64>> = seen.shards.par_iter().map(of_shard).collect();
            let mut sum = vec![0.0; size];
            for part in parts {
                sum.iter_mut().zip(part).for_each(|(sum, d)| *sum += d);
            }
            let samples = seen.shards.iter().map(|s| s.samples).sum();
            let mut change = batch_change(&sum, samples);
            match self.config.control {
                Control::None => {}
                Control::RandomSigns => {
                    let stream = Stream::named(self.seed, "plasticity");
                    random_signs(&mut change, stream.child(step as u64).child(k as u64));
                }
                Control::Decay => decay_of_size(&mut change, &rows(&seen.layers[k])),
            }
            out[k] = change;
        }
        out
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
            plastic_change: own,
            optimizer_change: optimizer,
            at_bound: at_bound as f64 / latents().count() as f64,
        })
    }
}

impl Seen<'_> {
    /// Shows every sample of a shard as layer `k` sees it, in order.
    fn samples(self, shard: &Shard, k: usize, mut look: impl FnMut(Sample<'_>, &Outcome)) {
        let (layer, ticks) = (&self.layers[k], self.ticks);
        let (n, m) = (layer.geometry.to.len(), layer.source.len());
        for (s, outcome) in shard.outcomes.iter().enumerate() {
            let pre = &shard.layers[k - 1].out()[s * m..][..m];
            let l = &shard.layers[k];
            let above;
            let post = match layer.scale.first() {
                None => &l.raster[s * n..][..n],
                Some(&scale) => {
                    let z = &l.z[s * ticks * n..][..ticks * n];
                    above = above_zero(z, scale, &self.views[k].affine.b);
                    &above[..]
                }
            };
            look(Sample { pre, post, ticks: ticks as u32, weights: &[] }, outcome);
        }
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
    use crate::train::{
        LayerConfig,
        geometry::{Geometry, Map},
        layer_config::WeightKind,
        shard::Size,
        weights::Weights,
    };
    use spikewright_ir::Leak;

    #[test]
    fn potentials_above_zero_by_hand() {
        // Two classes, three ticks.
        let z = [1.0, -1.0, -3.0, 2.0, 2.0, 0.0];
        assert_eq!(above_zero(&z, 2.0, &[0.5, 0.0]), [0b101, 0b110]);
    }

    /// One shard, one plastic layer of two neurons over two, one tick.
    fn seen_once(plastic: &mut Plastic, epoch: usize, outcomes: [Outcome; 2]) -> Vec<f64> {
        let map = Map::flat(2);
        let geometry =
            Geometry { from: map, to: map, kernel: 1, stride: 1, padding: 0, average: 1 };
        let config = LayerConfig::dense(2, Leak::None);
        let weights =
            || Weights::fresh(&geometry, WeightKind::Binary, 1, false, Stream::named(1, "weights"));
        let layer = || LayerParams::new(&config, map, geometry, None, weights(), 1);
        let layers = [layer(), layer()];
        let size = Size {
            samples: 2,
            run: 2,
            ticks: 1,
            planes: 1,
            gate: None,
            integers: false,
            keep: true,
        };
        let mut shard = Shard::new(0, size, &layers, true);
        // In the first sample everybody fires, in the second one neuron of four.
        shard.layers[0].raster.copy_from_slice(&[1, 1, 1, 0]);
        shard.layers[1].raster.copy_from_slice(&[1, 1, 0, 0]);
        shard.outcomes.copy_from_slice(&outcomes);
        let (shards, views) = ([shard], [LayerView::default(), LayerView::default()]);
        let seen = Seen { shards: &shards, layers: &layers, views: &views, ticks: 1 };
        plastic.changes(seen, (epoch, 0)).swap_remove(1)
    }

    fn plastic(modulation: &str) -> Plastic {
        let toml = format!(
            "method = \"ssdp\"\nepochs = 2\nticks = 1\nclasses = 2\nreadout = \"spike_count\"
            [optimizer]\nkind = \"sgd\"\nlearning_rate = 1.0
            [plasticity]\nstart_epoch = 2\nlayers = [1]\nmodulation = \"{modulation}\"
            ssdp = {{ variant = \"event_driven\", a_plus = 0.5, a_minus = 0.1, sigma = 1.0 }}
            [[layer]]\nneurons = 2\nleak = \"none\"\n[[layer]]\nneurons = 2\nleak = \"none\""
        );
        Plastic::new(&TrainConfig::from_toml(&toml).unwrap()).unwrap()
    }

    #[test]
    fn a_reward_turns_the_change_of_a_wrong_sample() {
        let [right, wrong] = [true, false].map(|right| Outcome { loss: 1.0, right });
        // Means over two samples of A₊ = 1/2 per pair of the first; the second changes nothing.
        for (modulation, first, expect) in
            [("none", wrong, 0.25), ("reward", right, 0.25), ("reward", wrong, -0.25)]
        {
            let change = seen_once(&mut plastic(modulation), 1, [first, right]);
            assert_eq!(change, [expect; 4], "{modulation}");
        }
    }

    #[test]
    fn the_gate_takes_note_in_its_warm_up_and_opens_afterwards() {
        let mut gated = plastic("gate");
        let [small, large] = [1.0, 3.0].map(|loss| Outcome { loss, right: true });
        // Synchrony 1 goes with the small loss, 0 with the large one: k = 1, μ = sd = 1/2.
        assert!(seen_once(&mut gated, 0, [small, large]).is_empty());
        assert_eq!(seen_once(&mut gated, 1, [small, small]), [0.5; 4]);
        // The other way round k = −1, and the gate shuts where synchrony is high.
        let mut gated = plastic("gate");
        assert!(seen_once(&mut gated, 0, [large, small]).is_empty());
        assert_eq!(seen_once(&mut gated, 1, [small, small]), [0.0; 4]);
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
