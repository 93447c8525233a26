//! Runs that end before their last epoch: early stopping, and training that diverges.

mod common;

use spikewright_golden::{
    model::{FloatModel, Gate},
    train::{
        Checkpoint, OptimizerKind, Progress, ScheduleKind, TrainConfig, TrainError, TrainingData,
        resume, train,
    },
};

/// The model after every epoch, its validation accuracy, and the model the run ends with.
fn models(config: &TrainConfig, data: &TrainingData) -> (Vec<FloatModel>, Vec<f64>, FloatModel) {
    let (mut cut, mut accuracy) = (Vec::new(), Vec::new());
    let end = train(config, data, |p| {
        if let Progress::Epoch { report, checkpoint } = p {
            accuracy.push(report.validation_accuracy);
            cut.push(checkpoint.clone());
        }
    });
    // Resuming where nothing is left to do gives the model as it stood.
    let at = |c: &Checkpoint| {
        let mut json = serde_json::to_value(c).unwrap();
        json["config"]["patience"] = 1.into();
        json["best"]["stale"] = 1.into();
        let c: Checkpoint = serde_json::from_value(json).unwrap();
        resume(c.config(), data, Some(&c), |_| panic!("nothing is left to do")).unwrap()
    };
    (cut.iter().map(at).collect(), accuracy, end.unwrap())
}

#[test]
fn the_earliest_best_epoch_is_kept() {
    let mut config = common::config("mnist.toml", 8);
    // A rate this large makes the accuracy jump about.
    config.optimizer.learning_rate = 0.1;
    config.schedule.kind = ScheduleKind::Constant;
    let data = common::subset(&common::mnist().train, 600, &config);
    let (each, accuracy, last) = models(&config, &data);
    assert!(last == each[7], "without keep_best the last epoch counts");
    config.keep_best = true;
    let (kept, same, end) = models(&config, &data);
    assert_eq!(accuracy, same);
    for (epoch, kept) in kept.iter().enumerate() {
        let best = (0..=epoch).fold(0, |b, e| if accuracy[e] > accuracy[b] { e } else { b });
        assert!(*kept == each[best], "after epoch {epoch} of {accuracy:?}");
    }
    assert!(end == kept[7] && end != last, "the last epoch is the best: {accuracy:?}");
    // Nothing gets better than the first epoch: of equals the earliest stays.
    config.optimizer.learning_rate = 1e-30;
    config.layers[0].batch_norm = false;
    config.epochs = 3;
    let (_, accuracy, end) = models(&config, &data);
    config.epochs = 1;
    assert!(accuracy[1..].iter().all(|a| *a == accuracy[0]));
    assert!(end == models(&config, &data).2);
}

#[test]
fn a_gate_that_still_varies_is_never_kept() {
    let mut config = common::config("mnist-agmm.toml", 4);
    config.keep_best = true;
    config.patience = 3;
    config.gate.anneal_start = 0.1;
    config.gate.anneal_end = 0.4;
    config.optimizer.learning_rate = 1e-30;
    let data = common::subset(&common::mnist().train, 600, &config);
    let constant =
        |m: &FloatModel| m.layers.iter().all(|l| !matches!(l.gate, Gate::Varying { .. }));
    let (each, _, end) = models(&config, &data);
    assert!(!constant(&each[0]) && constant(&end));
}

fn epochs(config: &TrainConfig, data: &TrainingData) -> (Vec<Checkpoint>, Option<TrainError>) {
    let mut kept = Vec::new();
    let ended = train(config, data, |p| {
        if let Progress::Epoch { checkpoint, .. } = p {
            kept.push(checkpoint.clone());
        }
    });
    (kept, ended.err())
}

#[test]
fn a_run_without_progress_stops_after_its_patience_and_stays_stopped() {
    let mut config = common::config("mnist.toml", 6);
    config.patience = 2;
    // Nothing moves, so validation never gets better than after the first epoch.
    config.optimizer.learning_rate = 1e-30;
    config.layers[0].batch_norm = false;
    let data = common::subset(&common::mnist().train, 600, &config);
    let (kept, error) = epochs(&config, &data);
    assert!(error.is_none());
    assert_eq!(kept.iter().map(Checkpoint::epochs_done).collect::<Vec<_>>(), [1, 2, 3]);
    let again = |c| resume(&config, &data, Some(c), |_| panic!("nothing is left to do")).unwrap();
    assert!(again(&kept[2]) == resume(&config, &data, Some(&kept[1]), |_| {}).unwrap());
    config.patience = 0;
    assert_eq!(epochs(&config, &data).0.len(), 6);
}

#[test]
fn a_diverging_run_stops_without_a_bad_checkpoint() {
    let mut config = common::config("mnist.toml", 3);
    config.optimizer.kind = OptimizerKind::Sgd;
    config.optimizer.learning_rate = 1e38;
    config.schedule.kind = ScheduleKind::Constant;
    let data = common::subset(&common::mnist().train, 600, &config);
    let (kept, error) = epochs(&config, &data);
    let text = error.unwrap().to_string();
    assert!(kept.is_empty() && text.starts_with("training diverged in epoch 1, step "), "{text}");
    assert!(text.contains("lower optimizer.learning_rate or set optimizer.clip_norm"), "{text}");
}
