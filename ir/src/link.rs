//! The serial link's frames, shared by the host driver, the simulated board and the hardware.
//! `docs/link.md` is the description; this is its table of numbers.
//!
//! Request: `SYNC_REQUEST, op, a0, a1, a2, count−1, crc8(op..count)`, and for `WRITE` `count`
//! 16-bit words, low byte first, then `crc16` of those bytes, low byte first.
//! `a2:a1:a0` is a host bus address. The header has a checksum of its own so that a damaged address
//! never reaches a memory.
//! Response: `SYNC_RESPONSE, status, count` (words), the words, then `crc16` of `status..` on.

/// First byte of a request.
pub const SYNC_REQUEST: u8 = 0xA5;
/// First byte of a response.
pub const SYNC_RESPONSE: u8 = 0x5A;
/// Writes `count` words from the address on.
pub const OP_WRITE: u8 = 0x01;
/// Reads `count` status words from the address on.
pub const OP_READ: u8 = 0x02;
/// Largest count of a `WRITE`, in words; a `READ` asks for at most 255, its answer counts in a byte.
pub const MAX_WORDS: usize = 256;
/// Done as asked.
pub const STATUS_OK: u8 = 0x00;
/// The header's checksum was wrong; nothing was done.
pub const STATUS_BAD_HEADER: u8 = 0x01;
/// The payload's checksum was wrong; the words were written and must be sent again.
pub const STATUS_BAD_PAYLOAD: u8 = 0x02;
/// The operation is unknown; nothing was done.
pub const STATUS_BAD_OP: u8 = 0x03;
/// Polynomial of the header's checksum, x^8 + x^2 + x + 1, initial value 0 (CRC-8/SMBUS).
pub const CRC8_POLY: u8 = 0x07;
/// Polynomial of the payload's checksum, initial value 0xFFFF, not reflected (CRC-16/IBM-3740).
pub const CRC16_POLY: u16 = 0x1021;
