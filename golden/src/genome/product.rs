//! `W = E_out·G·E_inᵀ` and its gradients. Everything is in f64, where products of the integers of
//! quantized genes are exact whatever the order of the sums.

use super::plan::Projection;
use ndarray::{Array2, Zip};

/// The matrices of a genome as numbers.
#[derive(Clone, Debug)]
pub struct Matrices {
    /// E by E, `[rows][genes]`.
    pub encodings: Vec<Array2<f64>>,
    /// G, `[genes][genes]`; the unit matrix when absent.
    pub interaction: Option<Array2<f64>>,
}

impl Matrices {
    /// All zero, of the same sizes.
    pub fn zeros_like(other: &Self) -> Self {
        let zero = |m: &Array2<f64>| Array2::zeros(m.dim());
        Self {
            encodings: other.encodings.iter().map(zero).collect(),
            interaction: other.interaction.as_ref().map(zero),
        }
    }

    /// `E_in`, `[inputs][genes]`: the encoding itself, or the channel's times the position's.
    fn inputs(&self, p: &Projection) -> Array2<f64> {
        let channels = &self.encodings[p.input];
        let Some(position) = p.position else { return channels.clone() };
        let positions = &self.encodings[position];
        Array2::from_shape_fn((p.inputs, channels.ncols()), |(j, a)| {
            positions[[j / p.channels, a]] * channels[[j % p.channels, a]]
        })
    }

    /// Weights `[inputs][units]`: `E_in·Gᵀ·E_outᵀ`.
    pub fn weights(&self, p: &Projection) -> Array2<f64> {
        let (e_in, e_out) = (self.inputs(p), &self.encodings[p.output]);
        match &self.interaction {
            Some(g) => e_in.dot(&g.t()).dot(&e_out.t()),
            None => e_in.dot(&e_out.t()),
        }
    }

    /// Adds to `sums` the gradients for `D = dL/dW`, here `[inputs][units]`:
    /// `dE_in = Dᵀ·E_out·G`, `dG = E_outᵀ·D·E_in`, `dE_out = D·E_in·Gᵀ` with D as `[units][inputs]`.
    pub fn add_gradients(&self, p: &Projection, d: &Array2<f64>, sums: &mut Self) {
        let (e_in, e_out) = (self.inputs(p), &self.encodings[p.output]);
        let (back, ahead) = (d.dot(e_out), d.t().dot(&e_in));
        let (d_in, d_out) = match (&self.interaction, &mut sums.interaction) {
            (Some(g), Some(d_g)) => {
                *d_g += &back.t().dot(&e_in);
                (back.dot(g), ahead.dot(&g.t()))
            }
            _ => (back, ahead),
        };
        sums.encodings[p.output] += &d_out;
        let Some(position) = p.position else {
            sums.encodings[p.input] += &d_in;
            return;
        };
        for (j, d) in d_in.rows().into_iter().enumerate() {
            let (at, channel) = (j / p.channels, j % p.channels);
            let channels = self.encodings[p.input].row(channel);
            Zip::from(sums.encodings[position].row_mut(at))
                .and(d)
                .and(channels)
                .for_each(|s, d, e| *s += d * e);
            let positions = self.encodings[position].row(at);
            Zip::from(sums.encodings[p.input].row_mut(channel))
                .and(d)
                .and(positions)
                .for_each(|s, d, e| *s += d * e);
        }
    }
}

#[cfg(test)]
#[path = "product_test.rs"]
mod tests;
