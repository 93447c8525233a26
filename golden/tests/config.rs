//! What a training configuration may say, and how faults are reported.

mod common;

use spikewright_golden::train::TrainConfig;

fn edited(from: &str, to: &str) -> Result<TrainConfig, String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/mnist.toml");
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from}");
    TrainConfig::from_toml(&text.replacen(from, to, 1)).map_err(|e| e.to_string())
}

#[test]
fn the_shipped_configurations_are_valid_and_survive_toml() {
    for file in ["mnist.toml", "mnist-agmm.toml"] {
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
        ("[optimizer]", "[schedule]\nwarm_up = 99.0\n[optimizer]", "schedule.warm_up"),
        ("\"one\"", "\"layer\"\nweights = \"float\"", "float weights carry their own scale"),
        ("batch = 128", "batch = 1", "batch = 1: 2 to 4096"),
        ("ticks = 4", "ticks = 33", "ticks = 33: 1 to 32"),
        ("learning_rate = 5e-3", "learning_rate = -1.0", "optimizer.learning_rate"),
        ("shift = 1 }", "shift = 16 }", "layer 0: leak = Shift(16)"),
        ("\"subtract\"", "\"zero_full\"", "training supports subtract and zero"),
        ("triangle = 1.0", "triangle = 0.0", "layer 0: surrogate"),
        ("neurons = 256", "neurons = 256\nneuron = 1", "unknown field `neuron`"),
        ("\"potential\"", "\"spike_count\"", "one neuron per class"),
        ("\"potential\"", "\"first_spike\"", "training supports potential and spike_count"),
        ("method = \"plain\"", "method = \"magic\"", "magic"),
    ];
    for (from, to, expect) in cases {
        let got = edited(from, to).unwrap_err();
        assert!(got.contains(expect), "{to}: {got}");
    }
}
