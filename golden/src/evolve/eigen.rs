//! Eigenvalues of small symmetric matrices by cyclic Jacobi rotations (Golub and Van Loan, Matrix
//! Computations, section 8.5): the same operations in the same order, whatever machine or thread.

/// Sweeps after which rotations stop at the latest; a dozen is enough in practice.
const SWEEPS: usize = 64;

/// Matrix `[N][N]`, row by row, times vector.
pub fn multiply(matrix: &[f64], x: &[f64]) -> Vec<f64> {
    let dot = |row: &[f64]| row.iter().zip(x).map(|(a, b)| a * b).sum();
    matrix.chunks_exact(x.len()).map(dot).collect()
}

/// Eigenvalues, and eigenvectors in the columns of `[N][N]`, of a symmetric matrix.
pub fn symmetric_eigen(mut a: Vec<f64>) -> (Vec<f64>, Vec<f64>) {
    let n = a.len().isqrt();
    let mut v: Vec<f64> = (0..n * n).map(|k| f64::from(u8::from(k % (n + 1) == 0))).collect();
    let size = a.iter().map(|x| x * x).sum::<f64>();
    for _ in 0..SWEEPS {
        let off: f64 =
            (0..n).flat_map(|i| (0..i).map(move |j| i * n + j)).map(|k| a[k] * a[k]).sum();
        // Also stops at once on what is not a number.
        if off.is_nan() || off <= 1e-32 * size {
            break;
        }
        for (p, q) in (0..n).flat_map(|p| (p + 1..n).map(move |q| (p, q))) {
            rotate(&mut a, &mut v, n, p, q);
        }
    }
    ((0..n).map(|k| a[k * (n + 1)]).collect(), v)
}

/// One rotation in the plane (p, q) that makes `a[p][q]` zero.
fn rotate(a: &mut [f64], v: &mut [f64], n: usize, p: usize, q: usize) {
    let off = a[p * n + q];
    if off == 0.0 {
        return;
    }
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * off);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = (t * t + 1.0).sqrt().recip();
    let s = t * c;
    for k in 0..n {
        let (x, y) = (a[k * n + p], a[k * n + q]);
        (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y);
    }
    for k in 0..n {
        let (x, y) = (a[p * n + k], a[q * n + k]);
        (a[p * n + k], a[q * n + k]) = (c * x - s * y, s * x + c * y);
        let (x, y) = (v[k * n + p], v[k * n + q]);
        (v[k * n + p], v[k * n + q]) = (c * x - s * y, s * x + c * y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn vectors_are_orthonormal_and_rebuild_the_matrix() {
        for n in [1, 2, 7, 20] {
            let mut s = Stream::named(5, "eigen").child(n as u64).sequence();
            let mut a = vec![0.0; n * n];
            for (i, j) in (0..n).flat_map(|i| (0..=i).map(move |j| (i, j))) {
                (a[i * n + j], a[j * n + i]) = {
                    let x = s.normal();
                    (x, x)
                };
            }
            let (values, v) = symmetric_eigen(a.clone());
            for (i, j) in (0..n).flat_map(|i| (0..n).map(move |j| (i, j))) {
                let entry: f64 = (0..n).map(|k| v[i * n + k] * values[k] * v[j * n + k]).sum();
                let product: f64 = (0..n).map(|k| v[k * n + i] * v[k * n + j]).sum();
                assert!((entry - a[i * n + j]).abs() < 1e-12, "{n} {i} {j}");
                assert!((product - f64::from(u8::from(i == j))).abs() < 1e-12, "{n} {i} {j}");
            }
        }
    }
}
