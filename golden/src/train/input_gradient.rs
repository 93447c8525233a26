//! Gradients of spikes from gradients of sums: `ds[j] += Σ_i w[j][i]·g[i]` over every window that
//! contains input `j`. Eight rows (samples and ticks) share each load of a weight, and sums stay in
//! registers over all units. Products are added in the order of units, without fused operations, so
//! every processor gives the same bits.

use super::{
    geometry::Geometry,
    sign_gradient::SignTables,
    weights::{Down, Weights},
};

/// Rows handled together.
const ROWS: usize = 8;
/// Inputs handled together.
const INPUTS: usize = 16;

/// Where the rows of gradients and of results lie.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    /// Number of rows.
    pub count: usize,
    /// Distance between two rows of `g`.
    pub g: usize,
    /// Distance between two rows of `ds`.
    pub ds: usize,
}

/// Adds to `ds` what the gradients `g` of the sums pass down through these weights.
#[inline(always)]
pub fn input_gradient(
    geometry: &Geometry,
    weights: &Weights,
    rows: Rows,
    g: &[f32],
    ds: &mut [f32],
    tables: &mut SignTables,
) {
    match &weights.down {
        Down::Nothing => {}
        Down::Signs(codes) => tables.input_gradient(geometry, codes, rows, g, ds),
        Down::Floats(transposed) => floats(geometry, transposed, rows, g, ds),
    }
}

/// Through float weights `[units][rows of the window]`.
#[inline(always)]
fn floats(geometry: &Geometry, transposed: &[f32], rows: Rows, g: &[f32], ds: &mut [f32]) {
    let mut first = 0;
    while first < rows.count {
        let g = &g[first * rows.g..];
        let ds = &mut ds[first * rows.ds..];
        first += match rows.count - first {
            ROWS.. => block::<ROWS>(geometry, transposed, rows, g, ds),
            4.. => block::<4>(geometry, transposed, rows, g, ds),
            2.. => block::<2>(geometry, transposed, rows, g, ds),
            _ => block::<1>(geometry, transposed, rows, g, ds),
        };
    }
}

/// `R` rows through all windows; returns `R`.
#[inline(always)]
fn block<const R: usize>(
    geometry: &Geometry,
    transposed: &[f32],
    rows: Rows,
    g: &[f32],
    ds: &mut [f32],
) -> usize {
    let (units, channels, height) = (geometry.to.channels, geometry.from.channels, geometry.rows());
    for at in 0..geometry.to.positions() {
        let g: [&[f32]; R] = std::array::from_fn(|r| &g[r * rows.g + at * units..][..units]);
        for run in geometry.runs(at) {
            let (first, len) = (run.position * channels, run.positions * channels);
            for start in (0..len).step_by(INPUTS) {
                let weights = &transposed[run.row + start..];
                let inputs = INPUTS.min(len - start);
                let ds = &mut ds[first + start..];
                if inputs == INPUTS {
                    let sums = full::<R>(&g, weights, height, units);
                    for (r, sums) in sums.iter().enumerate() {
                        let ds = &mut ds[r * rows.ds..][..INPUTS];
                        for k in 0..INPUTS {
                            ds[k] += sums[k];
                        }
                    }
                } else {
                    for (r, g) in g.iter().enumerate() {
                        for (k, ds) in ds[r * rows.ds..][..inputs].iter_mut().enumerate() {
                            let mut sum = 0.0;
                            for (c, g) in g.iter().enumerate() {
                                sum += g * weights[c * height + k];
                            }
                            *ds += sum;
                        }
                    }
                }
            }
        }
    }
    R
}

#[inline(always)]
fn full<const R: usize>(
    g: &[&[f32]; R],
    weights: &[f32],
    height: usize,
    units: usize,
) -> [[f32; INPUTS]; R] {
    let mut sums = [[0.0; INPUTS]; R];
    for c in 0..units {
        let w: &[f32; INPUTS] = weights[c * height..][..INPUTS].try_into().expect("16 inputs");
        for r in 0..R {
            let g = g[r][c];
            for k in 0..INPUTS {
                sums[r][k] += g * w[k];
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        rng::Stream,
        train::{LayerConfig, geometry::Map},
    };
    use spikewright_ir::Leak;

    #[test]
    fn gradients_equal_the_dense_product() {
        let dense = || LayerConfig::dense(7, Leak::None);
        let conv =
            LayerConfig { neurons: 0, channels: 5, kernel: 3, stride: 2, padding: 1, ..dense() };
        for (config, channels) in [(dense(), 3), (conv.clone(), 3), (conv, 8)] {
            let from = Map { height: 5, width: 6, channels };
            let geometry = Geometry::new(&config, from).unwrap();
            let (n, inputs, height) = (geometry.to.len(), from.len(), geometry.rows());
            let mut draw = Stream::named(3, "gradient").sequence();
            let mut small = |n| (0..n).map(|_| draw.below(9) as f32 - 4.0).collect::<Vec<_>>();
            for count in [1, 3, 15] {
                let (g, w) = (small(count * n), small(config.units() * height));
                let mut ds = vec![1.0; count * inputs];
                let rows = Rows { count, g: n, ds: inputs };
                floats(&geometry, &w, rows, &g, &mut ds);
                let mut expect = vec![1.0; count * inputs];
                for (r, at) in
                    (0..count).flat_map(|r| (0..geometry.to.positions()).map(move |at| (r, at)))
                {
                    for run in geometry.runs(at) {
                        for k in 0..run.positions * geometry.from.channels {
                            let j = run.position * geometry.from.channels + k;
                            for c in 0..config.units() {
                                expect[r * inputs + j] += g[r * n + at * config.units() + c]
                                    * w[c * height + run.row + k];
                            }
                        }
                    }
                }
                assert_eq!(ds, expect);
            }
        }
    }
}
