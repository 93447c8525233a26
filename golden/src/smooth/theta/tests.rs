//! Gradients against differences, in `f64`.

use super::*;
use crate::{rng::Stream, train::LANES};

/// A net whose neurons spike a lot or a little, by the size of its weights.
fn net(sizes: &[usize], size: f64, seed: u64) -> Net<f64> {
    let mut draw = Stream::named(seed, "net").sequence();
    let mut net = Net::new(sizes, 2.0, 6.0, 3.0);
    for layer in &mut net.layers {
        let (n, width) = (layer.neurons, layer.width());
        for row in layer.weights.chunks_exact_mut(width) {
            let weights = row.as_flattened_mut().iter_mut().take(n);
            weights.for_each(|k| *k = size * (draw.unit() - 0.4));
        }
        layer.set_phases((0..n).map(|_| 0.4 + 2.4 * draw.unit()).collect::<Vec<_>>());
    }
    net
}

fn loss(net: &Net<f64>, pass: &mut Pass<f64>, stimulus: Stimulus<'_>, label: usize) -> f64 {
    pass.forward(net, stimulus).unwrap();
    first_spike(&mut pass.outputs.clone(), label, net.trial, 0.01)
}

/// `factor` is what pulses of pseudospikes count.
fn gradient(
    net: &Net<f64>,
    stimulus: Stimulus<'_>,
    label: usize,
    factor: f64,
) -> (Pass<f64>, Gradient<f64>) {
    let (mut pass, mut gradient) = (Pass::new(net, factor), Gradient::new(net));
    pass.forward(net, stimulus).unwrap();
    let mut outputs = pass.outputs.clone();
    first_spike(&mut outputs, label, net.trial, 0.01);
    pass.backward(net, stimulus, &outputs, &mut gradient);
    (pass, gradient)
}

#[track_caller]
fn close(what: &str, got: f64, plus: f64, minus: f64, h: f64) {
    let expect = (plus - minus) / (2.0 * h);
    assert!((got - expect).abs() <= 1e-6 * expect.abs().max(1e-2), "{what}: {got} {expect}");
}

/// Every gradient of a net against central differences. Returns how many spikes its layers had.
#[track_caller]
fn check(net: &Net<f64>, stimulus: Stimulus<'_>, label: usize, factor: f64) -> Vec<usize> {
    const H: f64 = 1e-5;
    let (trained, gradient) = gradient(net, stimulus, label, factor);
    let mut pass = Pass::new(net, factor);
    for l in 0..net.layers.len() {
        let (layer, width) = (&net.layers[l], net.layers[l].width());
        for j in 0..layer.inputs {
            for i in 0..layer.neurons {
                let mut shifted = |h| {
                    let mut net = net.clone();
                    net.layers[l].weights[j * width..].as_flattened_mut()[i] += h;
                    loss(&net, &mut pass, stimulus, label)
                };
                let got = gradient.weights[l][j * width..].as_flattened()[i];
                close(&format!("weight {l} {j} {i}"), got, shifted(H), shifted(-H), H);
            }
        }
        let (sin, cos) = (layer.sin.as_flattened(), layer.cos.as_flattened());
        let angles: Vec<f64> = (0..layer.neurons).map(|i| sin[i].atan2(cos[i])).collect();
        for i in 0..layer.neurons {
            let mut shifted = |h| {
                let mut net = net.clone();
                net.layers[l].set_phases(
                    angles.iter().enumerate().map(|(k, a)| if k == i { a + h } else { *a }),
                );
                loss(&net, &mut pass, stimulus, label)
            };
            let got = gradient.phases[l].as_flattened()[i];
            close(&format!("phase {l} {i}"), got, shifted(H), shifted(-H), H);
        }
    }
    for (j, got) in trained.input_times(net) {
        let mut shifted = |h| match stimulus {
            Stimulus::Times(times) => {
                let mut times = times.to_vec();
                times[j] += h;
                loss(net, &mut pass, Stimulus::Times(&times), label)
            }
            Stimulus::Together { time, inputs } => {
                loss(net, &mut pass, Stimulus::Together { time: time + h, inputs }, label)
            }
        };
        close(&format!("time {j}"), got, shifted(H), shifted(-H), H);
    }
    trained.traces.iter().map(|t| t.spikes.len()).collect()
}

#[test]
fn gradients_are_differences() {
    let mut total = [0; 3];
    for seed in 0..12 {
        let times: Vec<f64> = (0..5).map(|j| (0.07 + 0.31 * j as f64) % 2.1).collect();
        let net = net(&[5, 20, 6, 3], 2.0, seed);
        let spikes = check(&net, Stimulus::Times(&times), seed as usize % 3, 1.0);
        let together = Stimulus::Together { time: 0.02, inputs: &[0, 2, 3] };
        let more = check(&net, together, seed as usize % 3, 1.0);
        // The loss of pulses that count less has jumps, but not here.
        check(&net, together, seed as usize % 3, 0.4);
        (0..3).for_each(|l| total[l] += spikes[l] + more[l]);
    }
    // The loss went through spikes and through pseudospikes of every layer.
    assert!(total[0] > 50 && total[1] > 50 && (10..70).contains(&total[2]), "{total:?}");
}

/// A net between two, `x` of the way.
fn between(a: &Net<f64>, b: &Net<f64>, x: f64) -> Net<f64> {
    let mut net = a.clone();
    for (to, b) in net.layers.iter_mut().zip(&b.layers) {
        let pairs = to.weights.as_flattened_mut().iter_mut().zip(b.weights.as_flattened());
        pairs.for_each(|(to, b)| *to += x * (b - *to));
    }
    net
}

const TIMES: [f64; 5] = [0.05, 0.4, 0.8, 1.1, 1.5];

/// Loss and number of spikes of a net.
fn look(net: &Net<f64>) -> (f64, usize) {
    let mut pass = Pass::new(net, 1.0);
    let loss = loss(net, &mut pass, Stimulus::Times(&TIMES), 1);
    (loss, pass.traces.iter().map(|t| t.spikes.len()).sum())
}

#[test]
fn steps_of_the_loss_halve_with_the_steps_on_a_line() {
    let (a, b) = (net(&[5, 12, 6, 3], 3.0, 1), net(&[5, 12, 6, 3], 3.0, 2));
    let largest = |steps: usize| {
        let mut a_net = a.clone();
        a_net.layers.iter_mut().zip(&b.layers).for_each(|(a, b)| {
            a.sin.clone_from(&b.sin);
            a.cos.clone_from(&b.cos);
        });
        let at: Vec<_> =
            (0..=steps).map(|k| look(&between(&a_net, &b, k as f64 / steps as f64))).collect();
        let changes = at.windows(2).filter(|w| w[0].1 != w[1].1).count();
        (at.windows(2).map(|w| (w[1].0 - w[0].0).abs()).fold(0.0, f64::max), changes)
    };
    let (coarse, fine) = (largest(10_000), largest(20_000));
    assert!((1.9..2.1).contains(&(coarse.0 / fine.0)), "{coarse:?} {fine:?}");
    assert!(fine.1 >= 5, "spikes have to come and go on the way: {fine:?}");
}

#[test]
fn spikes_come_and_go_at_the_end_of_the_trial_only() {
    let (a, b) = (net(&[5, 12, 6, 3], 3.0, 3), net(&[5, 12, 6, 3], 3.0, 4));
    let count = |x: f64| look(&between(&a, &b, x)).1;
    let mut changes = 0;
    for k in 0..500 {
        let (mut low, mut high) = (k as f64 / 500.0, (k + 1) as f64 / 500.0);
        let below = count(low);
        if below == count(high) {
            continue;
        }
        for _ in 0..45 {
            let middle = 0.5 * (low + high);
            if count(middle) == below { low = middle } else { high = middle }
        }
        let more = between(&a, &b, if count(low) > count(high) { low } else { high });
        let mut pass = Pass::new(&more, 1.0);
        pass.forward(&more, Stimulus::Times(&TIMES)).unwrap();
        let spikes = pass.traces.iter().flat_map(|t| &t.spikes);
        let last = spikes.map(|s| more.time(s.at)).fold(0.0, f64::max);
        assert!(more.trial - last < 1e-9, "{last}");
        changes += 1;
    }
    assert!(changes >= 5, "{changes}");
}

#[test]
fn single_precision_gradients_are_close() {
    let double = net(&[5, 40, 20, 3], 1.5, 9);
    let mut single = Net::<f32>::new(&[5, 40, 20, 3], 2.0, 6.0, 3.0);
    for (to, from) in single.layers.iter_mut().zip(&double.layers) {
        let all = |to: &mut [crate::train::Row<f32>], from: &[crate::train::Row<f64>]| {
            let pairs = to.as_flattened_mut().iter_mut().zip(from.as_flattened());
            pairs.for_each(|(to, from)| *to = *from as f32);
        };
        all(&mut to.weights, &from.weights);
        all(&mut to.sin, &from.sin);
        all(&mut to.cos, &from.cos);
    }
    let stimulus = Stimulus::Times(&TIMES);
    let (_, expect) = gradient(&double, stimulus, 2, 1.0);
    let (mut pass, mut got) = (Pass::new(&single, 1.0), Gradient::new(&single));
    pass.forward(&single, stimulus).unwrap();
    let mut outputs = pass.outputs.clone();
    first_spike(&mut outputs, 2, 2.0, 0.01);
    pass.backward(&single, stimulus, &outputs, &mut got);
    let (mut off, mut size) = (0.0, 0.0);
    for (a, b) in got.weights.iter().zip(&expect.weights) {
        for (a, b) in a.as_flattened().iter().zip(b.as_flattened()) {
            off += (f64::from(*a) - b).powi(2);
            size += b * b;
        }
    }
    assert!(off < 1e-9 * size, "{off} of {size}");
}

#[test]
fn equal_neurons_spike_in_order_and_a_pulse_at_that_time_changes_nothing() {
    let mut net = Net::<f64>::new(&[1, 3], 2.0, 6.0, 4.5);
    let mut pass = Pass::new(&net, 1.0);
    // All spike at 1.5.
    for (time, weight) in [(0.5, 0.0), (1.5, 1e3), (1.5, -1e3)] {
        net.layers[0].weights.as_flattened_mut()[..3].fill(weight);
        pass.forward(&net, Stimulus::Times(&[time])).unwrap();
        let order: Vec<usize> = pass.traces[0].spikes.iter().map(|s| s.neuron).collect();
        assert_eq!(order, [0, 1, 2]);
        pass.outputs.iter().for_each(|t| assert!((t - 1.5).abs() < 1e-9, "{t}"));
        assert_eq!(first(&pass.outputs), 0);
    }
}

#[test]
fn a_sample_does_not_depend_on_those_before_it() {
    let net = net(&[5, 20, 6, 3], 2.0, 7);
    let alone = gradient(&net, Stimulus::Times(&TIMES), 0, 1.0);
    let (mut pass, mut other) = (Pass::new(&net, 1.0), Gradient::new(&net));
    for times in [[0.3; 5], [1.9, 0.1, 5.0, -1.0, 0.2]] {
        pass.forward(&net, Stimulus::Times(&times)).unwrap();
        let mut outputs = pass.outputs.clone();
        first_spike(&mut outputs, 1, net.trial, 0.01);
        pass.backward(&net, Stimulus::Times(&times), &outputs, &mut other);
    }
    other.clear();
    pass.forward(&net, Stimulus::Times(&TIMES)).unwrap();
    assert_eq!(pass.outputs, alone.0.outputs);
    let mut outputs = pass.outputs.clone();
    first_spike(&mut outputs, 0, net.trial, 0.01);
    pass.backward(&net, Stimulus::Times(&TIMES), &outputs, &mut other);
    for (a, b) in other.weights.iter().zip(&alone.1.weights) {
        assert!(a[..] == b[..]);
    }
}

/// A layer and times of pulses of weight `k`, times the gap between them as an angle; as many as inputs.
fn busy<T: Real>(pulses: usize, neurons: usize, k: f64) -> (Net<T>, Vec<f64>) {
    let mut net = Net::<T>::new(&[pulses, neurons], 2.0, 6.0, 0.0);
    let gap = 2.0 / (pulses + 1) as f64;
    let k = T::of(k / net.angle(gap));
    net.layers[0].weights.as_flattened_mut().fill(k);
    (net, (1..=pulses).map(|p| p as f64 * gap).collect())
}

fn run<T: Real>((net, times): &(Net<T>, Vec<f64>)) -> Result<usize, TooLarge> {
    let mut pass = Pass::new(net, 1.0);
    pass.forward(net, Stimulus::Times(times))?;
    Ok(pass.traces[0].spikes.len())
}

#[test]
fn neurons_spike_at_most_once_between_two_pulses_and_too_many_spikes_are_refused() {
    // The spike comes 0.45 of a gap behind its pulse: 1/0.45 = k − 1/(1 − 0.45).
    let k = 1.0 / 0.45 + 1.0 / 0.55;
    assert_eq!(run(&busy::<f64>(1_000, 8 * LANES, k)), Ok(1_000 * 8 * LANES));
    assert_eq!(run(&busy::<f64>(1_030, 8 * LANES, k)), Err(TooLarge));
}

#[test]
fn points_out_of_range_are_refused() {
    // r grows to 49 times itself with every spike.
    let k = 50.0;
    assert_eq!(run(&busy::<f64>(16, LANES, k)), Ok(16 * LANES));
    assert_eq!(run(&busy::<f32>(8, LANES, k)), Ok(8 * LANES));
    assert_eq!(run(&busy::<f32>(16, LANES, k)), Err(TooLarge));
}

#[test]
fn memory_is_refused_before_it_is_taken() {
    // A layer of two rows of lanes and as many pulses as would fill a gigabyte.
    let layer = Layer::<f32>::new(1, 2 * LANES);
    let pulses = vec![Spike::default(); (1 << 26) / (2 * LANES)];
    let mut trace = Trace::default();
    let said = trace.run(&layer.view(&layer.weights), &pulses, (0.5, 0.8));
    assert_eq!(said, Err(TooLarge));
    assert_eq!(trace.s.capacity(), 0);
}
