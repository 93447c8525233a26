//! Plasticity by the order of spikes: pairs (Song, Miller and Abbott, 2000) and triplets (Pfister and
//! Gerstner, J. Neurosci. 2006). Traces begin at 0 in every sample. Times the reward of a sample, the
//! change is reward-modulated STDP (Izhikevich, 2007, with the sample as the window of eligibility).

use super::{Rule, Sample};
use serde::{Deserialize, Serialize};

/// `x_i ← x_i·e^(−1/τ₊) + s_i(t)`, `y_j ← y_j·e^(−1/τ₋) + s_j(t)`,
/// `ΔW_ji = A₊·x_i·s_j(t) − A₋·y_j·s_i(t)`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairStdp {
    /// A₊, typically 0.01.
    pub a_plus: f64,
    /// A₋, typically 0.012.
    pub a_minus: f64,
    /// τ₊ in ticks.
    pub tau_plus: f64,
    /// τ₋ in ticks.
    pub tau_minus: f64,
}

/// The minimal triplet model: at a spike of j, `ΔW = r1_i·(A₂₊ + A₃₊·o2_j)`; at one of i,
/// `ΔW = −A₂₋·o1_j`; the slow trace o2 is that of before the spike.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TripletStdp {
    /// Pairs: A₂₊, A₂₋ and the time constants of r1 and o1.
    pub pairs: PairStdp,
    /// A₃₊.
    pub a_triplet: f64,
    /// Time constant of o2, in ticks.
    pub tau_slow: f64,
}

/// A trace of every neuron.
struct Traces {
    values: Vec<f64>,
    keep: f64,
}

impl Traces {
    fn new(neurons: usize, tau: f64) -> Self {
        Self { values: vec![0.0; neurons], keep: (-1.0 / tau).exp() }
    }

    fn tick(&mut self, rasters: &[u32], t: u32) {
        for (x, r) in self.values.iter_mut().zip(rasters) {
            *x = *x * self.keep + f64::from(r >> t & 1);
        }
    }
}

impl Rule for PairStdp {
    fn change(&mut self, sample: Sample<'_>, factor: f64, dw: &mut [f64]) -> u64 {
        TripletStdp { pairs: *self, a_triplet: 0.0, tau_slow: 1.0 }.change(sample, factor, dw)
    }
}

impl Rule for TripletStdp {
    fn change(&mut self, sample: Sample<'_>, factor: f64, dw: &mut [f64]) -> u64 {
        let Sample { pre, post, ticks, .. } = sample;
        let PairStdp { a_plus, a_minus, tau_plus, tau_minus } = self.pairs;
        let mut before = Traces::new(pre.len(), tau_plus);
        let mut after = Traces::new(post.len(), tau_minus);
        let mut slow = Traces::new(post.len(), self.tau_slow);
        let mut writes = 0;
        for t in 0..ticks {
            before.tick(pre, t);
            after.tick(post, t);
            slow.tick(post, t);
            for (j, row) in dw.chunks_exact_mut(pre.len()).enumerate() {
                let fires = post[j] >> t & 1 == 1;
                // Without the spike of this tick.
                let own = slow.values[j] - f64::from(u8::from(fires));
                for (i, dw) in row.iter_mut().enumerate() {
                    let sends = pre[i] >> t & 1 == 1;
                    if fires {
                        *dw += factor * before.values[i] * (a_plus + self.a_triplet * own);
                    }
                    if sends {
                        *dw -= factor * a_minus * after.values[j];
                    }
                    writes += u64::from(fires || sends);
                }
            }
        }
        writes
    }
}
