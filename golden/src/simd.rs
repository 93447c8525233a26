//! Plain loops under the widest vector unit of the processor, chosen at run time. The loops are
//! element by element, so the width never changes a bit of their results: no sum is reordered, and
//! the compiler fuses no multiply with an add.

/// Runs `work` compiled for the widest vector unit there is. What `work` calls has to be
/// `#[inline(always)]` to be compiled with it, and so has the closure.
#[inline(always)]
pub(crate) fn vectorized<R>(work: impl FnMut() -> R) -> R {
    told(Loops(work))
}

/// The same for something that is told the vector unit.
#[inline(always)]
pub(crate) fn told<W: pulp::WithSimd>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}

/// Called by reference: a call by value of a closure that needs none goes through a shim, which is
/// not always inlined, and then the closure is compiled without the vector unit.
struct Loops<F>(F);

impl<R, F: FnMut() -> R> pulp::WithSimd for Loops<F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) -> R {
        (self.0)()
    }
}
