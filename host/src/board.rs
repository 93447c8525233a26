//! A board without hardware: the device's side of the protocol around anything that behaves as a
//! core on its host bus.

use crate::{Request, RequestParser, encode_response};
use spikewright_ir::{
    layout::bus,
    link::{MAX_WORDS, STATUS_BAD_HEADER, STATUS_BAD_OP, STATUS_BAD_PAYLOAD, STATUS_OK},
};

/// A core as its host bus shows it (`docs/core.md`, section 5).
pub trait BoardCore {
    /// Writes a word; writing 1 to the start register runs the sample.
    fn write(&mut self, address: u32, word: u16);
    /// Reads a status word.
    fn read(&mut self, address: u32) -> u16;
}

/// Bytes in, bytes out.
#[derive(Clone, Debug)]
pub struct SimulatedBoard<C> {
    core: C,
    parser: RequestParser,
}

impl<C: BoardCore> SimulatedBoard<C> {
    /// A board that waits for its first request.
    pub fn new(core: C) -> Self {
        Self { core, parser: RequestParser::default() }
    }

    /// Takes one byte from the host and appends what is answered to `out`.
    pub fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        let answer = match self.parser.push(byte) {
            None => return,
            Some(Request::Word { address, word }) => {
                return self.core.write(address & ADDRESS_MASK, word);
            }
            Some(Request::WriteEnd { sound: true }) => encode_response(STATUS_OK, &[]),
            Some(Request::WriteEnd { sound: false }) => encode_response(STATUS_BAD_PAYLOAD, &[]),
            Some(Request::BadHeader) => encode_response(STATUS_BAD_HEADER, &[]),
            Some(Request::Read { address, count }) if count < MAX_WORDS => {
                let words: Vec<_> = (0..count as u32)
                    .map(|i| self.core.read((address + i) & ADDRESS_MASK))
                    .collect();
                encode_response(STATUS_OK, &words)
            }
            Some(Request::Read { .. } | Request::BadOp) => encode_response(STATUS_BAD_OP, &[]),
        };
        out.extend(answer);
    }

    /// The core, for a look inside.
    pub fn core(&self) -> &C {
        &self.core
    }
}

const ADDRESS_MASK: u32 = (1 << bus::ADDRESS_BITS) - 1;
