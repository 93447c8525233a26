//! The experiments of `docs/few-shot.md`:
//! `cargo run --release -p spikewright-golden --example few_shot -- attributes [seed]`.

use spikewright_golden::{
    Reference,
    freeze::freeze_at,
    meta::*,
    rng::Stream,
    train::{LayerConfig, Surrogate, TrainConfig, WeightKind},
};
use spikewright_ir::{Leak, Shape};
use std::{collections::BTreeMap, path::Path};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("attributes") => attributes(&args[1..]),
        Some("body") => body_run(&args[1..]),
        Some("judge") => judge_run(&args[1..]),
        _ => Err("attributes [key=value …] | body NPZ CONFIG EPISODES SHARPNESS".into()),
    }
}

/// `key=value` arguments over defaults.
struct Knobs(BTreeMap<String, f64>);

impl Knobs {
    fn new(args: &[String], defaults: &[(&str, f64)]) -> Result<Self, Failure> {
        let mut out: BTreeMap<String, f64> =
            defaults.iter().map(|(k, v)| ((*k).to_string(), *v)).collect();
        for arg in args {
            let (key, value) = arg.split_once('=').ok_or(format!("{arg}: give key=value"))?;
            if !out.contains_key(key) {
                return Err(format!("{key}: not one of {:?}", out.keys()).into());
            }
            out.insert(key.into(), value.parse()?);
        }
        Ok(Self(out))
    }

    fn of(&self, key: &str) -> f64 {
        self.0[key]
    }
}

fn attributes(args: &[String]) -> Result<(), Failure> {
    let knobs = Knobs::new(
        args,
        &[
            ("seed", 1.0),
            ("iterations", 400.0),
            ("slope", 10.0),
            ("spread", 1.0),
            ("rate", 0.5),
            ("scale", 4.0),
            ("outer", 5e-3),
            ("hidden", 48.0),
            ("learn", 0.0),
            ("tests", 300.0),
            ("beta", 0.0),
            ("through", 1.0),
            ("clip", 5.0),
            ("attributes", 8.0),
            ("drivers", 1.0),
            ("amplitude", 0.25),
        ],
    )?;
    let seed = knobs.of("seed") as u64;
    let layer = LayerConfig {
        weights: WeightKind::Float,
        batch_norm: false,
        surrogate: Surrogate::FastSigmoid(knobs.of("slope") as f32),
        ..LayerConfig::dense(knobs.of("hidden") as usize, Leak::Scale(205))
    };
    let mut net = Net::new(&[layer], Shape::flat(48), 8, 2, knobs.of("scale"))?;
    net.layers[0].rule.through_reset = knobs.of("through") > 0.0;
    let drive = Drive {
        attributes: knobs.of("attributes") as usize,
        drivers: knobs.of("drivers") as usize,
        amplitude: knobs.of("amplitude"),
    };
    let family = Attributes::new(seed, 5, 10, drive);
    let mut start = net.fresh(seed, knobs.of("spread"));
    start[net.range(Part::Beta(0)).ok_or("no shifts")?].fill(knobs.of("beta"));
    let options = MetaOptions {
        method: MetaMethod::Maml,
        seed,
        iterations: knobs.of("iterations") as usize,
        tasks: 4,
        steps: 2,
        inner_rate: knobs.of("rate"),
        learn_rates: knobs.of("learn") > 0.0,
        grid: None,
        outer_rate: knobs.of("outer"),
        clip_norm: knobs.of("clip"),
    };
    let tests = knobs.of("tests") as usize;
    let (validation, test) = (Stream::named(seed, "validation"), Stream::named(seed, "test"));
    let show = |name: &str, found: &[Interval]| {
        let cells: Vec<String> = found.iter().map(Interval::to_string).collect();
        println!("{name:<28} {}", cells.join(" | "));
    };
    for method in MetaMethod::ALL {
        let mut options = MetaOptions { method, ..options.clone() };
        options.learn_rates &= method != MetaMethod::Reptile;
        let mut last = 0.0;
        let learned = meta_train(&net, start.clone(), &family, &options, |s| {
            last = 0.98 * last + 0.02 * s.loss;
        })?;
        let inner = Inner { steps: 5, ..learned.inner };
        show(
            &format!("{method:?} (loss {last:.3})"),
            &evaluate(&net, &learned.theta, &inner, &family, test, tests),
        );
        if method == MetaMethod::Anil {
            println!("oracle on its body           {}", oracle(&net, &learned.theta, seed, drive)?);
        }
    }
    println!("oracle on the fresh body     {}", oracle(&net, &start, seed, drive)?);
    let joint_options = MetaOptions { method: MetaMethod::Fomaml, steps: 0, ..options.clone() };
    let joint = meta_train(&net, start.clone(), &family, &joint_options, |_| {})?.theta;
    for (name, theta) in [("joint", &joint), ("scratch", &start)] {
        for method in [MetaMethod::Fomaml, MetaMethod::Anil] {
            let at = |rate: f64| Inner { rates: method.rates(&net, rate), steps: 5, grid: None };
            let rates = [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0];
            let judge =
                |rate: f64| evaluate(&net, theta, &at(rate), &family, validation, 100)[2].mean;
            let scores = rates.map(judge);
            let best = (0..rates.len()).fold(0, |b, i| if scores[i] > scores[b] { i } else { b });
            let found = evaluate(&net, theta, &at(rates[best]), &family, test, tests);
            let what = if method == MetaMethod::Anil { "head" } else { "full" };
            show(&format!("{name} {what}, rate {}", rates[best]), &found);
        }
    }
    Ok(())
}

/// Accuracy of heads trained on 1,000 examples of their task, over 16 tasks of 1,000 more.
fn oracle(net: &Net, theta: &[f64], seed: u64, drive: Drive) -> Result<Interval, Failure> {
    let family = Attributes::new(seed, 500, 500, drive);
    let accuracies: Vec<f64> = (0..16)
        .map(|k| {
            let shots = Shots::new(&family.task(Stream::named(seed, "oracle").child(k)), net);
            let inner = Inner { rates: MetaMethod::Anil.rates(net, 0.1), steps: 200, grid: None };
            let path = inner.adapt(net, theta, &shots.support());
            accuracy(net, path.end(), &shots.query())
        })
        .collect();
    Ok(Interval::of(&accuracies))
}

/// Values above 64 are stretched, so that the level code's thresholds 64 and 192 act at 64 and 128.
fn stretched(gallery: &Gallery) -> Gallery {
    let mut out = gallery.clone();
    for v in &mut out.images.pixels {
        *v = if *v > 64 { v.saturating_add(*v - 64) } else { *v };
    }
    out
}

fn body_run(args: &[String]) -> Result<(), Failure> {
    let [npz, config, episodes, sharpness, out] = args else { return Err("five arguments".into()) };
    let omniglot = Omniglot::read(Path::new(npz))?;
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(config)?)?;
    config.readout = spikewright_ir::Readout::SpikeCount;
    let train = stretched(&omniglot.of(&[1, 3, 4, 5, 6])).with_rotations();
    let validation = stretched(&omniglot.of(&[0]));
    println!(
        "{} classes to train on, {} to validate",
        train.classes.len(),
        validation.classes.len()
    );
    let ink = train.images.pixels.iter().filter(|v| **v > 64).count() as f64
        / train.images.pixels.len() as f64;
    println!("ink {ink:.3}");
    let options = EmbeddingOptions {
        ways: 20,
        shots: 1,
        queries: 5,
        episodes: episodes.parse()?,
        sharpness: sharpness.parse()?,
    };
    let start = std::time::Instant::now();
    let mut sum = 0.0;
    let model = train_body(&config, &train, &options, |done, loss, model| {
        sum += loss;
        if done % 100 == 0 {
            eprint!("{done} {:.4} {:.0} s", sum / 100.0, start.elapsed().as_secs_f64());
            sum = 0.0;
            if done % 300 == 0 {
                match judge(&model(), &validation, &config) {
                    Ok(found) => eprint!(" {found:?}"),
                    Err(e) => eprint!(" {e}"),
                }
            }
            eprintln!();
        }
    })?;
    println!("{:?}", judge(&model, &validation, &config)?);
    println!("on training classes {:?}", judge(&model, &train, &config)?);
    model.write(Path::new(out))?;
    Ok(())
}

fn judge_run(args: &[String]) -> Result<(), Failure> {
    let [npz, config, file, alphabets @ ..] = args else { return Err("arguments".into()) };
    let omniglot = Omniglot::read(Path::new(npz))?;
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(config)?)?;
    config.readout = spikewright_ir::Readout::SpikeCount;
    let alphabets: Vec<i64> = alphabets.iter().map(|a| a.parse()).collect::<Result<_, _>>()?;
    let gallery = stretched(&omniglot.of(&alphabets));
    let model = spikewright_golden::model::FloatModel::read(Path::new(file))?;
    for (k, v) in judge(&model, &gallery, &config)? {
        println!("{k:<40} {v}");
    }
    Ok(())
}

/// Integer accuracy of class means on a gallery.
fn judge(
    model: &spikewright_golden::model::FloatModel,
    gallery: &Gallery,
    config: &TrainConfig,
) -> Result<BTreeMap<String, String>, Failure> {
    let mut out = BTreeMap::new();
    for fraction in [3, 5] {
        judge_at(model, gallery, config, fraction, &mut out)?;
    }
    Ok(out)
}

fn judge_at(
    model: &spikewright_golden::model::FloatModel,
    gallery: &Gallery,
    config: &TrainConfig,
    fraction: u8,
    out: &mut BTreeMap<String, String>,
) -> Result<(), Failure> {
    let mut replaced = Vec::new();
    let network = freeze_at(model, &vec![fraction; model.layers.len()], 16, false, &mut replaced)?;
    let inputs = gallery.images.encode(&config.encoder()).inputs;
    let counts = Reference::new(&network)?.output_counts(&inputs)?;
    for (ways, shots) in [(5, 1), (5, 5), (20, 1)] {
        let sizes = Sizes { ways, shots, queries: 5 };
        let cosines = std::cell::RefCell::new(Vec::new());
        let accuracies: Vec<f64> = (0..300u64)
            .map(|k| {
                let images = gallery.episode(sizes, Stream::named(77, "judge").child(k));
                let each = shots + 5;
                let of = |i: usize| (counts[images[i]].clone(), i / each);
                let (support, query): (Vec<_>, Vec<_>) =
                    (0..images.len()).partition(|i| i % each < shots);
                let support: Vec<Counted> = support.into_iter().map(of).collect();
                let head = IntegerHead::class_mean(&support, ways)?;
                let norms: Vec<f64> = head
                    .weights
                    .iter()
                    .map(|r| r.iter().map(|w| f64::from(*w).powi(2)).sum::<f64>().sqrt().max(1e-9))
                    .collect();
                let cosine = |m: &[u32]| {
                    let score = |c: usize| {
                        head.weights[c]
                            .iter()
                            .zip(m)
                            .map(|(w, m)| f64::from(*w) * f64::from(*m))
                            .sum::<f64>()
                            / norms[c]
                    };
                    (1..ways).fold(0, |b, c| if score(c) > score(b) { c } else { b })
                };
                cosines.borrow_mut().push(
                    query.iter().filter(|&&i| cosine(&of(i).0) == i / each).count() as f64
                        / query.len() as f64,
                );
                let right = query.iter().filter(|&&i| head.decide(&of(i).0) == i / each).count();
                Ok(right as f64 / query.len() as f64)
            })
            .collect::<Result<_, MetaError>>()?;
        out.insert(
            format!("F{fraction} cosine {ways}-way {shots}-shot"),
            Interval::of(&cosines.borrow()).to_string(),
        );
        out.insert(
            format!("F{fraction} {ways}-way {shots}-shot"),
            Interval::of(&accuracies).to_string(),
        );
    }
    let mean = counts.iter().flatten().sum::<u32>() as f64 / counts.iter().flatten().count() as f64;
    out.insert(
        format!("F{fraction} mean count, replaced {}", replaced.len()),
        format!("{mean:.3}"),
    );
    Ok(())
}
