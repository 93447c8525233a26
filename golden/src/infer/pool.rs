//! OR-pooling of rasters.

use super::form::Form;

/// Windows of `k`×`k`, partial ones dropped.
pub struct Pool {
    pub k: usize,
    pub stride: usize,
}

impl Pool {
    /// ORs the bits of `mask` into `to`.
    #[inline(always)]
    pub fn run(&self, source: &[u16], from: &Form, mask: u16, target: &mut [u16], to: &Form) {
        let (width, channels) = (to.shape.width, to.shape.channels);
        for (p, out) in target.chunks_exact_mut(to.row).enumerate() {
            let (y, x) = (p / width * self.stride, p % width * self.stride);
            for at in (y..y + self.k).flat_map(|y| (x..x + self.k).map(move |x| (y, x))) {
                let position = at.0 * from.shape.width + at.1;
                let seen = &source[position * from.row..][..channels];
                for (out, seen) in out[..channels].iter_mut().zip(seen) {
                    *out |= seen & mask;
                }
            }
        }
    }
}
