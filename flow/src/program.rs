//! Loading a bitstream, or bitstream and image into the flash: the command lines for a board, and running
//! them.

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

/// What is told to a programmer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Target {
    /// The bitstream, to wherever the board's arguments say.
    Board,
    /// The file, into the configuration flash from this byte on.
    Flash(u32),
}

impl Loader {
    /// Arguments behind the board's own.
    fn args(self, target: Target) -> Vec<String> {
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        match (self, target) {
            (_, Target::Board) | (Loader::Iceprog, Target::Flash(0)) => Vec::new(),
            (Loader::Iceprog, Target::Flash(offset)) => words(&["-o", &offset.to_string()]),
            (Loader::OpenFpgaLoader, Target::Flash(0)) => words(&["-f"]),
            (Loader::OpenFpgaLoader, Target::Flash(offset)) => {
                words(&["-f", "--file-type", "raw", "-o", &offset.to_string()])
            }
            (Loader::Fujprog, Target::Flash(offset)) => {
                words(&["-j", "flash", "-f", &offset.to_string()])
            }
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
    command_with(board, bitstream, Target::Board, |name| which::which(name).ok())
}

/// The commands that write `bitstream` and `image` into the configuration flash of a board that loads
/// itself at power-up, and whether their program is on PATH.
///
/// # Errors
/// [`FlowError::Flash`] when the board does not, or the bitstream, if it is there already, does not end before
/// the image begins.
pub fn flash_commands(
    board: &Board,
    bitstream: &Path,
    image: &Path,
) -> Result<([LoadCommand; 2], bool), FlowError> {
    flash_commands_with(board, bitstream, image, |name| which::which(name).ok())
}

fn flash_commands_with(
    board: &Board,
    bitstream: &Path,
    image: &Path,
    find: impl Fn(&str) -> Option<PathBuf>,
) -> Result<([LoadCommand; 2], bool), FlowError> {
    let refuse = |problem: String| FlowError::Flash { board: board.key.clone(), problem };
    let offset = board.flash_offset.ok_or_else(|| {
        refuse(
            "it reads no image from its flash; its table in boards.toml has no flash_offset".into(),
        )
    })?;
    let size = std::fs::metadata(bitstream).map_or(0, |file| file.len());
    if size > offset.into() {
        return Err(refuse(format!(
            "the bitstream has {size} bytes, the image begins at {offset}; raise flash_offset in \
             boards.toml and build again"
        )));
    }
    let (first, present) = command_with(board, bitstream, Target::Flash(0), &find)?;
    let (second, _) = command_with(board, image, Target::Flash(offset), &find)?;
    Ok(([first, second], present))
}

fn command_with(
    board: &Board,
    file: &Path,
    target: Target,
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
    let file = std::path::absolute(file).map_err(FlowError::io(file))?;
    let mut args: Vec<OsString> = programmer.args.iter().map(OsString::from).collect();
    args.extend(programmer.tool.args(target).into_iter().map(OsString::from));
    args.push(file.into());
    Ok((LoadCommand { program, args }, present))
}

/// Loads `bitstream` onto the connected board; the programmer's own output goes to the terminal.
pub fn load(board: &Board, bitstream: &Path) -> Result<(), FlowError> {
    // A clear message about a missing file beats whatever the programmer says.
    std::fs::metadata(bitstream).map_err(FlowError::io(bitstream))?;
    let (command, present) = load_command(board, bitstream)?;
    run(board, &[command], present)
}

/// Writes `bitstream` and `image` into the configuration flash, as [`flash_commands`] says.
///
/// # Errors
/// As that, and what running the programmer says.
pub fn flash(board: &Board, bitstream: &Path, image: &Path) -> Result<(), FlowError> {
    for file in [bitstream, image] {
        std::fs::metadata(file).map_err(FlowError::io(file))?;
    }
    let (commands, present) = flash_commands(board, bitstream, image)?;
    run(board, &commands, present)
}

fn run(board: &Board, commands: &[LoadCommand], present: bool) -> Result<(), FlowError> {
    if !present {
        let names: Vec<_> = board.programmers.iter().map(|p| p.tool.executable()).collect();
        return Err(FlowError::NoProgrammer {
            tried: names.join(", "),
            install: board.programmers[0].tool.install_hint(),
        });
    }
    for command in commands {
        let status = Command::new(&command.program)
            .args(&command.args)
            .status()
            .map_err(FlowError::io(&command.program))?;
        if !status.success() {
            let (command, status) = (command.to_string(), status.to_string());
            return Err(FlowError::Programmer { command, status });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Boards;

    #[test]
    fn every_board_has_a_command_that_ends_in_the_bitstream() {
        for board in Boards::builtin().iter() {
            let (command, present) =
                command_with(board, Path::new("-x/top.bin"), Target::Board, |_| None).unwrap();
            assert!(!present);
            let line = command.to_string();
            let first = board.programmers[0].tool.executable();
            assert!(line.starts_with(&format!("{first} ")), "{line}");
            assert!(line.ends_with("/-x/top.bin"), "{line}");
        }
    }

    #[test]
    fn the_programmer_that_is_present_is_taken() {
        let boards = Boards::builtin();
        let board = boards.get("icebreaker").unwrap();
        let find = |name: &str| (name == "iceprog").then(|| PathBuf::from("/bin/iceprog"));
        let (command, present) =
            command_with(board, Path::new("/b/top.bin"), Target::Board, find).unwrap();
        assert!(present);
        assert_eq!(command.to_string(), "/bin/iceprog /b/top.bin");
    }

    #[test]
    fn bitstream_and_image_go_into_the_flash() {
        let boards = Boards::builtin();
        let lines = |key: &str, present: &str| {
            let find = |name: &str| (name == present).then(|| PathBuf::from(name));
            let (bitstream, image) = (Path::new("/b/top.bin"), Path::new("/b/flash.bin"));
            let board = boards.get(key).unwrap();
            let (commands, _) = flash_commands_with(board, bitstream, image, find).unwrap();
            commands.map(|c| c.to_string())
        };
        assert_eq!(
            lines("icebreaker", "iceprog"),
            ["iceprog /b/top.bin", "iceprog -o 1048576 /b/flash.bin"]
        );
        assert_eq!(
            lines("ulx3s_25f", ""),
            [
                "openFPGALoader -b ulx3s -f /b/top.bin",
                "openFPGALoader -b ulx3s -f --file-type raw -o 3145728 /b/flash.bin"
            ]
        );
        assert_eq!(
            lines("ulx3s_85f", "fujprog"),
            ["fujprog -j flash -f 0 /b/top.bin", "fujprog -j flash -f 3145728 /b/flash.bin"]
        );
        let none = boards.get("icebreaker_spi").unwrap();
        let error = flash_commands(none, Path::new("a"), Path::new("b")).unwrap_err().to_string();
        assert!(error.starts_with("board icebreaker_spi: it reads no image"), "{error}");
        let dir = tempfile::tempdir().unwrap();
        let large = dir.path().join("top.bin");
        std::fs::write(&large, vec![0; 0x10_0001]).unwrap();
        let board = boards.get("icebreaker").unwrap();
        let error = flash_commands(board, &large, Path::new("b")).unwrap_err().to_string();
        assert!(error.contains("1048577 bytes, the image begins at 1048576"), "{error}");
    }

    #[test]
    fn a_missing_bitstream_is_named() {
        let boards = Boards::builtin();
        let board = boards.get("icebreaker").unwrap();
        let error = load(board, Path::new("nowhere/top.bin")).unwrap_err().to_string();
        assert!(error.starts_with("nowhere/top.bin: "), "{error}");
    }
}
