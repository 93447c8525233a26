//! Verilog text and port lists: plain data out of rust-hdl.

use crate::{block::SpikeMemory, core::Core, theta::ThetaCore};
use rust_hdl::prelude::*;
use spikewright_ir::{CoreSpec, Preset, ThetaPreset};

/// A port of an emitted top.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize, Hash)]
pub struct Port {
    /// Name in the Verilog.
    pub name: String,
    /// Width in bits.
    pub bits: usize,
    /// Driven from outside.
    pub input: bool,
}

/// An emitted design: module `top` and everything below it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verilog {
    /// The text.
    pub text: String,
    /// Ports of `top`.
    pub ports: Vec<Port>,
}

/// Emits the core of a preset behind its parallel host bus.
pub fn emit_core(preset: Preset) -> Verilog {
    crate::presets::with_sized!(preset, Core(), core => emit(&mut core))
}

/// Emits the core of theta neurons of a preset behind its parallel host bus.
pub fn emit_theta_core(preset: ThetaPreset) -> Verilog {
    emit(&mut ThetaCore::new(&preset.spec()))
}

/// Emits the spike memory alone, of a size that need not be a preset's: proofs about its contents want few
/// words.
pub fn emit_spike_memory(spec: &CoreSpec) -> Verilog {
    emit(&mut SpikeMemory::new(spec))
}

/// Emits any block as module `top`.
pub(crate) fn emit<B: Block>(block: &mut B) -> Verilog {
    block.connect_all();
    let mut ports = Ports::default();
    block.accept("top", &mut ports);
    Verilog { text: generate_verilog(block), ports: ports.list }
}

/// Collects the atoms of the outermost scope.
#[derive(Default)]
struct Ports {
    depth: usize,
    list: Vec<Port>,
}

impl Probe for Ports {
    fn visit_start_scope(&mut self, _: &str, _: &dyn Block) {
        self.depth += 1;
    }
    fn visit_end_scope(&mut self, _: &str, _: &dyn Block) {
        self.depth -= 1;
    }
    fn visit_start_namespace(&mut self, _: &str, _: &dyn Block) {}
    fn visit_end_namespace(&mut self, _: &str, _: &dyn Block) {}
    fn visit_atom(&mut self, name: &str, atom: &dyn Atom) {
        let input = match atom.kind() {
            AtomKind::InputParameter => true,
            AtomKind::OutputParameter => false,
            _ => return,
        };
        if self.depth == 1 {
            self.list.push(Port { name: name.into(), bits: atom.bits(), input });
        }
    }
}
