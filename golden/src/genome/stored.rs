//! The stored genome: what is written, counted, and decoded to weights.

use super::{config::MAX_GENES, plan::Projection, product::Matrices, tensors};
use crate::model::Synapses;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Encodings and interaction of a network, and which of its layers they make.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genome {
    /// Genes of a neuron.
    pub genes: usize,
    /// G, `[genes][genes]`; the unit matrix when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction: Option<Synapses>,
    /// Encodings, `[rows][genes]`: odd integers in planes behind binary weights, or real numbers.
    pub encodings: Vec<Synapses>,
    /// Layer by layer, what makes its weights; nothing where they are stored themselves.
    pub projections: Vec<Option<Projection>>,
}

impl Genome {
    /// Checks that all sizes agree (a genome read from a file may be anything); the error says
    /// what does not.
    pub fn check(&self) -> Result<(), String> {
        let demand = |ok: bool, what: &str| if ok { Ok(()) } else { Err(what.to_owned()) };
        demand((1..=MAX_GENES).contains(&self.genes), "genes are 1 to 256")?;
        let real = |m: &Synapses| matches!(m, Synapses::Real { .. });
        let first = self.encodings.first().is_some_and(real);
        for m in self.tensors() {
            let size = m.is_sound() && m.inputs() == self.genes && m.units() > 0;
            demand(size, "a matrix has other sizes than rows by genes")?;
            demand(real(m) == first, "some genes are integers and others not")?;
        }
        if let Some(g) = &self.interaction {
            demand(g.units() == self.genes, "the interaction is not square")?;
        }
        let rows = |k: usize| self.encodings.get(k).map_or(0, Synapses::units);
        for p in self.projections.iter().flatten() {
            let inputs = match p.position {
                None => rows(p.input),
                Some(at) => {
                    demand(rows(p.input) == p.channels, "channels differ from their encoding")?;
                    rows(at).checked_mul(p.channels).unwrap_or(0)
                }
            };
            let fits = p.inputs > 0
                && p.channels > 0
                && p.inputs.is_multiple_of(p.channels)
                && (inputs, rows(p.output)) == (p.inputs, p.units);
            demand(fits, "a projection has other sizes than its encodings")?;
        }
        Ok(())
    }

    /// Encodings, then G.
    pub(super) fn tensors(&self) -> impl Iterator<Item = &Synapses> {
        self.encodings.iter().chain(&self.interaction)
    }

    fn matrices(&self) -> Matrices {
        let matrix = |m: &Synapses| {
            let at = |(i, j)| f64::from(m.value(i, j));
            Array2::from_shape_fn((m.units(), m.inputs()), at)
        };
        Matrices {
            encodings: self.encodings.iter().map(matrix).collect(),
            interaction: self.interaction.as_ref().map(matrix),
        }
    }

    /// The weights of every layer, nothing where they are stored themselves: signs of exact
    /// integer sums with sign(0) = +1, or real numbers. [`check`](Self::check) has to have passed.
    pub fn decode(&self) -> Vec<Option<Synapses>> {
        let matrices = self.matrices();
        let layer = |p: &Projection| {
            let w = matrices.weights(p);
            let positions = p.inputs / p.channels;
            // Networks count inputs channel by channel, training position by position.
            let row = |j: usize| j % positions * p.channels + j / positions;
            match &self.encodings[p.output] {
                Synapses::Planes(_) => Synapses::from_integers(p.units, p.inputs, 1, |i, j| {
                    if w[[row(j), i]] >= 0.0 { 1 } else { -1 }
                }),
                Synapses::Real { .. } => Synapses::Real {
                    inputs: p.inputs,
                    values: (0..p.units)
                        .flat_map(|i| (0..p.inputs).map(move |j| (i, j)))
                        .map(|(i, j)| w[[row(j), i]] as f32)
                        .collect(),
                },
            }
        };
        self.projections.iter().map(|p| p.as_ref().map(layer)).collect()
    }

    /// Bits stored: those of [`to_bytes`](Self::to_bytes).
    pub fn bits(&self) -> usize {
        self.tensors().map(Synapses::bits).sum()
    }

    /// The tensors as files hold them: all bits one behind the other, the last byte filled up.
    pub fn to_bytes(&self) -> Vec<u8> {
        tensors::bytes(self)
    }
}
