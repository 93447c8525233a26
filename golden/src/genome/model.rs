//! The genome as a model file: a float model whose encoded layers carry no weights.

use super::stored::Genome;
use crate::model::{FloatModel, ModelError, Synapses, read_envelope, write_envelope};
use std::path::Path;

/// Version of the format.
const VERSION: u32 = 1;
/// Most weights of a layer that a genome may make: a file of a few bytes must not ask for more memory
/// than there is.
const MAX_WEIGHTS: usize = 1 << 26;
/// Name of the format.
const FORMAT: &str = "spikewright-genome";

/// A model as its genome: everything of a float model but the weights that the genome makes.
#[derive(Clone, PartialEq, Debug)]
pub struct GenomeModel {
    /// The model, encoded layers emptied.
    skeleton: FloatModel,
    genome: Genome,
}

impl GenomeModel {
    /// Takes the weights out of a model that was trained with a genome. Refuses one without, and
    /// one whose weights its genome does not give.
    pub fn of(model: &FloatModel) -> Result<Self, ModelError> {
        let Some(genome) = model.genome.clone() else {
            return Err(fault("it has no genome".into()));
        };
        let mut skeleton = model.clone();
        for (l, p) in skeleton.layers.iter_mut().zip(&genome.projections) {
            if p.is_some() {
                l.synapses = Synapses::Planes(Vec::new());
            }
        }
        let out = Self { skeleton, genome };
        if out.decode()? != *model {
            return Err(fault("its weights are not those of its genome".into()));
        }
        Ok(out)
    }

    /// The genome.
    pub fn genome(&self) -> &Genome {
        &self.genome
    }

    /// The model with its weights.
    pub fn decode(&self) -> Result<FloatModel, ModelError> {
        self.genome.check().map_err(|e| fault(format!("genome: {e}")))?;
        let mut model = self.skeleton.clone();
        if model.layers.len() != self.genome.projections.len() {
            return Err(fault("the genome is of another number of layers".into()));
        }
        for (l, p) in model.layers.iter().zip(&self.genome.projections) {
            let Some(p) = p else { continue };
            let size = p.inputs.saturating_mul(p.units);
            if l.alpha.len() != p.units || size > MAX_WEIGHTS {
                return Err(fault(format!(
                    "the genome makes {} by {} weights of layer {:?}",
                    p.inputs, p.units, l.name
                )));
            }
        }
        for (l, made) in model.layers.iter_mut().zip(self.genome.decode()) {
            if let Some(synapses) = made {
                l.synapses = synapses;
            }
        }
        model.check()?;
        Ok(model)
    }

    /// Writes the genome atomically.
    pub fn write(&self, path: &Path) -> Result<(), ModelError> {
        write_envelope(path, FORMAT, VERSION, &self.skeleton)
    }

    /// Reads a genome and checks that it makes a sound model.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let skeleton: FloatModel = read_envelope(path, FORMAT, VERSION)?;
        let genome = skeleton.genome.clone().ok_or_else(|| fault("it has no genome".into()))?;
        let out = Self { skeleton, genome };
        out.decode()?;
        Ok(out)
    }
}

fn fault(message: String) -> ModelError {
    ModelError::Inconsistent { message }
}
