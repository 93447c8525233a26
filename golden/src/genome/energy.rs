//! Energy of inference by the usual convention, and what reading weights adds to it. A genome that
//! is decoded before inference changes neither number of operations: what it saves lies in fewer
//! spikes or in fewer bits read, so both terms are given.

use serde::{Deserialize, Serialize};

/// Picojoules of an operation.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EnergyCosts {
    /// Multiplication and addition of 32-bit floats in 45 nm (Horowitz, ISSCC 2014).
    pub mac_pj: f64,
    /// Addition.
    pub add_pj: f64,
    /// Reading one bit of weight memory: 5 pJ per 32-bit word of an 8 KB SRAM (same source).
    pub bit_pj: f64,
}

impl Default for EnergyCosts {
    fn default() -> Self {
        Self { mac_pj: 4.6, add_pj: 0.9, bit_pj: 5.0 / 32.0 }
    }
}

/// Energy of a sample in picojoules.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Energy {
    /// `mac·MACs + add·additions`.
    pub compute_pj: f64,
    /// `bit·bits read`.
    pub memory_pj: f64,
}

/// Energy of a sample with this many multiplications (of a first layer whose inputs are not
/// spikes), additions (synaptic operations: one spike meeting one weight) and bits read of weights.
pub fn energy(costs: &EnergyCosts, macs: f64, additions: f64, bits_read: f64) -> Energy {
    Energy {
        compute_pj: costs.mac_pj * macs + costs.add_pj * additions,
        memory_pj: costs.bit_pj * bits_read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_add_up() {
        let e = energy(&EnergyCosts::default(), 10.0, 100.0, 64.0);
        assert_eq!((e.compute_pj, e.memory_pj), (136.0, 10.0));
    }
}
