//! Derivatives of neurons along a direction, up through the ticks and back down: what a product with
//! the Hessian has beside what a gradient has.

use super::{forward::LayerTape, net::Layer, scalar::Scalar};

/// Derivatives of what a layer leaves, and the bends of its thresholds; arrays are `[tick][neuron]`.
pub struct Moved<S> {
    /// Of normalized sums, kept where there is batch norm.
    pub normal: Vec<S>,
    u: Vec<S>,
    s: Vec<S>,
    pooled: Vec<S>,
    slope: Vec<S>,
    curvature: Vec<S>,
}

impl<S: Scalar> Moved<S> {
    /// Of the spikes passed on.
    pub fn out(&self) -> &[S] {
        if self.pooled.is_empty() { &self.s } else { &self.pooled }
    }
}

/// Derivatives of a layer's neurons through all ticks, from those of their drives.
pub fn neurons<S: Scalar>(
    layer: &Layer,
    tape: &LayerTape<S>,
    normal: Vec<S>,
    mut u: Vec<S>,
) -> Moved<S> {
    let (n, rule) = (layer.geometry.to.len(), &layer.rule);
    let lambda = S::of(rule.lambda);
    let nothing = || vec![S::default(); u.len()];
    let (mut s, mut slope, mut curvature) = (nothing(), nothing(), nothing());
    let mut v = vec![S::default(); n];
    for at in 0..u.len() {
        let v = &mut v[at % n];
        let bends = rule.surrogate.bends(tape.u[at].value() - 1.0);
        (slope[at], curvature[at]) = (S::of(bends[0]), S::of(bends[1]));
        u[at] += lambda * *v;
        s[at] = slope[at] * u[at];
        // A reset that no gradient goes through follows the spike, not its derivative.
        *v = match (rule.zero, rule.through_reset) {
            (false, false) => u[at],
            (false, true) => u[at] - s[at],
            (true, false) => u[at] * (S::of(1.0) - tape.s[at]),
            (true, true) => u[at] * (S::of(1.0) - tape.s[at]) - tape.u[at] * s[at],
        };
    }
    let windows = tape.pick.len() / (u.len() / n);
    let picked = tape.pick.iter().enumerate();
    let pooled = picked.map(|(at, pick)| s[at / windows * n + *pick as usize]).collect();
    Moved { normal, u, s, pooled, slope, curvature }
}

/// Gradients of the drives, and their derivatives, from those of the spikes passed on.
pub fn neurons_back<S: Scalar>(
    layer: &Layer,
    tape: &LayerTape<S>,
    moved: &Moved<S>,
    up: &mut [Vec<S>; 2],
) {
    let (n, m, rule) = (layer.geometry.to.len(), layer.out.len(), &layer.rule);
    if !tape.pick.is_empty() {
        for up in up.iter_mut() {
            let mut spread = vec![S::default(); tape.s.len()];
            for (at, g) in up.iter().enumerate() {
                spread[at / m * n + tape.pick[at] as usize] += *g;
            }
            *up = spread;
        }
    }
    let [g, d] = up;
    let lambda = S::of(rule.lambda);
    let mut carry = vec![[S::default(); 2]; n];
    for at in (0..g.len()).rev() {
        let [c, dc] = carry[at % n];
        let (u, du, left) = (tape.u[at], moved.u[at], S::of(1.0) - tape.s[at]);
        let (mut ds, mut dds) = (g[at], d[at]);
        let (mut kept, mut d_kept) = (c, dc);
        if rule.zero {
            (kept, d_kept) = (c * left, dc * left);
        }
        if rule.through_reset {
            ds = ds - if rule.zero { c * u } else { c };
            dds = dds - if rule.zero { dc * u + c * du } else { dc };
            if rule.zero {
                d_kept = d_kept - c * moved.s[at];
            }
        }
        g[at] = ds * moved.slope[at] + kept;
        d[at] = dds * moved.slope[at] + ds * moved.curvature[at] * du + d_kept;
        carry[at % n] = [lambda * g[at], lambda * d[at]];
    }
}
