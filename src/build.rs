//! The build directory: what `compile` writes and every later verb reads.

use crate::{
    Result,
    compiler::{CompileOptions, Compiled, compile},
    flow::{Board, Boards, HostLink, Pll},
    golden::{data::Code, genome::GenomeNetwork},
    hdl::{self, Link, Top, Verilog, emit_board, emit_core},
    host::flash_image,
    ir::{
        CoreImage, FileError, Network, Preset, read_bytes, read_image, read_model, write_atomic,
        write_image, write_model,
    },
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// Model that was compiled.
pub const MODEL: &str = "model.snn";
/// The same as its genome, in the run directory of method `genome`.
pub const GENOME: &str = "model.genome";
/// What the core is told.
pub const IMAGE: &str = "core.image";
/// The same as the board reads it from its flash at power-up.
pub const FLASH: &str = "flash.bin";
/// The core behind its parallel host bus, for simulation.
pub const CORE_VERILOG: &str = "core.v";
/// The board's top, for synthesis.
pub const TOP_VERILOG: &str = "top.v";
/// How samples were encoded, beside a model and in a build directory.
pub const ENCODER: &str = "encoder.json";
/// Model before it was frozen, in a run directory.
pub const FLOAT_MODEL: &str = "float.json";
/// Numbers of a training run, in its directory.
pub const REPORT: &str = "report.json";
const MANIFEST: &str = "compile.json";

/// What the directory is for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    board: String,
    /// Core, where it need not be the board's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    preset: Option<Preset>,
}

impl Manifest {
    pub(crate) fn new(board: &Board) -> Self {
        Self { board: board.key.clone(), preset: Some(board.preset) }
    }

    pub(crate) fn read(dir: &Path) -> Result<Self> {
        let help = "help: make the directory with `spikewright compile`";
        read_json(&dir.join(MANIFEST)).map_err(|e| format!("{e}\n  {help}").into())
    }

    pub(crate) fn write(&self, dir: &Path) -> Result<()> {
        Ok(write_json(&dir.join(MANIFEST), self)?)
    }

    pub(crate) fn board(&self, boards: &Boards) -> Result<Board> {
        let board = boards.get(&self.board)?.clone();
        Ok(Board { preset: self.preset.unwrap_or(board.preset), ..board })
    }
}

/// A compiled network for a board.
pub struct Build {
    /// The directory.
    pub dir: PathBuf,
    /// The board.
    pub board: Board,
    /// The network that was compiled.
    pub network: Network,
    /// What the core is told.
    pub image: CoreImage,
    /// How samples become spikes, when the model came with it.
    pub encoder: Option<Code>,
}

impl Build {
    /// Compiles a network for a board, for samples or as a `stream`, and writes the directory.
    pub fn create(
        dir: &Path,
        board: &Board,
        network: &Network,
        encoder: Option<Code>,
        stream: bool,
    ) -> Result<(Self, Compiled)> {
        let options = CompileOptions { stream, ..CompileOptions::default() };
        let compiled = compile(network, &board.preset.spec(), &options)?;
        start(dir)?;
        write_model(&dir.join(MODEL), network)?;
        write_image(&dir.join(IMAGE), &compiled.image)?;
        write_atomic(&dir.join(CORE_VERILOG), emit_core(board.preset).text.as_bytes())?;
        write_atomic(&dir.join(TOP_VERILOG), board_top(board).text.as_bytes())?;
        if board.flash_offset.is_some() {
            write_atomic(&dir.join(FLASH), &flash_image(&compiled.image))?;
        }
        write_atomic(&dir.join(&board.constraints.name), board.constraints.text.as_bytes())?;
        if let Some(encoder) = &encoder {
            write_json(&dir.join(ENCODER), encoder)?;
        }
        Manifest::new(board).write(dir)?;
        let build = Self {
            dir: dir.into(),
            board: board.clone(),
            network: network.clone(),
            image: compiled.image.clone(),
            encoder,
        };
        Ok((build, compiled))
    }

    /// Reads a directory that `compile` wrote.
    pub fn open(dir: &Path, boards: &Boards) -> Result<Self> {
        let board = Manifest::read(dir)?.board(boards)?;
        let encoder = dir.join(ENCODER);
        Ok(Self {
            dir: dir.into(),
            board,
            network: read_model(&dir.join(MODEL))?,
            image: read_image(&dir.join(IMAGE))?,
            encoder: if encoder.exists() { Some(read_json(&encoder)?) } else { None },
        })
    }

    /// The encoder, or what to do without one.
    pub fn encoder(&self) -> Result<Code> {
        self.encoder.clone().ok_or_else(|| {
            format!(
                "{}: no {ENCODER}: the build does not know how images become spikes\n  \
                 help: compile the folder that `spikewright train` wrote, or put its {ENCODER} here",
                self.dir.display()
            )
            .into()
        })
    }

    /// The core's Verilog as it stands in the directory: what is co-simulated is what is there.
    pub fn core_verilog(&self) -> Result<Verilog> {
        let text = read_text(&self.dir, CORE_VERILOG)?;
        Ok(Verilog { text, ports: emit_core(self.board.preset).ports })
    }

    /// The board top's Verilog as it stands in the directory.
    pub fn top_verilog(&self) -> Result<Verilog> {
        let text = read_text(&self.dir, TOP_VERILOG)?;
        Ok(Verilog { text, ports: board_top(&self.board).ports })
    }
}

/// A file of a build that is text.
pub(crate) fn read_text(dir: &Path, name: &str) -> Result<String> {
    let path = dir.join(name);
    String::from_utf8(read_bytes(&path)?)
        .map_err(|_| format!("{}: not text; compile again", path.display()).into())
}

/// Without its manifest a directory is no build: one that is broken off behind this, over an older one, is not taken
/// for either. An older encoder must not stay beside another network.
pub(crate) fn start(dir: &Path) -> std::result::Result<(), FileError> {
    [MANIFEST, ENCODER, FLASH].iter().try_for_each(|name| remove(&dir.join(name)))
}

fn remove(path: &Path) -> std::result::Result<(), FileError> {
    match std::fs::remove_file(path) {
        Err(source) if !matches!(source.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Err(FileError::Io { path: path.into(), source })
        }
        _ => Ok(()),
    }
}

/// The top that goes onto a board.
pub fn board_top(board: &Board) -> Verilog {
    emit_board(board.preset, board_parts(board))
}

/// What a board's top has around its core.
pub(crate) fn board_parts(board: &Board) -> Top {
    let pll = match board.pll {
        Pll::SbPll40 { divr, divf, divq, filter_range, fabric } => {
            hdl::Pll::Ice40 { divr, divf, divq, filter_range, fabric }
        }
        Pll::Ehxplll { clki_div, clkfb_div, clkop_div } => {
            hdl::Pll::Ecp5 { clki_div, clkfb_div, clkop_div }
        }
    };
    let link = match board.link {
        HostLink::Uart => {
            Link::Uart { bit_cycles: board.cycles_per_bit() as u16, flash: board.flash_offset }
        }
        HostLink::Spi => Link::Spi,
    };
    Top { pll, link }
}

/// Reads a network: a `.snn` file, or a `.genome` file, which is decoded.
pub fn read_network(path: &Path) -> Result<Network> {
    match path.extension().is_some_and(|e| e == "genome") {
        true => Ok(GenomeNetwork::read(path)?.decode()?),
        false => Ok(read_model(path)?),
    }
}

/// Reads a JSON file; the error names file, line and column.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = read_bytes(path)?;
    serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", path.display()).into())
}

/// Writes a JSON file, indented, atomically.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> std::result::Result<(), FileError> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("our types have string keys");
    bytes.push(b'\n');
    write_atomic(path, &bytes)
}
