//! A run that stops and goes on ends with the same bytes as one that does not.

mod common;

use spikewright_golden::train::{AugmentConfig, Checkpoint, Progress, ScheduleKind, resume, train};

#[test]
fn a_resumed_run_ends_with_the_same_bytes() {
    let images = common::mnist().train;
    for (file, epochs) in [("mnist.toml", 3), ("mnist-agmm.toml", 3)] {
        let mut config = common::config(file, epochs);
        config.augment =
            AugmentConfig { rotate_degrees: 10.0, scale: 0.1, shear: 0.1, elastic: 1.0 };
        let data = common::subset(&images, 1_000, &config);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("run").join("checkpoint.json");
        let mut unbroken = Vec::new();
        let expect = train(&config, &data, |p| {
            if let Progress::Epoch { report, checkpoint } = p {
                unbroken.push(report.clone());
                if report.epoch <= 2 {
                    checkpoint.write(&path).unwrap();
                }
            }
        })
        .unwrap();
        let checkpoint = Checkpoint::read(&path).unwrap();
        assert_eq!(checkpoint.epochs_done(), 2);
        assert_eq!(checkpoint.config(), &config);
        let mut reports = Vec::new();
        let model = resume(&config, &data, Some(&checkpoint), |p| {
            if let Progress::Epoch { report, .. } = p {
                reports.push(report.clone());
            }
        })
        .unwrap();
        assert_eq!(reports, unbroken[2..]);
        let bytes = |m| serde_json::to_vec(m).unwrap();
        assert!(bytes(&model) == bytes(&expect), "{file}: the models differ");
    }
}

#[test]
fn the_kept_model_travels_in_the_checkpoint() {
    let images = common::mnist().train;
    let mut config = common::config("mnist.toml", 8);
    config.keep_best = true;
    // A rate this large makes the accuracy jump about.
    config.optimizer.learning_rate = 0.1;
    config.schedule.kind = ScheduleKind::Constant;
    let data = common::subset(&images, 600, &config);
    let dir = tempfile::tempdir().unwrap();
    let path = |epoch: usize| dir.path().join(format!("{epoch}.json"));
    let mut accuracy = Vec::new();
    let expect = train(&config, &data, |p| {
        if let Progress::Epoch { report, checkpoint } = p {
            accuracy.push(report.validation_accuracy);
            checkpoint.write(&path(report.epoch)).unwrap();
        }
    })
    .unwrap();
    let last = accuracy[7];
    assert!(accuracy[..7].iter().any(|a| *a > last), "the last epoch is the best: {accuracy:?}");
    for epoch in 1..=8 {
        let checkpoint = Checkpoint::read(&path(epoch)).unwrap();
        assert!(resume(&config, &data, Some(&checkpoint), |_| {}).unwrap() == expect, "{epoch}");
    }

    let text = std::fs::read_to_string(path(8)).unwrap();
    let tampered = text.replacen("\"alpha\":[1.0,", "\"alpha\":[", 1);
    assert_ne!(text, tampered);
    std::fs::write(path(8), tampered).unwrap();
    let short = Checkpoint::read(&path(8)).unwrap();
    let refused = resume(&config, &data, Some(&short), |_| {}).unwrap_err().to_string();
    assert!(refused.contains("kept models differ"), "{refused}");
}

#[test]
fn a_checkpoint_of_another_run_is_refused() {
    let images = common::mnist().train;
    let config = common::config("mnist.toml", 1);
    let data = common::subset(&images, 300, &config);
    let mut kept = None;
    train(&config, &data, |p| {
        if let Progress::Epoch { checkpoint, .. } = p {
            kept = Some(checkpoint.clone());
        }
    })
    .unwrap();
    let checkpoint = kept.unwrap();
    let message = |config, data| resume(config, data, Some(&checkpoint), |_| {}).unwrap_err();
    let mut other = config.clone();
    other.seed = 9;
    assert!(message(&other, &data).to_string().contains("configurations differ"));
    let fewer = common::subset(&images, 290, &config);
    assert!(message(&config, &fewer).to_string().contains("numbers of training images differ"));

    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("c.json");
    checkpoint.write(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let text = Checkpoint::read(&path).unwrap_err().to_string();
    assert!(text.contains("c.json: not a checkpoint of this version"), "{text}");
    // One value less in the first array: no panic, an error.
    let text = String::from_utf8(bytes).unwrap();
    let at = text.find("\"values\":\"").unwrap() + 10;
    std::fs::write(&path, format!("{}{}", &text[..at], &text[at + 8..])).unwrap();
    let short = Checkpoint::read(&path).unwrap();
    let refused = resume(&config, &data, Some(&short), |_| {}).unwrap_err().to_string();
    assert!(refused.contains("sizes of a layer differ"), "{refused}");
}
