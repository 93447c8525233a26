//! A case on all levels asked for.

use super::{
    Case, Cores, Failure, Level, Part,
    compare::{Parting, Runs, core_differs, reference_differs, simulate},
    link::link_differs,
};
use crate::compiler::Compiled;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What came of a case.
#[derive(Default)]
pub struct Verdict {
    /// At most one for each level.
    pub failures: Vec<Failure>,
    /// Spikes of the simulator, so that one sees whether there was anything to compare.
    pub spikes: u64,
}

/// Compares each of `levels` with the simulator. Every level begins with a fresh core, so a verdict
/// depends on the case alone.
///
/// # Errors
/// The compiler refuses a network of the case.
pub fn check(case: &Case, levels: &[Level], cores: &Cores) -> Result<Verdict, String> {
    let compile =
        |(p, part): (usize, &Part)| part.compile(case.preset).map_err(|e| format!("part {p}: {e}"));
    let compiled: Vec<_> = case.parts.iter().enumerate().map(compile).collect::<Result<_, _>>()?;
    let others = || levels.iter().copied().filter(|l| *l != Level::Sim);
    let expected = guarded(|| {
        let parts = case.parts.iter().zip(&compiled).enumerate();
        parts
            .map(|(p, (part, c))| simulate(&c.image, &part.stimuli).map_err(|e| (p, e)))
            .collect::<Result<Vec<_>, _>>()
    });
    let expected = match expected {
        Ok(Ok(expected)) => expected,
        Ok(Err((part, message))) => {
            // Nothing to compare with: no level agrees.
            let message = format!("simulator: {message}");
            return Ok(failing(others(), part, &message));
        }
        Err(message) => return Ok(failing(others(), 0, &format!("simulator: {message}"))),
    };
    let failures = others().filter_map(|level| differs(case, level, cores, &compiled, &expected));
    Ok(Verdict { failures: failures.collect(), spikes: spikes(&expected) })
}

fn failing(levels: impl Iterator<Item = Level>, part: usize, message: &str) -> Verdict {
    let failures = levels.map(|level| Failure {
        level,
        part,
        sample: 0,
        place: None,
        message: message.into(),
        context: Vec::new(),
    });
    Verdict { failures: failures.collect(), spikes: 0 }
}

fn differs(
    case: &Case,
    level: Level,
    cores: &Cores,
    compiled: &[Compiled],
    expected: &[Vec<Runs>],
) -> Option<Failure> {
    let parts = || case.parts.iter().zip(compiled).zip(expected).enumerate();
    let found = guarded(|| -> Result<Option<(usize, Parting)>, String> {
        if level == Level::Reference {
            return Ok(parts().find_map(|(p, ((part, c), runs))| {
                let parting = reference_differs(&part.network, &c.image, &part.stimuli, runs)?;
                Some((p, parting))
            }));
        }
        let Some(of) = level.core() else { return Ok(None) };
        let mut core = cores.fresh(of, case.preset)?;
        Ok(parts().find_map(|(p, ((part, c), runs))| {
            let Part { network, stimuli, .. } = part;
            let parting = match level {
                Level::Link => link_differs(&mut *core, &c.image, stimuli, runs),
                _ => core_differs(&mut *core, network, &c.image, stimuli, runs),
            };
            Some((p, parting?))
        }))
    });
    let (part, parting) = match found {
        Ok(Ok(found)) => found?,
        Ok(Err(message)) | Err(message) => {
            (0, Parting { sample: 0, place: None, message, context: Vec::new() })
        }
    };
    let Parting { sample, place, message, context } = parting;
    let message = if case.parts.len() > 1 { format!("part {part}, {message}") } else { message };
    let place = place.map(|(tick, layer, _)| (tick, layer));
    Some(Failure { level, part, sample, place, message, context })
}

/// A level that panics has failed like one that differs.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
        format!("panicked: {said}")
    })
}

fn spikes(expected: &[Vec<Runs>]) -> u64 {
    let rows = expected.iter().flatten().flatten().flat_map(|run| &run.trace);
    rows.map(|row| u64::from(row.s.count_ones())).sum()
}
