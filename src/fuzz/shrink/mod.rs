//! Makes a failing case small: every reduction that still fails the same pair of levels is kept.

mod edit;
mod network;

use super::{Case, Cores, Failure, Level, check};
use crate::golden::Reference;
use edit::{STAGES, Stage};

/// Cases run for one failure at most; a level that simulates slowly gets fewer.
fn attempts(level: Level) -> usize {
    match level {
        Level::Reference | Level::Sim | Level::Verilator | Level::Link => 3_000,
        Level::Hdl | Level::Ice40 | Level::Ecp5 => 300,
    }
}

/// Shrinks a case that fails on `level`. Reductions are tried in a fixed order, so the result depends
/// on the case alone.
///
/// # Errors
/// The case does not fail.
pub fn shrink(case: Case, level: Level, cores: &Cores) -> Result<(Case, Failure), String> {
    // What the reference refuses is no network, even where two other levels would run it.
    let is_case = |case: &Case| case.parts.iter().all(|p| Reference::new(&p.network).is_ok());
    let fails = |case: &Case| {
        let verdict = is_case(case).then(|| check(case, &[level], cores))?;
        verdict.ok()?.failures.into_iter().next()
    };
    let failure = fails(&case).ok_or("a case that differed agrees when it is run again")?;
    let mut shrinker = Shrinker { case, failure, left: attempts(level), fails: &fails };
    while shrinker.round() {}
    Ok((shrinker.case, shrinker.failure))
}

struct Shrinker<'a> {
    case: Case,
    failure: Failure,
    left: usize,
    fails: &'a dyn Fn(&Case) -> Option<Failure>,
}

impl Shrinker<'_> {
    /// Tries every stage once; whether the case became smaller.
    fn round(&mut self) -> bool {
        // All of them, whatever the first ones did.
        STAGES.iter().filter(|stage| self.stage(**stage)).count() > 0
    }

    /// Tries all edits of a stage, each on what the ones before have left; whether one was kept.
    fn stage(&mut self, stage: Stage) -> bool {
        let (mut kept, mut next) = (false, 0);
        while let Some(edit) = stage(&self.case, &self.failure).get(next) {
            // An edit that is kept leaves another list, of which this place was not tried.
            if let Some(case) = edit.apply(&self.case)
                && self.attempt(case)
            {
                kept = true;
            } else {
                next += 1;
            }
        }
        kept
    }

    fn attempt(&mut self, case: Case) -> bool {
        if self.left == 0 || case == self.case {
            return false;
        }
        self.left -= 1;
        let Some(failure) = (self.fails)(&case) else { return false };
        (self.case, self.failure) = (case, failure);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fuzz::{KINDS, case},
        ir::Preset,
    };

    /// Whatever fails because of one input event in a network that is not all gone: a case shrinks to
    /// about that, from every kind.
    #[test]
    fn cases_of_every_kind_become_small() {
        for number in 0..2 * KINDS.len() as u64 {
            let drawn = case(3, number, Preset::Tiny).unwrap().case;
            let events = |c: &Case| {
                let trains = c.parts.iter().flat_map(|p| &p.stimuli).flat_map(|s| &s.planes);
                trains.map(|p| p.count()).sum::<usize>()
            };
            let fails = |c: &Case| {
                c.parts.iter().try_for_each(|p| p.compile(c.preset).map(drop)).ok()?;
                (events(c) > 0).then(|| Failure {
                    level: Level::Reference,
                    part: c.parts.len() - 1,
                    sample: 0,
                    place: None,
                    message: String::new(),
                    context: Vec::new(),
                })
            };
            let failure = fails(&drawn).expect("every case has events");
            let mut shrinker = Shrinker { case: drawn, failure, left: 3_000, fails: &fails };
            while shrinker.round() {}
            let small = shrinker.case;
            small.check().unwrap();
            assert_eq!((small.parts.len(), small.samples(), events(&small)), (1, 1, 1), "{number}");
            let network = &small.parts[0].network;
            assert_eq!((network.ticks, network.input_planes), (1, 1), "{number}");
            let neurons: usize = network.layers.iter().map(|l| l.shape().len()).sum();
            assert!(network.layers.len() == 1 && neurons <= 121, "{number}: {}", small.summary());
            assert!(shrinker.left > 0, "{number}: it does not come to an end");
        }
    }
}
