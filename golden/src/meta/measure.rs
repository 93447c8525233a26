//! What a few-shot model reaches on test tasks: after every inner step in real numbers, and by the
//! integer rules.

use super::{
    error::FewShotError,
    evaluate::{Interval, evaluate},
    exchange::freeze_body,
    head::Counted,
    judge::{Features, Rule},
    net::Net,
    outer::Shots,
    run::FewShotModel,
    source::FewShotData,
    task::Family,
};
use crate::{Reference, metrics::figure, rng::Stream};
use rayon::prelude::*;
use serde::Serialize;
use spikewright_ir::Network;

/// Support set seen by the error-triggered rule so often.
const PASSES: usize = 5;

/// Query accuracy of one way to learn a task.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Measured {
    /// What learned it.
    pub rule: &'static str,
    /// Mean over tasks with its interval.
    pub accuracy: Interval,
}

/// Accuracies on the same test tasks.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FewShotResult {
    /// In real numbers, after 0, 1, … inner steps.
    pub steps: Vec<Interval>,
    /// In integers.
    pub rules: Vec<Measured>,
    /// New machines: adapted minus not adapted, task by task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain: Option<Interval>,
}

/// The stream of the test tasks.
fn tasks(model: &FewShotModel) -> Stream {
    Stream::named(model.config.seed, "test tasks")
}

/// Measures a model on the tasks to test.
pub fn measure(model: &FewShotModel, data: &FewShotData) -> Result<FewShotResult, FewShotError> {
    let (config, stream) = (&model.config, tasks(model));
    let (count, test) = (config.test.tasks, &data.test);
    let body = freeze_body(&model.body, config.frac_bits)?;
    let features = Features::moved(&body, &test.pool, config.tasks.moved)?;
    let mut rules = Vec::new();
    let mut add = |rule, accuracies: &[f64]| {
        rules.push(Measured { rule, accuracy: Interval::of(accuracies) });
    };
    let means = features.accuracies(Rule::ClassMean, test, stream, count)?;
    add("class mean", &means);
    let triggered = Rule::ErrorTriggered { shift: 0, passes: PASSES };
    add("error-triggered", &features.accuracies(triggered, test, stream, count)?);
    let inputs = Features::of_inputs(&test.pool);
    add("class mean of inputs", &inputs.accuracies(Rule::ClassMean, test, stream, count)?);
    let mut gain = None;
    if let Some(before) = unadapted(&body, data, &features, stream, count)? {
        add("not adapted", &before);
        let difference: Vec<f64> = means.iter().zip(&before).map(|(a, b)| a - b).collect();
        gain = Some(Interval::of(&difference));
    }
    let steps = config.test_steps();
    if config.method.meta().is_some() {
        add("inner steps, frozen", &stepped(model, data, config.meta.steps)?);
    }
    let steps = evaluate(&model.net()?, &model.theta, &model.inner(steps), test, stream, count);
    Ok(FewShotResult { steps, rules, gain })
}

/// Query accuracies of networks that took `steps` inner steps and were frozen then, body and head.
fn stepped(
    model: &FewShotModel,
    data: &FewShotData,
    steps: usize,
) -> Result<Vec<f64>, FewShotError> {
    let (net, inner) = (model.net()?, model.inner(steps));
    (0..model.config.test.tasks as u64)
        .into_par_iter()
        .map(|k| {
            let task = data.test.task(tasks(model).child(k));
            let shots = Shots::new(&task, &net);
            let path = inner.adapt(&net, &model.theta, &shots.support());
            let adapted = frozen(model, &net, path.end())?;
            let (inputs, labels): (Vec<_>, Vec<_>) =
                task.query.iter().map(|s| (s.input.clone(), s.class as u8)).unzip();
            Ok(Reference::new(&adapted)?.evaluate(&inputs, &labels)?.accuracy())
        })
        .collect()
}

/// The network of adapted parameters in integers.
pub fn frozen(model: &FewShotModel, net: &Net, theta: &[f64]) -> Result<Network, FewShotError> {
    let body = freeze_body(&net.body(theta, &model.body), model.config.frac_bits)?;
    Ok(net.integer_head(theta).mount(&body)?)
}

/// Query accuracies of a network that knows the windows no machine has changed.
fn unadapted(
    body: &Network,
    data: &FewShotData,
    features: &Features,
    stream: Stream,
    count: usize,
) -> Result<Option<Vec<f64>>, FewShotError> {
    let Some(nominal) = &data.nominal else { return Ok(None) };
    let head = features.stored(&nominal_head(body, nominal)?)?;
    let labels = data.test.pool.samples.labels();
    let task = |k: u64| {
        let [_, query] = data.test.numbers(stream.child(k));
        let right =
            query.iter().filter(|(n, _)| head.decide(features.of(*n)) == usize::from(labels[*n]));
        right.count() as f64 / query.len() as f64
    };
    Ok(Some((0..count as u64).into_par_iter().map(task).collect()))
}

/// Class means of labelled samples, of every class as many as of the smallest.
pub fn nominal_head(
    body: &Network,
    set: &crate::data::EncodedSet,
) -> Result<super::head::IntegerHead, FewShotError> {
    let counts = Reference::new(body)?.output_counts(&set.inputs)?;
    let ways = set.labels.iter().map(|l| usize::from(*l) + 1).max().unwrap_or(0);
    let of = |c: usize| set.labels.iter().filter(|l| usize::from(**l) == c).count();
    let each = (0..ways).map(of).min().unwrap_or(0);
    let mut taken = vec![0; ways];
    let mut support: Vec<Counted> = Vec::new();
    for (counts, label) in counts.into_iter().zip(&set.labels) {
        let class = usize::from(*label);
        if taken[class] < each {
            taken[class] += 1;
            support.push((counts, class));
        }
    }
    Ok(Rule::ClassMean.head(&support, ways)?)
}

/// Accuracy over the inner steps as SVG, each line with the ends of its intervals.
pub fn steps_figure(lines: &[(String, Vec<Interval>)]) -> Option<String> {
    let mut all = Vec::new();
    for (name, steps) in lines {
        let line = |suffix: &str, of: &dyn Fn(&Interval) -> f64| {
            (format!("{name}{suffix}"), steps.iter().map(of).collect())
        };
        all.push(line("", &|i| i.mean));
        all.push(line(", 95 % from", &|i| i.mean - i.half));
        all.push(line(", to", &|i| i.mean + i.half));
    }
    figure::draw("query accuracy", "inner steps", 0, &all)
}
