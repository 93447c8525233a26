//! The genome as a model file: a frozen network whose encoded layers carry no weights.

use super::{
    stored::Genome,
    tensors::{Packed, pack, unpack},
};
use crate::model::{ModelError, Synapses, read_envelope, write_envelope};
use serde::{Deserialize, Serialize};
use spikewright_ir::{Layer, LayerKind, Network, ProjectionKind, WeightPlanes};
use std::path::Path;

/// Version of the format.
const VERSION: u32 = 2;
/// Most weights of a layer that a genome may make: a file of a few bytes must not ask for more memory
/// than there is.
const MAX_WEIGHTS: usize = 1 << 26;
/// Name of the format.
const FORMAT: &str = "spikewright-genome";

/// A frozen network as its genome: everything of the network but the weights that the genome makes.
#[derive(Clone, PartialEq, Debug)]
pub struct GenomeNetwork {
    /// The network, encoded layers emptied.
    skeleton: Network,
    genome: Genome,
}

/// What the file holds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    network: Network,
    genome: Packed,
}

impl GenomeNetwork {
    /// Takes the weights out of the network that a model with this genome was frozen to. Refuses one
    /// whose weights the genome does not give.
    pub fn of(network: &Network, genome: &Genome) -> Result<Self, ModelError> {
        let mut skeleton = network.clone();
        let layers = skeleton.layers.iter_mut().filter_map(weights_mut);
        for (planes, p) in layers.zip(&genome.projections) {
            if p.is_some() {
                planes.clear();
            }
        }
        let out = Self { skeleton, genome: genome.clone() };
        if out.decode()? != *network {
            return Err(fault("its weights are not those of its genome".into()));
        }
        Ok(out)
    }

    /// The genome.
    pub fn genome(&self) -> &Genome {
        &self.genome
    }

    /// The network with its weights.
    pub fn decode(&self) -> Result<Network, ModelError> {
        self.genome.check().map_err(|e| fault(format!("genome: {e}")))?;
        let mut network = self.skeleton.clone();
        let projections = &self.genome.projections;
        for p in projections.iter().flatten() {
            if p.inputs.saturating_mul(p.units) > MAX_WEIGHTS {
                let (inputs, units) = (p.inputs, p.units);
                return Err(fault(format!("the genome makes {inputs} by {units} weights")));
            }
        }
        let mut made = self.genome.decode().into_iter();
        for planes in network.layers.iter_mut().filter_map(weights_mut) {
            match made.next() {
                None => return Err(fault("the genome is of fewer layers".into())),
                Some(Some(Synapses::Planes(weights))) => *planes = weights,
                Some(Some(Synapses::Real { .. })) => {
                    return Err(fault("genes of real numbers make no bits".into()));
                }
                Some(None) => {}
            }
        }
        match made.next() {
            None => Ok(network),
            Some(_) => Err(fault("the genome is of more layers".into())),
        }
    }

    /// Writes the genome atomically.
    pub fn write(&self, path: &Path) -> Result<(), ModelError> {
        let content = Content { network: self.skeleton.clone(), genome: pack(&self.genome) };
        write_envelope(path, FORMAT, VERSION, &content)
    }

    /// Reads a genome and checks that it makes a network.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let content: Content = read_envelope(path, FORMAT, VERSION)?;
        let genome = unpack(content.genome).map_err(|e| fault(format!("genome: {e}")))?;
        let out = Self { skeleton: content.network, genome };
        out.decode()?;
        Ok(out)
    }
}

/// The feed-forward weights of a layer that was trained.
fn weights_mut(layer: &mut Layer) -> Option<&mut WeightPlanes> {
    let projections = match &mut layer.kind {
        LayerKind::Dense(l) => &mut l.projections,
        LayerKind::Conv(l) => &mut l.projections,
        LayerKind::OrPool(_) => return None,
    };
    match projections.first_mut().map(|p| &mut p.kind)? {
        ProjectionKind::Dense { planes } | ProjectionKind::Conv { planes, .. } => Some(planes),
        ProjectionKind::Identity => None,
    }
}

fn fault(message: String) -> ModelError {
    ModelError::Inconsistent { message }
}
