//! The frame engine between a byte stream and a host bus.

use super::{high, low};
use crate::link::FrameEngine;
use rust_hdl::prelude::*;
use spikewright_ir::link::{
    OP_READ, OP_WRITE, STATUS_BAD_HEADER, STATUS_BAD_OP, STATUS_BAD_PAYLOAD, STATUS_OK,
    SYNC_REQUEST, SYNC_RESPONSE,
};

/// Cycles between bytes on the way in, and a byte's time on the way out: short, but longer than the
/// eight cycles of the checksums.
const BYTE: usize = 14;

struct Bench {
    engine: FrameEngine,
    tx_left: usize,
    sent: Vec<u8>,
    writes: Vec<(u64, u64)>,
}

/// What the bus answers at an address.
fn stored(address: u64) -> u64 {
    (address * 0x1357 + 0x2468) & 0xFFFF
}

impl Bench {
    fn new() -> Self {
        let mut engine = FrameEngine::default();
        engine.connect_all();
        Self { engine, tx_left: 0, sent: vec![], writes: vec![] }
    }

    fn cycle(&mut self, byte: Option<u8>) {
        let engine = &mut self.engine;
        engine.rx_valid.next = byte.is_some();
        engine.rx_data.next = u64::from(byte.unwrap_or(0)).to_bits();
        engine.tx_busy.next = self.tx_left > 0;
        low!(*engine);
        self.tx_left = self.tx_left.saturating_sub(1);
        if engine.tx_send.val() {
            self.sent.push(engine.tx_data.val().index() as u8);
            self.tx_left = BYTE;
        }
        let address = engine.host_addr.val().index() as u64;
        if engine.host_we.val() {
            self.writes.push((address, engine.host_wdata.val().index() as u64));
        }
        high!(*engine);
        // a read takes one cycle
        engine.host_rdata.next = stored(address).to_bits();
    }

    fn idle(&mut self, cycles: usize) {
        (0..cycles).for_each(|_| self.cycle(None));
    }

    fn receive(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.cycle(Some(byte));
            self.idle(BYTE);
        }
    }

    /// Status and words of the answer to a request, or nothing; writes are collected on the side.
    fn ask(&mut self, request: &[u8]) -> Option<(u8, Vec<u16>)> {
        self.sent.clear();
        self.writes.clear();
        self.receive(request);
        self.idle(40 * BYTE);
        let (&sync, rest) = self.sent.split_first()?;
        let (body, check) = rest.split_at(rest.len() - 2);
        assert_eq!(sync, SYNC_RESPONSE);
        assert_eq!(check, crc16(body).to_le_bytes(), "checksum of {body:02x?}");
        assert_eq!(body.len(), 2 + 2 * usize::from(body[1]));
        let words = body[2..].chunks(2).map(|w| u16::from_le_bytes([w[0], w[1]])).collect();
        Some((body[0], words))
    }
}

fn header(op: u8, address: u32, count: usize) -> Vec<u8> {
    let a = address.to_le_bytes();
    let body = [op, a[0], a[1], a[2], (count - 1) as u8];
    let crc8 = body.iter().fold(0u8, |crc, byte| {
        (0..8).fold(crc ^ byte, |c, _| if c & 0x80 != 0 { c << 1 ^ 0x07 } else { c << 1 })
    });
    [&[SYNC_REQUEST], &body[..], &[crc8]].concat()
}

fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |c, _| {
            if c & 0x8000 != 0 { c << 1 ^ 0x1021 } else { c << 1 }
        })
    })
}

fn write(address: u32, words: &[u16]) -> Vec<u8> {
    let payload: Vec<u8> = words.iter().flat_map(|w| w.to_le_bytes()).collect();
    let check = crc16(&payload).to_le_bytes();
    [header(OP_WRITE, address, words.len()), payload, check.to_vec()].concat()
}

#[test]
fn writes_go_to_ascending_addresses() {
    let mut bench = Bench::new();
    for count in [1, 2, 7, 256] {
        let words: Vec<u16> = (0..count).map(|k| (k * 0x0457 + 0xA5A5) as u16).collect();
        let answer = bench.ask(&write(0x4_0FFE, &words));
        assert_eq!(answer, Some((STATUS_OK, vec![])), "{count} words");
        let expected: Vec<_> = (0x4_0FFE..).zip(words.iter().map(|&w| u64::from(w))).collect();
        assert_eq!(bench.writes, expected, "{count} words");
    }
}

#[test]
fn reads_answer_with_the_words() {
    let mut bench = Bench::new();
    for count in [1, 2, 8] {
        let words = (0..count as u64).map(|k| stored(0x5_0001 + k) as u16).collect();
        assert_eq!(bench.ask(&header(OP_READ, 0x5_0001, count)), Some((STATUS_OK, words)));
        assert!(bench.writes.is_empty());
    }
}

#[test]
fn a_bad_header_is_refused() {
    let mut bench = Bench::new();
    let good = header(OP_WRITE, 0x1234, 3);
    for bit in 8..56 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(bench.ask(&bad), Some((STATUS_BAD_HEADER, vec![])), "bit {bit}");
        assert!(bench.writes.is_empty());
    }
}

#[test]
fn a_bad_payload_is_reported() {
    let mut bench = Bench::new();
    let good = write(0x1234, &[0x0102, 0x0304]);
    for bit in 56..good.len() * 8 {
        let mut bad = good.clone();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(bench.ask(&bad), Some((STATUS_BAD_PAYLOAD, vec![])), "bit {bit}");
    }
    assert_eq!(bench.ask(&good), Some((STATUS_OK, vec![])));
}

#[test]
fn an_unknown_operation_is_refused() {
    let mut bench = Bench::new();
    for op in (0..=255).filter(|&op| op != OP_READ && op != OP_WRITE) {
        assert_eq!(bench.ask(&header(op, 0, 4)), Some((STATUS_BAD_OP, vec![])), "{op}");
        assert!(bench.writes.is_empty());
    }
}

#[test]
fn silence_ends_a_request() {
    let mut bench = Bench::new();
    let good = write(7, &[1]);
    // noise before a request does no harm
    assert_eq!(bench.ask(&[&[0x00, 0x5A, 0xFF], &good[..]].concat()), Some((STATUS_OK, vec![])));
    bench.receive(&good[..8]);
    bench.idle((1 << 16) + 10);
    assert_eq!(bench.ask(&good), Some((STATUS_OK, vec![])));
    assert_eq!(bench.writes, [(7, 1)]);
    // 40 cycles earlier it is still waiting for the rest
    bench.receive(&good[..8]);
    bench.idle((1 << 16) - 40);
    assert_eq!(bench.ask(&good[8..]), Some((STATUS_OK, vec![])));
}
