//! Issue: takes an event when the guard lets it, and marks the first of a pass.

use super::{
    extract::EventEntry,
    memory::Memory,
    sequencer::{Pass, Sequencer},
};

/// What the issue stage sends to the lanes in one cycle.
#[derive(Clone, Copy)]
pub struct Token {
    /// First of its pass: the counts move to the shadow.
    pub first: bool,
    /// Adds nothing.
    pub null: bool,
    /// The pass before it is the last of the sample or of a layer that has to drain.
    pub flush: bool,
    /// Weight row.
    pub row: u16,
    /// The pass whose counts move to the shadow and then shift into the fire bank.
    pub fire: Option<Pass>,
}

/// Registers of the issue stage.
#[derive(Clone, Default)]
pub struct Issue {
    last_parity: bool,
    /// The lanes hold the counts of a pass.
    c_valid: bool,
    /// Events issued in this sample.
    pub events: u32,
}

/// What the issue stage does in a cycle.
pub enum Action {
    /// The event FIFO is empty.
    Empty,
    /// A first event waits for the guard.
    Held,
    /// An event becomes a token.
    Take(Token),
}

impl Issue {
    /// What happens to the head of the event FIFO.
    pub fn action(
        &self,
        head: Option<EventEntry>,
        sequencer: &Sequencer,
        memory: &Memory,
    ) -> Action {
        let Some(head) = head else { return Action::Empty };
        let first = head.parity != self.last_parity;
        if first && sequencer.guard != 0 {
            return Action::Held;
        }
        Action::Take(Token {
            first,
            null: head.null,
            flush: head.flush,
            row: head.row,
            fire: (first && self.c_valid).then(|| sequencer.pass(memory)),
        })
    }

    /// End of the cycle.
    pub fn clock(&mut self, go: bool, taken: Option<&Token>) {
        if go {
            *self = Self::default();
        } else if let Some(token) = taken {
            self.last_parity ^= token.first;
            if token.first {
                self.c_valid = !token.flush;
            }
            self.events = self.events.wrapping_add(u32::from(!token.null));
        }
    }
}
