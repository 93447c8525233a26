//! From float to integer parameters: the freezing formulas of `docs/semantics.md`, in f64, rounding
//! half away from zero (which is what `f64::round` does).

use super::{FreezeError, MAX_FRAC_BITS};
use crate::{
    model::{FloatLayer, FloatModel, Gate, Synapses},
    train::V_TH,
};
use serde::{Deserialize, Serialize};
use spikewright_ir::{
    BitMatrix, BitVec, Conv, Dense, Layer, LayerKind, Leak, Network, NeuronParams, OrPool,
    Projection, ProjectionKind, Readout, Source, WeightPlanes,
};

/// A channel whose scale was too small for the width and was replaced.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ReplacedChannel {
    /// Layer, counted from 0.
    pub layer: usize,
    /// Neuron.
    pub channel: usize,
    /// Its scale A before.
    pub scale: f64,
    /// `±A_min` instead.
    pub replaced_by: f64,
}

/// Freezes every layer with its own fractional bits (0 to 12, one entry per layer) to potentials of
/// `width_bits` bits (2 to 24). The channels that had to be replaced are appended to `replaced`.
pub fn freeze_at(
    model: &FloatModel,
    frac_bits: &[u8],
    width_bits: u8,
    leak_as_scale: bool,
    replaced: &mut Vec<ReplacedChannel>,
) -> Result<Network, FreezeError> {
    model.check()?;
    let option = |key, value: String, remedy| Err(FreezeError::Option { key, value, remedy });
    if !(2..=24).contains(&width_bits) {
        return option("width_bits", width_bits.to_string(), "2 to 24 bits");
    }
    if frac_bits.len() != model.layers.len() || frac_bits.iter().any(|f| *f > MAX_FRAC_BITS) {
        return option("frac_bits", format!("{frac_bits:?}"), "0 to 12 for each layer");
    }
    let shapes = model.shapes()?;
    let mut layers: Vec<Layer> = Vec::new();
    // The frozen layer that passes on the spikes of each float layer.
    let mut outputs: Vec<usize> = Vec::new();
    for (k, ((layer, shape), &f)) in model.layers.iter().zip(&shapes).zip(frac_bits).enumerate() {
        let read = model.readout == Readout::Potential && k + 1 == model.layers.len();
        let scales = scales(k, layer, read)?;
        let params = params(k, layer, &scales, f, width_bits, leak_as_scale, replaced)?;
        let inverted = |i: usize| scales[i].0 < 0.0;
        let source = outputs.last().map_or(Source::Input, |&s| Source::Layer(s));
        let projections = projections(layer, source, layers.len(), &outputs, inverted)?;
        let kind = match layer.window {
            None => LayerKind::Dense(Dense { neurons: shape.neurons.len(), projections, params }),
            Some(_) => LayerKind::Conv(Conv { shape: shape.neurons, projections, params }),
        };
        layers.push(Layer { name: layer.name.clone(), kind });
        if let Some(p) = layer.or_pool {
            let source = Source::Layer(layers.len() - 1);
            let pool = OrPool { shape: shape.out, source, k: p.side, stride: p.stride };
            let kind = LayerKind::OrPool(pool);
            layers.push(Layer { name: format!("{}_pool", layer.name), kind });
        }
        outputs.push(layers.len() - 1);
    }
    Ok(Network {
        ticks: model.ticks(),
        width_bits,
        input: model.input,
        input_planes: model.encoder.planes() as u8,
        layers,
        readout: model.readout,
    })
}

/// Thresholds and biases of a layer's units.
fn params(
    k: usize,
    layer: &FloatLayer,
    scales: &[(f64, f64)],
    frac_bits: u8,
    width_bits: u8,
    leak_as_scale: bool,
    replaced: &mut Vec<ReplacedChannel>,
) -> Result<NeuronParams, FreezeError> {
    let mut params = NeuronParams {
        frac_bits,
        leak: frozen_leak(layer.leak, leak_as_scale),
        fire: layer.fire,
        reset: layer.reset,
        theta: Vec::new(),
        bias: Vec::new(),
    };
    for (i, &(a, drive)) in scales.iter().enumerate() {
        let frozen = channel(a, drive, frac_bits, width_bits);
        let bias = frozen.bias.ok_or_else(|| FreezeError::Bias {
            layer: layer.name.clone(),
            channel: i,
            bias: frozen.exact_bias,
            width_bits,
            frac_bits,
        })?;
        if frozen.scale != a {
            replaced.push(ReplacedChannel {
                layer: k,
                channel: i,
                scale: a,
                replaced_by: frozen.scale,
            });
        }
        params.theta.push(frozen.theta);
        params.bias.push(bias);
    }
    Ok(params)
}

/// The projections into the layer that will be number `here`; units with a negative scale have all
/// bits inverted, which a residual's spikes, always counted positive, cannot follow.
fn projections(
    layer: &FloatLayer,
    source: Source,
    here: usize,
    outputs: &[usize],
    inverted: impl Fn(usize) -> bool,
) -> Result<Vec<Projection>, FreezeError> {
    let plain = |source, kind| Projection { source, delayed: false, gain_log2: 0, kind };
    let weights = planes(&layer.synapses, &layer.name, &inverted)?;
    let mut out = vec![match layer.window {
        None => plain(source, ProjectionKind::Dense { planes: weights }),
        Some(w) => {
            if w.average_pool > 1 {
                return Err(FreezeError::AveragePool { layer: layer.name.clone() });
            }
            let (kernel, stride, padding) = ([w.kernel; 2], w.stride, w.padding);
            plain(source, ProjectionKind::Conv { planes: weights, kernel, stride, padding })
        }
    }];
    if let Some(recurrent) = &layer.recurrent {
        let planes = planes(recurrent, &layer.name, &inverted)?;
        out.push(Projection {
            delayed: true,
            ..plain(Source::Layer(here), ProjectionKind::Dense { planes })
        });
    }
    if let Some(r) = layer.residual {
        if let Some(channel) = (0..layer.synapses.units()).find(|&i| inverted(i)) {
            return Err(FreezeError::Residual { layer: layer.name.clone(), channel });
        }
        let from = Source::Layer(outputs[r.from]);
        out.push(Projection { gain_log2: r.gain_log2, ..plain(from, ProjectionKind::Identity) });
    }
    Ok(out)
}

/// Weight planes, with the bits of inverted units turned over.
fn planes(
    synapses: &Synapses,
    layer: &str,
    inverted: impl Fn(usize) -> bool,
) -> Result<WeightPlanes, FreezeError> {
    let Synapses::Planes(planes) = synapses else {
        return Err(FreezeError::FloatWeights { layer: layer.into() });
    };
    let row = |plane: &BitMatrix, i: usize| {
        let row = plane.row(i);
        if inverted(i) { BitVec::from_bits(row.iter().map(|b| !b)) } else { row.clone() }
    };
    let plane = |p: &BitMatrix| {
        let rows = (0..p.rows()).map(|i| row(p, i)).collect();
        BitMatrix::from_rows(rows).expect("rows of equal length")
    };
    Ok(planes.iter().map(plane).collect())
}

/// Per channel (A, c·(β − gain·μ/σ)), refused where the semantics refuse it.
fn scales(k: usize, layer: &FloatLayer, read: bool) -> Result<Vec<(f64, f64)>, FreezeError> {
    let name = || layer.name.clone();
    if let Gate::Varying { .. } = layer.gate {
        return Err(FreezeError::Gate { layer: name() });
    }
    let scales = layer.affine();
    if let Some(i) = scales.iter().position(|(a, b)| !a.is_finite() || !b.is_finite()) {
        return Err(FreezeError::NotFinite { layer: name(), channel: i });
    }
    if read {
        let first = scales.first().map_or(0.0, |s| s.0.abs());
        let shared = scales.iter().all(|s| s.0.abs() == first);
        let gated = layer.gate != Gate::Constant(1.0);
        if !shared || first == 0.0 || layer.norm.is_some() || gated || layer.leak != Leak::None {
            return Err(FreezeError::Potential { layer: name(), index: k });
        }
    }
    Ok(scales)
}

/// λ = k/256 stays Scale(k) and λ = 1 − 2^−k Shift(k); when asked, a shift that is a multiple of
/// 1/256 becomes a scale (the two round negative potentials differently).
fn frozen_leak(leak: Leak, as_scale: bool) -> Leak {
    match leak {
        Leak::Shift(k) if as_scale && k <= 8 => Leak::Scale(256 - (256 >> k)),
        other => other,
    }
}

/// One frozen channel.
struct Channel {
    /// A, or ±A_min where |A| was below.
    scale: f64,
    theta: i32,
    exact_bias: f64,
    /// Nothing when it does not fit the width.
    bias: Option<i32>,
}

/// `θ = max(1, round(2^F·V_th/|A|))`, `b = round(2^F·drive/|A|)`, with |A| at least
/// `A_min = 2^F·V_th/(2^(B−1) − 1)`.
fn channel(a: f64, drive: f64, frac_bits: u8, width_bits: u8) -> Channel {
    let one = f64::from(1u32 << frac_bits);
    let half = f64::from(1u32 << (width_bits - 1));
    let v_th = f64::from(V_TH);
    let a_min = one * v_th / (half - 1.0);
    let scale = if a.abs() >= a_min {
        a
    } else if a < 0.0 {
        -a_min
    } else {
        a_min
    };
    let theta = (one * v_th / scale.abs()).round().clamp(1.0, half - 1.0) as i32;
    let exact_bias = one * drive / scale.abs();
    let rounded = exact_bias.round();
    let bias = (-half..half).contains(&rounded).then_some(rounded as i32);
    Channel { scale, theta, exact_bias, bias }
}

/// θ and b of a channel with `X = a·Z + drive`. A bias that does not fit is the nearest that does.
pub(crate) fn fixed_channel(a: f64, drive: f64, frac_bits: u8, width_bits: u8) -> (i32, i32) {
    let channel = channel(a, drive, frac_bits, width_bits);
    let half = f64::from(1u32 << (width_bits - 1));
    (channel.theta, channel.exact_bias.round().clamp(-half, half - 1.0) as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_by_hand() {
        // 2^4/0.04 = 400; 2^4·0.03/0.04 = 12.
        let c = channel(0.04, 0.03, 4, 16);
        assert_eq!((c.theta, c.bias, c.scale), (400, Some(12), 0.04));
        // A negative scale: theta from |A|, the bias keeps its sign.
        let c = channel(-0.25, -0.3, 2, 16);
        assert_eq!((c.theta, c.bias, c.scale), (16, Some(-5), -0.25));
        // Half away from zero: 4·(±0.375)/1 = ±1.5.
        assert_eq!(channel(1.0, 0.375, 2, 16).bias, Some(2));
        assert_eq!(channel(1.0, -0.375, 2, 16).bias, Some(-2));
        // Large scales never give a threshold of 0.
        assert_eq!(channel(9.0, 0.0, 0, 16).theta, 1);
    }

    #[test]
    fn small_scales_are_replaced_with_their_sign() {
        // A_min = 16/127 at F = 4, B = 8: theta is the largest that fits.
        let a_min = 16.0 / 127.0;
        for (a, expect) in [(0.0, a_min), (-0.0, a_min), (0.1, a_min), (-0.1, -a_min)] {
            let c = channel(a, 0.0, 4, 8);
            assert_eq!((c.scale, c.theta), (expect, 127), "{a}");
        }
        assert_eq!(channel(0.2, 0.0, 4, 8).scale, 0.2);
    }

    #[test]
    fn a_bias_beyond_the_width_is_seen() {
        assert_eq!(channel(1.0, 7.9, 4, 8).bias, Some(126));
        assert_eq!(channel(1.0, 8.0, 4, 8).bias, None);
        assert_eq!(channel(1.0, -8.0, 4, 8).bias, Some(-128));
    }

    #[test]
    fn leaks_freeze_to_themselves_unless_a_scale_is_asked_for() {
        assert_eq!(frozen_leak(Leak::Shift(3), false), Leak::Shift(3));
        assert_eq!(frozen_leak(Leak::Shift(3), true), Leak::Scale(224));
        assert_eq!(frozen_leak(Leak::Shift(9), true), Leak::Shift(9));
        assert_eq!(frozen_leak(Leak::Scale(230), false), Leak::Scale(230));
    }
}
