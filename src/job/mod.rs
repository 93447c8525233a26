//! What the verbs do, without their arguments and their printing.

mod adapt;
mod agree;
mod few_shot;
mod layers;
mod record;
mod smooth;
mod speed;
mod stream;
mod synthesize;
mod theta;
mod train;

pub use adapt::{AdaptReport, Adaptation, adapt};
pub use agree::{Agreement, Cycles, against_simulator, cosimulate, cosimulate_model, simulate};
pub use few_shot::{FewShotTrained, first_task, train_few_shot};
pub use layers::LayerUse;
pub use smooth::{
    FrozenAccuracy, SmoothAccuracy, SmoothTrained, ThetaAccuracy, evaluate_smooth, evaluate_theta,
    train_smooth,
};
pub use speed::{SimSpeed, sim_speed};
pub use stream::{
    StreamReadout, StreamReference, joined, stream_reference, stream_ticks, tick_alone,
};
pub use synthesize::{Synthesis, plan_board, synthesize};
pub use theta::{ThetaAgreement, ThetaSet, simulate_theta, theta_against, theta_against_models};
pub use train::{TrainReport, Trained, train, train_in};
