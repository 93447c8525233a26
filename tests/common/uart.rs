//! A serial line on the pins of the verilated system, written from `docs/link.md` alone: bits,
//! bytes, frames, checksums. Shares no code with the host driver or the hardware.
#![allow(dead_code)] // each test binary uses its own part

use spikewright::{
    hdl::{Link, emit_system},
    ir::Preset,
    levels,
};
use std::collections::VecDeque;
use verilator_sys::{Effort, Model, Port, build_with};

/// Clock cycles of a bit.
pub const BIT: u16 = 8;
/// Cycles of silence after which a started request is forgotten, with room for what runs.
pub const SILENCE: u64 = (1 << 16) + 200;

/// The pins, those of the flash last.
const PINS: [&str; 8] =
    ["clock", "rx", "tx", "busy", "flash_sck", "flash_cs", "flash_mosi", "flash_miso"];
const INPUTS: [&str; 3] = ["clock", "rx", "flash_miso"];

/// A flash on four pins: read command, three bytes of address, then its contents round and round.
pub struct Flash {
    pub contents: Vec<u8>,
    /// Cycles in which it was selected.
    pub selected: u64,
    sck: bool,
    /// Bits taken since it was selected, and the command and address that they make.
    bits: usize,
    command: u32,
    miso: bool,
}

impl Flash {
    pub fn new(contents: Vec<u8>) -> Self {
        Self { contents, selected: 0, sck: false, bits: 0, command: 0, miso: true }
    }

    /// What the pins do in a cycle.
    fn step(&mut self, sck: bool, cs: bool, mosi: bool) {
        let (rises, falls) = (sck && !self.sck, !sck && self.sck);
        self.sck = sck;
        if cs {
            (self.bits, self.miso) = (0, true);
            return;
        }
        self.selected += 1;
        if rises && self.bits < 32 {
            self.command = self.command << 1 | u32::from(mosi);
            self.bits += 1;
        } else if falls && self.bits >= 32 {
            assert_eq!(self.command >> 24, 0x03, "the only command is a read");
            let bit = self.bits - 32;
            let at = (self.command as usize & 0xff_ffff) + bit / 8;
            self.miso = self.contents[at % self.contents.len()] >> (7 - bit % 8) & 1 == 1;
            self.bits += 1;
        }
    }
}

/// A response: status and words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    pub status: u8,
    pub words: Vec<u16>,
}

/// The system, and a receiver that listens in every cycle.
pub struct Line {
    model: Model,
    /// Clock cycles of a bit.
    pub bit: u16,
    /// Cycles since the start bit's first, while a byte comes in.
    age: Option<u16>,
    shift: u16,
    received: VecDeque<u8>,
    pub cycles: u64,
    pub flash: Option<Flash>,
}

impl Line {
    pub fn new(preset: Preset) -> Self {
        let link = Link::Uart { bit_cycles: BIT, flash: None };
        let mut line = Self::of(&emit_system(preset, link).text, BIT, Effort::Fast, None);
        line.idle(100);
        line
    }

    /// A system at power-up, with its flash if it reads one.
    pub fn of(text: &str, bit: u16, effort: Effort, flash: Option<Flash>) -> Self {
        let count = if flash.is_some() { 8 } else { 4 };
        let port = |&pin: &&str| match INPUTS.contains(&pin) {
            true => Port::input(pin, 1),
            false => Port::output(pin, 1),
        };
        let ports: Vec<Port> = PINS[..count].iter().map(port).collect();
        let cache = levels::model_cache().unwrap();
        let library = build_with(&super::verilator(), &cache, text, "top", &ports, effort);
        let library = library.expect("a model");
        let model = Model::load(&library).unwrap();
        Self { model, bit, age: None, shift: 0, received: VecDeque::new(), cycles: 0, flash }
    }

    /// One clock cycle; returns the busy pin.
    pub fn cycle(&mut self, rx: bool) -> bool {
        self.cycles += 1;
        self.model.set(0, 0);
        self.model.set(1, rx.into());
        if let Some(flash) = &self.flash {
            self.model.set(7, flash.miso.into());
        }
        self.model.eval();
        let (tx, busy) = (self.model.get(2) == 1, self.model.get(3) == 1);
        if let Some(flash) = &mut self.flash {
            let pin = |n| self.model.get(n) == 1;
            flash.step(pin(4), pin(5), pin(6));
        }
        self.model.set(0, 1);
        self.model.eval();
        self.listen(tx);
        busy
    }

    /// Start bit, eight data bits from the lowest, stop bit, each looked at in its middle.
    fn listen(&mut self, tx: bool) {
        let Some(age) = self.age else {
            self.age = (!tx).then_some(1);
            return;
        };
        self.age = Some(age + 1);
        if age % self.bit == self.bit / 2 {
            match age / self.bit {
                0 => assert!(!tx, "a start bit of half a bit"),
                n @ 1..=8 => self.shift = self.shift & !(1 << (n - 1)) | u16::from(tx) << (n - 1),
                _ => {
                    assert!(tx, "no stop bit");
                    self.received.push_back(self.shift as u8);
                    self.age = None;
                }
            }
        }
    }

    /// Forgets what came from the board.
    pub fn drain(&mut self) {
        self.received.clear();
    }

    pub fn idle(&mut self, cycles: u64) {
        for _ in 0..cycles {
            self.cycle(true);
        }
    }

    pub fn send(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            for bit in 0..10 {
                let level = bit == 9 || bit > 0 && byte >> (bit - 1) & 1 == 1;
                for _ in 0..self.bit {
                    self.cycle(level);
                }
            }
        }
    }

    /// The next byte, waiting up to 30 bytes' time for it.
    fn byte(&mut self) -> Option<u8> {
        for _ in 0..300 * u64::from(self.bit) {
            if let Some(byte) = self.received.pop_front() {
                return Some(byte);
            }
            self.cycle(true);
        }
        None
    }

    /// The next response; `None` when nothing comes.
    pub fn response(&mut self) -> Option<Response> {
        let sync = self.byte()?;
        assert_eq!(sync, 0x5A, "first byte of a response");
        let mut body = vec![self.byte().unwrap(), self.byte().unwrap()];
        for _ in 0..2 * body[1] {
            body.push(self.byte().expect("as many words as announced"));
        }
        let check = [self.byte().unwrap(), self.byte().unwrap()];
        assert_eq!(u16::from_le_bytes(check), crc16(&body), "checksum of {body:02x?}");
        let words = body[2..].chunks(2).map(|w| u16::from_le_bytes([w[0], w[1]])).collect();
        Some(Response { status: body[0], words })
    }

    /// Sends a request and takes its response.
    pub fn ask(&mut self, request: &[u8]) -> Option<Response> {
        assert!(self.received.is_empty(), "bytes nobody asked for: {:02x?}", self.received);
        self.send(request);
        let response = self.response();
        self.idle(u64::from(self.bit));
        response
    }
}

/// A header: sync, operation, address, count − 1, checksum.
pub fn header(op: u8, address: u32, count: usize) -> Vec<u8> {
    let [a0, a1, a2, _] = address.to_le_bytes();
    let body = [op, a0, a1, a2, (count - 1) as u8];
    [&[0xA5], &body[..], &[crc8(&body)]].concat()
}

/// A request that writes words from an address on.
pub fn write(address: u32, words: &[u16]) -> Vec<u8> {
    let payload: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let check = crc16(&payload).to_le_bytes();
    [header(1, address, words.len()), payload, check.to_vec()].concat()
}

/// A request that reads words from an address on.
pub fn read(address: u32, count: usize) -> Vec<u8> {
    header(2, address, count)
}

fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |c, _| if c & 0x80 != 0 { c << 1 ^ 0x07 } else { c << 1 })
    })
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |c, _| {
            if c & 0x8000 != 0 { c << 1 ^ 0x1021 } else { c << 1 }
        })
    })
}

#[test]
fn checksums_have_their_published_check_values() {
    assert_eq!((crc8(b"123456789"), crc16(b"123456789")), (0xF4, 0x29B1));
}

/// The worked frames of `docs/link.md`.
#[test]
fn requests_are_those_of_the_document() {
    let hex =
        |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(" ");
    let text = include_str!("../../docs/link.md");
    for frame in [write(0x50001, &[0x1203, 9]), read(0x50006, 2)] {
        let frame = hex(frame);
        assert!(text.lines().any(|line| line == frame), "{frame}");
    }
}
