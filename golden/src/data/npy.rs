//! The elements of a `.npy` array, behind its header. Memory grows with the bytes that arrive, never
//! with what a header claims.

use super::npy_header::{Header, beginning};
use ndarray::{ArrayD, IxDyn};
use std::io::{self, ErrorKind, Read};

/// Most elements of an array: 256 MiB as `f32`.
pub(super) const MAX_ELEMENTS: usize = 1 << 26;
/// Elements decoded at once.
const BLOCK: usize = 4096;

pub(super) const WRITE_AGAIN: &str = "write the file again with numpy.savez";

/// What is wrong with an array, and what helps.
#[derive(Debug)]
pub(super) struct NpyFault {
    pub message: String,
    pub remedy: &'static str,
}

/// Shorthand for a fault as an error.
pub(super) fn fault<T>(message: String, remedy: &'static str) -> Result<T, NpyFault> {
    Err(NpyFault { message, remedy })
}

/// The shape of an array of any element type. Its data is read once, for its checksum.
pub(super) fn read_shape(reader: &mut dyn Read, header: Header) -> Result<Vec<usize>, NpyFault> {
    let limit = 4 * MAX_ELEMENTS as u64;
    match io::copy(&mut reader.take(limit), &mut io::sink()) {
        Ok(bytes) if bytes < limit => Ok(header.shape),
        Ok(_) => fault(format!("{limit} bytes of data or more"), "store a smaller array"),
        Err(error) => fault(format!("damaged: {error}"), "fetch the file again"),
    }
}

/// The elements as `f32`, from any of the element types listed here.
pub(super) fn read_floats(reader: &mut dyn Read, header: Header) -> Result<ArrayD<f32>, NpyFault> {
    let count = elements(&header)?;
    let values = match header.dtype.as_str() {
        "<f4" => read(reader, count, f32::from_le_bytes),
        "<f8" => read(reader, count, |b| f64::from_le_bytes(b) as f32),
        "|u1" => read(reader, count, |b| f32::from(u8::from_le_bytes(b))),
        "<i2" => read(reader, count, |b| f32::from(i16::from_le_bytes(b))),
        "<i4" => read(reader, count, |b| i32::from_le_bytes(b) as f32),
        "<u4" => read(reader, count, |b| u32::from_le_bytes(b) as f32),
        "<i8" => read(reader, count, |b| i64::from_le_bytes(b) as f32),
        other => fault(
            format!(
                "element type {}, expected one of <f4 <f8 |u1 <i2 <i4 <u4 <i8",
                beginning(other)
            ),
            "convert it with .astype('float32')",
        ),
    };
    array(header.shape, values?)
}

/// The elements as `i64`, from integers only: a label 1.5 must not become 1.
pub(super) fn read_integers(
    reader: &mut dyn Read,
    header: Header,
) -> Result<ArrayD<i64>, NpyFault> {
    let count = elements(&header)?;
    let values = match header.dtype.as_str() {
        "|u1" => read(reader, count, |b| u8::from_le_bytes(b).into()),
        "<i2" => read(reader, count, |b| i16::from_le_bytes(b).into()),
        "<i4" => read(reader, count, |b| i32::from_le_bytes(b).into()),
        "<u4" => read(reader, count, |b| u32::from_le_bytes(b).into()),
        "<i8" => read(reader, count, i64::from_le_bytes),
        other => fault(
            format!(
                "element type {}, expected integers: one of |u1 <i2 <i4 <u4 <i8",
                beginning(other)
            ),
            "convert it with .astype('int64')",
        ),
    };
    array(header.shape, values?)
}

/// The array of these elements.
fn array<T>(shape: Vec<usize>, values: Vec<T>) -> Result<ArrayD<T>, NpyFault> {
    ArrayD::from_shape_vec(IxDyn(&shape), values)
        .or_else(|error| fault(format!("shape {shape:?}: {error}"), WRITE_AGAIN))
}

/// Number of elements, refused when there are too many or the order is not C.
fn elements(header: &Header) -> Result<usize, NpyFault> {
    let shape = &header.shape;
    if shape.len() > 3 {
        let message = format!("{} dimensions, at most 3 are accepted", shape.len());
        return fault(message, "reshape the array");
    }
    if header.fortran && shape.len() > 1 {
        let message = "elements in Fortran order".to_string();
        return fault(message, "store it in C order with numpy.ascontiguousarray");
    }
    let count = shape.iter().try_fold(1usize, |n, &size| n.checked_mul(size));
    count.filter(|&n| n <= MAX_ELEMENTS).ok_or_else(|| NpyFault {
        message: format!("shape {shape:?} has more than {MAX_ELEMENTS} elements"),
        remedy: "store fewer or shorter samples",
    })
}

/// `count` elements of `N` bytes each, and nothing after them.
fn read<const N: usize, T>(
    reader: &mut dyn Read,
    count: usize,
    decode: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, NpyFault> {
    let mut block = vec![0; N * BLOCK];
    let mut out = Vec::new();
    while out.len() < count {
        let part = &mut block[..N * BLOCK.min(count - out.len())];
        fill(reader, part, &format!("the {count} elements its header promises"))?;
        out.extend(part.as_chunks().0.iter().map(|bytes| decode(*bytes)));
    }
    // Only at its end does the archive compare the checksum.
    match reader.read(&mut [0]) {
        Ok(0) => Ok(out),
        Ok(_) => fault(format!("data goes on after {count} elements"), WRITE_AGAIN),
        Err(error) => fault(format!("damaged: {error}"), "fetch the file again"),
    }
}

/// Fills `buffer`; `what` names what ends too early.
pub(super) fn fill(reader: &mut dyn Read, buffer: &mut [u8], what: &str) -> Result<(), NpyFault> {
    reader.read_exact(buffer).or_else(|error| match error.kind() {
        ErrorKind::UnexpectedEof => {
            fault(format!("ends within {what}"), "was the file copied completely?")
        }
        _ => fault(format!("damaged: {error}"), "fetch the file again"),
    })
}
