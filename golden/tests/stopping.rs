//! Runs that end before their last epoch: early stopping, and training that diverges.

mod common;

use spikewright_golden::train::{
    Checkpoint, OptimizerKind, Progress, ScheduleKind, TrainConfig, TrainError, TrainingData,
    resume, train,
};

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
