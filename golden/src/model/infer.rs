//! Float inference on encoded samples: the pass that integer accuracy is compared with, with
//! unrounded thresholds and biases.

use super::{FloatLayer, FloatModel, Gate, ModelError};
use crate::{
    InputMismatch,
    data::EncodedSet,
    simd::vectorized,
    train::{
        GROUP, PatternSums, Row, V_TH, Weight, argmax, gate_row, groups, lambda, pad, push_events,
        width,
    },
};
use rayon::prelude::*;
use spikewright_ir::{FireRule, InputTrain, Readout, Reset};

/// A layer in the form the loops want.
struct Prepared<'a> {
    layer: &'a FloatLayer,
    /// `[inputs][neurons]` of ±1, or of floats.
    weights: Rows,
    a: Vec<f32>,
    b: Vec<f32>,
}

enum Rows {
    Binary(Vec<Row<i8>>),
    Float(Vec<Row<f32>>),
}

impl FloatModel {
    /// The class of every sample: binary trains of the model's ticks and shape.
    pub fn predict(&self, inputs: &[InputTrain]) -> Result<Vec<usize>, ModelError> {
        self.check()?;
        for input in inputs {
            let same = |what, expected, got| {
                let mismatch = InputMismatch { what, expected, got };
                if expected == got { Ok(()) } else { Err(mismatch) }
            };
            same("planes", 1, input.planes.len())?;
            same("ticks", self.ticks(), input.ticks())?;
            same("neurons", self.input.len(), input.neurons())?;
            for t in 0..self.ticks() {
                same("neurons", self.input.len(), input.planes[0].tick(t).len())?;
            }
        }
        let layers: Vec<Prepared<'_>> = self.layers.iter().map(prepare).collect();
        Ok(inputs.par_iter().map(|input| self.classify(&layers, input)).collect())
    }

    /// Fraction of samples classified as labelled, 0 for an empty set.
    pub fn accuracy(&self, set: &EncodedSet) -> Result<f64, ModelError> {
        let classes = self.predict(&set.inputs)?;
        let pairs = classes.iter().zip(&set.labels);
        let right = pairs.filter(|(p, l)| **p == usize::from(**l)).count();
        Ok(right as f64 / set.labels.len().max(1) as f64)
    }

    fn classify(&self, layers: &[Prepared<'_>], input: &InputTrain) -> usize {
        let ticks = self.ticks();
        let mut raster = vec![0u32; input.neurons()];
        for (t, tick) in (0..ticks).map(|t| (t, input.planes[0].tick(t))) {
            tick.ones().for_each(|j| raster[j] |= 1 << t);
        }
        let mut events = vec![Vec::new(); groups(ticks)];
        let mut potentials = Vec::new();
        for (k, prepared) in layers.iter().enumerate() {
            for (group, events) in events.iter_mut().enumerate() {
                push_events(raster.iter().copied().enumerate(), group, events);
            }
            let read = self.readout == Readout::Potential && k + 1 == layers.len();
            (raster, potentials) = prepared.run(&events, ticks, read);
        }
        match self.readout {
            Readout::Potential => argmax(&potentials),
            Readout::SpikeCount => {
                argmax(&raster.iter().map(|r| r.count_ones() as f32).collect::<Vec<_>>())
            }
            Readout::FirstSpike => {
                let first = |r: &u32| r.trailing_zeros();
                let min = raster.iter().map(first).min();
                raster.iter().position(|r| *r != 0 && Some(first(r)) == min).unwrap_or(0)
            }
        }
    }
}

fn prepare(layer: &FloatLayer) -> Prepared<'_> {
    let (n, inputs) = (layer.weights.rows(), layer.weights.columns());
    let weights = if layer.real.is_empty() {
        let mut signs = vec![-1i8; n * inputs];
        for i in 0..n {
            layer.weights.row(i).ones().for_each(|j| signs[j * n + i] = 1);
        }
        Rows::Binary(pad(&signs, n))
    } else {
        let transposed = (0..inputs).flat_map(|j| (0..n).map(move |i| (i, j)));
        let real: Vec<f32> = transposed.map(|(i, j)| layer.real[i * inputs + j]).collect();
        Rows::Float(pad(&real, n))
    };
    let (a, b) = layer.affine().into_iter().map(|(a, b)| (a as f32, b as f32)).unzip();
    Prepared { layer, weights, a, b }
}

impl Prepared<'_> {
    /// Spikes (bit `t` for tick `t`) and final potentials of one sample.
    fn run(&self, events: &[Vec<u32>], ticks: usize, read: bool) -> (Vec<u32>, Vec<f32>) {
        let (n, l) = (self.a.len(), self.layer);
        let keep = lambda(l.leak) as f32;
        let z = match &self.weights {
            Rows::Binary(rows) => sums(events, rows, n, ticks),
            Rows::Float(rows) => sums(events, rows, n, ticks),
        };
        let (mut v, mut raster, mut x) = (vec![0f32; n], vec![0u32; n], vec![0f32; n]);
        for (t, z) in z.chunks_exact(n).enumerate() {
            for i in 0..n {
                x[i] = self.a[i] * z[i] + self.b[i];
            }
            if let Gate::Varying { mode, fade, table } = &l.gate {
                gate_row(*mode, *fade, table.get(t * n..(t + 1) * n).unwrap_or(&[]), &mut x);
            }
            for i in 0..n {
                let u = keep * v[i] + x[i];
                let s = match l.fire {
                    FireRule::AtLeast => u >= V_TH,
                    FireRule::Above => u > V_TH,
                } && !read;
                v[i] = match l.reset {
                    Reset::Subtract if s => u - V_TH,
                    Reset::Zero if s => 0.0,
                    _ => u,
                };
                raster[i] |= u32::from(s) << t;
            }
        }
        (raster, v)
    }
}

/// Z per `[tick][neuron]`.
fn sums<W: Weight>(events: &[Vec<u32>], rows: &[Row<W>], n: usize, ticks: usize) -> Vec<f32> {
    let mut sums = PatternSums::new(width(n));
    let mut z = vec![0f32; ticks * n];
    vectorized(
        #[inline(always)]
        || {
            for (events, z) in events.iter().zip(z.chunks_mut(GROUP * n)) {
                sums.product(events, rows, n, z, W::float);
            }
        },
    );
    z
}
