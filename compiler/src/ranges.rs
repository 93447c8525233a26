//! Pass `ranges`: interval analysis of every potential over the ticks of a sample, in exact
//! integers, and with it the proof that the core's arithmetic is that of the network.
//!
//! Per neuron and tick: I lies between its negative and its positive weights, all at the largest
//! input value, whatever the inputs; leak is monotone; fire splits the interval at θ; the hull of both parts is the next tick's start.

use crate::{
    choose::Form,
    layers::{CoreLayer, Inputs, Synapses, layers, place},
    pipeline::Design,
};
use serde::{Deserialize, Serialize};
use spikewright_ir::{CoreSpec, Diagnostics, FireRule, Leak, NeuronParams, Reset};

/// Largest log2 of what an event of a pass counts; of an identity it is one more.
const MAX_GAIN_LOG2: usize = 14;

/// Largest `|I| · 2^F + |b|` for which its sum with the leak stays within the adder's width.
fn max_drive(spec: &CoreSpec) -> i64 {
    (1 << (spec.sum_bits - 1)) - 1 - (1 << (spec.width_bits - 1))
}

/// What the potentials of a layer can be, over all its neurons, ticks and inputs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LayerRange {
    /// Least sum before saturation.
    pub sum_min: i64,
    /// Greatest sum before saturation.
    pub sum_max: i64,
    /// Least potential after reset.
    pub v_min: i64,
    /// Greatest potential after reset.
    pub v_max: i64,
    /// Whether saturation at the network's own width can act.
    pub may_saturate: bool,
}

pub(crate) fn run(design: &mut Design) -> Result<(), Diagnostics> {
    let mut out = Diagnostics::default();
    let spec = design.spec;
    let network = &design.network;
    let layers = layers(network);
    for (i, layer) in layers.iter().enumerate() {
        let reach = reach(layer, design.forms[i]);
        check_arithmetic(i, layer, reach, !network.reads_potential(i), &spec, &mut out);
    }
    // Sums of what is refused here need not fit anything.
    out.into_result()?;
    let mut out = Diagnostics::default();
    let ranges = layers
        .iter()
        .enumerate()
        .map(|(i, l)| {
            let ticks = (!design.options.stream).then_some(network.ticks);
            layer_range(l, !network.reads_potential(i), ticks, network.width_bits)
        })
        .collect::<Vec<_>>();
    if network.width_bits != spec.width_bits {
        let width = network.width_bits.min(spec.width_bits);
        for (i, (layer, range)) in layers.iter().zip(&ranges).enumerate() {
            check_width(i, layer, range, width, design, &mut out);
        }
    }
    out.into_result()?;
    design.ranges = ranges;
    // Proven equal: from here on the network is stated in the width it will run in.
    design.network.width_bits = spec.width_bits;
    Ok(())
}

/// The bounds of `docs/core.md`, section 3, and of the words that hold θ and b.
fn check_arithmetic(
    i: usize,
    layer: &CoreLayer<'_>,
    reach: i64,
    fires: bool,
    spec: &CoreSpec,
    out: &mut Diagnostics,
) {
    let at = || place(i, layer.name);
    for inputs in &layer.inputs {
        check_gain(inputs, &at(), out);
    }
    let (lo, hi) = limits(spec.width_bits);
    let params = &layer.params;
    for (name, code, values) in
        [("threshold", "threshold-range", &params.theta), ("bias", "bias-range", &params.bias)]
    {
        if let Some(n) = values.iter().position(|&x| !(lo..=hi).contains(&i64::from(x))) {
            out.push(
                code,
                at(),
                format!("{name} {} of neuron {n} is outside {lo}..={hi}", values[n]),
                "freeze the layer with fewer fractional bits",
            );
        }
    }
    if fires
        && params.reset == Reset::Subtract
        && let Some(n) = params.theta.iter().position(|&x| x < 0)
    {
        out.push(
            "negative-threshold",
            at(),
            format!("threshold {} of neuron {n}; reset Subtract needs 0 or more", params.theta[n]),
            "freeze with thresholds of at least 1, or use reset Zero",
        );
    }
    let (max_drive, bias) =
        (max_drive(spec), params.bias.iter().map(|b| i64::from(*b).abs()).max().unwrap_or(0));
    let drive = reach.saturating_add(bias);
    if drive > max_drive {
        out.push(
            "drive-range",
            at(),
            format!(
                "all sources and the bias {bias} add up to {drive}, the core adds exactly up to {max_drive}"
            ),
            "freeze the layer with fewer fractional bits, or use fewer sources",
        );
    }
}

/// Greatest magnitude of the drive of any neuron in any pass but for its bias, in units of 2^-F. A flat
/// convolution counts all its sources, and then takes back what lies outside.
fn reach(layer: &CoreLayer<'_>, form: Form) -> i64 {
    let one = |i: &Inputs<'_>| {
        let sources = match i.synapses {
            Synapses::Conv { .. } if form == Form::Flat => 2 * i.from.len(),
            _ => i.fan_in(),
        };
        i.reach().saturating_mul(sources as i64)
    };
    layer.inputs.iter().map(one).fold(0, i64::saturating_add)
}

fn check_gain(inputs: &Inputs<'_>, at: &str, out: &mut Diagnostics) {
    let last = inputs.last_gain_log2();
    let most = MAX_GAIN_LOG2 + usize::from(!inputs.signed());
    if last > most {
        out.push(
            "gain-range",
            at,
            format!(
                "an event of its last pass counts 2^{last} times, the core at most 2^{most} times"
            ),
            "freeze the layer with fewer fractional bits",
        );
    }
}

fn check_width(
    i: usize,
    layer: &CoreLayer<'_>,
    range: &LayerRange,
    width: u8,
    design: &Design,
    out: &mut Diagnostics,
) {
    let (has, core) = (design.network.width_bits, design.spec.width_bits);
    let (lo, hi) = limits(width);
    let help = format!("freeze the network with width {core}");
    if design.options.equal_width {
        let message = format!("width {has}, the core's is {core}, and equal widths were asked for");
        out.push("width", place(i, layer.name), message, help);
    } else if range.sum_min < lo || range.sum_max > hi || range.v_min < lo || range.v_max > hi {
        let message = format!(
            "width {has}, the core's is {core}, and sums of {}..={} can saturate at {width} bits",
            range.sum_min, range.sum_max
        );
        out.push("width", place(i, layer.name), message, help);
    }
}

/// Least and greatest value of `width` bits, two's complement.
fn limits(width: u8) -> (i64, i64) {
    let half = 1i64 << (width - 1);
    (-half, half - 1)
}

/// Ranges of one layer at the network's width; without `ticks` those of a stream, which has no end.
fn layer_range(layer: &CoreLayer<'_>, fires: bool, ticks: Option<usize>, width: u8) -> LayerRange {
    let params = &layer.params;
    let mut all = LayerRange { sum_min: 0, sum_max: 0, v_min: 0, v_max: 0, may_saturate: false };
    for n in 0..params.theta.len() {
        let (least, greatest) = layer.current(n);
        let bias = i64::from(params.bias[n]);
        let drive = Interval { lo: least + bias, hi: greatest + bias };
        neuron_range(drive, params, i64::from(params.theta[n]), fires, ticks, width, &mut all);
    }
    all
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Interval {
    lo: i64,
    hi: i64,
}

impl Interval {
    fn hull(self, other: Self) -> Self {
        Self { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    fn map(self, f: impl Fn(i64) -> i64) -> Self {
        Self { lo: f(self.lo), hi: f(self.hi) }
    }
}

fn neuron_range(
    drive: Interval,
    params: &NeuronParams,
    theta: i64,
    fires: bool,
    ticks: Option<usize>,
    width: u8,
    all: &mut LayerRange,
) {
    let (lo, hi) = limits(width);
    let mut v = Interval { lo: 0, hi: 0 };
    let mut tick = 0;
    while ticks.is_none_or(|t| tick < t) {
        tick += 1;
        let rest = v.map(|v| leak(params.leak, v));
        let sum = Interval { lo: rest.lo + drive.lo, hi: rest.hi + drive.hi };
        let u = sum.map(|x| x.clamp(lo, hi));
        let after = if fires { reset(u, params, theta) } else { u };
        let next = after.map(|x| x.clamp(lo, hi));
        all.sum_min = all.sum_min.min(sum.lo);
        all.sum_max = all.sum_max.max(sum.hi);
        all.v_min = all.v_min.min(next.lo);
        all.v_max = all.v_max.max(next.hi);
        all.may_saturate |= u != sum || next != after;
        // Of a stream all ticks together are followed, so that they come to an end.
        let next = if ticks.is_none() { next.hull(v) } else { next };
        if next == v {
            return; // every later tick is the same
        }
        v = next;
    }
}

/// All three are monotone in `v`, so an interval's ends map to its image's ends.
fn leak(leak: Leak, v: i64) -> i64 {
    match leak {
        Leak::None => v,
        Leak::Shift(k) => v - (v >> k),
        Leak::Scale(m) => (v * i64::from(m)) >> 8,
    }
}

/// What fire and reset make of `u`: the hull of the part that stays silent and the part that spikes.
fn reset(u: Interval, params: &NeuronParams, theta: i64) -> Interval {
    let first_firing = match params.fire {
        FireRule::AtLeast => theta,
        FireRule::Above => theta + 1,
    };
    if u.hi < first_firing {
        return u;
    }
    let fired = Interval { lo: u.lo.max(first_firing), hi: u.hi };
    let spiking = match params.reset {
        Reset::Zero => Interval { lo: 0, hi: 0 },
        _ => fired.map(|u| u - theta),
    };
    if u.lo < first_firing {
        spiking.hull(Interval { lo: u.lo, hi: first_firing - 1 })
    } else {
        spiking
    }
}
