//! Properties of the rules: what each must and must not do, by hand and in the mean.

use super::*;
use crate::rng::{Sequence, Stream};

const T: u32 = 10;

fn rule(variant: Variant) -> Ssdp {
    Ssdp { variant, a_plus: 1.5e-4, a_minus: 5e-5, sigma: 1.0 }
}

fn change(rule: &mut dyn Rule, pre: &[u32], post: &[u32], ticks: u32) -> Vec<f64> {
    let mut dw = vec![0.0; pre.len() * post.len()];
    rule.change(Sample { pre, post, ticks, weights: &[] }, 1.0, &mut dw);
    dw
}

fn rasters(draw: &mut Sequence, n: usize, chance: f64) -> Vec<u32> {
    (0..n).map(|_| (0..T).map(|t| u32::from(draw.unit() < chance) << t).sum()).collect()
}

/// 40 that send and 12 that receive.
fn random(seed: u64) -> (Vec<u32>, Vec<u32>) {
    let mut draw = Stream::named(seed, "plasticity").sequence();
    (rasters(&mut draw, 40, 0.06), rasters(&mut draw, 12, 0.1))
}

#[test]
fn three_pairs_by_hand() {
    // T = 4: first spikes at 0 and 2, and one silent; the neuron that receives fires at 2.
    let (pre, post) = ([0b0001, 0b1100, 0], [0b0100]);
    let e2 = (-2f64).exp();
    let close = |got: Vec<f64>, expect: [f64; 3]| {
        got.iter().zip(expect).for_each(|(g, e)| assert!((g - e).abs() < 1e-18, "{got:?}"));
    };
    close(change(&mut rule(Variant::Published), &pre, &post, 4), [1.5e-4 * e2, 1.5e-4, -5e-5 * e2]);
    close(change(&mut rule(Variant::EventDriven), &pre, &post, 4), [1.5e-4 * e2, 1.5e-4, -5e-5]);
}

#[test]
fn where_both_fire_the_variants_agree_exactly() {
    for seed in 0..20 {
        let (pre, post) = random(seed);
        let [a, b] = [Variant::Published, Variant::EventDriven]
            .map(|v| change(&mut rule(v), &pre, &post, T));
        let mut both = 0;
        for (k, (a, b)) in a.iter().zip(&b).enumerate() {
            if post[k / pre.len()] != 0 && pre[k % pre.len()] != 0 {
                assert_eq!(a, b);
                both += 1;
            }
        }
        assert!(both > 20);
    }
}

#[test]
fn neurons_may_be_renamed_and_the_sides_changed() {
    let (pre, post) = random(3);
    let mut order: Vec<usize> = (0..pre.len()).collect();
    Stream::named(3, "order").sequence().shuffle(&mut order);
    let moved: Vec<u32> = order.iter().map(|&i| pre[i]).collect();
    for variant in [Variant::Published, Variant::EventDriven, Variant::LegacyExp] {
        let straight = change(&mut rule(variant), &pre, &post, T);
        let renamed = change(&mut rule(variant), &moved, &post, T);
        for (k, value) in renamed.iter().enumerate() {
            assert_eq!(*value, straight[k / pre.len() * pre.len() + order[k % pre.len()]]);
        }
    }
    let there = change(&mut rule(Variant::Published), &pre, &post, T);
    let back = change(&mut rule(Variant::Published), &post, &pre, T);
    for (k, value) in there.iter().enumerate() {
        assert_eq!(*value, back[k % pre.len() * post.len() + k / pre.len()]);
    }
}

#[test]
fn order_counts_for_stdp_alone() {
    let stdp = PairStdp { a_plus: 0.01, a_minus: 0.012, tau_plus: 20.0, tau_minus: 20.0 };
    let triplet = TripletStdp { pairs: stdp, a_triplet: 0.05, tau_slow: 40.0 };
    let one = |rule: &mut dyn Rule, i: u32, j: u32| change(rule, &[1 << i], &[1 << j], T)[0];
    for variant in [Variant::Published, Variant::EventDriven] {
        assert_eq!(one(&mut rule(variant), 2, 5), one(&mut rule(variant), 5, 2));
    }
    let decay = (-3f64 / 20.0).exp();
    for rule in [&mut stdp.clone() as &mut dyn Rule, &mut triplet.clone()] {
        assert!((one(rule, 2, 5) - 0.01 * decay).abs() < 1e-15);
        assert!((one(rule, 5, 2) + 0.012 * decay).abs() < 1e-15);
    }
    // A second spike of the one that receives finds the slow trace of the first: 1·e^(−2/40).
    let dw = change(&mut triplet.clone(), &[1 << 1], &[0b1010], T)[0];
    let (r1, o2) = ((-2f64 / 20.0).exp(), (-2f64 / 40.0).exp());
    let expect = 0.01 - 0.012 + r1 * (0.01 + 0.05 * o2);
    assert!((dw - expect).abs() < 1e-15, "{dw} {expect}");
}

#[test]
fn a_weight_depends_on_its_own_two_neurons() {
    let (mut pre, mut post) = random(5);
    for variant in [Variant::Published, Variant::EventDriven] {
        let before = change(&mut rule(variant), &pre, &post, T);
        (pre[7], post[3]) = (0b11, 0b100);
        let after = change(&mut rule(variant), &pre, &post, T);
        for (k, (a, b)) in before.iter().zip(&after).enumerate() {
            assert!(k / pre.len() == 3 || k % pre.len() == 7 || a == b);
        }
        assert!(before != after);
        (pre, post) = random(5);
    }
}

#[test]
fn jitter_lowers_the_kernel_as_the_discrete_sum_says() {
    // Both times rounded from normal ones: E[K] over the 21 × 21 most likely pairs.
    let mass = |s: f64, k: i32| {
        let cdf = |x: f64| 0.5 * (1.0 + erf(x / (s * std::f64::consts::SQRT_2)));
        cdf(f64::from(k) + 0.5) - cdf(f64::from(k) - 0.5)
    };
    for s in [1.0, 2.0] {
        let mut expect = 0.0;
        for a in -10..=10 {
            for b in -10..=10 {
                let d = f64::from(a - b);
                expect += mass(s, a) * mass(s, b) * (-d * d / 2.0).exp();
            }
        }
        let mut draw = Stream::named(1, "jitter").sequence();
        let n = 40_000;
        let mut sum = 0.0;
        let mut ssdp = Ssdp { a_plus: 1.0, ..rule(Variant::EventDriven) };
        for _ in 0..n {
            let mut spike = || 1u32 << (15.0 + (s * draw.normal()).round()).clamp(0.0, 31.0) as u32;
            sum += change(&mut ssdp, &[spike()], &[spike()], 32)[0];
        }
        // Four standard errors of a quantity between 0 and 1.
        assert!((sum / f64::from(n) - expect).abs() < 4.0 * 0.5 / f64::from(n).sqrt(), "{expect}");
    }
}

/// Abramowitz and Stegun 7.1.26, within 1.5e-7.
fn erf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x.abs());
    let p = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    let poly = p.iter().fold(0.0, |sum, c| (sum + c) * t);
    (1.0 - poly * (-x * x).exp()).copysign(x)
}

#[test]
fn injected_synchrony_is_measured_linearly() {
    let ticks = 20;
    let mut draw = Stream::named(2, "injected").sequence();
    let mut measure = |c: f64| {
        let (mut together, mut background) = (0.0, 0.0);
        let presentations = 4_000;
        for _ in 0..presentations {
            let at = draw.below(20) as u32;
            let mut chance = |p: f64| {
                let (fires, t) = (draw.unit() < p, draw.below(20));
                u32::from(fires) << t
            };
            let alone: Vec<u32> = (0..20).map(|_| chance(0.3)).collect();
            let mut pre = alone.clone();
            for raster in &mut pre[..10] {
                if draw.unit() < c {
                    let t = at as i32 - 1 + draw.below(3) as i32;
                    *raster = 1 << t.clamp(0, 19);
                }
            }
            let mut ssdp =
                Ssdp { a_plus: 1.0, a_minus: 1.0 / 3.0, sigma: 1.0, variant: Variant::Published };
            let dw = change(&mut ssdp, &pre, &[1 << at], ticks);
            together += dw[..10].iter().sum::<f64>() / 10.0;
            background += dw[10..].iter().sum::<f64>() / 10.0;
        }
        (together / f64::from(presentations), background / f64::from(presentations))
    };
    let points: Vec<(f64, f64)> = [0.0, 0.25, 0.5, 0.75, 1.0].map(&mut measure).into();
    let slope = points[4].0 - points[0].0;
    assert!((slope - 0.70).abs() < 0.05, "{points:?}");
    for (k, (together, background)) in points.iter().enumerate() {
        let line = points[0].0 + slope * k as f64 / 4.0;
        assert!((together - line).abs() < 0.03 && background.abs() < 0.05, "{points:?}");
    }
}

#[test]
fn a_silent_sample_changes_nothing_or_every_pair() {
    let silent = [0; 5];
    assert_eq!(change(&mut rule(Variant::EventDriven), &silent, &silent, T), [0.0; 25]);
    assert_eq!(change(&mut rule(Variant::Published), &silent, &silent, T), [-5e-5; 25]);
}

#[test]
fn changes_are_bounded_and_their_sign_turns_at_break_even() {
    for seed in 0..10 {
        let (pre, post) = random(seed);
        for variant in [Variant::Published, Variant::EventDriven] {
            assert!(change(&mut rule(variant), &pre, &post, T).iter().all(|d| d.abs() <= 1.5e-4));
        }
    }
    assert_eq!(batch_change(&[30.0, -30.0, 1.0], 2), [1.0, -1.0, 0.5]);
    // Without jitter: the one that receives fires, the one that sends with probability q, at once.
    // Drift q·A₊ − (1 − q)·A₋ is 0 at q* = A₋/(A₊ + A₋) = 1/4.
    let drift = |q: f64| {
        let mut draw = Stream::named(4, "drift").sequence();
        let mut pair = |q: f64| {
            let fires = draw.unit() < q;
            change(&mut rule(Variant::EventDriven), &[u32::from(fires) << 4], &[1 << 4], T)[0]
        };
        (0..20_000).map(|_| pair(q)).sum::<f64>() / 20_000.0
    };
    assert!(drift(0.23) < 0.0 && drift(0.27) > 0.0);
    assert!(drift(0.25).abs() < 4.0 * 2e-4 * 0.433 / 20_000f64.sqrt());
}

#[test]
fn the_legacy_kernel_weakens_what_fires_together() {
    let mut legacy = Ssdp { a_plus: 0.02, ..rule(Variant::LegacyExp) };
    let last = 1 << (T - 1);
    let dw = change(&mut legacy, &[last, 1], &[last, 1], T);
    assert!((dw[0] + 9.2547e-4).abs() < 1e-8, "{dw:?}");
    assert_eq!(dw[1..], [0.0; 3]);
}

#[test]
fn writes_are_counted() {
    let (pre, post) = random(6);
    let active = |r: &[u32]| r.iter().filter(|r| **r != 0).count() as u64;
    let sample = Sample { pre: &pre, post: &post, ticks: T, weights: &[] };
    let mut dw = vec![0.0; pre.len() * post.len()];
    let writes = rule(Variant::EventDriven).change(sample, 1.0, &mut dw);
    assert_eq!(writes, active(&post) * pre.len() as u64);
    assert!(dw.iter().filter(|d| **d != 0.0).count() as u64 <= writes);
    assert_eq!(rule(Variant::Published).change(sample, 1.0, &mut dw), 480);
    let integer = IntegerSsdp::rounded(LatentBits::Sixteen, 1e-3, 1e-3, SHIFT_SIGMA_1);
    let mut weights = vec![0; 480];
    let traffic = integer.change((&pre, &post), T, &mut weights, &mut Lfsr::new(1), 16);
    assert_eq!(traffic.writes, writes);
    assert_eq!(traffic.cycles, active(&post) * (40u64.div_ceil(16) + 1));
}

#[test]
fn the_gate_opens_where_synchrony_goes_with_a_small_loss() {
    let mut record = Record::default();
    for k in 0..50 {
        record.add(f64::from(k) / 50.0, 1.0 - f64::from(k % 7) / 10.0 - f64::from(k) / 100.0);
    }
    let gate = record.gate();
    assert!(gate.k > 0.3 && gate.k <= 1.0, "{gate:?}");
    assert!(gate.factor(gate.mean + gate.deviation) > 1.0);
    assert_eq!((gate.factor(-1e9), gate.factor(1e9)), (0.0, 2.0));
    let mut flat = Record::default();
    (0..50).for_each(|k| flat.add(0.5, f64::from(k)));
    assert_eq!((flat.gate().k, flat.gate().factor(7.0)), (0.0, 1.0));
    let sample = Sample { pre: &[1, 0, 2, 0], post: &[1, 0], ticks: T, weights: &[] };
    assert_eq!(Record::synchrony(sample), 0.25);
    // The gate multiplies the change.
    let mut dw = [0.0];
    let pair = Sample { pre: &[1], post: &[1], ..sample };
    rule(Variant::Published).change(pair, 2.0, &mut dw);
    assert_eq!(dw, [3e-4]);
}

#[test]
fn rates_drive_oja_and_bcm() {
    let (pre, post, weights) = ([0b11111, 0b11], [0b1111100000], [0.5f32, 0.0]);
    let sample = Sample { pre: &pre, post: &post, ticks: T, weights: &weights };
    let mut dw = [0.0; 2];
    Oja { eta: 0.1 }.change(sample, 1.0, &mut dw);
    // x = 0.5, 0.2; y = 0.5.
    assert!((dw[0] - 0.1 * 0.5 * (0.5 - 0.25)).abs() < 1e-15 && (dw[1] - 0.01).abs() < 1e-15);
    let mut bcm = Bcm { eta: 1.0, follow: 0.5, theta: vec![0.1] };
    let mut dw = [0.0; 2];
    bcm.change(sample, 1.0, &mut dw);
    assert!((dw[0] - 0.5 * 0.5 * 0.4).abs() < 1e-15 && (dw[1] - 0.2 * 0.5 * 0.4).abs() < 1e-15);
    assert!((bcm.theta[0] - 0.175).abs() < 1e-15);
}

#[test]
fn controls_have_the_size_and_not_the_direction() {
    let (pre, post) = random(8);
    let dw = change(&mut rule(Variant::EventDriven), &pre, &post, T);
    let mut noise = dw.clone();
    random_signs(&mut noise, Stream::named(1, "signs"));
    assert!(noise.iter().zip(&dw).all(|(a, b)| a.abs() == b.abs()) && noise != dw);
    let weights: Vec<f32> = (0..dw.len()).map(|k| k as f32 - 200.0).collect();
    let mut decay = dw.clone();
    decay_of_size(&mut decay, &weights);
    let size = |v: &[f64]| v.iter().map(|d| d.abs()).sum::<f64>();
    assert!((size(&decay) / size(&dw) - 1.0).abs() < 1e-12);
    assert!(decay.iter().zip(&weights).all(|(d, w)| d * f64::from(*w) <= 0.0));
}

#[test]
fn the_integer_rule_by_hand_and_in_the_mean() {
    let integer = IntegerSsdp {
        bits: LatentBits::Eight,
        a_plus: 1 << 17,
        a_minus: 1 << 16,
        shifts: vec![0, 1],
    };
    let mut weights = [126, 0, -128, 5];
    // Distances 0 and 1, silent, beyond the table: whole steps, so that no draw matters.
    let pre = [0b0100, 0b1000, 0, 0b1];
    integer.change((&pre, &[0b0100]), 4, &mut weights, &mut Lfsr::new(9), 4);
    assert_eq!(weights, [127, 1, -128, 5]);
    let (mut before, mut lfsr) = (weights, Lfsr::new(9));
    integer.change((&pre, &[0]), 4, &mut before, &mut lfsr, 4);
    assert_eq!((before, lfsr), (weights, Lfsr::new(9)), "a silent row is walked");
    // A fraction of the last bit arrives in the mean: 0.3 of it, 40,000 times.
    let slow =
        IntegerSsdp { bits: LatentBits::Sixteen, a_plus: 19_661, a_minus: 0, shifts: vec![0] };
    let mut weights = [0; 4];
    let mut lfsr = Lfsr::new(3);
    for _ in 0..10_000 {
        slow.change((&[1; 4], &[1]), 4, &mut weights, &mut lfsr, 4);
    }
    let mean = f64::from(weights.iter().sum::<i32>()) / 40_000.0;
    assert!((mean - 0.3).abs() < 4.0 * 0.46 / 200.0, "{mean}");
}

#[test]
fn bistable_synapses_flip_as_often_as_they_should() {
    let rule = Bistable { set: 1 << 14, clear: 1 << 13, shifts: vec![0, 1] };
    let n = 8_192;
    let mut lfsr = Lfsr::new(11);
    let mut share = |raster: u32, bit: bool| {
        let mut bits = vec![bit; n];
        let flips = rule.change((&vec![raster; n], &[0b100]), 4, &mut bits, &mut lfsr);
        assert_eq!(flips as usize, bits.iter().filter(|b| **b != bit).count());
        flips as f64 / n as f64
    };
    let close = |got: f64, p: f64| {
        assert!((got - p).abs() <= 4.0 * (p * (1.0 - p) / n as f64).sqrt(), "{got} {p}");
    };
    close(share(0b100, false), 0.25);
    close(share(0b1000, false), 0.125);
    close(share(0, true), 0.125);
    close(share(0b1, false), 0.0);
    close(share(0b100, true), 0.0);
}

#[test]
fn synchrony_is_between_chance_and_one() {
    assert_eq!(synchrony_index(&[0b0101; 6], 4), Some(1.0));
    assert_eq!(synchrony_index(&[0; 6], 4), None);
    let mut draw = Stream::named(12, "synchrony").sequence();
    let all: Vec<Vec<u32>> = (0..400).map(|_| rasters(&mut draw, 50, 0.2)).collect();
    let mean = all.iter().filter_map(|r| synchrony_index(r, T)).sum::<f64>() / 400.0;
    assert!((mean - 0.02).abs() < 0.004, "{mean}");
    let all: Vec<&[u32]> = all.iter().map(|r| &r[..]).collect();
    for value in correlogram(&all, T, 3) {
        assert!((value.unwrap() - 1.0).abs() < 0.05, "{value:?}");
    }
    let locked = correlogram(&[&[0b001; 4]], 8, 2);
    assert_eq!(locked, [Some(8.0), Some(0.0), Some(0.0)]);
    assert_eq!(correlogram(&[&[0; 4]], 8, 0), [None]);
}

/// Purity on 400 new presentations after 500 to learn from, and patterns claimed.
fn unsupervised(seed: u64, learner: Learner) -> (f64, usize) {
    let volleys = Volleys::new((100, 4, 20), (20, 1, 0.3), Stream::named(seed, "volleys"));
    let mut winners = Winners::new(8, 100, learner, Stream::named(seed, "winners"));
    for number in 0..500 {
        winners.learn(&volleys.present(number), 20);
    }
    let outcomes: Vec<(usize, usize)> = (500..900)
        .map(|number| volleys.present(number))
        .map(|shown| (winners.classify(&shown, 20), shown.pattern))
        .collect();
    purity(&outcomes)
}

#[test]
fn volleys_are_told_apart_without_labels() {
    let ssdp = Ssdp { a_plus: 0.01, a_minus: 0.003, sigma: 2.0, variant: Variant::EventDriven };
    let stdp = PairStdp { a_plus: 0.01, a_minus: 0.012, tau_plus: 3.0, tau_minus: 3.0 };
    for seed in 1..=5 {
        let float = unsupervised(seed, Learner::Float(Box::new(ssdp)));
        let rule = IntegerSsdp::rounded(LatentBits::Sixteen, 0.01, 0.003, SHIFT_SIGMA_2);
        let integer = unsupervised(seed, Learner::Integer(rule, Lfsr::new(seed as u32)));
        let small = IntegerSsdp::rounded(LatentBits::Eight, 0.01, 0.003, SHIFT_SIGMA_2);
        let small = unsupervised(seed, Learner::Integer(small, Lfsr::new(seed as u32)));
        let frozen = unsupervised(seed, Learner::Frozen);
        let stdp = unsupervised(seed, Learner::Float(Box::new(stdp)));
        println!(
            "seed {seed}: {float:?} integer {integer:?} {small:?} untrained {frozen:?} STDP {stdp:?}"
        );
        assert!(float.0 >= 0.9 && float.1 == 4, "seed {seed}: {float:?}");
        assert!(integer.0 >= 0.9 && integer.1 == 4, "seed {seed}: {integer:?}");
    }
}
