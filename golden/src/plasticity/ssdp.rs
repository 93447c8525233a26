//! Spike-synchrony dependent plasticity in three variants. t is the tick of a neuron's first spike (T,
//! one past the end, if it is silent), s says whether it fired, j receives, i sends.

use super::{Kernel, Rule, Sample, first_spike};
use serde::{Deserialize, Serialize};

/// Which of the published forms.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Variant {
    /// Only neurons that fired change their weights:
    /// `ΔW_ji = s_j·(s_i·A₊·K(t_j − t_i) − (1 − s_i)·A₋)`. Local, invariant under shifts in time, and
    /// nothing changes in silence; our variant for hardware.
    #[default]
    EventDriven,
    /// As in the authors' code for deep models:
    /// `ΔW_ji = A₊·s_j·s_i·K(t_j − t_i) − A₋·(1 − s_j·s_i)·K(t_j − t_i)`. Pairs of silent neurons lie
    /// at distance 0 and take the whole of A₋.
    Published,
    /// As in the authors' single-layer demonstrations, for reproduction only: coincidences of the last
    /// tick change by `A₊·(exp(−1/τ) − exp(−1/τ²))`, τ = 20, which is negative.
    LegacyExp,
}

/// Decay constant of the legacy kernel, in ticks.
const LEGACY_TAU: f64 = 20.0;

/// The rule with its constants.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ssdp {
    /// Variant.
    #[serde(default)]
    pub variant: Variant,
    /// A₊, change of a pair that fires together; published 1.5e-4 per batch.
    pub a_plus: f64,
    /// A₋, the other way for pairs that do not; published 5e-5.
    pub a_minus: f64,
    /// σ of the kernel, in ticks; published 1.
    pub sigma: f64,
}

impl Rule for Ssdp {
    fn change(&mut self, sample: Sample<'_>, factor: f64, dw: &mut [f64]) -> u64 {
        let Sample { pre, post, ticks, .. } = sample;
        let kernel = Kernel::gaussian(self.sigma, ticks);
        let (plus, minus) = (factor * self.a_plus, factor * self.a_minus);
        let times: Vec<u32> = pre.iter().map(|r| first_spike(*r, ticks)).collect();
        let mut writes = 0;
        for (row, raster) in dw.chunks_exact_mut(pre.len()).zip(post) {
            let at = first_spike(*raster, ticks);
            match self.variant {
                Variant::EventDriven => {
                    if at == ticks {
                        continue;
                    }
                    for (dw, &t) in row.iter_mut().zip(&times) {
                        *dw += if t < ticks { plus * kernel.between(at, t) } else { -minus };
                    }
                    writes += pre.len() as u64;
                }
                Variant::Published => {
                    for (dw, &t) in row.iter_mut().zip(&times) {
                        let together = at < ticks && t < ticks;
                        *dw += kernel.between(at, t) * if together { plus } else { -minus };
                    }
                    writes += pre.len() as u64;
                }
                Variant::LegacyExp => {
                    let last = 1 << (ticks - 1);
                    if raster & last == 0 {
                        continue;
                    }
                    let step = (-1.0 / LEGACY_TAU).exp() - (-1.0 / LEGACY_TAU.powi(2)).exp();
                    for (dw, _) in row.iter_mut().zip(pre).filter(|(_, r)| **r & last != 0) {
                        *dw += plus * step;
                        writes += 1;
                    }
                }
            }
        }
        writes
    }
}
