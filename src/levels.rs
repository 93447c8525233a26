//! The levels that run a compiled image, behind one interface: L3 (rust-hdl's simulation) and L4
//! (Verilator) are driven by the same harness over the core's host bus, L2 is the cycle model.

use crate::{
    flow::tools::Toolset,
    hdl::{BusInput, Dut, Verilog, emit_core, emit_theta_core},
    ir::{Preset, ThetaPreset},
    sim::{
        MAX_UNITS,
        cosim::{CorePorts, HostDrive, PortSample, TraceSample, VerilatedCore},
    },
};
use std::path::{Path, PathBuf};
use verilator_sys::VerilatorError;

/// The core in rust-hdl's own simulation, as the harness wants it.
pub struct RustHdlCore(Dut);

impl RustHdlCore {
    /// The core of a preset.
    pub fn new(preset: Preset) -> Self {
        Self(Dut::new(preset))
    }

    /// The core of theta neurons of a preset.
    pub fn theta(preset: ThetaPreset) -> Self {
        Self(Dut::theta(preset))
    }
}

impl CorePorts for RustHdlCore {
    fn cycle(&mut self, drive: HostDrive) -> Result<PortSample, String> {
        let HostDrive { address, data, write } = drive;
        let out = self.0.cycle(BusInput { address, data, write });
        let pad = |values: &[i16]| {
            let mut all = [0; MAX_UNITS];
            all[..values.len()].copy_from_slice(values);
            all
        };
        let trace = out.trace.map(|t| TraceSample {
            layer: t.layer,
            neuron: t.neuron,
            tick: t.tick,
            u: pad(&t.u),
            v: pad(&t.v),
            s: t.s,
        });
        Ok(PortSample { read: out.rdata, busy: out.busy, trace })
    }
}

/// Verilator as the flow found it, as the co-simulation wants it.
pub fn verilator(tools: &Toolset) -> Result<verilator_sys::Toolset, crate::flow::tools::ToolError> {
    Ok(verilator_sys::Toolset {
        verilator: tools.verilator.binary.clone(),
        root: tools.verilator.root.clone(),
        compiler: crate::flow::tools::cxx()?,
    })
}

/// Where compiled Verilator models are kept: beside the private tool environment.
pub fn model_cache() -> Result<PathBuf, crate::flow::tools::ToolError> {
    let environment = crate::flow::tools::environment_dir()?;
    Ok(environment.parent().unwrap_or(Path::new(".")).join("models"))
}

/// The emitted core of a preset, verilated.
pub fn verilated_core(
    tools: &verilator_sys::Toolset,
    cache: &Path,
    preset: Preset,
) -> Result<VerilatedCore, VerilatorError> {
    let Verilog { text, ports } = emit_core(preset);
    VerilatedCore::new(tools, cache, &text, "top", &model_ports(&ports), preset)
}

/// The emitted core of theta neurons of a preset, verilated.
pub fn verilated_theta_core(
    tools: &verilator_sys::Toolset,
    cache: &Path,
    preset: ThetaPreset,
) -> Result<VerilatedCore, VerilatorError> {
    let Verilog { text, ports } = emit_theta_core(preset);
    VerilatedCore::new(tools, cache, &text, "top", &model_ports(&ports), preset)
}

/// A port list as the Verilator layer wants it.
pub fn model_ports(ports: &[crate::hdl::Port]) -> Vec<verilator_sys::Port> {
    ports
        .iter()
        .map(|p| match p.input {
            true => verilator_sys::Port::input(&p.name, p.bits),
            false => verilator_sys::Port::output(&p.name, p.bits),
        })
        .collect()
}
