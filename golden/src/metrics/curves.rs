//! Curves of a run as SVG, one file per quantity, over the epochs.

use super::figure::{Line, draw};
use crate::{
    meta::FewShotReport,
    smooth::train::SmoothReport,
    train::{EpochReport, LayerReport},
};

/// What a line says of a layer, behind its name, and where it is in a report.
type Quantity = (&'static str, fn(&LayerReport) -> f64);

/// File names and texts of the figures of a run with diagnostics; none without.
pub fn files(reports: &[EpochReport]) -> Vec<(&'static str, String)> {
    let layers = reports.iter().map(|r| r.layers.len()).min().unwrap_or(0);
    if layers == 0 {
        return Vec::new();
    }
    let first = reports[0].epoch;
    let per_layer = |names: &[Quantity]| -> Vec<Line> {
        let lines = (0..layers).flat_map(|k| {
            names.iter().map(move |(name, of)| {
                let values = reports.iter().map(|r| of(&r.layers[k])).collect();
                (format!("layer {k}{name}"), values)
            })
        });
        lines.collect()
    };
    let accuracy = vec![
        ("training".into(), reports.iter().map(|r| r.train_accuracy).collect()),
        ("held out".into(), reports.iter().map(|r| r.validation_accuracy).collect()),
    ];
    let steps: [Quantity; 2] =
        [("", |l| l.flips_per_step_sum), (", predicted", |l| l.predicted_flips)];
    let figures = [
        ("curve-accuracy.svg", "accuracy", accuracy),
        (
            "curve-flips.svg",
            "flips from epoch to epoch, fraction of weights",
            per_layer(&[("", |l| l.flips_per_epoch)]),
        ),
        ("curve-step-flips.svg", "flips summed over steps, fraction of weights", per_layer(&steps)),
        (
            "curve-firing-rate.svg",
            "spikes per neuron and tick",
            per_layer(&[("", |l| l.firing_rate)]),
        ),
        (
            "curve-gradient-mean.svg",
            "mean of the gradient at latent weights",
            per_layer(&[("", |l| l.gradient_mean)]),
        ),
        (
            "curve-gradient-variance.svg",
            "variance of the gradient at latent weights",
            per_layer(&[("", |l| l.gradient_variance)]),
        ),
    ];
    figures
        .into_iter()
        .filter_map(|(file, title, lines)| Some((file, draw(title, "epoch", first, &lines)?)))
        .collect()
}

/// The same of a run with smooth gradients.
pub fn smooth_files(reports: &[SmoothReport]) -> Vec<(&'static str, String)> {
    let first = reports.first().map_or(0, |r| r.epoch);
    let line = |name: &str, of: fn(&SmoothReport) -> f64| -> Line {
        (name.into(), reports.iter().map(of).collect())
    };
    let figures = [
        ("curve-loss.svg", "training loss", vec![line("loss", |r| r.loss)]),
        (
            "curve-accuracy.svg",
            "accuracy after the epoch",
            vec![
                line("with pseudospikes", |r| r.accuracy),
                line("by spikes alone", |r| r.by_spike),
                line("on hardware", |r| r.on_hardware),
            ],
        ),
        (
            "curve-spikes.svg",
            "spikes of a hidden neuron, and neurons that never spike",
            vec![
                line("in a trial", |r| r.hidden_spikes),
                line("up to the first output spike", |r| r.hidden_spikes_used),
                line("silent", |r| r.silent),
            ],
        ),
        (
            "curve-changes.svg",
            "spikes that appeared and vanished since the epoch before",
            vec![line("added", |r| r.added), line("removed", |r| r.removed)],
        ),
    ];
    figures
        .into_iter()
        .filter_map(|(file, title, lines)| Some((file, draw(title, "epoch", first, &lines)?)))
        .collect()
}

/// The same of a few-shot training.
pub fn few_shot_files(reports: &[FewShotReport]) -> Vec<(&'static str, String)> {
    let first = reports.first().map_or(0, |r| r.epoch);
    let line = |name: &str, of: fn(&FewShotReport) -> f64| -> Vec<Line> {
        vec![(name.into(), reports.iter().map(of).collect())]
    };
    [
        ("curve-loss.svg", "loss of the query samples", line("loss", |r| r.loss)),
        (
            "curve-accuracy.svg",
            "class means in integers, tasks of validation",
            line("query accuracy", |r| r.validation),
        ),
    ]
    .into_iter()
    .filter_map(|(file, title, lines)| Some((file, draw(title, "epoch", first, &lines)?)))
    .collect()
}
