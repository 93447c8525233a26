//! Same seed, same bytes: training does not depend on the number of threads.

mod common;

use spikewright_golden::{
    data::Encoding,
    freeze::{FreezeOptions, freeze},
    train::{
        AugmentConfig, GateMode, LayerConfig, Loss, Method, Residual, TrainConfig, WeightKind,
        train,
    },
};
use spikewright_ir::Readout;

/// Model and frozen network as bytes, trained on `threads` threads.
fn bytes(config: &TrainConfig, threads: usize) -> Vec<u8> {
    let images = common::mnist().train;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let data = common::subset(&images, 1_000, config);
        let model = train(config, &data, |_| {}).unwrap();
        let held_out = data.held_out.encode(&model.encoder);
        let mut out = serde_json::to_vec(&model).unwrap();
        let options = FreezeOptions { frac_bits: Some(4), ..FreezeOptions::default() };
        // A model whose gate has not faded cannot be frozen; its bytes are still compared.
        if let Ok((network, report)) = freeze(&model, &held_out, &options) {
            out.extend(serde_json::to_vec(&(network, report)).unwrap());
        }
        out
    })
}

#[test]
fn threads_do_not_change_a_byte() {
    let mut plain = common::config("mnist.toml", 2);
    plain.batch = 100;
    let mut deep = plain.clone();
    deep.layers[0].neurons = 64;
    deep.layers.push(deep.layers[0].clone());
    deep.encoding = Encoding::Rate;
    deep.ticks = 6;
    deep.augment = AugmentConfig { rotate_degrees: 10.0, scale: 0.1, shear: 0.1, elastic: 1.0 };
    let mut gated = deep.clone();
    gated.method = Method::Agmm;
    gated.gate.mode = GateMode::Batch;
    let mut counted = plain.clone();
    counted.readout = Readout::SpikeCount;
    counted.layers.push(counted.layers[0].clone());
    counted.layers[1].neurons = 10;
    let mut float = deep.clone();
    float.loss = Loss::EveryTick;
    float.optimizer.clip_norm = Some(0.5);
    float.layers[0].weights = WeightKind::Float;
    float.layers[1].batch_norm = false;
    let mut conv = deep.clone();
    conv.encoding = Encoding::Value(3);
    let kernel =
        |channels, kernel| LayerConfig { neurons: 0, channels, kernel, ..deep.layers[0].clone() };
    conv.layers = vec![
        LayerConfig { stride: 2, or_pool: 2, ..kernel(6, 5) },
        LayerConfig { padding: 1, planes: 3, ..kernel(6, 3) },
        LayerConfig {
            residual: Some(Residual { from: 1, gain_log2: 1 }),
            padding: 1,
            ..kernel(6, 3)
        },
        LayerConfig { neurons: 20, recurrent: true, ..deep.layers[0].clone() },
    ];
    for config in [plain, deep, gated, counted, float, conv] {
        let one = bytes(&config, 1);
        for threads in [2, 3] {
            assert!(one == bytes(&config, threads), "{threads} threads differ: {config:?}");
        }
        let mut other = config.clone();
        other.seed += 1;
        assert!(one != bytes(&other, 1), "the seed has no effect: {config:?}");
    }
}
