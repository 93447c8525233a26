//! The vocabulary of Spikewright: inert types that two or more crates share.
//!
//! A [`Network`] says *what* is computed, a [`CoreSpec`] what a core offers, a [`CoreImage`] what a
//! core is told, a [`Transcript`] what happened. Nothing here computes a spike: the semantics are
//! enums and text (`docs/semantics.md`), and each level implements them by itself.
#![forbid(unsafe_code)]

mod bits;
mod core;
mod counters;
mod diag;
mod file;
mod half;
mod image;
pub mod layout;
pub mod link;
mod network;
mod neuron;
mod seal;
mod spikes;
mod suggest;
mod theta;
mod theta_core;
mod transcript;

pub use bits::{BitMatrix, BitVec};
pub use core::{CoreSpec, MacStyle, PRESETS, Preset, WeightMemory};
pub use counters::Counters;
pub use diag::{Diagnostic, Diagnostics};
pub use file::{
    FileError, IMAGE_VERSION, MODEL_VERSION, THETA_VERSION, is_theta, read_bytes, read_image,
    read_model, read_theta, read_theta_image, write_atomic, write_image, write_model, write_theta,
    write_theta_image,
};
pub use half::Half;
pub use image::{
    CoreImage, LayerImage, MemoryImage, PooledImage, ProjectionImage, Region, WindowReads,
    WindowedImage, WindowedTile,
};
pub use network::{
    Conv, Dense, Layer, LayerKind, Network, OrPool, Projection, ProjectionKind, Readout, Shape,
    Source, WeightPlanes,
};
pub use neuron::{FireRule, Leak, NeuronParams, Reset};
pub use seal::{SEAL_POLY, SealSum};
pub use spikes::{InputTrain, SpikeError, SpikeTrain};
pub use suggest::nearest;
pub use theta::{
    DriveLayer, PHASE_BITS, ThetaDivergence, ThetaEvent, ThetaNetwork, ThetaTranscript,
    TransferLayer,
};
pub use theta_core::{THETA_PRESETS, ThetaImage, ThetaPreset, ThetaSpec, layer_table};
pub use transcript::{Decision, Divergence, LayerTranscript, Transcript, first_divergence};
