//! Readout: after the last pass, one class a cycle, the greatest wins and the lowest of equals.

use super::{fire::Fire, memory::Memory};
use spikewright_ir::Decision;

/// From the sample's last row in F7: class 0 is read one cycle later and compared two cycles after that.
const FIRST_COMPARE: u16 = 2;

/// Registers of the readout.
#[derive(Clone, Default)]
pub struct Readout {
    /// Cycles since the one after the last row, while reading.
    count: Option<u16>,
    best: i32,
    class: u8,
    /// The result, when it is valid.
    pub result: Option<Decision>,
}

impl Readout {
    /// The result becomes valid at the end of this cycle.
    pub fn finishes(&self, memory: &Memory) -> bool {
        self.count == Some(FIRST_COMPARE + u16::from(memory.control.classes_m1))
    }

    /// End of the cycle.
    pub fn clock(&mut self, go: bool, fire: &Fire, memory: &Memory) {
        if go {
            *self = Self::default();
            return;
        }
        let Some(count) = self.count else {
            self.count = fire.finishes(memory).then_some(0);
            return;
        };
        if count >= FIRST_COMPARE {
            self.compare((count - FIRST_COMPARE) as u8, fire, memory);
        }
        if self.finishes(memory) {
            let undecided = !memory.control.potentials && self.best == 0;
            let class = if undecided { 0 } else { self.class.into() };
            self.result = Some(Decision { class, undecided });
            self.count = None;
        } else {
            self.count = Some(count + 1);
        }
    }

    fn compare(&mut self, class: u8, fire: &Fire, memory: &Memory) {
        let lane = usize::from(class);
        let Some(tile) = memory.tiles.iter().find(|t| t.last) else { return };
        let value = match memory.control.potentials {
            true => fire.potential(tile, lane),
            false => fire.score(tile, lane).into(),
        };
        if class == 0 || value > self.best {
            (self.best, self.class) = (value, class);
        }
    }
}
