//! `fuzz`: random and adverse networks through the levels, and case files again.

use super::Context;
use serde::Serialize;
use spikewright::{
    Result,
    fuzz::{self, CaseFile, Cores, Found, Level, Plan, presets_of},
    ir::Preset,
    wave_files::WaveFiles,
};
use std::path::{Path, PathBuf};

/// Seed when none is given.
const SEED: u64 = 1;

pub fn run(
    context: &Context,
    cases: u64,
    levels: Vec<Level>,
    preset: Option<Preset>,
    out: PathBuf,
    wave: WaveFiles,
) -> Result<()> {
    let levels = checked(cases, levels)?;
    let presets = presets_of(&levels, preset)?;
    let cores = cores(context, &levels, &presets)?;
    let console = &context.console;
    let plan =
        Plan { seed: context.global.seed.unwrap_or(SEED), cases, levels, presets, out, wave };
    let bar = console.bar("fuzzing", usize::try_from(cases)?);
    let report = fuzz::run(&plan, &cores, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let presets: Vec<_> = plan.presets.iter().map(|p| p.name()).collect();
    console.line(format!(
        "{cases} cases of seed {} on {}: {} samples, {} spikes",
        plan.seed,
        presets.join(", "),
        report.samples,
        report.spikes
    ));
    for (pair, differ) in &report.mismatches {
        console.line(format!("{pair:<28} {:>6} cases  {differ:>3} differ", report.compared[pair]));
    }
    report.failures.iter().for_each(|found| show(context, found));
    if !report.failures.is_empty() {
        let shown =
            |path: &Path| console.line(format!("the first as a waveform: {}", path.display()));
        plan.wave.paths().for_each(shown);
    }
    console.finish(&report)?;
    match report.differ() {
        0 => Ok(()),
        n if n as usize > report.failures.len() => Err(format!(
            "levels differ in {n} cases; the first {} are shown above",
            report.failures.len()
        )
        .into()),
        n => Err(format!("levels differ in {n} cases, shown above").into()),
    }
}

/// Random theta networks.
pub fn theta(context: &Context, cases: u64, levels: Vec<Level>) -> Result<()> {
    let levels = checked(cases, levels)?;
    let (console, seed) = (&context.console, context.global.seed.unwrap_or(SEED));
    let bar = console.bar("fuzzing", usize::try_from(cases)?);
    let report = fuzz::theta(seed, cases, &levels, || context.tools(), &|| bar.inc(1))?;
    bar.finish_and_clear();
    console.line(format!(
        "{cases} theta networks of seed {seed}: {} samples, {} spikes",
        report.samples, report.spikes
    ));
    for (level, differ) in &report.mismatches {
        console.line(format!("{level:<28} {cases:>6} cases  {differ:>3} differ"));
    }
    report.failures.iter().for_each(|failure| console.line(failure));
    console.finish(&report)?;
    match report.mismatches.values().sum::<u64>() {
        0 => Ok(()),
        n => Err(format!("levels differ in {n} cases, the first of them shown above").into()),
    }
}

/// Levels to run, the default if none is named.
fn checked(cases: u64, levels: Vec<Level>) -> Result<Vec<Level>> {
    if !(1..=1 << 32).contains(&cases) {
        return Err(format!("--cases {cases}: ask for 1 to {}", 1u64 << 32).into());
    }
    match levels.is_empty() {
        true => Ok(vec![Level::Reference, Level::Sim]),
        false => distinct(levels),
    }
}

fn show(context: &Context, found: &Found) {
    let Found { number, kind, preset, pair, drawn, size, divergence, context: seen, file } = found;
    let console = &context.console;
    console.line(format!("case {number} ({kind:?}, {preset}), {pair}: {drawn}"));
    console.line(format!("  made small: {size}"));
    console.line(format!("  {divergence}"));
    seen.iter().for_each(|line| console.line(format!("    {line}")));
    console.line(format!("  again: spikewright fuzz --replay {}", file.display()));
}

#[derive(Serialize)]
struct Replayed {
    file: PathBuf,
    levels: Vec<Level>,
    failures: Vec<Differing>,
}

#[derive(Serialize)]
struct Differing {
    pair: &'static str,
    divergence: String,
    context: Vec<String>,
}

pub fn replay(context: &Context, path: &Path, levels: Vec<Level>, wave: &WaveFiles) -> Result<()> {
    let file = CaseFile::read(path)?;
    let levels = distinct(if levels.is_empty() { file.levels.clone() } else { levels })?;
    let preset = file.case.preset;
    presets_of(&levels, Some(preset)).map_err(|e| format!("{}: {e}", path.display()))?;
    let cores = cores(context, &levels, &[preset])?;
    let console = &context.console;
    console.line(format!("{preset}: {}", file.case.summary()));
    let failures = fuzz::replay(path, &file.case, &levels, &cores)?;
    if let (false, Some(failure)) = (wave.is_empty(), failures.first()) {
        wave.write(&fuzz::waveform(&file.case, failure, &cores)?)?;
        wave.paths().for_each(|path| console.line(format!("wrote {}", path.display())));
    }
    let failures: Vec<_> = failures
        .into_iter()
        .map(|f| Differing { pair: f.level.pair(), divergence: f.message, context: f.context })
        .collect();
    for Differing { pair, divergence, context: seen } in &failures {
        console.line(format!("{pair}: {divergence}"));
        seen.iter().for_each(|line| console.line(format!("  {line}")));
    }
    let differ = failures.len();
    console.finish(&Replayed { file: path.into(), levels, failures })?;
    match differ {
        0 => {
            console.line("all levels agree");
            Ok(())
        }
        _ => Err(format!("{}: levels differ, as shown above", path.display()).into()),
    }
}

/// Levels in order and once each, of which at least one is compared with the simulator.
fn distinct(mut levels: Vec<Level>) -> Result<Vec<Level>> {
    levels.sort();
    levels.dedup();
    match levels.iter().any(|l| *l != Level::Sim) {
        true => Ok(levels),
        false => Err("--levels sim: all levels are compared with sim; add another".into()),
    }
}

fn cores(context: &Context, levels: &[Level], presets: &[Preset]) -> Result<Cores> {
    Cores::build(levels, presets, || context.tools(), &|line| context.console.note(line))
}
