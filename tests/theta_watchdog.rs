//! The watchdog of the core of theta neurons. No image makes it act (`ThetaSpec::cycle_bound`), so it is set to bite
//! early: a sample that it stops has no result, and the next one is as if there had been none before.

mod common;

use common::{
    mutation::{Mutant, mutant, mutate},
    theta::{Case, cases, random_cases},
    verilator,
};
use spikewright::{
    hdl::emit_theta_core,
    ir::ThetaPreset,
    sim::{
        ThetaCosim, ThetaSimulator,
        cosim::{CosimError, VerilatedCore, core_ports},
        theta_difference,
    },
};
use verilator_sys::{Effort, build_with};

const PRESET: ThetaPreset = ThetaPreset::ThetaEcp5_25;
/// Cycle in which it halts a core, and a sample that is done before, or is too late for that.
const HALT: u64 = 400;
const DONE: std::ops::RangeInclusive<u64> = HALT - 1..=HALT + 4;

/// It halts in that cycle, and ends when the longest input has gone by.
const EARLY: [Mutant; 2] = [
    mutant("halts early", "$host", "cycles$q[(32'h14)+:(4)] == most4;", "cycles$q >= 24'd400;"),
    mutant("ends early", "$host", "(cycles$q[(32'h10)+:(4)] == most4)", "(cycles$q >= 24'd1800)"),
];
const DEAF: Mutant =
    mutant("a control that is not halted", "$control", "if (halt) state <= IDLE;", "");

/// Status bit of a sample that took too long.
const STOPPED: u16 = 1 << 6;

/// Samples that were stopped, and those that came right behind one of them; or what went wrong.
fn run(cases: &[Case], mut core: VerilatedCore) -> Result<(usize, usize), String> {
    let (mut stopped, mut behind) = (0, 0);
    for Case { name, image, samples, .. } in cases {
        let simulator = ThetaSimulator::new(image).unwrap();
        let mut cosim = ThetaCosim::new(&mut core, image).map_err(|e| format!("{name}: {e}"))?;
        let mut after = false;
        // Twice: each sample behind each kind of other.
        for (n, (input, _)) in samples.iter().chain(samples.iter().rev()).enumerate() {
            let expected = simulator.run(input).unwrap();
            if DONE.contains(&expected.cycles) {
                continue;
            }
            match (expected.cycles > HALT, cosim.run(input)) {
                (true, Err(CosimError::Status { status, .. })) if status & STOPPED != 0 => {
                    (stopped, after) = (stopped + 1, true);
                }
                (true, _) => return Err(format!("{name}, sample {n}: it is not stopped")),
                (false, Err(e)) => return Err(format!("{name}, sample {n}: {e}")),
                (false, Ok(got)) => {
                    if let Some(d) = theta_difference(n, &expected, &got) {
                        return Err(format!("{name}: {d}"));
                    }
                    behind += usize::from(std::mem::take(&mut after));
                }
            }
        }
    }
    Ok((stopped, behind))
}

#[test]
fn a_stopped_core_starts_anew() {
    let cases: Vec<Case> = cases(PRESET).into_iter().chain(random_cases(PRESET, 0..400)).collect();
    let early = EARLY.iter().fold(emit_theta_core(PRESET).text, |text, m| mutate(&text, m));
    let (tools, cache, ports) = (verilator(), tempfile::tempdir().unwrap(), core_ports(PRESET));
    let core = |text: &str| {
        let library = build_with(&tools, cache.path(), text, "top", &ports, Effort::Quick).unwrap();
        VerilatedCore::load(&library, PRESET).unwrap()
    };
    let (stopped, behind) = run(&cases, core(&early)).unwrap();
    assert!(stopped > 100 && behind > 30, "{stopped} were stopped, {behind} ran behind one");
    let deaf = run(&cases, core(&mutate(&early, &DEAF)));
    assert!(deaf.is_err(), "{}: {deaf:?}", DEAF.name);
}
