//! The clock pin of the configuration flash on ECP5: it is no pin of the design, a vendor cell drives it.

use rust_hdl::prelude::*;

/// See the module's documentation. A simulation of a board top is not meant; there the cell drives nothing.
#[derive(LogicBlock, Default)]
pub struct ConfigClock {
    /// Clock of the flash.
    pub sck: Signal<In, Bit>,
}

impl Logic for ConfigClock {
    fn update(&mut self) {}

    fn connect(&mut self) {}

    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper {
            code: "(* keep *) USRMCLK usrmclk (.USRMCLKI(sck), .USRMCLKTS(1'b0));".into(),
            cores: String::new(),
        })
    }
}
