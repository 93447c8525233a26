//! Random legal networks, and a naive evaluation written from the semantics, shared by the tests.
#![allow(dead_code)] // each test file uses its part

use proptest::prelude::*;
use spikewright_ir::*;

pub const READOUTS: [Readout; 3] = [Readout::SpikeCount, Readout::Potential, Readout::FirstSpike];

/// Weights of a dense layer.
pub fn planes(l: &Layer) -> &BitMatrix {
    match &l.projections()[0].kind {
        ProjectionKind::Dense { planes } => &planes[0],
        other => panic!("not dense: {other:?}"),
    }
}

/// All weight planes of a dense layer.
pub fn stack(l: &Layer) -> &[BitMatrix] {
    match &l.projections()[0].kind {
        ProjectionKind::Dense { planes } => planes,
        other => panic!("not dense: {other:?}"),
    }
}

pub fn dense(layer: &mut Layer) -> &mut Dense {
    match &mut layer.kind {
        LayerKind::Dense(d) => d,
        other => panic!("not dense: {other:?}"),
    }
}

fn leak() -> impl Strategy<Value = Leak> {
    prop_oneof![
        Just(Leak::None),
        (1u8..=15).prop_map(Leak::Shift),
        (0u16..=256).prop_map(Leak::Scale),
    ]
}

fn params(n: usize) -> impl Strategy<Value = NeuronParams> {
    (
        0u8..=4,
        leak(),
        any::<bool>(),
        any::<bool>(),
        prop::collection::vec(0i32..200, n),
        prop::collection::vec(-40i32..40, n),
    )
        .prop_map(|(frac_bits, leak, above, zero, theta, bias)| NeuronParams {
            frac_bits,
            leak,
            fire: if above { FireRule::Above } else { FireRule::AtLeast },
            reset: if zero { Reset::Zero } else { Reset::Subtract },
            theta,
            bias,
        })
}

fn layer(i: usize, neurons: usize, source: Source, fan_in: usize) -> impl Strategy<Value = Layer> {
    (prop::collection::vec(any::<bool>(), neurons * fan_in), params(neurons)).prop_map(
        move |(bits, params)| {
            let row = |n: usize| BitVec::from_bits(bits[n * fan_in..][..fan_in].iter().copied());
            let plane = BitMatrix::from_rows((0..neurons).map(row).collect()).unwrap();
            let kind = ProjectionKind::Dense { planes: vec![plane] };
            let projection = Projection { source, delayed: false, gain_log2: 0, kind };
            Layer {
                name: format!("dense{i}"),
                kind: LayerKind::Dense(Dense { neurons, projections: vec![projection], params }),
            }
        },
    )
}

/// Legal on every preset: sizes that cross words, groups and tiles of the smallest.
pub fn network() -> impl Strategy<Value = Network> {
    let sizes =
        (prop::collection::vec((1usize..70, any::<prop::sample::Index>()), 0..3), 1usize..=32);
    (1usize..100, 1usize..=6, sizes, any::<prop::sample::Index>(), 0usize..3).prop_flat_map(
        |(inputs, ticks, (mut hidden, classes), last, readout)| {
            hidden.push((classes, last));
            let mut layers = Vec::new();
            for (i, (neurons, source)) in hidden.iter().enumerate() {
                let (source, fan_in) = match source.index(i + 1) {
                    0 => (Source::Input, inputs),
                    n => (Source::Layer(n - 1), hidden[n - 1].0),
                };
                layers.push(layer(i, *neurons, source, fan_in).boxed());
            }
            layers.prop_map(move |layers| Network {
                ticks,
                width_bits: 16,
                input: Shape::flat(inputs),
                input_planes: 1,
                layers,
                readout: READOUTS[readout],
            })
        },
    )
}

/// Bits of an input train from a seed.
pub fn train(seed: u64, ticks: usize, neurons: usize) -> SpikeTrain {
    let mut state = seed | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let density = next() % 8;
    let ticks = (0..ticks)
        .map(|_| BitVec::from_bits((0..neurons).map(|_| next() >> 20 & 7 <= density)))
        .collect();
    SpikeTrain::from_ticks(ticks, neurons)
}

/// What [`evaluate`] saw of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    pub spikes: Vec<BitVec>,
    pub sums: Vec<i64>,
    pub potentials: Vec<i64>,
}

/// The network at its own width, one neuron after the other.
pub fn evaluate(network: &Network, input: &SpikeTrain) -> Vec<Seen> {
    let half = 1i64 << (network.width_bits - 1);
    let sat = |x: i64| x.clamp(-half, half - 1);
    let mut seen: Vec<Seen> = Vec::new();
    for (l, layer) in network.layers.iter().enumerate() {
        let (p, weights) = (layer.params().unwrap(), planes(layer));
        let neurons = layer.shape().len();
        let mut v = vec![0i64; neurons];
        let mut now = Seen { spikes: vec![], sums: vec![], potentials: vec![] };
        for t in 0..network.ticks {
            let source = match layer.projections()[0].source {
                Source::Input => input.tick(t),
                Source::Layer(n) => &seen[n].spikes[t],
            };
            let mut out = BitVec::zeros(neurons);
            for (n, v) in v.iter_mut().enumerate() {
                let i: i64 =
                    source.ones().map(|j| if weights.row(n).get(j) { 1 } else { -1 }).sum();
                let rest = match p.leak {
                    Leak::None => *v,
                    Leak::Shift(k) => *v - (*v >> k),
                    Leak::Scale(m) => (*v * i64::from(m)) >> 8,
                };
                let sum = rest + (i << p.frac_bits) + i64::from(p.bias[n]);
                let (u, theta) = (sat(sum), i64::from(p.theta[n]));
                let s = !network.reads_potential(l)
                    && match p.fire {
                        FireRule::AtLeast => u >= theta,
                        FireRule::Above => u > theta,
                    };
                *v = match (s, p.reset) {
                    (false, _) => u,
                    (true, Reset::Zero) => 0,
                    (true, _) => sat(u - theta),
                };
                out.set(n, s);
                now.sums.push(sum);
                now.potentials.push(*v);
            }
            now.spikes.push(out);
        }
        seen.push(now);
    }
    seen
}
