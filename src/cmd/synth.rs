//! `synth`: a build's board top to a bitstream.

use super::Context;
use crate::console::Console;
use spikewright::{
    Result,
    job::{self, Synthesis},
    theta_build::board_and_top,
};
use std::path::Path;

pub fn run(context: &Context, dir: &Path, seeds: &[u32], all: bool) -> Result<()> {
    let (board, top) = board_and_top(dir, &context.boards)?;
    let plan = job::plan_board(&top, &board, seeds, all)?;
    let synthesis = job::synthesize(&plan, &dir.join("synth"), &context.tools()?, &mut |line| {
        context.console.note(line);
    })?;
    show(&context.console, &synthesis);
    context.console.finish(&synthesis)
}

/// Prints what synthesis made.
pub fn show(console: &Console, s: &Synthesis) {
    let u = &s.utilization;
    console.line(format!(
        "{}: {} of {} cells, {} of {} block RAM, {} SPRAM, {} multipliers; Fmax {:.1} MHz (seed {}, slowest tried {:.1}) for {} MHz",
        s.board, u.lc.used, u.lc.available, u.ebr.used, u.ebr.available, u.spram.used, u.dsp.used,
        s.fmax_mhz, s.seed, s.worst_fmax_mhz, s.core_mhz
    ));
    console.line(format!("bitstream {}", s.bitstream.display()));
}
