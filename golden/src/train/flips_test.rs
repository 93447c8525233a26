//! How many signs a step of plain SGD flips, predicted and counted.

use super::*;
use crate::rng::Stream;

#[test]
fn a_step_flips_as_many_signs_as_predicted() {
    // Weights N(0, 0.1²), gradients N(μ, σ²) drawn apart from them; rates for over 1,000 flips.
    let n = 400_000;
    for (case, (mu, sd)) in
        [(0.0, 1.0), (1.0, 1.0), (0.5, 0.1), (-2.0, 0.5)].into_iter().enumerate()
    {
        let stream = Stream::named(7, "flips").child(case as u64);
        let (mut draw, mut noise) = (stream.child(0).sequence(), stream.child(1).sequence());
        let weights: Vec<f32> = (0..n).map(|_| (0.1 * draw.normal()) as f32).collect();
        let gradients: Vec<f64> = (0..n).map(|_| mu + sd * noise.normal()).collect();
        let rate = 0.005 / gradients.iter().map(|g| g.abs()).sum::<f64>() * n as f64;
        let mean = gradients.iter().map(|g| g.abs()).sum::<f64>() / n as f64;
        let predicted = n as f64 * density_at_zero(&weights) * rate * mean;
        let moved = weights.iter().zip(&gradients).map(|(w, g)| f64::from(*w) - rate * g);
        let flips = moved.zip(&weights).filter(|(new, w)| (*new >= 0.0) != (**w >= 0.0)).count();
        assert!(predicted > 1_000.0, "{predicted} flips are too few to compare");
        let ratio = flips as f64 / predicted;
        assert!((ratio - 1.0).abs() < 0.1, "{mu} {sd}: {flips} flips, predicted {predicted:.0}");
    }
}

#[test]
fn the_density_of_a_normal_distribution() {
    let mut draw = Stream::named(7, "density").sequence();
    let values: Vec<f32> = (0..400_000).map(|_| (0.3 * draw.normal()) as f32).collect();
    let exact = 1.0 / (0.3 * (2.0 * std::f64::consts::PI).sqrt());
    let got = density_at_zero(&values);
    assert!((got / exact - 1.0).abs() < 0.03, "{got} instead of {exact}");
    assert_eq!(density_at_zero(&[0.0; 4]), 0.0);
}
