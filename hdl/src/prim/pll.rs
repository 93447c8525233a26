//! Clock generators: vendor cells as wrappers. A simulation of a board top is not meant; the link and
//! the core are simulated without it.

use rust_hdl::prelude::*;

/// Settings of a board's clock generator.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum Pll {
    /// `SB_PLL40_PAD`, or `SB_PLL40_CORE`: f = f_in · (divf + 1) / ((divr + 1) · 2^divq).
    Ice40 {
        /// Reference divider, minus 1.
        divr: u8,
        /// Feedback divider, minus 1.
        divf: u8,
        /// Output divider, as a power of two.
        divq: u8,
        /// Loop filter range.
        filter_range: u8,
        /// The clock comes through the fabric, its pin having no PLL.
        fabric: bool,
    },
    /// `EHXPLLL` with feedback from CLKOP: f = f_in · clkfb_div / clki_div.
    Ecp5 {
        /// Reference divider.
        clki_div: u8,
        /// Feedback divider.
        clkfb_div: u8,
        /// Output divider; f · clkop_div is the oscillator's frequency.
        clkop_div: u8,
    },
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct ClockGenerator {
    /// Board oscillator.
    pub clock_in: Signal<In, Clock>,
    /// Core clock.
    pub clock_out: Signal<Out, Clock>,
    _pll: Pll,
}

impl ClockGenerator {
    /// A generator with the given settings.
    pub fn new(pll: Pll) -> Self {
        Self { clock_in: Default::default(), clock_out: Default::default(), _pll: pll }
    }
}

impl Logic for ClockGenerator {
    fn update(&mut self) {
        self.clock_out.next = self.clock_in.val();
    }

    fn connect(&mut self) {
        self.clock_out.connect();
    }

    fn hdl(&self) -> Verilog {
        let code = match self._pll {
            Pll::Ice40 { divr, divf, divq, filter_range, fabric } => format!(
                "\
{cell} #(
  .FEEDBACK_PATH(\"SIMPLE\"), .DIVR(4'd{divr}), .DIVF(7'd{divf}), .DIVQ(3'd{divq}), .FILTER_RANGE(3'd{filter_range})
) pll (.{pin}(clock_in), .PLLOUTGLOBAL(clock_out), .RESETB(1'b1), .BYPASS(1'b0));",
                cell = if fabric { "SB_PLL40_CORE" } else { "SB_PLL40_PAD" },
                pin = if fabric { "REFERENCECLK" } else { "PACKAGEPIN" },
            ),
            Pll::Ecp5 { clki_div, clkfb_div, clkop_div } => format!(
                "\
(* ICP_CURRENT=\"12\" *) (* LPF_RESISTOR=\"8\" *) (* MFG_ENABLE_FILTEROPAMP=\"1\" *) (* MFG_GMCREF_SEL=\"2\" *)
EHXPLLL #(
  .PLLRST_ENA(\"DISABLED\"), .INTFB_WAKE(\"DISABLED\"), .STDBY_ENABLE(\"DISABLED\"), .DPHASE_SOURCE(\"DISABLED\"),
  .OUTDIVIDER_MUXA(\"DIVA\"), .OUTDIVIDER_MUXB(\"DIVB\"), .OUTDIVIDER_MUXC(\"DIVC\"), .OUTDIVIDER_MUXD(\"DIVD\"),
  .CLKI_DIV({clki_div}), .CLKFB_DIV({clkfb_div}), .CLKOP_DIV({clkop_div}), .CLKOP_ENABLE(\"ENABLED\"),
  .CLKOP_CPHASE({phase}), .CLKOP_FPHASE(0), .FEEDBK_PATH(\"CLKOP\")
) pll (
  .CLKI(clock_in), .CLKFB(clock_out), .CLKOP(clock_out), .RST(1'b0), .STDBY(1'b0), .ENCLKOP(1'b0),
  .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0)
);",
                phase = clkop_div / 2
            ),
        };
        Verilog::Wrapper(Wrapper { code, cores: String::new() })
    }
}
