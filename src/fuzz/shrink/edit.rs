//! The reductions, from those that take most to those that take least.

use super::network;
use crate::{
    fuzz::{Case, Failure, Part},
    golden::Reference,
    ir::{BitVec, InputTrain, Leak, Projection, ProjectionKind, Readout, Source, SpikeTrain},
};
use std::ops::Range;

/// A reduction of a case.
#[derive(Clone, Debug)]
pub enum Edit {
    /// The part alone goes.
    Part(usize),
    /// Stimuli of a part go.
    Samples(usize, Range<usize>),
    /// Ticks of a part go.
    Ticks(usize, Range<usize>),
    /// Only so many layers of a part stay.
    Layers(usize, usize),
    /// As `Layers`, and the spikes of the last are counted.
    LayersCounted(usize, usize),
    /// The first layers go: the spikes of the last of them become the input.
    First(usize, usize),
    /// A layer that no one reads goes.
    Unread(usize, usize),
    /// Projection `.2` into layer `.1` goes.
    Projection(usize, usize, usize),
    /// The highest weight plane of that projection goes.
    WeightPlane(usize, usize, usize),
    /// An input plane goes.
    InputPlane(usize, usize),
    /// Channels (of a flat layer neurons) go.
    Channels(usize, Source, Range<usize>),
    /// Events of a plane of a stimulus go, counted through its ticks: part, stimulus, plane, events.
    Events(usize, usize, usize, Range<usize>),
    /// A layer's biases become 0.
    Bias(usize, usize),
    /// A layer loses its leak.
    Leak(usize, usize),
    /// A layer loses its fractional bits.
    Frac(usize, usize),
    /// A projection counts once.
    Gain(usize, usize, usize),
}

/// A list of reductions for a case as it is.
pub type Stage = fn(&Case, &Failure) -> Vec<Edit>;

/// All stages.
pub const STAGES: [Stage; 7] = [parts, samples, ticks, layers, planes, channels, events];

fn parts(case: &Case, _: &Failure) -> Vec<Edit> {
    match case.parts.len() {
        0 | 1 => Vec::new(),
        n => (0..n).map(Edit::Part).collect(),
    }
}

fn each(case: &Case) -> impl Iterator<Item = (usize, &Part)> {
    case.parts.iter().enumerate()
}

fn samples(case: &Case, failure: &Failure) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (p, part) in each(case) {
        let n = part.stimuli.len();
        if p == failure.part && failure.sample < n {
            edits.push(Edit::Samples(p, failure.sample + 1..n));
            edits.push(Edit::Samples(p, 0..failure.sample));
        }
        edits.extend(chunks(n).map(|gone| Edit::Samples(p, gone)));
    }
    edits
}

fn ticks(case: &Case, failure: &Failure) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (p, part) in each(case) {
        let n = part.network.ticks;
        if let (true, Some((tick, _))) = (p == failure.part, failure.place) {
            edits.push(Edit::Ticks(p, (tick + 1).min(n)..n));
            edits.push(Edit::Ticks(p, 0..tick.min(n)));
        }
        edits.extend(chunks(n).map(|gone| Edit::Ticks(p, gone)));
    }
    edits
}

fn layers(case: &Case, failure: &Failure) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (p, part) in each(case) {
        let n = part.network.layers.len();
        if let (true, Some((_, layer))) = (p == failure.part, failure.place) {
            edits.push(Edit::Layers(p, (layer + 1).min(n)));
        }
        for keep in 1..n {
            edits.push(Edit::Layers(p, keep));
            edits.push(Edit::LayersCounted(p, keep));
        }
        edits.extend((1..n).rev().map(|first| Edit::First(p, first)));
        edits.extend((0..n.saturating_sub(1)).rev().map(|l| Edit::Unread(p, l)));
        for (l, layer) in part.network.layers.iter().enumerate() {
            edits.extend((0..layer.projections().len()).map(|k| Edit::Projection(p, l, k)));
        }
    }
    edits
}

fn planes(case: &Case, _: &Failure) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (p, part) in each(case) {
        edits.extend((0..usize::from(part.network.input_planes)).map(|q| Edit::InputPlane(p, q)));
        for (l, layer) in part.network.layers.iter().enumerate() {
            for k in 0..layer.projections().len() {
                edits.extend([Edit::WeightPlane(p, l, k), Edit::Gain(p, l, k)]);
            }
            edits.extend([Edit::Bias(p, l), Edit::Leak(p, l), Edit::Frac(p, l)]);
        }
    }
    edits
}

fn channels(case: &Case, _: &Failure) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (p, part) in each(case) {
        let sources = (0..part.network.layers.len()).rev().map(Source::Layer);
        for source in sources.chain([Source::Input]) {
            let n = part.network.source_shape(source).channels;
            edits.extend(chunks(n).map(|gone| Edit::Channels(p, source, gone)));
        }
    }
    edits
}

fn events(case: &Case, _: &Failure) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (p, part) in each(case) {
        for (s, stimulus) in part.stimuli.iter().enumerate() {
            for (q, plane) in stimulus.planes.iter().enumerate() {
                edits.push(Edit::Events(p, s, q, 0..plane.count()));
                edits.extend(chunks(plane.count()).map(|gone| Edit::Events(p, s, q, gone)));
            }
        }
    }
    edits
}

/// Halves of `0..n`, then quarters, down to single ones.
fn chunks(n: usize) -> impl Iterator<Item = Range<usize>> {
    let sizes = std::iter::successors((n > 1).then(|| n.div_ceil(2)), |&size| {
        (size > 1).then(|| size.div_ceil(2))
    });
    sizes.flat_map(move |size| (0..n).step_by(size).map(move |at| at..(at + size).min(n)))
}

impl Edit {
    /// The case without what goes; `None` where that cannot go.
    pub fn apply(&self, case: &Case) -> Option<Case> {
        let mut out = case.clone();
        match self {
            Edit::Part(p) => {
                out.parts.remove(*p);
            }
            Edit::Samples(p, gone) => {
                let stimuli = &mut out.parts[*p].stimuli;
                stimuli.drain(gone.clone());
                if stimuli.is_empty() {
                    return None;
                }
            }
            Edit::Ticks(p, gone) => {
                let part = &mut out.parts[*p];
                part.network.ticks = part.network.ticks.checked_sub(gone.len())?;
                if part.network.ticks == 0 {
                    return None;
                }
                let keep = |train: &SpikeTrain| {
                    let ticks = (0..train.ticks()).filter(|t| !gone.contains(t));
                    SpikeTrain::from_ticks(
                        ticks.map(|t| train.tick(t).clone()).collect(),
                        train.neurons(),
                    )
                };
                trains(part, keep);
            }
            Edit::Layers(p, keep) => network::truncate(&mut out.parts[*p].network, *keep)?,
            Edit::LayersCounted(p, keep) => {
                let network = &mut out.parts[*p].network;
                network::truncate(network, *keep)?;
                network.readout = Readout::SpikeCount;
            }
            Edit::First(p, n) => behead(&mut out.parts[*p], *n)?,
            Edit::Unread(p, l) => network::remove_unread(&mut out.parts[*p].network, *l)?,
            Edit::Projection(p, l, k) => {
                let projections = network::projections(&mut out.parts[*p].network.layers[*l])?;
                if projections.len() < 2 {
                    return None;
                }
                projections.remove(*k);
            }
            Edit::WeightPlane(p, l, k) => {
                let projections = network::projections(&mut out.parts[*p].network.layers[*l])?;
                match &mut projections[*k].kind {
                    ProjectionKind::Dense { planes } | ProjectionKind::Conv { planes, .. }
                        if planes.len() > 1 =>
                    {
                        planes.pop();
                    }
                    _ => return None,
                }
            }
            Edit::InputPlane(p, q) => {
                let part = &mut out.parts[*p];
                if part.network.input_planes < 2 {
                    return None;
                }
                part.network.input_planes -= 1;
                for stimulus in &mut part.stimuli {
                    stimulus.planes.remove(*q);
                }
            }
            Edit::Channels(p, source, gone) => {
                let part = &mut out.parts[*p];
                let shape = part.network.source_shape(*source);
                network::remove_channels(&mut part.network, *source, gone)?;
                if *source == Source::Input {
                    let area = shape.height * shape.width;
                    let stays = |n: usize| !gone.contains(&(n / area));
                    trains(part, |train| {
                        let kept = |t: &BitVec| {
                            let bits = t.iter().enumerate().filter(|(n, _)| stays(*n));
                            BitVec::from_bits(bits.map(|(_, bit)| bit))
                        };
                        let ticks: Vec<_> =
                            (0..train.ticks()).map(|t| kept(train.tick(t))).collect();
                        let neurons = (0..train.neurons()).filter(|n| stays(*n)).count();
                        SpikeTrain::from_ticks(ticks, neurons)
                    });
                }
            }
            Edit::Events(p, s, q, gone) => {
                let plane = &mut out.parts[*p].stimuli[*s].planes[*q];
                let mut number = 0;
                for t in 0..plane.ticks() {
                    for n in plane.tick(t).clone().ones() {
                        if gone.contains(&number) {
                            plane.tick_mut(t).set(n, false);
                        }
                        number += 1;
                    }
                }
            }
            Edit::Bias(p, l) => {
                network::params(&mut out.parts[*p].network.layers[*l])?.bias.fill(0)
            }
            Edit::Leak(p, l) => {
                network::params(&mut out.parts[*p].network.layers[*l])?.leak = Leak::None;
            }
            Edit::Frac(p, l) => {
                network::params(&mut out.parts[*p].network.layers[*l])?.frac_bits = 0;
            }
            Edit::Gain(p, l, k) => {
                network::projections(&mut out.parts[*p].network.layers[*l])?[*k].gain_log2 = 0;
            }
        }
        Some(out)
    }
}

/// Replaces every plane of every stimulus.
fn trains(part: &mut Part, change: impl Fn(&SpikeTrain) -> SpikeTrain) {
    for stimulus in &mut part.stimuli {
        stimulus.planes.iter_mut().for_each(|plane| *plane = change(plane));
    }
}

/// The spikes of layer `n − 1`, as the reference computes them, in place of the input.
fn behead(part: &mut Part, n: usize) -> Option<()> {
    let reference = Reference::new(&part.network).ok()?;
    let spikes = |input: &InputTrain| {
        Some(InputTrain::binary(reference.run(input).ok()?.layers.get(n - 1)?.spikes.clone()))
    };
    part.stimuli = part.stimuli.iter().map(spikes).collect::<Option<Vec<_>>>()?;
    let network = &mut part.network;
    network.input = network.layers.get(n - 1)?.shape();
    network.input_planes = 1;
    network.layers.drain(..n);
    let delayed = |p: &Projection| p.delayed && p.source == Source::Layer(n - 1);
    if network.layers.is_empty()
        || network.layers.iter().any(|l| l.projections().iter().any(delayed))
    {
        return None;
    }
    network::move_sources(network, |source| match source {
        Source::Layer(l) if l + 1 == n => Some(Source::Input),
        Source::Layer(l) => l.checked_sub(n).map(Source::Layer),
        Source::Input => None,
    })
}
