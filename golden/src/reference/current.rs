//! The input current of a layer: what its projections add up to in one tick, exact in `i64`,
//! and the synaptic operations this took (one spiking input meeting one weight bit, per pass).

use spikewright_ir::{BitVec, ProjectionKind, Shape, WeightPlanes};

/// Adds `2^gain · I` of one projection to `current` (one entry per target neuron) and returns the
/// synaptic operations. `source` holds one bit vector per input plane (one for binary spikes);
/// `from` and `to` are the shapes of source and target. Shapes agree by validation.
pub fn add_projection(
    kind: &ProjectionKind,
    gain_log2: u8,
    source: &[BitVec],
    from: Shape,
    to: Shape,
    current: &mut [i64],
) -> u64 {
    match kind {
        ProjectionKind::Dense { planes } => add_dense(planes, gain_log2, source, current),
        ProjectionKind::Conv { planes, kernel, stride, padding } => {
            let window = Window { kernel: *kernel, stride: *stride, padding: *padding, from, to };
            add_conv(planes, gain_log2, source, &window, current)
        }
        ProjectionKind::Identity => {
            for (q, bits) in source.iter().enumerate() {
                for j in bits.ones() {
                    current[j] += 1i64 << (q as u32 + u32::from(gain_log2));
                }
            }
            0
        }
    }
}

/// `I_i = Σ_p Σ_q 2^(p+q) · (2·c_ipq − n_q)` by AND and popcount on packed words.
fn add_dense(planes: &WeightPlanes, gain: u8, source: &[BitVec], current: &mut [i64]) -> u64 {
    let mut operations = 0;
    for (q, spikes) in source.iter().enumerate() {
        let n = spikes.count_ones() as i64;
        if n == 0 {
            continue;
        }
        for (p, weights) in planes.iter().enumerate() {
            let shift = p + q + usize::from(gain);
            for (i, sum) in current.iter_mut().enumerate() {
                let c: u32 = weights
                    .row(i)
                    .words()
                    .iter()
                    .zip(spikes.words())
                    .map(|(w, s)| (w & s).count_ones())
                    .sum();
                *sum += (2 * i64::from(c) - n) << shift;
            }
            operations += n as u64 * current.len() as u64;
        }
    }
    operations
}

struct Window {
    kernel: [usize; 2],
    stride: usize,
    padding: usize,
    from: Shape,
    to: Shape,
}

impl Window {
    /// The (output position, kernel offset) pairs along one axis that see source position `at`:
    /// `out·stride + k − padding = at`.
    fn taps(
        &self,
        at: usize,
        kernel: usize,
        outputs: usize,
    ) -> impl Iterator<Item = (usize, usize)> {
        let (stride, target) = (self.stride, at + self.padding);
        (0..kernel.min(target + 1)).filter_map(move |k| {
            let rest = target - k;
            (rest % stride == 0 && rest / stride < outputs).then_some((rest / stride, k))
        })
    }
}

/// Cross-correlation, scattered from the spikes: each spike adds ±2^(p+q) to every window that
/// contains it, which is `2·c − n` with `n` counting inside the window and inside the image.
fn add_conv(
    planes: &WeightPlanes,
    gain: u8,
    source: &[BitVec],
    w: &Window,
    current: &mut [i64],
) -> u64 {
    let [kh, kw] = w.kernel;
    let plane = w.to.height * w.to.width;
    let mut operations = 0;
    for (q, spikes) in source.iter().enumerate() {
        for j in spikes.ones() {
            let (c, y, x) = (
                j / (w.from.height * w.from.width),
                j / w.from.width % w.from.height,
                j % w.from.width,
            );
            for (oy, ky) in w.taps(y, kh, w.to.height) {
                for (ox, kx) in w.taps(x, kw, w.to.width) {
                    let column = (c * kh + ky) * kw + kx;
                    for (p, weights) in planes.iter().enumerate() {
                        let one = 1i64 << (p + q + usize::from(gain));
                        for channel in 0..w.to.channels {
                            let bit = weights.row(channel).get(column);
                            current[channel * plane + oy * w.to.width + ox] +=
                                if bit { one } else { -one };
                        }
                        operations += w.to.channels as u64;
                    }
                }
            }
        }
    }
    operations
}
