//! From float to integer parameters: the freezing formulas of `docs/semantics.md`, in f64, rounding
//! half away from zero (which is what `f64::round` does).

use super::{FreezeError, MAX_FRAC_BITS};
use crate::{
    model::{FloatLayer, FloatModel, Gate},
    train::V_TH,
};
use serde::{Deserialize, Serialize};
use spikewright_ir::{
    BitMatrix, BitVec, Dense, Layer, LayerKind, Leak, Network, NeuronParams, Projection,
    ProjectionKind, Readout, Source,
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
    let mut layers = Vec::new();
    for (k, (layer, &f)) in model.layers.iter().zip(frac_bits).enumerate() {
        let read = model.readout == Readout::Potential && k + 1 == model.layers.len();
        let scales = scales(k, layer, read)?;
        let mut params = NeuronParams {
            frac_bits: f,
            leak: frozen_leak(layer.leak, leak_as_scale),
            fire: layer.fire,
            reset: layer.reset,
            theta: Vec::new(),
            bias: Vec::new(),
        };
        let mut rows = Vec::new();
        for (i, &(a, drive)) in scales.iter().enumerate() {
            let frozen = channel(a, drive, f, width_bits);
            let bias = frozen.bias.ok_or_else(|| FreezeError::Bias {
                layer: layer.name.clone(),
                channel: i,
                bias: frozen.exact_bias,
                width_bits,
                frac_bits: f,
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
            let row = layer.weights.row(i);
            rows.push(if a < 0.0 {
                BitVec::from_bits(row.iter().map(|b| !b))
            } else {
                row.clone()
            });
        }
        let plane = BitMatrix::from_rows(rows).expect("rows of equal length");
        let source = if k == 0 { Source::Input } else { Source::Layer(k - 1) };
        let projection = Projection {
            source,
            delayed: false,
            gain_log2: 0,
            kind: ProjectionKind::Dense { planes: vec![plane] },
        };
        layers.push(Layer {
            name: layer.name.clone(),
            kind: LayerKind::Dense(Dense {
                neurons: layer.weights.rows(),
                projections: vec![projection],
                params,
            }),
        });
    }
    Ok(Network {
        ticks: model.ticks(),
        width_bits,
        input: model.input,
        input_planes: 1,
        layers,
        readout: model.readout,
    })
}

/// Per channel (A, c·(β − gain·μ/σ)), refused where the semantics refuse it.
fn scales(k: usize, layer: &FloatLayer, read: bool) -> Result<Vec<(f64, f64)>, FreezeError> {
    let name = || layer.name.clone();
    if let Gate::Varying { .. } = layer.gate {
        return Err(FreezeError::Gate { layer: name() });
    }
    if !layer.real.is_empty() {
        return Err(FreezeError::FloatWeights { layer: name() });
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
