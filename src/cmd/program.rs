//! `program`: a bitstream into a board.

use super::Context;
use serde::Serialize;
use spikewright::{
    Result,
    build::{Build, read_json},
    flow::{BuildReport, program},
};
use std::path::Path;

#[derive(Serialize)]
struct Programmed {
    command: String,
    program_found: bool,
    ran: bool,
}

pub fn run(context: &Context, dir: &Path, dry_run: bool) -> Result<()> {
    let build = Build::open(dir, &context.boards)?;
    let record: BuildReport = read_json(&dir.join("synth").join("build.json")).map_err(|e| {
        format!("{e}\n  help: make a bitstream with `spikewright synth {}`", dir.display())
    })?;
    if record.board != build.board.key {
        return Err(format!(
            "{}: the bitstream is for {}, the build now for {}\n  \
             help: make another with `spikewright synth {}`",
            dir.join("synth").display(),
            record.board,
            build.board.key,
            dir.display()
        )
        .into());
    }
    let bitstream = dir.join("synth").join(&record.bitstream);
    let (command, found) = program::load_command(&build.board, &bitstream)?;
    context.console.line(command.to_string());
    if !dry_run {
        program::load(&build.board, &bitstream)?;
    }
    context.console.finish(&Programmed {
        command: command.to_string(),
        program_found: found,
        ran: !dry_run,
    })
}
