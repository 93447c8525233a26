//! Rows cut into fixed numbers of lanes, so that inner loops have a constant length and become
//! vector instructions without a remainder.

/// Values handled together.
pub const LANES: usize = 16;

/// Values handled together; the last row of a neuron count that is no multiple is padded.
pub type Row<T> = [T; LANES];

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
