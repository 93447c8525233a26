//! 784-256-10 at 8 ticks: a training step of 128 samples, and frozen inference of 1,280.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use spikewright_golden::{
    bench,
    data::Mnist,
    train::{Stepper, WeightKind},
};
use std::{path::Path, time::Duration};

fn mlp(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/mnist");
    let images = Mnist::load(&folder).expect("the repository's MNIST").train.first(1_280);
    let mut group = c.benchmark_group("mlp");
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    group.throughput(Throughput::Elements(128));
    for weights in [WeightKind::Binary, WeightKind::Float] {
        let mut stepper = Stepper::new(&bench::mlp_config(weights), &images).expect("valid");
        group.bench_function(format!("train/{weights:?}").to_lowercase(), |b| {
            b.iter(|| stepper.step());
        });
    }
    group.throughput(Throughput::Elements(1_280));
    let (reference, set) = bench::mlp_frozen(&images).expect("trains and freezes");
    group.bench_function("infer", |b| b.iter(|| reference.evaluate(&set.inputs, &set.labels)));
    group.finish();
}

criterion_group!(benches, mlp);
criterion_main!(benches);
