//! A board at another clock, or with other fire units, than its table says.

use crate::{Board, Pll};
use spikewright_ir::Diagnostics;

/// Most PLL settings that a remedy names.
const NAMED: usize = 2;

impl Board {
    /// The board as it carries the core of theta neurons: at that core's own clock, if it has one.
    ///
    /// # Errors
    /// As [`Board::at_clock`].
    pub fn for_theta(&self) -> Result<Self, Diagnostics> {
        self.theta_mhz.map_or_else(|| Ok(self.clone()), |mhz| self.at_clock(mhz))
    }

    /// The board with its core at `mhz`: PLL settings that make exactly that, and the highest link rate up
    /// to its own of which the clock is a whole multiple.
    ///
    /// # Errors
    /// No settings make it; the remedy names the nearest clocks there are.
    pub fn at_clock(&self, mhz: f64) -> Result<Self, Diagnostics> {
        let same = |made: f64| (made - mhz).abs() < 1e-6;
        let (mut below, mut above) = (0.0_f64, f64::INFINITY);
        for pll in settings(&self.pll) {
            let made = pll.output_mhz(self.oscillator_mhz);
            let Some(baud) = self.rate(made) else { continue };
            let board = Self { pll, core_mhz: made, baud, ..self.clone() };
            if board.validate().is_err() {
                continue;
            }
            if same(made) {
                return Ok(board);
            }
            below = if made < mhz { below.max(made) } else { below };
            above = if made > mhz { above.min(made) } else { above };
        }
        let near: Vec<_> = [below, above]
            .into_iter()
            .filter(|made| *made > 0.0 && made.is_finite())
            .map(|made| format!("{made}"))
            .take(NAMED)
            .collect();
        let mut found = Diagnostics::default();
        found.push(
            "clock",
            format!("board {}", self.key),
            format!("the PLL makes no {mhz} MHz of {} MHz", self.oscillator_mhz),
            format!("ask for {} MHz", near.join(" or ")),
        );
        Err(found)
    }

    /// The board with its preset's variant of so many fire units.
    ///
    /// # Errors
    /// There is none; the remedy names those there are.
    pub fn with_fire_units(&self, units: usize) -> Result<Self, Diagnostics> {
        let preset = self.preset.with_fire_units(units).map_err(|known| {
            let mut found = Diagnostics::default();
            let place = format!("board {}", self.key);
            found.push(
                "fire-units",
                place,
                format!("no preset is {} with {units} fire units", self.preset),
                format!("ask for {known}"),
            );
            found
        })?;
        Ok(Self { preset, ..self.clone() })
    }

    /// The highest rate that divides a clock, up to the board's own and not below a 64th of it; none is
    /// needed where the host sets the rate.
    fn rate(&self, mhz: f64) -> Option<u32> {
        if self.baud == 0 {
            return Some(0);
        }
        let hertz = (mhz * 1e6).round() as u64;
        let least = hertz.div_ceil(u64::from(self.baud)).max(4);
        let cycles = (least..=64 * least).find(|&cycles| hertz.is_multiple_of(cycles))?;
        Some((hertz / cycles) as u32)
    }
}

/// All settings of a PLL that is fed as this one, the simplest first.
fn settings(pll: &Pll) -> Box<dyn Iterator<Item = Pll>> {
    match *pll {
        Pll::SbPll40 { fabric, .. } => Box::new((0..=15).flat_map(move |divr| {
            (0..=127).flat_map(move |divf| {
                (1..=6).flat_map(move |divq| {
                    // The one that fits the detector passes the check.
                    (1..=6).map(move |filter_range| Pll::SbPll40 {
                        divr,
                        divf,
                        divq,
                        filter_range,
                        fabric,
                    })
                })
            })
        })),
        Pll::Ehxplll { .. } => Box::new((1..=8).flat_map(|clki_div| {
            (1..=80).flat_map(move |clkfb_div| {
                (1..=128).map(move |clkop_div| Pll::Ehxplll { clki_div, clkfb_div, clkop_div })
            })
        })),
    }
}

#[cfg(test)]
mod tests {
    use crate::Boards;

    #[test]
    fn clocks_are_exact_and_the_link_divides_them() {
        let boards = Boards::builtin();
        for (key, mhz) in [("icebreaker", 48.0), ("icebreaker", 39.75), ("ulx3s_25f", 100.0)] {
            let board = boards.get(key).unwrap().at_clock(mhz).unwrap();
            board.validate().unwrap();
            assert_eq!(board.core_mhz, mhz);
            assert_eq!(board.cycles_per_bit() as f64 * f64::from(board.baud), mhz * 1e6);
            assert!(board.baud > 1_000_000 && board.baud <= 3_000_000, "{}", board.baud);
        }
        let own = boards.get("icebreaker").unwrap();
        assert_eq!(own.at_clock(own.core_mhz).unwrap().baud, own.baud);
    }

    #[test]
    fn a_clock_that_no_settings_make_is_refused_with_its_neighbors() {
        let boards = Boards::builtin();
        let error = boards.get("icebreaker").unwrap().at_clock(45.1).unwrap_err().to_string();
        assert!(error.contains("no 45.1 MHz of 12 MHz"), "{error}");
        assert!(error.contains("ask for 45 or 45.75 MHz"), "{error}");
    }
}
