//! The JSON report of nextpnr: how full the device is and how fast each clock may run. The log is
//! never parsed.

use crate::FlowError;
use serde::{Deserialize, Serialize};
use spikewright_ir::read_bytes;
use std::{collections::BTreeMap, path::Path};

/// Two clocks count as the same when they differ by less: nextpnr rounds periods to picoseconds.
const CLOCK_TOLERANCE: f64 = 1e-3;

/// Cells of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Resource {
    /// Cells the design takes.
    pub used: u64,
    /// Cells the device has.
    pub available: u64,
}

/// How full the device is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Utilization {
    /// Logic cells: `ICESTORM_LC` or `TRELLIS_COMB`.
    pub lc: Resource,
    /// Block RAM: `ICESTORM_RAM` or `DP16KD`.
    pub ebr: Resource,
    /// Single-port RAM: `ICESTORM_SPRAM`; none on ECP5.
    pub spram: Resource,
    /// Multipliers: `ICESTORM_DSP` or `MULT18X18D`.
    pub dsp: Resource,
}

/// One clock of the design after routing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ClockTiming {
    /// Net, as nextpnr calls it.
    pub net: String,
    /// Highest frequency, MHz.
    pub achieved_mhz: f64,
    /// Frequency asked for, MHz.
    pub constraint_mhz: f64,
}

impl ClockTiming {
    /// Whether it runs as fast as asked.
    fn met(&self) -> bool {
        self.achieved_mhz >= self.constraint_mhz
    }
}

/// What a place-and-route run says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct PlaceReport {
    /// How full the device is.
    pub utilization: Utilization,
    /// Every clock, by net.
    pub clocks: Vec<ClockTiming>,
}

#[derive(Deserialize)]
struct Raw {
    fmax: BTreeMap<String, RawClock>,
    utilization: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
struct RawClock {
    achieved: f64,
    constraint: f64,
}

impl PlaceReport {
    /// Reads nextpnr's `--report` file of either family.
    pub fn read(path: &Path) -> Result<Self, FlowError> {
        Self::parse(&read_bytes(path)?).map_err(|message| FlowError::Malformed {
            path: path.into(),
            message,
            help: "it should be the --report of nextpnr 0.11; delete the build directory and build again",
        })
    }

    /// Parses the bytes of such a file.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let raw: Raw = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        let cells = |names: [&str; 2]| {
            names.iter().find_map(|n| raw.utilization.get(*n)).copied().unwrap_or_default()
        };
        let utilization = Utilization {
            lc: cells(["ICESTORM_LC", "TRELLIS_COMB"]),
            ebr: cells(["ICESTORM_RAM", "DP16KD"]),
            spram: cells(["ICESTORM_SPRAM", "ICESTORM_SPRAM"]),
            dsp: cells(["ICESTORM_DSP", "MULT18X18D"]),
        };
        if utilization.lc.available == 0 {
            return Err("no logic cells of a known family in `utilization`".into());
        }
        let mut clocks = Vec::new();
        for (net, clock) in raw.fmax {
            let positive = |mhz: f64| mhz.is_finite() && mhz > 0.0;
            if !positive(clock.achieved) || !positive(clock.constraint) {
                return Err(format!("clock {net:?} has no positive frequency"));
            }
            clocks.push(ClockTiming {
                net,
                achieved_mhz: clock.achieved,
                constraint_mhz: clock.constraint,
            });
        }
        Ok(PlaceReport { utilization, clocks })
    }

    /// The core's clock: the slowest of those constrained to `core_mhz`. nextpnr constrains the
    /// PLL's output to the frequency it derives from the oscillator's and the dividers, and every
    /// clock without a constraint to `--freq`, which is `core_mhz` too. `None` when no clock has
    /// that constraint: then the top's PLL is not the board's.
    pub fn core_clock(&self, core_mhz: f64) -> Option<&ClockTiming> {
        self.clocks
            .iter()
            .filter(|c| (c.constraint_mhz / core_mhz - 1.0).abs() < CLOCK_TOLERANCE)
            .min_by(|a, b| a.achieved_mhz.total_cmp(&b.achieved_mhz))
    }

    /// The first clock that misses what it must reach: its own constraint, and `core_mhz` for the
    /// core's.
    pub(crate) fn failing(&self, core_mhz: f64) -> Option<(&ClockTiming, f64)> {
        let core = self.core_clock(core_mhz).filter(|c| c.achieved_mhz < core_mhz);
        core.map(|c| (c, core_mhz)).or_else(|| {
            let others = self.clocks.iter().filter(|c| {
                (c.constraint_mhz / core_mhz - 1.0).abs() >= CLOCK_TOLERANCE && !c.met()
            });
            others.map(|c| (c, c.constraint_mhz)).next()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ICE40: &[u8] = include_bytes!("../tests/reports/ice40.json");
    const ECP5: &[u8] = include_bytes!("../tests/reports/ecp5.json");

    #[test]
    fn reads_both_families() {
        let ice = PlaceReport::parse(ICE40).unwrap();
        assert_eq!(ice.utilization.lc, Resource { used: 31, available: 5280 });
        assert_eq!(ice.utilization.spram, Resource { used: 0, available: 4 });
        let clock = ice.core_clock(36.0).unwrap();
        assert_eq!((clock.net.as_str(), clock.achieved_mhz), ("core", 79.74481964111328));
        assert!(ice.failing(36.0).is_none() && ice.core_clock(48.0).is_none());

        let ecp = PlaceReport::parse(ECP5).unwrap();
        assert_eq!(ecp.utilization.lc, Resource { used: 31, available: 24288 });
        assert_eq!(ecp.utilization.ebr, Resource { used: 0, available: 56 });
        assert_eq!(ecp.utilization.dsp, Resource { used: 0, available: 28 });
        assert_eq!(ecp.utilization.spram, Resource::default());
        assert_eq!(ecp.core_clock(60.0).unwrap().net, "$glbnet$core");
    }

    fn report(clocks: &str) -> PlaceReport {
        let text = format!(
            r#"{{"fmax": {{{clocks}}}, "utilization": {{"ICESTORM_LC": {{"used": 1, "available": 2}}}}}}"#
        );
        PlaceReport::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_slowest_clock_at_the_core_frequency_counts() {
        let r = report(
            r#""a": {"achieved": 20, "constraint": 12}, "b": {"achieved": 50, "constraint": 36.002},
               "c": {"achieved": 40, "constraint": 36}"#,
        );
        assert_eq!(r.core_clock(36.0).unwrap().net, "c");
        assert!(r.failing(36.0).is_none());
    }

    #[test]
    fn a_clock_below_its_constraint_fails() {
        let core = report(r#""c": {"achieved": 35.9, "constraint": 36.002}"#);
        assert_eq!(core.failing(36.0).unwrap().1, 36.0);
        let other = report(
            r#""a": {"achieved": 11, "constraint": 12}, "c": {"achieved": 40, "constraint": 36}"#,
        );
        assert_eq!(other.failing(36.0).unwrap().0.net, "a");
        // nextpnr's rounding up of the constraint alone is no failure
        assert!(
            report(r#""c": {"achieved": 36.001, "constraint": 36.002}"#).failing(36.0).is_none()
        );
    }

    #[test]
    fn hostile_reports_are_errors() {
        for bad in [
            "",
            "[]",
            "null",
            "{}",
            r#"{"fmax": {}, "utilization": {}}"#,
            r#"{"fmax": [], "utilization": {"ICESTORM_LC": {"used": 1, "available": 2}}}"#,
            r#"{"fmax": {}, "utilization": {"ICESTORM_LC": {"used": -1, "available": 2}}}"#,
            r#"{"fmax": {}, "utilization": {"ICESTORM_LC": {"used": 1}}}"#,
            r#"{"fmax": {"c": {"achieved": 1e999, "constraint": 1}}, "utilization": {"ICESTORM_LC": {"used": 1, "available": 2}}}"#,
            r#"{"fmax": {"c": {"achieved": 0, "constraint": 1}}, "utilization": {"ICESTORM_LC": {"used": 1, "available": 2}}}"#,
        ] {
            assert!(PlaceReport::parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(PlaceReport::parse("[".repeat(100_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn mutated_reports_never_panic(at in 0..ICE40.len(), byte: u8, cut in 0..ICE40.len()) {
            let mut bytes = ICE40.to_vec();
            bytes[at] = byte;
            let _ = PlaceReport::parse(&bytes);
            let _ = PlaceReport::parse(&bytes[..cut]);
        }
    }
}
