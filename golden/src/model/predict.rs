//! Float inference on encoded samples: the pass that integer accuracy is compared with, with
//! unrounded thresholds and biases.

use super::{FloatModel, ModelError};
use crate::{InputMismatch, data::EncodedSet, train::Predictor};
use rayon::prelude::*;
use spikewright_ir::InputTrain;

impl FloatModel {
    /// The class of every sample: trains of the model's ticks, planes and shape.
    pub fn predict(&self, inputs: &[InputTrain]) -> Result<Vec<usize>, ModelError> {
        let predictor = Predictor::new(self)?;
        for input in inputs {
            let same = |what, expected, got| {
                let mismatch = InputMismatch { what, expected, got };
                if expected == got { Ok(()) } else { Err(mismatch) }
            };
            same("planes", self.encoder.planes(), input.planes.len())?;
            for plane in &input.planes {
                same("ticks", self.ticks(), plane.ticks())?;
                same("neurons", self.input.len(), plane.neurons())?;
                for t in 0..self.ticks() {
                    same("neurons", self.input.len(), plane.tick(t).len())?;
                }
            }
        }
        Ok(inputs
            .par_iter()
            .map_init(|| predictor.state(), |state, input| predictor.classify(state, input))
            .collect())
    }

    /// Fraction of samples classified as labelled, 0 for an empty set.
    pub fn accuracy(&self, set: &EncodedSet) -> Result<f64, ModelError> {
        let classes = self.predict(&set.inputs)?;
        let pairs = classes.iter().zip(&set.labels);
        let right = pairs.filter(|(p, l)| **p == usize::from(**l)).count();
        Ok(right as f64 / set.labels.len().max(1) as f64)
    }
}
