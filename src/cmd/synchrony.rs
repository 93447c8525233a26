//! `synchrony`: how synchronous the layers of a trained network are, and were before training.

use super::{Context, train};
use serde::Serialize;
use spikewright::{
    Result,
    build::{ENCODER, MODEL, read_json},
    golden::{
        Reference,
        freeze::{FreezeOptions, freeze},
        plasticity::{LayerSynchrony, analyze, correlogram_figure},
        train::untrained,
    },
    ir::{InputTrain, Network, read_model, write_atomic},
    report,
};
use std::path::{Path, PathBuf};

/// What to look at.
pub struct Request {
    /// Folder that `train` wrote.
    pub run: PathBuf,
    /// Its configuration, for the network before training.
    pub config: Option<PathBuf>,
    /// Test samples.
    pub images: usize,
    /// Where figures go.
    pub out: Option<PathBuf>,
}

#[derive(Serialize)]
struct SynchronyReport {
    samples: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Vec<LayerSynchrony>>,
    after: Vec<LayerSynchrony>,
}

pub fn run(context: &Context, request: &Request) -> Result<()> {
    let set = context.test_set(&read_json(&request.run.join(ENCODER))?, request.images)?;
    let first = set.inputs.first().ok_or("there are no test samples")?;
    let out = request.out.clone().unwrap_or_else(|| request.run.join("synchrony"));
    let mut networks = Vec::new();
    if let Some(file) = &request.config {
        networks.push(("before training", fresh(context, file)?));
    }
    networks.push(("after training", read_model(&request.run.join(MODEL))?));
    let mut measured = Vec::new();
    for (name, network) in &networks {
        measured.push((*name, analyze(network, &set.inputs)?));
        let file = format!("raster-{}.svg", name.replace(' ', "-"));
        write_atomic(&out.join(file), raster(network, first)?.as_bytes())?;
    }
    let lines: Vec<_> = measured.iter().map(|(name, layers)| (*name, &layers[..])).collect();
    if let Some(figure) = correlogram_figure(&lines) {
        write_atomic(&out.join("correlogram.svg"), figure.as_bytes())?;
    }
    for (name, layers) in &measured {
        context.console.line(format!("{name}, {} samples", set.inputs.len()));
        layers.iter().for_each(|l| context.console.line(row(l)));
    }
    context.console.line(format!("wrote figures to {}", out.display()));
    let after = measured.pop().map_or_else(Vec::new, |(_, layers)| layers);
    let before = measured.pop().map(|(_, layers)| layers);
    context.console.finish(&SynchronyReport { samples: set.inputs.len(), before, after })
}

/// The network that a configuration starts from.
fn fresh(context: &Context, file: &Path) -> Result<Network> {
    let (config, data) = train::configured(context, file, &train::text(file)?)?;
    let data = data.training(&config)?;
    let model = untrained(&config, &data)?;
    let held_out = data.held_out.encode(&model.encoder);
    Ok(freeze(&model, &held_out, &FreezeOptions::default())?.0)
}

fn raster(network: &Network, input: &InputTrain) -> Result<String> {
    let transcript = Reference::new(network)?.run(input)?;
    let names: Vec<String> = network.layers.iter().map(|l| l.name.clone()).collect();
    let planes: Vec<_> = input.planes.iter().collect();
    Ok(report::figure_file(&report::sample_raster(&planes, &transcript, &names)))
}

fn row(l: &LayerSynchrony) -> String {
    let number = |v: Option<f64>| v.map_or("-".into(), |v| format!("{v:.3}"));
    let at = |d: usize| number(l.correlogram.get(d).copied().flatten());
    format!(
        "  {:<12} {:>5} neurons  rate {:.4}  synchrony {}  coincidences {} at once, {} a tick apart",
        l.layer,
        l.neurons,
        l.firing_rate,
        number(l.index),
        at(0),
        at(1)
    )
}
