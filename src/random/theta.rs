//! Random theta networks and inputs that a preset can run.

use super::{between, pick};
use crate::{
    golden::rng::{Sequence, Stream},
    ir::{BitMatrix, BitVec, DriveLayer, ThetaNetwork, ThetaSpec, TransferLayer},
};

/// Theta network number `case` of a seed: two or three layers of up to all neurons that fit, phases of 4 to 11 bits,
/// tables that keep order as frozen ones do, or of any phases at all. Starts are such that some neurons spike.
pub fn theta_network(seed: u64, case: u64, spec: &ThetaSpec) -> ThetaNetwork {
    let r = &mut Stream::named(seed, "random-theta").child(case).sequence();
    let phase_bits = between(r, 4, ThetaSpec::PHASE_BITS as i64) as u8;
    let period = 1i64 << phase_bits;
    let wide = r.below(8) == 0;
    let most = |limit: usize| if wide { limit as i64 } else { limit.min(48) as i64 };
    let inputs = between(r, 1, most(ThetaSpec::INPUTS)) as usize;
    let mut sizes = vec![between(r, 1, most(spec.first_layer())) as usize];
    let free = ThetaSpec::SYNAPSE_WORDS / 2;
    for _ in 0..between(r, 1, 2) {
        // Words of weights behind a layer: its neurons times words of a neuron, a power of two.
        let before = sizes[sizes.len() - 1];
        let words = (free / before).max(1).ilog2();
        let limit = (16usize << words).min(ThetaSpec::NEURONS);
        sizes.push(between(r, 1, most(limit)) as usize);
    }
    let drive_bits = between(r, 4, ThetaSpec::PHASE_BITS as i64) as u32;
    let half = 1i64 << (drive_bits - 1);
    let ordered = r.below(4) > 0;
    let mut table = phases(r, 1 << drive_bits, period);
    table.sort_unstable();
    let drive = DriveLayer {
        weights: bits(r, sizes[0], inputs),
        offsets: (0..sizes[0])
            .map(|_| match r.below(16) {
                0 => pick(r, &[i16::MIN, i16::MAX]),
                _ => between(r, -half, half) as i16,
            })
            .collect(),
        gain_log2: between(r, 0, ThetaSpec::GAIN_LOG2.into()) as u8,
        table,
    };
    let layers = sizes
        .windows(2)
        .map(|pair| {
            let mut table = phases(r, period as usize, period);
            if ordered {
                table.sort_unstable();
                table.iter_mut().zip(0..).for_each(|(to, from)| *to = (*to).max(from));
            }
            let (low, high) = (period / 4, period - 1 - period / 8);
            TransferLayer {
                weights: bits(r, pair[1], pair[0]),
                starts: (0..pair[1]).map(|_| between(r, low, high) as u16).collect(),
                table,
            }
        })
        .collect();
    let ticks = between(r, period / 8, period / 2 - 1).max(1) as u16;
    ThetaNetwork { phase_bits, ticks, drive, layers }
}

fn phases(r: &mut Sequence, count: usize, period: i64) -> Vec<u16> {
    (0..count).map(|_| r.below(period as u64) as u16).collect()
}

fn bits(r: &mut Sequence, rows: usize, columns: usize) -> BitMatrix {
    let row = |r: &mut Sequence| BitVec::from_bits((0..columns).map(|_| r.below(2) == 1));
    BitMatrix::from_rows((0..rows).map(|_| row(r)).collect()).expect("rows of equal length")
}

/// Input number `sample` of a case: none, all, or some pulses.
pub fn theta_stimulus(seed: u64, case: u64, sample: u64, network: &ThetaNetwork) -> BitVec {
    let r = &mut Stream::named(seed, "theta-stimulus").child(case).child(sample).sequence();
    let percent = pick(r, &[0, 5, 15, 30, 50, 100]);
    BitVec::from_bits((0..network.inputs()).map(|_| r.below(100) < percent))
}
