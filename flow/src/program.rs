//! Loading a bitstream: the command line for a board, and running it.

use crate::{Board, FlowError, board::Loader};
use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    process::Command,
};

impl Loader {
    /// Name of the executable.
    pub const fn executable(self) -> &'static str {
        match self {
            Loader::OpenFpgaLoader => "openFPGALoader",
            Loader::Iceprog => "iceprog",
            Loader::Fujprog => "fujprog",
        }
    }

    /// How to get it.
    pub const fn install_hint(self) -> &'static str {
        match self {
            Loader::OpenFpgaLoader => "Debian: apt-get install openfpgaloader",
            Loader::Iceprog => "Debian: apt-get install fpga-icestorm",
            Loader::Fujprog => "see github.com/kost/fujprog",
        }
    }
}

/// A command line, not yet run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoadCommand {
    /// The program: a path when it was found, else its bare name.
    pub program: PathBuf,
    /// Its arguments, the bitstream last.
    pub args: Vec<OsString>,
}

impl fmt::Display for LoadCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program.display())?;
        self.args.iter().try_for_each(|a| write!(f, " {}", a.display()))
    }
}

/// The command that loads `bitstream`, and whether its program is on PATH: the first programmer of
/// the board that is, else the first of all. This is what a dry run prints.
pub fn load_command(board: &Board, bitstream: &Path) -> Result<(LoadCommand, bool), FlowError> {
    command_with(board, bitstream, |name| which::which(name).ok())
}

fn command_with(
    board: &Board,
    bitstream: &Path,
    find: impl Fn(&str) -> Option<PathBuf>,
) -> Result<(LoadCommand, bool), FlowError> {
    let found = board
        .programmers
        .iter()
        .find_map(|p| find(p.tool.executable()).map(|path| (p, path, true)))
        .or_else(|| {
            board.programmers.first().map(|p| (p, PathBuf::from(p.tool.executable()), false))
        });
    let (programmer, program, present) = found.ok_or(FlowError::NoProgrammer {
        tried: format!("0 programmers of board {}", board.key),
        install: "add `programmers` to its table in boards.toml",
    })?;
    // An absolute path cannot be taken for an option.
    let bitstream = std::path::absolute(bitstream).map_err(FlowError::io(bitstream))?;
    let mut args: Vec<OsString> = programmer.args.iter().map(OsString::from).collect();
    args.push(bitstream.into());
    Ok((LoadCommand { program, args }, present))
}

/// Loads `bitstream` onto the connected board; the programmer's own output goes to the terminal.
pub fn load(board: &Board, bitstream: &Path) -> Result<(), FlowError> {
    // A clear message about a missing file beats whatever the programmer says.
    std::fs::metadata(bitstream).map_err(FlowError::io(bitstream))?;
    let (command, present) = load_command(board, bitstream)?;
    if !present {
        let names: Vec<_> = board.programmers.iter().map(|p| p.tool.executable()).collect();
        return Err(FlowError::NoProgrammer {
            tried: names.join(", "),
            install: board.programmers[0].tool.install_hint(),
        });
    }
    let status = Command::new(&command.program)
        .args(&command.args)
        .status()
        .map_err(FlowError::io(&command.program))?;
    if status.success() {
        return Ok(());
    }
    Err(FlowError::Programmer { command: command.to_string(), status: status.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Boards;

    #[test]
    fn every_board_has_a_command_that_ends_in_the_bitstream() {
        for board in Boards::builtin().iter() {
            let (command, present) =
                command_with(board, Path::new("-x/top.bin"), |_| None).unwrap();
            assert!(!present);
            let line = command.to_string();
            assert!(line.starts_with("openFPGALoader -b "), "{line}");
            assert!(line.ends_with("/-x/top.bin"), "{line}");
        }
    }

    #[test]
    fn the_programmer_that_is_present_is_taken() {
        let boards = Boards::builtin();
        let board = boards.get("icebreaker").unwrap();
        let find = |name: &str| (name == "iceprog").then(|| PathBuf::from("/bin/iceprog"));
        let (command, present) = command_with(board, Path::new("/b/top.bin"), find).unwrap();
        assert!(present);
        assert_eq!(command.to_string(), "/bin/iceprog /b/top.bin");
    }

    #[test]
    fn a_missing_bitstream_is_named() {
        let boards = Boards::builtin();
        let board = boards.get("icebreaker").unwrap();
        let error = load(board, Path::new("nowhere/top.bin")).unwrap_err().to_string();
        assert!(error.starts_with("nowhere/top.bin: "), "{error}");
    }
}
