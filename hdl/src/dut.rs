//! The core in rust-hdl's own simulation, stepped cycle by cycle: level L3.

use crate::{core::Core, theta::ThetaCore};
use rust_hdl::prelude::*;
use spikewright_ir::{Preset, ThetaPreset, ThetaSpec};

/// A write or read address on the host bus.
#[derive(Clone, Copy, Default, Debug)]
pub struct BusInput {
    /// Region and word.
    pub address: u32,
    /// Word to be written.
    pub data: u16,
    /// Write strobe.
    pub write: bool,
}

/// A row on the trace port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceOutput {
    /// Layer.
    pub layer: u8,
    /// First neuron of the row.
    pub neuron: u16,
    /// Tick.
    pub tick: u16,
    /// u of each unit.
    pub u: Vec<i16>,
    /// v of each unit.
    pub v: Vec<i16>,
    /// Spikes, unit 0 in bit 0.
    pub s: u16,
}

/// What the core shows in a cycle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CoreOutput {
    /// Status word addressed in the cycle before.
    pub rdata: u16,
    /// A sample runs.
    pub busy: bool,
    /// Row on the trace port.
    pub trace: Option<TraceOutput>,
}

/// A core of some preset in rust-hdl's simulation.
pub struct Dut(Box<dyn Step>);

impl Dut {
    /// Builds and connects the core.
    pub fn new(preset: Preset) -> Self {
        Self(crate::presets::with_sized!(preset, Core(), core => {
            core.connect_all();
            Box::new(core)
        }))
    }

    /// Builds and connects the core of theta neurons.
    pub fn theta(preset: ThetaPreset) -> Self {
        let mut core = ThetaCore::new(&preset.spec());
        core.connect_all();
        Self(Box::new(core))
    }

    /// One clock cycle with `input` on the bus; returns what stands at the outputs in it.
    pub fn cycle(&mut self, input: BusInput) -> CoreOutput {
        self.0.cycle(input)
    }
}

trait Step: Send {
    fn cycle(&mut self, input: BusInput) -> CoreOutput;
}

fn settle<B: Block>(block: &mut B) {
    loop {
        block.update_all();
        if !block.has_changed() {
            break;
        }
    }
}

/// 16-bit slices of a wide word, signed.
fn slices<const T: usize>(wide: Bits<T>) -> Vec<i16> {
    (0..T / 16)
        .map(|unit| {
            (0..16).map(|bit| u16::from(wide.get_bit(16 * unit + bit)) << bit).sum::<u16>() as i16
        })
        .collect()
}

/// Both kinds of core have the same ports.
macro_rules! step {
    ([$($generic:tt)*] $core:ty, $units:expr) => {
impl<$($generic)*> Step for $core {
    fn cycle(&mut self, input: BusInput) -> CoreOutput {
        // Inputs change while the clock is low, outputs are sampled before it rises.
        self.clock.next = false.into();
        self.host_addr.next = u64::from(input.address).to_bits();
        self.host_wdata.next = u64::from(input.data).to_bits();
        self.host_we.next = input.write;
        settle(self);
        let output = CoreOutput {
            rdata: self.host_rdata.val().index() as u16,
            busy: self.busy.val(),
            trace: self.trace_valid.val().then(|| TraceOutput {
                layer: self.trace_layer.val().index() as u8,
                neuron: self.trace_neuron.val().index() as u16,
                tick: self.trace_tick.val().index() as u16,
                u: slices(self.trace_u.val()),
                v: slices(self.trace_v.val()),
                s: (0..$units).map(|unit| u16::from(self.trace_s.val().get_bit(unit)) << unit).sum(),
            }),
        };
        self.clock.next = true.into();
        settle(self);
        output
    }
}
    };
}

step!([const H: usize, const S: usize, const T: usize] Core<H, S, T>, S);
step!([] ThetaCore, ThetaSpec::UNITS);
