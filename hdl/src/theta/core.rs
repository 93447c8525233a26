//! The core of theta neurons: wiring only. The datasheet is `docs/theta-core.md`.

use super::{Control, Drive, InputScan, LookUp, Mirror, PhaseBank};
use crate::block::{HostBus, Table};
use rust_hdl::prelude::*;
use spikewright_ir::ThetaSpec;

/// The core behind its parallel host bus, with the ports of every core.
#[derive(LogicBlock)]
pub struct ThetaCore {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Host bus: region and word.
    pub host_addr: Signal<In, Bits<21>>,
    /// Host bus: word to be written.
    pub host_wdata: Signal<In, Bits<16>>,
    /// Host bus: write strobe.
    pub host_we: Signal<In, Bit>,
    /// Host bus: status word addressed in the cycle before.
    pub host_rdata: Signal<Out, Bits<16>>,
    /// A sample runs.
    pub busy: Signal<Out, Bit>,
    /// Trace port: a row is written.
    pub trace_valid: Signal<Out, Bit>,
    /// Trace port: layer.
    pub trace_layer: Signal<Out, Bits<4>>,
    /// Trace port: first neuron of the row.
    pub trace_neuron: Signal<Out, Bits<16>>,
    /// Trace port: tick.
    pub trace_tick: Signal<Out, Bits<16>>,
    /// Trace port: neuron that spiked, in the lowest 16 bits.
    pub trace_u: Signal<Out, Bits<64>>,
    /// Trace port: phases, 16 bits a unit.
    pub trace_v: Signal<Out, Bits<64>>,
    /// Trace port: weight bits.
    pub trace_s: Signal<Out, Bits<4>>,
    host: HostBus,
    scan: InputScan,
    drive: Drive,
    look_up: LookUp,
    constants0: Table<16, 8>,
    constants1: Table<16, 8>,
    constants2: Table<16, 8>,
    constants3: Table<16, 8>,
    synapses: Table<16, 11>,
    mirror: Mirror,
    even: PhaseBank,
    odd: PhaseBank,
    control: Control,
    event_r: DFF<Bit>,
    counted_r: DFF<Bit>,
    at_tile0: Signal<Local, Bit>,
    constant: Signal<Local, Bits<8>>,
    no_events: Constant<Bits<11>>,
    constants: Signal<Local, Bits<64>>,
    written: Signal<Local, Bits<44>>,
}

impl ThetaCore {
    /// A core of `spec`.
    pub fn new(spec: &ThetaSpec) -> Self {
        Self {
            clock: Default::default(),
            host_addr: Default::default(),
            host_wdata: Default::default(),
            host_we: Default::default(),
            host_rdata: Default::default(),
            busy: Default::default(),
            trace_valid: Default::default(),
            trace_layer: Default::default(),
            trace_neuron: Default::default(),
            trace_tick: Default::default(),
            trace_u: Default::default(),
            trace_v: Default::default(),
            trace_s: Default::default(),
            host: HostBus::of_core(spec.preset.id(), 1),
            scan: Default::default(),
            drive: Default::default(),
            look_up: LookUp::new(spec),
            constants0: Default::default(),
            constants1: Default::default(),
            constants2: Default::default(),
            constants3: Default::default(),
            synapses: Default::default(),
            mirror: Default::default(),
            even: Default::default(),
            odd: Default::default(),
            control: Default::default(),
            event_r: Default::default(),
            counted_r: Default::default(),
            at_tile0: Default::default(),
            constant: Default::default(),
            no_events: Constant::new(0x7ffu64.to_bits()),
            constants: Default::default(),
            written: Default::default(),
        }
    }
}

impl Logic for ThetaCore {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self, clock, host, scan, drive, look_up, constants0, constants1, constants2,
            constants3, synapses, even, odd, control
        );
        dff_setup!(self, clock, event_r, counted_r);
        // Host bus.
        self.host.host_addr.next = self.host_addr.val();
        self.host.host_wdata.next = self.host_wdata.val();
        self.host.host_we.next = self.host_we.val();
        self.host_rdata.next = self.host.host_rdata.val();
        self.busy.next = self.host.busy.val();
        self.host.complete.next = self.control.complete.val();
        self.host.valid.next = self.control.result.val();
        self.host.label.next = self.control.label.val();
        self.host.undecided.next = self.control.undecided.val();
        self.host.last_word.next = self.control.ended.val();
        self.host.occupied.next = false;
        // It has no lanes and no fire units.
        self.host.row_valid.next = false;
        self.host.inverted_events.next = self.no_events.val();
        self.host.held.next = false;
        self.host.clipped.next = false;
        self.at_tile0.next = !self.control.tile.val().any();
        // A cycle later, which no one sees: the last event is long before the end.
        self.event_r.d.next =
            (self.scan.token.val() & self.at_tile0.val()) | self.control.event_taken.val();
        self.host.event_taken.next = self.event_r.q.val();
        // Constants.
        self.constant.next = self.host.address.val().get_bits::<8>(2);
        self.constants0.read_address.next = self.control.constant_row.val();
        self.constants0.write.next = self.host.write_params.val()
            & !self.host.address.val().get_bit(1)
            & !self.host.address.val().get_bit(0);
        self.constants0.write_address.next = self.constant.val();
        self.constants0.write_data.next = self.host.data.val();
        self.constants1.read_address.next = self.control.constant_row.val();
        self.constants1.write.next = self.host.write_params.val()
            & !self.host.address.val().get_bit(1)
            & self.host.address.val().get_bit(0);
        self.constants1.write_address.next = self.constant.val();
        self.constants1.write_data.next = self.host.data.val();
        self.constants2.read_address.next = self.control.constant_row.val();
        self.constants2.write.next = self.host.write_params.val()
            & self.host.address.val().get_bit(1)
            & !self.host.address.val().get_bit(0);
        self.constants2.write_address.next = self.constant.val();
        self.constants2.write_data.next = self.host.data.val();
        self.constants3.read_address.next = self.control.constant_row.val();
        self.constants3.write.next = self.host.write_params.val()
            & self.host.address.val().get_bit(1)
            & self.host.address.val().get_bit(0);
        self.constants3.write_address.next = self.constant.val();
        self.constants3.write_data.next = self.host.data.val();
        self.constants.next = bit_cast::<64, 16>(self.constants0.read_data.val())
            | (bit_cast::<64, 16>(self.constants1.read_data.val()) << 16)
            | (bit_cast::<64, 16>(self.constants2.read_data.val()) << 32)
            | (bit_cast::<64, 16>(self.constants3.read_data.val()) << 48);
        // Input.
        self.scan.load.next = self.control.load.val();
        self.scan.words_m1.next = self.host.classes_m1.val().get_bits::<6>(0);
        self.scan.write.next = self.host.write_spikes.val();
        self.scan.write_address.next = self.host.address.val().get_bits::<6>(0);
        self.scan.write_data.next = self.host.data.val();
        self.drive.load.next = self.control.load.val();
        self.drive.token.next = self.scan.token.val();
        self.drive.weights.next = self.look_up.words.val();
        self.drive.shift.next = self.control.shift.val();
        self.drive.gain.next = self.control.gain.val();
        self.drive.offsets.next = self.constants.val();
        // Weights between layers.
        self.synapses.read_address.next = self.control.synapse.val();
        self.synapses.write.next = self.host.write_program.val();
        self.synapses.write_address.next = self.host.address.val().get_bits::<11>(0);
        self.synapses.write_data.next = self.host.data.val();
        self.control.synapses.next = self.synapses.read_data.val();
        // Look-up.
        self.look_up.scans.next = self.scan.scans.val();
        self.look_up.place.next = self.scan.place.val();
        self.look_up.tile.next = self.control.tile.val();
        self.look_up.drives.next = self.control.drives.val();
        self.look_up.drive_index.next = self.drive.index.val();
        self.look_up.phases.next = self.mirror.reached.val();
        self.look_up.minus.next = self.control.minus.val();
        self.look_up.layer.next = self.control.target.val();
        self.look_up.write.next = self.host.write_weights.val();
        self.look_up.write_address.next = self.host.address.val();
        self.look_up.write_data.next = self.host.data.val();
        self.mirror.even.next = self.even.phases.val();
        self.mirror.odd.next = self.odd.phases.val();
        self.mirror.is_odd.next = self.control.odd.val();
        self.mirror.words.next = self.look_up.words.val();
        self.mirror.found_plus.next = self.control.found_plus.val();
        // Banks.
        self.even.read_row.next = self.control.read_even.val();
        self.even.tick.next = self.control.tick.val();
        self.even.looked.next = self.control.looked_even.val();
        self.even.found.next = self.mirror.found.val();
        self.even.direct.next = self.control.direct_even.val();
        self.even.starts.next = self.control.starts.val();
        self.even.constants.next = self.constants.val();
        self.even.spiked.next = self.control.spiked.val();
        self.even.row.next = self.control.row_even.val();
        self.even.first.next = self.control.first_even.val();
        self.even.short.next = self.control.short_even.val();
        self.even.neurons.next = self.control.neurons_even.val();
        self.odd.read_row.next = self.control.read_odd.val();
        self.odd.tick.next = self.control.tick.val();
        self.odd.looked.next = self.control.looked_odd.val();
        self.odd.found.next = self.mirror.found.val();
        self.odd.direct.next = self.control.direct_odd.val();
        self.odd.starts.next = self.control.starts.val();
        self.odd.constants.next = self.constants.val();
        self.odd.spiked.next = self.control.spiked.val();
        self.odd.row.next = self.control.row_odd.val();
        self.odd.first.next = self.control.first_odd.val();
        self.odd.short.next = self.control.short_odd.val();
        self.odd.neurons.next = self.control.neurons_odd.val();
        // Control.
        self.control.go.next = self.host.go.val();
        self.counted_r.d.next = self.scan.done.val();
        self.control.counted.next = self.counted_r.q.val();
        self.control.best_even.next = self.even.best.val();
        self.control.best_odd.next = self.odd.best.val();
        self.control.known_even.next = self.even.known.val();
        self.control.known_odd.next = self.odd.known.val();
        self.control.ticks.next = bit_cast::<11, 8>(self.host.ticks_m1.val())
            | (bit_cast::<11, 8>(self.host.stride.val()) << 8);
        self.control.three.next = self.host.potentials.val();
        self.control.table_write.next = self.host.write_tiles.val();
        self.control.table_address.next = self.host.address.val().get_bits::<4>(0);
        self.control.table_data.next = self.host.data.val();
        // Trace port.
        self.trace_valid.next = self.control.trace_valid.val();
        self.trace_layer.next = self.control.trace_layer.val();
        self.trace_neuron.next = bit_cast::<16, 6>(self.control.trace_row.val()) << 2;
        self.trace_tick.next = bit_cast::<16, 11>(self.control.tick.val());
        self.trace_u.next = bit_cast::<64, 8>(self.control.trace_source.val());
        self.written.next = self.even.written.val();
        if self.control.odd.val() {
            self.written.next = self.odd.written.val();
        }
        self.trace_v.next = bit_cast::<64, 11>(self.written.val().get_bits::<11>(0))
            | (bit_cast::<64, 11>(self.written.val().get_bits::<11>(11)) << 16)
            | (bit_cast::<64, 11>(self.written.val().get_bits::<11>(22)) << 32)
            | (bit_cast::<64, 11>(self.written.val().get_bits::<11>(33)) << 48);
        self.trace_s.next = self.control.trace_plus.val();
    }
}
