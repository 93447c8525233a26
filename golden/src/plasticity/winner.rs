//! Learning without labels: of several neurons over the same inputs the one with the highest potential
//! wins, fires once where that is reached, and alone changes its weights. A conscience holds back
//! those that win more than their share (DeSieno, 1988); row sums are kept.

use super::{IntegerSsdp, Lfsr, Presentation, Rule, Sample};
use crate::rng::Stream;
use std::collections::BTreeMap;

/// How the winner's weights change, and what keeps its row sum.
pub enum Learner {
    /// A rule in floats; rows are clipped at 0 and divided by their sum.
    Float(Box<dyn Rule>),
    /// The integer rule; a row sum above the first one is lowered by the same amount per weight, at 0
    /// none.
    Integer(IntegerSsdp, Lfsr),
    /// None.
    Frozen,
}

/// The neurons.
pub struct Winners {
    inputs: usize,
    /// Weights, `[neuron][input]`, in [0, 1].
    weights: Vec<f32>,
    /// Wins, a running share per neuron.
    shares: Vec<f64>,
    learner: Learner,
}

/// Fraction of the potential kept from tick to tick.
const KEEP: f64 = 0.5;
/// Potential lost per share of wins above the fair one.
const CONSCIENCE: f64 = 0.5;
/// Weight of the newest win in the running share.
const FOLLOW: f64 = 0.05;

impl Winners {
    /// Neurons with random weights, row sum 1.
    pub fn new(neurons: usize, inputs: usize, learner: Learner, stream: Stream) -> Self {
        let mut draw = stream.sequence();
        let mut weights: Vec<f32> =
            (0..neurons * inputs).map(|_| 0.5 + draw.unit() as f32).collect();
        weights.chunks_exact_mut(inputs).for_each(normalize);
        if let Learner::Integer(rule, _) = &learner {
            weights = from_latents(&to_latents(&weights, rule), rule);
        }
        let shares = vec![1.0 / neurons as f64; neurons];
        Self { inputs, weights, shares, learner }
    }

    /// Weights, `[neuron][input]`.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The neuron that wins (the first of equals) and its tick: highest
    /// `u(t) = u(t − 1)/2 + Σ_i w_i·s_i(t)`, less the conscience while it learns.
    fn winner(&self, rasters: &[u32], ticks: u32, learns: bool) -> (usize, u32) {
        let mut best = (f64::NEG_INFINITY, 0, 0);
        for (j, row) in self.weights.chunks_exact(self.inputs).enumerate() {
            let held = match learns {
                true => CONSCIENCE * (self.shares[j] - 1.0 / self.shares.len() as f64),
                false => 0.0,
            };
            let mut u = 0.0;
            for t in 0..ticks {
                let spikes = row.iter().zip(rasters).filter(|(_, r)| **r >> t & 1 == 1);
                u = KEEP * u + spikes.map(|(w, _)| f64::from(*w)).sum::<f64>();
                if u - held > best.0 {
                    best = (u - held, j, t);
                }
            }
        }
        (best.1, best.2)
    }

    /// Shows a presentation and learns from it; returns the winner.
    pub fn learn(&mut self, shown: &Presentation, ticks: u32) -> usize {
        let (winner, at) = self.winner(&shown.rasters, ticks, true);
        for (j, share) in self.shares.iter_mut().enumerate() {
            *share += FOLLOW * (f64::from(u8::from(j == winner)) - *share);
        }
        let row = &mut self.weights[winner * self.inputs..][..self.inputs];
        match &mut self.learner {
            Learner::Float(rule) => {
                let mut dw = vec![0.0; self.inputs];
                let sample = Sample { pre: &shown.rasters, post: &[1 << at], ticks, weights: row };
                rule.change(sample, 1.0, &mut dw);
                row.iter_mut().zip(dw).for_each(|(w, d)| *w = (*w + d as f32).clamp(0.0, 1.0));
                normalize(row);
            }
            Learner::Integer(rule, lfsr) => {
                let mut latents = to_latents(row, rule);
                rule.change((&shown.rasters, &[1 << at]), ticks, &mut latents, lfsr, 1);
                latents.iter_mut().for_each(|w| *w = (*w).max(0));
                lower(&mut latents, rule.bounds().1 + 1);
                row.copy_from_slice(&from_latents(&latents, rule));
            }
            Learner::Frozen => {}
        }
        winner
    }

    /// The winner of a presentation, weights as they are.
    pub fn classify(&self, shown: &Presentation, ticks: u32) -> usize {
        self.winner(&shown.rasters, ticks, false).0
    }
}

/// Divides a row by its sum; a row of zeros becomes even.
fn normalize(row: &mut [f32]) {
    let sum: f32 = row.iter().sum();
    let even = 1.0 / row.len() as f32;
    row.iter_mut().for_each(|w| *w = if sum > 0.0 { *w / sum } else { even });
}

/// Takes the same from every weight, as long as it has some, until the sum is at most `most`.
fn lower(row: &mut [i32], most: i32) {
    loop {
        let excess = row.iter().sum::<i32>() - most;
        if excess <= 0 {
            return;
        }
        let some = row.iter().filter(|w| **w > 0).count() as i32;
        let step = (excess / some).max(1);
        row.iter_mut().for_each(|w| *w = (*w - step).max(0));
    }
}

fn to_latents(weights: &[f32], rule: &IntegerSsdp) -> Vec<i32> {
    let unit = (rule.bounds().1 + 1) as f32;
    weights.iter().map(|w| ((w * unit).round() as i32).min(rule.bounds().1)).collect()
}

fn from_latents(latents: &[i32], rule: &IntegerSsdp) -> Vec<f32> {
    let unit = (rule.bounds().1 + 1) as f32;
    latents.iter().map(|w| *w as f32 / unit).collect()
}

/// Fraction of presentations whose winner wins most often for their pattern, and how many patterns are
/// the most frequent of some neuron.
pub fn purity(outcomes: &[(usize, usize)]) -> (f64, usize) {
    let mut counts: BTreeMap<usize, BTreeMap<usize, usize>> = BTreeMap::new();
    for (winner, pattern) in outcomes {
        *counts.entry(*winner).or_default().entry(*pattern).or_default() += 1;
    }
    let mut right = 0;
    let mut claimed = std::collections::BTreeSet::new();
    for patterns in counts.values() {
        // The first of equals.
        let (pattern, n) =
            patterns.iter().fold((0, 0), |best, (p, n)| if *n > best.1 { (*p, *n) } else { best });
        right += n;
        claimed.insert(pattern);
    }
    (right as f64 / outcomes.len().max(1) as f64, claimed.len())
}
