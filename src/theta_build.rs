//! The build directory of a theta network: the same files as [`crate::build`] has, for the core of theta neurons.

use crate::{
    Result,
    build::{
        Build, CORE_VERILOG, FLASH, IMAGE, MODEL, Manifest, TOP_VERILOG, board_parts, read_text,
        start,
    },
    compiler::{ThetaReport, compile_theta},
    flow::{Board, Boards},
    hdl::{Verilog, emit_theta_board, emit_theta_core},
    host::flash_words,
    ir::{
        ThetaImage, ThetaNetwork, ThetaPreset, is_theta, read_theta, read_theta_image,
        write_atomic, write_theta, write_theta_image,
    },
};
use std::path::{Path, PathBuf};

/// A compiled theta network for a board.
pub struct ThetaBuild {
    /// The directory.
    pub dir: PathBuf,
    /// The board.
    pub board: Board,
    /// Core on the board.
    pub preset: ThetaPreset,
    /// The network that was compiled.
    pub network: ThetaNetwork,
    /// What the core is told.
    pub image: ThetaImage,
}

/// The core of theta neurons that a board carries.
///
/// # Errors
/// A board that carries none.
pub fn theta_preset(board: &Board) -> Result<ThetaPreset> {
    board.theta_preset.ok_or_else(|| {
        format!(
            "board {}: no core of theta neurons fits its device\n  \
             help: `spikewright boards` lists those with one",
            board.key
        )
        .into()
    })
}

impl ThetaBuild {
    /// Whether a directory holds one.
    ///
    /// # Errors
    /// A model that cannot be read.
    pub fn is_in(dir: &Path) -> Result<bool> {
        let model = dir.join(MODEL);
        Ok(model.is_file() && is_theta(&model)?)
    }

    /// Compiles a network for a board and writes the directory.
    ///
    /// # Errors
    /// All that the core cannot hold, and files that cannot be written.
    pub fn create(
        dir: &Path,
        board: &Board,
        network: &ThetaNetwork,
    ) -> Result<(Self, ThetaReport)> {
        let preset = theta_preset(board)?;
        let board = &board.for_theta()?;
        let (image, report) = compile_theta(network, &preset.spec())?;
        start(dir)?;
        write_theta(&dir.join(MODEL), network)?;
        write_theta_image(&dir.join(IMAGE), &image)?;
        write_atomic(&dir.join(CORE_VERILOG), emit_theta_core(preset).text.as_bytes())?;
        write_atomic(&dir.join(TOP_VERILOG), theta_board_top(board)?.text.as_bytes())?;
        if board.flash_offset.is_some() {
            write_atomic(&dir.join(FLASH), &flash_words(&image.memories, image.seal))?;
        }
        write_atomic(&dir.join(&board.constraints.name), board.constraints.text.as_bytes())?;
        Manifest::new(board).write(dir)?;
        let (dir, board, network) = (dir.into(), board.clone(), network.clone());
        Ok((Self { dir, board, preset, network, image }, report))
    }

    /// Reads a directory that `compile` wrote.
    ///
    /// # Errors
    /// What is missing or does not belong there.
    pub fn open(dir: &Path, boards: &Boards) -> Result<Self> {
        let board = Manifest::read(dir)?.board(boards)?.for_theta()?;
        Ok(Self {
            dir: dir.into(),
            preset: theta_preset(&board)?,
            board,
            network: read_theta(&dir.join(MODEL))?,
            image: read_theta_image(&dir.join(IMAGE))?,
        })
    }

    /// The core's Verilog as it stands in the directory.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn core_verilog(&self) -> Result<Verilog> {
        let text = read_text(&self.dir, CORE_VERILOG)?;
        Ok(Verilog { text, ports: emit_theta_core(self.preset).ports })
    }

    /// The board top's Verilog as it stands in the directory.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn top_verilog(&self) -> Result<Verilog> {
        let text = read_text(&self.dir, TOP_VERILOG)?;
        Ok(Verilog { text, ports: theta_board_top(&self.board)?.ports })
    }
}

/// The top of a board that carries the core of theta neurons.
///
/// # Errors
/// A board that carries none.
pub fn theta_board_top(board: &Board) -> Result<Verilog> {
    Ok(emit_theta_board(theta_preset(board)?, board_parts(&board.for_theta()?)))
}

/// Board and top of a build of either kind.
///
/// # Errors
/// A directory that holds none.
pub fn board_and_top(dir: &Path, boards: &Boards) -> Result<(Board, Verilog)> {
    if ThetaBuild::is_in(dir)? {
        let build = ThetaBuild::open(dir, boards)?;
        return Ok((build.board.clone(), build.top_verilog()?));
    }
    let build = Build::open(dir, boards)?;
    Ok((build.board.clone(), build.top_verilog()?))
}
