//! The core: wiring only, no logic of its own. The datasheet is `docs/core.md`.

use crate::block::{
    EVENT_ENTRY, Fifo2, FireBank, FireTables, GroupExtract, HostBus, Issue, LaneBank, Readout,
    ScanControl, Sequencer, SpikeMemory, Table, WORD_ENTRY, WordExtract, Writer,
};
use rust_hdl::prelude::*;
use spikewright_ir::CoreSpec;

/// The core behind its parallel host bus. `H` = fire units × counter bits, `S` = fire units,
/// `T` = fire units × 16; the sizes that exist are those of the presets.
#[derive(LogicBlock)]
pub struct Core<const H: usize, const S: usize, const T: usize> {
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
    pub trace_tick: Signal<Out, Bits<8>>,
    /// Trace port: u of each unit, unit 0 lowest.
    pub trace_u: Signal<Out, Bits<T>>,
    /// Trace port: v of each unit.
    pub trace_v: Signal<Out, Bits<T>>,
    /// Trace port: spike of each unit.
    pub trace_s: Signal<Out, Bits<S>>,
    host: HostBus,
    scan_low: Table<16, 8>,
    tables: FireTables,
    spikes: SpikeMemory,
    scan: ScanControl,
    groups: GroupExtract,
    words: Fifo2<WORD_ENTRY>,
    bits_of: WordExtract,
    events: Fifo2<EVENT_ENTRY>,
    issue: Issue,
    sequencer: Sequencer,
    lanes: LaneBank<H>,
    fire: FireBank<H, S, T>,
    writer: Writer<S>,
    readout: Readout,
    row_offset: Signal<Local, Bits<16>>,
    unit_shift: Constant<Bits<3>>,
}

impl<const H: usize, const S: usize, const T: usize> Core<H, S, T> {
    /// A core of `spec`, whose sizes must be the type's.
    pub fn new(spec: &CoreSpec) -> Self {
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
            host: HostBus::new(spec),
            scan_low: Table::new(spec.slow_memory()),
            tables: FireTables::new(spec),
            spikes: SpikeMemory::new(spec),
            scan: ScanControl::new(spec),
            groups: Default::default(),
            words: Default::default(),
            bits_of: Default::default(),
            events: Default::default(),
            issue: Default::default(),
            sequencer: Sequencer::new(spec),
            lanes: LaneBank::new(spec),
            fire: FireBank::new(spec),
            writer: Writer::new(spec),
            readout: Readout::new(spec.fire_units),
            row_offset: Default::default(),
            unit_shift: Constant::new(u64::from(S.ilog2()).to_bits()),
        }
    }
}

impl<const H: usize, const S: usize, const T: usize> Logic for Core<H, S, T> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self, clock, host, scan_low, tables, spikes, scan, groups, words, bits_of, events,
            issue, sequencer, lanes, fire, writer, readout
        );
        // Host bus.
        self.host.host_addr.next = self.host_addr.val();
        self.host.host_wdata.next = self.host_wdata.val();
        self.host.host_we.next = self.host_we.val();
        self.host_rdata.next = self.host.host_rdata.val();
        self.busy.next = self.host.busy.val();
        self.host.complete.next = self.readout.complete.val();
        self.host.valid.next = self.readout.valid.val();
        self.host.label.next = self.readout.label.val();
        self.host.undecided.next = self.readout.undecided.val();
        self.host.last_word.next = self.writer.last_word.val();
        self.host.occupied.next = self.writer.occupied.val();
        self.host.row_valid.next = self.lanes.row_valid.val();
        self.host.inverted_events.next = self.lanes.inverted_events.val();
        self.host.held.next = self.issue.held.val();
        self.host.clipped.next = self.fire.clipped.val();
        self.host.event_taken.next = self.issue.event_taken.val();
        // Tables.
        self.scan_low.read_address.next = self.scan.pass.val();
        self.scan_low.write.next = self.host.write_program.val()
            & !self.host.address.val().get_bit(1)
            & !self.host.address.val().get_bit(0);
        self.scan_low.write_address.next = self.host.address.val().get_bits::<8>(2);
        self.scan_low.write_data.next = self.host.data.val();
        self.spikes.pass.next = self.scan.pass.val();
        self.spikes.entry_write.next = self.host.write_program.val()
            & !self.host.address.val().get_bit(1)
            & self.host.address.val().get_bit(0);
        self.spikes.entry_address.next = self.host.address.val().get_bits::<8>(2);
        self.spikes.entry_data.next = self.host.data.val();
        self.tables.pass.next = self.sequencer.pass.val();
        self.tables.write_pass.next = self.host.write_program.val()
            & self.host.address.val().get_bit(1)
            & !self.host.address.val().get_bit(0);
        self.tables.tile.next = self.sequencer.address.val();
        self.tables.tile_read.next = self.sequencer.reads.val();
        self.tables.write_tile.next = self.host.write_tiles.val();
        self.tables.write_address.next = self.host.address.val().get_bits::<16>(0);
        self.tables.write_data.next = self.host.data.val();
        // Scan.
        self.scan.go.next = self.host.go.val();
        self.scan.halt.next = self.host.halt.val();
        self.scan.resumes.next = self.host.resumes.val();
        self.scan.upper.next = self.host.upper.val();
        self.scan.ticks_m1.next = self.host.ticks_m1.val();
        self.scan.stride.next = self.host.stride.val();
        self.scan.tick_order.next = self.host.tick_order.val();
        self.scan.pass_done.next = self.writer.pass_done.val();
        self.scan.entry.next = bit_cast::<32, 16>(self.scan_low.read_data.val())
            | (bit_cast::<32, 16>(self.spikes.entry.val()) << 16);
        self.scan.taken.next = self.groups.take.val();
        self.spikes.summary_read.next = self.scan.summary_read.val();
        self.spikes.summary_group.next = self.scan.summary_group.val();
        self.groups.s1_valid.next = self.scan.valid.val();
        self.groups.s1_group.next = self.scan.group.val();
        self.groups.s1_weight.next = self.scan.weight_group.val();
        self.groups.s1_words.next = self.scan.words.val();
        self.groups.s1_last.next = self.scan.last.val();
        self.groups.s1_flush.next = self.scan.flush.val();
        self.groups.s1_parity.next = self.scan.parity.val();
        self.groups.summary.next = self.spikes.summary.val();
        self.groups.full.next = self.words.full.val();
        self.words.push.next = self.groups.push.val();
        self.words.entry.next = self.groups.entry.val();
        self.words.pop.next = self.bits_of.pop.val();
        self.bits_of.head_valid.next = self.words.valid.val();
        self.bits_of.head.next = self.words.head.val();
        self.spikes.word_read.next = self.bits_of.pop.val();
        self.spikes.read_group.next = self.words.head.val().get_bits::<8>(0);
        self.spikes.read_index.next = self.words.head.val().get_bits::<2>(16);
        self.bits_of.word.next = self.spikes.word.val();
        self.bits_of.full.next = self.events.full.val();
        self.events.push.next = self.bits_of.push.val();
        self.events.entry.next = self.bits_of.entry.val();
        self.events.pop.next = self.issue.pop.val();
        // Issue and sequencer.
        self.issue.go.next = self.host.go.val();
        self.issue.head_valid.next = self.events.valid.val();
        self.issue.head.next = self.events.head.val();
        self.issue.guarded.next = self.sequencer.guarded.val();
        self.issue.first_tick.next = self.sequencer.first_tick.val();
        self.sequencer.go.next = self.host.go.val();
        self.sequencer.resumes.next = self.host.resumes.val();
        self.sequencer.ticks_m1.next = self.host.ticks_m1.val();
        self.sequencer.fire_taken.next = self.issue.fire_taken.val();
        self.sequencer.row_starts.next = self.lanes.row_starts.val();
        self.sequencer.gang_starts.next = self.lanes.gang_starts.val();
        self.sequencer.gang_last.next = self.lanes.gang_last.val();
        self.sequencer.pass_entry.next = self.tables.pass_entry.val();
        self.sequencer.entry.next = self.tables.tile_entry.val();
        // Lanes.
        self.lanes.token_valid.next = self.issue.token_valid.val();
        self.lanes.token_first.next = self.issue.token_first.val();
        self.lanes.token_null.next = self.issue.token_null.val();
        self.lanes.token_fire.next = self.issue.token_fire.val();
        self.lanes.token_first_tick.next = self.issue.token_first_tick.val();
        self.lanes.row_group.next = self.issue.row_group.val();
        self.lanes.row_word.next = self.issue.row_word.val();
        self.lanes.row_bit.next = self.issue.row_bit.val();
        self.lanes.identity.next = self.sequencer.identity.val();
        self.lanes.windowed.next = self.sequencer.windowed.val();
        self.lanes.rows_m1.next = self.sequencer.rows_m1.val();
        self.lanes.gangs_m1.next = self.sequencer.gangs_m1.val();
        self.lanes.write.next = self.host.write_weights.val();
        self.lanes.write_address.next = self.host.address.val();
        self.lanes.write_data.next = self.host.data.val();
        // Fire.
        self.fire.row_valid.next = self.lanes.row_valid.val();
        self.fire.row_last.next = self.lanes.row_last.val();
        self.fire.row_first_tick.next = self.lanes.row_first_tick.val();
        self.fire.row_begins.next = self.sequencer.begins.val();
        self.fire.row_ends.next = self.sequencer.ends.val();
        self.fire.row_turns.next = self.sequencer.turns.val();
        self.fire.row_done.next = self.sequencer.done.val();
        self.fire.tile_load.next = self.sequencer.target_load.val();
        self.fire.heads.next = self.lanes.heads.val();
        self.fire.inverted_events.next = self.lanes.inverted_events.val();
        self.fire.above.next = self.sequencer.above.val();
        self.fire.zero.next = self.sequencer.zero.val();
        self.fire.fires.next = self.sequencer.fires.val();
        self.fire.first_spike.next = self.sequencer.first_spike.val();
        self.fire.leak_m.next = self.sequencer.leak_m.val();
        self.fire.leak_r.next = self.sequencer.leak_r.val();
        self.fire.gain.next = self.sequencer.gain.val();
        self.fire.param_row.next = self.sequencer.param_row.val();
        self.fire.tick.next = self.writer.tick.val();
        self.fire.write.next = self.host.write_params.val();
        self.fire.write_address.next = self.host.address.val().get_bits::<16>(0);
        self.fire.write_data.next = self.host.data.val();
        self.fire.read.next = self.readout.active.val();
        self.fire.read_row.next = self.readout.row.val();
        self.fire.read_unit.next = self.readout.unit.val();
        self.fire.potentials.next = self.host.potentials.val();
        // Writer.
        self.writer.row_valid.next = self.fire.out_valid.val();
        self.writer.row_last.next = self.fire.out_last.val();
        self.writer.spikes.next = self.fire.spikes.val();
        self.writer.row_turns.next = self.fire.out_turns.val();
        self.writer.row_done.next = self.fire.out_done.val();
        self.writer.go.next = self.host.go.val();
        self.writer.resumes.next = self.host.resumes.val();
        self.writer.upper.next = self.host.upper.val();
        self.writer.stride.next = self.host.stride.val();
        self.writer.target_load.next = self.sequencer.target_load.val();
        self.writer.target_group.next = self.sequencer.target_group.val();
        self.writer.target_word.next = self.sequencer.target_word.val();
        self.writer.target_step.next = self.sequencer.target_step.val();
        self.writer.blank.next = self.sequencer.blank.val();
        self.writer.pool_m1.next = self.sequencer.pool_m1.val();
        self.writer.last_tile.next = self.sequencer.last.val();
        self.writer.host_write.next = self.host.write_spikes.val();
        self.writer.host_address.next = self.host.address.val().get_bits::<16>(0);
        self.writer.host_data.next = self.host.data.val();
        self.spikes.word_write.next = self.writer.word_write.val();
        self.spikes.write_group.next = self.writer.word_group.val();
        self.spikes.write_index.next = self.writer.word_index.val();
        self.spikes.write_data.next = self.writer.word_data.val();
        // Readout.
        self.readout.go.next = self.host.go.val();
        self.readout.finish.next = self.writer.finish.val();
        self.readout.param_row.next = self.sequencer.param_row.val();
        self.readout.classes_m1.next = self.host.classes_m1.val();
        self.readout.potentials.next = self.host.potentials.val();
        self.readout.value.next = self.fire.value.val();
        // Trace port.
        self.trace_valid.next = self.fire.out_valid.val();
        self.trace_layer.next = self.sequencer.layer.val();
        self.row_offset.next = bit_cast::<16, 12>(self.fire.out_row.val()) << self.unit_shift.val();
        self.trace_neuron.next =
            (bit_cast::<16, 12>(self.sequencer.neuron16.val()) << 4) + self.row_offset.val();
        self.trace_tick.next = self.writer.tick.val();
        self.trace_u.next = self.fire.trace_u.val();
        self.trace_v.next = self.fire.trace_v.val();
        self.trace_s.next = self.fire.spikes.val();
    }
}
