//! Faults in the emitted Verilog: each mutant of the tiny core must differ from the simulator on the
//! cases that prove the levels equal. What survives would be a hole in those cases.

mod common;
#[path = "mutants/list.rs"]
mod list;

use common::{
    cases_and_long, difference,
    mutation::{self, mutate},
    overlap::overlap_differs,
    seal::seal_differs,
    verilator,
};
use list::MUTANTS;
use spikewright::{
    hdl::emit_core,
    ir::Preset,
    sim::cosim::{VerilatedCore, core_ports},
};
use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};
use verilator_sys::{Effort, build_with};

/// Networks each mutant is run on, in order, until the first difference.
const CASES: u64 = 60;
/// Verilator and the C++ compiler keep one processor busy each.
const THREADS: usize = 2;

#[test]
fn every_mutant_is_killed() {
    let names: BTreeSet<_> = MUTANTS.iter().map(|m| m.name).collect();
    assert_eq!(names.len(), MUTANTS.len(), "names are unique");
    let verilog = emit_core(Preset::Tiny).text;
    // Places are looked up first: a stale one should not cost a minute.
    let texts: Vec<String> = MUTANTS.iter().map(|m| mutate(&verilog, m)).collect();
    let (tools, cache, cases) =
        (verilator(), tempfile::tempdir().unwrap(), cases_and_long(Preset::Tiny, CASES));
    let (next, survivors) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let run = || {
        while let Some((mutant, text)) = {
            let n = next.fetch_add(1, Ordering::Relaxed);
            MUTANTS.get(n).zip(texts.get(n))
        } {
            let start = Instant::now();
            let ports = core_ports(Preset::Tiny);
            let library = build_with(&tools, cache.path(), text, "top", &ports, Effort::Quick)
                .unwrap_or_else(|e| panic!("{}: {e}", mutant.name));
            let mut core = VerilatedCore::load(&library, Preset::Tiny).unwrap();
            let built = start.elapsed().as_secs_f64();
            let verdict = difference(&cases, &mut core)
                .or_else(|| seal_differs(&cases[0].compiled.image, &mut core))
                .or_else(|| overlap_differs(&cases, core).err());
            let seconds = start.elapsed().as_secs_f64() - built;
            println!(
                "{}: {} ({built:.1} s built, {seconds:.1} s run)",
                mutant.name,
                verdict.as_deref().unwrap_or("SURVIVED")
            );
            if verdict.is_none() {
                survivors.lock().unwrap().push(mutant.name);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(run);
        }
    });
    let survivors = survivors.into_inner().unwrap();
    assert!(survivors.is_empty(), "not killed: {survivors:?}");
}
