//! How much a distance between two spikes counts.

/// Right shifts that stand for a Gaussian of σ = 1 at distances 0, 1, 2, 3: 1, 0.5, 0.125, 0.0156 for
/// 1, 0.607, 0.135, 0.011. Beyond, nothing.
pub const SHIFT_SIGMA_1: &[u32] = &[0, 1, 3, 6];
/// The same for σ = 2, distances 0 to 6.
pub const SHIFT_SIGMA_2: &[u32] = &[0, 0, 1, 2, 3, 5, 6];

/// `K(d) = exp(−d²/2σ²)` for whole distances in ticks.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel(Vec<f64>);

impl Kernel {
    /// For distances of 0 to `ticks`; `sigma` in ticks, above 0.
    pub fn gaussian(sigma: f64, ticks: u32) -> Self {
        let value = |d: u32| (-f64::from(d).powi(2) / (2.0 * sigma * sigma)).exp();
        Self((0..=ticks).map(value).collect())
    }

    /// K of two ticks, each 0 to `ticks`.
    pub fn between(&self, a: u32, b: u32) -> f64 {
        self.0[a.abs_diff(b) as usize]
    }
}
