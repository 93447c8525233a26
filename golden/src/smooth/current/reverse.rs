//! Exact gradients of a trial, from its events backward, without automatic differentiation.

use super::{
    network::{Cause, InputSpike, Network, Trial},
    neuron::Step,
};

/// Derivatives of a loss.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Gradient {
    /// With respect to weights `[to][from]`.
    pub weights: Vec<f64>,
    /// To input weights `[to][input]`.
    pub input_weights: Vec<f64>,
    /// To the times of input spikes.
    pub input_times: Vec<f64>,
    /// To potentials at the start.
    pub potentials: Vec<f64>,
    /// To currents at the start.
    pub currents: Vec<f64>,
}

/// Derivatives that a loss has directly.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seed {
    /// With respect to every neuron's spikes within the trial; missing ones are 0.
    pub spikes: Vec<Vec<f64>>,
    /// To potentials at the end.
    pub potentials: Vec<f64>,
    /// To currents at the end.
    pub currents: Vec<f64>,
    /// To weights.
    pub weights: Vec<f64>,
}

impl Network {
    /// The gradient of a loss of this trial.
    pub fn reverse(&self, inputs: &[InputSpike], trial: &Trial, seed: &Seed) -> Gradient {
        let n = self.neurons();
        let mut out = Gradient {
            weights: seed.weights.clone(),
            input_weights: vec![0.0; self.input_weights.len()],
            input_times: vec![0.0; inputs.len()],
            potentials: seed.potentials.clone(),
            currents: seed.currents.clone(),
        };
        out.weights.resize(n * n, 0.0);
        let mut left: Vec<usize> = trial.spikes.iter().map(Vec::len).collect();
        // dL/dt of all later events that are as far from this one as they are.
        let mut later = 0.0;
        for event in trial.events.iter().rev() {
            if let Cause::Spike(j) = event.cause {
                left[j] -= 1;
                later += seed.spikes[j].get(left[j]).copied().unwrap_or(0.0);
            }
            let mut interval = 0.0;
            for i in 0..n {
                let (av, ai) = (out.potentials[i], out.currents[i]);
                match event.cause {
                    Cause::Spike(j) if i != j => out.weights[i * n + j] += ai,
                    Cause::Input(k) => {
                        out.input_weights[i * self.inputs() + inputs[k].input] += ai;
                    }
                    _ => {}
                }
                let Step { i: current, dv_dv, dv_di, slope, .. } =
                    self.neuron.advance(event.potentials[i], event.currents[i], event.dt);
                let decay = (-2.0 * event.dt).exp();
                interval -= 2.0 * ai * current;
                out.currents[i] = ai * decay;
                if event.cause == Cause::Spike(i) {
                    // Whatever V was, it is reset.
                    out.potentials[i] = 0.0;
                } else if av != 0.0 {
                    interval += av * slope;
                    out.currents[i] += av * dv_di;
                    out.potentials[i] = av * dv_dv;
                }
            }
            let total = interval + later;
            match event.cause {
                Cause::Spike(j) => {
                    let next = self.neuron.next(event.potentials[j], event.currents[j]);
                    if let Some(next) = next {
                        out.potentials[j] += total * next.dv;
                        out.currents[j] += total * next.di;
                    }
                }
                Cause::Input(k) => {
                    out.input_times[k] = total;
                    later = -interval;
                }
                Cause::End => later = -interval,
            }
        }
        out
    }
}
