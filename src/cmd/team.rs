//! Whether this process is alone or one of several MPI ranks.

use spikewright::{
    Result,
    golden::evolve::{Alone, Team},
};

/// Variables by which launchers tell a process that it is one of several.
const LAUNCHED: [&str; 4] = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "MPI_LOCALNRANKS"];

/// Works in the team that was launched. A rank that fails ends the others, which would wait for it.
pub fn in_team(work: impl FnOnce(&dyn Team) -> Result<()>) -> Result<()> {
    match LAUNCHED.iter().any(|name| std::env::var_os(name).is_some()) {
        false => work(&Alone),
        true => in_ranks(work),
    }
}

#[cfg(feature = "mpi")]
fn in_ranks(work: impl FnOnce(&dyn Team) -> Result<()>) -> Result<()> {
    let team = spikewright::evolve::Mpi::join()?;
    let result = work(&team);
    if let Err(error) = &result
        && team.size() > 1
    {
        eprintln!("error: rank {}: {error}", team.rank());
        team.abort();
    }
    result
}

#[cfg(not(feature = "mpi"))]
fn in_ranks(_: impl FnOnce(&dyn Team) -> Result<()>) -> Result<()> {
    Err("this program was started as one of several MPI ranks, but has no MPI: every rank would do everything\n  \
         help: build it with `cargo build --release --features mpi`; a job array needs `evolve --shard` alone"
        .into())
}
