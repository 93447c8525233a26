//! The loss of first output spikes: `L = −log softmax(−t)[y] + γ·(exp(t_y/T) − 1)` over the times t of
//! the classes' first spikes, in the unit of time of the trial T (Klos and Memmesheimer, 2025).

/// Loss of a sample of class `label` and its derivatives, which replace the times.
pub fn first_spike(times: &mut [f64], label: usize, trial: f64, gamma: f64) -> f64 {
    let first = times.iter().copied().fold(f64::INFINITY, f64::min);
    let wanted = times[label];
    let total: f64 = times.iter().map(|t| (first - t).exp()).sum();
    let late = (wanted / trial).exp();
    for t in times.iter_mut() {
        *t = -((first - *t).exp() / total);
    }
    times[label] += 1.0 + gamma / trial * late;
    wanted - first + total.ln() + gamma * (late - 1.0)
}

/// The class whose spike is first, the lowest on ties.
pub fn first(times: &[f64]) -> usize {
    (0..times.len()).fold(0, |best, i| if times[i] < times[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_differences() {
        let times = [1.5f64, 0.3, 4.0, 0.31];
        for label in 0..4 {
            let mut gradient = times;
            let loss = first_spike(&mut gradient, label, 2.0, 0.01);
            let softmax =
                (-times[label]).exp() / times.map(|t: f64| (-t).exp()).iter().sum::<f64>();
            let expect = -softmax.ln() + 0.01 * ((times[label] / 2.0).exp() - 1.0);
            assert!((loss - expect).abs() < 1e-12, "{loss} {expect}");
            for i in 0..4 {
                let shifted = |h: f64| {
                    let mut t = times;
                    t[i] += h;
                    first_spike(&mut t, label, 2.0, 0.01)
                };
                let difference = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
                assert!((gradient[i] - difference).abs() < 1e-9, "{label} {i}");
            }
        }
    }

    #[test]
    fn ties_go_to_the_lowest_class() {
        assert_eq!(first(&[2.0, 1.0, 1.0]), 1);
        assert_eq!(first(&[8.0; 3]), 0);
    }
}
