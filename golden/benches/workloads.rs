//! The workloads of `spikewright bench`: training steps of 128 samples of 784-256-10 and of
//! 16c5-p2-32c5-p2-512-10 at 8 ticks, and frozen inference of 1,280. Frozen inference of a convolutional
//! network of random weights at 2 ticks.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use spikewright_golden::{
    Reference, bench,
    data::{Encoder, Encoding, Mnist},
    rng::{Sequence, Stream},
    train::{Stepper, WeightKind},
};
use spikewright_ir::{
    BitMatrix, BitVec, Conv, Dense, FireRule, Layer, LayerKind, Leak, Network, NeuronParams,
    OrPool, Projection, ProjectionKind, Readout, Reset, Shape, Source, WeightPlanes,
};
use std::{path::Path, time::Duration};

fn mlp(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/mnist");
    let images = Mnist::load(&folder).expect("the repository's MNIST").train.first(1_280);
    let mut group = c.benchmark_group("training");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements(128));
    for weights in [WeightKind::Binary, WeightKind::Float] {
        let mut stepper = Stepper::new(&bench::mlp_config(weights), &images).expect("valid");
        group.bench_function(format!("mlp-train/{weights:?}").to_lowercase(), |b| {
            b.iter(|| stepper.step());
        });
    }
    for weights in [WeightKind::Binary, WeightKind::Float] {
        let mut stepper = Stepper::new(&bench::conv_config(weights), &images).expect("valid");
        group.bench_function(format!("conv-train/{weights:?}").to_lowercase(), |b| {
            b.iter(|| stepper.step());
        });
    }
    group.throughput(Throughput::Elements(1_280));
    let (reference, set) = bench::mlp_frozen(&images).expect("trains and freezes");
    group.bench_function("mlp-infer", |b| b.iter(|| reference.evaluate(&set.inputs, &set.labels)));
    group.finish();
}

/// 24c5s2-48c3-p2-48c3-p2-10 on 28x28, padded by 2 and 1. The weights are random; thresholds give
/// about the activity of a trained network: 640, 470 and 100 spikes per tick in the convolutions.
fn conv_network() -> Network {
    let mut draw = Stream::named(1, "conv").sequence();
    let shape = |channels, side| Shape { channels, height: side, width: side };
    let conv = |draw: &mut Sequence, k: usize, inputs: usize, to: Shape, side, stride, theta| {
        let source = if k == 0 { Source::Input } else { Source::Layer(k - 1) };
        let (kernel, padding) = ([side, side], side / 2);
        let planes = planes(draw, to.channels, inputs * side * side);
        let kind = ProjectionKind::Conv { planes, kernel, stride, padding };
        let projections = vec![Projection { source, delayed: false, gain_log2: 0, kind }];
        let params = params(to.channels, theta);
        LayerKind::Conv(Conv { shape: to, projections, params })
    };
    let pool = |k: usize, shape| {
        LayerKind::OrPool(OrPool { shape, source: Source::Layer(k - 1), k: 2, stride: 2 })
    };
    let dense = {
        let kind = ProjectionKind::Dense { planes: planes(&mut draw, 10, 48 * 9) };
        let source = Source::Layer(4);
        let projections = vec![Projection { source, delayed: false, gain_log2: 0, kind }];
        LayerKind::Dense(Dense { neurons: 10, projections, params: params(10, 10) })
    };
    let kinds = [
        conv(&mut draw, 0, 1, shape(24, 14), 5, 2, THETA[0]),
        conv(&mut draw, 1, 24, shape(48, 14), 3, 1, THETA[1]),
        pool(2, shape(48, 7)),
        conv(&mut draw, 3, 48, shape(48, 7), 3, 1, THETA[2]),
        pool(4, shape(48, 3)),
        dense,
    ];
    let layer = |(k, kind)| Layer { name: format!("{k}"), kind };
    Network {
        ticks: 2,
        width_bits: 16,
        input: shape(1, 28),
        input_planes: 1,
        layers: kinds.into_iter().enumerate().map(layer).collect(),
        readout: Readout::SpikeCount,
    }
}

/// Thresholds of the three convolutions.
const THETA: [i32; 3] = [1, 14, 14];

fn planes(draw: &mut Sequence, rows: usize, columns: usize) -> WeightPlanes {
    let row = |_| BitVec::from_bits((0..columns).map(|_| draw.word() & 1 == 1).collect::<Vec<_>>());
    vec![BitMatrix::from_rows((0..rows).map(row).collect()).expect("rows of one length")]
}

fn params(units: usize, theta: i32) -> NeuronParams {
    NeuronParams {
        frac_bits: 0,
        leak: Leak::Scale(230),
        fire: FireRule::AtLeast,
        reset: Reset::Subtract,
        theta: vec![theta; units],
        bias: vec![0; units],
    }
}

fn conv(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/mnist");
    let images = Mnist::load(&folder).expect("the repository's MNIST").train.first(1_280);
    let set = images.encode(&Encoder { encoding: Encoding::Level, ticks: 2, seed: 1 });
    let reference = Reference::new(&conv_network()).expect("valid");
    let activity = reference.evaluate(&set.inputs, &set.labels).expect("it fits").activity;
    println!("conv: {activity:?}");
    let mut group = c.benchmark_group("conv");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements(1_280));
    group.bench_function("conv-infer", |b| b.iter(|| reference.evaluate(&set.inputs, &set.labels)));
    group.finish();
}

criterion_group!(benches, mlp, conv);
criterion_main!(benches);
