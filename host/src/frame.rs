//! Frames as bytes: requests and responses encoded, responses decoded. `docs/link.md` has the
//! tables. The response parser finds a frame behind any noise, and takes no damaged one.

use crc::{CRC_8_SMBUS, CRC_16_IBM_3740, Crc};
use spikewright_ir::link::{MAX_WORDS, OP_READ, OP_WRITE, STATUS_OK, SYNC_REQUEST, SYNC_RESPONSE};

const CRC8: Crc<u8> = Crc::<u8>::new(&CRC_8_SMBUS);
const CRC16: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);

/// Checksum of a request's header: `op..count`.
pub(crate) fn crc8(bytes: &[u8]) -> u8 {
    CRC8.checksum(bytes)
}

/// Checksum of a payload, and of a response from its status on.
pub(crate) fn crc16(bytes: &[u8]) -> u16 {
    CRC16.checksum(bytes)
}

fn header(op: u8, address: u32, count: usize) -> Vec<u8> {
    assert!((1..=MAX_WORDS).contains(&count), "a frame carries 1 to {MAX_WORDS} words");
    let [a0, a1, a2, _] = address.to_le_bytes();
    let body = [op, a0, a1, a2, (count - 1) as u8];
    let mut frame = vec![SYNC_REQUEST];
    frame.extend(body);
    frame.push(crc8(&body));
    frame
}

/// A request to write `words` from host bus address `address` on; 1 to 256 words, else a panic.
pub fn encode_write(address: u32, words: &[u16]) -> Vec<u8> {
    let mut frame = header(OP_WRITE, address, words.len());
    let payload: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    frame.extend(&payload);
    frame.extend(crc16(&payload).to_le_bytes());
    frame
}

/// A request to read `count` words from `address` on; 1 to 255, as the answer counts in a byte.
pub fn encode_read(address: u32, count: usize) -> Vec<u8> {
    assert!(count < MAX_WORDS, "an answer carries up to 255 words");
    header(OP_READ, address, count)
}

/// A response; up to 255 words, else a panic.
pub fn encode_response(status: u8, words: &[u16]) -> Vec<u8> {
    assert!(words.len() < MAX_WORDS, "an answer carries up to 255 words");
    let mut body = vec![status, words.len() as u8];
    body.extend(words.iter().flat_map(|w| w.to_le_bytes()));
    let crc = crc16(&body);
    let mut frame = vec![SYNC_RESPONSE];
    frame.extend(body);
    frame.extend(crc.to_le_bytes());
    frame
}

/// What a board answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// One of the `STATUS_` numbers.
    pub status: u8,
    /// Words read.
    pub words: Vec<u16>,
}

/// Finds the response to one request in a stream of bytes.
///
/// Each byte is tried as the last one of a frame: noise with a sync byte in it cannot hide the
/// frame behind it, and no count read from noise makes the parser wait. Only the expected number of
/// words, or none with an error status, is a response.
#[derive(Clone, Debug)]
pub struct ResponseParser {
    expected: usize,
    /// The latest bytes, at most a frame of the expected size.
    window: Vec<u8>,
    seen: usize,
}

/// Bytes of a response around its words.
const FRAME: usize = 5;

impl ResponseParser {
    /// Expects `words` words with status `STATUS_OK`; 0 for a write.
    pub fn new(words: usize) -> Self {
        Self { expected: words, window: Vec::new(), seen: 0 }
    }

    /// Takes one byte; the response when it is complete and sound.
    pub fn push(&mut self, byte: u8) -> Option<Response> {
        let long = FRAME + 2 * self.expected;
        self.seen += 1;
        self.window.push(byte);
        if self.window.len() > long {
            self.window.remove(0);
        }
        let full = self.take(long, self.expected).filter(|r| r.status == STATUS_OK);
        full.or_else(|| self.take(FRAME, 0).filter(|r| r.status != STATUS_OK))
    }

    /// Bytes taken so far.
    pub fn seen(&self) -> usize {
        self.seen
    }

    /// The last `size` bytes as a response of `count` words.
    fn take(&self, size: usize, count: usize) -> Option<Response> {
        let start = self.window.len().checked_sub(size)?;
        let frame = &self.window[start..];
        let (body, crc) = frame[1..].split_at(size - 3);
        let sound = frame[0] == SYNC_RESPONSE
            && usize::from(body[1]) == count
            && crc16(body).to_le_bytes() == crc;
        let words = || body[2..].chunks_exact(2).map(|w| u16::from_le_bytes([w[0], w[1]]));
        sound.then(|| Response { status: body[0], words: words().collect() })
    }
}
