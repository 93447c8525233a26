//! What the tests of the command line share: the program, and small data.

use spikewright::{
    data,
    golden::{data::Images, rng::Stream},
    ir::*,
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The program, in a folder of its own.
pub fn spikewright(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_spikewright"));
    command.args(arguments).current_dir(dir);
    command
}

/// Runs the program and wants it to succeed; its standard output.
#[track_caller]
pub fn succeed(dir: &Path, arguments: &[&str]) -> String {
    let out = spikewright(dir, arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        out.status.success(),
        "{arguments:?}: {}\n{}\n{}",
        out.status,
        text(&out.stdout),
        text(&out.stderr)
    );
    text(&out.stdout)
}

/// Runs the program and wants it to refuse without leaving anything behind; what it says. The
/// folder's own name becomes `DIR`.
#[track_caller]
pub fn refuse(dir: &Path, arguments: &[&str]) -> String {
    let before = listing(dir);
    let out: Output = spikewright(dir, arguments).output().unwrap();
    let text = String::from_utf8_lossy(&out.stderr).replace(&dir.display().to_string(), "DIR");
    assert!(matches!(out.status.code(), Some(1 | 2)), "{arguments:?}: {}\n{text}", out.status);
    assert_eq!(listing(dir), before, "{arguments:?} left something behind");
    text.trim_end().to_string()
}

/// Every file and folder below `dir`, with its bytes.
pub fn listing(dir: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let content = if path.is_dir() {
                folders.push(path.clone());
                None
            } else {
                Some(fs::read(&path).unwrap())
            };
            found.push((path, content));
        }
    }
    found.sort();
    found
}

/// A JSON file.
pub fn json(path: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A configuration that trains in a second or less.
pub fn config(epochs: usize) -> String {
    format!(
        "method = \"plain\"\nepochs = {epochs}\nbatch = 32\nvalidation = 4000\nticks = 4\n\
         encoding = \"level\"\nclasses = 10\n\n[optimizer]\nkind = \"adam\"\n\
         learning_rate = 1e-2\n\n[[layer]]\nneurons = 24\nleak = {{ shift = 1 }}\n"
    )
}

/// A folder with the first `train` and `test` digits, for `--data`.
pub fn digits(dir: &Path, train: usize, test: usize) {
    fs::create_dir_all(dir).unwrap();
    let mnist = data::mnist(None).unwrap();
    let write = |prefix: &str, images: &Images| {
        let sizes = [images.len(), images.height, images.width].map(|n| n as u32);
        let file = |dimensions: &[u32], content: &[u8]| {
            let mut out = vec![0, 0, 8, dimensions.len() as u8];
            dimensions.iter().for_each(|n| out.extend(n.to_be_bytes()));
            out.extend(content);
            out
        };
        let name = |kind: &str| dir.join(format!("{prefix}-{kind}-ubyte"));
        fs::write(name("images-idx3"), file(&sizes, &images.pixels)).unwrap();
        fs::write(name("labels-idx1"), file(&sizes[..1], &images.labels)).unwrap();
    };
    write("train", &mnist.train.first(train));
    write("t10k", &mnist.test.first(test));
}

/// Dense layers of these sizes with random weights, thresholds at which some neurons spike, and
/// a spike count readout.
pub fn network(sizes: &[usize]) -> Network {
    let r = &mut Stream::named(1, "test-network").sequence();
    let mut layers = Vec::new();
    for (k, pair) in sizes.windows(2).enumerate() {
        let (fan_in, neurons) = (pair[0], pair[1]);
        let mut bits = BitMatrix::zeros(neurons, fan_in);
        for row in 0..neurons {
            (0..fan_in).for_each(|column| bits.row_mut(row).set(column, r.below(2) == 1));
        }
        let source = if k == 0 { Source::Input } else { Source::Layer(k - 1) };
        let kind = ProjectionKind::Dense { planes: vec![bits] };
        layers.push(Layer {
            name: format!("dense{k}"),
            kind: LayerKind::Dense(Dense {
                neurons,
                projections: vec![Projection { source, delayed: false, gain_log2: 0, kind }],
                params: NeuronParams {
                    frac_bits: 0,
                    leak: Leak::Shift(1),
                    fire: FireRule::AtLeast,
                    reset: Reset::Subtract,
                    theta: vec![(fan_in as f64).sqrt() as i32 / 3 + 1; neurons],
                    bias: vec![0; neurons],
                },
            }),
        });
    }
    Network {
        ticks: 4,
        width_bits: 16,
        input: Shape::flat(sizes[0]),
        input_planes: 1,
        layers,
        readout: Readout::SpikeCount,
    }
}
