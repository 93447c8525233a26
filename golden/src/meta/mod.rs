//! Few-shot learning: bilevel training over episodes through surrogate gradients, and the integer
//! rules by which a frozen network takes its last step (`docs/few-shot.md`).

mod curve;
mod embedding;
mod evaluate;
mod forward;
mod gallery;
mod gradient;
mod head;
mod inner;
mod maml;
mod net;
mod omniglot;
mod outer;
mod prototype;
mod scalar;
mod synthetic;
mod task;
mod wiring;

pub use embedding::{EmbeddingError, EmbeddingOptions, train_body};
pub use evaluate::{Interval, accuracy, evaluate};
pub use forward::{Base, LayerTape, Mode, Ready, Sample, Tape};
pub use gallery::{Gallery, Tasks};
pub use gradient::{Example, Gradient, Reach, batch_gradient, gradient, hessian_product};
pub use head::{Counted, IntegerHead, body};
pub use inner::{Grid, Inner, Path};
pub use maml::{MetaGradient, MetaMethod, meta_gradient};
pub use net::{FrozenNorm, Layer, MetaError, Net, Neuron, Part, Slot};
pub use omniglot::Omniglot;
pub use outer::{Learned, MetaOptions, OuterStep, Shots, meta_train};
pub use prototype::cosine_loss;
pub use scalar::{Dual, Scalar};
pub use synthetic::{Attributes, Drive, Stable};
pub use task::{Family, Shot, Sizes, Task};

#[cfg(test)]
mod tests;
