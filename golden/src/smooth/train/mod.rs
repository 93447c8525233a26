//! Training of nets of theta neurons: `method = "smooth"`.

mod checkpoint;
mod config;
mod evaluate;
mod model;
mod params;
mod report;
mod run;
mod samples;
mod trainer;

pub use checkpoint::SmoothCheckpoint;
pub use config::{BinaryConfig, SmoothConfig, SmoothMethod};
pub use evaluate::{Evaluation, evaluate, hardware_class};
pub use model::{SmoothLayer, SmoothModel};
pub use report::SmoothReport;
pub use run::{SmoothData, SmoothError, SmoothProgress, train};
pub use samples::{BRIGHT, Samples, image_time};
