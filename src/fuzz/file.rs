//! Case files: a case, what made it, and where its levels parted, as JSON.

use super::{Case, Level};
use crate::{
    Result,
    ir::{read_bytes, write_atomic},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

const FORMAT: &str = "spikewright-case";
const VERSION: u32 = 1;

/// What a file holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    format: String,
    version: u32,
    /// Seed of the case.
    pub seed: u64,
    /// Number of the case.
    pub number: u64,
    /// Levels compared.
    pub levels: Vec<Level>,
    /// Where they parted, in words, when the file was written.
    pub divergence: String,
    /// The case.
    pub case: Case,
}

impl CaseFile {
    /// A file of this version.
    pub fn new(case: Case, levels: Vec<Level>, seed: u64, number: u64, divergence: String) -> Self {
        Self { format: FORMAT.into(), version: VERSION, seed, number, levels, divergence, case }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// No such file, another format or version, or stimuli that do not fit their networks.
    pub fn read(path: &Path) -> Result<Self> {
        let error = |what: String| {
            format!("{}: {what}; write it again with `spikewright fuzz`", path.display())
        };
        let bytes = read_bytes(path)?;
        let file: Self = serde_json::from_slice(&bytes)
            .map_err(|e| error(format!("not a {FORMAT} file: {e}")))?;
        if (file.format.as_str(), file.version) != (FORMAT, VERSION) {
            let (format, version) = (&file.format, file.version);
            return Err(error(format!(
                "{format} version {version}, this build reads {FORMAT} version {VERSION}"
            ))
            .into());
        }
        file.case.check().map_err(error)?;
        Ok(file)
    }

    /// Writes the file into a folder, under a name made of its content; the path.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        let hash = Sha256::digest(&text);
        let name: String = hash.iter().take(8).map(|b| format!("{b:02x}")).collect();
        let path = folder.join(format!("case-{name}.json"));
        write_atomic(&path, text.as_bytes())?;
        Ok(path)
    }
}
