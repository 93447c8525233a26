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
    let ticks = spikes(weight * least);
    let first = ticks.iter().position(Tick::spikes).unwrap_or(ticks.len());
    let second = ticks.iter().skip(first + 1).position(Tick::spikes);
    let second = second.map_or(ticks.len(), |k| first + 1 + k);
    // Without spike m the first one would be at tick `then`.
    let by_spike = |m: usize| {
        let then = if m == first { second } else { first };
        -((then.max(m) - m) as f64) * TICK
    };
    let reach = ticks.len().min(first + 1);
    let by_weight: f64 = (0..reach).map(|m| by_spike(m) * ticks[m].slope).sum();
    let time = first as f64 * TICK;
    let loss = 0.5 * (time - TARGET).powi(2);
    Point { weight, time, loss, gradient: (time - TARGET) * by_weight }
}

/// A tick of the leaky neuron.
struct Tick {
    /// Potential before a reset.
    potential: f64,
    /// What the surrogate takes for the derivative of its spike with respect to the weight.
    slope: f64,
}

impl Tick {
    fn spikes(&self) -> bool {
        self.potential >= 1.0
    }
}

fn spikes(weight: f64) -> Vec<Tick> {
    let surrogate = Surrogate::Triangle(1.0);
    let (decay_v, decay_i) = ((-TICK).exp(), (-2.0 * TICK).exp());
    let (mut v, mut i) = (0.0, 0.0);
    let (mut dv, mut di) = (0.0, 0.0);
    let tick = |n| {
        if n == (PULSE / TICK).round() as usize {
            (i, di) = (i + weight, di + 1.0);
        }
        // The exact step of V' = −V + I, I' = −2I.
        let gain = decay_v - decay_i;
        (v, dv) = (decay_v * v + gain * i, decay_v * dv + gain * di);
        (i, di) = (decay_i * i, decay_i * di);
        let slope = f64::from(surrogate.derivative((v - 1.0) as f32)) * dv;
        let tick = Tick { potential: v, slope };
        if tick.spikes() {
            (v, dv) = (0.0, 0.0);
        }
        tick
    };
    (0..(TRIAL / TICK).round() as usize).map(tick).collect()
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

    #[test]
    fn the_neuron_in_ticks_follows_the_exact_one() {
        let s = sweep(400).unwrap();
        // Below the least weight and above it; close to it a tick decides whether there is a spike.
        for (exact, ticks) in s.leaky.iter().zip(&s.surrogate) {
            if exact.weight < 1.0 {
                assert_eq!(ticks.time, TRIAL);
            } else if exact.weight > 1.01 {
                // A spike is seen at the tick behind it, and a tick is named by its start.
                let late = ticks.time - exact.time;
                assert!((-TICK - 1e-9..1e-9).contains(&late), "{exact:?} {ticks:?}");
            }
        }
    }

    #[test]
    fn the_surrogate_curve_is_the_chain_rule_over_all_spikes() {
        const H: f64 = 1e-6;
        let mut compared = 0;
        for k in 0..60 {
            let weight = 2.0 * (f64::from(k) + 0.5) / 60.0;
            let at = |h: f64| spikes(4.0 * weight + h);
            let (ticks, plus, minus) = (at(0.0), at(H), at(-H));
            let fired = |ticks: &[Tick]| ticks.iter().map(Tick::spikes).collect::<Vec<_>>();
            // Resets are without a derivative, so none may move.
            if fired(&plus) != fired(&minus) {
                continue;
            }
            let s: Vec<f64> = ticks.iter().map(|t| f64::from(u8::from(t.spikes()))).collect();
            // TICK·Σ_n Π_{m≤n} (1 − s_m), linear in every s.
            let time = |s: &[f64]| -> f64 {
                let none = s.iter().scan(1.0, |product, s| {
                    *product *= 1.0 - s;
                    Some(*product)
                });
                TICK * none.sum::<f64>()
            };
            let expect: f64 = (0..s.len())
                .map(|m| {
                    let with = |value| {
                        let mut s = s.clone();
                        s[m] = value;
                        time(&s)
                    };
                    let slope = (plus[m].potential - minus[m].potential) / (2.0 * H);
                    let triangle = (1.0 - (ticks[m].potential - 1.0).abs()).max(0.0);
                    (with(1.0) - with(0.0)) * triangle * slope
                })
                .sum();
            let point = in_ticks(weight, 4.0);
            assert!((point.time - time(&s)).abs() < 1e-12);
            let expect = (point.time - TARGET) * expect;
            let off = (point.gradient - expect).abs();
            assert!(off <= 1e-6 * expect.abs().max(1e-3), "{point:?} {expect}");
            // Where the loss is flat, there is a way out all the same.
            assert!(weight >= 1.0 || point.gradient < 0.0, "{point:?}");
            compared += 1;
        }
        assert!(compared >= 50, "{compared}");
    }
}
