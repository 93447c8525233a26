//! The experiments of `docs/few-shot.md`:
//! `cargo run --release -p spikewright-golden --example few_shot -- attributes seed=1`.

use spikewright_golden::{
    Reference,
    freeze::freeze_at,
    meta::*,
    model::FloatModel,
    rng::Stream,
    train::{LayerConfig, Surrogate, TrainConfig, WeightKind},
};
use spikewright_ir::{Leak, Network, Readout, Shape};
use std::{collections::BTreeMap, path::Path};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("attributes") => attributes(&args[1..]),
        Some("body") => body_run(&args[1..]),
        Some("table") => table(&args[1..]),
        _ => Err("attributes [key=value …] | body NPZ CONFIG EPISODES SHARPNESS OUT | \
                  table NPZ CONFIG MODEL TASKS ALPHABET…"
            .into()),
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
    let [npz, config, episodes, sharpness, out] = args else {
        return Err("body NPZ CONFIG EPISODES SHARPNESS OUT".into());
    };
    let omniglot = Omniglot::read(Path::new(npz))?;
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(config)?)?;
    config.readout = Readout::SpikeCount;
    let train = stretched(&omniglot.of(&[1, 3, 4, 5, 6])).with_rotations();
    let validation = stretched(&omniglot.of(&[0]));
    println!(
        "{} classes to train on, {} to validate",
        train.classes.len(),
        validation.classes.len()
    );
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
                    Ok(found) => eprint!("{found}"),
                    Err(e) => eprint!(" {e}"),
                }
            }
            eprintln!();
        }
    })?;
    println!("validation:{}", judge(&model, &validation, &config)?);
    println!("training classes:{}", judge(&model, &train, &config)?);
    model.write(Path::new(out))?;
    Ok(())
}

/// Class means, the error-triggered rule and pixels on the same episodes.
fn table(args: &[String]) -> Result<(), Failure> {
    let [npz, config, file, tasks, alphabets @ ..] = args else {
        return Err("table NPZ CONFIG MODEL TASKS ALPHABET…".into());
    };
    let omniglot = Omniglot::read(Path::new(npz))?;
    let config = TrainConfig::from_toml(&std::fs::read_to_string(config)?)?;
    let alphabets: Vec<i64> = alphabets.iter().map(|a| a.parse()).collect::<Result<_, _>>()?;
    let gallery = stretched(&omniglot.of(&alphabets));
    let model = FloatModel::read(Path::new(file))?;
    let inputs = gallery.images.encode(&config.encoder()).inputs;
    let body = frozen(&model)?;
    let counts = Reference::new(&body)?.output_counts(&inputs)?;
    let pixels: Vec<Vec<u32>> = (0..gallery.images.len())
        .map(|i| gallery.images.image(i).iter().map(|v| u32::from(*v > 64)).collect())
        .collect();
    for (ways, shots) in [(5, 1), (5, 5), (20, 1)] {
        let sizes = Sizes { ways, shots, queries: 5 };
        gallery.check(sizes)?;
        let mut columns: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for k in 0..tasks.parse()? {
            let images = gallery.episode(sizes, Stream::named(2026, "table").child(k));
            let each = shots + sizes.queries;
            let (support, query): (Vec<usize>, Vec<usize>) =
                (0..images.len()).partition(|i| i % each < shots);
            let of = |all: &[Vec<u32>]| -> Vec<Counted> {
                support.iter().map(|&i| (all[images[i]].clone(), i / each)).collect()
            };
            let head = IntegerHead::class_mean(&of(&counts), ways)?;
            let adapted = Reference::new(&head.mount(&body)?)?;
            let shown: Vec<_> = query.iter().map(|&i| inputs[images[i]].clone()).collect();
            let labels: Vec<u8> = query.iter().map(|&i| (i / each) as u8).collect();
            let integer = adapted.evaluate(&shown, &labels)?.accuracy();
            columns.entry("class mean, adapted integer network").or_default().push(integer);
            let mut rule = |name, head: &IntegerHead, all: &[Vec<u32>]| {
                let right =
                    query.iter().filter(|&&i| head.decide(&all[images[i]]) == i / each).count();
                columns.entry(name).or_default().push(right as f64 / query.len() as f64);
            };
            rule("class mean, exact bias", &head, &counts);
            let triggered = IntegerHead::error_triggered(&of(&counts), ways, 0, 5)?;
            rule("error-triggered, 5 passes", &triggered, &counts);
            rule("class mean of pixels", &IntegerHead::class_mean(&of(&pixels), ways)?, &pixels);
        }
        for (name, values) in columns {
            println!("{ways}-way {shots}-shot | {name} | {}", Interval::of(&values));
        }
    }
    Ok(())
}

/// A body in integers, F = 4 in all layers.
fn frozen(model: &FloatModel) -> Result<Network, Failure> {
    let mut replaced = Vec::new();
    Ok(freeze_at(model, &vec![4; model.layers.len()], 16, false, &mut replaced)?)
}

/// Integer accuracy of class means on a gallery.
fn judge(model: &FloatModel, gallery: &Gallery, config: &TrainConfig) -> Result<String, Failure> {
    let inputs = gallery.images.encode(&config.encoder()).inputs;
    let counts = Reference::new(&frozen(model)?)?.output_counts(&inputs)?;
    let mut out = String::new();
    for (ways, shots) in [(5, 1), (5, 5), (20, 1)] {
        let sizes = Sizes { ways, shots, queries: 5 };
        gallery.check(sizes)?;
        let each = shots + sizes.queries;
        let mut accuracies = Vec::new();
        for k in 0..300 {
            let images = gallery.episode(sizes, Stream::named(77, "judge").child(k));
            let (support, query): (Vec<usize>, Vec<usize>) =
                (0..images.len()).partition(|i| i % each < shots);
            let support: Vec<Counted> =
                support.iter().map(|&i| (counts[images[i]].clone(), i / each)).collect();
            let head = IntegerHead::class_mean(&support, ways)?;
            let right = query.iter().filter(|&&i| head.decide(&counts[images[i]]) == i / each);
            accuracies.push(right.count() as f64 / query.len() as f64);
        }
        out += &format!(" {ways}-way {shots}-shot {}", Interval::of(&accuracies));
    }
    Ok(out)
}
