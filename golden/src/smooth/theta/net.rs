//! A feed-forward net of theta neurons: what the layers of a sample's way need.

use super::{layer::LayerView, real::Real};
use crate::train::{Buffer, LANES, Row, buffer, width};

/// A layer as it is computed with.
#[derive(Clone, Debug)]
pub struct Layer<T: Real> {
    /// Inputs.
    pub inputs: usize,
    /// Neurons.
    pub neurons: usize,
    /// Weights k = w/a, `[input][row of lanes]`; 0 where padded.
    pub weights: Buffer<Row<T>>,
    /// Sines of the initial phases, `[row of lanes]`.
    pub sin: Buffer<Row<T>>,
    /// Cosines of the initial phases, `[row of lanes]`.
    pub cos: Buffer<Row<T>>,
}

impl<T: Real> Layer<T> {
    /// A layer without weights, all its phases 0.
    pub fn new(inputs: usize, neurons: usize) -> Self {
        let (zero, one) = ([T::default(); LANES], [T::of(1.0); LANES]);
        let rows = width(neurons);
        Self {
            inputs,
            neurons,
            weights: buffer(zero, inputs * rows),
            sin: buffer(zero, rows),
            cos: buffer(one, rows),
        }
    }

    /// Rows of lanes of its neurons.
    pub fn width(&self) -> usize {
        self.sin.len()
    }

    /// Sets the initial phases, angles θ in 0..=π, as many as neurons.
    pub fn set_phases(&mut self, angles: impl IntoIterator<Item = f64>) {
        let lanes = self.sin.as_flattened_mut().iter_mut().zip(self.cos.as_flattened_mut());
        for ((sin, cos), angle) in lanes.zip(angles) {
            (*sin, *cos) = (T::of(angle.sin()), T::of(angle.cos()));
        }
    }

    /// The layer with weights of its own or with others.
    pub fn view<'a>(&'a self, weights: &'a [Row<T>]) -> LayerView<'a, T> {
        LayerView { neurons: self.neurons, weights, sin: &self.sin, cos: &self.cos }
    }
}

/// Layers and the trial.
#[derive(Clone, Debug)]
pub struct Net<T: Real> {
    /// Layers, at least one.
    pub layers: Vec<Layer<T>>,
    /// Length T of the trial, in units of time.
    pub trial: f64,
    /// Period Θ of a neuron without pulses: time over angle is Θ/π.
    pub period: f64,
}

impl<T: Real> Net<T> {
    /// A net of these sizes, inputs first, without weights and with all phases at `phase` (0..=Θ).
    /// The trial is shorter than half the period.
    pub fn new(sizes: &[usize], trial: f64, period: f64, phase: f64) -> Self {
        let layer = |pair: &[usize]| {
            let mut layer = Layer::new(pair[0], pair[1]);
            layer.set_phases(std::iter::repeat_n(phase / period * std::f64::consts::PI, pair[1]));
            layer
        };
        Self { layers: sizes.windows(2).map(layer).collect(), trial, period }
    }

    /// A time as an angle.
    pub fn angle(&self, time: f64) -> f64 {
        time / self.period * std::f64::consts::PI
    }

    /// An angle as a time.
    pub fn time(&self, angle: f64) -> f64 {
        angle * self.period / std::f64::consts::PI
    }
}

/// What is summed over samples, shaped like the net.
#[derive(Clone, Debug)]
pub struct Gradient<T: Real> {
    /// Per layer dL/dk, `[input][row of lanes]`.
    pub weights: Vec<Buffer<Row<T>>>,
    /// Per layer dL/dθ(0), `[row of lanes]`.
    pub phases: Vec<Buffer<Row<T>>>,
}

impl<T: Real> Gradient<T> {
    /// Zero.
    pub fn new(net: &Net<T>) -> Self {
        let zero = [T::default(); LANES];
        Self {
            weights: net.layers.iter().map(|l| buffer(zero, l.weights.len())).collect(),
            phases: net.layers.iter().map(|l| buffer(zero, l.width())).collect(),
        }
    }

    /// Zero again.
    pub fn clear(&mut self) {
        let arrays = self.weights.iter_mut().chain(&mut self.phases);
        arrays.for_each(|a| a.fill([T::default(); LANES]));
    }
}
