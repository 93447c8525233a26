//! Runs of values as vectors of the processor's width, for loops that the compiler does not turn
//! into vector instructions by itself. All of them work element by element, so the width never
//! changes a bit.

use pulp::Simd;

/// Lanes of a vector.
#[inline(always)]
pub fn lanes<S: Simd>() -> usize {
    S::F32_LANES
}

/// At most one vector of values, zeros beyond.
#[inline(always)]
pub fn load<S: Simd>(simd: S, values: &[f32]) -> S::f32s {
    match S::as_simd_f32s(values).0 {
        [full, ..] => *full,
        [] => simd.partial_load_f32s(values),
    }
}

/// The same of words.
#[inline(always)]
pub fn load_words<S: Simd>(simd: S, words: &[u32]) -> S::u32s {
    match S::as_simd_u32s(words).0 {
        [full, ..] => *full,
        [] => simd.partial_load_u32s(words),
    }
}

/// Replaces at most one vector of values.
#[inline(always)]
pub fn store<S: Simd>(simd: S, values: &mut [f32], v: S::f32s) {
    match S::as_mut_simd_f32s(values).0 {
        [full, ..] => *full = v,
        [] => simd.partial_store_f32s(values, v),
    }
}

/// The same of words.
#[inline(always)]
pub fn store_words<S: Simd>(simd: S, words: &mut [u32], v: S::u32s) {
    match S::as_mut_simd_u32s(words).0 {
        [full, ..] => *full = v,
        [] => simd.partial_store_u32s(words, v),
    }
}
