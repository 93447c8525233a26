//! Steps: shards, their sum, and samples that do not know of each other.

use super::*;
use crate::{smooth::tasks::yinyang, train::Row};

const CONFIG: &str = "method = \"smooth\"\nepochs = 4\nbatch = 300\nhidden = [20]\nclasses = 3\n\
    flip = 0.0\noptimizer = { kind = \"adabelief\", learning_rate = 1e-2 }\n";
/// Two shards and a part of a third.
const SAMPLES: usize = 300;

fn trainer() -> (Trainer, Samples) {
    let config = SmoothConfig::from_toml(CONFIG).unwrap();
    (Trainer::new(&config, 5, SAMPLES, 1), yinyang::samples(SAMPLES, 1))
}

fn stream() -> Stream {
    Stream::named(1, "flips")
}

#[test]
fn shards_give_the_same_bytes_at_any_number_of_threads() {
    let batch: Vec<usize> = (0..SAMPLES).rev().collect();
    let run = |threads| {
        let (mut trainer, samples) = trainer();
        assert_eq!(trainer.shards.len(), 3);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let losses: Vec<u64> = pool.install(|| {
            (0..4)
                .map(|_| trainer.step(&samples, &batch, stream()).unwrap().loss.to_bits())
                .collect()
        });
        let bytes = |p: &LayerParams| -> Vec<u32> {
            let arrays = [&p.latent, &p.phases, &p.log_scale];
            arrays.iter().flat_map(|a| a.iter().map(|x| x.to_bits())).collect()
        };
        (losses, trainer.params.iter().map(bytes).collect::<Vec<_>>())
    };
    let one = run(1);
    assert!(one == run(3));
    assert!(one.0[3] != one.0[0], "something was learned");
}

#[test]
fn shards_add_up_to_one_pass() {
    let (mut trainer, samples) = trainer();
    let batch: Vec<usize> = (0..SAMPLES).collect();
    let report = trainer.pass(&samples, &batch, stream()).unwrap();
    sum(&mut trainer.shards);
    let net = &trainer.net;
    let (mut pass, mut whole) = (Pass::new(net, 1.0), Gradient::new(net));
    let (mut room, mut loss) = (Vec::new(), 0.0);
    for i in batch {
        let stimulus = samples.show(i, None, &mut room);
        pass.forward(net, stimulus).unwrap();
        let mut outputs = pass.outputs.clone();
        loss += first_spike(&mut outputs, samples.labels[i].into(), net.trial, 0.01);
        pass.backward(net, stimulus, &outputs, &mut whole);
    }
    assert!((report.loss * SAMPLES as f64 - loss).abs() < 1e-9 * loss);
    let close = |got: &[Row<f32>], expect: &[Row<f32>]| {
        let (got, expect) = (got.as_flattened(), expect.as_flattened());
        let most = expect.iter().fold(0f32, |m, x| m.max(x.abs()));
        let off = got.iter().zip(expect).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(most > 0.0 && off <= 1e-5 * most, "{off} of {most}");
    };
    let got = &trainer.shards[0].gradient;
    for l in 0..net.layers.len() {
        close(&got.weights[l], &whole.weights[l]);
        close(&got.phases[l], &whole.phases[l]);
    }
}

#[test]
fn samples_of_a_batch_are_as_they_are_alone() {
    let (mut trainer, samples) = trainer();
    let batch = [7, 3, 250, 7, 0];
    let (mut losses, mut right) = (0.0, 0);
    for n in 1..=batch.len() {
        trainer.pass(&samples, &batch[..n], stream()).unwrap();
        let (outputs, loss) = (trainer.shards[0].pass.outputs.clone(), trainer.shards[0].loss);
        let correct = trainer.shards[0].correct;
        let alone = trainer.pass(&samples, &batch[n - 1..n], stream()).unwrap();
        assert_eq!(trainer.shards[0].pass.outputs, outputs);
        losses += alone.loss;
        right += alone.correct;
        assert!(losses == loss && right == correct);
    }
}

#[test]
fn weights_that_are_too_large_change_nothing() {
    let (mut trainer, samples) = trainer();
    trainer.params[0].latent.fill(1e20);
    trainer.refresh();
    let before = trainer.params.clone();
    let batch: Vec<usize> = (0..SAMPLES).collect();
    assert_eq!(trainer.step(&samples, &batch, stream()).err(), Some(TooLarge));
    assert!(trainer.params == before && trainer.step == 0);
}
