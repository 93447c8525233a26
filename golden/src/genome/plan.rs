//! Which projections are encoded, and by which encodings.

use super::config::{GenomeConfig, Sharing};
use crate::train::{LayerParams, WeightKind};
use serde::{Deserialize, Serialize};

/// Bits of a number that is not quantized.
pub const FLOAT_BITS: usize = 32;

/// An encoded projection. Its weights are `[inputs][units]`, input `position·channels + channel`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Projection {
    /// Inputs of a unit.
    pub inputs: usize,
    /// Channels of the inputs; the rest are positions of a kernel or a map.
    pub channels: usize,
    /// Units.
    pub units: usize,
    /// Encoding of the units.
    pub output: usize,
    /// Encoding of the inputs, or of their channels.
    pub input: usize,
    /// Encoding of the positions, which multiplies that of the channels.
    pub position: Option<usize>,
}

/// The encodings of a genome, before they have values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Rows of every encoding.
    pub rows: Vec<usize>,
    /// Layer by layer; nothing where weights stay direct.
    pub projections: Vec<Option<Projection>>,
    /// Bits of a gene and of an entry of G.
    pub bits: (usize, usize),
    /// Bits that the encoded projections would take without.
    pub direct_bits: usize,
}

impl Plan {
    /// A layer is encoded where its own new genes take fewer bits than its weights; G is not
    /// counted there, as all share it.
    pub fn new(config: &GenomeConfig, layers: &[LayerParams]) -> Self {
        let float = layers.iter().all(|l| l.config.weights == WeightKind::Float);
        let bits = match float {
            true => (FLOAT_BITS, FLOAT_BITS),
            false => (usize::from(config.encoding_bits), usize::from(config.interaction_bits)),
        };
        let weight_bits = if float { FLOAT_BITS } else { 1 };
        let mut out = Self { rows: Vec::new(), projections: Vec::new(), bits, direct_bits: 0 };
        for l in layers {
            let (inputs, units) = (l.weights.inputs, l.weights.units);
            let conv = l.config.is_conv();
            let channels = if conv { l.geometry.from.channels } else { l.source.channels };
            // The layer before, if its units have an encoding to share.
            let before = match config.sharing {
                Sharing::Shared => out.projections.last().copied().flatten(),
                Sharing::PerProjection => None,
            };
            let positions = inputs / channels;
            let new = match before {
                None => vec![inputs, units],
                Some(_) if positions > 1 => vec![positions, units],
                Some(_) => vec![units],
            };
            let direct = weight_bits * inputs * units;
            if bits.0 * config.genes * new.iter().sum::<usize>() >= direct {
                out.projections.push(None);
                continue;
            }
            let first = out.rows.len();
            out.direct_bits += direct;
            out.projections.push(Some(Projection {
                inputs,
                channels,
                units,
                output: first + new.len() - 1,
                input: before.map_or(first, |b| b.output),
                position: (before.is_some() && positions > 1).then_some(first),
            }));
            out.rows.extend(new);
        }
        out
    }

    /// Bits stored, those of G included where it is.
    pub fn stored_bits(&self, config: &GenomeConfig) -> usize {
        let genes = config.genes * self.rows.iter().sum::<usize>();
        self.bits.0 * genes + self.bits.1 * config.entries()
    }
}
