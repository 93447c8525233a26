//! Individuals as integer networks: thresholds, biases and leaks from real vectors, weights from
//! bits. No gradient and no float model is involved, so the same individual can be run by the
//! reference, a simulator or a chip.

use spikewright_ir::{Layer, LayerKind, Leak, Network, NeuronParams, ProjectionKind, WeightPlanes};

/// Genes to a network.
pub trait Express<G>: Sync {
    /// The network of an individual.
    fn network(&self, genes: &G) -> Network;
}

/// Parameters of a layer's neurons, to change.
fn params_mut(layer: &mut Layer) -> Option<&mut NeuronParams> {
    match &mut layer.kind {
        LayerKind::Dense(l) => Some(&mut l.params),
        LayerKind::Conv(l) => Some(&mut l.params),
        LayerKind::OrPool(_) => None,
    }
}

/// The nearest multiple of `q`, halves away from zero.
fn on_grid(value: i32, q: i32) -> i32 {
    let (half, value, q) = (i64::from(q) / 2, i64::from(value), i64::from(q));
    ((value.abs() + half) / q * q * value.signum()) as i32
}

/// A network with every threshold and bias at the nearest multiple of `q` that fits its width,
/// thresholds at least `q`.
pub fn coarsen(network: &Network, q: i32) -> Network {
    NeuronGenes::around(network, q).network(&Vec::new())
}

/// Steps of a leak (16/256 for a scale) that a change of its gene by 1 is.
const LEAK_STEPS: f64 = 16.0;

/// Thresholds, biases and leaks around those of a network: a real number for each, in steps of q,
/// or of sixteen leaks. The sum is rounded to the grid, not the step, so that values that lie near the
/// middle between two points of the grid change sides first. A leak always lies on a point of its
/// grid: at a spread that suits thresholds it would never be left, if its genes were not wider.
#[derive(Clone, Debug)]
pub struct NeuronGenes {
    base: Network,
    q: i32,
}

impl NeuronGenes {
    /// Around a network, on the grid of `q`, at least 1. Zeros are the network [`coarsen`] makes.
    pub fn around(network: &Network, q: i32) -> Self {
        Self { base: network.clone(), q: q.max(1) }
    }

    /// Genes of an individual: a leak, thresholds and biases of each layer. Thresholds that are
    /// never compared (those of a layer whose potential is read) have genes without an effect.
    pub fn dimension(&self) -> usize {
        let params = self.base.layers.iter().filter_map(Layer::params);
        params.map(|p| 1 + p.theta.len() + p.bias.len()).sum()
    }
}

impl Express<Vec<f64>> for NeuronGenes {
    fn network(&self, x: &Vec<f64>) -> Network {
        let mut out = self.base.clone();
        let limit = i32::MAX >> (32 - u32::from(out.width_bits.clamp(2, 24)));
        let q = self.q;
        // The largest multiple of q that fits the width.
        let top = limit / q * q;
        let mut genes = x.iter().map(|v| v.clamp(-65_536.0, 65_536.0));
        let mut next = || genes.next().unwrap_or(0.0);
        let on_grid_at = |value: i32, steps: f64| {
            let moved = f64::from(value) + (f64::from(q) * steps).round();
            on_grid(moved.clamp(f64::from(-top), f64::from(top)) as i32, q)
        };
        for p in out.layers.iter_mut().filter_map(params_mut) {
            p.leak = moved(p.leak, (LEAK_STEPS * next()).round() as i32);
            for t in &mut p.theta {
                *t = on_grid_at(*t, next()).max(q);
            }
            for b in &mut p.bias {
                *b = on_grid_at(*b, next());
            }
        }
        out
    }
}

/// A leak some steps on, within what is representable.
fn moved(leak: Leak, steps: i32) -> Leak {
    match leak {
        Leak::None => Leak::None,
        Leak::Shift(k) => Leak::Shift(i32::from(k).saturating_add(steps).clamp(1, 15) as u8),
        Leak::Scale(m) => {
            let steps = steps.saturating_mul(16);
            Leak::Scale(i32::from(m).saturating_add(steps).clamp(0, 256) as u16)
        }
    }
}

/// All weight bits of a network, plane by plane and row by row.
#[derive(Clone, Debug)]
pub struct WeightBits {
    base: Network,
}

impl WeightBits {
    /// The weights of this network are what evolves; the rest stays.
    pub fn of(network: &Network) -> Self {
        Self { base: network.clone() }
    }

    /// The network's own bits.
    pub fn bits(&self) -> Vec<bool> {
        let projections = self.base.layers.iter().flat_map(|l| l.projections());
        let planes = projections.flat_map(|p| match &p.kind {
            ProjectionKind::Dense { planes } | ProjectionKind::Conv { planes, .. } => &planes[..],
            ProjectionKind::Identity => &[],
        });
        planes.flat_map(|m| (0..m.rows()).flat_map(move |r| m.row(r).iter())).collect()
    }
}

impl Express<Vec<bool>> for WeightBits {
    fn network(&self, bits: &Vec<bool>) -> Network {
        let mut out = self.base.clone();
        let mut next = bits.iter().copied();
        for planes in out.layers.iter_mut().flat_map(planes_mut) {
            for m in planes {
                for r in 0..m.rows() {
                    let row = m.row_mut(r);
                    (0..row.len()).zip(&mut next).for_each(|(c, bit)| row.set(c, bit));
                }
            }
        }
        out
    }
}

/// Weight planes of a layer, to change.
fn planes_mut(layer: &mut Layer) -> Vec<&mut WeightPlanes> {
    let projections = match &mut layer.kind {
        LayerKind::Dense(l) => &mut l.projections[..],
        LayerKind::Conv(l) => &mut l.projections[..],
        LayerKind::OrPool(_) => &mut [],
    };
    let planes = projections.iter_mut().filter_map(|p| match &mut p.kind {
        ProjectionKind::Dense { planes } | ProjectionKind::Conv { planes, .. } => Some(planes),
        ProjectionKind::Identity => None,
    });
    planes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A spread of 0.05 reaches the neighbors of a leak, within what is representable.
    #[test]
    fn genes_of_a_twentieth_move_leaks() {
        let steps = |x: f64| (LEAK_STEPS * x).round() as i32;
        assert_eq!(moved(Leak::Shift(1), steps(0.05)), Leak::Shift(2));
        assert_eq!(moved(Leak::Shift(1), steps(-0.05)), Leak::Shift(1));
        assert_eq!(moved(Leak::Scale(200), steps(-0.05)), Leak::Scale(184));
        assert_eq!(moved(Leak::Scale(200), steps(65_536.0)), Leak::Scale(256));
        assert_eq!(moved(Leak::Shift(7), i32::MAX), Leak::Shift(15));
        assert_eq!(moved(Leak::None, 3), Leak::None);
    }
}
