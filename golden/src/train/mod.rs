//! Training: surrogate-gradient backpropagation through time for dense, recurrent and convolutional
//! layers of leaky integrate-and-fire neurons with weights of one bit or a few.
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
mod data;
mod diagnostics;
mod embed;
mod estimator;
mod events;
pub(crate) mod exact;
mod export;
mod fine_tune;
mod forward;
mod gate;
mod geometry;
mod input_gradient;
mod lanes;
mod layer_config;
mod lif;
mod loss;
mod neurons_back;
mod optim;
mod outer;
mod output;
mod params;
mod pass;
mod pattern_sums;
mod plastic;
mod plastic_config;
mod pool;
mod predict;
mod recurrent;
mod run;
mod samples;
mod schedule;
mod shard;
mod sign_gradient;
mod statistics;
mod stepper;
mod suggest;
mod surrogate;
mod trainer;
mod untrained;
mod vector;
mod walk;
mod warp;
mod weight_gradient;
mod weights;
mod wire;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use config::{ConfigError, GateConfig, Method, SeriesConfig, TrainConfig, lambda};
pub use data::{Labelled, TrainingData};
pub use diagnostics::LayerReport;
pub use embed::Embedder;
pub use estimator::Estimator;
pub use fine_tune::FineTuneConfig;
pub use gate::{Fade, GateMode};
pub use layer_config::{LayerConfig, Residual, WeightKind, WeightScale};
pub use lif::V_TH;
pub use loss::Loss;
pub use optim::{OptimizerConfig, OptimizerKind};
pub use plastic::PlasticReport;
pub use plastic_config::{Control, Modulation, PlasticityConfig};
pub use run::{EpochReport, Progress, TrainError, resume, train, train_in};
pub use schedule::{ScheduleConfig, ScheduleKind};
pub use stepper::Stepper;
pub use surrogate::Surrogate;
pub use untrained::untrained;
pub use warp::AugmentConfig;

pub(crate) use checkpoint::{read_state, write_state};
pub(crate) use config::Range;
pub(crate) use events::{GROUP, event};
pub(crate) use geometry::{Geometry, Map};
pub(crate) use lanes::{Buffer, LANES, Row, buffer, width};
pub(crate) use optim::{Moments, Step};
pub(crate) use params::{LayerParams, fresh_layers};
pub(crate) use pool::Pool;
pub(crate) use predict::Predictor;
pub(crate) use suggest::with_suggestion;
