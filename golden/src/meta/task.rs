//! Episodes: tasks of N classes with K support and Q query samples each.

use crate::rng::{Sequence, Stream};
use spikewright_ir::InputTrain;

/// A sample with its class in the task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shot {
    /// Spikes.
    pub input: InputTrain,
    /// Class, below the number of ways. Classes are numbered anew in every task.
    pub class: usize,
}

/// One episode. Support and query samples are different ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// What the task is learned from, class after class.
    pub support: Vec<Shot>,
    /// What it is judged by.
    pub query: Vec<Shot>,
}

/// A source of tasks.
pub trait Family: Sync {
    /// How large a task is.
    fn sizes(&self) -> Sizes;
    /// The task of a stream: the same for the same stream.
    fn task(&self, stream: Stream) -> Task;
}

/// Sizes of the tasks of a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sizes {
    /// Classes N.
    pub ways: usize,
    /// Support samples K per class.
    pub shots: usize,
    /// Query samples per class.
    pub queries: usize,
}

impl Sizes {
    /// Whether there is something to learn from and something to judge by.
    pub fn are_sound(self) -> bool {
        self.ways >= 2 && self.shots >= 1 && self.queries >= 1
    }

    /// A task whose samples `draw(class, index)` gives, support samples first: index 0 to K − 1,
    /// then query samples.
    pub fn fill(self, mut draw: impl FnMut(usize, usize) -> InputTrain) -> Task {
        let (mut support, mut query) = (Vec::new(), Vec::new());
        for class in 0..self.ways {
            for i in 0..self.shots + self.queries {
                let shot = Shot { input: draw(class, i), class };
                if i < self.shots { support.push(shot) } else { query.push(shot) }
            }
        }
        Task { support, query }
    }
}

/// `count` different numbers below `n` (at least `count`) in random order.
pub fn choose(draw: &mut Sequence, n: usize, count: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..n).collect();
    for i in 0..count.min(n) {
        all.swap(i, i + draw.below((n - i) as u64) as usize);
    }
    all.truncate(count);
    all
}
