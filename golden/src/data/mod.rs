//! Data sets: the IDX format and MNIST, images by class, NumPy archives and time series, spike encoders and the
//! validation split.

mod classes;
mod code;
mod encode;
mod idx;
mod images;
mod mnist;
mod npy;
mod npy_header;
mod npz;
mod png_image;
mod segments;
mod series;
mod series_code;
mod series_encode;
mod series_set;

pub use classes::{Class, ClassesError, read_classes, read_labelled};
pub use code::{Code, ImageSource, SeriesSource};
pub use encode::{Encoder, Encoding};
pub use idx::{IdxError, read_idx};
pub use images::{EncodedSet, Images};
pub use mnist::{DataError, Mnist};
pub use npz::{Npz, NpzError};
pub use png_image::Gray;
pub use segments::segment_means;
pub use series::{Series, SeriesFault, SeriesField};
pub use series_code::SeriesCode;
pub use series_encode::{ChannelRange, SeriesEncodeError, SeriesEncoder};
pub use series_set::SeriesSet;
