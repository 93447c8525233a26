//! Freezing a net of theta neurons with binary weights to integers (`docs/theta.md`, "Freezing").

use crate::{
    model::{ModelError, Synapses},
    smooth::train::{SmoothModel, image_time},
};
use serde::{Deserialize, Serialize};
use spikewright_ir::{BitMatrix, Diagnostics, DriveLayer, PHASE_BITS, ThetaNetwork, TransferLayer};
use std::f64::consts::PI;
use thiserror::Error;

/// Where the axis of the drive ends, in units of cot θ: behind it a neuron is within 1/16 radian of its spike, or of
/// the spike before.
const REACH: f64 = 16.0;

/// What is asked of freezing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ThetaFreeze {
    /// Width B of phases.
    pub phase_bits: u8,
    /// Width D of the index of the drive table.
    pub drive_bits: u8,
}

impl Default for ThetaFreeze {
    fn default() -> Self {
        Self { phase_bits: 11, drive_bits: 11 }
    }
}

/// A frozen network, and what freezing had to change.
#[derive(Clone, Debug)]
pub struct ThetaFrozen {
    /// The network.
    pub network: ThetaNetwork,
    /// Neurons that would have spiked before the inputs come: they spike one tick behind them.
    pub late: usize,
}

/// Why a model cannot be frozen.
#[derive(Debug, Error)]
pub enum ThetaFreezeError {
    /// Weights that are not of one bit.
    #[error(
        "layer {layer}: its weights are not of one bit, and the hardware's are; train with a [binary] table in the configuration"
    )]
    Weights {
        /// Layer, counted from 0.
        layer: usize,
    },
    /// A scale that no table can hold.
    #[error(
        "layer {layer}: its weight scale is {scale}; train the network again, a scale is above 0"
    )]
    Scale {
        /// Layer, counted from 0.
        layer: usize,
        /// The scale s.
        scale: f32,
    },
    /// Fewer than two layers.
    #[error(
        "the net has one layer, and the core wants one more behind it; train with a hidden layer"
    )]
    Shallow,
    /// Widths.
    #[error("phase and drive bits {phase_bits} and {drive_bits}; both may be {PHASE_BITS:?}")]
    Bits {
        /// B.
        phase_bits: u8,
        /// D.
        drive_bits: u8,
    },
    /// Sizes.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The result is no network.
    #[error(transparent)]
    Network(#[from] Diagnostics),
}

/// Freezes a net whose inputs come together at the time of an image.
pub fn freeze(model: &SmoothModel, options: ThetaFreeze) -> Result<ThetaFrozen, ThetaFreezeError> {
    let ThetaFreeze { phase_bits, drive_bits } = options;
    if !PHASE_BITS.contains(&phase_bits) || !PHASE_BITS.contains(&drive_bits) {
        return Err(ThetaFreezeError::Bits { phase_bits, drive_bits });
    }
    model.net_of::<f64>()?;
    let period = f64::from(1u32 << phase_bits);
    let cell = |angle: f64| (angle / PI * period).floor().clamp(0.0, period - 1.0) as u16;
    let arrival = image_time(model.trial);
    let mut late = 0;
    // Phases when the inputs come, as angles.
    let angles: Vec<Vec<f64>> = (model.layers.iter())
        .map(|l| {
            let at = |p: &f32| (f64::from(*p) + arrival) / model.period * PI;
            let angles: Vec<f64> = l.phases.iter().map(at).collect();
            late += angles.iter().filter(|a| **a >= PI).count();
            angles.iter().map(|a| a.min(PI)).collect()
        })
        .collect();
    let mut parts = model.layers.iter().zip(&angles).enumerate();
    let bits = |n: usize, synapses: &Synapses| match synapses {
        Synapses::Planes(planes) if planes.len() == 1 => Ok(planes[0].clone()),
        _ => Err(ThetaFreezeError::Weights { layer: n }),
    };
    let scale = |n: usize, s: f32| match s > 0.0 {
        true => Ok(f64::from(s)),
        false => Err(ThetaFreezeError::Scale { layer: n, scale: s }),
    };
    let (_, (first, starts)) = parts.next().ok_or(ThetaFreezeError::Shallow)?;
    let weights = bits(0, &first.synapses)?;
    let drive = drive(weights, starts, scale(0, first.scale)?, drive_bits, &cell);
    let mut layers = Vec::new();
    for (n, (l, angles)) in parts {
        let (weights, s) = (bits(n, &l.synapses)?, scale(n, l.scale)?);
        let behind = |p: u32| pulsed((f64::from(p) + 0.5) / period * PI, s);
        layers.push(TransferLayer {
            weights,
            starts: angles.iter().map(|a| cell(*a)).collect(),
            table: (0..1u32 << phase_bits).map(|p| cell(behind(p))).collect(),
        });
    }
    if layers.is_empty() {
        return Err(ThetaFreezeError::Shallow);
    }
    let ticks = ((model.trial - arrival) / model.period * period).round();
    let network = ThetaNetwork { phase_bits, ticks: ticks.max(1.0) as u16, drive, layers };
    network.check()?;
    Ok(ThetaFrozen { network, late })
}

/// The first layer: places on the axis of −cot θ, in steps of s/2^g.
fn drive(
    weights: BitMatrix,
    angles: &[f64],
    s: f64,
    drive_bits: u8,
    cell: &dyn Fn(f64) -> u16,
) -> DriveLayer {
    let half = f64::from(1u32 << (drive_bits - 1));
    // The finest steps with which the table reaches far enough.
    let gain_log2 = (half * s / REACH).log2().floor().clamp(0.0, 8.0) as u8;
    let step = s / f64::from(1u32 << gain_log2);
    let place = |angle: f64| (-angle.cos() / angle.sin() / step).round();
    let offset = |angle: &f64| place(*angle).clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    let entry = |index: u32| cell(PI / 2.0 + ((f64::from(index) - half) * step).atan());
    DriveLayer {
        weights,
        offsets: angles.iter().map(offset).collect(),
        gain_log2,
        table: (0..1u32 << drive_bits).map(entry).collect(),
    }
}

/// The angle behind a pulse of weight k: cot θ falls by k.
fn pulsed(angle: f64, k: f64) -> f64 {
    angle.sin().atan2(angle.cos() - k * angle.sin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pulse_is_the_shear_and_its_table_keeps_its_properties() {
        for s in [0.01, 0.3, 2.0, 40.0] {
            let period = 256.0;
            let table: Vec<f64> = (0..256)
                .map(|p| pulsed((f64::from(p) + 0.5) / period * PI, s) / PI * period)
                .collect();
            // Phases grow, keep their order, and none reaches the period.
            assert!(table.windows(2).all(|pair| pair[0] < pair[1]), "{s}");
            assert!(table.iter().zip(0..).all(|(to, from)| *to > f64::from(from) && *to < period));
            // H(Θ − φ, −w) = Θ − H(φ, w).
            for p in 0..256 {
                let mirrored = pulsed((255.5 - f64::from(p)) / period * PI, -s) / PI * period;
                assert!((mirrored - (period - table[p as usize])).abs() < 1e-9);
            }
        }
    }
}
