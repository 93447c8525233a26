//! CMA-ES against the `cmaes` crate where the two overlap: constants with positive weights, and the
//! whole state after every generation of the same individuals.

use super::{Cma, Rates};
use cmaes::{CMAESOptions, DVector, Weights};
use std::cell::RefCell;

fn close(a: f64, b: f64, within: f64) -> bool {
    (a - b).abs() <= within * a.abs().max(b.abs()).max(1e-300)
}

#[test]
fn constants_are_those_of_another_implementation() {
    for (n, population) in [(2, 6), (3, 4), (10, 10), (10, 31), (40, 15), (100, 400)] {
        let other = CMAESOptions::new(vec![0.0; n], 1.0)
            .population_size(population)
            .weights(Weights::Positive)
            .build(|_: &DVector<f64>| 0.0)
            .unwrap();
        let (theirs, ours) = (other.parameters(), Rates::new(n, population, 1.0));
        let pairs = [
            (ours.mu_eff, theirs.mu_eff()),
            (ours.cc, theirs.cc()),
            (ours.cs, theirs.cs()),
            (ours.one, theirs.c1()),
            (ours.mu, theirs.cmu()),
            (ours.damping, theirs.damp_s()),
        ];
        let same = |(a, b): &(f64, f64)| close(*a, *b, 1e-12);
        assert!(pairs.iter().all(same), "{n} {population}: {pairs:?}");
        let weights = ours.weights.iter().filter(|w| **w > 0.0).zip(theirs.weights());
        assert_eq!(weights.clone().count(), population / 2);
        assert!(weights.clone().all(|(a, b)| close(*a, *b, 1e-12)));
    }
}

fn sphere(x: &[f64]) -> f64 {
    x.iter().map(|x| x * x).sum()
}

fn rosenbrock(x: &[f64]) -> f64 {
    x.windows(2).map(|w| 100.0 * (w[1] - w[0] * w[0]).powi(2) + (1.0 - w[0]).powi(2)).sum()
}

/// Individuals are drawn by the other implementation. With 20 of them in 10 dimensions it finds
/// eigenvectors anew in every generation, as this one always does.
#[test]
fn the_same_individuals_give_the_same_state() {
    for f in [sphere as fn(&[f64]) -> f64, rosenbrock] {
        let (n, population) = (10, 20);
        let drawn: RefCell<Vec<Vec<f64>>> = RefCell::default();
        let objective = |x: &DVector<f64>| {
            drawn.borrow_mut().push(x.as_slice().to_vec());
            f(x.as_slice())
        };
        let mut theirs = CMAESOptions::new(vec![2.0; n], 1.0)
            .population_size(population)
            .weights(Weights::Positive)
            .seed(5)
            .build(objective)
            .unwrap();
        let mut ours = Cma::new(&vec![2.0; n], 1.0);
        for generation in 0..60 {
            let over = theirs.next().is_some();
            let points = drawn.take();
            assert_eq!((points.len(), over), (population, false), "generation {generation}");
            let draws: Vec<Vec<f64>> = points.iter().map(|x| ours.draw_of(x)).collect();
            let fitness: Vec<f64> = points.iter().map(|x| -f(x)).collect();
            ours.learn(&draws, &fitness, generation);
            assert!(close(ours.paths.sigma, theirs.sigma(), 1e-9), "generation {generation}");
            for i in 0..n {
                let apart = (ours.mean[i] - theirs.mean()[i]).abs();
                assert!(apart < 1e-9 * ours.paths.sigma, "generation {generation}: {apart}");
                for j in 0..n {
                    let apart = ours.covariance[i * n + j] - theirs.covariance_matrix()[(i, j)];
                    assert!(apart.abs() < 1e-9, "generation {generation}: {apart}");
                }
            }
        }
    }
}

impl Cma {
    /// The draw `z` that would have given this individual: `D⁻¹·Bᵀ·(x − m)/σ`.
    fn draw_of(&self, x: &[f64]) -> Vec<f64> {
        let n = x.len();
        let along = |k: usize| {
            let step = |i: usize| self.basis[i * n + k] * (x[i] - self.mean[i]);
            (0..n).map(step).sum::<f64>() / (self.paths.sigma * self.lengths[k])
        };
        (0..n).map(along).collect()
    }
}
