//! Board tops: clock generator, serial link, core, and a lamp that shows a running sample.

use crate::{
    emit::{Verilog, emit},
    prim::{ClockGenerator, Pll},
    system::System,
};
use rust_hdl::prelude::*;
use spikewright_ir::{CoreSpec, Preset};

/// Top of every board; the pins are named by the constraint files.
#[derive(LogicBlock)]
struct Board<const H: usize, const S: usize, const T: usize> {
    pub clk: Signal<In, Clock>,
    pub rx: Signal<In, Bit>,
    pub tx: Signal<Out, Bit>,
    pub led: Signal<Out, Bit>,
    generator: ClockGenerator,
    system: System<H, S, T>,
}

impl<const H: usize, const S: usize, const T: usize> Board<H, S, T> {
    fn new(spec: &CoreSpec, pll: Pll, bit_cycles: u16) -> Self {
        Self {
            clk: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            led: Default::default(),
            generator: ClockGenerator::new(pll),
            system: System::new(spec, bit_cycles),
        }
    }
}

impl<const H: usize, const S: usize, const T: usize> Logic for Board<H, S, T> {
    #[hdl_gen]
    fn update(&mut self) {
        self.generator.clock_in.next = self.clk.val();
        self.system.clock.next = self.generator.clock_out.val();
        self.system.rx.next = self.rx.val();
        self.tx.next = self.system.tx.val();
        self.led.next = self.system.busy.val();
    }
}

/// Emits a board top: ports `clk`, `rx`, `tx`, `led`. `bit_cycles` is core clock / baud.
pub fn emit_board(preset: Preset, pll: Pll, bit_cycles: u16) -> Verilog {
    macro_rules! board {
        ($spec:expr) => {{
            const SPEC: CoreSpec = $spec;
            emit(&mut Board::<
                { SPEC.fire_units * SPEC.count_bits },
                { SPEC.fire_units },
                { SPEC.fire_units * 16 },
            >::new(&SPEC, pll, bit_cycles))
        }};
    }
    match preset {
        Preset::Tiny => board!(Preset::Tiny.spec()),
        Preset::Up5k => board!(Preset::Up5k.spec()),
        Preset::Hx8k => board!(Preset::Hx8k.spec()),
        Preset::Ecp5_25 => board!(Preset::Ecp5_25.spec()),
        Preset::Ecp5_85 => board!(Preset::Ecp5_85.spec()),
    }
}

/// Emits core and link without a clock generator, for simulation: ports `clock`, `rx`, `tx`, `busy`.
pub fn emit_system(preset: Preset, bit_cycles: u16) -> Verilog {
    macro_rules! system {
        ($spec:expr) => {{
            const SPEC: CoreSpec = $spec;
            emit(&mut System::<
                { SPEC.fire_units * SPEC.count_bits },
                { SPEC.fire_units },
                { SPEC.fire_units * 16 },
            >::new(&SPEC, bit_cycles))
        }};
    }
    match preset {
        Preset::Tiny => system!(Preset::Tiny.spec()),
        Preset::Up5k => system!(Preset::Up5k.spec()),
        Preset::Hx8k => system!(Preset::Hx8k.spec()),
        Preset::Ecp5_25 => system!(Preset::Ecp5_25.spec()),
        Preset::Ecp5_85 => system!(Preset::Ecp5_85.spec()),
    }
}
