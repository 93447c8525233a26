//! Training: surrogate-gradient backpropagation through time for dense layers of leaky
//! integrate-and-fire neurons with binary weights.
//!
//! [`train`] runs a [`TrainConfig`] on [`TrainingData`] and gives a
//! [`FloatModel`](crate::model::FloatModel). One file per concern; everything that is summed over
//! samples is summed in the order of fixed shards, so the result is the same at any thread count.

mod augment;
mod backward;
mod batch_norm;
mod bend;
mod best;
mod checkpoint;
mod config;
mod crop;
mod events;
mod exact;
mod export;
mod forward;
mod gate;
mod lanes;
mod lif;
mod loss;
mod optim;
mod output;
mod params;
mod run;
mod schedule;
mod shard;
mod stepper;
mod suggest;
mod surrogate;
mod trainer;
mod walk;
mod warp;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use config::{
    ConfigError, GateConfig, LayerConfig, Method, TrainConfig, WeightKind, WeightScale, lambda,
};
pub use gate::{Fade, GateMode};
pub use lif::V_TH;
pub use loss::Loss;
pub use optim::{OptimizerConfig, OptimizerKind};
pub use run::{EpochReport, Progress, TrainError, TrainingData, resume, train};
pub use schedule::{ScheduleConfig, ScheduleKind};
pub use stepper::Stepper;
pub use surrogate::Surrogate;
pub use warp::AugmentConfig;

pub(crate) use events::{GROUP, PatternSums, Weight, event, groups, push_events};
pub(crate) use gate::gate_row;
pub(crate) use lanes::{Row, pad, width};
pub(crate) use loss::argmax;
