//! Genes in training: real numbers that are quantized, multiplied out to latent weights, and moved
//! by the gradients that the weights get. Quantization and sign are passed straight through.

use super::{
    config::{GenomeConfig, Interaction, Wiring},
    levels::quantize,
    plan::{FLOAT_BITS, Plan},
    product::Matrices,
    stored::Genome,
};
use crate::{
    model::Synapses,
    rng::Stream,
    train::{ConfigError, LayerParams, Moments, OptimizerConfig, Step, TrainConfig, fresh_layers},
};
use ndarray::Array2;
use spikewright_ir::Shape;

/// The genes of a run.
pub(crate) struct Genes {
    config: GenomeConfig,
    plan: Plan,
    /// Encodings, then G if there is one.
    arrays: Vec<Vec<f32>>,
    moments: Vec<Moments>,
    gradients: Vec<Vec<f32>>,
}

impl Genes {
    /// Fresh genes for these layers, whose weights they make from now on.
    pub fn new(
        config: &GenomeConfig,
        seed: u64,
        optimizer: &OptimizerConfig,
        layers: &mut [LayerParams],
    ) -> Result<Self, ConfigError> {
        let plan = Plan::new(config, layers);
        let (stored, direct) = (plan.stored_bits(config), plan.direct_bits);
        let range = |ok: bool, key: &str, value: String, remedy| {
            if ok { Ok(()) } else { Err(ConfigError::Range { key: key.into(), value, remedy }) }
        };
        range(
            stored < direct,
            "genome.genes",
            format!("{}: {stored} bits in place of {direct}", config.genes),
            "a genome stores less than the weights it makes: take fewer genes or wider layers",
        )?;
        let spreads = spreads(&plan, config.genes);
        if let Some(w) = &config.wiring {
            range(
                w.log_spread.len() == plan.rows.len(),
                "genome.wiring.log_spread",
                format!("{} values", w.log_spread.len()),
                "one value for every encoding",
            )?;
        }
        let init = Stream::named(seed, "genome");
        let draw = |k: usize, n: usize, spread: f64| -> Vec<f32> {
            let mut s = init.child(k as u64).sequence();
            (0..n).map(|_| (spread * s.normal()) as f32).collect()
        };
        let mut arrays: Vec<Vec<f32>> = plan
            .rows
            .iter()
            .zip(&spreads)
            .enumerate()
            .map(|(k, (rows, spread))| {
                let factor = config.wiring.as_ref().map_or(0.0, |w| w.log_spread[k]);
                draw(k, rows * config.genes, spread * f64::from(factor).exp())
            })
            .collect();
        if config.interaction != Interaction::Identity {
            let spread = (config.genes as f64).sqrt().recip();
            arrays.push(match &config.wiring {
                Some(w) => w.interaction.clone(),
                None => draw(arrays.len(), config.entries(), spread),
            });
        }
        for (l, _) in layers.iter_mut().zip(&plan.projections).filter(|(_, p)| p.is_some()) {
            l.encoded = true;
        }
        let moments = arrays.iter().map(|a| Moments::new(optimizer, a.len())).collect();
        let gradients = vec![Vec::new(); arrays.len()];
        let out = Self { config: config.clone(), plan, arrays, moments, gradients };
        out.decode(layers);
        layers.iter_mut().for_each(|l| {
            l.refresh();
        });
        Ok(out)
    }

    /// The rule that these genes, fresh, follow.
    fn wiring(&self) -> Wiring {
        let encodings = self.plan.rows.len();
        Wiring {
            interaction: self.arrays.get(encodings).cloned().unwrap_or_default(),
            log_spread: vec![0.0; encodings],
        }
    }

    /// Every array and its moments, for checkpoints.
    pub fn states(&mut self) -> impl Iterator<Item = (&mut Vec<f32>, &mut Moments)> {
        self.arrays.iter_mut().zip(&mut self.moments)
    }

    /// The gradients of the last [`chain`](Self::chain).
    pub fn gradients(&self) -> &[Vec<f32>] {
        &self.gradients
    }

    /// Levels of array `k`, and what one counts; floats are their own levels.
    fn levels(&self, k: usize) -> (Vec<f64>, f64) {
        let bits = if k < self.plan.rows.len() { self.plan.bits.0 } else { self.plan.bits.1 };
        match u8::try_from(bits) {
            Ok(bits) if usize::from(bits) < FLOAT_BITS => quantize(&self.arrays[k], bits),
            _ => (self.arrays[k].iter().map(|v| f64::from(*v)).collect(), 1.0),
        }
    }

    /// The matrices in levels, and what a level of each array counts.
    fn matrices(&self) -> (Matrices, Vec<f64>) {
        let (mut all, units): (Vec<_>, Vec<_>) = (0..self.arrays.len())
            .map(|k| {
                let (levels, unit) = self.levels(k);
                let matrix = Array2::from_shape_vec(
                    (levels.len() / self.config.genes, self.config.genes),
                    levels,
                );
                (matrix.expect("whole rows of genes"), unit)
            })
            .unzip();
        let interaction = all.split_off(self.plan.rows.len()).pop();
        (Matrices { encodings: all, interaction }, units)
    }

    /// What a product of levels counts in projection `p`.
    fn unit(&self, p: &super::Projection, units: &[f64]) -> f64 {
        let interaction = units.get(self.plan.rows.len()).copied().unwrap_or(1.0);
        let position = p.position.map_or(1.0, |k| units[k]);
        units[p.output] * units[p.input] * position * interaction
    }

    /// Latent weights of all encoded layers; [`LayerParams::refresh`] has to follow.
    pub fn decode(&self, layers: &mut [LayerParams]) {
        let (matrices, units) = self.matrices();
        for (l, p) in layers.iter_mut().zip(&self.plan.projections) {
            let Some(p) = p else { continue };
            let unit = self.unit(p, &units);
            for (w, made) in l.weights.latent.iter_mut().zip(&matrices.weights(p)) {
                *w = (unit * made) as f32;
            }
        }
    }

    /// Takes the gradients of the encoded layers' latent weights, given for each layer and left
    /// empty, and turns them into those of the genes.
    pub fn chain(&mut self, layers: &[LayerParams], latent: impl Iterator<Item = Vec<f32>>) {
        let (matrices, units) = self.matrices();
        let mut sums = Matrices::zeros_like(&matrices);
        for ((l, p), d) in layers.iter().zip(&self.plan.projections).zip(latent) {
            let Some(p) = p else { continue };
            let clipped = l.weights.planes().is_some();
            let unit = self.unit(p, &units);
            // Behind signs the gradient stops where the latent weight was clipped.
            let passed = d
                .iter()
                .zip(&l.weights.latent)
                .map(|(d, w)| if clipped && w.abs() >= 1.0 { 0.0 } else { unit * f64::from(*d) });
            let d = Array2::from_shape_vec((p.inputs, p.units), passed.collect());
            matrices.add_gradients(p, &d.expect("a gradient for every weight"), &mut sums);
        }
        let frozen = self.config.interaction != Interaction::Trained;
        let all = sums.encodings.iter().chain(&sums.interaction);
        for (k, (d, unit)) in all.zip(&units).enumerate() {
            let still = frozen && k >= self.plan.rows.len();
            let out = &mut self.gradients[k];
            out.clear();
            out.extend(d.iter().map(|d| if still { 0.0 } else { (d / unit) as f32 }));
        }
    }

    /// Moves the genes along their gradients; encodings may decay, G does not.
    pub fn update(&mut self, optimizer: &OptimizerConfig, step: Step, decayed: Step) {
        let encodings = self.plan.rows.len();
        let moved = self.arrays.iter_mut().zip(&mut self.moments).zip(&self.gradients);
        for (k, ((values, moments), g)) in moved.enumerate() {
            let step = if k < encodings { decayed } else { step };
            moments.update(optimizer, step, values, g);
        }
    }

    /// The genome as it is stored.
    pub fn stored(&self) -> Genome {
        let g = self.config.genes;
        let tensor = |k: usize| {
            let bits = if k < self.plan.rows.len() { self.plan.bits.0 } else { self.plan.bits.1 };
            if bits == FLOAT_BITS {
                return Synapses::Real { inputs: g, values: self.arrays[k].clone() };
            }
            let levels = self.levels(k).0;
            let at = |i: usize, a: usize| levels[i * g + a] as i32;
            Synapses::from_integers(levels.len() / g, g, bits as u8, at)
        };
        let mut tensors: Vec<Synapses> = (0..self.arrays.len()).map(tensor).collect();
        let interaction = tensors.split_off(self.plan.rows.len()).pop();
        let projections = self.plan.projections.clone();
        Genome { genes: g, interaction, encodings: tensors, projections }
    }
}

/// The wiring rule that training with this configuration starts from unless another is given:
/// where evolution starts. `input` is the shape of the network's input.
pub fn first_wiring(config: &TrainConfig, input: Shape) -> Result<Wiring, ConfigError> {
    config.check()?;
    let mut layers = fresh_layers(config, input)?;
    let genome = GenomeConfig { wiring: None, ..config.genome.clone() };
    let genes = Genes::new(&genome, config.seed, &config.optimizer, &mut layers)?;
    Ok(genes.wiring())
}

/// Spread of every encoding that gives the weights of each layer the variance 2/inputs, with
/// entries of G of variance 1/g: `var W = g·Π var E`. What a layer shares with the one before keeps
/// its spread, the rest is split evenly over its new encodings.
fn spreads(plan: &Plan, genes: usize) -> Vec<f64> {
    let mut out: Vec<Option<f64>> = vec![None; plan.rows.len()];
    for p in plan.projections.iter().flatten() {
        let all = [Some(p.input), p.position, Some(p.output)];
        let known: f64 = all.iter().flatten().filter_map(|k| out[*k]).map(|s| s * s).product();
        let fresh: Vec<usize> = all.into_iter().flatten().filter(|k| out[*k].is_none()).collect();
        let variance = 2.0 / p.inputs as f64 / (genes as f64 * known);
        fresh.iter().for_each(|k| out[*k] = Some(variance.powf(0.5 / fresh.len() as f64)));
    }
    out.into_iter().map(|s| s.unwrap_or(1.0)).collect()
}

#[cfg(test)]
#[path = "training_test.rs"]
mod tests;
