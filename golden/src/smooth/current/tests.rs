//! Gradients of recurrent networks against differences, and what makes quadratic neurons smooth.

use super::*;
use crate::rng::Stream;

/// Four recurrent neurons with two inputs.
fn network(seed: u64, inhibition: f64) -> (Network, Vec<InputSpike>) {
    let mut draw = Stream::named(seed, "recurrent").sequence();
    let n = 4;
    let mut uniform = |low: f64, high: f64| low + (high - low) * draw.unit();
    let network = Network {
        neuron: Neuron::Qif,
        weights: (0..n * n).map(|_| uniform(-1.0, 1.0)).collect(),
        input_weights: (0..2 * n)
            .map(|k| if k % 2 == 0 { uniform(3.0, 6.0) } else { -uniform(0.0, inhibition) })
            .collect(),
        potentials: (0..n).map(|_| uniform(-1.0, 0.6)).collect(),
        currents: (0..n).map(|_| uniform(-1.0, 1.0)).collect(),
        trial: 4.0,
    };
    let inputs = (0..7)
        .map(|k| InputSpike { time: uniform(0.0, 3.9), input: usize::from(k % 3 == 2) })
        .collect();
    (network, inputs)
}

/// Spikes and pseudospikes that the loss below looks at.
const WANTED: usize = 3;

/// A loss in which all of a neuron's first times count.
fn loss(network: &Network, inputs: &[InputSpike]) -> f64 {
    let trial = network.run(inputs).unwrap();
    let times = network.times(&trial, &vec![WANTED; network.neurons()]);
    let all = times.times.iter().enumerate();
    all.flat_map(|(i, t)| t.iter().take(WANTED).map(move |t| (t - i as f64).sin())).sum()
}

fn gradient(network: &Network, inputs: &[InputSpike]) -> (Gradient, usize) {
    let trial = network.run(inputs).unwrap();
    let times = network.times(&trial, &vec![WANTED; network.neurons()]);
    let derivatives: Vec<Vec<f64>> = (times.times.iter().enumerate())
        .map(|(i, t)| t.iter().take(WANTED).map(|t| (t - i as f64).cos()).collect())
        .collect();
    let spikes = times.real.iter().sum();
    (network.gradient(inputs, &trial, &times, &derivatives), spikes)
}

#[test]
fn gradients_are_differences() {
    const H: f64 = 1e-5;
    let (mut spikes, mut compared) = (0, 0);
    for seed in 0..20 {
        let (net, inputs) = network(seed, 3.0);
        let (got, count) = gradient(&net, &inputs);
        spikes += count;
        let mut check = |what: &str, got: f64, shifted: &dyn Fn(f64) -> f64| {
            // Of fourth order.
            let difference = |h: f64| (shifted(h) - shifted(-h)) / (2.0 * h);
            let expect = (4.0 * difference(H) - difference(2.0 * H)) / 3.0;
            assert!(
                (got - expect).abs() <= 1e-6 * expect.abs().max(1e-2),
                "{what}: {got} {expect}"
            );
            compared += 1;
        };
        type Array = fn(&mut Network) -> &mut Vec<f64>;
        let arrays: [(&str, &[f64], Array); 4] = [
            ("weight", &got.weights, |n| &mut n.weights),
            ("input weight", &got.input_weights, |n| &mut n.input_weights),
            ("potential", &got.potentials, |n| &mut n.potentials),
            ("current", &got.currents, |n| &mut n.currents),
        ];
        for (what, gradients, array) in arrays {
            for (k, got) in gradients.iter().enumerate() {
                if what == "weight" && k % 5 == 0 {
                    // To itself: unused.
                    assert_eq!(*got, 0.0);
                    continue;
                }
                check(&format!("seed {seed} {what} {k}"), *got, &|h| {
                    let mut net = net.clone();
                    array(&mut net)[k] += h;
                    loss(&net, &inputs)
                });
            }
        }
        for (k, got) in got.input_times.iter().enumerate() {
            check(&format!("seed {seed} input time {k}"), *got, &|h| {
                let mut inputs = inputs.clone();
                inputs[k].time += h;
                loss(&net, &inputs)
            });
        }
    }
    // Twelve times per network are looked at; both kinds have to be among them.
    assert!((40..200).contains(&spikes) && compared > 600, "{spikes} {compared}");
}

/// One neuron at rest and one pulse of weight w at 0.5.
fn single(neuron: Neuron, w: f64) -> (Network, [InputSpike; 1]) {
    let network = Network {
        neuron,
        weights: vec![0.0],
        input_weights: vec![w],
        potentials: vec![0.0],
        currents: vec![0.0],
        trial: 4.0,
    };
    (network, [InputSpike { time: 0.5, input: 0 }])
}

fn first(neuron: Neuron, w: f64) -> (f64, bool) {
    let (network, inputs) = single(neuron, w);
    let trial = network.run(&inputs).unwrap();
    match neuron {
        Neuron::Qif => {
            let times = network.times(&trial, &[1]);
            (times.times[0][0], times.real[0] > 0)
        }
        Neuron::Lif => {
            let spike = trial.spikes[0].first();
            (spike.copied().unwrap_or(network.trial), spike.is_some())
        }
    }
}

#[test]
fn steps_of_the_spike_time_halve_with_the_steps_of_the_weight() {
    let largest = |neuron, steps: u32| {
        let at = |k: u32| first(neuron, 8.0 * f64::from(k) / f64::from(steps)).0;
        (0..steps).map(|k| (at(k + 1) - at(k)).abs()).fold(0.0, f64::max)
    };
    let ratio = largest(Neuron::Qif, 4_000) / largest(Neuron::Qif, 8_000);
    assert!((1.9..2.1).contains(&ratio), "{ratio}");
    // The leaky neuron loses its spike in the middle of the trial, however small the step.
    let leaky = (largest(Neuron::Lif, 4_000), largest(Neuron::Lif, 8_000));
    assert!(leaky.0 > 2.0 && leaky.1 > 2.0, "{leaky:?}");
}

#[test]
fn nothing_jumps_behind_a_spike_that_crosses_the_end() {
    // Neuron 1 is driven by neuron 0 alone, and silent: what it gets is a pulse or a pseudospike's.
    for weight in [1.5, -4.0] {
        let at = |w: f64| {
            let (one, inputs) = single(Neuron::Qif, w);
            let net = Network {
                weights: vec![0.0, 0.0, weight, 0.0],
                input_weights: vec![w, 0.0],
                potentials: vec![0.0; 2],
                currents: vec![0.0; 2],
                ..one
            };
            let trial = net.run(&inputs).unwrap();
            let times = net.times(&trial, &[1, 1]);
            assert_eq!(times.real[1], 0);
            (times.times[1][0], times.real[0])
        };
        // The spike of neuron 0 comes in between these.
        let sweep = |steps: u32| -> (f64, usize) {
            let all: Vec<_> =
                (0..=steps).map(|k| at(2.5 + 0.2 * f64::from(k) / f64::from(steps))).collect();
            let changes = all.windows(2).filter(|p| p[0].1 != p[1].1).count();
            (all.windows(2).map(|p| (p[1].0 - p[0].0).abs()).fold(0.0, f64::max), changes)
        };
        let (coarse, fine) = (sweep(4_000), sweep(8_000));
        assert_eq!((coarse.1, fine.1), (1, 1));
        assert!((1.9..2.1).contains(&(coarse.0 / fine.0)), "{weight}: {coarse:?} {fine:?}");
    }
}

#[test]
fn spikes_come_and_go_at_the_end_of_the_trial_only() {
    let count = |net: &Network, inputs: &[InputSpike]| {
        net.run(inputs).unwrap().spikes.iter().map(Vec::len).sum::<usize>()
    };
    let mut changes = 0;
    for seed in 0..6 {
        let (start, inputs) = network(seed, 3.0);
        let at = |x: f64| {
            let mut net = start.clone();
            let weights = net.input_weights.iter_mut().enumerate();
            weights.for_each(|(k, w)| *w *= 1.0 + x * if k % 3 == 0 { 1.0 } else { -0.3 });
            net
        };
        let steps = 400;
        for k in 0..steps {
            let (mut low, mut high) = (k as f64 / steps as f64, (k + 1) as f64 / steps as f64);
            let below = count(&at(low), &inputs);
            if below == count(&at(high), &inputs) {
                continue;
            }
            for _ in 0..50 {
                let middle = 0.5 * (low + high);
                let same = count(&at(middle), &inputs) == below;
                if same { low = middle } else { high = middle }
            }
            let more =
                if count(&at(low), &inputs) > count(&at(high), &inputs) { low } else { high };
            let trial = at(more).run(&inputs).unwrap();
            let last = trial.spikes.iter().flatten().copied().fold(0.0, f64::max);
            assert!(start.trial - last < 1e-6, "seed {seed}: {last}");
            changes += 1;
        }
    }
    assert!(changes >= 10, "{changes}");
}

#[test]
fn spike_times_have_one_slope_on_both_sides_of_the_end() {
    let (mut low, mut high) = (2.0, 8.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if first(Neuron::Qif, middle).1 { high = middle } else { low = middle }
    }
    let h = 1e-5;
    let slope = |w: f64| (first(Neuron::Qif, w + h).0 - first(Neuron::Qif, w - h).0) / (2.0 * h);
    let (pseudo, real) = (slope(low - 2.0 * h), slope(high + 2.0 * h));
    assert!((pseudo / real - 1.0).abs() < 1e-3, "{pseudo} {real}");
    assert!((first(Neuron::Qif, low).0 - 4.0).abs() < 1e-6);
}

#[test]
fn ties_go_to_spikes_and_then_to_the_lowest_number() {
    let mut net = Network {
        neuron: Neuron::Lif,
        weights: vec![0.0; 4],
        input_weights: vec![0.0; 2],
        potentials: vec![0.0; 2],
        currents: vec![5.0; 2],
        trial: 4.0,
    };
    let time = Neuron::Lif.next(0.0, 5.0).unwrap().dt;
    let inputs = [InputSpike { time, input: 0 }];
    let causes = |net: &Network| -> Vec<Cause> {
        net.run(&inputs).unwrap().events.iter().take(3).map(|e| e.cause).collect()
    };
    assert_eq!(causes(&net), [Cause::Spike(0), Cause::Spike(1), Cause::Input(0)]);
    net.currents[0] = 0.0;
    assert_eq!(causes(&net), [Cause::Spike(1), Cause::Input(0), Cause::End]);
}

/// The published task with one target: 20 fixed inputs and two that learn, the first at 1, the second at
/// 9, both without weight. Nothing for fixed inputs that make the neuron spike by themselves. Returns
/// losses and whether the neuron spiked, trial by trial.
fn learn_one_spike(seed: u64) -> Option<(Vec<f64>, Vec<bool>)> {
    let (fixed, learning) = (20, [20, 21]);
    let mut draw = Stream::named(seed, "silent").sequence();
    let mut weights: Vec<f64> = (0..fixed).map(|_| draw.normal()).collect();
    weights.extend([0.0; 2]);
    let mut inputs: Vec<InputSpike> =
        (0..fixed).map(|k| InputSpike { time: 10.0 * draw.unit(), input: k }).collect();
    let learners = [1.0, 9.0].into_iter().zip(learning);
    inputs.extend(learners.map(|(time, input)| InputSpike { time, input }));
    let mut net = Network {
        neuron: Neuron::Qif,
        weights: vec![0.0],
        input_weights: weights,
        potentials: vec![0.0],
        currents: vec![0.0],
        trial: 10.0,
    };
    let (mut losses, mut spiked) = (Vec::new(), Vec::new());
    for step in 0..2_000 {
        let trial = net.run(&inputs).unwrap();
        let times = net.times(&trial, &[1]);
        if step == 0 && times.real[0] > 0 {
            return None;
        }
        let off = times.times[0][0] - 2.5;
        losses.push(off * off);
        spiked.push(times.real[0] > 0);
        let g = net.gradient(&inputs, &trial, &times, &[vec![2.0 * off]]);
        let bounded = |g: f64| 0.1 * g.clamp(-0.2, 0.2);
        for k in learning {
            net.input_weights[k] -= bounded(g.input_weights[k]);
            inputs[k].time = (inputs[k].time - bounded(g.input_times[k])).clamp(0.0, 10.0);
        }
    }
    Some((losses, spiked))
}

#[test]
fn silent_neurons_learn_their_spike() {
    let runs: Vec<_> = (1..).filter_map(learn_one_spike).take(5).collect();
    let mut ends = Vec::new();
    for (losses, spiked) in runs {
        assert!(losses[1] < losses[0], "there is a gradient without a spike");
        ends.push(losses[1_999]);
        if let Some(came) = spiked.iter().position(|s| *s) {
            // The spike came in at the end of the trial, 7.5 from its target.
            assert!((7.0..7.6).contains(&losses[came].sqrt()), "{}", losses[came]);
        }
    }
    let learned = ends.iter().filter(|l| **l < 1e-4).count();
    assert!(learned >= 4, "{ends:?}");
}
