//! NumPy archives (`.npz`): a zip with one `.npy` array per member, stored or deflated. Members are
//! decoded when they are asked for; others, such as arrays of strings, are never touched.

use super::{
    npy::{self, NpyFault},
    npy_header::{Header, beginning, read_header},
};
use ndarray::ArrayD;
use spikewright_ir::{FileError, read_bytes};
use std::{
    io::{Cursor, Read},
    path::{Path, PathBuf},
};
use thiserror::Error;
use zip::ZipArchive;

/// Most member names listed in an error.
const LISTED: usize = 12;

/// Why a NumPy archive could not be read.
#[derive(Debug, Error)]
pub enum NpzError {
    /// The file could not be read, or is larger than any file accepted.
    #[error(transparent)]
    File(#[from] FileError),
    /// Not a zip archive, or its directory is damaged.
    #[error("{}: not a NumPy archive: {message}; write the file again with numpy.savez", path.display())]
    Archive {
        /// File concerned.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// A member or its content is not what is asked for.
    #[error("{}: member {member:?}: {message}; {remedy}", path.display())]
    Member {
        /// File concerned.
        path: PathBuf,
        /// Name of the array, without `.npy`.
        member: String,
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: String,
    },
}

/// An archive of arrays, in memory.
#[derive(Debug)]
pub struct Npz {
    path: PathBuf,
    archive: ZipArchive<Cursor<Vec<u8>>>,
    /// Arrays with their places in the archive.
    arrays: Vec<(String, usize)>,
}

impl Npz {
    /// Opens an archive. Nothing is decompressed yet.
    pub fn open(path: &Path) -> Result<Self, NpzError> {
        Self::from_bytes(path, read_bytes(path)?)
    }

    /// The same for content that is in memory; `path` names it in errors.
    pub fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, NpzError> {
        let archive = ZipArchive::new(Cursor::new(bytes))
            .map_err(|e| NpzError::Archive { path: path.into(), message: e.to_string() })?;
        let array = |i| {
            let name = archive.name_for_index(i)?.ok()?;
            Some((name.strip_suffix(".npy")?.to_string(), i))
        };
        let arrays = (0..archive.len()).filter_map(array).collect();
        Ok(Self { path: path.into(), archive, arrays })
    }

    /// Names of the arrays, in the order of the archive.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.arrays.iter().map(|(name, _)| name.as_str())
    }

    /// Whether there is an array of this name.
    pub fn contains(&self, name: &str) -> bool {
        self.names().any(|n| n == name)
    }

    /// Shape of an array of any element type, strings too.
    pub fn shape(&mut self, name: &str) -> Result<Vec<usize>, NpzError> {
        self.member(name, npy::read_shape)
    }

    /// An array of up to 3 dimensions as `f32`; element types `<f4 <f8 |u1 <i2 <i4 <u4 <i8`, C
    /// order, at most 2^26 elements.
    pub fn floats(&mut self, name: &str) -> Result<ArrayD<f32>, NpzError> {
        self.member(name, npy::read_floats)
    }

    /// An array of integers as `i64`: the same without `<f4` and `<f8`.
    pub fn integers(&mut self, name: &str) -> Result<ArrayD<i64>, NpzError> {
        self.member(name, npy::read_integers)
    }

    /// An error about the content of a member.
    pub fn fault(&self, member: &str, message: String, remedy: impl Into<String>) -> NpzError {
        NpzError::Member {
            path: self.path.clone(),
            member: member.into(),
            message,
            remedy: remedy.into(),
        }
    }

    /// The names for an error, not too many of them.
    pub(super) fn listing(&self) -> String {
        let names: Vec<_> =
            self.names().take(LISTED).map(|n| format!("{:?}", beginning(n))).collect();
        let more = if self.names().nth(LISTED).is_some() { ", …" } else { "" };
        if names.is_empty() {
            return "the file holds no arrays".into();
        }
        format!("the file holds {}{more}", names.join(", "))
    }

    fn member<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut dyn Read, Header) -> Result<T, NpyFault>,
    ) -> Result<T, NpzError> {
        let Some(&(_, index)) = self.arrays.iter().find(|(n, _)| n == name) else {
            return Err(self.fault(name, "is missing".into(), self.listing()));
        };
        let result = match self.archive.by_index(index) {
            Ok(mut file) => read_header(&mut file).and_then(|header| read(&mut file, header)),
            Err(e) => npy::fault(e.to_string(), "write the file again with numpy.savez"),
        };
        result.map_err(|fault| self.fault(name, fault.message, fault.remedy))
    }
}
