//! Executing a plan: every step in a scratch directory, products moved into place at the end, and a
//! record beside them that says what they are made of.
//!
//! The build directory holds either a complete build with its `build.json` or none: a bitstream of
//! an earlier plan is removed before the first step. Directories are independent of each other, so
//! builds may run in parallel.

mod exec;
mod record;

pub use record::{AttemptReport, BuildReport, Product, StepTime};

use crate::{
    BuildPlan, FlowError, PlaceReport, Step, plan::Attempt, plan::SeedPolicy, tools::Toolset,
};
use std::{fs, path::Path, sync::atomic::AtomicBool, time::Duration};

pub(crate) use exec::tail;

/// Name of the record in the build directory.
const RECORD: &str = "build.json";

/// How to run a plan.
#[derive(Clone, Copy, Debug, Default)]
pub struct RunOptions<'a> {
    /// Longest time for one step; none by default.
    pub step_limit: Option<Duration>,
    /// Stops the build soon after it becomes true.
    pub cancel: Option<&'a AtomicBool>,
    /// Build even if the directory holds the result already.
    pub force: bool,
}

/// Runs a plan in `dir`, which is made if need be, and returns what came out; a result that is
/// already there for the same plan and tools is returned as it is (`cached`). `progress` is told
/// each step.
pub fn run(
    plan: &BuildPlan,
    dir: &Path,
    tools: &Toolset,
    options: &RunOptions<'_>,
    progress: &mut dyn FnMut(&str),
) -> Result<BuildReport, FlowError> {
    fs::create_dir_all(dir).map_err(FlowError::io(dir))?;
    let lock_path = dir.join(".lock");
    let waiting = || progress("another build runs in this directory; waiting for it");
    let _lock = crate::lock::take(&lock_path, waiting).map_err(FlowError::io(&lock_path))?;

    if !options.force
        && let Some(report) = record::cached(plan, dir, tools)
    {
        progress("up to date");
        return Ok(report);
    }
    for stale in [RECORD, &plan.bitstream] {
        remove_if_there(&dir.join(stale))?;
    }
    sweep(dir);
    let work =
        tempfile::Builder::new().prefix(SCRATCH).tempdir_in(dir).map_err(FlowError::io(dir))?;
    for file in &plan.files {
        let path = work.path().join(&file.name);
        fs::write(&path, &file.content).map_err(FlowError::io(path))?;
    }
    let mut build = Build { plan, tools, options, progress, work: work.path(), dir, times: vec![] };
    let (attempts, chosen) = build.all()?;
    let times = build.times;
    record::finish(plan, dir, work.path(), tools, (attempts, chosen), times)
}

/// Prefix of scratch directories.
const SCRATCH: &str = ".build-";

/// Removes what killed builds left. A tool that outlived its build may still write there: then the
/// next build removes it.
fn sweep(dir: &Path) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(SCRATCH) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn remove_if_there(path: &Path) -> Result<(), FlowError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(FlowError::io(path)(e)),
        _ => Ok(()),
    }
}

/// A routed attempt with its report.
type Routed<'a> = (&'a Attempt, PlaceReport);

struct Build<'a, 'p> {
    plan: &'a BuildPlan,
    tools: &'a Toolset,
    options: &'a RunOptions<'a>,
    progress: &'p mut dyn FnMut(&str),
    work: &'a Path,
    dir: &'a Path,
    times: Vec<StepTime>,
}

impl<'a> Build<'a, '_> {
    /// Synthesizes, routes as many seeds as the policy wants, packs the best; returns the attempts
    /// and the one packed.
    fn all(&mut self) -> Result<(Vec<AttemptReport>, Routed<'a>), FlowError> {
        self.step(&self.plan.synth)?;
        let mut reports = Vec::new();
        let mut best: Option<Routed<'a>> = None;
        for attempt in &self.plan.attempts {
            self.step(&attempt.place)?;
            let report = PlaceReport::read(&self.work.join(&attempt.report))?;
            let fmax_mhz = self.core_fmax(&report, attempt)?;
            let met = report.failing(self.plan.core_mhz).is_none();
            reports.push(AttemptReport { seed: attempt.seed, fmax_mhz, met });
            let better =
                best.as_ref().is_none_or(|(_, b)| rank(&report, self.plan) > rank(b, self.plan));
            if better {
                best = Some((attempt, report));
            }
            if met && self.plan.policy == SeedPolicy::FirstThatMeets {
                break;
            }
        }
        let (attempt, report) = best.expect("a plan has at least one seed");
        if let Some((clock, target_mhz)) = report.failing(self.plan.core_mhz) {
            return Err(FlowError::Timing {
                board: self.plan.board.clone(),
                clock: clock.net.clone(),
                fmax_mhz: clock.achieved_mhz,
                target_mhz,
                seed: attempt.seed,
                seeds: reports.len(),
            });
        }
        self.step(&attempt.pack)?;
        Ok((reports, (attempt, report)))
    }

    fn core_fmax(&self, report: &PlaceReport, attempt: &Attempt) -> Result<f64, FlowError> {
        let core = report.core_clock(self.plan.core_mhz).map(|c| c.achieved_mhz);
        core.ok_or_else(|| FlowError::Malformed {
            path: self.dir.join("logs").join(format!("{}.log", attempt.place.name)),
            message: format!(
                "no clock is constrained to {} MHz; clocks are {:?}",
                self.plan.core_mhz,
                report.clocks.iter().map(|c| (&c.net, c.constraint_mhz)).collect::<Vec<_>>()
            ),
            help: "the top must use the board's PLL settings and clock its logic with the result",
        })
    }

    fn step(&mut self, step: &Step) -> Result<(), FlowError> {
        (self.progress)(&format!("{}: {}", step.name, step.tool));
        let tool = self.tools.get(step.tool);
        let seconds = exec::execute(step, tool, self.work, self.dir, self.options)?;
        self.times.push(StepTime { step: step.name.clone(), seconds });
        Ok(())
    }
}

/// Order among attempts: one that meets every clock first, then the faster core.
fn rank(report: &PlaceReport, plan: &BuildPlan) -> (bool, u64) {
    let fmax = report.core_clock(plan.core_mhz).map_or(0.0, |c| c.achieved_mhz);
    (report.failing(plan.core_mhz).is_none(), (fmax * 1e6) as u64)
}
