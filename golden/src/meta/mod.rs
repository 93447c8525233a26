//! Few-shot learning: bilevel training over episodes through surrogate gradients, and the integer
//! rules by which a frozen network takes its last step (`docs/few-shot.md`).

mod config;
mod embedding;
mod error;
mod evaluate;
mod exchange;
mod forward;
mod gallery;
mod glyphs;
mod gradient;
mod head;
mod inner;
mod judge;
mod machines;
mod maml;
mod measure;
mod moved;
mod net;
mod omniglot;
mod outer;
mod pool;
mod product;
mod prototype;
mod run;
mod scalar;
mod source;
mod synthetic;
mod task;
mod wiring;

pub use config::{
    BodyConfig, FewShotConfig, FewShotMethod, MetaConfig, Source, TaskConfig, TestConfig, Variants,
    asks_for_few_shot,
};
pub use embedding::{Body, EmbeddingError};
pub use error::FewShotError;
pub use evaluate::{Interval, accuracy, evaluate};
pub use exchange::freeze_body;
pub use forward::{Base, LayerTape, Mode, Ready, Sample, Tape};
pub use gallery::Gallery;
pub use glyphs::glyphs;
pub use gradient::{Example, Gradient, Reach, batch_gradient, gradient};
pub use head::{Counted, IntegerHead, StoredHead, body};
pub use inner::{Grid, Inner, Path};
pub use judge::{Features, Rule};
pub use machines::machines;
pub use maml::{MetaGradient, MetaMethod, meta_gradient};
pub use measure::{FewShotResult, Measured, frozen, measure, nominal_head, steps_figure};
pub use net::{FrozenNorm, Layer, MetaError, Net, Neuron, Part, Slot};
pub use omniglot::Omniglot;
pub use outer::{Learned, MetaOptions, Outer, OuterState, OuterStep, Shots, meta_train};
pub use pool::{Pool, Tasks};
pub use product::hessian_product;
pub use prototype::cosine_loss;
pub use run::{
    FewShotCheckpoint, FewShotModel, FewShotProgress, FewShotReport, Phase, check_few_shot,
    train_few_shot,
};
pub use scalar::{Dual, Scalar};
pub use source::FewShotData;
pub use synthetic::{Attributes, Drive, Stable};
pub use task::{Family, Shot, Sizes, Task};

#[cfg(test)]
mod tests;
