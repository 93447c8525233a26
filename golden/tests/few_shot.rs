//! Few-shot training from configuration to result: sources of tasks, and what adaptation gains.

use spikewright_golden::{
    data::Images,
    meta::{
        Family, FewShotConfig, FewShotData, FewShotMethod, FewShotProgress, Pool, Source, Tasks,
        check_few_shot, freeze_body, frozen, measure, train_few_shot,
    },
    rng::Stream,
};
use std::{collections::BTreeSet, path::Path};

fn configs() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs")
}

fn config(name: &str) -> FewShotConfig {
    let text = std::fs::read_to_string(configs().join(name)).unwrap();
    FewShotConfig::from_toml(&text).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn no_digits() -> Result<[Images; 2], String> {
    Err("no digits here".into())
}

/// Samples of a pool as spikes, each once.
fn samples(pool: &Pool) -> BTreeSet<Vec<Vec<usize>>> {
    let ones = |x: spikewright_ir::InputTrain| -> Vec<Vec<usize>> {
        (0..x.ticks()).map(|t| x.planes[0].tick(t).ones().collect()).collect()
    };
    pool.encode_all().into_iter().map(ones).collect()
}

#[test]
fn recipes_are_sound_and_their_parts_share_nothing() {
    for name in ["glyphs.toml", "machines.toml"] {
        let config = config(name);
        let data = FewShotData::open(&config, &configs(), &no_digits).unwrap();
        check_few_shot(&config, &data).unwrap();
        let [train, validation, test] =
            [&data.train, &data.validation, &data.test].map(|t| samples(&t.pool));
        assert!(train.len() > 500 && validation.len() > 200 && test.len() > 500, "{name}");
        for (a, b) in [(&train, &validation), (&train, &test), (&validation, &test)] {
            // Two machines may show resting windows by the same few spikes; no images are the same.
            let most = if name == "machines.toml" { b.len() / 100 } else { 0 };
            assert!(a.intersection(b).count() <= most, "{name}");
        }
    }
    let text = std::fs::read_to_string(configs().join("omniglot.toml")).unwrap();
    let Source::Omniglot { train, validation, test, .. } =
        FewShotConfig::from_toml(&text).unwrap().tasks.source
    else {
        panic!("omniglot expected")
    };
    assert_eq!((train, validation, test), (vec![1, 3, 4, 5, 6], vec![0], vec![2, 7]));
}

#[test]
fn digits_are_split_by_class() {
    let mut config = config("glyphs.toml");
    (config.tasks.source, config.tasks.ways) = (Source::Digits, 4);
    let images = |n: usize, shade: usize| Images {
        height: 28,
        width: 28,
        pixels: (0..n * 784)
            .map(|j| if j % 784 / 28 == j / 784 % 10 { shade as u8 } else { 0 })
            .collect(),
        labels: (0..n).map(|i| (i % 10) as u8).collect(),
    };
    let digits = || Ok([images(12_000, 200), images(400, 100)]);
    let data = FewShotData::open(&config, &configs(), &digits).unwrap();
    let classes = [&data.train, &data.validation, &data.test].map(|t| t.pool.classes());
    assert_eq!(classes, [24, 6, 4]);
    assert!(FewShotData::open(&config, &configs(), &no_digits).is_err());
    config.tasks.ways = 5;
    let said = FewShotData::open(&config, &configs(), &digits).unwrap_err().to_string();
    assert!(said.contains("4 classes of 40 samples"), "{said}");
}

/// A small run on machines: adaptation gains, whole tasks and single samples are what they should be.
#[test]
fn new_machines_are_learned_from_three_samples() {
    let mut config = config("machines.toml");
    (config.body.epochs, config.body.episodes, config.test.tasks) = (2, 20, 300);
    config.layers[0].neurons = 48;
    config.test.steps = Some(1);
    let data = FewShotData::open(&config, &configs(), &no_digits).unwrap();
    let mut epochs = Vec::new();
    let model = train_few_shot(&config, &data, None, &mut |p| {
        if let FewShotProgress::Epoch { report, .. } = p {
            epochs.push(report.clone());
        }
    })
    .unwrap();
    assert_eq!(epochs.len(), 2);
    assert!(epochs[1].loss < epochs[0].loss, "{epochs:?}");
    let found = measure(&model, &data).unwrap();
    let gain = found.gain.unwrap();
    assert_eq!(gain.tasks, 300);
    assert!(gain.mean - gain.half > 0.0, "adapted minus not adapted: {gain}");
    // Before the first step the head is 0 and says class 0.
    let chance = found.steps[0];
    assert!((chance.mean - 0.25).abs() <= chance.half + 1e-12, "{chance}");
    assert!(found.steps[1].mean > 0.4, "{}", found.steps[1]);
}

/// All layers adapt, and what is frozen decides as what is not.
#[test]
fn networks_of_adapted_parameters_decide_as_the_parameters() {
    let mut config = config("machines.toml");
    (config.body.epochs, config.body.episodes, config.method) = (1, 10, FewShotMethod::Maml);
    (config.meta.epochs, config.meta.iterations, config.meta.tasks) = (1, 2, 2);
    config.meta.inner_rate = 0.05;
    let data = FewShotData::open(&config, &configs(), &no_digits).unwrap();
    let model = train_few_shot(&config, &data, None, &mut |_| ()).unwrap();
    let net = model.net().unwrap();
    let tasks: &Tasks = &data.test;
    let (mut same, mut all, mut moved) = (0, 0, 0);
    for k in 0..6 {
        let task = tasks.task(Stream::named(3, "frozen").child(k));
        let shots = spikewright_golden::meta::Shots::new(&task, &net);
        let path = model.inner(3).adapt(&net, &model.theta, &shots.support());
        let network = frozen(&model, &net, path.end()).unwrap();
        moved +=
            usize::from(freeze_body(&model.body, 4).unwrap().layers[..] != network.layers[..2]);
        let reference = spikewright_golden::Reference::new(&network).unwrap();
        let ready = spikewright_golden::meta::Ready::new(
            &net,
            path.end(),
            spikewright_golden::meta::Mode::Spike,
        );
        for (shot, example) in task.query.iter().zip(shots.query()) {
            let logits =
                ready.forward(example.sample, spikewright_golden::meta::Mode::Spike).logits;
            let best = (1..4).fold(0, |b, c| if logits[c] > logits[b] { c } else { b });
            same += usize::from(reference.run(&shot.input).unwrap().decision.class == best);
            all += 1;
        }
    }
    assert!(moved > 0, "no body moved");
    assert!(10 * same >= 9 * all, "{same} of {all} decisions are the same");
}
