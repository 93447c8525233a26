//! Host bus: registers each access, decodes its region, holds control and status. The register of a
//! write is where a spike word waits for its turn at the memory.

use super::{Counters, Seal};
use rust_hdl::prelude::*;
use spikewright_ir::{CoreSpec, layout::bus};

/// See the module's documentation. A write stands on the bus one cycle before it acts.
#[derive(LogicBlock)]
pub struct HostBus {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Region and word.
    pub host_addr: Signal<In, Bits<21>>,
    /// Word to be written.
    pub host_wdata: Signal<In, Bits<16>>,
    /// Write strobe.
    pub host_we: Signal<In, Bit>,
    /// Status word addressed in the cycle before.
    pub host_rdata: Signal<Out, Bits<16>>,
    /// The result stands at the end of this cycle.
    pub complete: Signal<In, Bit>,
    /// A result stands.
    pub valid: Signal<In, Bit>,
    /// Winning class.
    pub label: Signal<In, Bits<8>>,
    /// No spike decided.
    pub undecided: Signal<In, Bit>,
    /// Spikes of the last word of neurons written.
    pub last_word: Signal<In, Bits<16>>,
    /// The spike memory takes no word of the host in this cycle.
    pub occupied: Signal<In, Bit>,
    /// An event is taken in this cycle.
    pub event_taken: Signal<In, Bit>,
    /// A row enters the fire units.
    pub row_valid: Signal<In, Bit>,
    /// Events of its pass, or of its slot, inverted.
    pub inverted_events: Signal<In, Bits<11>>,
    /// An event waits for the shadow.
    pub held: Signal<In, Bit>,
    /// A row ends a tick with a potential that does not fit.
    pub clipped: Signal<In, Bit>,
    /// A sample, or a tick of a stream, starts.
    pub go: Signal<Out, Bit>,
    /// It goes on from the tick before.
    pub resumes: Signal<Out, Bit>,
    /// It stands in the upper half of the spike memory.
    pub upper: Signal<Out, Bit>,
    /// It has run for so long that it will not end.
    pub halt: Signal<Out, Bit>,
    /// A sample runs.
    pub busy: Signal<Out, Bit>,
    /// Ticks of a sample, minus 1.
    pub ticks_m1: Signal<Out, Bits<8>>,
    /// Spike groups from one tick to the next.
    pub stride: Signal<Out, Bits<8>>,
    /// Classes minus 1.
    pub classes_m1: Signal<Out, Bits<8>>,
    /// Potentials are read, not scores.
    pub potentials: Signal<Out, Bit>,
    /// Gates wait for all tiles before them.
    pub tick_order: Signal<Out, Bit>,
    /// Word address of a write within its region, or within the weights.
    pub address: Signal<Out, Bits<20>>,
    /// Word of a write.
    pub data: Signal<Out, Bits<16>>,
    /// Write strobe of a memory.
    pub write_weights: Signal<Out, Bit>,
    /// Write strobe of a memory.
    pub write_params: Signal<Out, Bit>,
    /// Write strobe of a memory.
    pub write_program: Signal<Out, Bit>,
    /// Write strobe of a memory.
    pub write_tiles: Signal<Out, Bit>,
    /// A spike word waits to be written.
    pub write_spikes: Signal<Out, Bit>,
    addr_r: DFF<Bits<20>>,
    data_r: DFF<Bits<16>>,
    to_weights: DFF<Bit>,
    to_params: DFF<Bit>,
    to_program: DFF<Bit>,
    to_tiles: DFF<Bit>,
    to_spikes: DFF<Bit>,
    to_ticks: DFF<Bit>,
    to_readout: DFF<Bit>,
    to_start: DFF<Bit>,
    to_seal: DFF<Bit>,
    we_r: DFF<Bit>,
    read_r: DFF<Bits<16>>,
    busy_r: DFF<Bit>,
    error_r: DFF<Bit>,
    refused_r: DFF<Bit>,
    ticks_r: DFF<Bits<8>>,
    stride_r: DFF<Bits<8>>,
    classes_r: DFF<Bits<8>>,
    potentials_r: DFF<Bit>,
    order_r: DFF<Bit>,
    cycles: DFF<Bits<24>>,
    events: DFF<Bits<24>>,
    seal: Seal,
    counters: Counters,
    region: Signal<Local, Bits<5>>,
    idle: Signal<Local, Bit>,
    control: Signal<Local, Bit>,
    waits: Signal<Local, Bit>,
    starts: Signal<Local, Bit>,
    word: Signal<Local, Bits<4>>,
    overdue: Signal<Local, Bit>,
    params_at: Constant<Bits<5>>,
    program_at: Constant<Bits<5>>,
    tiles_at: Constant<Bits<5>>,
    spikes_at: Constant<Bits<5>>,
    control_at: Constant<Bits<5>>,
    most4: Constant<Bits<4>>,
    zero16: Constant<Bits<16>>,
    zero24: Constant<Bits<24>>,
    one24: Constant<Bits<24>>,
}

impl HostBus {
    /// A bus for a core of `spec`.
    pub fn new(spec: &CoreSpec) -> Self {
        Self::of_core(spec.preset.id(), spec.count_bits)
    }

    /// A bus for a core whose preset, of whatever kind, has this number, and whose rows count events in
    /// `count_bits` bits.
    pub fn of_core(number: u16, count_bits: usize) -> Self {
        let region = |n: u32| Constant::new(u64::from(n).to_bits());
        Self {
            clock: Default::default(),
            host_addr: Default::default(),
            host_wdata: Default::default(),
            host_we: Default::default(),
            host_rdata: Default::default(),
            complete: Default::default(),
            valid: Default::default(),
            label: Default::default(),
            undecided: Default::default(),
            last_word: Default::default(),
            occupied: Default::default(),
            event_taken: Default::default(),
            row_valid: Default::default(),
            inverted_events: Default::default(),
            held: Default::default(),
            clipped: Default::default(),
            go: Default::default(),
            resumes: Default::default(),
            upper: Default::default(),
            halt: Default::default(),
            busy: Default::default(),
            ticks_m1: Default::default(),
            stride: Default::default(),
            classes_m1: Default::default(),
            potentials: Default::default(),
            tick_order: Default::default(),
            address: Default::default(),
            data: Default::default(),
            write_weights: Default::default(),
            write_params: Default::default(),
            write_program: Default::default(),
            write_tiles: Default::default(),
            write_spikes: Default::default(),
            addr_r: Default::default(),
            data_r: Default::default(),
            to_weights: Default::default(),
            to_params: Default::default(),
            to_program: Default::default(),
            to_tiles: Default::default(),
            to_spikes: Default::default(),
            to_ticks: Default::default(),
            to_readout: Default::default(),
            to_start: Default::default(),
            to_seal: Default::default(),
            region: Default::default(),
            idle: Default::default(),
            we_r: Default::default(),
            read_r: Default::default(),
            busy_r: Default::default(),
            error_r: Default::default(),
            refused_r: Default::default(),
            ticks_r: Default::default(),
            stride_r: Default::default(),
            classes_r: Default::default(),
            potentials_r: Default::default(),
            order_r: Default::default(),
            cycles: Default::default(),
            events: Default::default(),
            seal: Seal::of_core(number),
            counters: Counters::new(count_bits),
            control: Default::default(),
            waits: Default::default(),
            starts: Default::default(),
            word: Default::default(),
            overdue: Default::default(),
            params_at: region(bus::PARAMS),
            program_at: region(bus::PROGRAM),
            tiles_at: region(bus::TILES),
            spikes_at: region(bus::SPIKES),
            control_at: region(bus::CONTROL),
            most4: Constant::new(15u64.to_bits()),
            zero16: Constant::new(0u64.to_bits()),
            zero24: Constant::new(0u64.to_bits()),
            one24: Constant::new(1u64.to_bits()),
        }
    }
}

impl Logic for HostBus {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            addr_r,
            data_r,
            we_r,
            to_weights,
            to_params,
            to_program,
            to_tiles,
            to_spikes,
            to_ticks,
            to_readout,
            to_start,
            to_seal,
            read_r,
            busy_r,
            error_r,
            refused_r,
            ticks_r,
            stride_r,
            classes_r,
            potentials_r,
            order_r,
            cycles,
            events
        );
        self.seal.clock.next = self.clock.val();
        self.counters.clock.next = self.clock.val();
        // They stay for a spike word that has to wait.
        if self.host_we.val() {
            self.addr_r.d.next = self.host_addr.val().get_bits::<20>(0);
            self.data_r.d.next = self.host_wdata.val();
        }
        self.we_r.d.next = self.host_we.val();
        self.address.next = self.addr_r.q.val();
        self.data.next = self.data_r.q.val();
        self.busy.next = self.busy_r.q.val();
        self.ticks_m1.next = self.ticks_r.q.val();
        self.stride.next = self.stride_r.q.val();
        self.classes_m1.next = self.classes_r.q.val();
        self.potentials.next = self.potentials_r.q.val();
        self.tick_order.next = self.order_r.q.val();
        self.host_rdata.next = self.read_r.q.val();
        // Regions are decoded before the register, so that a strobe is one gate behind it.
        self.region.next = self.host_addr.val().get_bits::<5>(16);
        self.to_weights.d.next = self.host_we.val() & self.region.val().get_bit(4);
        self.to_params.d.next = self.host_we.val() & (self.region.val() == self.params_at.val());
        self.to_program.d.next = self.host_we.val() & (self.region.val() == self.program_at.val());
        self.to_tiles.d.next = self.host_we.val() & (self.region.val() == self.tiles_at.val());
        self.waits.next = self.to_spikes.q.val() & self.occupied.val();
        self.to_spikes.d.next = self.waits.val();
        if self.host_we.val() {
            self.to_spikes.d.next = self.region.val() == self.spikes_at.val();
        }
        self.control.next = self.host_we.val() & (self.region.val() == self.control_at.val());
        self.to_ticks.d.next = self.control.val() & self.host_addr.val().get_bit(0);
        self.to_readout.d.next = self.control.val() & self.host_addr.val().get_bit(1);
        self.to_start.d.next = self.control.val()
            & !self.host_addr.val().get_bit(0)
            & !self.host_addr.val().get_bit(1)
            & !self.host_addr.val().get_bit(2)
            & self.host_wdata.val().get_bit(0);
        self.to_seal.d.next = self.control.val() & self.host_addr.val().get_bit(2);
        // Writes.
        self.idle.next = !self.busy_r.q.val();
        self.write_weights.next = self.to_weights.q.val() & self.idle.val();
        self.write_params.next = self.to_params.q.val() & self.idle.val();
        self.write_program.next = self.to_program.q.val() & self.idle.val();
        self.write_tiles.next = self.to_tiles.q.val() & self.idle.val();
        self.write_spikes.next = self.to_spikes.q.val();
        self.starts.next = self.to_start.q.val() & self.idle.val() & self.seal.sealed.val();
        self.go.next = self.starts.val();
        self.resumes.next = self.data_r.q.val().get_bit(1);
        self.upper.next = self.data_r.q.val().get_bit(2);
        if self.to_ticks.q.val() & self.idle.val() {
            self.ticks_r.d.next = self.data_r.q.val().get_bits::<8>(0);
            self.stride_r.d.next = self.data_r.q.val().get_bits::<8>(8);
        }
        if self.to_readout.q.val() & self.idle.val() {
            self.classes_r.d.next = self.data_r.q.val().get_bits::<8>(0);
            self.potentials_r.d.next = self.data_r.q.val().get_bit(8);
            self.order_r.d.next = self.data_r.q.val().get_bit(9);
        }
        if (self.we_r.q.val() & self.busy_r.q.val() & !self.to_spikes.q.val())
            | (self.waits.val() & self.host_we.val())
        {
            self.error_r.d.next = true;
        }
        // Seal.
        self.seal.weights.next = self.to_weights.q.val();
        self.seal.counts.next = self.idle.val()
            & (self.to_weights.q.val()
                | self.to_params.q.val()
                | self.to_program.q.val()
                | self.to_tiles.q.val()
                | self.to_ticks.q.val()
                | self.to_readout.q.val());
        self.seal.closes.next = self.to_seal.q.val() & self.idle.val();
        self.seal.address.next = self.addr_r.q.val();
        self.seal.data.next = self.data_r.q.val();
        if self.to_start.q.val() & self.idle.val() & !self.seal.sealed.val() {
            self.refused_r.d.next = true;
        }
        if self.seal.closes.val() {
            self.refused_r.d.next = false;
        }
        // Sample and counters.
        if self.busy_r.q.val() {
            self.cycles.d.next = self.cycles.q.val() + self.one24.val();
            if self.event_taken.val() {
                self.events.d.next = self.events.q.val() + self.one24.val();
            }
        }
        // A damaged image may go round forever.
        self.overdue.next = self.cycles.q.val().get_bits::<4>(20) == self.most4.val();
        self.halt.next = self.overdue.val() & self.busy_r.q.val();
        if self.complete.val()
            | (self.overdue.val() & (self.cycles.q.val().get_bits::<4>(16) == self.most4.val()))
        {
            self.busy_r.d.next = false;
        }
        if self.starts.val() {
            self.busy_r.d.next = true;
            self.cycles.d.next = self.one24.val();
            self.events.d.next = self.zero24.val();
        }
        self.counters.go.next = self.starts.val();
        self.counters.row_valid.next = self.row_valid.val();
        self.counters.inverted_events.next = self.inverted_events.val();
        self.counters.held.next = self.held.val();
        self.counters.clipped.next = self.clipped.val();
        // Reads.
        self.word.next = self.host_addr.val().get_bits::<4>(0);
        self.counters.select.next = self.word.val().get_bits::<2>(0);
        self.read_r.d.next = self.counters.word.val();
        if !self.word.val().get_bit(3) {
            if !self.word.val().get_bit(2) {
                if !self.word.val().get_bit(1) {
                    if !self.word.val().get_bit(0) {
                        self.read_r.d.next = self
                            .zero16
                            .val()
                            .replace_bit(0, self.busy_r.q.val())
                            .replace_bit(1, self.valid.val())
                            .replace_bit(2, self.undecided.val())
                            .replace_bit(3, self.error_r.q.val())
                            .replace_bit(4, self.seal.sealed.val())
                            .replace_bit(5, self.refused_r.q.val())
                            .replace_bit(6, self.overdue.val());
                    } else {
                        self.read_r.d.next = bit_cast::<16, 8>(self.label.val());
                    }
                } else {
                    if !self.word.val().get_bit(0) {
                        self.read_r.d.next = self.cycles.q.val().get_bits::<16>(0);
                    } else {
                        self.read_r.d.next =
                            bit_cast::<16, 8>(self.cycles.q.val().get_bits::<8>(16));
                    }
                }
            } else {
                if !self.word.val().get_bit(1) {
                    if !self.word.val().get_bit(0) {
                        self.read_r.d.next = self.events.q.val().get_bits::<16>(0);
                    } else {
                        self.read_r.d.next =
                            bit_cast::<16, 8>(self.events.q.val().get_bits::<8>(16));
                    }
                } else {
                    if !self.word.val().get_bit(0) {
                        self.read_r.d.next = self.seal.sum.val();
                    } else {
                        self.read_r.d.next = self.last_word.val();
                    }
                }
            }
        }
    }
}

// The kernel above decodes register numbers bit by bit.
const _: () = {
    assert!(bus::WEIGHTS == 1 << 4 && bus::ADDRESS_BITS == bus::REGION_LSB + 5);
    assert!(bus::START == 0 && bus::TICKS == 1 && bus::READOUT == 2 && bus::SEAL == 4);
    assert!(bus::START_FRESH == 1 && bus::START_ON == 3 && bus::START_UPPER == 5);
    assert!(bus::STATUS == 0 && bus::CLASS == 1 && bus::CYCLES_LOW == 2 && bus::CYCLES_HIGH == 3);
    assert!(bus::EVENTS_LOW == 4 && bus::EVENTS_HIGH == 5 && bus::CORE == 6 && bus::OUTPUT == 7);
};

// The counters above.
const _: () = {
    assert!(bus::COUNTER_BITS == 24);
    assert!(bus::WATCHDOG == 15 << 20 && bus::WATCHDOG_END == 255 << 16);
};
