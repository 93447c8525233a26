//! The integer head against what it stands for, and as a network against the reference.

use super::networks::draw;
use crate::{
    Reference,
    meta::{IntegerHead, body},
};
use proptest::prelude::*;
use spikewright_ir::{
    BitMatrix, BitVec, Dense, FireRule, InputTrain, Layer, LayerKind, Leak, Network, NeuronParams,
    Projection, ProjectionKind, Readout, Reset, Shape, Source, SpikeTrain,
};

/// A random body of one layer whose neurons spike often.
fn random_body(seed: u64, inputs: usize, features: usize, ticks: usize) -> Network {
    let mut draw = draw(seed);
    let mut row = || BitVec::from_bits((0..inputs).map(|_| draw.below(2) == 1));
    let plane = BitMatrix::from_rows((0..features).map(|_| row()).collect()).unwrap();
    let params = NeuronParams {
        frac_bits: 1,
        leak: Leak::Shift(1),
        fire: FireRule::AtLeast,
        reset: Reset::Subtract,
        theta: vec![3; features],
        bias: vec![1; features],
    };
    let kind = ProjectionKind::Dense { planes: vec![plane] };
    let projection = Projection { source: Source::Input, delayed: false, gain_log2: 0, kind };
    let dense = Dense { neurons: features, projections: vec![projection], params };
    Network {
        ticks,
        width_bits: 16,
        input: Shape::flat(inputs),
        input_planes: 1,
        layers: vec![Layer { name: "body".into(), kind: LayerKind::Dense(dense) }],
        readout: Readout::SpikeCount,
    }
}

fn inputs(seed: u64, count: usize, neurons: usize, ticks: usize) -> Vec<InputTrain> {
    let mut draw = draw(seed);
    let mut tick = || BitVec::from_bits((0..neurons).map(|_| draw.below(3) == 0));
    let mut one = || {
        InputTrain::binary(SpikeTrain::from_ticks((0..ticks).map(|_| tick()).collect(), neurons))
    };
    (0..count).map(|_| one()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// The nearest mean, in exact integers: |m·K − M_c|² smallest is the largest score; and the
    /// mounted network decides so wherever its rounded bias is exact.
    #[test]
    fn class_means_decide_for_the_nearest(
        seed in 0u64..10_000, shots in 1usize..6, ways in 2usize..6, ticks in 1usize..5,
    ) {
        let network = random_body(seed, 20, 12, ticks);
        let all = inputs(seed + 1, ways * shots + 10, 20, ticks);
        let counts = Reference::new(&network).unwrap().output_counts(&all).unwrap();
        let support: Vec<_> =
            counts.iter().take(ways * shots).enumerate().map(|(i, m)| (m.clone(), i % ways)).collect();
        let head = IntegerHead::class_mean(&support, ways).unwrap();
        let sums: Vec<Vec<i64>> = (0..ways)
            .map(|c| (0..12).map(|j| {
                support.iter().filter(|s| s.1 == c).map(|s| i64::from(s.0[j])).sum()
            }).collect())
            .collect();
        for m in &counts[ways * shots..] {
            let square = |c: &usize| -> i64 {
                let far = |(m, s): (&u32, &i64)| (i64::from(*m) * shots as i64 - s).pow(2);
                m.iter().zip(&sums[*c]).map(far).sum()
            };
            let nearest = (0..ways).min_by_key(|c| square(c)).unwrap();
            prop_assert_eq!(head.decide(m), nearest);
        }
        let mounted = head.mount(&network).unwrap();
        let reference = Reference::new(&mounted).unwrap();
        // Scores of the stored head, by hand: 2^F·(2w + 1)·m + T·b.
        let LayerKind::Dense(dense) = &mounted.layers[1].kind else { panic!("dense expected") };
        let f = dense.params.frac_bits;
        for (x, m) in all.iter().zip(&counts) {
            let run = reference.run(x).unwrap();
            let v = run.layers[1].potentials.last().unwrap();
            for (c, v) in v.iter().enumerate() {
                let sum: i64 = head.weights[c]
                    .iter()
                    .zip(m)
                    .map(|(w, m)| i64::from(2 * w + 1) * i64::from(*m))
                    .sum();
                let expect = (sum << f) + ticks as i64 * head.bias_per_tick(f, ticks)[c];
                prop_assert_eq!(i64::from(*v), expect);
            }
        }
        prop_assert_eq!(body(&mounted).unwrap(), network);
    }
}

#[test]
fn one_descent_step_from_zero_is_the_nearest_template() {
    // Property 10 of the method: from W = 0 one cross-entropy step gives rows proportional to
    // N·M_c − Σ M, so that its argmax is that of M_c·m, ties to the lowest class.
    let (ways, features) = (4, 9);
    let mut draw = draw(6);
    let mut count = || (0..features).map(|_| draw.below(5) as u32).collect::<Vec<_>>();
    let support: Vec<_> = (0..12).map(|i| (count(), i % ways)).collect();
    let means = IntegerHead::class_mean(&support, ways).unwrap();
    for _ in 0..200 {
        let m = count();
        let score =
            |row: &[i64]| -> i64 { row.iter().zip(&m).map(|(w, m)| w * i64::from(*m)).sum() };
        let rows: Vec<Vec<i64>> = means
            .weights
            .iter()
            .map(|row| {
                let all = |j: usize| means.weights.iter().map(|r| i64::from(r[j])).sum::<i64>();
                (0..features).map(|j| ways as i64 * i64::from(row[j]) - all(j)).collect()
            })
            .collect();
        let best = |rows: &[Vec<i64>]| {
            (1..ways).fold(0, |b, c| if score(&rows[c]) > score(&rows[b]) { c } else { b })
        };
        let templates: Vec<Vec<i64>> =
            means.weights.iter().map(|r| r.iter().map(|w| i64::from(*w)).collect()).collect();
        assert_eq!(best(&rows), best(&templates));
    }
}

#[test]
fn long_sums_are_shifted_alike_and_the_bias_with_them() {
    let support = vec![(vec![200, 3], 0), (vec![100, 40], 0), (vec![7, 60], 1), (vec![2, 51], 1)];
    let head = IntegerHead::class_mean(&support, 2).unwrap();
    // Sums 300 and 111 need a shift of 2.
    assert_eq!(head.weights, [[75, 10], [2, 27]]);
    assert_eq!((head.bias, head.denominator), (vec![-4 * 5725, -4 * 733], 4));
}

#[test]
fn the_error_triggered_rule_moves_two_rows_and_saturates() {
    let support = vec![(vec![9, 0, 3], 0), (vec![1, 8, 3], 1)];
    // All scores are 0: class 0 wins. The first is right, the second moves rows by (0, 4, 1).
    let head = IntegerHead::error_triggered(&support, 2, 1, 1).unwrap();
    assert_eq!(head.weights, [[0, -4, -1], [0, 4, 1]]);
    // Second pass: −3 < 3 for the first sample: wrong, (4, 0, 1) to and fro.
    let head = IntegerHead::error_triggered(&support, 2, 1, 2).unwrap();
    assert_eq!(head.weights, [[4, -4, 0], [-4, 4, 0]]);
    let mut head = head;
    head.weights[1][1] = 127;
    assert!(head.correct(&[0, 60, 0], 0, 0));
    assert_eq!((head.weights[0][1], head.weights[1][1]), (56, 67));
    head.weights[0][1] = -128;
    assert!(head.correct(&[0, 250, 0], 0, 0) && head.weights[0][1] == 122);
    assert!(head.weights[1][1] == -128);
}

#[test]
fn wide_heads_are_halved_until_no_potential_saturates() {
    let network = random_body(4, 20, 400, 8);
    let all = inputs(5, 20, 20, 8);
    let counts = Reference::new(&network).unwrap().output_counts(&all).unwrap();
    let support: Vec<_> = counts.iter().cloned().enumerate().map(|(i, m)| (m, i % 2)).collect();
    let head = IntegerHead::class_mean(&support, 2).unwrap();
    let mounted = head.mount(&network).unwrap();
    let LayerKind::Dense(dense) = &mounted.layers[1].kind else { panic!("dense expected") };
    assert_eq!(dense.params.frac_bits, 0);
    let wider = head.mount(&Network { width_bits: 24, ..network.clone() }).unwrap();
    let LayerKind::Dense(wide) = &wider.layers[1].kind else { panic!("dense expected") };
    assert!(wide.params.frac_bits > 0);
    let (a, b) = (Reference::new(&mounted).unwrap(), Reference::new(&wider).unwrap());
    let labels = [0; 20];
    let [a, b] = [a, b].map(|r| r.evaluate(&all, &labels).unwrap().decisions);
    let same = a.iter().zip(&b).filter(|(a, b)| a.class == b.class).count();
    assert!(same >= 18, "{same} of 20");
}

#[test]
fn uneven_support_sets_are_refused_with_a_remedy() {
    let fault = |support: &[(Vec<u32>, usize)], ways| {
        IntegerHead::class_mean(support, ways).unwrap_err().to_string()
    };
    let message = fault(&[(vec![1], 0), (vec![1], 0), (vec![2], 1)], 2);
    assert!(message.contains("class 1 has 1 samples, class 0 has 2"), "{message}");
    assert!(fault(&[], 2).contains("at least two classes"));
    assert!(fault(&[(vec![1], 0), (vec![1, 2], 1)], 2).contains("sample 1"));
    let network = random_body(4, 20, 12, 2);
    let head = IntegerHead::class_mean(&[(vec![1], 0), (vec![3], 1)], 2).unwrap();
    assert!(head.mount(&network).unwrap_err().to_string().contains("12 features"));
}
