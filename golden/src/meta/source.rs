//! The samples of a few-shot training: what its configuration names, split by classes or machines.

use super::{
    config::{FewShotConfig, Source},
    error::FewShotError,
    gallery::Gallery,
    glyphs::{SIDE, glyphs},
    machines::machines,
    omniglot::Omniglot,
    pool::{Pool, Tasks},
};
use crate::data::{Code, EncodedSet, Images, SeriesEncoder, SeriesSet, SeriesSource, read_classes};
use std::path::Path;

/// Classes of glyphs to train on, for validation and to test.
const GLYPHS: [usize; 3] = [200, 40, 60];
/// Digits to train on, and to test.
const DIGITS: [&[usize]; 2] = [&[0, 1, 3, 6, 8, 9], &[2, 4, 5, 7]];
/// Images of a digit to train on, for validation and to test.
const DIGIT_IMAGES: [usize; 3] = [200, 100, 200];
/// Machines for validation and to test.
const MACHINES: [usize; 2] = [20, 100];

/// Tasks to train on, for validation and to test; no two share a class, or a machine.
#[derive(Clone, Debug)]
pub struct FewShotData {
    /// Samples the body is trained on, in episodes of its own.
    pub body: Tasks,
    /// The same samples in tasks.
    pub train: Tasks,
    /// For validation.
    pub validation: Tasks,
    /// To be used once.
    pub test: Tasks,
    /// Windows that no machine has changed, of those that are trained on: a network that is not
    /// adapted knows these.
    pub nominal: Option<EncodedSet>,
}

impl FewShotData {
    /// The data of a configuration that stands in `folder`; `digits` gives training and test images
    /// of MNIST.
    pub fn open(
        config: &FewShotConfig,
        folder: &Path,
        digits: &dyn Fn() -> Result<[Images; 2], String>,
    ) -> Result<Self, FewShotError> {
        let code: Code = config.engine().encoder().into();
        let mut nominal = None;
        let pools = match &config.tasks.source {
            Source::Machines { file, code, machines: count } => {
                let file = folder.join(file);
                let set = SeriesSet::read(&file)?;
                let series = SeriesEncoder::fit(*code, config.ticks, 1, &set.train)?;
                nominal = Some(series.encode_all(&set.train)?);
                let source = SeriesSource { file, series };
                let pool =
                    |series, part, count| machines(series, &source, config.seed, part, count);
                [
                    pool(&set.train, 0, *count)?,
                    pool(&set.train, 1, MACHINES[0])?,
                    pool(&set.test, 2, MACHINES[1])?,
                ]
            }
            source => {
                let [train, validation, test] = galleries(source, config.seed, folder, digits)?;
                let train = if config.tasks.rotations { train.with_rotations() } else { train };
                [train, validation, test].map(|g| Pool::of_images(g, code.clone()))
            }
        };
        let [train, validation, test] = pools;
        let (sizes, body) = (config.tasks.sizes(), config.body.sizes());
        Ok(Self {
            body: Tasks::new(train.clone(), body)?,
            train: Tasks::new(train, sizes)?,
            validation: Tasks::new(validation, sizes)?,
            test: Tasks::new(test, sizes)?,
            nominal,
        })
    }
}

/// Images to train on, for validation and to test.
fn galleries(
    source: &Source,
    seed: u64,
    folder: &Path,
    digits: &dyn Fn() -> Result<[Images; 2], String>,
) -> Result<[Gallery; 3], FewShotError> {
    Ok(match source {
        Source::Glyphs => {
            let part = |p: usize| glyphs(seed, p as u64, GLYPHS[p]);
            [part(0), part(1), part(2)]
        }
        Source::Digits => {
            let [train, test] = digits().map_err(FewShotError::Source)?;
            let of = |gallery: &Gallery, digits: &[usize]| gallery.subset(|c| digits.contains(&c));
            let [all, held_out] = [DIGIT_IMAGES[0], DIGIT_IMAGES[1]].map(|each| {
                let images =
                    if each == DIGIT_IMAGES[0] { train.clone() } else { train.split(10_000).1 };
                Gallery::of_labels(&images, each)
            });
            let test = Gallery::of_labels(&test, DIGIT_IMAGES[2]);
            [of(&all, DIGITS[0]), of(&held_out, DIGITS[0]), of(&test, DIGITS[1])]
        }
        Source::Omniglot { file, train, validation, test } => {
            let omniglot = Omniglot::read(&folder.join(file))?;
            let shared = |a: &[i64], b: &[i64]| a.iter().any(|x| b.contains(x));
            if shared(train, validation) || shared(train, test) || shared(validation, test) {
                let message =
                    "tasks.source.omniglot: parts share an alphabet; give each to one part";
                return Err(FewShotError::Source(message.into()));
            }
            [train, validation, test].map(|part| omniglot.of(part))
        }
        Source::Images { train, validation, test } => {
            let read = |path: &Path| {
                Ok::<_, FewShotError>(Gallery::of_classes(&read_classes(&folder.join(path))?, SIDE))
            };
            [read(train)?, read(validation)?, read(test)?]
        }
        Source::Machines { .. } => {
            return Err(FewShotError::Source("machines show no images".into()));
        }
    })
}
