//! Adapt a trained network to classes it has not seen, from a handful of samples.

use crate::{
    Result,
    golden::{
        Reference,
        data::{Code, EncodedSet, ImageSource, SeriesSet, SeriesSource, read_labelled},
        meta::{Example, FewShotModel, Rule, Sample, accuracy, body, frozen},
    },
    ir::Network,
};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How the network adapts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Adaptation {
    /// The head alone, by integers, as a core can.
    Head(Rule),
    /// Inner steps of what meta-training learned, then freezing: on the host.
    Steps(usize),
}

/// Samples by class: what is learned from, and what is judged by.
struct Shown {
    names: Vec<String>,
    support: EncodedSet,
    /// Support samples moved within their frame.
    moved: Vec<EncodedSet>,
    query: Option<EncodedSet>,
    /// The code of the adapted network: its samples to test with are the query samples, or those of
    /// the support set where there are none.
    code: Code,
}

/// Numbers of an adaptation.
#[derive(Clone, Debug, Serialize)]
pub struct AdaptReport {
    /// `class_mean`, `error_triggered` or `inner_steps`.
    pub rule: &'static str,
    /// Names of the classes, in the order of their numbers.
    pub classes: Vec<String>,
    /// Support samples per class.
    pub shots: usize,
    /// Support samples the adapted network classifies as labelled, a fraction.
    pub support_accuracy: f64,
    /// The same of query samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_accuracy: Option<f64>,
    /// In real numbers after 0, 1, … inner steps, of query samples where there are some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<f64>,
}

/// Adapts `network`, whose samples have this code. `few_shot` is what inner steps start from; heads learn
/// also from support images moved by up to `moved` pixels.
pub fn adapt(
    network: &Network,
    code: &Code,
    few_shot: Option<&FewShotModel>,
    adaptation: Adaptation,
    support: &Path,
    query: Option<&Path>,
    moved: usize,
) -> Result<(Network, Code, AdaptReport)> {
    let shown = shown(network, code, support, query, moved)?;
    let ways = shown.names.len();
    let set = &shown.support;
    let (adapted, rule, steps) = match adaptation {
        Adaptation::Head(rule) => {
            let body = body(network)?;
            let reference = Reference::new(&body)?;
            let mut counted = Vec::new();
            for set in std::iter::once(set).chain(&shown.moved) {
                let counts = reference.output_counts(&set.inputs)?;
                counted.extend(counts.into_iter().zip(set.labels.iter().map(|l| usize::from(*l))));
            }
            let name = match rule {
                Rule::ClassMean => "class_mean",
                Rule::ErrorTriggered { .. } => "error_triggered",
            };
            (rule.head(&counted, ways)?.mount(&body)?, name, Vec::new())
        }
        Adaptation::Steps(steps) => {
            let model = few_shot.ok_or(
                "inner steps start from what meta-training learned: give a folder that `spikewright train` wrote with method maml, fomaml, anil, boil or reptile",
            )?;
            let (adapted, accuracies) = stepped(model, &shown, steps)?;
            (adapted, "inner_steps", accuracies)
        }
    };
    let reference = Reference::new(&adapted)?;
    let judge = |set: &EncodedSet| reference.evaluate(&set.inputs, &set.labels);
    let report = AdaptReport {
        rule,
        shots: set.labels.len() / ways,
        support_accuracy: judge(set)?.accuracy(),
        query_accuracy: shown.query.as_ref().map(judge).transpose()?.map(|e| e.accuracy()),
        steps,
        classes: shown.names,
    };
    Ok((adapted, shown.code, report))
}

/// The network after `steps` inner steps, and accuracies in real numbers after each.
fn stepped(model: &FewShotModel, shown: &Shown, steps: usize) -> Result<(Network, Vec<f64>)> {
    let net = model.net()?;
    if net.classes != shown.names.len() {
        return Err(format!(
            "{} classes for a model of {}-way tasks; give as many, or adapt the head by class means",
            shown.names.len(),
            net.classes
        )
        .into());
    }
    let samples = |set: &EncodedSet| -> Vec<(Sample, usize)> {
        let inputs = set.inputs.iter().map(|x| Sample::of(x, net.input));
        inputs.zip(set.labels.iter().map(|l| usize::from(*l))).collect()
    };
    let support = samples(&shown.support);
    let query = shown.query.as_ref().map_or_else(|| support.clone(), samples);
    let path = model.inner(steps).adapt(&net, &model.theta, &examples(&support));
    let judged = path.theta.iter().map(|theta| accuracy(&net, theta, &examples(&query)));
    let accuracies = judged.collect();
    Ok((frozen(model, &net, path.end())?, accuracies))
}

fn examples(samples: &[(Sample, usize)]) -> Vec<Example<'_>> {
    samples.iter().map(|(sample, class)| Example { sample, class: *class }).collect()
}

/// Reads what the network is shown.
fn shown(
    network: &Network,
    code: &Code,
    support: &Path,
    query: Option<&Path>,
    moved: usize,
) -> Result<Shown> {
    match code {
        Code::Series(SeriesSource { series, .. }) => {
            let set = SeriesSet::read(support)?;
            let file: PathBuf = query.unwrap_or(support).into();
            let judged = match query {
                Some(query) => SeriesSet::read(query)?.test,
                None => set.test,
            };
            Ok(Shown {
                names: (0..set.classes).map(|c| c.to_string()).collect(),
                support: series.encode_all(&set.train)?,
                moved: Vec::new(),
                query: Some(series.encode_all(&judged)?),
                code: Code::Series(SeriesSource { file, series: series.clone() }),
            })
        }
        Code::Images(_) | Code::Classes(_) => {
            let encoder = code.of_images().ok_or("the code is not that of images")?;
            let shape = network.input;
            if shape.channels != 1 {
                return Err(format!(
                    "the network takes {} channels, images by class have one; train it on gray images",
                    shape.channels
                )
                .into());
            }
            let (names, images) = read_labelled(support, shape.height, shape.width)?;
            let query_set = match query {
                Some(path) => {
                    let (others, images) = read_labelled(path, shape.height, shape.width)?;
                    if others != names {
                        return Err(format!(
                            "{}: classes {others:?}, those of the support set are {names:?}; give the same",
                            path.display()
                        )
                        .into());
                    }
                    Some(images.encode(encoder))
                }
                None => None,
            };
            let classes = query.unwrap_or(support).into();
            let (height, width) = (shape.height, shape.width);
            Ok(Shown {
                names,
                support: images.encode(encoder),
                moved: images.all_moved(moved).iter().map(|i| i.encode(encoder)).collect(),
                query: query_set,
                code: Code::Classes(ImageSource { classes, height, width, images: *encoder }),
            })
        }
    }
}
