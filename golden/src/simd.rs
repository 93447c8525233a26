//! Plain loops under the widest vector unit of the processor, chosen at run time. The loops are
//! element by element, so the width never changes a bit of their results: no sum is reordered, and
//! the compiler fuses no multiply with an add.

/// Runs `work`, a closure or something that is told the vector unit, compiled for the widest one
/// there is. What `work` calls has to be `#[inline(always)]` to be compiled with it.
#[inline(always)]
pub(crate) fn vectorized<W: pulp::WithSimd>(work: W) -> W::Output {
    pulp::Arch::new().dispatch(work)
}
