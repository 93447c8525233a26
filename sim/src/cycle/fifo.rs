//! The two-entry FIFO between the stages: full and valid are registered, nothing falls through.

/// Two entries of `T`.
#[derive(Clone, Copy, Default)]
pub struct Fifo<T> {
    slots: [T; 2],
    count: u8,
}

impl<T: Copy> Fifo<T> {
    /// Two entries stand in it: nothing is pushed in this cycle, popped or not.
    pub fn full(&self) -> bool {
        self.count == 2
    }

    /// The oldest entry.
    pub fn head(&self) -> Option<T> {
        (self.count != 0).then_some(self.slots[0])
    }

    /// End of the cycle. `pop` only with a head, `push` only when not full.
    pub fn clock(&mut self, push: Option<T>, pop: bool) {
        if pop {
            self.slots[0] = self.slots[1];
            self.count -= 1;
        }
        if let Some(entry) = push {
            self.slots[usize::from(self.count)] = entry;
            self.count += 1;
        }
    }
}
