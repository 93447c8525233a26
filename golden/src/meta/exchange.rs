//! Between the training engine, which makes bodies, and the nets that adapt.

use super::{
    head::IntegerHead,
    net::{FrozenNorm, MetaError, Net, Part},
};
use crate::model::{FloatModel, Synapses};
use spikewright_ir::Network;

impl Net {
    /// Takes a body: its running statistics, and as parameters its latent weights (`[row][unit]`
    /// per layer), gains and shifts behind a head of zeros. The layers are those of the net.
    pub fn with_body(
        &mut self,
        body: &FloatModel,
        latent: &[&[f32]],
    ) -> Result<Vec<f64>, MetaError> {
        self.with_statistics(body)?;
        let mut theta = vec![0.0; self.size()];
        for slot in &self.slots {
            let out = &mut theta[slot.range.clone()];
            match slot.part {
                Part::Weights(k) if latent.get(k).is_some_and(|l| l.len() == out.len()) => {
                    out.iter_mut().zip(latent[k]).for_each(|(o, w)| *o = f64::from(*w));
                }
                Part::Weights(k) => return Err(other(k)),
                Part::Gain(k) => {
                    let norm = body.layers[k].norm.as_ref().ok_or_else(|| other(k))?;
                    out.copy_from_slice(&norm.gain);
                }
                Part::Beta(k) => out.copy_from_slice(&body.layers[k].beta),
                Part::Head | Part::Bias => {}
            }
        }
        Ok(theta)
    }

    /// Takes the running statistics of a body with the same layers.
    pub fn with_statistics(&mut self, body: &FloatModel) -> Result<(), MetaError> {
        if body.layers.len() != self.layers.len() {
            return Err(other(body.layers.len().min(self.layers.len())));
        }
        for (k, (layer, trained)) in self.layers.iter_mut().zip(&body.layers).enumerate() {
            let units = layer.units();
            if trained.synapses.units() != units
                || trained.beta.len() != units
                || trained.norm.is_some() != layer.norm.is_some()
            {
                return Err(other(k));
            }
            let Some(norm) = &trained.norm else { continue };
            if [&norm.gain, &norm.mean, &norm.var].iter().any(|v| v.len() != units) {
                return Err(other(k));
            }
            let inverse = norm.var.iter().map(|v| (v + norm.epsilon).sqrt().recip()).collect();
            layer.norm = Some(FrozenNorm { mean: norm.mean.clone(), inverse });
        }
        Ok(())
    }

    /// The body of these parameters, as a model that can be frozen: `like` is the body that the net
    /// was made of.
    pub fn body(&self, theta: &[f64], like: &FloatModel) -> FloatModel {
        let part = |part| self.range(part).map_or(&[][..], |range| &theta[range]);
        let mut out = like.clone();
        for (k, (layer, trained)) in self.layers.iter().zip(&mut out.layers).enumerate() {
            let (units, weights) = (layer.units(), part(Part::Weights(k)));
            let rows: Vec<usize> = (0..trained.synapses.inputs())
                .map(|j| layer.geometry.weight_row(layer.source, j))
                .collect();
            let sign =
                |i: usize, j: usize| if weights[rows[j] * units + i] >= 0.0 { 1 } else { -1 };
            trained.synapses = Synapses::from_integers(units, rows.len(), 1, sign);
            if let Some(norm) = &mut trained.norm {
                norm.gain = part(Part::Gain(k)).to_vec();
            }
            trained.beta = part(Part::Beta(k)).to_vec();
        }
        out
    }

    /// The head of these parameters in integers of 8 bits.
    pub fn integer_head(&self, theta: &[f64]) -> IntegerHead {
        let map = self.layers.last().map(|l| l.out);
        let features = self.features();
        let (head, bias) = (self.range(Part::Head), self.range(Part::Bias));
        let part = |range: Option<std::ops::Range<usize>>| range.map_or(&[][..], |r| &theta[r]);
        let rows: Vec<Vec<f64>> = part(head)
            .chunks_exact(features)
            .map(|row| {
                let at = |j: usize| map.map_or(j, |m| m.index_of(j));
                (0..features).map(|j| row[at(j)]).collect()
            })
            .collect();
        IntegerHead::rounded(&rows, part(bias), self.ticks)
    }
}

/// A body whose last layer's spikes are counted, as an integer network at F everywhere.
pub fn freeze_body(
    model: &FloatModel,
    frac_bits: u8,
) -> Result<Network, crate::freeze::FreezeError> {
    let all = vec![frac_bits; model.layers.len()];
    crate::freeze::freeze_at(model, &all, 16, false, &mut Vec::new())
}

fn other(k: usize) -> MetaError {
    let message = "the body has another layer there";
    MetaError::new(format!("layer {k}"), message, "take the layers the body was trained with")
}
