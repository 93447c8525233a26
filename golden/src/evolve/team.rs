//! Who works on a search or a training: one process, several threads of it, or processes on many machines.
//! All members hold the same state and learn from the same numbers; what is divided is how these are found.

use std::{
    ops::Range,
    sync::mpsc::{Receiver, Sender, channel},
};
use thiserror::Error;

/// A member that is gone.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{message}; start it again with --resume, on any number of ranks")]
pub struct TeamError {
    /// What was seen of it.
    pub message: String,
}

/// Members that work on one thing together. Words go over the wire, never sums of floats, so that
/// results do not depend on how many there are.
pub trait Team {
    /// Number of this member, from 0.
    fn rank(&self) -> usize;

    /// Members.
    fn size(&self) -> usize;

    /// Hands the words of every member to all, in the order of ranks. Every member has to call it
    /// equally often.
    fn gather(&self, mine: Vec<u64>) -> Result<Vec<Vec<u64>>, TeamError>;

    /// Returns when every member has called it.
    fn wait(&self) -> Result<(), TeamError> {
        self.gather(Vec::new()).map(drop)
    }
}

/// The share of `items` that a member has: a piece of those in order, as long as any other or one longer.
pub fn share(team: &dyn Team, items: usize) -> Range<usize> {
    let from = |rank: usize| rank * items / team.size();
    from(team.rank())..from(team.rank() + 1)
}

/// A team of one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Team for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn gather(&self, mine: Vec<u64>) -> Result<Vec<Vec<u64>>, TeamError> {
        Ok(vec![mine])
    }
}

/// A member of a team of threads. When one is dropped, the others are told when they next gather.
#[derive(Debug)]
pub struct ThreadTeam {
    rank: usize,
    to: Vec<Sender<Vec<u64>>>,
    from: Vec<Receiver<Vec<u64>>>,
}

impl ThreadTeam {
    /// A team of `size`, a member for each thread.
    pub fn new(size: usize) -> Vec<Self> {
        let mut members: Vec<Self> =
            (0..size).map(|rank| Self { rank, to: Vec::new(), from: Vec::new() }).collect();
        for sender in 0..size {
            for receiver in 0..size {
                let (to, from) = channel();
                members[sender].to.push(to);
                members[receiver].from.push(from);
            }
        }
        members
    }
}

impl Team for ThreadTeam {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.to.len()
    }

    fn gather(&self, mine: Vec<u64>) -> Result<Vec<Vec<u64>>, TeamError> {
        // Who is gone shows when its words are missing.
        self.to.iter().for_each(|to| drop(to.send(mine.clone())));
        let gone = |rank| TeamError { message: format!("rank {rank} has ended") };
        let receive = |(rank, from): (usize, &Receiver<_>)| from.recv().map_err(|_| gone(rank));
        self.from.iter().enumerate().map(receive).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What every member of a team of threads makes of its place.
    fn with_team<T: Send>(size: usize, work: impl Fn(&ThreadTeam) -> T + Sync) -> Vec<T> {
        std::thread::scope(|scope| {
            let work = &work;
            let start = |member| scope.spawn(move || work(&member));
            let threads: Vec<_> = ThreadTeam::new(size).into_iter().map(start).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        })
    }

    #[test]
    fn shares_are_all_items_once_and_differ_by_one_at_most() {
        for (size, items) in [(1, 7), (3, 7), (3, 9), (5, 2), (4, 0)] {
            let shares = with_team(size, |t| share(t, items));
            let all: Vec<usize> = shares.iter().cloned().flatten().collect();
            assert_eq!(all, (0..items).collect::<Vec<_>>());
            let lengths = || shares.iter().map(Range::len);
            assert!(lengths().max().unwrap() - lengths().min().unwrap() <= 1);
        }
    }

    #[test]
    fn words_come_in_the_order_of_ranks_and_who_is_gone_is_told() {
        let got = with_team(3, |t| {
            let first = t.gather(vec![t.rank() as u64; t.rank()]).unwrap();
            t.wait().unwrap();
            // One leaves before the third time.
            (first, if t.rank() == 1 { Ok(()) } else { t.wait() })
        });
        for (rank, (first, last)) in got.into_iter().enumerate() {
            assert_eq!(first, [vec![], vec![1], vec![2, 2]]);
            assert_eq!(last.is_err(), rank != 1);
        }
        assert_eq!(Alone.gather(vec![5]).unwrap(), [[5]]);
    }
}
