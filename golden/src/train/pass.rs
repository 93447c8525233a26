//! One pass over a batch: stages of work on runs of samples, between which the whole batch is waited
//! for only where statistics need it. Without batch norm a sample goes forward and backward at once.

use super::{
    augment::{Scratch, Showing},
    backward::{neurons_back, norm_back, residual_back, spikes_back, window_gradient},
    fine_tune::{finish_back, freeze_layer},
    forward::{LayerView, layer_sums, neurons, pass_spikes},
    gate::GateMode,
    geometry::Map,
    lanes::LANES,
    loss::Reading,
    output::output,
    params::LayerParams,
    samples::Samples,
    shard::Shard,
    statistics::{self, NormGradient},
    wire::{Wanted, exchange},
};
use crate::{
    evolve::{Team, TeamError, share},
    simd::vectorized,
};
use rayon::prelude::*;

/// What is done, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Samples become events.
    Draw,
    /// Z of a layer.
    Sums(usize),
    /// Statistics of a layer's Z over the batch.
    Wait(usize),
    /// Batch norm, gate and neurons of a layer.
    Neurons(usize),
    /// Loss.
    Output,
    /// A loss that looks at the spikes of the whole batch.
    Whole,
    /// A layer's neurons through time.
    NeuronsBack(usize),
    /// Statistics of a layer's gradients over the batch.
    WaitBack(usize),
    /// Gradients of X to those of Z through a layer's batch norm.
    NormBack(usize),
    /// Gradients of a convolution's windows.
    WindowsBack(usize),
    /// Gradients of the spikes below.
    SpikesBack(usize),
}

/// The stages of these layers.
pub fn stages(layers: &[LayerParams]) -> Vec<Stage> {
    let mut out = vec![Stage::Draw];
    for (k, layer) in layers.iter().enumerate() {
        out.push(Stage::Sums(k));
        if layer.norm.on {
            out.push(Stage::Wait(k));
        }
        if !layer.is_read() {
            out.push(Stage::Neurons(k));
        }
    }
    out.push(Stage::Output);
    for (k, layer) in layers.iter().enumerate().rev() {
        if !layer.is_read() {
            out.push(Stage::NeuronsBack(k));
        }
        if layer.norm.on {
            out.extend([Stage::WaitBack(k), Stage::NormBack(k)]);
        }
        if !layer.geometry.is_dense() {
            out.push(Stage::WindowsBack(k));
        }
        if k > 0 {
            out.push(Stage::SpikesBack(k));
        }
    }
    out
}

/// Reads the spikes of all shards and leaves their gradients there.
pub type Whole<'a> = &'a (dyn Fn(&mut [Shard]) + Sync);

/// A batch and how to look at it.
pub struct Batch<'a, N> {
    /// Where samples come from.
    pub samples: &'a Samples,
    /// Labels of all samples.
    pub labels: &'a [u8],
    /// Samples of the batch.
    pub indices: &'a [usize],
    /// Numbers the showing of a sample in the run.
    pub number: N,
    /// How samples are drawn.
    pub showing: &'a Showing,
    /// How the loss reads logits.
    pub reading: Reading,
    /// The gate, if any.
    pub gate: Option<GateMode>,
    /// Steps done.
    pub step: usize,
    /// Fractional bits of integer neurons, in place of float ones.
    pub integers: Option<u8>,
    /// Whether spikes are counted.
    pub count: bool,
    /// Ticks of a sample.
    pub ticks: usize,
    /// What [`Stage::Whole`] does.
    pub whole: Option<Whole<'a>>,
}

impl<N> Batch<'_, N> {
    /// The gate of a layer, which integer neurons have in their scale.
    fn gate(&self, layer: &LayerParams) -> Option<GateMode> {
        self.gate.filter(|_| layer.gated && self.integers.is_none())
    }
}

/// Runs the stages; leaves loss, events and gradients in the shards, and what batch norm's own
/// parameters have as gradient in `norms`. A team divides the shards.
pub fn pass<N: Fn(usize) -> u64 + Sync>(
    team: &dyn Team,
    stages: &[Stage],
    batch: &Batch<'_, N>,
    (layers, views): (&mut [LayerParams], &mut [LayerView]),
    shards: &mut [Shard],
    norms: &mut [NormGradient],
) -> Result<(), TeamError> {
    let ticks = batch.ticks;
    let own = share(team, shards.len());
    for (k, layer) in layers.iter_mut().enumerate() {
        views[k].integers = None;
        if let Some(frac_bits) = batch.integers {
            freeze_layer(layer, frac_bits, &mut views[k]);
        } else if !layer.norm.on {
            statistics::forward(shards, k, layer, None, ticks, &mut views[k]);
        }
    }
    shards.par_iter_mut().for_each(|shard| {
        (shard.loss, shard.correct) = (0.0, 0);
        for l in &mut shard.layers {
            l.sums.fill(0.0);
            l.products.fill(0.0);
            l.dw.fill([0.0; LANES]);
            l.alpha_sums.fill(0.0);
            (l.spikes, l.scale_gradient) = (0, 0.0);
        }
    });
    let waits = |stage: &Stage| matches!(stage, Stage::Wait(_) | Stage::WaitBack(_) | Stage::Whole);
    for span in stages.split_inclusive(waits) {
        let shared: (&[LayerParams], &[LayerView]) = (layers, views);
        shards[own.clone()].par_iter_mut().for_each(|shard| {
            let mut scratch = Scratch::default();
            shard.runs(|shard| {
                for stage in span {
                    work(*stage, shard, batch, shared, &mut scratch);
                }
            });
        });
        match span.last() {
            Some(&Stage::Wait(k)) => {
                exchange(team, shards, Wanted::Statistics(k))?;
                let gate = batch.gate(&layers[k]);
                if batch.integers.is_none() {
                    statistics::forward(shards, k, &mut layers[k], gate, ticks, &mut views[k]);
                }
                // The backward pass adds up gradients in the same place.
                for l in shards.iter_mut().map(|s| &mut s.layers[k]) {
                    l.sums.fill(0.0);
                    l.products.fill(0.0);
                }
            }
            Some(Stage::Whole) => batch.whole.iter().for_each(|whole| whole(shards)),
            Some(&Stage::WaitBack(k)) => {
                exchange(team, shards, Wanted::Statistics(k))?;
                let gate = batch.gate(&layers[k]);
                norms[k] = statistics::backward(shards, k, &layers[k], gate, ticks, &mut views[k]);
                if batch.integers.is_some() {
                    finish_back(&layers[k], &mut views[k], &mut norms[k]);
                }
            }
            _ => {}
        }
    }
    exchange(team, shards, Wanted::Gradients)?;
    for (k, layer) in layers.iter_mut().enumerate() {
        if !layer.norm.on {
            norms[k] = statistics::backward(shards, k, layer, None, ticks, &mut views[k]);
        }
        if batch.gate(layer).is_some() {
            statistics::follow_gate(shards, k, layer, ticks, batch.step);
        }
    }
    Ok(())
}

/// One stage on the run under way.
fn work<N: Fn(usize) -> u64>(
    stage: Stage,
    shard: &mut Shard,
    batch: &Batch<'_, N>,
    (layers, views): (&[LayerParams], &[LayerView]),
    scratch: &mut Scratch,
) {
    let ticks = batch.ticks;
    let gate = |k: usize| batch.gate(&layers[k]);
    match stage {
        Stage::Draw => vectorized(
            #[inline(always)]
            || draw(shard, batch, layers[0].geometry.from, scratch),
        ),
        Stage::Sums(k) => vectorized(
            #[inline(always)]
            || {
                if k > 0 {
                    pass_spikes(shard, k, &layers[k]);
                }
                layer_sums(shard, k, &layers[k], ticks);
            },
        ),
        Stage::Neurons(k) => vectorized(
            #[inline(always)]
            || {
                neurons(shard, k, &layers[k], gate(k), &views[k], ticks);
                if batch.count {
                    count_spikes(shard, k, &layers[k]);
                }
            },
        ),
        Stage::Output => {
            let last = layers.len() - 1;
            output(shard, &layers[last], &views[last].affine.b, batch.reading, ticks);
        }
        Stage::NeuronsBack(k) => vectorized(
            #[inline(always)]
            || {
                residual_back(shard, k, layers, ticks);
                neurons_back(shard, k, &layers[k], gate(k), &views[k], ticks);
            },
        ),
        Stage::NormBack(k) => vectorized(
            #[inline(always)]
            || norm_back(shard, k, &layers[k], &views[k], ticks),
        ),
        Stage::WindowsBack(k) => vectorized(
            #[inline(always)]
            || window_gradient(shard, k, &layers[k], ticks),
        ),
        Stage::SpikesBack(k) => vectorized(
            #[inline(always)]
            || spikes_back(shard, k, &layers[k], ticks),
        ),
        Stage::Wait(_) | Stage::WaitBack(_) | Stage::Whole => {}
    }
}

/// Adds the spikes of a run to those of its shard.
fn count_spikes(shard: &mut Shard, k: usize, layer: &LayerParams) {
    let n = shard.here.len() * layer.geometry.to.len();
    let l = &mut shard.layers[k];
    l.spikes += l.raster[..n].iter().map(|r| u64::from(r.count_ones())).sum::<u64>();
}

#[inline(always)]
fn draw<N: Fn(usize) -> u64>(
    shard: &mut Shard,
    batch: &Batch<'_, N>,
    map: Map,
    scratch: &mut Scratch,
) {
    for s in shard.here.clone() {
        let i = batch.indices[shard.first + s];
        shard.labels[s] = usize::from(batch.labels[i]);
        let l = &mut shard.layers[0];
        let events = &mut l.events[l.first + s - shard.here.start];
        batch.samples.draw(i, (batch.number)(i), batch.showing, map, scratch, events);
    }
}
