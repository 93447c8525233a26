//! NumPy archives made in tests, sound ones and others.

use std::io::{Cursor, Write};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// An archive under construction: (member, content).
#[derive(Clone, Default)]
pub struct Archive(pub Vec<(String, Vec<u8>)>);

impl Archive {
    /// Adds an array with exactly this header and data, or takes the place of one of its name.
    pub fn raw(mut self, name: &str, dtype: &str, shape: &str, data: &[u8]) -> Self {
        let content = npy(dtype, "False", shape, data);
        self.0.retain(|(n, _)| n != name);
        self.0.push((name.into(), content));
        self
    }

    /// Adds an array of `f32`.
    pub fn floats(self, name: &str, shape: &[usize], values: &[f32]) -> Self {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.raw(name, "<f4", &tuple(shape), &data)
    }

    /// Adds an array of `i64`.
    pub fn integers(self, name: &str, shape: &[usize], values: &[i64]) -> Self {
        let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.raw(name, "<i8", &tuple(shape), &data)
    }

    /// Without the array of this name.
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(n, _)| n != name);
        self
    }

    /// The bytes of the archive, as `numpy.savez` or `numpy.savez_compressed` would write it.
    pub fn bytes(&self, deflate: bool) -> Vec<u8> {
        let method = if deflate { CompressionMethod::Deflated } else { CompressionMethod::Stored };
        let options = SimpleFileOptions::default().compression_method(method);
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in &self.0 {
            writer.start_file(format!("{name}.npy"), options).unwrap();
            writer.write_all(content).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }
}

/// `()`, `(3,)`, `(3,4,)`.
fn tuple(shape: &[usize]) -> String {
    format!("({})", shape.iter().map(|n| format!("{n},")).collect::<String>())
}

/// The content of a member.
pub fn npy(dtype: &str, fortran: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let header =
        format!("{{'descr': '{dtype}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

/// A sound set in the flat layout: two channels, lengths 2 and 1, two classes.
pub fn flat() -> Archive {
    Archive::default()
        .floats("TRAIN_values", &[6], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        .integers("TRAIN_length", &[2], &[2, 1])
        .integers("TRAIN_label", &[2], &[0, 1])
        .floats("TEST_values", &[2], &[7.0, 8.0])
        .integers("TEST_length", &[1], &[1])
        .integers("TEST_label", &[1], &[1])
        .integers("channels", &[], &[2])
        .raw("classes", "<U1", "(2,)", b"a\0\0\0b\0\0\0")
}

/// A sound set in the plain layout: one channel of three time steps, two classes.
pub fn plain() -> Archive {
    Archive::default()
        .floats("x_train", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        .integers("y_train", &[2], &[0, 1])
        .floats("x_test", &[1, 3], &[7.0, 8.0, 9.0])
        .integers("y_test", &[1], &[1])
}
