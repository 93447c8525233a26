//! Data sets: the IDX file format, MNIST, spike encoders and the validation split.

mod encode;
mod idx;
mod images;
mod mnist;

pub use encode::{Encoder, Encoding};
pub use idx::{IdxError, read_idx};
pub use images::{EncodedSet, Images};
pub use mnist::{DataError, Mnist};
