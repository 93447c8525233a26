//! Frame engine: parses requests, drives the host bus, answers. The protocol is `docs/link.md`.
//!
//! A byte runs through the checksums one bit a cycle after the state machine has looked at it. A request
//! that stops arriving is forgotten after 2^16 cycles, so the engine can never hang.
//!
//! The state machine steps when a byte has arrived or one can be sent. Bytes are many cycles apart, so
//! what a step depends on is prepared in registers: what an arrived byte is compared with, then the next
//! state, and the byte to send. A step itself is a shallow enable.

use rust_hdl::prelude::*;
use spikewright_ir::link;

/// What the engine waits for or sends.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum FrameState {
    /// First byte of a request.
    Sync,
    /// Operation.
    Op,
    /// Address, lowest byte.
    Address0,
    /// Address, middle byte.
    Address1,
    /// Address, highest byte.
    Address2,
    /// Count minus 1.
    Count,
    /// Header checksum.
    HeaderCheck,
    /// Low byte of a word.
    Low,
    /// High byte of a word.
    High,
    /// Payload checksum, low byte.
    Check0,
    /// Payload checksum, high byte.
    Check1,
    /// First byte of the response.
    SendSync,
    /// Status.
    SendStatus,
    /// Count.
    SendCount,
    /// Low byte of a word.
    SendLow,
    /// High byte of a word.
    SendHigh,
    /// Checksum, low byte.
    SendCheck0,
    /// Checksum, high byte.
    SendCheck1,
}

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
    state: DFF<FrameState>,
    following: DFF<FrameState>,
    bits_left: DFF<Bits<4>>,
    sending: DFF<Bit>,
    chosen: DFF<Bit>,
    outgoing: DFF<Bits<8>>,
    writes: DFF<Bit>,
    reads: DFF<Bit>,
    address: DFF<Bits<24>>,
    count: DFF<Bits<9>>,
    word: DFF<Bits<16>>,
    write_r: DFF<Bit>,
    status: DFF<Bits<8>>,
    replied: DFF<Bits<8>>,
    arrived: DFF<Bit>,
    compared: DFF<Bit>,
    good: DFF<Bit>,
    is_sync: DFF<Bit>,
    same8: DFF<Bit>,
    same_low: DFF<Bit>,
    same_high: DFF<Bit>,
    low_good: DFF<Bit>,
    crc8: DFF<Bits<8>>,
    crc16: DFF<Bits<16>>,
    silence: DFF<Bits<17>>,
    shifted: DFF<Bits<8>>,
    crunching: Signal<Local, Bit>,
    receiving: Signal<Local, Bit>,
    silent: Signal<Local, Bit>,
    free: Signal<Local, Bit>,
    steps: Signal<Local, Bit>,
    feedback8: Signal<Local, Bit>,
    feedback16: Signal<Local, Bit>,
    sync_request: Constant<Bits<8>>,
    sync_response: Constant<Bits<8>>,
    op_write: Constant<Bits<8>>,
    op_read: Constant<Bits<8>>,
    status_ok: Constant<Bits<8>>,
    bad_header: Constant<Bits<8>>,
    bad_payload: Constant<Bits<8>>,
    bad_op: Constant<Bits<8>>,
    poly8: Constant<Bits<8>>,
    poly16: Constant<Bits<16>>,
    ones16: Constant<Bits<16>>,
    zero8: Constant<Bits<8>>,
    zero17: Constant<Bits<17>>,
    one8: Constant<Bits<8>>,
    eight: Constant<Bits<4>>,
    one4: Constant<Bits<4>>,
    one9: Constant<Bits<9>>,
    one17: Constant<Bits<17>>,
    one24: Constant<Bits<24>>,
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
            state: Default::default(),
            following: Default::default(),
            bits_left: Default::default(),
            sending: Default::default(),
            chosen: Default::default(),
            outgoing: Default::default(),
            writes: Default::default(),
            reads: Default::default(),
            address: Default::default(),
            count: Default::default(),
            word: Default::default(),
            write_r: Default::default(),
            status: Default::default(),
            replied: Default::default(),
            arrived: Default::default(),
            compared: Default::default(),
            good: Default::default(),
            is_sync: Default::default(),
            same8: Default::default(),
            same_low: Default::default(),
            same_high: Default::default(),
            low_good: Default::default(),
            crc8: Default::default(),
            crc16: Default::default(),
            silence: Default::default(),
            shifted: Default::default(),
            crunching: Default::default(),
            receiving: Default::default(),
            silent: Default::default(),
            free: Default::default(),
            steps: Default::default(),
            feedback8: Default::default(),
            feedback16: Default::default(),
            sync_request: byte(link::SYNC_REQUEST),
            sync_response: byte(link::SYNC_RESPONSE),
            op_write: byte(link::OP_WRITE),
            op_read: byte(link::OP_READ),
            status_ok: byte(link::STATUS_OK),
            bad_header: byte(link::STATUS_BAD_HEADER),
            bad_payload: byte(link::STATUS_BAD_PAYLOAD),
            bad_op: byte(link::STATUS_BAD_OP),
            poly8: byte(link::CRC8_POLY),
            poly16: Constant::new(u64::from(link::CRC16_POLY).to_bits()),
            ones16: Constant::new(0xFFFFu64.to_bits()),
            zero8: Constant::new(0u64.to_bits()),
            zero17: Constant::new(0u64.to_bits()),
            one8: byte(1),
            eight: Constant::new(8u64.to_bits()),
            one4: Constant::new(1u64.to_bits()),
            one9: Constant::new(1u64.to_bits()),
            one17: Constant::new(1u64.to_bits()),
            one24: Constant::new(1u64.to_bits()),
        }
    }
}

impl Logic for FrameEngine {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, state, following, bits_left, sending, chosen, outgoing, writes, reads,
            address, count, word, write_r, status, replied, arrived, compared, good, is_sync,
            same8, same_low, same_high, low_good, crc8, crc16, silence, shifted
        );
        self.host_addr.next = self.address.q.val().get_bits::<21>(0);
        self.host_wdata.next = self.word.q.val();
        self.host_we.next = self.write_r.q.val();
        self.write_r.d.next = false;
        // The address moves on once the word has been written.
        if self.write_r.q.val() {
            self.address.d.next = self.address.q.val() + self.one24.val();
        }
        // Checksums, one bit a cycle, highest bit first.
        self.crunching.next = self.bits_left.q.val().any();
        self.feedback8.next = self.crc8.q.val().get_bit(7) ^ self.shifted.q.val().get_bit(7);
        self.feedback16.next = self.crc16.q.val().get_bit(15) ^ self.shifted.q.val().get_bit(7);
        if self.crunching.val() {
            self.bits_left.d.next = self.bits_left.q.val() - self.one4.val();
            self.shifted.d.next = self.shifted.q.val() << 1;
            self.crc8.d.next = self.crc8.q.val() << 1;
            self.crc16.d.next = self.crc16.q.val() << 1;
            if self.feedback8.val() {
                self.crc8.d.next = (self.crc8.q.val() << 1) ^ self.poly8.val();
            }
            if self.feedback16.val() {
                self.crc16.d.next = (self.crc16.q.val() << 1) ^ self.poly16.val();
            }
        }
        // They begin anew where nothing runs through them that counts.
        if self.state.q.val() == FrameState::Sync {
            self.crc8.d.next = self.zero8.val();
        }
        if (self.state.q.val() == FrameState::HeaderCheck)
            | (self.state.q.val() == FrameState::SendSync)
        {
            self.crc16.d.next = self.ones16.val();
        }
        self.receiving.next = !self.sending.q.val();
        self.arrived.d.next = self.rx_valid.val() & self.receiving.val();
        self.compared.d.next = self.arrived.q.val();
        self.good.d.next = self.compared.q.val();
        self.silence.d.next = self.silence.q.val() + self.one17.val();
        if (self.rx_valid.val() & self.receiving.val()) | (self.state.q.val() == FrameState::Sync) {
            self.silence.d.next = self.zero17.val();
        }
        if self.rx_valid.val() & self.receiving.val() {
            self.shifted.d.next = self.rx_data.val();
        }
        if self.free.val() {
            self.shifted.d.next = self.outgoing.q.val();
        }
        self.is_sync.d.next = self.shifted.q.val() == self.sync_request.val();
        self.same8.d.next = self.shifted.q.val() == self.crc8.q.val();
        self.same_low.d.next = self.shifted.q.val() == self.crc16.q.val().get_bits::<8>(0);
        self.same_high.d.next = self.shifted.q.val() == self.crc16.q.val().get_bits::<8>(8);
        self.chosen.d.next = self.sending.q.val();
        self.free.next = self.sending.q.val() & self.chosen.q.val() & !self.tx_busy.val();
        self.missed.next = self.good.q.val()
            & self.receiving.val()
            & (((self.state.q.val() == FrameState::Sync) & !self.is_sync.q.val())
                | ((self.state.q.val() == FrameState::Check1)
                    & !(self.low_good.q.val() & self.same_high.q.val())));
        self.steps.next = self.free.val() | (self.receiving.val() & self.good.q.val());
        self.tx_send.next = self.free.val();
        // What is sent. Both halves of a word are taken at once, so that they belong to the same moment.
        match self.state.q.val() {
            FrameState::SendSync => {
                self.outgoing.d.next = self.sync_response.val();
            }
            FrameState::SendStatus => {
                self.outgoing.d.next = self.status.q.val();
            }
            FrameState::SendCount => {
                self.outgoing.d.next = self.replied.q.val();
            }
            FrameState::SendLow => {
                self.outgoing.d.next = self.host_rdata.val().get_bits::<8>(0);
                if !self.free.val() {
                    self.word.d.next = self.host_rdata.val();
                }
            }
            FrameState::SendHigh => {
                self.outgoing.d.next = self.word.q.val().get_bits::<8>(8);
            }
            FrameState::SendCheck0 => {
                self.outgoing.d.next = self.crc16.q.val().get_bits::<8>(0);
            }
            _ => {
                self.outgoing.d.next = self.crc16.q.val().get_bits::<8>(8);
            }
        }
        self.tx_data.next = self.outgoing.q.val();
        self.following.d.next = FrameState::Sync;
        match self.state.q.val() {
            FrameState::Sync => {
                if self.is_sync.q.val() {
                    self.following.d.next = FrameState::Op;
                }
            }
            FrameState::Op => {
                self.following.d.next = FrameState::Address0;
            }
            FrameState::Address0 => {
                self.following.d.next = FrameState::Address1;
            }
            FrameState::Address1 => {
                self.following.d.next = FrameState::Address2;
            }
            FrameState::Address2 => {
                self.following.d.next = FrameState::Count;
            }
            FrameState::Count => {
                self.following.d.next = FrameState::HeaderCheck;
            }
            FrameState::HeaderCheck => {
                self.following.d.next = FrameState::SendSync;
                if self.same8.q.val() & self.writes.q.val() {
                    self.following.d.next = FrameState::Low;
                }
            }
            FrameState::Low => {
                self.following.d.next = FrameState::High;
            }
            FrameState::High => {
                self.following.d.next = FrameState::Low;
                if !self.count.q.val().any() {
                    self.following.d.next = FrameState::Check0;
                }
            }
            FrameState::Check0 => {
                self.following.d.next = FrameState::Check1;
            }
            FrameState::Check1 => {
                self.following.d.next = FrameState::SendSync;
            }
            FrameState::SendSync => {
                self.following.d.next = FrameState::SendStatus;
            }
            FrameState::SendStatus => {
                self.following.d.next = FrameState::SendCount;
            }
            FrameState::SendCount => {
                self.following.d.next = FrameState::SendCheck0;
                if self.replied.q.val().any() {
                    self.following.d.next = FrameState::SendLow;
                }
            }
            FrameState::SendLow => {
                self.following.d.next = FrameState::SendHigh;
            }
            FrameState::SendHigh => {
                self.following.d.next = FrameState::SendLow;
                if !self.count.q.val().any() {
                    self.following.d.next = FrameState::SendCheck0;
                }
            }
            FrameState::SendCheck0 => {
                self.following.d.next = FrameState::SendCheck1;
            }
            _ => {
                self.following.d.next = FrameState::Sync;
            }
        }
        if self.steps.val() {
            self.state.d.next = self.following.q.val();
            match self.state.q.val() {
                FrameState::Op => {
                    self.writes.d.next = self.shifted.q.val() == self.op_write.val();
                    self.reads.d.next = self.shifted.q.val() == self.op_read.val();
                    self.bits_left.d.next = self.eight.val();
                }
                FrameState::Address0 => {
                    self.address.d.next = (self.address.q.val() >> 8)
                        | (bit_cast::<24, 8>(self.shifted.q.val()) << 16);
                    self.bits_left.d.next = self.eight.val();
                }
                FrameState::Address1 => {
                    self.address.d.next = (self.address.q.val() >> 8)
                        | (bit_cast::<24, 8>(self.shifted.q.val()) << 16);
                    self.bits_left.d.next = self.eight.val();
                }
                FrameState::Address2 => {
                    self.address.d.next = (self.address.q.val() >> 8)
                        | (bit_cast::<24, 8>(self.shifted.q.val()) << 16);
                    self.bits_left.d.next = self.eight.val();
                }
                FrameState::Count => {
                    self.count.d.next = bit_cast::<9, 8>(self.shifted.q.val());
                    self.bits_left.d.next = self.eight.val();
                }
                FrameState::HeaderCheck => {
                    // A write replaces its status when its payload has come.
                    self.status.d.next = self.bad_header.val();
                    self.replied.d.next = self.zero8.val();
                    self.sending.d.next = true;
                    if self.same8.q.val() {
                        self.status.d.next = self.bad_op.val();
                        if self.reads.q.val() {
                            self.status.d.next = self.status_ok.val();
                            self.replied.d.next =
                                self.count.q.val().get_bits::<8>(0) + self.one8.val();
                        }
                        if self.writes.q.val() {
                            self.sending.d.next = false;
                        }
                    }
                }
                FrameState::Low => {
                    self.word.d.next =
                        (self.word.q.val() >> 8) | (bit_cast::<16, 8>(self.shifted.q.val()) << 8);
                    self.bits_left.d.next = self.eight.val();
                }
                FrameState::High => {
                    self.word.d.next =
                        (self.word.q.val() >> 8) | (bit_cast::<16, 8>(self.shifted.q.val()) << 8);
                    self.write_r.d.next = true;
                    self.bits_left.d.next = self.eight.val();
                    self.count.d.next = self.count.q.val() - self.one9.val();
                }
                FrameState::Check0 => {
                    self.low_good.d.next = self.same_low.q.val();
                }
                FrameState::Check1 => {
                    self.status.d.next = self.bad_payload.val();
                    if self.low_good.q.val() & self.same_high.q.val() {
                        self.status.d.next = self.status_ok.val();
                    }
                    self.sending.d.next = true;
                }
                FrameState::SendStatus => {
                    self.bits_left.d.next = self.eight.val();
                }
                FrameState::SendCount => {
                    self.bits_left.d.next = self.eight.val();
                }
                FrameState::SendLow => {
                    self.bits_left.d.next = self.eight.val();
                }
                FrameState::SendHigh => {
                    self.bits_left.d.next = self.eight.val();
                    self.address.d.next = self.address.q.val() + self.one24.val();
                    self.count.d.next = self.count.q.val() - self.one9.val();
                }
                FrameState::SendCheck1 => {
                    self.sending.d.next = false;
                }
                _ => {}
            }
        }
        // A request that stops arriving is forgotten.
        self.silent.next = self.silence.q.val().get_bit(16) & self.receiving.val();
        if self.silent.val() {
            self.state.d.next = FrameState::Sync;
        }
    }
}
