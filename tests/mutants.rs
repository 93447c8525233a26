//! Faults in the emitted Verilog: each mutant of the tiny core must differ from the simulator on the
//! cases that prove the levels equal. What survives would be a hole in those cases.

mod common;
#[path = "mutants/list.rs"]
mod list;

use common::{
    Case, cases, cases_and_long, difference,
    mutation::{self, Mutant, mutate},
    overlap::overlap_differs,
    seal::seal_differs,
    verilator,
};
use list::{POOLING, mutants};
use spikewright::{
    hdl::emit_core,
    ir::{Layer, LayerKind, Preset},
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

/// Where a mutant's core and the simulator part.
fn verdict(cases: &[Case], mut core: VerilatedCore) -> Option<String> {
    difference(cases, &mut core)
        .or_else(|| seal_differs(&cases[0].compiled.image, &mut core))
        .or_else(|| overlap_differs(cases, core).err())
}

/// Names of the mutants of a preset's core that nothing tells from the core.
fn survivors(preset: Preset, mutants: &[&Mutant], cases: &[Case]) -> Vec<&'static str> {
    let names: BTreeSet<_> = mutants.iter().map(|m| m.name).collect();
    assert_eq!(names.len(), mutants.len(), "names are unique");
    let verilog = emit_core(preset).text;
    // Places are looked up first: a stale one should not cost a minute.
    let texts: Vec<String> = mutants.iter().map(|m| mutate(&verilog, m)).collect();
    let (tools, cache) = (verilator(), tempfile::tempdir().unwrap());
    let (next, survivors) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let run = || {
        while let Some((mutant, text)) = {
            let n = next.fetch_add(1, Ordering::Relaxed);
            mutants.get(n).zip(texts.get(n))
        } {
            let start = Instant::now();
            let ports = core_ports(preset);
            let library = build_with(&tools, cache.path(), text, "top", &ports, Effort::Quick)
                .unwrap_or_else(|e| panic!("{}: {e}", mutant.name));
            let core = VerilatedCore::load(&library, preset).unwrap();
            let built = start.elapsed().as_secs_f64();
            let verdict = verdict(cases, core);
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
    survivors.into_inner().unwrap()
}

/// With `MUTANTS=TEXT` those whose name has the text.
#[test]
fn every_mutant_is_killed() {
    let cases = cases_and_long(Preset::Tiny, CASES);
    let chosen = std::env::var("MUTANTS").unwrap_or_default();
    let mutants: Vec<_> = mutants().into_iter().filter(|m| m.name.contains(&chosen)).collect();
    let alive = survivors(Preset::Tiny, &mutants, &cases);
    assert!(alive.is_empty(), "not killed: {alive:?}");
}

/// No tile of the smallest core holds the slots of a pool: these are mutants of a larger one.
#[test]
fn every_mutant_of_pooling_is_killed() {
    let mut cases = cases(Preset::Up5k, CASES / 2);
    let pools = |l: &Layer| matches!(l.kind, LayerKind::OrPool(_));
    cases.retain(|case| case.compiled.network.layers.iter().any(pools));
    assert!(cases.len() > 5, "networks that pool");
    let alive = survivors(Preset::Up5k, &POOLING.iter().collect::<Vec<_>>(), &cases);
    assert!(alive.is_empty(), "not killed: {alive:?}");
}
