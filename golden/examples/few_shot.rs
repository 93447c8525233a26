//! The experiments of `docs/few-shot.md`:
//! `cargo run --release -p spikewright-golden --example few_shot -- attributes seed=1`.

use spikewright_golden::{
    bench::processor_seconds,
    meta::*,
    rng::Stream,
    train::{LayerConfig, Surrogate, WeightKind},
};
use spikewright_ir::{Leak, Shape};
use std::{collections::BTreeMap, path::Path};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("attributes") => attributes(&args[1..]),
        Some("stable") => stable(&args[1..]),
        Some("table") => table(&args[1..]),
        Some("cost") => cost(&args[1..]),
        _ => Err("attributes [key=value …] | stable [key=value …] | \
                  table MODEL FOLDER [key=value …] | cost [key=value …]"
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

/// Numbers of a synthetic experiment.
const DEFAULTS: [(&str, f64); 17] = [
    ("seed", 1.0),
    ("iterations", 2000.0),
    ("slope", 10.0),
    ("spread", 1.0),
    ("rate", 0.1),
    ("steps", 2.0),
    ("scale", 4.0),
    ("outer", 5e-3),
    ("hidden", 48.0),
    ("learn", 0.0),
    ("tests", 300.0),
    ("beta", 0.0),
    ("through", 1.0),
    ("clip", 5.0),
    ("attributes", 6.0),
    ("drivers", 1.0),
    ("amplitude", 0.25),
];

/// Inner rates that joint pre-training and a fresh network choose from, on validation tasks.
const RATES: [f64; 7] = [0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0];

/// A network of one layer for 48 inputs, its fresh parameters and how it is meta-trained.
fn synthetic(knobs: &Knobs, ways: usize) -> Result<(Net, Vec<f64>, MetaOptions), Failure> {
    let seed = knobs.of("seed") as u64;
    let layer = LayerConfig {
        weights: WeightKind::Float,
        batch_norm: false,
        surrogate: Surrogate::FastSigmoid(knobs.of("slope") as f32),
        ..LayerConfig::dense(knobs.of("hidden") as usize, Leak::Scale(205))
    };
    let mut net = Net::new(&[layer], Shape::flat(48), 8, ways, knobs.of("scale"))?;
    net.layers[0].rule.through_reset = knobs.of("through") > 0.0;
    let mut start = net.fresh(seed, knobs.of("spread"));
    start[net.range(Part::Beta(0)).ok_or("no shifts")?].fill(knobs.of("beta"));
    let options = MetaOptions {
        method: MetaMethod::Maml,
        seed,
        iterations: knobs.of("iterations") as usize,
        tasks: 4,
        steps: knobs.of("steps") as usize,
        inner_rate: knobs.of("rate"),
        learn_rates: knobs.of("learn") > 0.0,
        grid: None,
        outer_rate: knobs.of("outer"),
        clip_norm: knobs.of("clip"),
    };
    Ok((net, start, options))
}

fn show(name: &str, found: &[Interval]) {
    let cells: Vec<String> = found.iter().map(Interval::to_string).collect();
    println!("{name:<28} {}", cells.join(" | "));
}

/// Every method on a family: accuracy on test tasks after 0 to 5 steps; then joint pre-training and a
/// fresh network at the best of [`RATES`]. Returns what ANIL learned.
fn methods(
    knobs: &Knobs,
    net: &Net,
    start: &[f64],
    options: &MetaOptions,
    families: [&dyn Family; 2],
) -> Result<Vec<f64>, Failure> {
    let [family, tested] = families;
    let tests = knobs.of("tests") as usize;
    let streams = ["validation", "test"].map(|name| Stream::named(options.seed, name));
    let mut anil = Vec::new();
    for method in MetaMethod::ALL {
        let mut options = MetaOptions { method, ..options.clone() };
        options.learn_rates &= method != MetaMethod::Reptile;
        let mut last = 0.0;
        let learned = meta_train(net, start.to_vec(), family, &options, |s| {
            last = 0.98 * last + 0.02 * s.loss;
        })?;
        let inner = Inner { steps: 5, ..learned.inner };
        let found = evaluate(net, &learned.theta, &inner, tested, streams[1], tests);
        show(&format!("{method:?} (loss {last:.3})"), &found);
        if method == MetaMethod::Anil {
            anil = learned.theta;
        }
    }
    let joint_options = MetaOptions { method: MetaMethod::Fomaml, steps: 0, ..options.clone() };
    let joint = meta_train(net, start.to_vec(), family, &joint_options, |_| {})?.theta;
    for (name, theta) in [("joint", &joint[..]), ("scratch", start)] {
        for method in [MetaMethod::Fomaml, MetaMethod::Anil] {
            let at = |rate: f64| Inner { rates: method.rates(net, rate), steps: 5, grid: None };
            let judge =
                |rate: f64| evaluate(net, theta, &at(rate), family, streams[0], 100)[2].mean;
            let scores = RATES.map(judge);
            let best = (0..RATES.len()).fold(0, |b, i| if scores[i] > scores[b] { i } else { b });
            let found = evaluate(net, theta, &at(RATES[best]), tested, streams[1], tests);
            let what = if method == MetaMethod::Anil { "head" } else { "full" };
            show(&format!("{name} {what}, rate {}", RATES[best]), &found);
        }
    }
    Ok(anil)
}

/// Conflicting attributes.
fn attributes(args: &[String]) -> Result<(), Failure> {
    let knobs = Knobs::new(args, &DEFAULTS)?;
    let (net, start, options) = synthetic(&knobs, 2)?;
    let drive = Drive {
        attributes: knobs.of("attributes") as usize,
        drivers: knobs.of("drivers") as usize,
        amplitude: knobs.of("amplitude"),
    };
    let family = Attributes::new(options.seed, 5, 10, drive);
    let anil = methods(&knobs, &net, &start, &options, [&family, &family])?;
    for (name, theta) in [("ANIL's", &anil), ("the fresh", &start)] {
        println!("oracle on {name} body: {}", oracle(&net, theta, options.seed, drive)?);
    }
    Ok(())
}

/// Stable classes: 64 to train on, others to test; and class means on spike counts.
fn stable(args: &[String]) -> Result<(), Failure> {
    let knobs = Knobs::new(args, &DEFAULTS)?;
    let (net, start, options) = synthetic(&knobs, 5)?;
    let part = |p: u64| Stable::new(options.seed, p, 64, 1, 10);
    let (family, tested) = (part(0), part(1));
    let anil = methods(&knobs, &net, &start, &options, [&family, &tested])?;
    let stream = Stream::named(options.seed, "test");
    let tests = knobs.of("tests") as u64;
    let counts = |theta: Option<&[f64]>, shot: &Shot| -> Vec<u32> {
        let sample = Sample::of(&shot.input, net.input);
        match theta {
            Some(theta) => {
                let ready = Ready::new(&net, theta, Mode::Spike);
                ready.forward(&sample, Mode::Spike).counts.iter().map(|c| *c as u32).collect()
            }
            None => {
                let mut counts = vec![0; net.input.len()];
                let spikes = sample.ticks.iter().flatten();
                spikes.for_each(|&(j, _)| counts[j as usize] += 1);
                counts
            }
        }
    };
    for (name, theta) in
        [("inputs", None), ("a fresh body", Some(&start[..])), ("ANIL's body", Some(&anil[..]))]
    {
        let mut accuracies = Vec::new();
        for k in 0..tests {
            let task = tested.task(stream.child(k));
            let support: Vec<Counted> =
                task.support.iter().map(|s| (counts(theta, s), s.class)).collect();
            let head = IntegerHead::class_mean(&support, 5)?;
            let right = task.query.iter().filter(|q| head.decide(&counts(theta, q)) == q.class);
            accuracies.push(right.count() as f64 / task.query.len() as f64);
        }
        println!("class mean on {name}: {}", Interval::of(&accuracies));
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

/// Methods behind one body, on the same episodes: MODEL is `few-shot.json` of a run of method
/// `prototype`, FOLDER that of its configuration.
fn table(args: &[String]) -> Result<(), Failure> {
    let [model, folder, rest @ ..] = args else {
        return Err("table MODEL FOLDER [key=value …]".into());
    };
    let knobs = Knobs::new(
        rest,
        &[
            ("ways", 5.0),
            ("shots", 1.0),
            ("tasks", 600.0),
            ("iterations", 0.0),
            ("batch", 2.0),
            ("steps", 1.0),
            ("rate", 0.02),
            ("outer", 1e-3),
            ("scale", 1.0),
            ("moved", 0.0),
            ("learn", 0.0),
            ("only", -1.0),
            ("validation", 0.0),
        ],
    )?;
    let mut model = FewShotModel::read(Path::new(model))?;
    let before = model.net()?.head().start;
    let config = &mut model.config;
    (config.tasks.ways, config.tasks.shots) =
        (knobs.of("ways") as usize, knobs.of("shots") as usize);
    config.test = TestConfig { tasks: knobs.of("tasks") as usize, steps: None };
    config.meta.iterations = (knobs.of("iterations") as usize).max(1);
    config.meta.epochs = 1;
    config.meta.tasks = knobs.of("batch") as usize;
    config.meta.steps = knobs.of("steps") as usize;
    config.meta.inner_rate = knobs.of("rate");
    config.meta.outer_rate = knobs.of("outer");
    config.meta.scale = knobs.of("scale");
    config.meta.learn_rates = knobs.of("learn") > 0.0;
    config.tasks.moved = knobs.of("moved") as usize;
    let mut data = FewShotData::open(config, Path::new(folder), &|| Err("no digits here".into()))?;
    if knobs.of("validation") > 0.0 {
        data.test = data.validation.clone();
    }
    let net = model.net()?;
    model.theta.truncate(before);
    model.theta.resize(net.size(), 0.0);
    let methods =
        [FewShotMethod::Prototype, FewShotMethod::Anil, FewShotMethod::Fomaml, FewShotMethod::Maml];
    for (number, method) in methods.into_iter().enumerate() {
        // One of them, by its number, or all.
        if knobs.of("only") >= 0.0 && knobs.of("only") as usize != number {
            continue;
        }
        let mut model = model.clone();
        model.config.method = method;
        let meta = method.meta();
        if meta.is_some() && knobs.of("iterations") == 0.0 {
            continue;
        }
        model.rates = meta.unwrap_or(MetaMethod::Anil).rates(&net, knobs.of("rate"));
        if let Some(meta) = meta {
            let options = model.config.options(meta);
            let learned = meta_train(&net, model.theta, &data.train, &options, |s| {
                if s.done % 10 == 0 {
                    eprintln!("{method:?} {} loss {:.4} {:.3}", s.done, s.loss, s.accuracy);
                }
            })?;
            model.body = net.body(&learned.theta, &model.body);
            (model.theta, model.rates) = (learned.theta, learned.inner.rates);
        }
        let found = measure(&model, &data)?;
        let t = &model.config.tasks;
        for m in &found.rules {
            println!("{}-way {}-shot | {method:?} | {} | {}", t.ways, t.shots, m.rule, m.accuracy);
        }
        show(&format!("{method:?}, by inner steps"), &found.steps);
    }
    Ok(())
}

/// The work of one task by a method, for a profiler that counts instructions: the difference of runs with
/// `method` 0 (nothing), 1 (one gradient), 2 (MAML) and 3 (FOMAML), `count` times; and its time and memory.
/// `conv` 0 is one dense layer, 1 a deep body, 2 that of `configs/omniglot.toml`.
fn cost(args: &[String]) -> Result<(), Failure> {
    let knobs = Knobs::new(
        args,
        &[
            ("method", 0.0),
            ("steps", 1.0),
            ("conv", 0.0),
            ("count", 1.0),
            ("each", 5.0),
            ("queries", 0.0),
        ],
    )?;
    let layer = |l: LayerConfig| LayerConfig { surrogate: Surrogate::FastSigmoid(5.0), ..l };
    let (layers, shape, ticks) = match knobs.of("conv") > 0.0 {
        true => {
            let conv = LayerConfig { kernel: 3, ..LayerConfig::dense(0, Leak::Shift(1)) };
            let first = LayerConfig { channels: 15, kernel: 5, or_pool: 2, ..conv.clone() };
            let channels = if knobs.of("conv") > 1.0 { 60 } else { 30 };
            let second = LayerConfig { channels, or_pool: 2, ..conv.clone() };
            let third = LayerConfig { channels: 60, ..conv };
            let shape = Shape { channels: 1, height: 28, width: 28 };
            (vec![layer(first), layer(second), layer(third)], shape, 2)
        }
        false => {
            let float = LayerConfig {
                weights: WeightKind::Float,
                batch_norm: false,
                ..LayerConfig::dense(48, Leak::Scale(205))
            };
            (vec![layer(float)], Shape::flat(48), 8)
        }
    };
    let mut net = Net::new(&layers, shape, ticks, 5, 1.0)?;
    // Statistics that let about a tenth of the neurons spike, as trained bodies do.
    for layer in &mut net.layers {
        let spread = (0.15 * layer.config.kernel.pow(2).max(1) as f64 * 10.0).sqrt().recip();
        if let Some(norm) = &mut layer.norm {
            norm.inverse.fill(spread);
        }
    }
    let theta = net.fresh(1, 1.0);
    let gallery = glyphs(1, 0, 20);
    let code = spikewright_golden::data::Encoder {
        encoding: spikewright_golden::data::Encoding::Above(128),
        ticks: 2,
        seed: 1,
    };
    let each = knobs.of("each") as usize;
    let queries = match knobs.of("queries") as usize {
        0 => each,
        some => some,
    };
    let sizes = Sizes { ways: 5, shots: each, queries };
    let images = Tasks::new(Pool::of_images(gallery, code.into()), sizes)?;
    let classes = Stable::new(1, 0, 20, each, queries);
    let family: &dyn Family = if shape.width > 1 { &images } else { &classes };
    let shots = Shots::new(&family.task(Stream::named(1, "cost")), &net);
    let (support, query) = (shots.support(), shots.query());
    let steps = knobs.of("steps") as usize;
    let (count, began) = (knobs.of("count") as usize, processor_seconds().unwrap_or(0.0));
    for _ in 0..count {
        let method = match knobs.of("method") as u32 {
            0 => continue,
            1 => {
                std::hint::black_box(gradient(&net, &theta, &support, Reach::All));
                continue;
            }
            2 => MetaMethod::Maml,
            _ => MetaMethod::Fomaml,
        };
        let inner = Inner { rates: method.rates(&net, 0.02), steps, grid: None };
        std::hint::black_box(meta_gradient(&net, &theta, &inner, method, &support, &query));
    }
    let took = (processor_seconds().unwrap_or(0.0) - began) / count.max(1) as f64;
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or("VmHWM unknown");
    println!("{} parameters, {:.1} ms of processor time a task, {peak}", net.size(), 1e3 * took);
    let ready = Ready::new(&net, &theta, Mode::Spike);
    let tape = ready.forward(support[0].sample, Mode::Spike);
    let rate = |l: &LayerTape<f64>| l.s.iter().sum::<f64>() / l.s.len() as f64;
    let rates: Vec<String> = tape.layers.iter().map(|l| format!("{:.2}", rate(l))).collect();
    println!("spikes per neuron and tick: {}", rates.join(", "));
    Ok(())
}
