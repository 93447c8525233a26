//! `explore`: a table of recipes on boards, and which of them no other beats.

use super::{Context, train};
use serde::Serialize;
use spikewright::{
    Result,
    explore::{Exploration, Row, Store, Sweep, Tools, explore, recipes},
    flow::Board,
};
use std::path::{Path, PathBuf};

/// What is asked for.
pub struct Request {
    pub recipe: PathBuf,
    pub sweeps: Vec<Sweep>,
    pub targets: Vec<String>,
    pub clocks: Vec<f64>,
    pub fire_units: Vec<usize>,
    pub seeds: Vec<u32>,
    pub images: usize,
    pub out: PathBuf,
}

#[derive(Serialize)]
struct Explored {
    points: Vec<Row>,
}

pub fn run(context: &Context, request: &Request) -> Result<()> {
    if request.images == 0 {
        return Err("--images 0: cycles are measured on at least one sample".into());
    }
    let text = train::text(&request.recipe)?;
    let recipes = recipes(&text, &request.sweeps, context.global.seed)
        .map_err(|e| format!("{}: {e}", request.recipe.display()))?;
    let mut boards: Vec<Board> = Vec::new();
    for key in &request.targets {
        let own = context.boards.get(key)?;
        let cores = match request.fire_units.as_slice() {
            [] => vec![own.clone()],
            units => {
                let cores = units.iter().map(|&n| Ok(own.with_fire_units(n)?));
                cores.collect::<Result<_>>()?
            }
        };
        for core in cores {
            match request.clocks.as_slice() {
                [] => boards.push(core),
                clocks => {
                    for &mhz in clocks {
                        boards.push(core.at_clock(mhz)?);
                    }
                }
            }
        }
    }
    let tools = context.tools()?;
    let exploration = Exploration {
        recipes,
        boards,
        seeds: request.seeds.clone(),
        images: request.images,
        folder: request.recipe.parent().unwrap_or(Path::new("")).into(),
        data: context.global.data.clone(),
    };
    let store = Store::new(&request.out);
    let points = explore(&exploration, &store, &mut Tools(&tools), &|line| {
        context.console.note(line);
    })?;
    table(context, &points);
    context.console.finish(&Explored { points })
}

/// All points; those that no other beats have a star.
fn table(context: &Context, points: &[Row]) {
    let console = &context.console;
    console.line(format!(
        "  {:<14} {:<10} {:>9} {:>9} {:>8} {:>10} {:>7} {:>8}  recipe",
        "board", "core", "clock", "accuracy", "cycles", "latency", "cells", "Fmax"
    ));
    for p in points {
        let or_dash = |text: Option<String>| text.unwrap_or("-".into());
        let settings: Vec<_> = p.settings.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let built = p.build.as_ref();
        console.line(format!(
            "{} {:<14} {:<10} {:>5} MHz {:>9} {:>8} {:>10} {:>7} {:>8}  {}",
            if p.pareto { '*' } else { ' ' },
            p.board,
            p.preset,
            p.clock_mhz,
            or_dash(p.accuracy.map(|a| format!("{:.2} %", 100.0 * a))),
            or_dash(p.cycles.map(|c| format!("{c:.0}"))),
            or_dash(p.latency_us.map(|l| format!("{l:.1} µs"))),
            or_dash(built.and_then(|b| b.cells).map(|c| c.to_string())),
            or_dash(built.map(|b| format!("{:.1}", b.fmax_mhz))),
            settings.join(" ")
        ));
        if let Some(why) = &p.refused {
            console.line(format!("    refused: {}", why.lines().next().unwrap_or_default()));
        }
    }
    console.line(
        "* no other point is as good in accuracy, latency, cells and Fmax, and better in one",
    );
}
