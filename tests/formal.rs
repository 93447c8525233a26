//! Proofs on the emitted Verilog: each checker of `tests/formal` instantiates a module as it is emitted, and
//! yosys-smtbmc with Yices proves what it asserts, by induction where it can be. Each proof is shown able to
//! fail: with any of its faults in the module it does.

mod common;
#[path = "formal/list.rs"]
mod list;
#[path = "formal/prove.rs"]
mod prove;

use common::mutation::{self, Mutant, mutate};
use list::{Design, PROOFS, Proof};
use prove::{Verdict, prove};
use spikewright::{
    flow::tools::prover,
    hdl::{Link, emit_core, emit_spike_memory, emit_system},
    ir::{CoreSpec, Preset},
};
use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

/// Yosys and the solver keep one processor busy each.
const THREADS: usize = 2;
/// Clock cycles of a bit on the serial link: none of the proofs depends on how long it is.
const BIT_CYCLES: u16 = 13;

fn emitted(design: Design) -> String {
    match design {
        Design::Core => emit_core(Preset::Tiny).text,
        Design::System => {
            emit_system(Preset::Tiny, Link::Uart { bit_cycles: BIT_CYCLES, flash: None }).text
        }
        Design::SpikeMemory => emit_spike_memory(&prove::small_spikes()).text,
    }
}

/// What is proved, with one fault or none.
struct Job<'a> {
    proof: &'a Proof,
    fault: Option<&'a Mutant>,
    text: String,
}

#[test]
fn proofs_hold_and_fail_on_faults() {
    let prover = prover(&mut |line| eprintln!("{line}")).expect("the prover");
    let mut jobs = Vec::new();
    for proof in PROOFS {
        let text = emitted(proof.design);
        assert!(
            !proof.faults.is_empty(),
            "{}: a proof that nothing breaks proves nothing",
            proof.name
        );
        let faulty = proof.faults.iter().map(|f| (Some(f), mutate(&text, f)));
        for (fault, text) in faulty.collect::<Vec<_>>().into_iter().chain([(None, text)]) {
            jobs.push(Job { proof, fault, text });
        }
    }
    // The longest first, so that no thread waits for it in the end.
    jobs.sort_by_key(|job| std::cmp::Reverse(job.proof.weight));
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let run = || {
        while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let start = Instant::now();
            let verdict = prove(&prover, job.proof, &job.text);
            let what = job.fault.map_or("holds".to_string(), |f| format!("fails: {}", f.name));
            println!(
                "{}, {what}: {verdict} ({:.1} s)",
                job.proof.name,
                start.elapsed().as_secs_f64()
            );
            let right = matches!(
                (&verdict, job.fault),
                (Verdict::Proved, None) | (Verdict::Refuted(_), Some(_))
            );
            if !right {
                wrong.lock().unwrap().push(format!("{}, {what}: {verdict}", job.proof.name));
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(run);
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table of `docs/testing.md` is this list.
#[test]
fn the_table_of_proofs_is_their_list() {
    let document = include_str!("../docs/testing.md");
    let start = document.find("## Proofs").expect("a section on proofs");
    let section = document[start + 3..].split("\n## ").next().unwrap();
    let told: Vec<(String, String, String)> = section
        .lines()
        .filter(|l| l.starts_with("| `"))
        .map(|l| {
            let cells: Vec<_> = l.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].trim_matches('`').into(), cells[3].into(), cells[4].into())
        })
        .collect();
    let listed: Vec<(String, String, String)> = PROOFS
        .iter()
        .map(|p| {
            let faults: Vec<_> = p.faults.iter().map(|f| f.name).collect();
            (p.name.into(), p.method(), faults.join("; "))
        })
        .collect();
    assert_eq!(told, listed);
}

/// The preset whose core the proofs are about: its numbers, as the checkers name them.
fn spec() -> CoreSpec {
    Preset::Tiny.spec()
}
