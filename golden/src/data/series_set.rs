//! Training and test series from one NumPy archive, in either of two layouts (`docs/series.md`).

use super::{Npz, NpzError, Series, SeriesFault, SeriesField};
use std::path::Path;

/// Most classes: a label is a byte.
const MAX_CLASSES: usize = 256;

/// Training and test series of the same channels and classes.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesSet {
    /// Series to learn from.
    pub train: Series,
    /// Series to be used once.
    pub test: Series,
    /// Number of classes, 1 to 256; labels are below it.
    pub classes: usize,
    /// Channels of every sample.
    pub channels: usize,
}

/// Names of the members that hold one part of a set.
struct Members {
    channels: &'static str,
    lengths: String,
    values: String,
    labels: String,
}

impl SeriesSet {
    /// Reads the archive at `path`.
    ///
    /// Flat layout: `{TRAIN,TEST}_values` (sample, channel, time, one after the other),
    /// `{TRAIN,TEST}_length` (time steps), `{TRAIN,TEST}_label` (0, 1, …), `channels` (a number) and
    /// `classes` (one entry per class, of any element type). Plain layout: `x_train` and `x_test`,
    /// `[n, time]` or `[n, channels, time]`, `y_train` and `y_test`, `[n]`; the classes are those of
    /// `y_train`, which must be 0, 1, … without a gap.
    pub fn read(path: &Path) -> Result<Self, NpzError> {
        Self::from_npz(Npz::open(path)?)
    }

    /// The same for content that is in memory; `path` names it in errors.
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, NpzError> {
        Self::from_npz(Npz::from_bytes(path, bytes)?)
    }

    fn from_npz(mut npz: Npz) -> Result<Self, NpzError> {
        if npz.contains("TRAIN_values") {
            flat(&mut npz)
        } else if npz.contains("x_train") {
            plain(&mut npz)
        } else {
            let message = format!("neither it nor \"x_train\" is there, {}", npz.listing());
            Err(npz.fault("TRAIN_values", message, "docs/series.md describes both layouts"))
        }
    }
}

fn flat(npz: &mut Npz) -> Result<SeriesSet, NpzError> {
    let channels = npz.integers("channels")?;
    let channels = match (channels.shape(), channels.as_slice().unwrap_or(&[])) {
        ([], &[n]) if (1..=1 << 20).contains(&n) => n as usize,
        (shape, _) => {
            let message =
                format!("shape {shape:?} with value {:?}", channels.first().unwrap_or(&0));
            let remedy = "store one number of channels, 1 to 1048576, such as numpy.int64(3)";
            return Err(npz.fault("channels", message, remedy));
        }
    };
    let classes = match npz.shape("classes")?[..] {
        [n] if (1..=MAX_CLASSES).contains(&n) => n,
        ref shape => {
            let message = format!("shape {shape:?}");
            let remedy = "store an array with the names of 1 to 256 classes";
            return Err(npz.fault("classes", message, remedy));
        }
    };
    let mut part = |prefix: &str| {
        let members = Members {
            channels: "channels",
            lengths: format!("{prefix}_length"),
            values: format!("{prefix}_values"),
            labels: format!("{prefix}_label"),
        };
        let values = npz.floats(&members.values)?.into_raw_vec_and_offset().0;
        let lengths = npz.integers(&members.lengths)?.into_raw_vec_and_offset().0;
        let lengths: Vec<usize> = match lengths.iter().position(|&n| n < 0) {
            None => lengths.into_iter().map(|n| n as usize).collect(),
            Some(i) => {
                let message = format!("sample {i} has {} time steps", lengths[i]);
                return Err(npz.fault(&members.lengths, message, "lengths count time steps"));
            }
        };
        let labels = npz.integers(&members.labels)?.into_raw_vec_and_offset().0;
        join(npz, &members, channels, &lengths, values, &labels, classes)
    };
    Ok(SeriesSet { train: part("TRAIN")?, test: part("TEST")?, classes, channels })
}

fn plain(npz: &mut Npz) -> Result<SeriesSet, NpzError> {
    let labels = npz.integers("y_train")?.into_raw_vec_and_offset().0;
    let classes = count_classes(npz, &labels)?;
    let train = plain_part(npz, "train", labels, classes)?;
    let labels = npz.integers("y_test")?.into_raw_vec_and_offset().0;
    let test = plain_part(npz, "test", labels, classes)?;
    let channels = train.channels();
    if test.channels() != channels {
        let message = format!("{} channels, x_train has {channels}", test.channels());
        return Err(npz.fault("x_test", message, "store the same channels in both"));
    }
    Ok(SeriesSet { train, test, classes, channels })
}

fn plain_part(
    npz: &mut Npz,
    part: &str,
    labels: Vec<i64>,
    classes: usize,
) -> Result<Series, NpzError> {
    // The name of x stands for everything its shape says.
    let x = format!("x_{part}");
    let members = Members {
        channels: if part == "train" { "x_train" } else { "x_test" },
        lengths: x.clone(),
        values: x.clone(),
        labels: format!("y_{part}"),
    };
    let values = npz.floats(&x)?;
    let (n, channels, time) = match *values.shape() {
        [n, time] => (n, 1, time),
        [n, channels, time] => (n, channels, time),
        _ => {
            let message = format!("shape {:?}", values.shape());
            let remedy = "store [samples, time] or [samples, channels, time]";
            return Err(npz.fault(&x, message, remedy));
        }
    };
    // An array without elements may have any number of samples.
    if values.is_empty() {
        let message = format!("shape {:?} holds no values", values.shape());
        return Err(npz.fault(&x, message, "store at least one sample"));
    }
    let values = values.into_raw_vec_and_offset().0;
    join(npz, &members, channels, &vec![time; n], values, &labels, classes)
}

/// Classes of the training labels: 0, 1, … without a gap.
fn count_classes(npz: &Npz, labels: &[i64]) -> Result<usize, NpzError> {
    let remedy = "number the classes 0, 1, …: numpy.unique(y, return_inverse=True)[1]";
    let most = MAX_CLASSES as i64;
    if let Some((i, l)) = labels.iter().enumerate().find(|(_, l)| !(0..most).contains(*l)) {
        let message = format!("label {l} of sample {i} is outside of 0..={}", most - 1);
        return Err(npz.fault("y_train", message, remedy));
    }
    let classes = labels.iter().max().map_or(0, |l| *l as usize + 1);
    let mut seen = [false; MAX_CLASSES];
    labels.iter().for_each(|&l| seen[l as usize] = true);
    match seen[..classes].iter().position(|seen| !seen) {
        Some(class) => {
            let message = format!("labels up to {}, but none is {class}", classes - 1);
            Err(npz.fault("y_train", message, remedy))
        }
        None => Ok(classes),
    }
}

fn join(
    npz: &Npz,
    members: &Members,
    channels: usize,
    lengths: &[usize],
    values: Vec<f32>,
    labels: &[i64],
    classes: usize,
) -> Result<Series, NpzError> {
    let in_range = |&l: &i64| (0..classes as i64).contains(&l);
    if let Some(i) = labels.iter().position(|l| !in_range(l)) {
        let message = format!(
            "label {} of sample {i}, the {classes} classes are 0..={}",
            labels[i],
            classes - 1
        );
        return Err(npz.fault(&members.labels, message, "number the classes from 0"));
    }
    let labels = labels.iter().map(|&l| l as u8).collect();
    Series::new(channels, lengths, values, labels).map_err(|fault| {
        let SeriesFault { field, message, remedy } = fault;
        let member = match field {
            SeriesField::Channels => members.channels,
            SeriesField::Lengths => &members.lengths,
            SeriesField::Values => &members.values,
            SeriesField::Labels => &members.labels,
        };
        npz.fault(member, message, remedy)
    })
}
