//! Where a walker of the program stands: the scan control, the fire sequencer and the counters each
//! have one of their own.

/// Position in the program.
#[derive(Clone, Copy, Default)]
pub struct Walk {
    /// Pass.
    pub index: u8,
    loop_start: u8,
    /// Ticks left of the loop.
    left: u8,
}

/// What a pass that turns does to the loop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The pass is not its loop's last.
    None,
    /// Back to the loop's first pass, in the next tick.
    Again,
    /// The last tick: on to the next loop.
    Done,
}

impl Walk {
    /// At the first pass.
    pub fn start(ticks_m1: u8) -> Self {
        Self { index: 0, loop_start: 0, left: ticks_m1 }
    }

    /// The loop is in its last tick.
    pub fn last_tick(&self) -> bool {
        self.left == 0
    }

    /// Tick of the loop, counted from 0.
    pub fn tick(&self, ticks_m1: u8) -> u8 {
        ticks_m1 - self.left
    }

    /// What happens at the end of the pass, which turns or not.
    pub fn turn(&self, turns: bool) -> Turn {
        match (turns, self.last_tick()) {
            (false, _) => Turn::None,
            (true, false) => Turn::Again,
            (true, true) => Turn::Done,
        }
    }

    /// On to the pass behind this one.
    pub fn advance(&mut self, turns: bool, ticks_m1: u8) {
        let following = self.index.wrapping_add(1);
        match self.turn(turns) {
            Turn::None => self.index = following,
            Turn::Again => {
                self.index = self.loop_start;
                self.left -= 1;
            }
            Turn::Done => *self = Self { index: following, loop_start: following, left: ticks_m1 },
        }
    }
}
