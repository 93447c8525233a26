//! A genome's tensors as bytes: all bits one behind the other, so that the bytes are the bits counted.

use super::{plan::Projection, stored::Genome};
use crate::model::Synapses;
use serde::{Deserialize, Serialize};
use spikewright_ir::{BitMatrix, BitVec};
use std::fmt::Write;

/// A genome as files hold it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Packed {
    genes: usize,
    encodings: Vec<Form>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    interaction: Option<Form>,
    projections: Vec<Option<Projection>>,
    /// Tensor by tensor, the interaction last, in hexadecimal: planes of integers, each row by row,
    /// or floats of 32 bits, the lowest bit first.
    data: String,
}

/// Form of a tensor of `rows` by genes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    rows: usize,
    /// Planes of odd integers; real numbers when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    planes: Option<u8>,
}

impl Form {
    fn of(tensor: &Synapses) -> Self {
        let planes = match tensor {
            Synapses::Planes(planes) => Some(planes.len() as u8),
            Synapses::Real { .. } => None,
        };
        Self { rows: tensor.units(), planes }
    }

    fn bits(self, genes: usize) -> Option<usize> {
        let each = self.planes.map_or(32, usize::from);
        self.rows.checked_mul(genes)?.checked_mul(each)
    }
}

/// The bits of a genome's tensors in their order, eight to a byte, the first one lowest.
pub fn bytes(genome: &Genome) -> Vec<u8> {
    let mut bits = Vec::with_capacity(genome.bits());
    for tensor in genome.tensors() {
        match tensor {
            Synapses::Planes(planes) => planes
                .iter()
                .flat_map(|m| (0..m.rows()).flat_map(|r| m.row(r).iter()))
                .for_each(|b| bits.push(b)),
            Synapses::Real { values, .. } => values
                .iter()
                .flat_map(|v| (0..32).map(move |k| v.to_bits() >> k & 1 == 1))
                .for_each(|b| bits.push(b)),
        }
    }
    let byte = |c: &[bool]| c.iter().rev().fold(0, |byte, b| byte << 1 | u8::from(*b));
    bits.chunks(8).map(byte).collect()
}

/// A genome for a file.
pub fn pack(genome: &Genome) -> Packed {
    let mut data = String::new();
    for byte in bytes(genome) {
        write!(data, "{byte:02x}").expect("a string takes everything");
    }
    Packed {
        genes: genome.genes,
        encodings: genome.encodings.iter().map(Form::of).collect(),
        interaction: genome.interaction.as_ref().map(Form::of),
        projections: genome.projections.clone(),
        data,
    }
}

/// The genome of a file; [`Genome::check`] has to follow. The error says what is wrong.
pub fn unpack(packed: Packed) -> Result<Genome, String> {
    let Packed { genes, encodings, interaction, projections, data } = packed;
    let forms = || encodings.iter().chain(&interaction);
    let wanted = forms().try_fold(0usize, |sum, f| sum.checked_add(f.bits(genes)?));
    // Nothing is made before its bits are there.
    if genes == 0 || wanted.map(|bits| 2 * bits.div_ceil(8)) != Some(data.len()) {
        return Err(format!("{} digits are not those of its tensors", data.len()));
    }
    let mut bits = Vec::with_capacity(4 * data.len());
    for pair in data.as_bytes().chunks(2) {
        let digits = std::str::from_utf8(pair).ok().filter(|d| !d.starts_with('+'));
        let byte = digits.and_then(|d| u8::from_str_radix(d, 16).ok());
        let byte = byte.ok_or("its tensors are not hexadecimal")?;
        bits.extend((0..8).map(|k| byte >> k & 1 == 1));
    }
    let mut next = bits.into_iter();
    let mut tensor = |form: &Form| match form.planes {
        Some(planes) => {
            let mut row = || BitVec::from_bits(next.by_ref().take(genes));
            let mut plane = || {
                BitMatrix::from_rows((0..form.rows).map(|_| row()).collect())
                    .expect("rows of equal length")
            };
            Synapses::Planes((0..planes).map(|_| plane()).collect())
        }
        None => {
            let mut value = || {
                let bits = next.by_ref().take(32).enumerate();
                f32::from_bits(bits.fold(0, |v, (k, b)| v | u32::from(b) << k))
            };
            let values = (0..form.rows * genes).map(|_| value()).collect();
            Synapses::Real { inputs: genes, values }
        }
    };
    let made = encodings.iter().map(&mut tensor).collect();
    Ok(Genome {
        genes,
        encodings: made,
        interaction: interaction.as_ref().map(tensor),
        projections,
    })
}
