//! One weight, one pulse, one neuron: how spike time, loss and gradient follow the weight, for the exact
//! gradient of a leaky neuron, the smooth one of a quadratic neuron, and a surrogate gradient.

use crate::{
    smooth::current::{InputSpike, Network, Neuron, TooManyEvents},
    train::Surrogate,
};

/// Length of the trial, time of the pulse, target of the spike; in time constants of the membrane.
pub const TRIAL: f64 = 4.0;
const PULSE: f64 = 0.5;
/// The loss is half the squared distance from here.
pub const TARGET: f64 = 1.0;
/// Tick of the neuron that is trained by a surrogate.
const TICK: f64 = 0.05;

/// What a neuron does at one weight.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Point {
    /// The weight, in units of the least one that makes the neuron spike with ever so much time.
    pub weight: f64,
    /// First spike or pseudospike; T where a neuron has neither.
    pub time: f64,
    /// `(time − target)²/2`.
    pub loss: f64,
    /// Its derivative with respect to the weight in its own units, as the method has it.
    pub gradient: f64,
}

/// Curves over the weight from 0 to twice the least one.
#[derive(Clone, PartialEq, Debug)]
pub struct Sweep {
    /// Quadratic neuron with pseudospikes, exact gradient.
    pub smooth: Vec<Point>,
    /// Leaky neuron, exact gradient.
    pub leaky: Vec<Point>,
    /// Leaky neuron in ticks, surrogate gradient.
    pub surrogate: Vec<Point>,
}

/// Runs all three at `points` weights.
pub fn sweep(points: usize) -> Result<Sweep, TooManyEvents> {
    let weights: Vec<f64> = (0..points).map(|k| 2.0 * (k as f64 + 0.5) / points as f64).collect();
    let exact = |neuron, least: f64| -> Result<Vec<Point>, TooManyEvents> {
        weights.iter().map(|weight| point(neuron, *weight, least)).collect()
    };
    Ok(Sweep {
        smooth: exact(Neuron::Qif, std::f64::consts::PI.powi(2) / 4.0)?,
        leaky: exact(Neuron::Lif, 4.0)?,
        surrogate: weights.iter().map(|weight| in_ticks(*weight, 4.0)).collect(),
    })
}

fn point(neuron: Neuron, weight: f64, least: f64) -> Result<Point, TooManyEvents> {
    let network = Network {
        neuron,
        weights: vec![0.0],
        input_weights: vec![weight * least],
        potentials: vec![0.0],
        currents: vec![0.0],
        trial: TRIAL,
    };
    let inputs = [InputSpike { time: PULSE, input: 0 }];
    let trial = network.run(&inputs)?;
    let wanted = usize::from(neuron == Neuron::Qif);
    let times = network.times(&trial, &[wanted]);
    let time = times.times[0].first().copied();
    let derivative = time.map(|t| t - TARGET);
    let g = network.gradient(&inputs, &trial, &times, &[derivative.into_iter().collect()]);
    let time = time.unwrap_or(TRIAL);
    let loss = 0.5 * (time - TARGET).powi(2);
    Ok(Point { weight, time, loss, gradient: g.input_weights[0] })
}

/// The leaky neuron of the same equations in ticks. Its first spike is at `TICK·Σ_n Π_{m≤n} (1 − s_m)`, and
/// each s has the derivative of a surrogate at its potential; a spike resets V without a derivative.
fn in_ticks(weight: f64, least: f64) -> Point {
    let surrogate = Surrogate::Triangle(1.0);
    let ticks = (TRIAL / TICK).round() as usize;
    let (decay_v, decay_i) = ((-TICK).exp(), (-2.0 * TICK).exp());
    let (mut v, mut i) = (0.0, 0.0);
    let (mut dv, mut di) = (0.0, 0.0);
    // Spikes, and the derivative of each with respect to the weight.
    let mut spikes = Vec::with_capacity(ticks);
    for n in 0..ticks {
        if n == (PULSE / TICK).round() as usize {
            (i, di) = (i + weight * least, di + 1.0);
        }
        // The exact step of V' = −V + I, I' = −2I.
        let gain = decay_v - decay_i;
        (v, dv) = (decay_v * v + gain * i, decay_v * dv + gain * di);
        (i, di) = (decay_i * i, decay_i * di);
        let slope = f64::from(surrogate.derivative((v - 1.0) as f32)) * dv;
        spikes.push((v >= 1.0, slope));
        if v >= 1.0 {
            (v, dv) = (0.0, 0.0);
        }
    }
    let first = spikes.iter().position(|s| s.0).unwrap_or(ticks);
    let second = spikes.iter().skip(first + 1).position(|s| s.0).map_or(ticks, |k| first + 1 + k);
    // Without spike m the first one would be at tick `then`.
    let by_spike = |m: usize| {
        let then = if m == first { second } else { first };
        -((then.max(m) - m) as f64) * TICK
    };
    let reach = ticks.min(first + 1);
    let by_weight: f64 = (0..reach).map(|m| by_spike(m) * spikes[m].1).sum();
    let time = first as f64 * TICK;
    let loss = 0.5 * (time - TARGET).powi(2);
    Point { weight, time, loss, gradient: (time - TARGET) * by_weight }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn largest_step(points: &[Point]) -> f64 {
        points.windows(2).map(|p| (p[1].time - p[0].time).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn the_smooth_curve_has_no_jump_and_the_others_have() {
        let (coarse, fine) = (sweep(1_000).unwrap(), sweep(2_000).unwrap());
        let ratio = largest_step(&coarse.smooth) / largest_step(&fine.smooth);
        assert!((1.8..2.2).contains(&ratio), "{ratio}");
        assert!(largest_step(&fine.leaky) > 2.0 && largest_step(&fine.surrogate) > 2.0);
    }

    #[test]
    fn only_silent_leaky_neurons_have_no_gradient() {
        let s = sweep(400).unwrap();
        for (smooth, leaky) in s.smooth.iter().zip(&s.leaky) {
            assert!(smooth.gradient != 0.0, "{smooth:?}");
            assert_eq!(leaky.gradient == 0.0, leaky.weight < 1.0, "{leaky:?}");
        }
    }
}
