//! The two phase-locked loops and the clock they make.
//!
//! Formulas and limits: Lattice TN1251 (sysCLOCK PLL of iCE40, simple feedback) and TN1263 (ECP5,
//! feedback from CLKOP).

use serde::{Deserialize, Serialize};
use spikewright_ir::Diagnostics;

/// Divider settings of a board's PLL, named like the parameters of the vendor's cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Pll {
    /// iCE40 `SB_PLL40_*`: VCO = osc · (DIVF + 1) / (DIVR + 1), output = VCO / 2^DIVQ.
    SbPll40 {
        /// Reference divider minus one, 0..15.
        divr: u8,
        /// Feedback divider minus one, 0..127.
        divf: u8,
        /// Power of two of the output divider, 1..6.
        divq: u8,
        /// Loop filter, 1..6, by the frequency at the phase detector.
        filter_range: u8,
        /// The oscillator's pin has no PLL beside it: its clock goes through the fabric, `SB_PLL40_CORE`.
        #[serde(default)]
        fabric: bool,
    },
    /// ECP5 `EHXPLLL`: output = osc · CLKFB_DIV / CLKI_DIV, VCO = output · CLKOP_DIV.
    Ehxplll {
        /// Reference divider, 1..128.
        clki_div: u8,
        /// Feedback divider, 1..80.
        clkfb_div: u8,
        /// Output divider, 1..128.
        clkop_div: u8,
    },
}

impl Pll {
    /// Frequency of the oscillator inside, MHz.
    pub fn vco_mhz(&self, oscillator_mhz: f64) -> f64 {
        match *self {
            Pll::SbPll40 { divf, .. } => {
                self.detector_mhz(oscillator_mhz) * (f64::from(divf) + 1.0)
            }
            Pll::Ehxplll { clkop_div, .. } => {
                self.output_mhz(oscillator_mhz) * f64::from(clkop_div)
            }
        }
    }

    /// Frequency of the clock that comes out, MHz.
    pub fn output_mhz(&self, oscillator_mhz: f64) -> f64 {
        match *self {
            Pll::SbPll40 { divq, .. } => self.vco_mhz(oscillator_mhz) / f64::from(divq).exp2(),
            Pll::Ehxplll { clkfb_div, .. } => {
                self.detector_mhz(oscillator_mhz) * f64::from(clkfb_div)
            }
        }
    }

    /// Frequency at the phase detector, MHz.
    pub fn detector_mhz(&self, oscillator_mhz: f64) -> f64 {
        match *self {
            Pll::SbPll40 { divr, .. } => oscillator_mhz / (f64::from(divr) + 1.0),
            Pll::Ehxplll { clki_div, .. } => oscillator_mhz / f64::from(clki_div),
        }
    }

    /// Adds what the device would not do to `found`; `place` names the board.
    pub(crate) fn validate(&self, oscillator_mhz: f64, place: &str, found: &mut Diagnostics) {
        let mut range = |name: &str, value: f64, low: f64, high: f64| {
            if !(low..=high).contains(&value) {
                found.push(
                    "pll-range",
                    place,
                    format!("PLL {name} is {value}, the device takes {low} to {high}"),
                    "choose other dividers; `icepll` and `ecppll` print valid ones",
                );
            }
        };
        match *self {
            Pll::SbPll40 { divr, divf, divq, filter_range, .. } => {
                range("DIVR", divr.into(), 0.0, 15.0);
                range("DIVF", divf.into(), 0.0, 127.0);
                range("DIVQ", divq.into(), 1.0, 6.0);
                range("phase detector in MHz", self.detector_mhz(oscillator_mhz), 10.0, 133.0);
                range("VCO in MHz", self.vco_mhz(oscillator_mhz), 533.0, 1066.0);
                let filter = filter_for(self.detector_mhz(oscillator_mhz)).into();
                range("FILTER_RANGE", filter_range.into(), filter, filter);
            }
            Pll::Ehxplll { clki_div, clkfb_div, clkop_div } => {
                range("CLKI_DIV", clki_div.into(), 1.0, 128.0);
                range("CLKFB_DIV", clkfb_div.into(), 1.0, 80.0);
                range("CLKOP_DIV", clkop_div.into(), 1.0, 128.0);
                // The data sheet's lower limit is 10 MHz for jitter figures; the loop locks from
                // 3.125 MHz, the limit that `ecppll` uses.
                range("phase detector in MHz", self.detector_mhz(oscillator_mhz), 3.125, 400.0);
                range("VCO in MHz", self.vco_mhz(oscillator_mhz), 400.0, 800.0);
            }
        }
    }
}

/// FILTER_RANGE of the iCE40 PLL for a frequency at the phase detector, as `icepll` chooses it.
fn filter_for(detector_mhz: f64) -> u8 {
    const UPPER: [f64; 5] = [17.0, 26.0, 44.0, 66.0, 101.0];
    1 + UPPER.iter().filter(|u| detector_mhz >= **u).count() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(pll: Pll, osc: f64) -> Vec<String> {
        let mut d = Diagnostics::default();
        pll.validate(osc, "board", &mut d);
        d.0.into_iter().map(|d| d.message).collect()
    }

    #[test]
    fn formulas_agree_with_the_vendors_examples() {
        // `icepll -i 12 -o 39.75`: DIVR 0, DIVF 52, DIVQ 4; `ecppll -i 25 -o 60`: 5, 12, 10.
        let ice = Pll::SbPll40 { divr: 0, divf: 52, divq: 4, filter_range: 1, fabric: false };
        assert_eq!((ice.vco_mhz(12.0), ice.output_mhz(12.0)), (636.0, 39.75));
        let ecp = Pll::Ehxplll { clki_div: 5, clkfb_div: 12, clkop_div: 10 };
        assert_eq!((ecp.vco_mhz(25.0), ecp.output_mhz(25.0)), (600.0, 60.0));
        assert!(faults(ice, 12.0).is_empty() && faults(ecp, 25.0).is_empty());
    }

    #[test]
    fn out_of_range_settings_are_named() {
        let slow = Pll::SbPll40 { divr: 0, divf: 40, divq: 4, filter_range: 2, fabric: false };
        let found = faults(slow, 12.0);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("VCO in MHz is 492"), "{found:?}");
        assert!(found[1].contains("FILTER_RANGE is 2"), "{found:?}");
        let zero = Pll::Ehxplll { clki_div: 0, clkfb_div: 12, clkop_div: 10 };
        assert!(faults(zero, 25.0)[0].contains("CLKI_DIV is 0"));
    }
}
