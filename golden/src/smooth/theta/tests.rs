//! Gradients against differences, in `f64`.

use super::*;
use crate::rng::Stream;

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
    pass.forward(net, stimulus);
    first_spike(&mut pass.outputs.clone(), label, net.trial, 0.01)
}

fn gradient(net: &Net<f64>, stimulus: Stimulus<'_>, label: usize) -> (Pass<f64>, Gradient<f64>) {
    let (mut pass, mut gradient) = (Pass::new(net, 1.0), Gradient::new(net));
    pass.forward(net, stimulus);
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
fn check(net: &Net<f64>, stimulus: Stimulus<'_>, label: usize) -> Vec<usize> {
    const H: f64 = 1e-5;
    let (trained, gradient) = gradient(net, stimulus, label);
    let mut pass = Pass::new(net, 1.0);
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
        let spikes = check(&net, Stimulus::Times(&times), seed as usize % 3);
        let together = Stimulus::Together { time: 0.02, inputs: &[0, 2, 3] };
        let more = check(&net, together, seed as usize % 3);
        (0..3).for_each(|l| total[l] += spikes[l] + more[l]);
    }
    // The loss went through spikes and through pseudospikes of every layer.
    assert!(total[0] > 50 && total[1] > 50 && (10..70).contains(&total[2]), "{total:?}");
}
