//! A recurrent network of neurons with exponential currents, simulated from event to event.

use super::neuron::Neuron;
use std::collections::VecDeque;
use thiserror::Error;

/// A network and its trial.
#[derive(Clone, Debug)]
pub struct Network {
    /// Kind of all neurons.
    pub neuron: Neuron,
    /// Weights `[to][from]` among neurons; a neuron has none to itself.
    pub weights: Vec<f64>,
    /// Weights `[to][input]`.
    pub input_weights: Vec<f64>,
    /// Potentials at the start; their number is that of neurons.
    pub potentials: Vec<f64>,
    /// Currents at the start.
    pub currents: Vec<f64>,
    /// Length T of the trial, in units of the membrane's time constant.
    pub trial: f64,
}

/// A spike of an input.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct InputSpike {
    /// When.
    pub time: f64,
    /// Number of the input.
    pub input: usize,
}

/// What ended an interval between events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// An input spike, by its place in the list.
    Input(usize),
    /// A spike of a neuron.
    Spike(usize),
    /// The end of the trial.
    End,
}

/// An event, with the state at the event before it.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub cause: Cause,
    /// When.
    pub time: f64,
    /// Since the event before.
    pub dt: f64,
    /// Potentials then.
    pub potentials: Vec<f64>,
    /// Currents then.
    pub currents: Vec<f64>,
}

/// All that happens in a trial.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Events in order; the last is the end.
    pub events: Vec<Event>,
    /// Potentials at the end.
    pub potentials: Vec<f64>,
    /// Currents at the end.
    pub currents: Vec<f64>,
    /// Spike times of every neuron.
    pub spikes: Vec<Vec<f64>>,
}

/// More events than a trial may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error(
    "more than {MOST_EVENTS} events in a trial: its weights have grown without bound; lower the learning rate"
)]
pub struct TooManyEvents;

/// Most events of a trial.
const MOST_EVENTS: usize = 100_000;

impl Network {
    /// Neurons.
    pub fn neurons(&self) -> usize {
        self.potentials.len()
    }

    /// Inputs.
    pub fn inputs(&self) -> usize {
        self.input_weights.len() / self.neurons().max(1)
    }

    /// The weight from a cause to neuron `i`.
    pub(super) fn weight(&self, i: usize, cause: Cause, inputs: &[InputSpike]) -> f64 {
        match cause {
            Cause::Input(k) => self.input_weights[i * self.inputs() + inputs[k].input],
            Cause::Spike(j) if i != j => self.weights[i * self.neurons() + j],
            _ => 0.0,
        }
    }

    /// Runs a trial. Input spikes outside of it do nothing. An input spike precedes a neuron's spike only
    /// if it is strictly earlier; of spikes at the same time, the lowest number is first.
    pub fn run(&self, inputs: &[InputSpike]) -> Result<Trial, TooManyEvents> {
        let mut order: Vec<usize> = (0..inputs.len())
            .filter(|k| inputs[*k].time >= 0.0 && inputs[*k].time < self.trial)
            .collect();
        order.sort_by(|a, b| inputs[*a].time.total_cmp(&inputs[*b].time));
        let mut order = order.into_iter().peekable();
        let mut out = Trial {
            events: Vec::new(),
            potentials: self.potentials.clone(),
            currents: self.currents.clone(),
            spikes: vec![Vec::new(); self.neurons()],
        };
        let mut now = 0.0;
        // Neurons whose spikes come at the very time of the last one, which rounding may hide.
        let mut due = VecDeque::new();
        loop {
            let (mut cause, mut dt) = match order.peek() {
                Some(k) => (Cause::Input(*k), inputs[*k].time - now),
                None => (Cause::End, self.trial - now),
            };
            if let Some(j) = due.pop_front() {
                (cause, dt) = (Cause::Spike(j), 0.0);
            } else {
                let state = out.potentials.iter().zip(&out.currents);
                let next: Vec<f64> = state
                    .map(|(v, i)| self.neuron.next(*v, *i).map_or(f64::INFINITY, |n| n.dt))
                    .collect();
                let soonest = next.iter().copied().fold(f64::INFINITY, f64::min);
                if soonest < dt || (soonest == dt && cause != Cause::End) {
                    due.extend((0..self.neurons()).filter(|j| next[*j] == soonest));
                    (cause, dt) = (due.pop_front().map_or(cause, Cause::Spike), soonest);
                }
            }
            now = match cause {
                Cause::Input(k) => inputs[k].time,
                Cause::Spike(_) => now + dt,
                Cause::End => self.trial,
            };
            let (potentials, currents) = (out.potentials.clone(), out.currents.clone());
            for i in 0..self.neurons() {
                let step = self.neuron.advance(potentials[i], currents[i], dt);
                out.currents[i] = step.i + self.weight(i, cause, inputs);
                out.potentials[i] = match cause {
                    Cause::Spike(j) if i == j => self.neuron.reset(),
                    _ => step.v,
                };
            }
            due.iter()
                .for_each(|j| out.potentials[*j] = self.neuron.about_to_spike(out.potentials[*j]));
            out.events.push(Event { cause, time: now, dt, potentials, currents });
            match cause {
                Cause::End => return Ok(out),
                Cause::Input(_) => drop(order.next()),
                Cause::Spike(j) => out.spikes[j].push(now),
            }
            if out.events.len() > MOST_EVENTS {
                return Err(TooManyEvents);
            }
        }
    }
}
