//! Gradients of the outer loop: model-agnostic meta-learning (Finn, Abbeel and Levine, ICML 2017)
//! through surrogate gradients (Stewart and Neftci, Neuromorph. Comput. Eng. 2022), its first-order
//! form, and the variants that differ in what adapts (ANIL, BOIL) or in what is descended (Reptile).
//!
//! With `θ_{k+1} = θ_k − a·∇L_S(θ_k)` and `v_K = ∇L_Q(θ_K)`:
//! `v_k = v_{k+1} − H_S(θ_k)(a·v_{k+1})`; the meta-gradient is `v_0`, in first order `v_K`.

use super::{
    gradient::{Example, Reach, gradient},
    inner::Inner,
    net::{MetaError, Net},
    product::hessian_product,
};
use serde::{Deserialize, Serialize};

/// What the outer loop descends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetaMethod {
    /// Second-order MAML; all parameters adapt.
    Maml,
    /// The same without products with the Hessian.
    Fomaml,
    /// The head alone adapts (Raghu et al., ICLR 2020); second order.
    Anil,
    /// The body alone adapts (Oh et al., ICLR 2021); second order.
    Boil,
    /// Towards where the inner loop ends (Nichol, Achiam and Schulman, 2018): no query set.
    Reptile,
}

impl MetaMethod {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Maml, Self::Fomaml, Self::Anil, Self::Boil, Self::Reptile];

    /// Whether outer gradients go through the inner steps.
    pub fn is_second_order(self) -> bool {
        matches!(self, Self::Maml | Self::Anil | Self::Boil)
    }

    /// Step sizes of this method: `rate` for what adapts, 0 for the rest.
    pub fn rates(self, net: &Net, rate: f64) -> Vec<f64> {
        let head = net.head();
        let adapts = |i: usize| match self {
            Self::Maml | Self::Fomaml | Self::Reptile => true,
            Self::Anil => head.contains(&i),
            Self::Boil => !head.contains(&i),
        };
        (0..net.size()).map(|i| if adapts(i) { rate } else { 0.0 }).collect()
    }

    /// Refuses surrogates without curvature where second order needs it: in layers that adapt, all
    /// of which lie below spikes.
    pub fn check(self, net: &Net) -> Result<(), MetaError> {
        if !matches!(self, Self::Maml | Self::Boil) {
            return Ok(());
        }
        let flat = |l: &super::Layer| l.rule.surrogate.second_derivative(0.25).is_none();
        match net.layers.iter().position(flat) {
            None => Ok(()),
            Some(k) => Err(MetaError::new(
                format!("layer {k}"),
                format!(
                    "surrogate {:?} has no curvature, so second-order gradients through its \
                     spikes would be wrong without a sign of it",
                    net.layers[k].rule.surrogate
                ),
                "take fast_sigmoid, or method fomaml or anil",
            )),
        }
    }
}

/// A meta-gradient of one task.
#[derive(Clone, PartialEq, Debug)]
pub struct MetaGradient {
    /// Of the parameters.
    pub theta: Vec<f64>,
    /// Of the step sizes: `−Σ_k v_{k+1}·∇L_S(θ_k)` (Meta-SGD: Li et al., 2017).
    pub rates: Vec<f64>,
    /// Query loss after the last step (for Reptile that of the support set before the last step).
    pub loss: f64,
    /// Query samples classified as labelled after the last step; 0 for Reptile.
    pub correct: usize,
    /// Gradients taken.
    pub gradients: usize,
    /// Products with a Hessian taken, each at most three gradients' work.
    pub products: usize,
}

/// The meta-gradient of a task.
pub fn meta_gradient(
    net: &Net,
    theta: &[f64],
    inner: &Inner,
    method: MetaMethod,
    support: &[Example<'_>],
    query: &[Example<'_>],
) -> MetaGradient {
    let path = inner.adapt(net, theta, support);
    let mut out = MetaGradient {
        theta: Vec::new(),
        rates: vec![0.0; theta.len()],
        loss: 0.0,
        correct: 0,
        gradients: inner.steps,
        products: 0,
    };
    if method == MetaMethod::Reptile {
        out.theta = theta.iter().zip(path.end()).map(|(a, b)| a - b).collect();
        out.loss = gradient(net, path.end(), support, Reach::Head).loss;
        out.gradients += 1;
        return out;
    }
    let outer = gradient(net, path.end(), query, Reach::All);
    (out.loss, out.correct) = (outer.loss, outer.correct);
    out.gradients += 1;
    let mut v = outer.of;
    for k in (0..inner.steps).rev() {
        path.cut(k + 1, &mut v);
        let moved = v.iter().zip(&path.gradients[k]);
        out.rates.iter_mut().zip(moved).for_each(|(r, (v, g))| *r -= v * g);
        if method.is_second_order() {
            let along: Vec<f64> = v.iter().zip(&inner.rates).map(|(v, a)| a * v).collect();
            let product = hessian_product(net, &path.theta[k], &along, support);
            v.iter_mut().zip(product).for_each(|(v, h)| *v -= h);
            out.products += 1;
        }
    }
    path.cut(0, &mut v);
    out.theta = v;
    out
}
