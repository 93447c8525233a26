//! What a configuration says of plasticity beside surrogate gradients.

use super::{
    ConfigError,
    config::{Range, TrainConfig},
};
use crate::plasticity::{PairStdp, Ssdp, Variant};
use serde::{Deserialize, Serialize};
use spikewright_ir::Readout;

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

/// What a sample's change is multiplied by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Modulation {
    /// Nothing.
    #[default]
    None,
    /// The gate of DA-SSDP ([`crate::plasticity::Gate`]): the epochs before `start_epoch` are its
    /// warm-up.
    Gate,
    /// 1 where the sample was classified as labelled, −1 where it was not: reward-modulated plasticity,
    /// with method `stdp` R-STDP.
    Reward,
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
    /// What a sample's change is multiplied by.
    pub modulation: Modulation,
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
            modulation: Modulation::None,
            ssdp: Ssdp { variant: Variant::EventDriven, a_plus: 1.5e-4, a_minus: 5e-5, sigma: 1.0 },
            stdp: PairStdp { a_plus: 1e-4, a_minus: 1.2e-4, tau_plus: 20.0, tau_minus: 20.0 },
        }
    }
}

impl PlasticityConfig {
    /// Checks every range.
    pub(super) fn check(&self, config: &TrainConfig, range: &Range<'_>) -> Result<(), ConfigError> {
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
        range(
            self.modulation != Modulation::Gate || self.start_epoch > 1,
            "plasticity.start_epoch",
            &self.start_epoch,
            "2 or more with modulation = \"gate\", whose warm-up is the epochs before",
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

    /// The layers given, or the last of all.
    pub(super) fn plastic_layers(&self, config: &TrainConfig) -> Vec<usize> {
        if self.layers.is_empty() { vec![last(config)] } else { self.layers.clone() }
    }
}

/// Number of the last layer.
fn last(config: &TrainConfig) -> usize {
    match config.readout {
        Readout::Potential => config.layers.len(),
        _ => config.layers.len() - 1,
    }
}
