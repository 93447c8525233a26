//! One file per verb: arguments to library call to printed result.

pub mod adapt;
mod bench;
mod boards;
mod compile;
mod cosim;
mod demo;
mod eval;
mod evolve;
mod explore;
mod few_shot;
mod fuzz;
mod program;
mod run;
mod sim;
mod smooth;
mod synchrony;
mod synth;
mod team;
mod theta;
mod tools;
mod train;
mod verify;

use crate::{
    args::{Cli, Global, Kind, Verb},
    console::Console,
};
use spikewright::{
    Result, data,
    flow::{self, Boards, tools::Toolset},
    golden::data::{Code, EncodedSet, Mnist},
};
use std::time::Duration;

/// What every verb has at hand.
pub struct Context {
    pub console: Console,
    pub global: Global,
    pub boards: Boards,
}

const NO_IMAGES: &str = "--images 0: there would be nothing to run; ask for at least one";

impl Context {
    fn mnist(&self) -> Result<Mnist> {
        data::mnist(self.global.data.as_deref())
    }

    /// The first `images` test samples, encoded.
    fn test_set(&self, code: &Code, images: usize) -> Result<EncodedSet> {
        if images == 0 {
            return Err(NO_IMAGES.into());
        }
        data::test_set(code, self.global.data.as_deref(), images)
    }

    /// The external tools, installed now if they have to be.
    fn tools(&self) -> Result<Toolset> {
        Ok(flow::tools::ensure(&mut |line| self.console.note(line))?)
    }
}

/// Runs a verb.
pub fn run(cli: Cli) -> Result<()> {
    if let Some(threads) = cli.global.threads {
        if threads == 0 {
            return Err("--threads 0: ask for at least one thread".into());
        }
        rayon::ThreadPoolBuilder::new().num_threads(threads).build_global()?;
    }
    let context = Context {
        console: Console::new(&cli.global),
        boards: Boards::load(cli.global.boards.as_deref())?,
        global: cli.global,
    };
    match cli.verb {
        Verb::Demo { out, quick, targets } => demo::run(&context, &out, quick, &targets),
        Verb::Train { config, out, resume } => train::run(&context, &config, &out, resume),
        Verb::Adapt { model, support, query, rule, steps, shift, passes, moved, out } => {
            let request =
                adapt::Request { model, support, query, rule, steps, shift, passes, moved, out };
            adapt::run(&context, &request)
        }
        Verb::Eval { run, level, images } => eval::run(&context, &run, level, images),
        Verb::Synchrony { run, config, images, out } => {
            synchrony::run(&context, &synchrony::Request { run, config, images, out })
        }
        Verb::Compile { model, board, out, stream, activity, fire_units } => {
            let request = compile::Request { model, board, out, stream, activity, fire_units };
            compile::run(&context, &request)
        }
        Verb::Sim { build, images, wave } => sim::run(&context, &build, images, &wave),
        Verb::Cosim { build, images } => cosim::run(&context, &build, images),
        Verb::Verify { build, images, rust_hdl_images, netlist_images } => {
            verify::run(&context, &build, images, rust_hdl_images, netlist_images)
        }
        Verb::Fuzz { kind: Kind::Theta, cases, levels, preset, replay, wave, .. } => {
            if preset.is_some() || replay.is_some() || !wave.is_empty() {
                return Err("--kind theta: both presets run, and a case is its seed and number; leave out --preset, --replay, --vcd and --fst".into());
            }
            fuzz::theta(&context, cases, levels)
        }
        Verb::Fuzz { kind: Kind::Lif, cases, levels, preset, out, replay, wave } => match replay {
            Some(file) => fuzz::replay(&context, &file, levels, &wave),
            None => fuzz::run(&context, cases, levels, preset, out, wave),
        },
        Verb::Synth { build, seeds, all_seeds } => synth::run(&context, &build, &seeds, all_seeds),
        Verb::Run { build, port, images, loaded, timeout } => {
            run::run(&context, &build, &port, images, loaded, Duration::from_millis(timeout))
        }
        Verb::Program { build, image, dry_run } => program::run(&context, &build, image, dry_run),
        Verb::Bench { workload, float, seconds, runs, build, images } => {
            let request = bench::Request { workload, float, seconds, runs, build, images };
            bench::run(&context, &request)
        }
        Verb::Explore { recipe, sweeps, targets, clocks, fire_units, seeds, images, out } => {
            let request = explore::Request {
                recipe,
                sweeps,
                targets,
                clocks,
                fire_units,
                seeds,
                images,
                out,
            };
            explore::run(&context, &request)
        }
        Verb::Evolve { config, out, resume, shard } => {
            evolve::run(&context, &evolve::Request { config, out, resume, shard })
        }
        Verb::Boards => boards::run(&context),
        Verb::Tools { action } => tools::run(&context, action),
    }
}
