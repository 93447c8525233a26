//! Rows cut into fixed numbers of lanes, so that inner loops have a constant length and become
//! vector instructions without a remainder.

use aligned_vec::{AVec, ConstAlign};

/// Values handled together.
pub const LANES: usize = 16;

/// Values handled together; the last row of a neuron count that is no multiple is padded.
pub type Row<T> = [T; LANES];

/// Values none of whose rows of lanes lies across two lines of the cache.
pub type Buffer<T> = AVec<T, ConstAlign<64>>;

/// A buffer of `len` equal values.
pub fn buffer<T: Clone>(value: T, len: usize) -> Buffer<T> {
    let mut out = Buffer::new(0);
    out.resize(len, value);
    out
}

/// Rows of lanes that hold `n` values.
pub fn width(n: usize) -> usize {
    n.div_ceil(LANES)
}

/// `[rows][n]` values as `[rows][width(n)]` rows of lanes, padded with the default value.
#[cfg(test)]
pub fn pad<T: Copy + Default>(values: &[T], n: usize) -> Vec<Row<T>> {
    let mut out = vec![[T::default(); LANES]; values.len() / n * width(n)];
    for (row, out) in values.chunks_exact(n).zip(out.chunks_exact_mut(width(n))) {
        for (from, to) in row.chunks(LANES).zip(out) {
            to[..from.len()].copy_from_slice(from);
        }
    }
    out
}
