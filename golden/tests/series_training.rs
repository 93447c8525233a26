//! Networks on real series, end to end: training, freezing, the integer reference.

use spikewright_golden::{
    Reference,
    data::{Code, SeriesSet},
    freeze::{FreezeOptions, freeze},
    model::FloatModel,
    train::{Checkpoint, Progress, TrainConfig, TrainingData, resume, train},
};
use spikewright_ir::{ProjectionKind, Source};
use std::path::Path;

fn config(name: &str) -> (TrainConfig, SeriesSet) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs");
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let config = TrainConfig::from_toml(&text).unwrap();
    let set = SeriesSet::read(&folder.join(&config.series.as_ref().unwrap().file)).unwrap();
    (config, set)
}

#[test]
fn a_recurrent_network_learns_movements_and_freezes() {
    let (config, set) = config("motions.toml");
    let data = TrainingData::series(&set, Path::new("motions.npz"), &config).unwrap();
    assert_eq!((data.train.len(), data.held_out.len()), (32, 8));
    let model = train(&config, &data, |_| {}).unwrap();
    let Code::Series(source) = &model.encoder else { panic!("series expected") };
    let test = source.series.encode_all(&set.test).unwrap();
    let float = model.accuracy(&test).unwrap();
    let held_out = data.held_out.encode(&model.encoder);
    let (network, _) = freeze(&model, &held_out, &FreezeOptions::default()).unwrap();
    let own = &network.layers[0].projections()[1];
    assert!(own.delayed && own.source == Source::Layer(0));
    let ProjectionKind::Dense { planes } = &own.kind else { panic!("dense expected") };
    assert_eq!((planes.len(), planes[0].rows(), planes[0].columns()), (4, 32, 32));
    let reference = Reference::new(&network).unwrap();
    let integer = reference.evaluate(&test.inputs, &test.labels).unwrap();
    assert!(float >= 0.9 && integer.accuracy() >= 0.85, "{float} {}", integer.accuracy());
    // The model's file repeats it, encoder included.
    let dir = tempfile::tempdir().unwrap();
    model.write(&dir.path().join("m.json")).unwrap();
    assert!(FloatModel::read(&dir.path().join("m.json")).unwrap() == model);
}

#[test]
fn a_resumed_run_on_series_ends_with_the_same_bytes() {
    let (mut config, set) = config("motions.toml");
    config.epochs = 5;
    let data = TrainingData::series(&set, Path::new("motions.npz"), &config).unwrap();
    let mut kept: Option<Checkpoint> = None;
    let expect = train(&config, &data, |p| {
        if let Progress::Epoch { report, checkpoint } = p
            && report.epoch == 2
        {
            kept = Some(checkpoint.clone());
        }
    })
    .unwrap();
    assert!(resume(&config, &data, kept.as_ref(), |_| {}).unwrap() == expect);
}

/// A network without memory, for which the hours of a day lie side by side.
#[test]
fn windows_tell_when_a_value_came() {
    let (config, set) = config("italy.toml");
    let data = TrainingData::series(&set, Path::new("italy.npz"), &config).unwrap();
    assert_eq!((data.train.len(), data.held_out.len(), data.shape.len()), (60, 7, 24 * 8));
    let model = train(&config, &data, |_| {}).unwrap();
    let held_out = data.held_out.encode(&model.encoder);
    let (network, _) = freeze(&model, &held_out, &FreezeOptions::default()).unwrap();
    let Code::Series(source) = &model.encoder else { panic!("series expected") };
    let test = source.series.encode_all(&set.test).unwrap();
    let reference = Reference::new(&network).unwrap();
    let integer = reference.evaluate(&test.inputs, &test.labels).unwrap();
    assert!(integer.accuracy() >= 0.92, "{}", integer.accuracy());
}

#[test]
fn what_does_not_fit_is_refused() {
    let (config, set) = config("motions.toml");
    let refuse = |change: &dyn Fn(&mut TrainConfig)| {
        let mut config = config.clone();
        change(&mut config);
        match config.check() {
            Err(e) => e.to_string(),
            Ok(()) => TrainingData::series(&set, Path::new("a.npz"), &config)
                .and_then(|data| train(&config, &data, |_| {}))
                .unwrap_err()
                .to_string(),
        }
    };
    assert!(refuse(&|c| c.shift_pixels = 1).contains("are for images"));
    assert!(refuse(&|c| c.classes = 3).contains("label 3 with 3 classes"));
    assert!(refuse(&|c| c.series = None).contains("series without a [series] table"));
    assert!(refuse(&|c| c.series.as_mut().unwrap().windows = 0).contains("windows 0"));
    assert!(refuse(&|c| c.layers[0].neurons = 0).contains("channels and kernel instead"));
}
