//! The only file formats of this crate: `.snn` models and `.image` core images, JSON with a
//! version, and the atomic write every output of the toolkit goes through.

use crate::{CoreImage, Diagnostics, Network, ThetaImage, ThetaNetwork, layout::bus};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Version of the `.snn` format this build reads and writes.
pub const MODEL_VERSION: u32 = 1;

/// Version of the `.snn` format of theta networks that this build reads and writes.
pub const THETA_VERSION: u32 = 1;

/// Version of the `.image` format this build reads and writes: an image is words of the host map.
pub const IMAGE_VERSION: u32 = bus::MAP_VERSION as u32;

/// A format: its name in the file, and its version.
#[derive(Clone, Copy)]
struct Format {
    name: &'static str,
    version: u32,
}

const MODEL: Format = Format { name: "spikewright-network", version: MODEL_VERSION };
const THETA: Format = Format { name: "spikewright-theta-network", version: THETA_VERSION };
const THETA_IMAGE: Format = Format { name: "spikewright-theta-image", version: IMAGE_VERSION };
const IMAGE: Format = Format { name: "spikewright-image", version: IMAGE_VERSION };

/// Largest file accepted, in bytes: far above any network that fits a core of this toolkit.
const MAX_BYTES: u64 = 256 << 20;

/// Why a file could not be read or written.
#[derive(Debug, Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("{}: {source}; {}", path.display(), remedy(source))]
    Io {
        /// File concerned.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Larger than anything this toolkit writes.
    #[error("{}: {bytes} bytes, more than the {MAX_BYTES} accepted; is this the right file?", path.display())]
    TooLarge {
        /// File concerned.
        path: PathBuf,
        /// Its size.
        bytes: u64,
    },
    /// Not the format expected.
    #[error("{}: not a {format} file: {message}; write it again with this version of spikewright", path.display())]
    Malformed {
        /// File concerned.
        path: PathBuf,
        /// Format expected.
        format: &'static str,
        /// Parser's message with line and column.
        message: String,
    },
    /// Written by another version.
    #[error("{}: {format} version {found}, this build reads version {expected}; write it again with this version of spikewright", path.display())]
    Version {
        /// File concerned.
        path: PathBuf,
        /// Format expected.
        format: &'static str,
        /// Version found.
        found: u32,
        /// Version expected.
        expected: u32,
    },
}

/// What helps against a refusal of the operating system.
fn remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "check its permissions",
        io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a part of the path is a file; give another path"
        }
        io::ErrorKind::StorageFull => "make room on the disk",
        _ => "check the path and the disk",
    }
}

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    format: String,
    version: u32,
    content: T,
}

#[derive(Deserialize)]
struct Header {
    format: String,
    version: u32,
}

/// Reads a whole file, refusing absurd sizes before allocating.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let io = |source| FileError::Io { path: path.into(), source };
    let bytes = fs::metadata(path).map_err(io)?.len();
    if bytes > MAX_BYTES {
        return Err(FileError::TooLarge { path: path.into(), bytes });
    }
    fs::read(path).map_err(io)
}

/// Writes through a temporary file in the same folder and renames it: readers see the old content
/// or the new one, never a torn file.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let io = |source| FileError::Io { path: path.into(), source };
    let dir = match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    fs::create_dir_all(dir).map_err(io)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".spikewright-");
    // As any new file: for whom the process's mask allows, not for its owner alone.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(dir).map_err(io)?;
    file.write_all(bytes).map_err(io)?;
    file.as_file().sync_all().map_err(io)?;
    file.persist(path).map_err(|e| io(e.error))?;
    Ok(())
}

/// Whether a `.snn` model is a theta network; any other file is not.
pub fn is_theta(path: &Path) -> Result<bool, FileError> {
    let header: Option<Header> = serde_json::from_slice(&read_bytes(path)?).ok();
    Ok(header.is_some_and(|h| h.format == THETA.name))
}

/// Reads a `.snn` model of theta neurons and checks that its parts fit together.
pub fn read_theta(path: &Path) -> Result<ThetaNetwork, FileError> {
    let network: ThetaNetwork = read(path, THETA)?;
    network.check().map_err(|e: Diagnostics| FileError::Malformed {
        path: path.into(),
        format: THETA.name,
        message: e.to_string(),
    })?;
    Ok(network)
}

/// Writes a `.snn` model of theta neurons.
pub fn write_theta(path: &Path, network: &ThetaNetwork) -> Result<(), FileError> {
    write(path, THETA, network)
}

/// Reads a `.snn` model.
pub fn read_model(path: &Path) -> Result<Network, FileError> {
    read(path, MODEL)
}

/// Writes a `.snn` model.
pub fn write_model(path: &Path, network: &Network) -> Result<(), FileError> {
    write(path, MODEL, network)
}

/// Reads a `.image` core image.
pub fn read_image(path: &Path) -> Result<CoreImage, FileError> {
    let image: CoreImage = read(path, IMAGE)?;
    let (places, bits) = (&image.input_places, image.plane_bits());
    let fits = places.is_empty() || places.len() == image.inputs;
    if !fits || places.iter().any(|&place| place as usize >= bits) {
        return Err(FileError::Malformed {
            path: path.into(),
            format: IMAGE.name,
            message: format!("input_places are not {} places below {bits}", image.inputs),
        });
    }
    Ok(image)
}

/// Reads a `.image` of a core of theta neurons.
pub fn read_theta_image(path: &Path) -> Result<ThetaImage, FileError> {
    read(path, THETA_IMAGE)
}

/// Writes a `.image` of a core of theta neurons.
pub fn write_theta_image(path: &Path, image: &ThetaImage) -> Result<(), FileError> {
    write(path, THETA_IMAGE, image)
}

/// Writes a `.image` core image.
pub fn write_image(path: &Path, image: &CoreImage) -> Result<(), FileError> {
    write(path, IMAGE, image)
}

fn read<T: DeserializeOwned>(path: &Path, format: Format) -> Result<T, FileError> {
    let Format { name: format, version: expected } = format;
    let bytes = read_bytes(path)?;
    let malformed = |message: String| FileError::Malformed { path: path.into(), format, message };
    let header: Header = serde_json::from_slice(&bytes).map_err(|e| malformed(e.to_string()))?;
    if header.format != format {
        return Err(malformed(format!("it says it is {:?}", header.format)));
    }
    if header.version != expected {
        let (path, found) = (path.into(), header.version);
        return Err(FileError::Version { path, format, found, expected });
    }
    let envelope: Envelope<T> =
        serde_json::from_slice(&bytes).map_err(|e| malformed(e.to_string()))?;
    Ok(envelope.content)
}

fn write<T: Serialize>(path: &Path, format: Format, content: &T) -> Result<(), FileError> {
    let Format { name: format, version } = format;
    let envelope = Envelope { format: format.into(), version, content };
    let mut bytes = serde_json::to_vec(&envelope).map_err(|e| FileError::Malformed {
        path: path.into(),
        format,
        message: e.to_string(),
    })?;
    bytes.push(b'\n');
    write_atomic(path, &bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Preset, Readout};

    fn image() -> CoreImage {
        CoreImage {
            preset: Preset::Tiny,
            ticks: 1,
            stream: false,
            tick_order: false,
            stride: 2,
            inputs: 1,
            input_planes: 1,
            input_groups: 1,
            input_places: vec![],
            classes: 1,
            readout: Readout::SpikeCount,
            layers: vec![],
            memories: vec![],
            seal: 0,
        }
    }

    #[test]
    fn an_image_of_an_older_map_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("core.image");
        write_image(&path, &image()).unwrap();
        assert_eq!(read_image(&path).unwrap(), image());
        let text = fs::read_to_string(&path).unwrap();
        let (now, old) = (format!("\"version\":{IMAGE_VERSION}"), "\"version\":1");
        assert_eq!(text.matches(&now).count(), 1);
        fs::write(&path, text.replace(&now, old)).unwrap();
        let told = read_image(&path).unwrap_err().to_string();
        assert!(
            told.ends_with(
                "spikewright-image version 1, this build reads version 5; \
                 write it again with this version of spikewright"
            ),
            "{told}"
        );
    }
}
