//! The IDX format of the MNIST distribution: two zero bytes, an element type, the number of
//! dimensions, big-endian sizes, then the elements. Plain or gzip; sizes are checked before
//! anything is allocated, and decompression stops at the size the header promises.

use flate2::read::GzDecoder;
use spikewright_ir::{FileError, read_bytes};
use std::{
    io::Read,
    path::{Path, PathBuf},
};
use thiserror::Error;

/// Most elements accepted in one file (MNIST's training images have 47 million).
const MAX_ELEMENTS: usize = 1 << 28;
/// Element type code of unsigned bytes.
const UNSIGNED_BYTE: u8 = 0x08;

/// Why a file is not an IDX file of unsigned bytes.
#[derive(Debug, Error)]
pub enum IdxError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The compressed stream is damaged.
    #[error("{}: byte {offset} of the decompressed data: {message}; fetch the file again", path.display())]
    Gzip {
        /// File concerned.
        path: PathBuf,
        /// Bytes that came out before the fault.
        offset: usize,
        /// What the decoder said.
        message: String,
    },
    /// The content is not what the format demands.
    #[error("{}: byte {offset}: {message}; {remedy}", path.display())]
    Malformed {
        /// File concerned.
        path: PathBuf,
        /// Offset into the (decompressed) content.
        offset: usize,
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: &'static str,
    },
}

/// Reads an IDX file of unsigned bytes with `dimensions` dimensions: (sizes, elements).
pub fn read_idx(path: &Path, dimensions: usize) -> Result<(Vec<usize>, Vec<u8>), IdxError> {
    read_idx_bytes(path, &read_bytes(path)?, dimensions)
}

/// The same for content that is in memory; `path` names it in errors.
pub fn read_idx_bytes(
    path: &Path,
    bytes: &[u8],
    dimensions: usize,
) -> Result<(Vec<usize>, Vec<u8>), IdxError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        parse(path, &mut GzDecoder::new(bytes), dimensions)
    } else {
        parse(path, &mut &bytes[..], dimensions)
    }
}

fn parse(
    path: &Path,
    reader: &mut dyn Read,
    dimensions: usize,
) -> Result<(Vec<usize>, Vec<u8>), IdxError> {
    const FETCH: &str = "is this the right file, and was it copied completely?";
    let malformed = |offset: usize, message: String| IdxError::Malformed {
        path: path.into(),
        offset,
        message,
        remedy: FETCH,
    };
    let header_bytes = 4 + 4 * dimensions;
    let header = take(path, reader, 0, header_bytes)?;
    if header.len() < header_bytes {
        let message = format!("the header ends here, it has {header_bytes} bytes");
        return Err(malformed(header.len(), message));
    }
    if header[..2] != [0, 0] || header[2] != UNSIGNED_BYTE {
        let magic = &header[..4];
        return Err(malformed(0, format!("magic {magic:02x?} is not IDX of unsigned bytes")));
    }
    if usize::from(header[3]) != dimensions {
        return Err(malformed(3, format!("{} dimensions, expected {dimensions}", header[3])));
    }
    let sizes: Vec<usize> = header[4..]
        .chunks_exact(4)
        .map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize)
        .collect();
    let elements = sizes
        .iter()
        .try_fold(1usize, |n, &size| n.checked_mul(size))
        .filter(|&n| n <= MAX_ELEMENTS)
        .ok_or_else(|| {
            malformed(4, format!("sizes {sizes:?} are more than {MAX_ELEMENTS} elements"))
        })?;
    // One byte more than promised, so that trailing data is seen without reading all of it.
    let content = take(path, reader, header_bytes, elements + 1)?;
    if content.len() != elements {
        let (offset, what) = (header_bytes + content.len().min(elements), content.len() > elements);
        let what = if what { "data goes on" } else { "data ends" };
        return Err(malformed(
            offset,
            format!("{what} here, the header promises {elements} elements"),
        ));
    }
    Ok((sizes, content))
}

/// Up to `limit` bytes.
fn take(
    path: &Path,
    reader: &mut dyn Read,
    offset: usize,
    limit: usize,
) -> Result<Vec<u8>, IdxError> {
    let mut out = Vec::new();
    reader.take(limit as u64).read_to_end(&mut out).map_err(|e| IdxError::Gzip {
        path: path.into(),
        offset: offset + out.len(),
        message: e.to_string(),
    })?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn idx(sizes: &[u32], elements: usize) -> Vec<u8> {
        let mut out = vec![0, 0, UNSIGNED_BYTE, sizes.len() as u8];
        sizes.iter().for_each(|s| out.extend(s.to_be_bytes()));
        out.extend((0..elements).map(|i| i as u8));
        out
    }

    fn read(bytes: &[u8], dimensions: usize) -> Result<(Vec<usize>, Vec<u8>), String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.idx");
        std::fs::write(&path, bytes).unwrap();
        read_idx(&path, dimensions).map_err(|e| {
            let text = e.to_string();
            assert!(text.contains("a.idx"), "{text}");
            text
        })
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_and_gzip_give_the_same() {
        let bytes = idx(&[2, 3], 6);
        let expect = (vec![2, 3], vec![0, 1, 2, 3, 4, 5]);
        assert_eq!(read(&bytes, 2).unwrap(), expect);
        assert_eq!(read(&gz(&bytes), 2).unwrap(), expect);
    }

    #[test]
    fn faults_name_the_byte_and_the_reason() {
        let good = idx(&[2, 3], 6);
        let one_dimension = [idx(&[2], 2), vec![0; 8]].concat();
        let cases: [(&[u8], &str); 5] = [
            (&good[..7], "byte 7: the header ends here"),
            (&good[..15], "byte 15: data ends here, the header promises 6"),
            (&idx(&[2, 3], 9), "byte 18: data goes on here"),
            (&one_dimension, "byte 3: 1 dimensions, expected 2"),
            (&idx(&[u32::MAX, u32::MAX], 0), "byte 4: sizes"),
        ];
        for (bytes, expect) in cases {
            let got = read(bytes, 2).unwrap_err();
            assert!(got.contains(expect), "{got}");
        }
        let mut magic = good.clone();
        magic[2] = 0x0d;
        assert!(read(&magic, 2).unwrap_err().contains("byte 0: magic"));
    }

    #[test]
    fn damaged_gzip_is_an_error_and_a_bomb_is_not_inflated() {
        let packed = gz(&idx(&[64, 64], 4096));
        assert!(read(&packed[..packed.len() / 2], 2).is_err());
        // 64 MB of zeros behind a header that promises six bytes.
        let bomb = gz(&[idx(&[2, 3], 6), vec![0; 64 << 20]].concat());
        assert!(read(&bomb, 2).unwrap_err().contains("data goes on"));
    }
}
