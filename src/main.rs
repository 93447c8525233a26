//! The command line: parses, runs one verb, turns an error into an exit status.
#![forbid(unsafe_code)]

mod args;
mod cmd;
mod console;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cmd::run(args::Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
