//! What the network computes, in plain integers.

use super::MiniConv;
use spikewright_ir::{InputTrain, Readout, Shape};

/// `(u, v, s)` of the convolution, the spikes of the pooling, and `(u, v, s)` of the dense layer, per
/// tick and neuron.
pub struct Evaluated {
    pub conv: Vec<Vec<(i16, i16, bool)>>,
    pub pooled: Vec<Vec<bool>>,
    pub out: Vec<Vec<(i16, i16, bool)>>,
    /// Synaptic operations of the convolution.
    pub sop: u64,
}

impl MiniConv {
    /// By the rules of the semantics and nothing else.
    pub fn evaluate(&self, input: &InputTrain) -> Evaluated {
        let (shape, pooled, k) = (self.shape(), self.pooled(), self.kernel);
        let at = |s: Shape, c: usize, y: usize, x: usize| (c * s.height + y) * s.width + x;
        let mut v = vec![0; shape.len()];
        let mut v_out = vec![0; self.out.weights.len()];
        let mut out = Evaluated { conv: vec![], pooled: vec![], out: vec![], sop: 0 };
        let planes: Vec<_> = std::iter::once(&self.conv.weights).chain(&self.planes).collect();
        for t in 0..self.ticks {
            let spikes = input.planes[0].tick(t);
            let mut now = Vec::new();
            for (n, v) in v.iter_mut().enumerate() {
                let area = shape.height * shape.width;
                let (channel, y, x) = (n / area, n / shape.width % shape.height, n % shape.width);
                let mut d = 0;
                for i in 0..self.input.channels * k * k {
                    let (c, ky, kx) = (i / (k * k), i / k % k, i % k);
                    let (Some(sy), Some(sx)) =
                        ((y + ky).checked_sub(self.padding), (x + kx).checked_sub(self.padding))
                    else {
                        continue;
                    };
                    let inside = sy < self.input.height && sx < self.input.width;
                    if !inside || !spikes.get(at(self.input, c, sy, sx)) {
                        continue;
                    }
                    for (p, plane) in planes.iter().enumerate() {
                        let none = if self.unsigned { 0 } else { -1 };
                        d += (if plane[channel][i] { 1 } else { none }) << p;
                        out.sop += u64::from(!self.unsigned);
                    }
                }
                let neuron = self.conv.step(channel, *v, d, true);
                *v = neuron.1;
                now.push(neuron);
            }
            let mut map = vec![false; pooled.len()];
            for (n, neuron) in now.iter().enumerate() {
                let area = shape.height * shape.width;
                let (c, y, x) = (n / area, n / shape.width % shape.height, n % shape.width);
                let (y, x) = (y / self.pool, x / self.pool);
                if y < pooled.height && x < pooled.width {
                    map[at(pooled, c, y, x)] |= neuron.2;
                }
            }
            let fires = self.readout != Readout::Potential;
            let dense = (0..v_out.len()).map(|i| {
                let on = map.iter().zip(&self.out.weights[i]).filter(|(s, _)| **s);
                let d = on.map(|(_, &w)| if w { 1 } else { -1 }).sum();
                let neuron = self.out.step(i, v_out[i], d, fires);
                v_out[i] = neuron.1;
                neuron
            });
            out.out.push(dense.collect());
            out.conv.push(now);
            out.pooled.push(map);
        }
        out
    }
}
