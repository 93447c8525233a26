//! `program`: a bitstream into a board, or with an image into its flash.

use super::Context;
use serde::Serialize;
use spikewright::{
    Result,
    build::{FLASH, read_json},
    flow::{BuildReport, program},
    theta_build::board_and_top,
};
use std::path::Path;

#[derive(Serialize)]
struct Programmed {
    command: String,
    program_found: bool,
    ran: bool,
}

pub fn run(context: &Context, dir: &Path, image: bool, dry_run: bool) -> Result<()> {
    let (board, _) = board_and_top(dir, &context.boards)?;
    let record: BuildReport = read_json(&dir.join("synth").join("build.json")).map_err(|e| {
        format!("{e}\n  help: make a bitstream with `spikewright synth {}`", dir.display())
    })?;
    if record.board != board.key {
        return Err(format!(
            "{}: the bitstream is for {}, the build now for {}\n  \
             help: make another with `spikewright synth {}`",
            dir.join("synth").display(),
            record.board,
            board.key,
            dir.display()
        )
        .into());
    }
    let bitstream = dir.join("synth").join(&record.bitstream);
    let flash = dir.join(FLASH);
    let (commands, found) = match image {
        true => {
            let (commands, found) = program::flash_commands(&board, &bitstream, &flash)?;
            (commands.to_vec(), found)
        }
        false => {
            let (command, found) = program::load_command(&board, &bitstream)?;
            (vec![command], found)
        }
    };
    let commands: Vec<String> = commands.iter().map(ToString::to_string).collect();
    commands.iter().for_each(|command| context.console.line(command));
    match (dry_run, image) {
        (true, _) => {}
        (false, true) => program::flash(&board, &bitstream, &flash)?,
        (false, false) => program::load(&board, &bitstream)?,
    }
    context.console.finish(&Programmed {
        command: commands.join(" && "),
        program_found: found,
        ran: !dry_run,
    })
}
