//! What a training configuration may say, and how faults are reported.

mod common;

use spikewright_golden::{
    data::SeriesCode,
    genome::Wiring,
    train::{FineTuneConfig, Residual, SeriesConfig, TrainConfig, WeightKind},
};
use std::collections::BTreeSet;

fn edited(from: &str, to: &str) -> Result<TrainConfig, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/mnist.toml");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}");
    TrainConfig::from_toml(&text.replacen(from, to, 1)).map_err(|e| e.to_string())
}

#[test]
fn the_shipped_configurations_are_valid_and_survive_toml() {
    for file in [
        "mnist.toml",
        "mnist-agmm.toml",
        "mnist-ssdp.toml",
        "mnist-best.toml",
        "mnist-genome.toml",
        "mnist-conv.toml",
        "mnist-conv-small.toml",
        "mnist-planes.toml",
        "mnist-planes-4.toml",
        "motions.toml",
        "italy.toml",
    ] {
        let config = common::config(file, 20);
        let text = toml::to_string(&config).unwrap();
        assert_eq!(TrainConfig::from_toml(&text).unwrap(), config);
    }
}

#[test]
fn faults_name_the_key_and_the_remedy() {
    let cases = [
        ("epochs = 30", "epochs = 0", "epochs = 0: train for at least one epoch"),
        ("epochs = 30", "epoch = 20", "unknown field `epoch`"),
        ("epochs = 30", "epoch = 20", "did you mean `epochs`?"),
        ("kind = \"adam\"", "kind = \"adamm\"", "did you mean `adam`?"),
        ("triangle = 1.0", "triangel = 1.0", "did you mean `triangle`?"),
        ("kind = \"adam\"", "kind = \"adam\"\nmomentum = 0.5", "only for sgd"),
        ("kind = \"adam\"", "kind = \"adam\"\nweight_decay = -1.0", "optimizer.weight_decay"),
        ("kind = \"adam\"", "kind = \"adam\"\nclip_norm = 0.0", "optimizer.clip_norm"),
        (
            "[optimizer]",
            "[augment]\nrotate_degrees = 46.0\n[optimizer]",
            "rotate_degrees = 46.0: 0 to 45",
        ),
        (
            "[optimizer]",
            "[augment]\nscale = 0.5\n[optimizer]",
            "augment.scale = 0.5: 0 to below 0.5",
        ),
        ("[optimizer]", "[augment]\nshear = -0.1\n[optimizer]", "augment.shear = -0.1: 0 to 0.5"),
        ("[optimizer]", "[augment]\nelastic = 5.0\n[optimizer]", "augment.elastic = 5.0: 0 to 4"),
        ("[optimizer]", "[augment]\nrotate = 5.0\n[optimizer]", "unknown field `rotate`"),
        ("[optimizer]", "[schedule]\nwarm_up = 99.0\n[optimizer]", "schedule.warm_up"),
        ("\"one\"", "\"layer\"\nweights = \"float\"", "float weights carry their own scale"),
        ("batch = 128", "batch = 1", "batch = 1: 2 to 4096"),
        ("ticks = 4", "ticks = 33", "ticks = 33: 1 to 32"),
        ("learning_rate = 5e-3", "learning_rate = -1.0", "optimizer.learning_rate"),
        ("shift = 1 }", "shift = 16 }", "layer 0: leak = Shift(16)"),
        ("\"subtract\"", "\"zero_full\"", "training supports subtract and zero"),
        ("triangle = 1.0", "triangle = 0.0", "layer 0: surrogate"),
        ("neurons = 256", "neurons = 256\nneuron = 1", "unknown field `neuron`"),
        ("neurons = 256", "neurons = 256\nkernel = 3", "layer 0: kernel = 3"),
        ("neurons = 256", "channels = 8", "layer 0: kernel = 0: 1 to 31"),
        ("neurons = 256", "channels = 8\nkernel = 3\nrecurrent = true", "only a dense layer"),
        ("neurons = 256", "neurons = 256\nor_pool = 2", "only for a convolution"),
        ("neurons = 256", "neurons = 256\nplanes = 9", "layer 0: planes = 9: 1 to 8"),
        ("neurons = 256", "neurons = 256\nresidual = { from = 0 }", "from is an earlier layer"),
        ("\"level\"", "{ value = 9 }", "1 to 8 planes"),
        ("\"potential\"", "\"spike_count\"", "one neuron per class"),
        ("\"potential\"", "\"first_spike\"", "training supports potential and spike_count"),
        ("method = \"plain\"", "method = \"magic\"", "magic"),
    ];
    for (from, to, expect) in cases {
        let got = edited(from, to).unwrap_err();
        assert!(got.contains(expect), "{to}: {got}");
    }
}

/// Keys of a configuration with everything set, tables as `table.key`.
fn keys() -> BTreeSet<String> {
    let mut config = common::config("mnist.toml", 1);
    config.optimizer.momentum = Some(0.5);
    config.optimizer.clip_norm = Some(1.0);
    // Keys at their default are not written.
    let code = SeriesCode::Level { levels: 4 };
    config.series = Some(SeriesConfig { file: "a.npz".into(), code, windows: 2 });
    config.diagnostics = true;
    config.genome.wiring = Some(Wiring { interaction: vec![1.0], log_spread: vec![0.0] });
    config.output_weights = Some(WeightKind::Float);
    config.fine_tune = Some(FineTuneConfig { epochs: 1, frac_bits: 0, learning_rate: 0.1 });
    let l = &mut config.layers[0];
    (l.channels, l.kernel, l.stride, l.padding) = (3, 3, 2, 1);
    (l.average_pool, l.or_pool, l.or_pool_stride) = (2, 2, Some(2));
    (l.recurrent, l.planes, l.detach_reset, l.gain) = (true, 2, false, 0.5);
    l.residual = Some(Residual { from: 0, gain_log2: 1 });
    let serde_json::Value::Object(fields) = serde_json::to_value(&config).unwrap() else {
        panic!("a table");
    };
    let mut out = BTreeSet::new();
    for (key, value) in fields {
        let table = value.as_array().map_or(&value, |layers| &layers[0]);
        match table.as_object() {
            Some(table) => out.extend(table.keys().map(|inner| format!("{key}.{inner}"))),
            None => drop(out.insert(key)),
        }
    }
    out
}

#[test]
fn the_documentation_has_a_row_for_every_key_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/training.md");
    let text = std::fs::read_to_string(path).unwrap();
    let section = text.split("\n## ").find(|s| s.starts_with("Keys")).unwrap();
    let documented: BTreeSet<String> = section
        .lines()
        .filter_map(|l| Some(l.strip_prefix("| `")?.split_once('`')?.0.to_owned()))
        .collect();
    assert_eq!(documented, keys());
}
