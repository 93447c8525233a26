//! What a layer asks of the core and how well it uses it, before anything is synthesized.

use crate::CostEstimate;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The two bounds of a layer: no core of `P` lanes and `F_u` fire units takes fewer cycles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Bound {
    /// `SOP / P`: a row of P weights is read in a cycle.
    #[serde(rename = "SOP/P")]
    Lanes,
    /// `N · T / F_u`: F_u neurons fire in a cycle.
    #[serde(rename = "N/F_u")]
    FireUnits,
}

impl Bound {
    /// As in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lanes => "SOP/P",
            Self::FireUnits => "N/F_u",
        }
    }
}

/// One layer on the core, per sample, or in a stream per tick.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LayerLoad {
    /// Tiles; none of a layer that is pooled on the way to the spike memory.
    pub tiles: usize,
    /// Passes of all tiles, ticks, rounds, projections and planes.
    pub passes: u64,
    /// Rows that enter the fire units, those of padding and of passes that do not end a tick included.
    pub fire_rows: u64,
    /// From the last write-back of the layer before to its own last one. None where ticks go through all
    /// layers one by one: no layer has a time of its own.
    pub cycles: Option<u64>,
    /// `SOP / P`, rounded up.
    pub lanes_bound: u64,
    /// `N · T / F_u`, rounded up; 0 of a layer without tiles.
    pub fire_bound: u64,
    /// The greater of the two.
    pub holds: Bound,
    /// `1000 · SOP / (P · cycles)`.
    pub lane_utilization_permille: Option<u64>,
    /// `1000 · N · T / (F_u · cycles)`.
    pub fire_utilization_permille: Option<u64>,
}

/// Sizes a load is made of.
pub(crate) struct Work {
    pub tiles: usize,
    pub passes: u64,
    pub fire_rows: u64,
    pub cycles: Option<u64>,
    pub sop: u64,
    /// Neurons in all ticks.
    pub neurons: u64,
    pub lanes: u64,
    pub fire_units: u64,
}

impl LayerLoad {
    pub(crate) fn of(work: &Work) -> Self {
        let &Work { tiles, passes, fire_rows, cycles, sop, neurons, lanes, fire_units } = work;
        let neurons = if tiles > 0 { neurons } else { 0 };
        let (lanes_bound, fire_bound) = (sop.div_ceil(lanes), neurons.div_ceil(fire_units));
        let share = |work: u64, width: u64| cycles.map(|c| 1000 * work / (width * c.max(1)));
        Self {
            tiles,
            passes,
            fire_rows,
            cycles,
            lanes_bound,
            fire_bound,
            holds: if fire_bound > lanes_bound { Bound::FireUnits } else { Bound::Lanes },
            lane_utilization_permille: share(sop, lanes),
            fire_utilization_permille: share(neurons, fire_units),
        }
    }
}

/// A line per layer that has tiles.
impl fmt::Display for CostEstimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<16} {:>5} {:>6} {:>8} {:>8} {:>8} {:>6} {:>6} {:>10}",
            "layer", "tiles", "passes", "cycles", "SOP/P", "N/F_u", "bound", "lanes", "fire units"
        )?;
        for layer in self.layers.iter().filter(|l| l.load.tiles > 0) {
            let l = &layer.load;
            let percent = |permille: Option<u64>| {
                permille.map_or("-".into(), |p| format!("{}.{} %", p / 10, p % 10))
            };
            writeln!(
                f,
                "{:<16} {:>5} {:>6} {:>8} {:>8} {:>8} {:>6} {:>6} {:>10}",
                layer.name,
                l.tiles,
                l.passes,
                l.cycles.map_or("-".into(), |c| c.to_string()),
                l.lanes_bound,
                l.fire_bound,
                l.holds.name(),
                percent(l.lane_utilization_permille),
                percent(l.fire_utilization_permille)
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn work(cycles: Option<u64>) -> Work {
        let (tiles, passes, fire_rows) = (2, 8, 128);
        Work {
            tiles,
            passes,
            fire_rows,
            cycles,
            sop: 6_401,
            neurons: 400,
            lanes: 64,
            fire_units: 4,
        }
    }

    #[test]
    fn bounds_round_up_and_the_greater_holds() {
        let load = LayerLoad::of(&work(Some(200)));
        assert_eq!((load.lanes_bound, load.fire_bound, load.holds), (101, 100, Bound::Lanes));
        assert_eq!(load.lane_utilization_permille, Some(500));
        assert_eq!(load.fire_utilization_permille, Some(500));
        let fire = LayerLoad::of(&Work { neurons: 408, ..work(None) });
        assert_eq!((fire.fire_bound, fire.holds), (102, Bound::FireUnits));
        assert_eq!(fire.fire_utilization_permille, None);
    }

    #[test]
    fn a_layer_without_tiles_asks_for_nothing() {
        let load = LayerLoad::of(&Work { tiles: 0, sop: 0, ..work(None) });
        assert_eq!((load.lanes_bound, load.fire_bound), (0, 0));
    }
}
