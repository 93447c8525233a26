//! `docs/semantics.md` against the code: every table of worked examples in the document is parsed
//! and computed by the reference model or the freezing code.

use spikewright_golden::{
    Reference,
    data::{Encoder, Encoding},
    freeze::freeze_at,
    model::{FloatLayer, FloatModel},
    reference::{Rules, fire, integrate, reset},
};
use spikewright_ir::{
    BitMatrix, BitVec, Conv, Decision, Dense, FireRule, InputTrain, Layer, LayerKind, Leak,
    Network, NeuronParams, OrPool, Projection, ProjectionKind, Readout, Reset, Shape, Source,
    SpikeTrain, Transcript,
};
use std::fs;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/semantics.md");

/// (line before the table, header cells, rows of cells) of every table.
fn tables() -> Vec<(String, Vec<String>, Vec<Vec<String>>)> {
    let text = fs::read_to_string(DOCUMENT).unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.trim().trim_matches('|').split('|').map(|c| c.trim().to_string()).collect()
    };
    let mut out: Vec<(String, Vec<String>, Vec<Vec<String>>)> = Vec::new();
    let (mut before, mut inside) = (String::new(), false);
    for line in text.lines() {
        if !line.starts_with('|') {
            inside = false;
            if !line.trim().is_empty() {
                before = line.to_string();
            }
        } else if !inside {
            inside = true;
            out.push((before.clone(), cells(line), Vec::new()));
        } else if !line.starts_with("|--") {
            out.last_mut().unwrap().2.push(cells(line));
        }
    }
    out
}

/// Tables whose first header cell starts with `name`; there must be some.
fn named(name: &str) -> Vec<(String, Vec<Vec<String>>)> {
    let found: Vec<_> = tables()
        .into_iter()
        .filter(|(_, header, _)| header[0].starts_with(name))
        .map(|(before, _, rows)| (before, rows))
        .collect();
    assert!(!found.is_empty(), "the document has no table {name:?}");
    found
}

fn bits(text: &str) -> BitVec {
    BitVec::from_bits(text.chars().filter(|c| !c.is_whitespace()).map(|c| c == '1'))
}

fn numbers(text: &str) -> Vec<i64> {
    text.split_whitespace().map(|n| n.parse().unwrap()).collect()
}

#[test]
fn neurons() {
    let examples = named("tick");
    assert!(examples.len() >= 6);
    for (before, rows) in examples {
        let rule = |key: &str| {
            let mut pairs = before.strip_prefix("neuron:").unwrap().split_whitespace();
            pairs.find_map(|p| p.strip_prefix(&format!("{key}="))).unwrap().to_string()
        };
        let leak = match rule("leak").split_once(':') {
            None => Leak::None,
            Some(("shift", k)) => Leak::Shift(k.parse().unwrap()),
            Some((_, m)) => Leak::Scale(m.parse().unwrap()),
        };
        let rules = Rules {
            width_bits: rule("B").parse().unwrap(),
            frac_bits: rule("F").parse().unwrap(),
            leak,
            fire: if rule("fire") == "above" { FireRule::Above } else { FireRule::AtLeast },
            reset: match rule("reset").as_str() {
                "subtract" => Reset::Subtract,
                "zero" => Reset::Zero,
                "subtract_delayed" => Reset::SubtractDelayed,
                "zero_full" => Reset::ZeroFull,
                other => panic!("{other}"),
            },
        };
        let (theta, bias): (i32, i32) =
            (rule("theta").parse().unwrap(), rule("bias").parse().unwrap());
        let (mut v, mut z) = (0, false);
        for row in rows {
            let u = integrate(&rules, v, row[1].parse().unwrap(), bias, theta, z);
            let s = fire(rules.fire, u, theta);
            v = reset(&rules, u, theta, s);
            z = s;
            let got = [u, i32::from(s), v].map(|n| n.to_string());
            assert_eq!(got, row[2..5], "{before}, tick {}", row[0]);
        }
    }
}

fn params(units: usize, theta: i32) -> NeuronParams {
    NeuronParams {
        frac_bits: 0,
        leak: Leak::None,
        fire: FireRule::AtLeast,
        reset: Reset::Subtract,
        theta: vec![theta; units],
        bias: vec![0; units],
    }
}

fn projection(kind: ProjectionKind) -> Projection {
    Projection { source: Source::Input, delayed: false, gain_log2: 0, kind }
}

fn run(input: Shape, train: InputTrain, kinds: Vec<LayerKind>, readout: Readout) -> Transcript {
    let network = Network {
        ticks: train.ticks(),
        width_bits: 16,
        input,
        input_planes: train.planes.len() as u8,
        layers: kinds.into_iter().map(|kind| Layer { name: "a".into(), kind }).collect(),
        readout,
    };
    Reference::new(&network).unwrap().run(&train).unwrap()
}

#[test]
fn currents() {
    for row in named("current").remove(0).1 {
        let values = numbers(&row[0]);
        let planes = row[1]
            .split_whitespace()
            .map(|p| BitMatrix::from_rows(vec![bits(p)]).unwrap())
            .collect();
        let count = 64 - values.iter().max().unwrap().max(&1).leading_zeros() as usize;
        let train = InputTrain {
            planes: (0..count)
                .map(|q| {
                    let tick = BitVec::from_bits(values.iter().map(|v| v >> q & 1 == 1));
                    SpikeTrain::from_ticks(vec![tick], values.len())
                })
                .collect(),
        };
        let dense = Dense {
            neurons: 1,
            projections: vec![projection(ProjectionKind::Dense { planes })],
            params: params(1, 1),
        };
        let input = Shape::flat(values.len());
        let got = run(input, train, vec![LayerKind::Dense(dense)], Readout::Potential);
        // A sum is written out term by term, plane by plane.
        let expect: i32 = row[2]
            .replace("- ", "-")
            .replace("+ ", "")
            .split(' ')
            .fold(0, |a, n| a + n.parse::<i32>().unwrap());
        assert_eq!(got.layers[0].potentials[0], [expect], "{row:?}");
    }
}

fn image(text: &str) -> (Shape, InputTrain) {
    let rows: Vec<_> = text.split_whitespace().collect();
    let shape = Shape { channels: 1, height: rows.len(), width: rows[0].len() };
    (shape, SpikeTrain::from_ticks(vec![bits(text)], shape.len()).into())
}

#[test]
fn convolutions() {
    for row in named("convolution").remove(0).1 {
        let (input, train) = image(&row[0]);
        let kernel: Vec<_> = row[1].split_whitespace().collect();
        let (kh, kw) = (kernel.len(), kernel[0].len());
        let (stride, padding) = (row[2].parse().unwrap(), row[3].parse::<usize>().unwrap());
        let side = |n: usize, k: usize| (n + 2 * padding - k) / stride + 1;
        let shape =
            Shape { channels: 1, height: side(input.height, kh), width: side(input.width, kw) };
        let planes = vec![BitMatrix::from_rows(vec![bits(&row[1])]).unwrap()];
        let kind = ProjectionKind::Conv { planes, kernel: [kh, kw], stride, padding };
        let conv = Conv { shape, projections: vec![projection(kind)], params: params(1, 1) };
        let got = run(input, train, vec![LayerKind::Conv(conv)], Readout::Potential);
        let v: Vec<_> = got.layers[0].potentials[0].iter().map(|&v| i64::from(v)).collect();
        assert_eq!(v, numbers(&row[4]), "{row:?}");
    }
}

#[test]
fn pools() {
    for row in named("pool").remove(0).1 {
        let (input, train) = image(&row[0]);
        let (k, stride): (usize, usize) = (row[1].parse().unwrap(), row[2].parse().unwrap());
        let side = |n: usize| (n - k) / stride + 1;
        let shape = Shape { channels: 1, height: side(input.height), width: side(input.width) };
        let pool = OrPool { shape, source: Source::Input, k, stride };
        // A network ends in neurons: one that adds up the pooled spikes.
        let mut p = projection(ProjectionKind::Dense {
            planes: vec![BitMatrix::from_rows(vec![BitVec::zeros(shape.len())]).unwrap()],
        });
        p.source = Source::Layer(0);
        let dense = Dense { neurons: 1, projections: vec![p], params: params(1, 1) };
        let kinds = vec![LayerKind::OrPool(pool), LayerKind::Dense(dense)];
        let got = run(input, train, kinds, Readout::Potential);
        assert_eq!(*got.layers[0].spikes.tick(0), bits(&row[3]), "{row:?}");
    }
}

#[test]
fn readouts() {
    for row in named("readout").remove(0).1 {
        let ticks: Vec<_> = row[1].split_whitespace().map(bits).collect();
        let classes = ticks[0].len();
        let readout = match row[0].as_str() {
            "spike_count" => Readout::SpikeCount,
            "first_spike" => Readout::FirstSpike,
            _ => Readout::Potential,
        };
        // Identity synapses and a threshold of 1 repeat the input.
        let dense = Dense {
            neurons: classes,
            projections: vec![projection(ProjectionKind::Identity)],
            params: params(classes, 1),
        };
        let train = SpikeTrain::from_ticks(ticks, classes).into();
        let got = run(Shape::flat(classes), train, vec![LayerKind::Dense(dense)], readout);
        let expect = Decision { class: row[2].parse().unwrap(), undecided: row[3] == "yes" };
        assert_eq!(got.decision, expect, "{row:?}");
    }
}

#[test]
fn freezing() {
    for row in named("freeze").remove(0).1 {
        let number = |i: usize| row[i].parse::<f64>().unwrap();
        let weights = BitMatrix::from_rows(vec![bits("10")]).unwrap();
        let layer = FloatLayer::dense("a", weights.into(), vec![number(0)], vec![number(1)]);
        let model = FloatModel {
            encoder: Encoder { encoding: Encoding::Level, ticks: 1, seed: 0 }.into(),
            input: Shape::flat(2),
            layers: vec![layer],
            readout: Readout::SpikeCount,
            genome: None,
        };
        let f = row[2].parse().unwrap();
        let network =
            freeze_at(&model, &[f], row[3].parse().unwrap(), false, &mut Vec::new()).unwrap();
        let p = network.layers[0].params().unwrap();
        assert_eq!([p.theta[0].to_string(), p.bias[0].to_string()], row[4..6], "{row:?}");
        let ProjectionKind::Dense { planes } = &network.layers[0].projections()[0].kind else {
            panic!("dense expected");
        };
        let expect = if row[6] == "inverted" { "01" } else { "10" };
        assert_eq!(*planes[0].row(0), bits(expect), "{row:?}");
    }
}
