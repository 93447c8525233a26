//! What a net does on samples as they are, without training.

use super::samples::Samples;
use crate::{
    smooth::theta::{Net, Pass, Real, TooLarge, first, first_spike},
    train::LANES,
};
use rayon::prelude::*;

/// Samples that one thread takes at a time; sums over them are combined in order.
const CHUNK: usize = 256;

/// What a net does on samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Samples.
    pub samples: usize,
    /// Sum of the loss, with pulses of pseudospikes in full.
    pub loss: f64,
    /// Samples whose labelled class was first, pseudospikes included.
    pub correct: usize,
    /// Samples whose labelled class spiked first; none spiking is wrong.
    pub correct_by_spike: usize,
    /// Samples that hardware gets right: by the first spike, and if there is none, by the output of the
    /// highest phase at T, the lowest of equals.
    pub correct_on_hardware: usize,
    /// Samples in which an output spiked.
    pub decided: usize,
    /// Spikes of hidden neurons.
    pub hidden_spikes: usize,
    /// Those up to the first output spike.
    pub hidden_spikes_used: usize,
    /// Hidden neurons.
    pub hidden_neurons: usize,
    /// Spikes of every neuron in every sample, `[sample][neuron]`, layer after layer; at most 255.
    pub counts: Vec<u8>,
}

impl Evaluation {
    /// A number of samples as a fraction.
    pub fn share(&self, samples: usize) -> f64 {
        samples as f64 / self.samples.max(1) as f64
    }

    /// Fraction of hidden neurons that spiked in no sample.
    pub fn silent(&self) -> f64 {
        let neurons = self.counts.len() / self.samples.max(1);
        let mut spiked = vec![false; self.hidden_neurons];
        for counts in self.counts.chunks_exact(neurons.max(1)) {
            spiked.iter_mut().zip(counts).for_each(|(s, c)| *s |= *c > 0);
        }
        let silent = spiked.iter().filter(|s| !**s).count();
        silent as f64 / self.hidden_neurons.max(1) as f64
    }

    /// Spikes that are here and were not before, and those that were and are not, over the same samples.
    pub fn changes(&self, before: &Self) -> (usize, usize) {
        let pairs = self.counts.iter().zip(&before.counts);
        pairs.fold((0, 0), |(added, removed), (now, then)| {
            (
                added + usize::from(now.saturating_sub(*then)),
                removed + usize::from(then.saturating_sub(*now)),
            )
        })
    }

    fn add(&mut self, other: &Self) {
        self.samples += other.samples;
        self.loss += other.loss;
        self.correct += other.correct;
        self.correct_by_spike += other.correct_by_spike;
        self.correct_on_hardware += other.correct_on_hardware;
        self.decided += other.decided;
        self.hidden_spikes += other.hidden_spikes;
        self.hidden_spikes_used += other.hidden_spikes_used;
        self.counts.extend_from_slice(&other.counts);
    }
}

/// Runs the net over the samples, whose labels are below its classes ([`Samples::beyond`]).
pub fn evaluate(net: &Net<f32>, samples: &Samples, gamma: f64) -> Result<Evaluation, TooLarge> {
    let firsts: Vec<usize> = (0..samples.len()).step_by(CHUNK).collect();
    let parts: Result<Vec<Evaluation>, _> = (firsts.into_par_iter())
        .map(|first| chunk(net, samples, first..samples.len().min(first + CHUNK), gamma))
        .collect();
    let hidden = net.layers.iter().rev().skip(1).map(|l| l.neurons).sum();
    let mut out = Evaluation { hidden_neurons: hidden, ..Evaluation::default() };
    parts?.iter().for_each(|part| out.add(part));
    Ok(out)
}

fn chunk(
    net: &Net<f32>,
    samples: &Samples,
    range: std::ops::Range<usize>,
    gamma: f64,
) -> Result<Evaluation, TooLarge> {
    let mut pass = Pass::new(net, 1.0);
    let mut room = Vec::new();
    let starts: Vec<usize> = net
        .layers
        .iter()
        .scan(0, |start, l| Some(std::mem::replace(start, *start + l.neurons)))
        .collect();
    let neurons: usize = net.layers.iter().map(|l| l.neurons).sum();
    let last = net.layers.len() - 1;
    let mut out = Evaluation { samples: range.len(), ..Evaluation::default() };
    out.counts.resize(range.len() * neurons, 0);
    for (i, counts) in range.zip(out.counts.chunks_exact_mut(neurons)) {
        let label = usize::from(samples.labels[i]);
        pass.forward(net, samples.show(i, None, &mut room))?;
        for (trace, start) in pass.traces.iter().zip(&starts) {
            for spike in &trace.spikes {
                counts[start + spike.neuron] = counts[start + spike.neuron].saturating_add(1);
            }
        }
        let class = first(&pass.outputs);
        let decided = pass.is_decided();
        let decision = pass.traces[last].spikes.first().map(|s| s.at);
        let hidden = pass.traces[..last].iter().flat_map(|t| &t.spikes);
        out.hidden_spikes += hidden.clone().count();
        out.hidden_spikes_used += hidden.filter(|s| decision.is_none_or(|d| s.at <= d)).count();
        out.decided += usize::from(decided);
        out.correct += usize::from(class == label);
        out.correct_by_spike += usize::from(decided && class == label);
        let on_hardware = hardware_class(net, &pass);
        out.correct_on_hardware += usize::from(on_hardware == label);
        out.loss += first_spike(&mut pass.outputs, label, net.trial, gamma);
    }
    Ok(out)
}

/// The class as hardware reads it of a pass that is done: that of the first output spike, and without one that
/// of the highest phase at T, the lowest of equals.
pub fn hardware_class<T: Real>(net: &Net<T>, pass: &Pass<T>) -> usize {
    if pass.is_decided() {
        return first(&pass.outputs);
    }
    let last = net.layers.len() - 1;
    let (s, c) = pass.traces[last].last(net.layers[last].width());
    let phase = |i: usize| s[i / LANES][i % LANES].atan2(c[i / LANES][i % LANES]);
    let behind: Vec<f64> = (0..net.layers[last].neurons).map(|i| -phase(i).to()).collect();
    first(&behind)
}
