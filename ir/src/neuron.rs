//! The neuron's semantics as enums. `docs/semantics.md` is the normative text; each level
//! (reference, simulator, hardware) computes these rules with code of its own.

use serde::{Deserialize, Serialize};

/// What remains of the potential `v` from the tick before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Leak {
    /// `v`
    None,
    /// `v − (v >> k)`, `k` in 1..=15; `>>` rounds toward minus infinity.
    Shift(u8),
    /// `(v·m) >> 8`, `m` in 0..=256.
    Scale(u16),
}

/// When a neuron spikes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum FireRule {
    /// `u >= θ`
    AtLeast,
    /// `u > θ`
    Above,
}

/// What a spike leaves behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Reset {
    /// `v = sat(s ? u − θ : u)`
    Subtract,
    /// `v = s ? 0 : u`
    Zero,
    /// `u = sat(leak(v) + (I << F) + b − (z ? θ : 0))`, `v = u`, with `z` the previous spike.
    SubtractDelayed,
    /// `u = z ? 0 : sat(leak(v) + (I << F) + b)`, `v = u`, with `z` the previous spike.
    ZeroFull,
}

/// Everything about a layer's neurons but their weights.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct NeuronParams {
    /// Fractional bits `F` of potential, threshold and bias, 0..=12.
    pub frac_bits: u8,
    /// Leak between ticks.
    pub leak: Leak,
    /// Comparison against the threshold.
    pub fire: FireRule,
    /// Reset after a spike.
    pub reset: Reset,
    /// Threshold θ per neuron (dense) or output channel (conv), in units of 2^−F.
    pub theta: Vec<i32>,
    /// Bias `b`, added in every tick, shaped and scaled like `theta`.
    pub bias: Vec<i32>,
}
