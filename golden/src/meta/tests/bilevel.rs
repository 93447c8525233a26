//! The bilevel recursion: meta-gradients against differences through the whole inner loop, and what
//! must and must not change when a task is learned.

use super::networks::*;
use crate::{
    meta::{
        Attributes, Drive, Example, Family, Grid, Inner, MetaMethod, MetaOptions, Net, Part, Reach,
        Sample, Shots, Stable, accuracy, evaluate, gradient, meta_gradient, meta_train,
    },
    rng::Stream,
    train::{LayerConfig, Surrogate, WeightKind},
};
use proptest::prelude::*;
use spikewright_ir::{Leak, Shape};

fn smooth() -> (Net, Vec<f64>) {
    let (mut net, theta) = network(Kind { norm: true, ..REAL });
    net.smooth = true;
    (net, theta)
}

/// Rates that differ from parameter to parameter.
fn rates(n: usize, size: f64) -> Vec<f64> {
    let mut draw = draw(31);
    (0..n).map(|_| size * (0.5 + draw.unit())).collect()
}

struct Bilevel {
    net: Net,
    theta: Vec<f64>,
    support: Vec<Sample>,
    query: Vec<Sample>,
}

impl Bilevel {
    fn new() -> Self {
        let (net, theta) = smooth();
        let (support, query) = (samples(&net, 6, 21), samples(&net, 6, 22));
        Self { net, theta, support, query }
    }

    fn loss(&self, theta: &[f64], inner: &Inner) -> f64 {
        let path = inner.adapt(&self.net, theta, &batch(&self.support));
        gradient(&self.net, path.end(), &batch(&self.query), Reach::Head).loss
    }

    fn meta(&self, inner: &Inner, method: MetaMethod) -> crate::meta::MetaGradient {
        let (support, query) = (batch(&self.support), batch(&self.query));
        meta_gradient(&self.net, &self.theta, inner, method, &support, &query)
    }
}

#[test]
fn meta_gradients_are_those_of_the_whole_inner_loop() {
    let b = Bilevel::new();
    for steps in 1..=3 {
        for method in [MetaMethod::Maml, MetaMethod::Anil, MetaMethod::Boil] {
            let mut inner = Inner { rates: method.rates(&b.net, 1.0), steps, grid: None };
            let sizes = rates(b.theta.len(), 0.4);
            inner.rates.iter_mut().zip(&sizes).for_each(|(r, s)| *r *= s);
            let found = b.meta(&inner, method);
            assert_eq!((found.gradients, found.products), (steps + 1, steps));
            let first = b.meta(&inner, MetaMethod::Fomaml);
            assert!(distance(&found.theta, &first.theta) > 0.01, "first order passes for second");
            for seed in 0..3 {
                let v = direction(b.theta.len(), 70 + seed);
                let numeric = extrapolated(|h| b.loss(&plus(&b.theta, h, &v), &inner));
                let exact = dot(&found.theta, &v);
                let error = (numeric - exact).abs() / exact.abs().max(0.1 * norm(&found.theta));
                assert!(error < 1e-6, "{method:?} K = {steps}: {exact} {numeric}");
                // Step sizes, where there are any.
                let v: Vec<f64> = v.iter().zip(&inner.rates).map(|(v, r)| v * r).collect();
                let moved = |h: f64| {
                    b.loss(&b.theta, &Inner { rates: plus(&inner.rates, h, &v), ..inner.clone() })
                };
                let (numeric, exact) = (extrapolated(moved), dot(&found.rates, &v));
                let error = (numeric - exact).abs() / exact.abs().max(0.1 * norm(&found.rates));
                assert!(error < 1e-6, "{method:?} rates, K = {steps}: {exact} {numeric}");
            }
        }
    }
}

/// Central difference at 0, extrapolated to order h^4.
fn extrapolated(f: impl Fn(f64) -> f64) -> f64 {
    let at = |h: f64| (f(h) - f(-h)) / (2.0 * h);
    (4.0 * at(2e-6) - at(4e-6)) / 3.0
}

#[test]
fn small_steps_and_no_steps_leave_the_gradient_of_the_query_set() {
    let b = Bilevel::new();
    let plain = gradient(&b.net, &b.theta, &batch(&b.query), Reach::All).of;
    let inner = |rate: f64, steps| Inner { rates: vec![rate; b.theta.len()], steps, grid: None };
    for method in [MetaMethod::Maml, MetaMethod::Fomaml] {
        assert_eq!(b.meta(&inner(0.5, 0), method).theta, plain);
        assert!(distance(&b.meta(&inner(1e-9, 2), method).theta, &plain) < 1e-6);
    }
    let reptile = b.meta(&inner(0.5, 2), MetaMethod::Reptile);
    let path = inner(0.5, 2).adapt(&b.net, &b.theta, &batch(&b.support));
    assert_eq!(reptile.theta, plus(&b.theta, -1.0, path.end()));
    assert!(norm(&reptile.theta) > 1e-3);
}

#[test]
fn descending_the_meta_gradient_lowers_the_loss_after_adaptation() {
    let b = Bilevel::new();
    let inner = Inner { rates: vec![0.3; b.theta.len()], steps: 2, grid: None };
    let found = b.meta(&inner, MetaMethod::Maml).theta;
    let lower = b.loss(&plus(&b.theta, -1e-2 / norm(&found), &found), &inner);
    assert!(lower < b.loss(&b.theta, &inner));
}

#[test]
fn inner_steps_stay_on_their_grid_and_cut_clamped_gradients() {
    let b = Bilevel::new();
    let grid = Grid { bits: 4, fraction: 3 };
    let inner = Inner { rates: vec![2.0; b.theta.len()], steps: 2, grid: Some(grid) };
    let path = inner.adapt(&b.net, &b.theta, &batch(&b.support));
    for theta in &path.theta {
        assert!(theta.iter().all(|w| (w * 8.0).fract() == 0.0 && (-1.0..=0.875).contains(w)));
    }
    let clamped: Vec<usize> = (0..b.theta.len()).filter(|&i| !path.passes[2][i]).collect();
    assert!(!clamped.is_empty() && clamped.len() < b.theta.len() / 2, "{}", clamped.len());
    let mut v = vec![1.0; b.theta.len()];
    path.cut(2, &mut v);
    assert!(clamped.iter().all(|&i| v[i] == 0.0));
    assert_eq!(v.iter().filter(|v| **v == 0.0).count(), clamped.len());
    // A fine grid is no grid.
    let none = Inner { grid: None, ..inner.clone() };
    let exact = none.adapt(&b.net, &b.theta, &batch(&b.support));
    let mut errors = Vec::new();
    for fraction in [3, 7, 11] {
        let grid = Some(Grid { bits: 16, fraction });
        let path = Inner { grid, ..inner.clone() }.adapt(&b.net, &b.theta, &batch(&b.support));
        errors.push(distance(path.end(), exact.end()));
    }
    assert!(errors[0] > errors[1] && errors[1] > errors[2] && errors[2] < 1e-2, "{errors:?}");
}

#[test]
fn only_what_adapts_moves() {
    let (net, theta) = network(BINARY);
    let support = samples(&net, 6, 23);
    let head = net.head();
    for (method, moves, stays) in [
        (MetaMethod::Anil, head.clone(), 0..head.start),
        (MetaMethod::Boil, 0..head.start, head.clone()),
    ] {
        let inner = Inner { rates: method.rates(&net, 0.5), steps: 3, grid: None };
        let path = inner.adapt(&net, &theta, &batch(&support));
        assert_eq!(path.end()[stays.clone()], theta[stays]);
        assert_ne!(path.end()[moves.clone()], theta[moves]);
    }
}

#[test]
fn flat_surrogates_are_refused_only_where_curvature_is_needed() {
    let (net, _) = network(Kind { surrogate: Surrogate::Rectangle(0.5), ..BINARY });
    for method in MetaMethod::ALL {
        let refused = matches!(method, MetaMethod::Maml | MetaMethod::Boil);
        assert_eq!(method.check(&net).is_err(), refused, "{method:?}");
    }
    let message = MetaMethod::Maml.check(&net).unwrap_err().to_string();
    assert!(message.contains("layer 0") && message.contains("fast_sigmoid"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Numbering the classes of a task otherwise, rows of the head with them, numbers the predictions
    /// otherwise; the order inside the support set does not matter but for rounding.
    #[test]
    fn class_numbers_and_order_mean_nothing(seed in 0u64..1000, turn in 1usize..CLASSES) {
        let (net, theta) = network(REAL);
        let (support, query) = (samples(&net, 6, seed), samples(&net, 5, seed + 1));
        let inner = Inner { rates: vec![0.3; theta.len()], steps: 2, grid: None };
        let features = net.features();
        let mut turned = theta.clone();
        let (head, bias) = (net.range(Part::Head).unwrap(), net.range(Part::Bias).unwrap());
        turned[head].rotate_right(turn * features);
        turned[bias].rotate_right(turn);
        let renumbered = |e: &Example<'_>| (e.class + turn) % CLASSES;
        let other: Vec<_> = batch(&support)
            .iter()
            .rev()
            .map(|e| Example { class: renumbered(e), ..*e })
            .collect();
        let a = inner.adapt(&net, &theta, &batch(&support));
        let b = inner.adapt(&net, &turned, &other);
        let predict = |theta: &[f64], s: &Sample| {
            let ready = crate::meta::Ready::new(&net, theta, crate::meta::Mode::Spike);
            ready.forward(s, crate::meta::Mode::Spike).logits
        };
        for s in &query {
            let (a, mut b) = (predict(a.end(), s), predict(b.end(), s));
            b.rotate_left(turn);
            prop_assert!(distance(&a, &b) < 1e-9, "{a:?} {b:?}");
        }
    }
}

const DRIVE: Drive = Drive { attributes: 8, drivers: 1, amplitude: 0.25 };

fn small(hidden: usize, ways: usize) -> Net {
    let layer = LayerConfig {
        weights: WeightKind::Float,
        batch_norm: false,
        surrogate: Surrogate::FastSigmoid(10.0),
        ..LayerConfig::dense(hidden, Leak::Scale(205))
    };
    let shape = spikewright_ir::Shape::flat(48);
    Net::new(&[layer], shape, 8, ways, 4.0).unwrap()
}

#[test]
fn before_the_first_step_nothing_is_known() {
    let families: [(&dyn Family, usize); 2] =
        [(&Attributes::new(1, 5, 10, DRIVE), 2), (&Stable::new(1, 0, 40, 1, 10), 5)];
    for (family, ways) in families {
        let net = small(16, ways);
        let theta = net.fresh(1, 2.0);
        let inner = Inner { rates: vec![0.5; theta.len()], steps: 1, grid: None };
        let found = evaluate(&net, &theta, &inner, family, Stream::named(2, "leaks"), 300);
        let chance = 1.0 / ways as f64;
        // Three standard errors, so that one seed in 400 would fail by chance.
        let room = 3.0 / 1.96 * found[0].half;
        assert!((found[0].mean - chance).abs() < room, "{}", found[0]);
        assert_eq!(found[0].tasks, 300);
    }
}

#[test]
fn tasks_share_no_samples_between_support_and_query_and_renumber_their_classes() {
    let family = Stable::new(3, 0, 12, 2, 3);
    let a = family.task(Stream::named(1, "tasks"));
    assert_eq!((a.support.len(), a.query.len()), (10, 15));
    assert!(a.query.iter().all(|q| a.support.iter().all(|s| s.input != q.input)));
    assert_eq!(a, family.task(Stream::named(1, "tasks")));
    assert_ne!(a, family.task(Stream::named(2, "tasks")));
}

#[test]
fn tasks_and_layers_that_cannot_be_learned_are_refused() {
    let options = MetaOptions {
        method: MetaMethod::Fomaml,
        seed: 1,
        iterations: 1,
        tasks: 1,
        steps: 1,
        inner_rate: 0.1,
        learn_rates: false,
        grid: None,
        outer_rate: 1e-2,
        clip_norm: 5.0,
    };
    let refused = |net: &Net, family: &dyn Family| {
        meta_train(net, net.fresh(1, 1.0), family, &options, |_| {}).unwrap_err().to_string()
    };
    let two = small(6, 2);
    assert!(refused(&two, &Stable::new(1, 0, 9, 1, 1)).contains("ways: 5"));
    assert!(refused(&two, &Attributes::new(1, 5, 0, DRIVE)).contains("queries: 0"));
    assert!(refused(&two, &Attributes::new(1, 0, 5, DRIVE)).contains("shots: 0"));
    let conv = LayerConfig { channels: 2, neurons: 0, kernel: 2, ..two.layers[0].config.clone() };
    let shape = Shape { channels: 1, height: 4, width: 4 };
    for broken in [
        LayerConfig { stride: 0, ..conv.clone() },
        LayerConfig { kernel: 0, ..conv.clone() },
        LayerConfig { or_pool_stride: Some(0), ..conv.clone() },
        LayerConfig { or_pool: 0, ..conv.clone() },
        LayerConfig { channels: 0, ..conv.clone() },
    ] {
        let error = Net::new(&[broken], shape, 4, 2, 1.0).unwrap_err().to_string();
        assert!(error.contains("sizes is 0"), "{error}");
    }
    let kept = LayerConfig { detach_reset: false, gain: 0.5, batch_norm: true, ..conv };
    let net = Net::new(&[kept], shape, 4, 2, 1.0).unwrap();
    assert!(net.layers[0].rule.through_reset);
    let gain = net.range(Part::Gain(0)).unwrap();
    assert_eq!(net.fresh(1, 1.0)[gain], [0.5; 2]);
}

#[test]
fn a_short_meta_training_learns_to_learn() {
    let family = Attributes::new(5, 5, 10, DRIVE);
    let net = small(24, 2);
    let options = MetaOptions {
        method: MetaMethod::Anil,
        seed: 1,
        iterations: 60,
        tasks: 4,
        steps: 2,
        inner_rate: 0.1,
        learn_rates: true,
        grid: None,
        outer_rate: 1e-2,
        clip_norm: 5.0,
    };
    let start = net.fresh(1, 1.0);
    let mut losses = Vec::new();
    let learned =
        meta_train(&net, start.clone(), &family, &options, |s| losses.push(s.loss)).unwrap();
    let again = meta_train(&net, start.clone(), &family, &options, |_| {}).unwrap();
    assert_eq!(learned, again, "the same seed gives the same numbers");
    let test = |theta: &[f64], inner: &Inner| {
        evaluate(&net, theta, inner, &family, Stream::named(9, "test"), 60)[2].mean
    };
    let before = test(&start, &options.inner(&net));
    let after = test(&learned.theta, &learned.inner);
    assert!(after > before + 0.1, "{before} {after}");
    assert_eq!(losses.len(), 60);
    let task = family.task(Stream::named(1, "one"));
    let shots = Shots::new(&task, &net);
    assert!((0.0..=1.0).contains(&accuracy(&net, &start, &shots.query())));
}

#[test]
fn one_step_from_a_zero_head_gives_rows_of_class_sums() {
    let (net, mut theta) = network(BINARY);
    theta[net.head()].fill(0.0);
    let support = samples(&net, 6, 25);
    let inner = Inner { rates: MetaMethod::Anil.rates(&net, 0.7), steps: 1, grid: None };
    let path = inner.adapt(&net, &theta, &batch(&support));
    let rows = &path.end()[net.range(Part::Head).unwrap()];
    let ready = crate::meta::Ready::new(&net, &theta, crate::meta::Mode::Spike);
    let features = net.features();
    let mut sums = vec![vec![0.0; features]; CLASSES];
    for e in batch(&support) {
        let counts = ready.forward(e.sample, crate::meta::Mode::Spike).counts;
        sums[e.class] = plus(&sums[e.class], 1.0, &counts);
    }
    let all = sums.iter().fold(vec![0.0; features], |a, s| plus(&a, 1.0, s));
    // W_c = rate·scale/(T·B·N)·(N·M_c − Σ M), with B samples.
    let unit = 0.7 * net.scale / (TICKS * 6 * CLASSES) as f64;
    let expect: Vec<f64> = sums
        .iter()
        .flat_map(|s| plus(&s.iter().map(|m| 3.0 * m).collect::<Vec<_>>(), -1.0, &all))
        .map(|x| unit * x)
        .collect();
    assert!(norm(&expect) > 0.01 && distance(rows, &expect) < 1e-12);
}
