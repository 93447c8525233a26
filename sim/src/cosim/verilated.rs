//! The core as Verilog, run by Verilator: L4 for emitted text, L5 for a netlist with its cells.

use super::ports::{CorePorts, HostDrive, PortSample, TraceSample};
use crate::MAX_UNITS;
use spikewright_ir::{Preset, ThetaPreset, ThetaSpec, layout::bus};
use std::path::Path;
use verilator_sys::{Library, Model, Port, Toolset, VerilatorError, build};

/// Indices into [`core_ports`].
#[derive(Clone, Copy)]
enum Pin {
    Clock,
    HostAddr,
    HostWdata,
    HostWe,
    HostRdata,
    Busy,
    TraceValid,
    TraceLayer,
    TraceNeuron,
    TraceTick,
    TraceU,
    TraceV,
    TraceS,
}

/// What the ports of cores differ in.
#[derive(Clone, Debug)]
pub struct CoreShape {
    /// The preset's name.
    pub name: String,
    /// Neurons of a row on the trace port.
    pub units: usize,
    /// Width of `trace_tick`.
    pub tick_bits: usize,
}

impl From<Preset> for CoreShape {
    fn from(preset: Preset) -> Self {
        Self { name: preset.to_string(), units: preset.spec().fire_units, tick_bits: 8 }
    }
}

impl From<ThetaPreset> for CoreShape {
    fn from(preset: ThetaPreset) -> Self {
        Self { name: preset.to_string(), units: ThetaSpec::UNITS, tick_bits: 16 }
    }
}

/// The ports of a preset's core.
pub fn core_ports(preset: impl Into<CoreShape>) -> Vec<Port> {
    let CoreShape { units, tick_bits, .. } = preset.into();
    vec![
        Port::input("clock", 1),
        Port::input("host_addr", bus::ADDRESS_BITS),
        Port::input("host_wdata", 16),
        Port::input("host_we", 1),
        Port::output("host_rdata", 16),
        Port::output("busy", 1),
        Port::output("trace_valid", 1),
        Port::output("trace_layer", 4),
        Port::output("trace_neuron", 16),
        Port::output("trace_tick", tick_bits),
        Port::output("trace_u", 16 * units),
        Port::output("trace_v", 16 * units),
        Port::output("trace_s", units),
    ]
}

/// A Verilator model of a core. It stays on the thread that built it.
pub struct VerilatedCore {
    model: Model,
    units: usize,
}

impl VerilatedCore {
    /// Builds (or finds in `cache`) the model of module `top`. `ports` is the module's port list;
    /// ports the core does not need are left open.
    ///
    /// # Errors
    /// [`VerilatorError::Port`] when a port of the core is missing or has another width or
    /// direction, and whatever building and loading say.
    pub fn new(
        tools: &Toolset,
        cache: &Path,
        verilog: &str,
        top: &str,
        ports: &[Port],
        preset: impl Into<CoreShape>,
    ) -> Result<Self, VerilatorError> {
        let shape = preset.into();
        let (name, needed) = (&shape.name, core_ports(shape.clone()));
        for port in &needed {
            let error = |problem| VerilatorError::Port { name: port.name.clone(), problem };
            match ports.iter().find(|p| p.name == port.name) {
                None => return Err(error(format!("the {name} core must have it"))),
                Some(p) if p != port => {
                    let kind = |p: &Port| if p.input { "input" } else { "output" };
                    return Err(error(format!(
                        "{} bits {}, the {name} core's has {} bits {}",
                        p.bits,
                        kind(p),
                        port.bits,
                        kind(port)
                    )));
                }
                Some(_) => {}
            }
        }
        Self::load(&build(tools, cache, verilog, top, &needed)?, shape)
    }

    /// Loads a model that was built with [`core_ports`] of the preset.
    ///
    /// # Errors
    /// [`VerilatorError::Port`] when it was built with other ports, and what loading says.
    pub fn load(library: &Library, preset: impl Into<CoreShape>) -> Result<Self, VerilatorError> {
        let shape = preset.into();
        if library.ports != core_ports(shape.clone()) {
            let problem =
                format!("the library is not built with the {} core's port list", shape.name);
            return Err(VerilatorError::Port { name: "clock".into(), problem });
        }
        Ok(Self { model: Model::load(library)?, units: shape.units })
    }

    fn get(&self, pin: Pin) -> u64 {
        self.model.get(pin as usize)
    }

    /// A port of 16 bits per fire unit, unit 0 lowest.
    fn lanes(&self, pin: Pin) -> [i16; MAX_UNITS] {
        let mut words = [0u32; MAX_UNITS / 2];
        self.model.get_wide(pin as usize, &mut words[..self.units.div_ceil(2)]);
        std::array::from_fn(|unit| (words[unit / 2] >> (16 * (unit % 2))) as i16)
    }

    fn sample(&self) -> PortSample {
        let trace = (self.get(Pin::TraceValid) == 1).then(|| TraceSample {
            layer: self.get(Pin::TraceLayer) as u8,
            neuron: self.get(Pin::TraceNeuron) as u16,
            tick: self.get(Pin::TraceTick) as u16,
            u: self.lanes(Pin::TraceU),
            v: self.lanes(Pin::TraceV),
            s: self.get(Pin::TraceS) as u16,
        });
        PortSample { read: self.get(Pin::HostRdata) as u16, busy: self.get(Pin::Busy) == 1, trace }
    }
}

impl CorePorts for VerilatedCore {
    fn cycle(&mut self, drive: HostDrive) -> Result<PortSample, String> {
        let model = &mut self.model;
        model.set(Pin::Clock as usize, 0);
        model.set(Pin::HostAddr as usize, drive.address.into());
        model.set(Pin::HostWdata as usize, drive.data.into());
        model.set(Pin::HostWe as usize, drive.write.into());
        model.eval();
        let sample = self.sample();
        self.model.set(Pin::Clock as usize, 1);
        self.model.eval();
        Ok(sample)
    }
}
