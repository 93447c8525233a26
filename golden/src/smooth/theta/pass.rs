//! One sample forward and backward through a net of theta neurons.

use super::{
    back::reverse,
    layer::{Spike, TooLarge, Trace},
    net::{Gradient, Net},
    pseudo::Pseudo,
    real::Real,
};
use crate::{
    simd::vectorized,
    train::{LANES, Row},
};

/// What a sample brings in.
#[derive(Clone, Copy, Debug)]
pub enum Stimulus<'a> {
    /// These inputs, in ascending order, all spike once and at the same time.
    Together {
        /// Their time.
        time: f64,
        /// Their numbers.
        inputs: &'a [u16],
    },
    /// Input `j` spikes once, at the `j`-th time; never when that is at T or later, or negative.
    Times(&'a [f64]),
}

/// Room for one sample's way, and what it leaves.
#[derive(Clone, Debug)]
pub struct Pass<T: Real> {
    /// Per layer.
    pub traces: Vec<Trace<T>>,
    /// Per layer; of this sample only if a class did not spike or they were asked for.
    pub pseudo: Vec<Pseudo<T>>,
    /// Input pulses.
    pulses: Vec<Spike<T>>,
    /// Sums of the weights of inputs that spike together, and their gradient.
    sums: Vec<Row<T>>,
    sum_gradient: Vec<Row<T>>,
    together: bool,
    /// Index of every class's first spike, if any.
    firsts: Vec<Option<usize>>,
    /// Factor on pseudospikes' pulses.
    factor: T,
    lambda: Vec<Row<T>>,
    times: Vec<T>,
    pulse_times: Vec<T>,
    /// Times of the classes' first spikes or pseudospikes.
    pub outputs: Vec<f64>,
}

impl<T: Real> Pass<T> {
    /// Room for this net. Pulses of pseudospikes count `factor`, 1 for a loss that is continuous.
    pub fn new(net: &Net<T>, factor: f64) -> Self {
        Self {
            traces: net.layers.iter().map(|_| Trace::default()).collect(),
            pseudo: net.layers.iter().map(|_| Pseudo::default()).collect(),
            pulses: Vec::new(),
            sums: Vec::new(),
            sum_gradient: Vec::new(),
            together: false,
            firsts: Vec::new(),
            factor: T::of(factor),
            lambda: Vec::new(),
            times: Vec::new(),
            pulse_times: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// From now on pulses of pseudospikes count so much.
    pub fn set_factor(&mut self, factor: f64) {
        self.factor = T::of(factor);
    }

    /// Runs the sample: leaves spikes, pseudospikes and the outputs' times; nothing of use where weights
    /// are too large.
    pub fn forward(&mut self, net: &Net<T>, stimulus: Stimulus<'_>) -> Result<(), TooLarge> {
        self.receive(net, stimulus);
        let (sin, cos) = net.angle(net.trial).sin_cos();
        let end = (T::of(sin), T::of(cos));
        let first = &net.layers[0];
        let weights = if self.together { &self.sums } else { &first.weights[..] };
        self.traces[0].run(&first.view(weights), &self.pulses, end)?;
        for (l, layer) in net.layers.iter().enumerate().skip(1) {
            let (before, here) = self.traces.split_at_mut(l);
            here[0].run(&layer.view(&layer.weights), &before[l - 1].spikes, end)?;
        }
        let last = net.layers.len() - 1;
        let classes = net.layers[last].neurons;
        self.firsts.clear();
        self.firsts.resize(classes, None);
        for (at, spike) in self.traces[last].spikes.iter().enumerate().rev() {
            self.firsts[spike.neuron] = Some(at);
        }
        if self.firsts.iter().any(Option::is_none) {
            for (l, layer) in net.layers.iter().enumerate() {
                let (before, here) = self.pseudo.split_at_mut(l);
                here[0].run(layer, self.traces[l].last(layer.width()), before.last(), self.factor);
            }
        }
        let late = net.angle(net.trial) + std::f64::consts::PI;
        let (spikes, pseudo) = (&self.traces[last].spikes, &self.pseudo[last]);
        self.outputs.clear();
        self.outputs.extend(self.firsts.iter().enumerate().map(|(i, first)| match first {
            Some(at) => net.time(spikes[*at].at.to()),
            None => net.time(late - pseudo.phase.as_flattened()[i].to()),
        }));
        Ok(())
    }

    /// Whether any class spiked within the trial.
    pub fn is_decided(&self) -> bool {
        self.firsts.iter().any(Option::is_some)
    }

    /// Adds the gradient, from dL/dt of every class's first spike or pseudospike.
    pub fn backward(
        &mut self,
        net: &Net<T>,
        stimulus: Stimulus<'_>,
        outputs: &[f64],
        gradient: &mut Gradient<T>,
    ) {
        let last = net.layers.len() - 1;
        let per_angle = net.time(1.0);
        let zero = [T::default(); LANES];
        let pseudo = self.firsts.iter().any(Option::is_none);
        self.times.clear();
        self.times.resize(self.traces[last].spikes.len(), T::default());
        for (i, (first, d)) in self.firsts.iter().zip(outputs).enumerate() {
            let d = T::of(d * per_angle);
            match first {
                Some(at) => self.times[*at] = d,
                None => self.pseudo[last].gradient[i / LANES][i % LANES] = -d,
            }
        }
        for (l, layer) in net.layers.iter().enumerate().rev() {
            let width = layer.width();
            self.lambda.clear();
            self.lambda.resize(width, zero);
            // λ of a layer comes from the layers behind it, so all of them are known by now.
            if pseudo {
                let (before, here) = self.pseudo.split_at_mut(l);
                let (s, _) = self.traces[l].last(width);
                let weights = &mut gradient.weights[l];
                here[0].reverse(
                    layer,
                    s,
                    before.last_mut(),
                    self.factor,
                    &mut self.lambda,
                    weights,
                );
            }
            let (pulses, view) = match l {
                0 if self.together => (&self.pulses[..], layer.view(&self.sums)),
                0 => (&self.pulses[..], layer.view(&layer.weights)),
                _ => (&self.traces[l - 1].spikes[..], layer.view(&layer.weights)),
            };
            let weights = if l == 0 && self.together {
                self.sum_gradient.clear();
                self.sum_gradient.resize(width, zero);
                &mut self.sum_gradient[..]
            } else {
                &mut gradient.weights[l][..]
            };
            let (trace, times) = (&self.traces[l], &self.times);
            reverse(&view, pulses, trace, times, &mut self.lambda, weights, &mut self.pulse_times);
            std::mem::swap(&mut self.times, &mut self.pulse_times);
            let sums = gradient.phases[l].as_flattened_mut().iter_mut();
            sums.zip(self.lambda.as_flattened()).for_each(|(sum, l)| *sum += *l);
        }
        if let Stimulus::Together { inputs, .. } = stimulus {
            let width = net.layers[0].width();
            let (rows, add) = (&mut gradient.weights[0], &self.sum_gradient);
            vectorized(
                #[inline(always)]
                || {
                    for &j in inputs {
                        let row = rows[usize::from(j) * width..][..width].as_flattened_mut();
                        row.iter_mut().zip(add.as_flattened()).for_each(|(r, a)| *r += *a);
                    }
                },
            );
        }
    }

    /// dL/dt of every input that spiked, in order of time (of the one time of inputs together), as the
    /// last backward left it.
    pub fn input_times<'a>(&'a self, net: &'a Net<T>) -> impl Iterator<Item = (usize, f64)> + 'a {
        let per_time = net.angle(1.0);
        self.pulses.iter().zip(&self.times).map(move |(p, d)| (p.neuron, d.to() * per_time))
    }

    fn receive(&mut self, net: &Net<T>, stimulus: Stimulus<'_>) {
        let pulse = |neuron, time| {
            let angle = net.angle(time);
            let (sin, cos) = (T::of(angle.sin()), T::of(angle.cos()));
            Spike { neuron, at: T::of(angle), sin, cos, ..Spike::default() }
        };
        self.pulses.clear();
        self.together = matches!(stimulus, Stimulus::Together { .. });
        match stimulus {
            Stimulus::Together { time, inputs } => {
                self.pulses.push(pulse(0, time));
                let layer = &net.layers[0];
                self.sums.clear();
                self.sums.resize(layer.width(), [T::default(); LANES]);
                let (sums, weights) = (&mut self.sums, &layer.weights);
                vectorized(
                    #[inline(always)]
                    || add_rows(sums, weights, inputs),
                );
            }
            Stimulus::Times(times) => {
                let within =
                    times.iter().enumerate().filter(|(_, t)| **t >= 0.0 && **t < net.trial);
                self.pulses.extend(within.map(|(j, t)| pulse(j, *t)));
                self.pulses
                    .sort_by(|a, b| a.at.partial_cmp(&b.at).unwrap_or(std::cmp::Ordering::Equal));
            }
        }
    }
}

/// Rows of lanes that are summed at once, in registers.
const TOGETHER: usize = 4;

/// `sums += Σ rows` of the weights.
#[inline(always)]
fn add_rows<T: Real>(sums: &mut [Row<T>], weights: &[Row<T>], inputs: &[u16]) {
    let width = sums.len();
    for (block, sums) in sums.chunks_mut(TOGETHER).enumerate() {
        let first = block * TOGETHER;
        match <&mut [Row<T>; TOGETHER]>::try_from(&mut *sums) {
            Ok(sums) => {
                let mut total = *sums;
                for &j in inputs {
                    let rows = &weights[usize::from(j) * width + first..][..TOGETHER];
                    for r in 0..TOGETHER {
                        for i in 0..LANES {
                            total[r][i] += rows[r][i];
                        }
                    }
                }
                *sums = total;
            }
            Err(_) => {
                for &j in inputs {
                    let rows = &weights[usize::from(j) * width + first..][..sums.len()];
                    let values = sums.as_flattened_mut().iter_mut();
                    values.zip(rows.as_flattened()).for_each(|(s, k)| *s += *k);
                }
            }
        }
    }
}
