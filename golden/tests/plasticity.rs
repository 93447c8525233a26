//! Surrogate training with plasticity: what it must not change, and what it must.

mod common;

use common::run;
use spikewright_golden::{
    Reference,
    freeze::{FreezeOptions, freeze},
    train::{
        Checkpoint, Control, EpochReport, Method, Modulation, Progress, TrainConfig, TrainingData,
        resume, train,
    },
};
use spikewright_ir::Readout;

fn config(method: Method) -> TrainConfig {
    let mut config = common::config("mnist.toml", 3);
    (config.shift_pixels, config.batch, config.method) = (0, 64, method);
    config.layers[0].neurons = 64;
    // Two and a half times what is published.
    let p = &mut config.plasticity;
    (p.ssdp.a_plus, p.ssdp.a_minus) = (3.75e-4, 1.25e-4);
    config
}

fn data(config: &TrainConfig) -> TrainingData {
    common::subset(&common::mnist().train, 2_400, config)
}

#[test]
fn amplitudes_of_zero_change_no_bit_and_others_do() {
    let plain = config(Method::Plain);
    let data = data(&plain);
    let (expect, reports) = run(&plain, &data);
    assert!(reports.iter().all(|r| r.plasticity.is_none()));
    for method in [Method::Ssdp, Method::Stdp] {
        let mut silent = config(method);
        (silent.plasticity.ssdp.a_plus, silent.plasticity.ssdp.a_minus) = (0.0, 0.0);
        (silent.plasticity.stdp.a_plus, silent.plasticity.stdp.a_minus) = (0.0, 0.0);
        assert!(run(&silent, &data) == (expect.clone(), reports.clone()), "{method:?}");
        let mut at_work = config(method);
        at_work.plasticity.start_epoch = 2;
        at_work.plasticity.layers = vec![1];
        let (model, reports) = run(&at_work, &data);
        assert!(model != expect, "{method:?} changes nothing");
        assert!(reports[0].plasticity.is_none());
        assert!(
            reports[1..]
                .iter()
                .all(|r| r.plasticity.is_some_and(|p| p.share > 0.0 && p.share < 1.0))
        );
        for control in [Control::RandomSigns, Control::Decay] {
            let mut other = at_work.clone();
            other.plasticity.control = control;
            assert!(run(&other, &data).0 != model, "{control:?}");
        }
        for modulation in [Modulation::Gate, Modulation::Reward] {
            let mut other = at_work.clone();
            other.plasticity.modulation = modulation;
            let (modulated, reports) = run(&other, &data);
            assert!(modulated != model, "{modulation:?}");
            assert!(reports[0].plasticity.is_none());
        }
    }
}

#[test]
fn runs_are_the_same_at_any_number_of_threads_and_after_a_stop() {
    same_after_a_stop(config(Method::Ssdp));
    // The gate's warm-up is the first epoch; the stop comes behind it.
    let mut gated = config(Method::Ssdp);
    (gated.plasticity.modulation, gated.plasticity.start_epoch) = (Modulation::Gate, 2);
    same_after_a_stop(gated);
}

fn same_after_a_stop(config: TrainConfig) {
    let data = data(&config);
    let mut checkpoints: Vec<Checkpoint> = Vec::new();
    let whole = train(&config, &data, |p| {
        if let Progress::Epoch { checkpoint, .. } = p {
            checkpoints.push(checkpoint.clone());
        }
    })
    .unwrap();
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    assert!(alone.install(|| run(&config, &data).0) == whole, "threads matter");
    let again = resume(&config, &data, Some(&checkpoints[0]), |_| {}).unwrap();
    assert!(again == whole, "a stop matters");
}

#[test]
fn a_plastic_network_freezes_and_a_hundred_times_the_change_hurts() {
    let mut config = config(Method::Ssdp);
    config.epochs = 48;
    let data = data(&config);
    let accuracy = |config: &TrainConfig| {
        let (model, reports) = run(config, &data);
        let held_out = data.held_out.encode(&model.encoder);
        let (network, report) = freeze(&model, &held_out, &FreezeOptions::default()).unwrap();
        assert!(report.within_bounds, "{report:?}");
        let reference = Reference::new(&network).unwrap();
        let integer = reference.evaluate(&held_out.inputs, &held_out.labels).unwrap();
        (integer.accuracy(), reports)
    };
    let (normal, reports) = accuracy(&config);
    let normally = reports[2].plasticity.unwrap();
    let at_bound = |reports: &[EpochReport]| reports[47].plasticity.unwrap().at_bound;
    assert!(at_bound(&reports) < 0.05, "{:?}", reports[47]);
    assert!(normally.share > 0.001 && normally.share < 0.3, "{normally:?}");
    let mut much = config.clone();
    (much.plasticity.ssdp.a_plus, much.plasticity.ssdp.a_minus) = (3.75e-2, 1.25e-2);
    let (hurt, reports) = accuracy(&much);
    assert!(reports[2].plasticity.unwrap().share > 0.5, "{:?}", reports[2]);
    let at_bound = at_bound(&reports);
    assert!(at_bound >= 0.5 || hurt < normal - 0.03, "{normal} {hurt} {at_bound}");
}

#[test]
fn layers_that_cannot_be_plastic_are_refused() {
    let refused = |layers: &[usize]| {
        let mut config = config(Method::Ssdp);
        config.plasticity.layers = layers.to_vec();
        config.check().unwrap_err().to_string()
    };
    for layers in [&[0][..], &[2]] {
        let text = refused(layers);
        assert!(text.contains("plasticity.layers") && text.contains("not the first"), "{text}");
    }
    // The only layer of all is the first and the last.
    let mut alone = config(Method::Ssdp);
    (alone.readout, alone.layers[0].neurons) = (Readout::SpikeCount, alone.classes);
    assert!(alone.check().unwrap_err().to_string().contains("plasticity.layers = [0]"));
    let mut config = config(Method::Ssdp);
    config.plasticity.modulation = Modulation::Gate;
    assert!(config.check().unwrap_err().to_string().contains("whose warm-up is the epochs before"));
    config.plasticity.start_epoch = 4;
    assert!(config.check().unwrap_err().to_string().contains("plasticity.start_epoch = 4"));
    let text = "method = \"sdsp\"";
    assert!(TrainConfig::from_toml(text).unwrap_err().to_string().contains("ssdp"));
}
