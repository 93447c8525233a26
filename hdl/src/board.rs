//! Board tops, one per link: clock generator, link, core, and a lamp that shows a running sample. The same for each
//! kind of core.

use crate::{
    emit::{Verilog, emit},
    prim::{ClockGenerator, ConfigClock, Pll},
    system,
};
use rust_hdl::prelude::*;
use spikewright_ir::{CoreSpec, Preset, ThetaPreset, ThetaSpec};

/// What a board top has around the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Top {
    /// Clock generator; its family is the board's.
    pub pll: Pll,
    /// What the host is connected to.
    pub link: Link,
}

/// What the host is connected to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// A serial line: ports `rx`, `tx`.
    Uart {
        /// Clock cycles of a bit: core clock / baud.
        bit_cycles: u16,
        /// Byte of the configuration flash where an image may begin, which is read at power-up: ports
        /// `flash_cs`, `flash_mosi`, `flash_miso`; on iCE40 `flash_sck`, on ECP5 `flash_wp`, `flash_hold`.
        flash: Option<u32>,
    },
    /// SPI mode 0, the board is the device: ports `sck`, `cs`, `mosi`, `miso`.
    Spi,
}

/// The boards of a kind of core, as [`crate::system`] has its systems.
macro_rules! boards {
    ($systems:ident [$($generic:tt)*] [$($argument:tt)*] [$($spec:tt)*]) => {
        use system::$systems::{FlashSystem, SpiSystem, System};

        /// A serial line.
        #[derive(LogicBlock)]
        pub struct Board<$($generic)*> {
            pub clk: Signal<In, Clock>,
            pub rx: Signal<In, Bit>,
            pub tx: Signal<Out, Bit>,
            pub led: Signal<Out, Bit>,
            generator: ClockGenerator,
            system: System<$($argument)*>,
        }

        impl<$($generic)*> Board<$($argument)*> {
            pub fn new(spec: &$($spec)*, pll: Pll, bit_cycles: u16) -> Self {
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

        impl<$($generic)*> Logic for Board<$($argument)*> {
            #[hdl_gen]
            fn update(&mut self) {
                self.generator.clock_in.next = self.clk.val();
                self.system.clock.next = self.generator.clock_out.val();
                self.system.rx.next = self.rx.val();
                self.tx.next = self.system.tx.val();
                self.led.next = self.system.busy.val();
            }
        }

        /// A serial line and the flash, whose clock is a pin like others.
        #[derive(LogicBlock)]
        pub struct FlashBoard<$($generic)*> {
            pub clk: Signal<In, Clock>,
            pub rx: Signal<In, Bit>,
            pub tx: Signal<Out, Bit>,
            pub led: Signal<Out, Bit>,
            pub flash_sck: Signal<Out, Bit>,
            pub flash_cs: Signal<Out, Bit>,
            pub flash_mosi: Signal<Out, Bit>,
            pub flash_miso: Signal<In, Bit>,
            generator: ClockGenerator,
            system: FlashSystem<$($argument)*>,
        }

        impl<$($generic)*> FlashBoard<$($argument)*> {
            pub fn new(spec: &$($spec)*, pll: Pll, bit_cycles: u16, offset: u32) -> Self {
                Self {
                    clk: Default::default(),
                    rx: Default::default(),
                    tx: Default::default(),
                    led: Default::default(),
                    flash_sck: Default::default(),
                    flash_cs: Default::default(),
                    flash_mosi: Default::default(),
                    flash_miso: Default::default(),
                    generator: ClockGenerator::new(pll),
                    system: FlashSystem::new(spec, bit_cycles, offset),
                }
            }
        }

        impl<$($generic)*> Logic for FlashBoard<$($argument)*> {
            #[hdl_gen]
            fn update(&mut self) {
                self.generator.clock_in.next = self.clk.val();
                self.system.clock.next = self.generator.clock_out.val();
                self.system.rx.next = self.rx.val();
                self.tx.next = self.system.tx.val();
                self.led.next = self.system.busy.val();
                self.flash_sck.next = self.system.flash_sck.val();
                self.flash_cs.next = self.system.flash_cs.val();
                self.flash_mosi.next = self.system.flash_mosi.val();
                self.system.flash_miso.next = self.flash_miso.val();
            }
        }

        /// A serial line and the flash, whose clock goes through the cell for it.
        #[derive(LogicBlock)]
        pub struct ConfigClockBoard<$($generic)*> {
            pub clk: Signal<In, Clock>,
            pub rx: Signal<In, Bit>,
            pub tx: Signal<Out, Bit>,
            pub led: Signal<Out, Bit>,
            pub flash_cs: Signal<Out, Bit>,
            pub flash_mosi: Signal<Out, Bit>,
            pub flash_miso: Signal<In, Bit>,
            pub flash_wp: Signal<Out, Bit>,
            pub flash_hold: Signal<Out, Bit>,
            generator: ClockGenerator,
            config_clock: ConfigClock,
            system: FlashSystem<$($argument)*>,
        }

        impl<$($generic)*> ConfigClockBoard<$($argument)*> {
            pub fn new(spec: &$($spec)*, pll: Pll, bit_cycles: u16, offset: u32) -> Self {
                Self {
                    clk: Default::default(),
                    rx: Default::default(),
                    tx: Default::default(),
                    led: Default::default(),
                    flash_cs: Default::default(),
                    flash_mosi: Default::default(),
                    flash_miso: Default::default(),
                    flash_wp: Default::default(),
                    flash_hold: Default::default(),
                    generator: ClockGenerator::new(pll),
                    config_clock: Default::default(),
                    system: FlashSystem::new(spec, bit_cycles, offset),
                }
            }
        }

        impl<$($generic)*> Logic for ConfigClockBoard<$($argument)*> {
            #[hdl_gen]
            fn update(&mut self) {
                self.generator.clock_in.next = self.clk.val();
                self.system.clock.next = self.generator.clock_out.val();
                self.system.rx.next = self.rx.val();
                self.tx.next = self.system.tx.val();
                self.led.next = self.system.busy.val();
                self.config_clock.sck.next = self.system.flash_sck.val();
                self.flash_cs.next = self.system.flash_cs.val();
                self.flash_mosi.next = self.system.flash_mosi.val();
                self.system.flash_miso.next = self.flash_miso.val();
                // An unused pin of this family is pulled down, which would hold the flash.
                self.flash_wp.next = true;
                self.flash_hold.next = true;
            }
        }

        /// SPI.
        #[derive(LogicBlock)]
        pub struct SpiBoard<$($generic)*> {
            pub clk: Signal<In, Clock>,
            pub sck: Signal<In, Bit>,
            pub cs: Signal<In, Bit>,
            pub mosi: Signal<In, Bit>,
            pub miso: Signal<Out, Bit>,
            pub led: Signal<Out, Bit>,
            generator: ClockGenerator,
            system: SpiSystem<$($argument)*>,
        }

        impl<$($generic)*> SpiBoard<$($argument)*> {
            pub fn new(spec: &$($spec)*, pll: Pll) -> Self {
                Self {
                    clk: Default::default(),
                    sck: Default::default(),
                    cs: Default::default(),
                    mosi: Default::default(),
                    miso: Default::default(),
                    led: Default::default(),
                    generator: ClockGenerator::new(pll),
                    system: SpiSystem::new(spec),
                }
            }
        }

        impl<$($generic)*> Logic for SpiBoard<$($argument)*> {
            #[hdl_gen]
            fn update(&mut self) {
                self.generator.clock_in.next = self.clk.val();
                self.system.clock.next = self.generator.clock_out.val();
                self.system.sck.next = self.sck.val();
                self.system.cs.next = self.cs.val();
                self.system.mosi.next = self.mosi.val();
                self.miso.next = self.system.miso.val();
                self.led.next = self.system.busy.val();
            }
        }

    };
}

mod lif {
    use super::*;
    boards!(lif [const H: usize, const S: usize, const T: usize] [H, S, T] [CoreSpec]);
}

mod theta {
    use super::*;
    boards!(theta [] [] [ThetaSpec]);
}

/// Builds a block of a preset's sizes and emits it.
macro_rules! emit_sized {
    ($preset:expr, $($block:ident)::+($($argument:expr),*)) => {
        $crate::presets::with_sized!($preset, $($block)::+($($argument),*), top => emit(&mut top))
    };
}

/// Emits a board top: ports `clk`, `led`, and those of its link.
pub fn emit_board(preset: Preset, top: Top) -> Verilog {
    let Top { pll, link } = top;
    match (link, pll) {
        (Link::Uart { bit_cycles, flash: None }, _) => {
            emit_sized!(preset, lif::Board(pll, bit_cycles))
        }
        (Link::Uart { bit_cycles, flash: Some(offset) }, Pll::Ice40 { .. }) => {
            emit_sized!(preset, lif::FlashBoard(pll, bit_cycles, offset))
        }
        (Link::Uart { bit_cycles, flash: Some(offset) }, Pll::Ecp5 { .. }) => {
            emit_sized!(preset, lif::ConfigClockBoard(pll, bit_cycles, offset))
        }
        (Link::Spi, _) => emit_sized!(preset, lif::SpiBoard(pll)),
    }
}

/// Emits core and link without a clock generator, for simulation: ports `clock`, `busy`, and those of
/// the link, `flash_sck` among them.
pub fn emit_system(preset: Preset, link: Link) -> Verilog {
    match link {
        Link::Uart { bit_cycles, flash: None } => {
            emit_sized!(preset, system::lif::System(bit_cycles))
        }
        Link::Uart { bit_cycles, flash: Some(offset) } => {
            emit_sized!(preset, system::lif::FlashSystem(bit_cycles, offset))
        }
        Link::Spi => emit_sized!(preset, system::lif::SpiSystem()),
    }
}

/// Emits a board top with a core of theta neurons: ports as those of [`emit_board`].
pub fn emit_theta_board(preset: ThetaPreset, top: Top) -> Verilog {
    let (Top { pll, link }, spec) = (top, preset.spec());
    match (link, pll) {
        (Link::Uart { bit_cycles, flash: None }, _) => {
            emit(&mut theta::Board::new(&spec, pll, bit_cycles))
        }
        (Link::Uart { bit_cycles, flash: Some(offset) }, Pll::Ice40 { .. }) => {
            emit(&mut theta::FlashBoard::new(&spec, pll, bit_cycles, offset))
        }
        (Link::Uart { bit_cycles, flash: Some(offset) }, Pll::Ecp5 { .. }) => {
            emit(&mut theta::ConfigClockBoard::new(&spec, pll, bit_cycles, offset))
        }
        (Link::Spi, _) => emit(&mut theta::SpiBoard::new(&spec, pll)),
    }
}

/// Emits a core of theta neurons and its link without a clock generator, as [`emit_system`] does.
pub fn emit_theta_system(preset: ThetaPreset, link: Link) -> Verilog {
    let spec = preset.spec();
    match link {
        Link::Uart { bit_cycles, flash: None } => {
            emit(&mut system::theta::System::new(&spec, bit_cycles))
        }
        Link::Uart { bit_cycles, flash: Some(offset) } => {
            emit(&mut system::theta::FlashSystem::new(&spec, bit_cycles, offset))
        }
        Link::Spi => emit(&mut system::theta::SpiSystem::new(&spec)),
    }
}
