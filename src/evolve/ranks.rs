//! A team of MPI ranks.

use crate::{
    Result,
    golden::evolve::{Team, TeamError},
};
use mpi::{
    Threading,
    datatype::PartitionMut,
    environment::Universe,
    topology::{Communicator, SimpleCommunicator},
    traits::CommunicatorCollectives,
};

/// The ranks of this job.
pub struct Mpi {
    world: SimpleCommunicator,
    /// Ends MPI when it is dropped.
    _universe: Universe,
}

impl Mpi {
    /// Joins the ranks that were launched together; alone without a launcher. Once in a process.
    ///
    /// # Errors
    /// MPI that is running already, or cannot have threads beside the one that talks.
    pub fn join() -> Result<Self> {
        let (universe, threading) = mpi::initialize_with_threading(Threading::Funneled)
            .ok_or("MPI runs already in this process")?;
        if threading < Threading::Funneled {
            return Err("this MPI does not admit threads; use one built with them".into());
        }
        Ok(Self { world: universe.world(), _universe: universe })
    }

    /// Ends the job, every rank of it: one that failed must not leave the others waiting.
    pub fn abort(&self) -> ! {
        self.world.abort(1)
    }
}

impl Team for Mpi {
    fn rank(&self) -> usize {
        self.world.rank() as usize
    }

    fn size(&self) -> usize {
        self.world.size() as usize
    }

    /// Where a rank is gone, MPI ends the job.
    fn gather(&self, mine: Vec<u64>) -> std::result::Result<Vec<Vec<u64>>, TeamError> {
        let mine_count = i32::try_from(mine.len())
            .map_err(|_| TeamError { message: format!("{} words at once", mine.len()) })?;
        let mut counts = vec![0i32; self.size()];
        self.world.all_gather_into(&mine_count, &mut counts[..]);
        let starts: Vec<i32> = counts
            .iter()
            .scan(0, |at, count| {
                let start = *at;
                *at += count;
                Some(start)
            })
            .collect();
        let mut words = vec![0u64; counts.iter().map(|c| *c as usize).sum()];
        let mut parts = PartitionMut::new(&mut words[..], &counts[..], &starts[..]);
        self.world.all_gather_varcount_into(&mine[..], &mut parts);
        let mut rest = &words[..];
        Ok(counts
            .iter()
            .map(|count| {
                let (own, others) = rest.split_at(*count as usize);
                rest = others;
                own.to_vec()
            })
            .collect())
    }
}
