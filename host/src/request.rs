//! The device's end of a request: the state machine of the hardware, byte in, event out. It hunts
//! for the sync byte, reads six bytes more, and trusts a header only when its checksum is right.

use crate::frame::{crc8, crc16};
use spikewright_ir::link::{OP_READ, OP_WRITE, SYNC_REQUEST};

/// What a byte completed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Request {
    /// A header whose checksum is wrong.
    BadHeader,
    /// A sound header with an unknown operation.
    BadOp,
    /// Words to be read.
    Read {
        /// Host bus address of the first.
        address: u32,
        /// How many, 1 to 256.
        count: usize,
    },
    /// A payload word, to be written at once.
    Word {
        /// Host bus address.
        address: u32,
        /// The word.
        word: u16,
    },
    /// The end of a write.
    WriteEnd {
        /// Whether the payload's checksum was right.
        sound: bool,
    },
}

#[derive(Clone, Debug)]
enum State {
    Hunt,
    Header(Vec<u8>),
    Payload { address: u32, bytes: Vec<u8>, left: usize },
}

/// The state machine.
#[derive(Clone, Debug)]
pub struct RequestParser(State);

impl Default for RequestParser {
    fn default() -> Self {
        Self(State::Hunt)
    }
}

impl RequestParser {
    /// Takes one byte.
    pub fn push(&mut self, byte: u8) -> Option<Request> {
        match &mut self.0 {
            State::Hunt => {
                if byte == SYNC_REQUEST {
                    self.0 = State::Header(Vec::with_capacity(6));
                }
                None
            }
            State::Header(bytes) => {
                bytes.push(byte);
                let &[op, a0, a1, a2, count_m1, crc] = bytes.as_slice() else { return None };
                let good = crc8(&bytes[..5]) == crc;
                self.0 = State::Hunt;
                let address = u32::from_le_bytes([a0, a1, a2, 0]);
                let count = usize::from(count_m1) + 1;
                match (good, op) {
                    (false, _) => Some(Request::BadHeader),
                    (true, OP_READ) => Some(Request::Read { address, count }),
                    (true, OP_WRITE) => {
                        self.0 = State::Payload { address, bytes: vec![], left: 2 * count + 2 };
                        None
                    }
                    (true, _) => Some(Request::BadOp),
                }
            }
            State::Payload { address, bytes, left } => {
                bytes.push(byte);
                *left -= 1;
                let n = bytes.len();
                if *left >= 2 {
                    let word = u16::from_le_bytes([bytes[n.saturating_sub(2)], byte]);
                    let address = *address + (n as u32).div_ceil(2) - 1;
                    return n.is_multiple_of(2).then_some(Request::Word { address, word });
                }
                if *left > 0 {
                    return None;
                }
                let (payload, crc) = bytes.split_at(n - 2);
                let sound = crc16(payload).to_le_bytes() == crc;
                self.0 = State::Hunt;
                Some(Request::WriteEnd { sound })
            }
        }
    }
}
