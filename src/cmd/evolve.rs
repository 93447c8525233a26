//! `evolve`: a search without gradients, alone or as one of many ranks.

use super::{
    Context,
    team::in_team,
    train::{Bars, text},
};
use serde::Serialize;
use spikewright::{
    Result,
    evolve::{
        BoardDevice, CoreDevice, Evolution, EvolveConfig, Level, Outcome, Progress, Shard,
        SimDevice, evolve,
    },
    golden::evolve::{Device, ReferenceDevice, Team},
    host::{Driver, DriverOptions, open},
    levels,
};
use std::{
    path::{Path, PathBuf},
    time::Instant,
};

/// What is asked for.
pub struct Request {
    pub config: PathBuf,
    pub out: PathBuf,
    pub resume: bool,
    pub shard: Shard,
}

#[derive(Serialize)]
struct Evolved {
    searches: Vec<Outcome>,
}

pub fn run(context: &Context, request: &Request) -> Result<()> {
    in_team(|team| as_member(context, request, team))
}

fn as_member(context: &Context, request: &Request, team: &dyn Team) -> Result<()> {
    let named = |e| format!("{}: {e}", request.config.display());
    let config = text(&request.config)?;
    let mut config = EvolveConfig::from_toml(&config).map_err(named)?;
    if let Some(seed) = context.global.seed {
        config.seeds = vec![seed];
    }
    let device = device(context, &config)?;
    let evolution = Evolution {
        config: &config,
        folder: request.config.parent().unwrap_or(Path::new("")),
        out: &request.out,
        shard: request.shard,
        resume: request.resume,
        data: context.global.data.as_deref(),
        team,
        device: &*device,
    };
    let mut show = Show::new(context, team.rank() == 0, config.generations);
    let searches = evolve(&evolution, &mut |progress| show.progress(&progress))?;
    if team.rank() != 0 {
        return Ok(());
    }
    table(context, &searches);
    context.console.line(format!("wrote {}", request.out.display()));
    context.console.finish(&Evolved { searches })
}

/// What runs the networks.
fn device(context: &Context, config: &EvolveConfig) -> Result<Box<dyn Device>> {
    let board = match config.level {
        Level::Integer => return Ok(Box::new(ReferenceDevice)),
        _ => context.boards.get(&config.board)?,
    };
    let preset = board.preset;
    match (config.level, &config.port) {
        (Level::Verilator, _) => {
            let tools = levels::verilator(&context.tools()?)?;
            let cache = levels::model_cache()?;
            // Built now rather than by all threads at once.
            levels::verilated_core(&tools, &cache, preset)?;
            let core = move || Ok(levels::verilated_core(&tools, &cache, preset)?);
            Ok(Box::new(CoreDevice { preset, core }))
        }
        (Level::Board, Some(port)) => {
            let driver = Driver::connect(open(port, board.baud)?, DriverOptions::default())?;
            if driver.preset() != preset {
                return Err(format!(
                    "{port}: a {} core answers, {} has a {preset}; name the board that is there",
                    driver.preset(),
                    board.key
                )
                .into());
            }
            Ok(Box::new(BoardDevice::new(driver)))
        }
        _ => Ok(Box::new(SimDevice(preset))),
    }
}

/// Progress on the terminal, of the rank that leads.
struct Show<'a> {
    context: &'a Context,
    leads: bool,
    generations: u64,
    bars: Bars<'a>,
    /// Evaluations of the search under way, and when they were done.
    last: (u64, Instant),
}

impl<'a> Show<'a> {
    fn new(context: &'a Context, leads: bool, generations: u64) -> Self {
        let bars = Bars::new(&context.console);
        Self { context, leads, generations, bars, last: (0, Instant::now()) }
    }

    fn progress(&mut self, progress: &Progress<'_>) {
        if !self.leads {
            return;
        }
        let console = &self.context.console;
        match progress {
            Progress::Training(p) => {
                self.bars.show(p);
                self.last = (0, Instant::now());
            }
            Progress::Generation { search, numbers: n } => {
                let (before, since) = self.last;
                let done = n.evaluations.saturating_sub(before) as f64;
                let rate = done / since.elapsed().as_secs_f64().max(1e-9);
                self.last = (n.evaluations, Instant::now());
                console.note(format!(
                    "{search}  generation {:>4} of {}  best {:.4}  median {:.4}  {rate:.0} evaluations/s",
                    n.generation + 1,
                    self.generations,
                    n.best,
                    n.median
                ));
            }
            Progress::Done { search, work } => {
                self.last = (0, Instant::now());
                for (rank, (n, cpu)) in work.evaluations.iter().zip(&work.cpu_s).enumerate() {
                    console.note(format!(
                        "{search}  rank {rank}: {n} evaluations, {cpu:.2} s of processor time in them"
                    ));
                }
            }
        }
    }
}

fn table(context: &Context, searches: &[Outcome]) {
    let console = &context.console;
    console.line(format!(
        "{:<12} {:>5} {:>7} {:>12}  {:>18}  {:>18}  {:>18}  {:>9}",
        "engine", "seed", "q", "evaluations", "before", "start", "found", "recovered"
    ));
    let percent = |s: &spikewright::evolve::Stage| {
        format!("{:.2} / {:.2} %", 100.0 * s.held_out, 100.0 * s.test)
    };
    let or_dash = |text: Option<String>| text.unwrap_or("-".into());
    for s in searches {
        console.line(format!(
            "{:<12} {:>5} {:>7} {:>12}  {:>18}  {:>18}  {:>18}  {:>9}",
            s.engine,
            s.seed,
            or_dash(s.q.map(|q| q.to_string())),
            s.evaluations,
            or_dash(s.before.as_ref().map(percent)),
            percent(&s.start),
            percent(&s.found),
            or_dash(s.recovered().map(|r| format!("{:.0} %", 100.0 * r)))
        ));
    }
    console.line("accuracy on held-out training samples / test samples");
}
