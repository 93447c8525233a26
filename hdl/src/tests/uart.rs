//! Serial receiver and transmitter against bit patterns, and against each other.

use super::{Dice, high, low};
use crate::link::{UartRx, UartTx};
use rust_hdl::prelude::*;

/// The line's levels for bytes sent back to back with bits of `bit` cycles, then idle.
fn waveform(bytes: &[u8], bit: f64) -> Vec<bool> {
    let bits: Vec<bool> = bytes
        .iter()
        .flat_map(|&b| (0..10).map(move |k| k == 9 || k > 0 && b >> (k - 1) & 1 == 1))
        .collect();
    let cycles = (bits.len() as f64 * bit) as usize;
    let level = |cycle: usize| bits.get((cycle as f64 / bit) as usize).copied().unwrap_or(true);
    (0..cycles + 12 * bit as usize).map(level).collect()
}

/// Bytes that a receiver for bits of `bit` cycles makes of a line, which is idle before.
fn receive(line: &[bool], bit: u16) -> Vec<u8> {
    let mut block = UartRx::new(bit);
    block.connect_all();
    let mut out = Vec::new();
    for level in std::iter::repeat_n(true, 20).chain(line.iter().copied()) {
        block.rx.next = level;
        low!(block);
        if block.valid.val() {
            out.push(block.data.val().index() as u8);
        }
        high!(block);
    }
    out
}

fn bytes(count: usize) -> Vec<u8> {
    let mut dice = Dice(5);
    [0x00, 0xFF, 0xA5, 0x5A].into_iter().chain((4..count).map(|_| dice.next() as u8)).collect()
}

/// Clocks of host and board may differ by 2 % in either direction.
#[test]
fn receiver_follows_a_clock_two_percent_off() {
    let sent = bytes(60);
    for bit in [8u16, 104, 217] {
        for mismatch in [0.98, 1.0, 1.02] {
            let line = waveform(&sent, f64::from(bit) * mismatch);
            assert_eq!(receive(&line, bit), sent, "bits of {bit} cycles, {mismatch}");
        }
    }
    // the limit is no accident of a lenient test: 8 % is too much
    assert_ne!(receive(&waveform(&sent, 104.0 * 1.08), 104), sent);
}

#[test]
fn receiver_drops_glitches_and_broken_bytes() {
    let mut line = vec![true; 40];
    line[10] = false;
    assert!(receive(&line, 16).is_empty(), "a glitch is no start bit");
    // 0x00 with a low stop bit is dropped, the byte after the pause is not
    let broken = [vec![false; 160], vec![true; 40], waveform(&[0x3C], 16.0)].concat();
    assert_eq!(receive(&broken, 16), [0x3C]);
}

/// Levels a transmitter puts on the line, one byte after the other without a pause.
fn transmit(sent: &[u8], bit: u16) -> Vec<bool> {
    let mut block = UartTx::new(bit);
    block.connect_all();
    let (mut line, mut next, mut idle) = (Vec::new(), 0, 0);
    while idle < 12 * usize::from(bit) {
        low!(block);
        let send = !block.busy.val() && next < sent.len();
        block.send.next = send;
        if send {
            block.data.next = u64::from(sent[next]).to_bits();
            next += 1;
        }
        low!(block);
        line.push(block.tx.val());
        idle = if block.busy.val() || send { 0 } else { idle + 1 };
        high!(block);
    }
    line
}

#[test]
fn transmitter_makes_whole_bits() {
    let line = transmit(&[0x53], 10);
    let start = line.iter().position(|level| !level).expect("a start bit");
    assert_eq!(line[start..start + 100], waveform(&[0x53], 10.0)[..100]);
    assert!(line[..start].iter().all(|&level| level), "idle is high from the first cycle on");
}

#[test]
fn loop_back() {
    let sent = bytes(40);
    for (tx, rx) in [(8, 8), (104, 104), (102, 104), (104, 102)] {
        assert_eq!(receive(&transmit(&sent, tx), rx), sent, "{tx} to {rx}");
    }
}
