//! Target spike trains of two neurons in a recurrent network of ten quadratic neurons (Klos and
//! Memmesheimer, 2025): every neuron has an excitatory and an inhibitory input, both random; recurrent
//! weights start at 0, and they and the state at the start learn.

use crate::{
    rng::{Sequence, Stream},
    smooth::current::{InputSpike, Network, Neuron, Times, TooManyEvents},
    train::{Moments, OptimizerConfig, OptimizerKind, Step},
};

const NEURONS: usize = 10;
const TRIAL: f64 = 10.0;
/// Weight of the inputs.
const STRENGTH: f64 = 5.0;
/// Spikes of an input, and of the targets' trains, per time constant.
const RATES: [f64; 3] = [1.0, 1.0, 0.5];
/// Least time between two targets.
const REFRACTORY: f64 = 1.0;
/// Rate of the optimizer, and the trials in which it falls by e.
const RATE: f64 = 1e-2;
const DECAY: f64 = 2_000.0;

/// How a run went.
#[derive(Clone, Debug, PartialEq)]
pub struct RecurrentReport {
    /// Loss, trial by trial.
    pub losses: Vec<f64>,
    /// Spikes of all neurons that appeared from one trial to the next, in all.
    pub added: usize,
    /// Spikes that vanished.
    pub removed: usize,
    /// Targets.
    pub targets: usize,
    /// Largest distance of a spike from its target after training.
    pub worst: f64,
    /// Whether as many spikes as targets are within the trial after training.
    pub complete: bool,
}

struct Task {
    inputs: Vec<InputSpike>,
    targets: [Vec<f64>; 2],
    network: Network,
}

fn train_of(draw: &mut Sequence, rate: f64, refractory: f64) -> Vec<f64> {
    let (mut out, mut now) = (Vec::new(), 0.0);
    loop {
        now += refractory - (1.0 - draw.unit()).ln() / rate;
        if now >= TRIAL {
            return out;
        }
        out.push(now);
    }
}

impl Task {
    fn new(seed: u64) -> Self {
        let stream = Stream::named(seed, "recurrent task");
        let mut draw = stream.child(0).sequence();
        let mut inputs = Vec::new();
        for input in 0..2 * NEURONS {
            let times = train_of(&mut draw, RATES[0], 0.0);
            inputs.extend(times.into_iter().map(|time| InputSpike { time, input }));
        }
        let mut draw = stream.child(1).sequence();
        let targets = [RATES[1], RATES[2]].map(|rate| train_of(&mut draw, rate, REFRACTORY));
        let mut input_weights = vec![0.0; NEURONS * 2 * NEURONS];
        for i in 0..NEURONS {
            input_weights[i * 2 * NEURONS + 2 * i] = STRENGTH;
            input_weights[i * 2 * NEURONS + 2 * i + 1] = -STRENGTH;
        }
        let network = Network {
            neuron: Neuron::Qif,
            weights: vec![0.0; NEURONS * NEURONS],
            input_weights,
            potentials: vec![0.0; NEURONS],
            currents: vec![0.0; NEURONS],
            trial: TRIAL,
        };
        Self { inputs, targets, network }
    }

    /// Loss and derivatives: the mean of `((t − t*)/(t* + 2))²` over targets and, per neuron, one spike
    /// more, which counts only where it comes before 1.1·T.
    fn loss(&self, times: &Times) -> (f64, Vec<Vec<f64>>) {
        let (mut loss, mut derivatives) = (0.0, vec![Vec::new(); NEURONS]);
        let terms: usize = self.targets.iter().map(|t| t.len() + 1).sum();
        for (i, targets) in self.targets.iter().enumerate() {
            let beyond = 1.1 * TRIAL;
            for (k, target) in targets.iter().chain([&beyond]).enumerate() {
                let off = (times.times[i][k] - target) / (target + 2.0);
                let counts = k < targets.len() || off < 0.0;
                let off = if counts { off } else { 0.0 };
                loss += off * off / terms as f64;
                derivatives[i].push(2.0 * off / (target + 2.0) / terms as f64);
            }
        }
        (loss, derivatives)
    }
}

/// Trains for so many trials.
pub fn run(seed: u64, trials: usize) -> Result<RecurrentReport, TooManyEvents> {
    let mut task = Task::new(seed);
    let wanted: Vec<usize> =
        (0..NEURONS).map(|i| task.targets.get(i).map_or(0, |t| t.len() + 1)).collect();
    let optimizer = OptimizerConfig {
        kind: OptimizerKind::AdaBelief,
        learning_rate: RATE as f32,
        momentum: None,
        weight_decay: 0.0,
        clip_norm: None,
    };
    let single = |values: &[f64]| values.iter().map(|v| *v as f32).collect::<Vec<_>>();
    let network = &task.network;
    let mut values = [&network.weights, &network.potentials, &network.currents].map(|v| single(v));
    let mut moments = values.each_ref().map(|v| Moments::new(&optimizer, v.len()));
    let mut out = RecurrentReport {
        losses: Vec::with_capacity(trials),
        added: 0,
        removed: 0,
        targets: task.targets.iter().map(Vec::len).sum(),
        worst: 0.0,
        complete: false,
    };
    let mut before: Option<Vec<usize>> = None;
    for number in 0..=trials {
        let trial = task.network.run(&task.inputs)?;
        let times = task.network.times(&trial, &wanted);
        for (now, then) in times.real.iter().zip(before.iter().flatten()) {
            out.added += now.saturating_sub(*then);
            out.removed += then.saturating_sub(*now);
        }
        before = Some(times.real.clone());
        let (loss, derivatives) = task.loss(&times);
        if number == trials {
            let pairs = task.targets.iter().zip(&times.times);
            out.worst = (pairs.flat_map(|(a, b)| a.iter().zip(b).map(|(a, b)| (a - b).abs())))
                .fold(0.0, f64::max);
            let counts = task.targets.iter().zip(&times.real);
            out.complete =
                counts.clone().count() == 2 && counts.clone().all(|(a, b)| a.len() == *b);
            return Ok(out);
        }
        out.losses.push(loss);
        let g = task.network.gradient(&task.inputs, &trial, &times, &derivatives);
        let gradients = [g.weights, g.potentials, g.currents].map(|g| single(&g));
        let rate = (RATE * (-(number as f64) / DECAY).exp()) as f32;
        let step = Step { rate, number, scale: 1.0, decay: 0.0 };
        for ((m, v), g) in moments.iter_mut().zip(&mut values).zip(&gradients) {
            m.update(&optimizer, step, v, g);
        }
        let network = &mut task.network;
        let arrays = [&mut network.weights, &mut network.potentials, &mut network.currents];
        for (to, from) in arrays.into_iter().zip(&values) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = f64::from(*from));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loss_falls_through_spikes_that_come_and_go() {
        let report = run(1, 150).unwrap();
        let mean = |l: &[f64]| l.iter().sum::<f64>() / l.len() as f64;
        let (start, end) = (mean(&report.losses[..10]), mean(&report.losses[140..]));
        assert!(end < 0.5 * start && report.added + report.removed > 0, "{start} {end} {report:?}");
    }
}
