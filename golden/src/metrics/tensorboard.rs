//! TensorBoard event files by hand. A file is a run of TFRecords (length, masked CRC-32C of the
//! length, data, masked CRC-32C of the data; numbers little-endian); the data of each is a protocol
//! buffer `tensorflow.Event`. Time is the number of the epoch, not a clock.

use super::Report;
use crc::{CRC_32_ISCSI, Crc};

const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// A whole event file.
pub fn file<R: Report>(reports: &[R]) -> Vec<u8> {
    // Event { wall_time = 1, file_version = 3 }
    let mut event = Vec::new();
    double(&mut event, 1, 0.0);
    bytes(&mut event, 3, b"brain.Event:2");
    let mut out = Vec::new();
    record(&mut out, &event);
    for r in reports {
        record(&mut out, &scalars(r.epoch() as u64, &r.scalars()));
    }
    out
}

/// Event { wall_time = 1, step = 2, summary = 5 { value = 1 { tag = 1, simple_value = 2 } } }
fn scalars(step: u64, values: &[(&str, f64)]) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, number) in values {
        let mut value = Vec::new();
        bytes(&mut value, 1, tag.as_bytes());
        varint(&mut value, 2 << 3 | 5);
        value.extend((*number as f32).to_le_bytes());
        bytes(&mut summary, 1, &value);
    }
    let mut event = Vec::new();
    double(&mut event, 1, step as f64);
    varint(&mut event, 2 << 3);
    varint(&mut event, step);
    bytes(&mut event, 5, &summary);
    event
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn double(out: &mut Vec<u8>, field: u64, value: f64) {
    varint(out, field << 3 | 1);
    out.extend(value.to_le_bytes());
}

fn bytes(out: &mut Vec<u8>, field: u64, value: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, value.len() as u64);
    out.extend(value);
}

fn record(out: &mut Vec<u8>, data: &[u8]) {
    let length = (data.len() as u64).to_le_bytes();
    out.extend(length);
    out.extend(masked(&length).to_le_bytes());
    out.extend(data);
    out.extend(masked(data).to_le_bytes());
}

/// A CRC as TFRecords store it, so that a CRC of data with CRCs in it is no weaker.
fn masked(data: &[u8]) -> u32 {
    CRC32C.checksum(data).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::EpochReport;

    #[test]
    fn the_first_record_is_the_one_every_writer_starts_with() {
        let mut expect = vec![24, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22];
        expect.extend([9, 0, 0, 0, 0, 0, 0, 0, 0, 26, 13]);
        expect.extend(b"brain.Event:2");
        let got = file::<EpochReport>(&[]);
        assert_eq!(got[..36], expect);
        assert_eq!(got[36..], masked(&expect[12..]).to_le_bytes());
    }

    #[test]
    fn crc32c_has_its_published_check_value() {
        assert_eq!(CRC32C.checksum(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn a_scalar_byte_by_byte() {
        let got = scalars(300, &[("a", 0.5)]);
        let mut expect = vec![9];
        expect.extend(300f64.to_le_bytes());
        expect.extend([16, 0xac, 2, 42, 10, 10, 8, 10, 1, b'a', 21, 0, 0, 0, 0x3f]);
        assert_eq!(got, expect);
    }
}
