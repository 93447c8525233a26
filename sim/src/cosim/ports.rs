//! The core's ports in one cycle, and the trait of anything that has them.

use crate::MAX_UNITS;

/// What the host puts on the bus in a cycle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct HostDrive {
    /// `host_addr`, 20 bits.
    pub address: u32,
    /// `host_wdata`.
    pub data: u16,
    /// `host_we`.
    pub write: bool,
}

/// One entry of the trace port, units past the core's 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceSample {
    /// `trace_layer`
    pub layer: u8,
    /// `trace_neuron`
    pub neuron: u16,
    /// `trace_tick`
    pub tick: u16,
    /// `trace_u`, unit 0 first.
    pub u: [i16; MAX_UNITS],
    /// `trace_v`, unit 0 first.
    pub v: [i16; MAX_UNITS],
    /// `trace_s`
    pub s: u16,
}

/// The core's outputs in a cycle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct PortSample {
    /// `host_rdata`
    pub read: u16,
    /// `busy`
    pub busy: bool,
    /// The trace port, when `trace_valid`.
    pub trace: Option<TraceSample>,
}

/// A core that can be clocked.
pub trait CorePorts {
    /// One clock cycle: the clock low with these inputs, settle, sample the outputs, the clock
    /// high, settle. Inputs never change together with the rising edge.
    ///
    /// # Errors
    /// What the engine says when it cannot go on, such as logic that does not settle.
    fn cycle(&mut self, drive: HostDrive) -> Result<PortSample, String>;
}

/// A core lent to a co-simulation.
impl<C: CorePorts + ?Sized> CorePorts for &mut C {
    fn cycle(&mut self, drive: HostDrive) -> Result<PortSample, String> {
        (**self).cycle(drive)
    }
}
