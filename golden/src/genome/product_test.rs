//! Products of encodings against sums written out, gradients against finite differences.

use super::*;
use crate::rng::{Sequence, Stream};

fn draw(s: &mut Sequence, rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_fn((rows, columns), |_| s.normal())
}

/// Two layers that share the units between them, the second seeing them at two positions.
fn shared() -> (Matrices, [Projection; 2]) {
    let mut s = Stream::named(1, "product").sequence();
    let encodings = [5, 4, 2, 3].map(|rows| draw(&mut s, rows, 3)).into();
    let interaction = Some(draw(&mut s, 3, 3));
    let first =
        Projection { inputs: 5, channels: 5, units: 4, output: 1, input: 0, position: None };
    let second =
        Projection { inputs: 8, channels: 4, units: 3, output: 3, input: 1, position: Some(2) };
    (Matrices { encodings, interaction }, [first, second])
}

#[test]
fn weights_are_the_sum_over_pairs_of_genes() {
    let (m, projections) = shared();
    let g = m.interaction.as_ref().unwrap();
    for p in projections {
        let w = m.weights(&p);
        assert_eq!(w.dim(), (p.inputs, p.units));
        for ((j, i), w) in w.indexed_iter() {
            let mut sum = 0.0;
            for (a, b) in (0..3).flat_map(|a| (0..3).map(move |b| (a, b))) {
                let e = match p.position {
                    None => m.encodings[p.input][[j, b]],
                    Some(at) => m.encodings[at][[j / 4, b]] * m.encodings[p.input][[j % 4, b]],
                };
                sum += m.encodings[p.output][[i, a]] * g[[a, b]] * e;
            }
            assert!((sum - w).abs() < 1e-12);
        }
    }
}

/// `Σ c·tanh(W)` over both layers, and its derivative by W.
fn loss(m: &Matrices, projections: &[Projection], c: &[Array2<f64>]) -> f64 {
    let term = |(p, c): (&Projection, &Array2<f64>)| (m.weights(p).mapv(f64::tanh) * c).sum();
    projections.iter().zip(c).map(term).sum()
}

#[test]
fn gradients_are_those_of_finite_differences_summed_over_roles_and_layers() {
    let (full, projections) = shared();
    let mut s = Stream::named(2, "product").sequence();
    let c = projections.map(|p| draw(&mut s, p.inputs, p.units));
    for m in [full.clone(), Matrices { interaction: None, ..full }] {
        let mut sums = Matrices::zeros_like(&m);
        for (p, c) in projections.iter().zip(&c) {
            let d = m.weights(p).mapv(|w| 1.0 - w.tanh().powi(2)) * c;
            m.add_gradients(p, &d, &mut sums);
        }
        let difference = |change: &dyn Fn(&mut Matrices, f64)| {
            let at = |h: f64| {
                let mut moved = m.clone();
                change(&mut moved, h);
                loss(&moved, &projections, &c)
            };
            (at(1e-5) - at(-1e-5)) / 2e-5
        };
        for (k, e) in m.encodings.iter().enumerate() {
            for (at, _) in e.indexed_iter() {
                let numeric = difference(&|m, h| m.encodings[k][at] += h);
                assert!((numeric - sums.encodings[k][at]).abs() < 1e-6, "{k} {at:?}");
            }
        }
        if let Some(g) = &sums.interaction {
            for (at, exact) in g.indexed_iter() {
                let change = |m: &mut Matrices, h| {
                    m.interaction.as_mut().unwrap()[at] += h;
                };
                assert!((difference(&change) - exact).abs() < 1e-6, "{at:?}");
            }
        }
    }
}

/// A per-projection genome of one layer.
fn single(units: usize, inputs: usize, genes: usize) -> (Matrices, Projection) {
    let mut s = Stream::named(3, "product").sequence();
    let encodings = vec![draw(&mut s, inputs, genes), draw(&mut s, units, genes)];
    let p = Projection { inputs, channels: inputs, units, output: 1, input: 0, position: None };
    (Matrices { encodings, interaction: Some(draw(&mut s, genes, genes)) }, p)
}

/// A triangular matrix and its inverse.
fn with_inverse(a: f64, b: f64, c: f64) -> (Array2<f64>, Array2<f64>) {
    let m = |v: [f64; 4]| Array2::from_shape_vec((2, 2), v.to_vec()).unwrap();
    (m([a, b, 0.0, c]), m([1.0 / a, -b / (a * c), 0.0, 1.0 / c]))
}

#[test]
fn a_change_of_genes_that_the_interaction_undoes_changes_no_weight() {
    let (m, p) = single(6, 7, 2);
    let ((a, a_inverse), (b, b_inverse)) =
        (with_inverse(2.0, 0.3, -0.7), with_inverse(0.5, 1.1, 1.9));
    let g = m.interaction.as_ref().unwrap();
    let turned = Matrices {
        encodings: vec![m.encodings[0].dot(&b), m.encodings[1].dot(&a)],
        interaction: Some(a_inverse.dot(g).dot(&b_inverse.t())),
    };
    let difference = (m.weights(&p) - turned.weights(&p)).mapv(f64::abs);
    assert!(difference.iter().all(|d| *d < 1e-13));
    // Swapped neurons swap their weights and nothing else.
    let mut swapped = m.clone();
    for a in 0..2 {
        swapped.encodings[1].swap([0, a], [4, a]);
    }
    let (w, s) = (m.weights(&p), swapped.weights(&p));
    for i in 0..6 {
        let from = [4, 1, 2, 3, 0, 5][i];
        assert_eq!(s.column(i), w.column(from));
    }
}

/// Encodings that are both a layer's output and the next one's input turn all alike or not at all.
#[test]
fn shared_encodings_turn_together() {
    let mut s = Stream::named(4, "product").sequence();
    let encodings: Vec<_> = [5, 4, 3].map(|rows| draw(&mut s, rows, 2)).into();
    let m = Matrices { encodings, interaction: Some(draw(&mut s, 2, 2)) };
    let layer = |input, inputs, units| Projection {
        inputs,
        channels: inputs,
        units,
        output: input + 1,
        input,
        position: None,
    };
    let layers = [layer(0, 5, 4), layer(1, 4, 3)];
    let ((a, a_inverse), (b, b_inverse)) =
        (with_inverse(2.0, 0.3, -0.7), with_inverse(0.5, 1.1, 1.9));
    // Both roles of the units between the layers take the turn of `middle`.
    let apart = |first: &Array2<f64>, middle: &Array2<f64>, right: &Array2<f64>| {
        let turns = [first, middle, &a];
        let turned = Matrices {
            encodings: m.encodings.iter().zip(turns).map(|(e, t)| e.dot(t)).collect(),
            interaction: Some(a_inverse.dot(m.interaction.as_ref().unwrap()).dot(&right.t())),
        };
        layers.map(|p| (m.weights(&p) - turned.weights(&p)).mapv(f64::abs).sum())
    };
    assert!(apart(&a, &a, &a_inverse).iter().all(|d| *d < 1e-12));
    // With a matrix of its own for inputs either layer keeps its weights, not both.
    let [first, second] = apart(&b, &a, &b_inverse);
    assert!(first < 1e-12 && second > 0.1, "{first} {second}");
    let [first, second] = apart(&b, &b, &b_inverse);
    assert!(first > 0.1 && second < 1e-12, "{first} {second}");
}

#[test]
fn rank_is_at_most_the_number_of_genes_and_enough_genes_give_any_matrix() {
    let (m, p) = single(5, 4, 2);
    let w = m.weights(&p);
    // All 3x3 minors vanish.
    let minor = |r: [usize; 3], c: [usize; 3]| {
        let e = |i: usize, j: usize| w[[r[i], c[j]]];
        e(0, 0) * (e(1, 1) * e(2, 2) - e(1, 2) * e(2, 1))
            - e(0, 1) * (e(1, 0) * e(2, 2) - e(1, 2) * e(2, 0))
            + e(0, 2) * (e(1, 0) * e(2, 1) - e(1, 1) * e(2, 0))
    };
    assert!(minor([0, 1, 2], [0, 1, 2]).abs() < 1e-12 && minor([0, 2, 3], [1, 3, 4]).abs() < 1e-12);
    let (mut m, p) = single(5, 4, 4);
    m.encodings[0] = Array2::eye(4);
    m.interaction = Some(Array2::eye(4));
    assert_eq!(m.weights(&p), m.encodings[1].t());
}
