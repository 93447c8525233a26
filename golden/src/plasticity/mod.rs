//! Local plasticity: changes of a weight that depend on the spikes of its two neurons. Spike-synchrony
//! dependent plasticity (SSDP; Tian et al., arXiv 2505.14841) rewards neurons that fire close in time,
//! whatever the order; pair and triplet STDP, Oja's rule and BCM are what it is compared to.
//!
//! Spikes of a sample are rasters, one word per neuron with bit `t` for tick `t`, at most 32 ticks.
//! Weights and their changes lie in rows of the neuron that receives, `[post][pre]`.

mod analysis;
mod bistable;
mod control;
mod gate;
mod hebb;
mod integer;
mod kernel;
mod lfsr;
mod ssdp;
mod stdp;
mod synchrony;
mod volley;
mod winner;

pub use analysis::{AnalysisError, LayerSynchrony, analyze, correlogram_figure};
pub use bistable::Bistable;
pub use control::{decay_of_size, random_signs};
pub use gate::{Gate, Record};
pub use hebb::{Bcm, Oja};
pub use integer::{IntegerSsdp, LatentBits, Traffic};
pub use kernel::{Kernel, SHIFT_SIGMA_1, SHIFT_SIGMA_2};
pub use lfsr::Lfsr;
pub use ssdp::{Ssdp, Variant};
pub use stdp::{PairStdp, TripletStdp};
pub use synchrony::{correlogram, synchrony_index};
pub use volley::{Presentation, Volleys};
pub use winner::{Learner, Winners, purity};

/// One sample as a rule sees it.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Spikes of the neurons that send, `[pre]`.
    pub pre: &'a [u32],
    /// Spikes of the neurons that receive, `[post]`.
    pub post: &'a [u32],
    /// Ticks, 1 to 32; higher bits of the rasters are 0.
    pub ticks: u32,
    /// Weights, `[post][pre]`, for the rules that look at them; others take an empty slice.
    pub weights: &'a [f32],
}

/// A rule of plasticity.
pub trait Rule {
    /// Adds the change of the weights in one sample, times `factor` (a gate or a reward, 1 if there
    /// is none), to `dw`, `[post][pre]`. Returns how many weights a machine would have written.
    fn change(&mut self, sample: Sample<'_>, factor: f64, dw: &mut [f64]) -> u64;
}

/// Tick of the first spike; `ticks` for a neuron that is silent.
pub fn first_spike(raster: u32, ticks: u32) -> u32 {
    raster.trailing_zeros().min(ticks)
}

/// The mean of `sums` over `samples` samples, within ±1 per weight: what a batch adds to its weights.
pub fn batch_change(sums: &[f64], samples: usize) -> Vec<f64> {
    sums.iter().map(|s| (s / samples as f64).clamp(-1.0, 1.0)).collect()
}

#[cfg(test)]
mod tests;
