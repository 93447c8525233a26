//! Numbers that gradients are computed in: reals, and dual numbers that carry a derivative along.
//! The backward pass run on dual numbers gives Hessian-vector products (forward over reverse,
//! Pearlmutter, Neural Computation 1994), by which the sweeps of [`super::product`] are checked.

use std::ops::{Add, AddAssign, Mul, Sub};

/// A number of the generic passes.
pub trait Scalar:
    Copy
    + Default
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + AddAssign
{
    /// A constant.
    fn of(value: f64) -> Self;
    /// The value, without what it carries.
    fn value(self) -> f64;
    /// `f(self)` given the value of `f` there and its slope: all a dual number asks of a function.
    fn lift(self, value: f64, slope: f64) -> Self;
    /// Whether it is 0 and carries nothing: adding multiples of it changes nothing.
    fn is_nothing(self) -> bool;

    /// `out += s·w`, element by element.
    #[inline(always)]
    fn add_scaled(out: &mut [Self], s: Self, w: &[Self]) {
        for (o, w) in out.iter_mut().zip(w) {
            *o += s * *w;
        }
    }

    /// `Σ a·b`, element by element.
    #[inline(always)]
    fn dot(a: &[Self], b: &[Self]) -> Self {
        let mut sum = Self::default();
        for (a, b) in a.iter().zip(b) {
            sum += *a * *b;
        }
        sum
    }

    /// `exp(self)`
    fn exp(self) -> Self {
        let e = self.value().exp();
        self.lift(e, e)
    }
    /// Natural logarithm.
    fn ln(self) -> Self {
        let x = self.value();
        self.lift(x.ln(), x.recip())
    }
    /// `1/self`
    fn recip(self) -> Self {
        let r = self.value().recip();
        self.lift(r, -r * r)
    }
}

impl Scalar for f64 {
    #[inline(always)]
    fn of(value: f64) -> Self {
        value
    }
    #[inline(always)]
    fn value(self) -> f64 {
        self
    }
    #[inline(always)]
    fn lift(self, value: f64, _: f64) -> Self {
        value
    }
    #[inline(always)]
    fn is_nothing(self) -> bool {
        self == 0.0
    }
    /// Four sums that do not wait for each other, the same four whatever the vector unit.
    #[inline(always)]
    fn dot(a: &[Self], b: &[Self]) -> Self {
        let mut lanes = [0.0; 4];
        let (a, b) = (a.chunks_exact(4), b.chunks_exact(4));
        let rest = a.remainder().iter().zip(b.remainder());
        let rest = rest.fold(0.0, |sum, (a, b)| sum + a * b);
        for (a, b) in a.zip(b) {
            lanes.iter_mut().zip(a).zip(b).for_each(|((l, a), b)| *l += a * b);
        }
        (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
    }
}

/// `re + ε·eps` with ε² = 0.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
pub struct Dual<T = f64> {
    /// Value.
    pub re: T,
    /// Its derivative along the direction that is followed.
    pub eps: T,
}

impl<T: Scalar> Scalar for Dual<T> {
    #[inline(always)]
    fn of(value: f64) -> Self {
        Self { re: T::of(value), eps: T::default() }
    }
    #[inline(always)]
    fn value(self) -> f64 {
        self.re.value()
    }
    #[inline(always)]
    fn lift(self, value: f64, slope: f64) -> Self {
        Self { re: T::of(value), eps: T::of(slope) * self.eps }
    }
    #[inline(always)]
    fn is_nothing(self) -> bool {
        self.re.is_nothing() && self.eps.is_nothing()
    }
    /// Silent neurons carry a derivative without a value, inputs a value without a derivative: a
    /// part of the product each.
    #[inline(always)]
    fn add_scaled(out: &mut [Self], s: Self, w: &[Self]) {
        let pairs = out.iter_mut().zip(w);
        if s.eps.is_nothing() {
            pairs.for_each(|(o, w)| {
                o.re += s.re * w.re;
                o.eps += s.re * w.eps;
            });
        } else if s.re.is_nothing() {
            pairs.for_each(|(o, w)| o.eps += s.eps * w.re);
        } else {
            pairs.for_each(|(o, w)| *o += s * *w);
        }
    }
    /// Three sums that do not wait for each other, two of them of neighbors.
    #[inline(always)]
    fn dot(a: &[Self], b: &[Self]) -> Self {
        let (mut values, mut other) = ([T::default(); 2], T::default());
        for (a, b) in a.iter().zip(b) {
            values[0] += a.re * b.re;
            values[1] += a.re * b.eps;
            other += a.eps * b.re;
        }
        Self { re: values[0], eps: values[1] + other }
    }
}

impl<T: Scalar> Add for Dual<T> {
    type Output = Self;
    #[inline(always)]
    fn add(self, o: Self) -> Self {
        Self { re: self.re + o.re, eps: self.eps + o.eps }
    }
}

impl<T: Scalar> Sub for Dual<T> {
    type Output = Self;
    #[inline(always)]
    fn sub(self, o: Self) -> Self {
        Self { re: self.re - o.re, eps: self.eps - o.eps }
    }
}

impl<T: Scalar> Mul for Dual<T> {
    type Output = Self;
    #[inline(always)]
    fn mul(self, o: Self) -> Self {
        Self { re: self.re * o.re, eps: self.re * o.eps + self.eps * o.re }
    }
}

impl<T: Scalar> AddAssign for Dual<T> {
    #[inline(always)]
    fn add_assign(&mut self, o: Self) {
        *self = *self + o;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_carried_through_products_and_functions() {
        let x = Dual { re: 0.7, eps: 1.0 };
        let f = |x: Dual| (x * x + Dual::of(2.0)).ln() - (Dual::of(-1.0) * x).exp() * x.recip();
        let at = |x: f64| (x * x + 2.0).ln() - (-x).exp() / x;
        let numeric = (at(0.7 + 1e-6) - at(0.7 - 1e-6)) / 2e-6;
        assert!((f(x).re - at(0.7)).abs() < 1e-15);
        assert!((f(x).eps - numeric).abs() < 1e-8);
        for s in [Dual::of(1.5), Dual { re: 0.0, eps: 2.0 }, x] {
            let (mut out, w) = ([x; 2], [x, Dual { re: -0.5, eps: 3.0 }]);
            Dual::add_scaled(&mut out, s, &w);
            assert_eq!(out, [x + s * w[0], x + s * w[1]]);
        }
        let y = Dual { re: -0.5, eps: 3.0 };
        assert_eq!(Dual::dot(&[x, y], &[y, y]), x * y + y * y);
        assert!(Dual::<f64>::of(0.0).is_nothing() && !Dual { re: 0.0, eps: 1.0 }.is_nothing());
    }
}
