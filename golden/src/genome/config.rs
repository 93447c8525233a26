//! What a configuration says of a genome.

use crate::train::{ConfigError, Range};
use serde::{Deserialize, Serialize};

/// Most genes of a neuron: integer products stay exact in 53 bits far beyond.
pub const MAX_GENES: usize = 256;

/// Which projections share encodings.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// Every projection has an `E_in` and an `E_out` of its own.
    #[default]
    PerProjection,
    /// A unit has one encoding, whether it sends or receives; where a layer sees many positions of
    /// a unit (a kernel, or a map), its `E_in` is the unit's encoding times a code of the position.
    Shared,
}

/// What becomes of the interaction matrix G.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interaction {
    /// Starts at random (or as the wiring rule says) and is trained.
    #[default]
    Trained,
    /// The same start, never trained.
    Frozen,
    /// The unit matrix, neither trained nor stored: the plain low-rank control.
    Identity,
}

/// A wiring rule: what genomes start from in place of a draw of variance one. Evolution finds it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wiring {
    /// G, `[genes][genes]`; empty with `interaction = "identity"`.
    pub interaction: Vec<f32>,
    /// Natural logarithm of the factor on each encoding's initial spread, in the order of the
    /// genome's encodings.
    pub log_spread: Vec<f32>,
}

impl Wiring {
    /// The rule of a search's vector: `entries` entries of G, then the spreads.
    pub fn from_vector(x: &[f64], entries: usize) -> Self {
        let floats = |x: &[f64]| x.iter().map(|v| *v as f32).collect();
        let (interaction, spreads) = x.split_at(entries.min(x.len()));
        Self { interaction: floats(interaction), log_spread: floats(spreads) }
    }

    /// Whether a genome can start from it: every number is within 20.
    pub fn is_within_range(&self) -> bool {
        self.interaction.iter().chain(&self.log_spread).all(|v| v.abs() < 20.0)
    }

    /// The vector of a rule, where a search can start.
    pub fn to_vector(&self) -> Vec<f64> {
        self.interaction.iter().chain(&self.log_spread).map(|v| f64::from(*v)).collect()
    }
}

/// A genome (only read by method `genome`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GenomeConfig {
    /// Genes of a neuron, 1 to 256.
    pub genes: usize,
    /// `"per_projection"` or `"shared"`.
    pub sharing: Sharing,
    /// `"trained"`, `"frozen"` or `"identity"`.
    pub interaction: Interaction,
    /// Bits of a gene behind binary weights, 1 to 8: an odd integer. Float weights have float genes.
    pub encoding_bits: u8,
    /// Bits of an entry of G behind binary weights, 1 to 8.
    pub interaction_bits: u8,
    /// An evolved start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wiring: Option<Wiring>,
}

impl Default for GenomeConfig {
    fn default() -> Self {
        Self {
            genes: 32,
            sharing: Sharing::PerProjection,
            interaction: Interaction::Trained,
            encoding_bits: 4,
            interaction_bits: 8,
            wiring: None,
        }
    }
}

impl GenomeConfig {
    /// Stored entries of G.
    pub fn entries(&self) -> usize {
        if self.interaction == Interaction::Identity { 0 } else { self.genes * self.genes }
    }

    /// Checks every range; `range` reports what is outside.
    pub(crate) fn check(&self, range: &Range<'_>) -> Result<(), ConfigError> {
        let genes = self.genes;
        range((1..=MAX_GENES).contains(&genes), "genome.genes", &genes, "1 to 256")?;
        let bits = |n: u8| (1..=8).contains(&n);
        let (encoding, interaction) = (self.encoding_bits, self.interaction_bits);
        range(bits(encoding), "genome.encoding_bits", &encoding, "1 to 8")?;
        range(bits(interaction), "genome.interaction_bits", &interaction, "1 to 8")?;
        let Some(w) = &self.wiring else { return Ok(()) };
        let entries = w.interaction.len();
        range(
            entries == self.entries(),
            "genome.wiring.interaction",
            &entries,
            "genes times genes values, and none with interaction = \"identity\"",
        )?;
        range(w.is_within_range(), "genome.wiring", w, "numbers within 20")
    }
}
