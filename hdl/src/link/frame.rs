//! Frame engine: parses requests, drives the host bus, answers. The protocol is `docs/link.md`.
//!
//! Every byte, in or out, runs through the checksums in the eight cycles behind it, highest bit first; then the
//! engine steps. There is a flip-flop for each place in a frame, none of them set while it hunts for a
//! request, so that a step is a shift. Bytes are at least 14 cycles apart, both ways. A request that stops
//! arriving is forgotten after 2^16 cycles, so the engine can never hang.
//!
//! A checksum that arrives is compared bit by bit. CRC-8 feeds back nothing while its own value runs through it;
//! CRC-16, whose low byte comes first, goes round instead of being fed.
//!
//! What is loaded from a byte is loaded in its first cycle, and counters count when it has been shifted out:
//! the byte then is 0, and one adder serves both.

use rust_hdl::prelude::*;
use spikewright_ir::link;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct FrameEngine {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A byte was no request's first where one was expected, or a payload is damaged.
    pub missed: Signal<Out, Bit>,
    /// A byte has arrived.
    pub rx_valid: Signal<In, Bit>,
    /// The byte.
    pub rx_data: Signal<In, Bits<8>>,
    /// The transmitter is busy.
    pub tx_busy: Signal<In, Bit>,
    /// Sends `tx_data`.
    pub tx_send: Signal<Out, Bit>,
    /// The byte.
    pub tx_data: Signal<Out, Bits<8>>,
    /// Host bus.
    pub host_addr: Signal<Out, Bits<21>>,
    /// Host bus.
    pub host_wdata: Signal<Out, Bits<16>>,
    /// Host bus.
    pub host_we: Signal<Out, Bit>,
    /// Host bus.
    pub host_rdata: Signal<In, Bits<16>>,
    at_op: DFF<Bit>,
    at_address0: DFF<Bit>,
    at_address1: DFF<Bit>,
    at_address2: DFF<Bit>,
    at_count: DFF<Bit>,
    at_header_check: DFF<Bit>,
    at_low: DFF<Bit>,
    at_high: DFF<Bit>,
    at_check0: DFF<Bit>,
    at_check1: DFF<Bit>,
    at_answer: DFF<Bit>,
    at_status: DFF<Bit>,
    at_answered: DFF<Bit>,
    at_low_out: DFF<Bit>,
    at_high_out: DFF<Bit>,
    at_check0_out: DFF<Bit>,
    at_check1_out: DFF<Bit>,
    byte_done: DFF<Bit>,
    engaged: DFF<Bit>,
    sending: DFF<Bit>,
    waits: DFF<Bit>,
    ready: DFF<Bit>,
    writes: DFF<Bit>,
    reads: DFF<Bit>,
    answers: DFF<Bit>,
    is_sync: DFF<Bit>,
    more: DFF<Bit>,
    bad: DFF<Bit>,
    write_r: DFF<Bit>,
    left: DFF<Bits<8>>,
    low: DFF<Bits<8>>,
    middle: DFF<Bits<8>>,
    high: DFF<Bits<8>>,
    fills_low: DFF<Bit>,
    fills_middle: DFF<Bit>,
    word: DFF<Bits<16>>,
    status: DFF<Bits<2>>,
    phase: DFF<Bits<4>>,
    crc8: DFF<Bits<8>>,
    crc16: DFF<Bits<16>>,
    silence: DFF<Bits<17>>,
    shifted: DFF<Bits<8>>,
    receiving: Signal<Local, Bit>,
    byte_in: Signal<Local, Bit>,
    free: Signal<Local, Bit>,
    active: Signal<Local, Bit>,
    fresh: Signal<Local, Bit>,
    silent: Signal<Local, Bit>,
    checking: Signal<Local, Bit>,
    feedback8: Signal<Local, Bit>,
    feedback16: Signal<Local, Bit>,
    expected: Signal<Local, Bit>,
    accepts: Signal<Local, Bit>,
    replies: Signal<Local, Bit>,
    ends: Signal<Local, Bit>,
    loads: Signal<Local, Bit>,
    shifts: Signal<Local, Bit>,
    moves: Signal<Local, Bit>,
    outgoing: Signal<Local, Bits<8>>,
    words: Signal<Local, Bits<8>>,
    next_left: Signal<Local, Bits<8>>,
    next_low: Signal<Local, Bits<8>>,
    next_middle: Signal<Local, Bits<8>>,
    next_high: Signal<Local, Bits<8>>,
    sync_request: Constant<Bits<8>>,
    sync_response: Constant<Bits<8>>,
    op_write: Constant<Bits<8>>,
    op_read: Constant<Bits<8>>,
    status_ok: Constant<Bits<2>>,
    bad_header: Constant<Bits<2>>,
    bad_payload: Constant<Bits<2>>,
    bad_op: Constant<Bits<2>>,
    poly8: Constant<Bits<8>>,
    poly16: Constant<Bits<16>>,
    ones16: Constant<Bits<16>>,
    one16: Constant<Bits<16>>,
    one8: Constant<Bits<8>>,
    zero8: Constant<Bits<8>>,
    full8: Constant<Bits<8>>,
    zero17: Constant<Bits<17>>,
    one17: Constant<Bits<17>>,
    one4: Constant<Bits<4>>,
    eight: Constant<Bits<4>>,
    last_phase: Constant<Bits<4>>,
}

impl Default for FrameEngine {
    fn default() -> Self {
        let byte = |value: u8| Constant::new(u64::from(value).to_bits());
        Self {
            clock: Default::default(),
            missed: Default::default(),
            rx_valid: Default::default(),
            rx_data: Default::default(),
            tx_busy: Default::default(),
            tx_send: Default::default(),
            tx_data: Default::default(),
            host_addr: Default::default(),
            host_wdata: Default::default(),
            host_we: Default::default(),
            host_rdata: Default::default(),
            at_op: Default::default(),
            at_address0: Default::default(),
            at_address1: Default::default(),
            at_address2: Default::default(),
            at_count: Default::default(),
            at_header_check: Default::default(),
            at_low: Default::default(),
            at_high: Default::default(),
            at_check0: Default::default(),
            at_check1: Default::default(),
            at_answer: Default::default(),
            at_status: Default::default(),
            at_answered: Default::default(),
            at_low_out: Default::default(),
            at_high_out: Default::default(),
            at_check0_out: Default::default(),
            at_check1_out: Default::default(),
            byte_done: Default::default(),
            engaged: Default::default(),
            sending: Default::default(),
            waits: Default::default(),
            ready: Default::default(),
            writes: Default::default(),
            reads: Default::default(),
            answers: Default::default(),
            is_sync: Default::default(),
            more: Default::default(),
            bad: Default::default(),
            write_r: Default::default(),
            left: Default::default(),
            low: Default::default(),
            middle: Default::default(),
            high: Default::default(),
            fills_low: Default::default(),
            fills_middle: Default::default(),
            word: Default::default(),
            status: Default::default(),
            phase: Default::default(),
            crc8: Default::default(),
            crc16: Default::default(),
            silence: Default::default(),
            shifted: Default::default(),
            receiving: Default::default(),
            byte_in: Default::default(),
            free: Default::default(),
            active: Default::default(),
            fresh: Default::default(),
            silent: Default::default(),
            checking: Default::default(),
            feedback8: Default::default(),
            feedback16: Default::default(),
            expected: Default::default(),
            accepts: Default::default(),
            replies: Default::default(),
            ends: Default::default(),
            loads: Default::default(),
            shifts: Default::default(),
            moves: Default::default(),
            outgoing: Default::default(),
            words: Default::default(),
            next_left: Default::default(),
            next_low: Default::default(),
            next_middle: Default::default(),
            next_high: Default::default(),
            sync_request: byte(link::SYNC_REQUEST),
            sync_response: byte(link::SYNC_RESPONSE),
            op_write: byte(link::OP_WRITE),
            op_read: byte(link::OP_READ),
            status_ok: Constant::new(u64::from(link::STATUS_OK).to_bits()),
            bad_header: Constant::new(u64::from(link::STATUS_BAD_HEADER).to_bits()),
            bad_payload: Constant::new(u64::from(link::STATUS_BAD_PAYLOAD).to_bits()),
            bad_op: Constant::new(u64::from(link::STATUS_BAD_OP).to_bits()),
            poly8: byte(link::CRC8_POLY),
            poly16: Constant::new(u64::from(link::CRC16_POLY).to_bits()),
            ones16: Constant::new(0xFFFFu64.to_bits()),
            one16: Constant::new(1u64.to_bits()),
            one8: byte(1),
            zero8: byte(0),
            full8: byte(0xFF),
            zero17: Constant::new(0u64.to_bits()),
            one17: Constant::new(1u64.to_bits()),
            one4: Constant::new(1u64.to_bits()),
            eight: Constant::new(8u64.to_bits()),
            last_phase: Constant::new(15u64.to_bits()),
        }
    }
}

impl Logic for FrameEngine {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            at_op,
            at_address0,
            at_address1,
            at_address2,
            at_count,
            at_header_check,
            at_low,
            at_high,
            at_check0,
            at_check1,
            at_answer,
            at_status,
            at_answered,
            at_low_out,
            at_high_out,
            at_check0_out,
            at_check1_out,
            byte_done,
            engaged,
            sending,
            waits,
            ready,
            writes,
            reads,
            answers,
            is_sync,
            more,
            bad,
            write_r,
            left,
            low,
            middle,
            high,
            fills_low,
            fills_middle,
            word,
            status,
            phase,
            crc8,
            crc16,
            silence,
            shifted
        );
        self.host_addr.next = bit_cast::<21, 8>(self.low.q.val())
            | (bit_cast::<21, 8>(self.middle.q.val()) << 8)
            | (bit_cast::<21, 8>(self.high.q.val()) << 16);
        self.host_wdata.next = self.word.q.val();
        self.host_we.next = self.write_r.q.val();
        // A byte comes or goes, and its eight cycles begin.
        self.receiving.next = !self.sending.q.val();
        self.byte_in.next = self.rx_valid.val() & self.receiving.val();
        self.active.next = self.phase.q.val().get_bit(3);
        self.fresh.next = self.phase.q.val() == self.eight.val();
        self.free.next = self.ready.q.val() & !self.active.val() & !self.tx_busy.val();
        self.byte_done.d.next = self.phase.q.val() == self.last_phase.val();
        if self.active.val() {
            self.phase.d.next = self.phase.q.val() + self.one4.val();
        } else {
            if self.byte_in.val() | self.free.val() {
                self.phase.d.next = self.eight.val();
            }
        }
        // A word that is read stands two cycles after its address.
        self.waits.d.next = self.sending.q.val() & !self.active.val() & !self.byte_done.q.val();
        self.ready.d.next = self.waits.q.val() & !self.active.val() & !self.byte_done.q.val();
        // The byte.
        self.words.next = self.zero8.val() - self.left.q.val();
        self.outgoing.next = 0.into();
        if self.receiving.val() {
            self.outgoing.next = self.outgoing.val() | self.rx_data.val();
        }
        if self.at_answer.q.val() {
            self.outgoing.next = self.outgoing.val() | self.sync_response.val();
        }
        if self.at_status.q.val() {
            self.outgoing.next = self.outgoing.val() | bit_cast::<8, 2>(self.status.q.val());
        }
        if self.at_answered.q.val() & self.answers.q.val() {
            self.outgoing.next = self.outgoing.val() | self.words.val();
        }
        if self.at_low_out.q.val() | self.at_high_out.q.val() {
            self.outgoing.next = self.outgoing.val() | self.word.q.val().get_bits::<8>(0);
        }
        if self.at_check0_out.q.val() | self.at_check1_out.q.val() {
            self.outgoing.next = self.outgoing.val() | self.crc16.q.val().get_bits::<8>(0);
        }
        if self.active.val() {
            self.shifted.d.next = self.shifted.q.val() << 1;
        } else {
            if self.byte_in.val() | self.free.val() {
                self.shifted.d.next = self.outgoing.val();
            }
        }
        // It leaves as it is first shifted, a cycle after it was chosen: neither waits for the other.
        self.tx_send.next = self.fresh.val() & self.sending.q.val();
        self.tx_data.next = self.shifted.q.val();
        self.checking.next = self.at_check0.q.val()
            | self.at_check1.q.val()
            | self.at_check0_out.q.val()
            | self.at_check1_out.q.val();
        self.feedback8.next = self.crc8.q.val().get_bit(7) ^ self.shifted.q.val().get_bit(7);
        self.feedback16.next = (self.crc16.q.val().get_bit(15) ^ self.shifted.q.val().get_bit(7))
            & !self.checking.val();
        if self.active.val() {
            self.crc8.d.next = self.crc8.q.val() << 1;
            self.crc16.d.next = self.crc16.q.val() << 1;
            if self.feedback8.val() {
                self.crc8.d.next = (self.crc8.q.val() << 1) ^ self.poly8.val();
            }
            if self.feedback16.val() {
                self.crc16.d.next = (self.crc16.q.val() << 1) ^ self.poly16.val();
            }
            if self.checking.val() & self.crc16.q.val().get_bit(15) {
                self.crc16.d.next = (self.crc16.q.val() << 1) | self.one16.val();
            }
        }
        if !self.engaged.q.val() {
            self.crc8.d.next = self.zero8.val();
        }
        if self.at_header_check.q.val() | self.at_answer.q.val() {
            self.crc16.d.next = self.ones16.val();
        }
        self.expected.next = self.crc16.q.val().get_bit(7);
        if self.at_header_check.q.val() {
            self.expected.next = self.crc8.q.val().get_bit(7);
        }
        if self.active.val() & (self.expected.val() ^ self.shifted.q.val().get_bit(7)) {
            self.bad.d.next = true;
        }
        if self.byte_done.q.val() & !self.at_check0.q.val() {
            self.bad.d.next = false;
        }
        // What a byte brings.
        if self.fresh.val() {
            self.is_sync.d.next = self.shifted.q.val() == self.sync_request.val();
        }
        if self.fresh.val() & self.at_op.q.val() {
            self.writes.d.next = self.shifted.q.val() == self.op_write.val();
            self.reads.d.next = self.shifted.q.val() == self.op_read.val();
        }
        // Words left, inverted: all ones stand for the last.
        self.ends.next = self.byte_done.q.val() & (self.at_high.q.val() | self.at_high_out.q.val());
        self.next_left.next = self.left.q.val() + self.shifted.q.val() + self.one8.val();
        if self.ends.val() {
            self.left.d.next = self.next_left.val();
        }
        if self.fresh.val() & self.at_count.q.val() {
            self.left.d.next = !self.shifted.q.val();
        }
        self.more.d.next = self.left.q.val() != self.full8.val();
        // The address moves on once a word has been written, or read.
        self.write_r.d.next = self.byte_done.q.val() & self.at_high.q.val();
        self.moves.next =
            self.write_r.q.val() | (self.byte_done.q.val() & self.at_high_out.q.val());
        // Byte by byte, a cycle each: one adder of 24 bits would be the longest path of all.
        self.fills_low.d.next = self.moves.val() & (self.low.q.val() == self.full8.val());
        self.fills_middle.d.next =
            self.fills_low.q.val() & (self.middle.q.val() == self.full8.val());
        self.next_low.next = self.low.q.val() + self.shifted.q.val() + self.one8.val();
        self.next_middle.next = self.middle.q.val() + self.shifted.q.val() + self.one8.val();
        self.next_high.next = self.high.q.val() + self.shifted.q.val() + self.one8.val();
        if self.moves.val() {
            self.low.d.next = self.next_low.val();
        }
        if self.fills_low.q.val() {
            self.middle.d.next = self.next_middle.val();
        }
        if self.fills_middle.q.val() {
            self.high.d.next = self.next_high.val();
        }
        if self.fresh.val() & self.at_address0.q.val() {
            self.low.d.next = self.shifted.q.val();
        }
        if self.fresh.val() & self.at_address1.q.val() {
            self.middle.d.next = self.shifted.q.val();
        }
        if self.fresh.val() & self.at_address2.q.val() {
            self.high.d.next = self.shifted.q.val();
        }
        // Both halves of a word that is read are taken at once, so that they belong to the same moment.
        self.loads.next = self.at_low_out.q.val()
            & !self.active.val()
            & !self.byte_done.q.val()
            & !self.free.val();
        self.shifts.next = (self.fresh.val() & (self.at_low.q.val() | self.at_high.q.val()))
            | (self.byte_done.q.val() & self.at_low_out.q.val());
        if self.shifts.val() {
            self.word.d.next =
                (self.word.q.val() >> 8) | (bit_cast::<16, 8>(self.shifted.q.val()) << 8);
        }
        if self.loads.val() {
            self.word.d.next = self.host_rdata.val();
        }
        self.accepts.next = self.at_header_check.q.val() & self.writes.q.val() & !self.bad.q.val();
        self.replies.next =
            self.at_check1.q.val() | (self.at_header_check.q.val() & !self.accepts.val());
        if self.byte_done.q.val() {
            self.engaged.d.next = (self.is_sync.q.val() & !self.engaged.q.val())
                | (self.engaged.q.val() & !self.at_check1_out.q.val());
            self.sending.d.next =
                self.replies.val() | (self.sending.q.val() & !self.at_check1_out.q.val());
            self.at_op.d.next = self.is_sync.q.val() & !self.engaged.q.val();
            self.at_address0.d.next = self.at_op.q.val();
            self.at_address1.d.next = self.at_address0.q.val();
            self.at_address2.d.next = self.at_address1.q.val();
            self.at_count.d.next = self.at_address2.q.val();
            self.at_header_check.d.next = self.at_count.q.val();
            self.at_low.d.next = self.accepts.val() | (self.at_high.q.val() & self.more.q.val());
            self.at_high.d.next = self.at_low.q.val();
            self.at_check0.d.next = self.at_high.q.val() & !self.more.q.val();
            self.at_check1.d.next = self.at_check0.q.val();
            self.at_answer.d.next = self.replies.val();
            self.at_status.d.next = self.at_answer.q.val();
            self.at_answered.d.next = self.at_status.q.val();
            self.at_low_out.d.next = (self.at_answered.q.val() & self.answers.q.val())
                | (self.at_high_out.q.val() & self.more.q.val());
            self.at_high_out.d.next = self.at_low_out.q.val();
            self.at_check0_out.d.next = (self.at_answered.q.val() & !self.answers.q.val())
                | (self.at_high_out.q.val() & !self.more.q.val());
            self.at_check1_out.d.next = self.at_check0_out.q.val();
        }
        if self.byte_done.q.val() & self.at_header_check.q.val() {
            self.answers.d.next = self.reads.q.val() & !self.bad.q.val();
            self.status.d.next = self.status_ok.val();
            if !self.reads.q.val() {
                self.status.d.next = self.bad_op.val();
            }
            if self.bad.q.val() {
                self.status.d.next = self.bad_header.val();
            }
        }
        if self.byte_done.q.val() & self.at_check1.q.val() {
            self.status.d.next = self.status_ok.val();
            if self.bad.q.val() {
                self.status.d.next = self.bad_payload.val();
            }
        }
        self.missed.next = self.byte_done.q.val()
            & ((!self.engaged.q.val() & !self.is_sync.q.val())
                | (self.at_check1.q.val() & self.bad.q.val()));
        // A request that stops arriving is forgotten.
        self.silence.d.next = self.silence.q.val() + self.one17.val();
        if self.byte_in.val() | !self.engaged.q.val() {
            self.silence.d.next = self.zero17.val();
        }
        self.silent.next = self.silence.q.val().get_bit(16) & self.receiving.val();
        if self.silent.val() {
            self.engaged.d.next = false;
            self.at_op.d.next = false;
            self.at_address0.d.next = false;
            self.at_address1.d.next = false;
            self.at_address2.d.next = false;
            self.at_count.d.next = false;
            self.at_header_check.d.next = false;
            self.at_low.d.next = false;
            self.at_high.d.next = false;
            self.at_check0.d.next = false;
            self.at_check1.d.next = false;
        }
    }
}
