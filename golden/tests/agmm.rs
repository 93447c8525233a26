//! Training runs with and without the gate, and runs that end on integers.

mod common;

use common::run;
use spikewright_golden::{
    Reference,
    freeze::{FreezeOptions, freeze},
    model::Gate,
    train::{
        Checkpoint, EpochReport, Estimator, FineTuneConfig, GateMode, LayerConfig, Method,
        Progress, TrainConfig, WeightKind, resume, train,
    },
};
use spikewright_ir::Reset;

fn sgd(epochs: usize, rate: f32) -> TrainConfig {
    let mut config = common::config("mnist.toml", epochs);
    (config.shift_pixels, config.batch) = (0, 32);
    config.optimizer.kind = spikewright_golden::train::OptimizerKind::Sgd;
    config.optimizer.learning_rate = rate;
    config.loss = spikewright_golden::train::Loss::Mean;
    let layer = LayerConfig { neurons: 128, reset: Reset::Zero, ..config.layers[0].clone() };
    config.layers = vec![layer.clone(), layer];
    config
}

fn gated(config: &TrainConfig, mode: GateMode) -> TrainConfig {
    let mut config = config.clone();
    config.method = Method::Agmm;
    config.gate.mode = mode;
    config
}

#[test]
fn without_a_gate_and_with_a_constant_of_1_training_is_the_same_to_the_last_bit() {
    let config = sgd(2, 0.3);
    let data = common::subset(&common::mnist().train, 1_200, &config);
    let mut one = gated(&config, GateMode::Constant);
    one.gate.constant = 1.0;
    let mut half = one.clone();
    half.gate.constant = 0.5;
    let plain = run(&config, &data);
    assert!(plain == run(&one, &data), "a constant of 1 changes something");
    let (model, reports) = run(&half, &data);
    assert!(reports != plain.1, "a constant of 1/2 changes nothing");
    assert_eq!(model.layers[0].gate, Gate::Constant(0.5));
    assert_eq!(model.layers[2].gate, Gate::Constant(1.0));
}

#[test]
fn diagnostics_change_no_bit_and_controls_do() {
    let config = gated(&sgd(2, 0.3), GateMode::SampleChannel);
    let data = common::subset(&common::mnist().train, 1_200, &config);
    let (model, reports) = run(&config, &data);
    let shown = TrainConfig { diagnostics: true, ..config.clone() };
    let (same, mut seen) = run(&shown, &data);
    assert!(same == model, "looking changes the model");
    for report in &mut seen {
        let layers = std::mem::take(&mut report.layers);
        assert_eq!(layers.len(), 3);
        for l in &layers {
            assert!(l.flips_per_step_sum >= l.flips_per_epoch && l.flips_per_epoch > 0.0, "{l:?}");
            assert!(l.flips_per_step_max <= l.flips_per_step_sum && l.gradient_variance > 0.0);
        }
        assert!(layers[..2].iter().all(|l| l.firing_rate > 0.01 && l.firing_rate < 0.9));
        assert_eq!(layers[2].firing_rate, 0.0);
    }
    assert_eq!(seen, reports);
    for estimator in [Estimator::Reste(3.0), Estimator::Adaptive(0.5)] {
        assert!(run(&TrainConfig { estimator, ..config.clone() }, &data).0 != model);
    }
    let mut gain = config.clone();
    gain.layers[0].gain = 0.5;
    let mut stopped = config.clone();
    stopped.gate.stop_gradient = true;
    assert!([gain, stopped].iter().all(|c| run(c, &data).0 != model));
}

#[test]
fn where_signs_flip_often_the_gate_lowers_flips_and_firing() {
    let output_weights = Some(WeightKind::Float);
    let config = TrainConfig { diagnostics: true, batch: 128, output_weights, ..sgd(4, 0.5) };
    let data = common::subset(&common::mnist().train, 4_800, &config);
    let (mut flips, mut accuracy) = ([0.0; 2], [0.0; 2]);
    for seed in 1..=3 {
        let plain = TrainConfig { seed, ..config.clone() };
        let gate = gated(&plain, GateMode::SampleLayer);
        let runs = [run(&plain, &data).1, run(&gate, &data).1];
        let hidden = |e: &EpochReport| {
            // 784·128 and 128·128 weights.
            (784.0 * e.layers[0].flips_per_epoch + 128.0 * e.layers[1].flips_per_epoch) / 912.0
        };
        assert!(hidden(&runs[0][0]) > 0.03, "too few flips: {}", hidden(&runs[0][0]));
        for (k, reports) in runs.iter().enumerate() {
            flips[k] += reports.iter().map(hidden).sum::<f64>() / 3.0;
            accuracy[k] += reports[3].validation_accuracy / 3.0;
        }
        // Epochs in which the gate is at work; it fades from the middle on.
        for (plain, gate) in runs[0].iter().zip(&runs[1]).take(2) {
            let rate = |e: &EpochReport| e.layers[0].firing_rate + e.layers[1].firing_rate;
            assert!(rate(gate) < rate(plain), "seed {seed}: {} {}", rate(gate), rate(plain));
        }
    }
    assert!(flips[1] < flips[0], "{flips:?}");
    assert!(accuracy[1] > accuracy[0] - 0.005, "{accuracy:?}");
}

#[test]
fn channel_constants_freeze_exactly_and_unknown_words_are_refused() {
    let config = gated(&sgd(3, 0.1), GateMode::Batch);
    let data = common::subset(&common::mnist().train, 3_000, &config);
    let (model, _) = run(&config, &data);
    let Gate::Channels(c) = &model.layers[0].gate else {
        panic!("a constant per channel expected")
    };
    assert!(c.len() == 128 && c.iter().any(|x| *x != c[0]));
    let held_out = data.held_out.encode(&model.encoder);
    let (_, report) = freeze(&model, &held_out, &FreezeOptions::default()).unwrap();
    assert!(report.within_bounds, "{report:?}");
    let text = |line: &str| {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/mnist-agmm.toml");
        let text = std::fs::read_to_string(path).unwrap();
        TrainConfig::from_toml(&format!("{line}\n{text}")).unwrap_err().to_string()
    };
    let message = text("estimater = \"straight_through\"");
    assert!(message.contains("did you mean `estimator`?"), "{message}");
    let message = text("estimator = { rest = 2.0 }");
    assert!(message.contains("did you mean `reste`?"), "{message}");
    assert!(text("estimator = { reste = 0.5 }").contains("reste is 1 to 8"));
    let tune =
        |keys: &str| text(&format!("fine_tune = {{ {keys}, frac_bits = 0, learning_rate = 1.0 }}"));
    assert!(tune("epochs = 30").contains("fine_tune.epochs = 30: at least 1, and less than"));
    assert!(text("output_weights = \"float\"\nkeep_best = 1").contains("keep_best"));
}

#[test]
fn fine_tuning_is_the_same_again_and_after_a_stop() {
    let mut config = gated(&sgd(4, 0.1), GateMode::SampleChannel);
    config.layers.truncate(1);
    config.fine_tune = Some(FineTuneConfig { epochs: 2, frac_bits: 0, learning_rate: 0.01 });
    let data = common::subset(&common::mnist().train, 3_000, &config);
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    let mut reports = Vec::new();
    let model = train(&config, &data, |p| {
        if let Progress::Epoch { checkpoint, report } = p {
            checkpoints.push(checkpoint.clone());
            reports.push(report.clone());
        }
    })
    .unwrap();
    assert!(run(&config, &data) == (model.clone(), reports.clone()), "not the same again");
    // From before fine-tuning, and from its middle.
    for checkpoint in &checkpoints[1..3] {
        let again = resume(&config, &data, Some(checkpoint), |_| {}).unwrap();
        assert!(again == model, "not the same after a stop");
    }
    // What validation saw is the network that freezing makes.
    let options = FreezeOptions { frac_bits: Some(0), ..FreezeOptions::default() };
    let held_out = data.held_out.encode(&model.encoder);
    let (network, _) = freeze(&model, &held_out, &options).unwrap();
    let run =
        Reference::new(&network).unwrap().evaluate(&held_out.inputs, &held_out.labels).unwrap();
    assert_eq!(run.accuracy(), reports[3].validation_accuracy);
    assert!(run.accuracy() > 0.8, "{}", run.accuracy());
}
