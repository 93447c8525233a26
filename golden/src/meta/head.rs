//! The integer head: how a core adapts the last layer from spike counts by additions alone. This is
//! the authority for a later unit on the core; every number is an integer.
//!
//! With `m_j` the spikes of feature `j` over a sample and `M_c` the sum of the counts of class c's K
//! support samples, class means give `w_c = M_c >> s` and the bias `−|w_c|²·2^s/(2K)`: the largest
//! score is that of the nearest class mean. A head of two's-complement weights is stored as `2w + 1`
//! (`docs/semantics.md`), which doubles scores and adds the same to each.

use super::net::MetaError;
use crate::model::Synapses;
use spikewright_ir::{
    Dense, FireRule, Layer, LayerKind, Leak, Network, NeuronParams, Projection, ProjectionKind,
    Readout, Reset, Source,
};

/// Largest weight.
pub const LARGEST: i32 = 127;
/// Most fractional bits tried for the bias.
const MOST_FRACTION: u8 = 4;

/// Spike counts of a support sample and its class.
pub type Counted = (Vec<u32>, usize);

/// A head before it is stored: scores are `Σ_j w_cj·m_j + bias_c/denominator`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntegerHead {
    /// `[class][feature]`, −128 to 127.
    pub weights: Vec<Vec<i32>>,
    /// Numerators of the biases.
    pub bias: Vec<i64>,
    /// Their common denominator, at least 1.
    pub denominator: i64,
}

/// Refuses support sets that are empty, uneven or of the wrong size; gives K and the features.
fn check(support: &[Counted], ways: usize) -> Result<(usize, usize), MetaError> {
    let fault = |message, remedy| Err(MetaError::new("support set", message, remedy));
    let features = support.first().map_or(0, |s| s.0.len());
    let of = |c: usize| support.iter().filter(|s| s.1 == c).count();
    let shots = of(0);
    if ways < 2 || shots == 0 || features == 0 {
        let message = format!("{ways} classes, {shots} samples of the first");
        return fault(message, "give at least two classes of at least one sample");
    }
    if let Some(c) = (1..ways).find(|&c| of(c) != shots) {
        let message = format!("class {c} has {} samples, class 0 has {shots}", of(c));
        return fault(message, "give every class as many samples: class means share one scale");
    }
    match support.iter().position(|s| s.0.len() != features || s.1 >= ways) {
        Some(i) => fault(format!("sample {i} does not fit"), "take all from one network"),
        None => Ok((shots, features)),
    }
}

impl IntegerHead {
    /// Class means. All rows are shifted right alike until the largest entry fits 127.
    pub fn class_mean(support: &[Counted], ways: usize) -> Result<Self, MetaError> {
        let (shots, features) = check(support, ways)?;
        let mut sums = vec![vec![0i64; features]; ways];
        for (counts, class) in support {
            sums[*class].iter_mut().zip(counts).for_each(|(s, m)| *s += i64::from(*m));
        }
        let most = sums.iter().flatten().copied().max().unwrap_or(0);
        let fits = |s: &u32| most >> s <= i64::from(LARGEST);
        let shift = (0..63).find(fits).unwrap_or(63);
        let weights: Vec<Vec<i32>> =
            sums.iter().map(|row| row.iter().map(|m| (m >> shift) as i32).collect()).collect();
        let square = |row: &Vec<i32>| row.iter().map(|w| i64::from(*w).pow(2)).sum::<i64>();
        let bias = weights.iter().map(|row| -(square(row) << shift)).collect();
        Ok(Self { weights, bias, denominator: 2 * shots as i64 })
    }

    /// Real weights `[class][feature]` and biases of `Σ_j w_cj·m_j/T + bias_c`, all times the factor that
    /// makes the largest weight ±127, rounded half away from zero; biases keep 8 bits more.
    pub fn rounded(weights: &[Vec<f64>], bias: &[f64], ticks: usize) -> Self {
        let most = weights.iter().flatten().fold(0.0f64, |m, w| m.max(w.abs()));
        let factor = if most > 0.0 { f64::from(LARGEST) / most } else { 1.0 };
        let whole = |w: &f64| (w * factor).round() as i32;
        Self {
            weights: weights.iter().map(|row| row.iter().map(whole).collect()).collect(),
            bias: bias.iter().map(|b| (b * factor * ticks as f64 * 256.0).round() as i64).collect(),
            denominator: 256,
        }
    }

    /// The error-triggered rule from weights of zero: `passes` times through the support set in
    /// order; a sample decided wrongly adds `m_j >> shift` to the row of its class and takes it from
    /// the row that won, each weight saturating to 8 bits.
    pub fn error_triggered(
        support: &[Counted],
        ways: usize,
        shift: u32,
        passes: usize,
    ) -> Result<Self, MetaError> {
        let (_, features) = check(support, ways)?;
        let weights = vec![vec![0; features]; ways];
        let mut head = Self { weights, bias: vec![0; ways], denominator: 1 };
        for _ in 0..passes {
            for (counts, class) in support {
                head.correct(counts, *class, shift);
            }
        }
        Ok(head)
    }

    /// One step of the error-triggered rule; whether it changed anything.
    pub fn correct(&mut self, counts: &[u32], class: usize, shift: u32) -> bool {
        let won = self.decide(counts);
        if won == class {
            return false;
        }
        // The sign is applied after the shift, so that both rows move by the same.
        for (c, sign) in [(class, 1), (won, -1)] {
            for (w, m) in self.weights[c].iter_mut().zip(counts) {
                let step = sign * i64::from(m.checked_shr(shift).unwrap_or(0));
                *w = (i64::from(*w) + step).clamp(-128, 127) as i32;
            }
        }
        true
    }

    /// Classes.
    pub fn ways(&self) -> usize {
        self.weights.len()
    }

    /// The class with the largest score, the lowest on ties, with the bias unrounded.
    pub fn decide(&self, counts: &[u32]) -> usize {
        let score = |c: usize| {
            let sum: i64 = self.weights[c]
                .iter()
                .zip(counts)
                .map(|(w, m)| i64::from(*w) * i64::from(*m))
                .sum();
            i128::from(sum) * i128::from(self.denominator) + i128::from(self.bias[c])
        };
        let better = |b: usize, c: usize| score(c) > score(b);
        (1..self.ways()).fold(0, |b, c| if better(b, c) { c } else { b })
    }

    /// The bias that acts in every tick, `round(2·2^F·bias_c/T)`, half away from zero.
    pub fn bias_per_tick(&self, frac_bits: u8, ticks: usize) -> Vec<i64> {
        let below = i128::from(self.denominator) * ticks as i128;
        let round = |b: &i64| {
            let above = i128::from(*b) * (2 << frac_bits);
            let size = (2 * above.abs() + below) / (2 * below);
            (if above < 0 { -size } else { size }) as i64
        };
        self.bias.iter().map(round).collect()
    }

    /// Whether no potential can leave `width_bits` bits in any tick, whatever spikes.
    fn fits(&self, frac_bits: u8, ticks: usize, width_bits: u8) -> bool {
        let half = 1i64 << (width_bits - 1);
        let bias = self.bias_per_tick(frac_bits, ticks);
        self.weights.iter().zip(bias).all(|(row, b)| {
            let stored = |w: &i32| i64::from(2 * w + 1) << frac_bits;
            let most: i64 = row.iter().map(|w| stored(w).max(0)).sum();
            let least: i64 = row.iter().map(|w| stored(w).min(0)).sum();
            // Extremes are at the first tick or the last one: sums are linear in time.
            let ends = [1, ticks as i64].map(|t| (t * (least + b), t * (most + b)));
            (-half..half).contains(&b) && ends.iter().all(|&(l, m)| l >= -half && m < half)
        })
    }

    /// Halves all weights, toward minus infinity, and the bias with them.
    fn halve(&mut self) {
        self.weights.iter_mut().flatten().for_each(|w| *w >>= 1);
        self.denominator *= 2;
    }

    /// What is stored of the head behind `features` spikes a tick: see [`IntegerHead::mount`].
    pub fn stored(&self, ticks: usize, width_bits: u8) -> Result<StoredHead, MetaError> {
        let mut head = self.clone();
        let fraction = loop {
            let fits = |f: &u8| head.fits(*f, ticks, width_bits);
            if let Some(f) = (0..=MOST_FRACTION).rev().find(fits) {
                break f;
            }
            if head.weights.iter().flatten().all(|w| (-1..=0).contains(w)) {
                let features = head.weights.first().map_or(0, Vec::len);
                let message = format!("{features} features in {width_bits} bits");
                return Err(MetaError::new("head", message, "take fewer features or ticks"));
            }
            head.halve();
        };
        let odd = |row: &Vec<i32>| row.iter().map(|w| 2 * w + 1).collect();
        Ok(StoredHead {
            weights: head.weights.iter().map(odd).collect(),
            bias: head.bias_per_tick(fraction, ticks),
            frac_bits: fraction,
            ticks,
        })
    }

    /// Puts the head on a body: the network's last layer is replaced if its potential is read, and
    /// followed otherwise. F is the largest up to 4 at which no potential can saturate; where none
    /// is, weights and biases are halved until one is.
    pub fn mount(&self, body: &Network) -> Result<Network, MetaError> {
        let mut out = body.clone();
        if body.readout == Readout::Potential {
            out.layers.pop();
        }
        let features = out.layers.last().map_or(0, |l| l.shape().len());
        if features == 0 || self.weights.iter().any(|row| row.len() != features) {
            let message = format!(
                "{} weights a class for {features} features",
                self.weights.first().map_or(0, Vec::len)
            );
            return Err(MetaError::new("head", message, "adapt the head on this very network"));
        }
        let head = self.stored(out.ticks, out.width_bits)?;
        let most = head.weights.iter().flatten().map(|w| w.abs()).max().unwrap_or(1);
        let planes = (1..=8u8).find(|n| most < 1 << n).unwrap_or(8);
        let stored = |c: usize, j: usize| head.weights[c][j];
        let Synapses::Planes(planes) =
            Synapses::from_integers(self.ways(), features, planes, stored)
        else {
            return Err(MetaError::new("head", "no planes", "report this"));
        };
        let params = NeuronParams {
            frac_bits: head.frac_bits,
            leak: Leak::None,
            fire: FireRule::AtLeast,
            reset: Reset::Subtract,
            theta: vec![1; self.ways()],
            bias: head.bias.iter().map(|b| *b as i32).collect(),
        };
        let source = Source::Layer(out.layers.len() - 1);
        let kind = ProjectionKind::Dense { planes };
        let projections = vec![Projection { source, delayed: false, gain_log2: 0, kind }];
        let dense = Dense { neurons: self.ways(), projections, params };
        out.layers.push(Layer { name: "head".into(), kind: LayerKind::Dense(dense) });
        out.readout = Readout::Potential;
        Ok(out)
    }
}

/// A head as a network holds it: the potentials after the last tick are
/// `2^F·Σ_j w_cj·m_j + T·b_c`, and none leaves its width on the way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredHead {
    /// `2w + 1`, `[class][feature]`.
    pub weights: Vec<Vec<i32>>,
    /// b, per tick.
    pub bias: Vec<i64>,
    /// F.
    pub frac_bits: u8,
    /// T.
    pub ticks: usize,
}

impl StoredHead {
    /// The class of spike counts: that of the network it is mounted in.
    pub fn decide(&self, counts: &[u32]) -> usize {
        let potential = |c: usize| {
            let terms = self.weights[c].iter().zip(counts);
            let sum: i64 = terms.map(|(w, m)| i64::from(*w) * i64::from(*m)).sum();
            (sum << self.frac_bits) + self.ticks as i64 * self.bias[c]
        };
        let better = |b: usize, c: usize| potential(c) > potential(b);
        (1..self.weights.len()).fold(0, |b, c| if better(b, c) { c } else { b })
    }
}

/// The network that counts features: `network` without the layer whose potential is read, as a
/// network of its own.
pub fn body(network: &Network) -> Result<Network, MetaError> {
    let mut out = network.clone();
    if out.readout == Readout::Potential {
        out.layers.pop();
    }
    out.readout = Readout::SpikeCount;
    if out.layers.is_empty() {
        let message = "it has no layer of spikes below its readout";
        return Err(MetaError::new("network", message, "train it with at least one [[layer]]"));
    }
    Ok(out)
}
