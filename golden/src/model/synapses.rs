//! Weights of a float model: stacks of bits, as they will be frozen, or real numbers.

use num_traits::Float;
use serde::{Deserialize, Serialize};
use spikewright_ir::{BitMatrix, BitVec};

/// Weights `[units][inputs]`. Inputs of a convolution are `(c·k + ky)·k + kx` of the kernel.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Synapses {
    /// Plane `p` counts 2^p, bit 1 is +1 and bit 0 is −1.
    Planes(Vec<BitMatrix>),
    /// Real numbers, row after row; such a model cannot be frozen.
    Real {
        /// Inputs of a unit.
        inputs: usize,
        /// `[units][inputs]`.
        values: Vec<f32>,
    },
}

/// Largest odd integer of `planes` planes, 2^planes − 1.
#[inline(always)]
pub(crate) fn largest_odd<T: Float>(planes: u8) -> T {
    T::from((1u32 << planes) - 1).expect("small integers are floats")
}

/// The odd integer of `planes` planes nearest to `2·halves`, the larger one of two:
/// `2·floor(halves) + 1` within ±(2^planes − 1).
#[inline(always)]
pub(crate) fn nearest_odd<T: Float>(halves: T, planes: u8) -> T {
    let (floor, largest) = (halves.floor(), largest_odd::<T>(planes));
    (floor + floor + T::one()).max(-largest).min(largest)
}

impl Synapses {
    /// Bits it takes to store them.
    pub fn bits(&self) -> usize {
        let each = match self {
            Self::Planes(planes) => planes.len(),
            Self::Real { .. } => 32,
        };
        each * self.units() * self.inputs()
    }

    /// Planes that hold odd integers, `value(unit, input)` within ±(2^planes − 1).
    pub fn from_integers(
        units: usize,
        inputs: usize,
        planes: u8,
        value: impl Fn(usize, usize) -> i32,
    ) -> Self {
        // v = Σ ±2^p: the bits of (v + 2^n − 1)/2.
        let code = |i, j| (value(i, j) + (1 << planes) - 1) as u32 / 2;
        let plane = |p: u8| {
            let row = |i| BitVec::from_bits((0..inputs).map(|j| code(i, j) >> p & 1 == 1));
            BitMatrix::from_rows((0..units).map(row).collect()).expect("rows of equal length")
        };
        Self::Planes((0..planes).map(plane).collect())
    }

    /// Units.
    pub fn units(&self) -> usize {
        match self {
            Self::Planes(planes) => planes.first().map_or(0, BitMatrix::rows),
            Self::Real { inputs, values } => values.len() / (*inputs).max(1),
        }
    }

    /// Inputs of a unit.
    pub fn inputs(&self) -> usize {
        match self {
            Self::Planes(planes) => planes.first().map_or(0, BitMatrix::columns),
            Self::Real { inputs, .. } => *inputs,
        }
    }

    /// The weight of unit `i` for input `j`.
    pub fn value(&self, i: usize, j: usize) -> f32 {
        match self {
            Self::Planes(planes) => {
                let sign = |m: &BitMatrix| if m.row(i).get(j) { 1 } else { -1 };
                planes.iter().enumerate().map(|(p, m)| sign(m) * (1 << p)).sum::<i32>() as f32
            }
            Self::Real { inputs, values } => values[i * inputs + j],
        }
    }

    /// Whether there are 1 to 8 planes of one size, or as many reals as rows want.
    pub(crate) fn is_sound(&self) -> bool {
        match self {
            Self::Planes(planes) => {
                let size = |m: &BitMatrix| (m.rows(), m.columns());
                (1..=8).contains(&planes.len())
                    && planes.iter().all(|m| size(m) == size(&planes[0]))
            }
            Self::Real { inputs, values } => *inputs > 0 && values.len().is_multiple_of(*inputs),
        }
    }
}

impl From<BitMatrix> for Synapses {
    fn from(plane: BitMatrix) -> Self {
        Self::Planes(vec![plane])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_integers_survive_their_planes() {
        for planes in 1..=8u8 {
            let largest = (1 << planes) - 1;
            let value = |i: usize, j: usize| ((7 * i + 3 * j) as i32 % (largest + 1)) * 2 - largest;
            let synapses = Synapses::from_integers(5, 9, planes, value);
            assert!(synapses.is_sound());
            assert_eq!((synapses.units(), synapses.inputs()), (5, 9));
            for (i, j) in (0..5).flat_map(|i| (0..9).map(move |j| (i, j))) {
                assert_eq!(synapses.value(i, j), value(i, j) as f32);
            }
        }
        let real = Synapses::Real { inputs: 2, values: vec![1.0, 2.0, 3.0, 4.0] };
        assert_eq!((real.units(), real.value(1, 0)), (2, 3.0));
        assert!(!Synapses::Planes(Vec::new()).is_sound());
    }
}
