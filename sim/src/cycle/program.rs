//! Where a walker of the program stands: the scan control in the list of entries, the fire sequencer
//! and the counters in that of passes.

/// Position in a list.
#[derive(Clone, Copy, Default)]
pub struct Walk {
    /// Entry or pass.
    pub index: u8,
    loop_start: u8,
    /// Round of the loop, counted from 0.
    pub round: u8,
    /// Ticks left of the round.
    left: u8,
}

/// What a pass that turns does to the loop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The pass is not its loop's last.
    None,
    /// Back to the loop's first pass, in the next tick.
    Again,
    /// The last tick: the round is over.
    Done,
}

impl Walk {
    /// At the first of all.
    pub fn start(ticks_m1: u8) -> Self {
        Self { index: 0, loop_start: 0, round: 0, left: ticks_m1 }
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

    /// On to what is behind this entry or pass, or back for the next tick. Behind the last tick,
    /// [`Self::end_round`] says where the loop goes on.
    pub fn advance(&mut self, turns: bool, ticks_m1: u8) {
        match self.turn(turns) {
            Turn::None => self.index = self.index.wrapping_add(1),
            Turn::Again => {
                self.index = self.loop_start;
                self.left -= 1;
            }
            Turn::Done => {
                self.index = self.index.wrapping_add(1);
                self.left = ticks_m1;
            }
        }
    }

    /// Back to the loop's first pass for the next round, or into the loop that begins here.
    pub fn end_round(&mut self, rounds_m1: u8) {
        if self.round == rounds_m1 {
            self.round = 0;
            self.loop_start = self.index;
        } else {
            self.round += 1;
            self.index = self.loop_start;
        }
    }

    /// From a pass to the one behind it, in a list that has nothing but passes.
    pub fn pass(&mut self, turns: bool, ticks_m1: u8, rounds_m1: u8) {
        let turn = self.turn(turns);
        self.advance(turns, ticks_m1);
        if turn == Turn::Done {
            self.end_round(rounds_m1);
        }
    }
}
