//! Boards: what `constraints/boards.toml` says, checked. The table and the constraint files are
//! part of the binary; a project may add or replace boards from its own directory.

use crate::{FlowError, Pll, suggest};
use serde::{Deserialize, Serialize};
use spikewright_ir::{Diagnostics, FileError, Preset, ThetaPreset, read_bytes};
use std::{collections::BTreeMap, path::Path};

const TABLE: &str = include_str!("../../constraints/boards.toml");

/// Constraint files of the boards that come with the tool.
const BUILTIN: [(&str, &str); 8] = [
    ("colorlight_i5.lpf", include_str!("../../constraints/colorlight_i5.lpf")),
    ("hx8k_b_evn.pcf", include_str!("../../constraints/hx8k_b_evn.pcf")),
    ("icebreaker.pcf", include_str!("../../constraints/icebreaker.pcf")),
    ("icebreaker_spi.pcf", include_str!("../../constraints/icebreaker_spi.pcf")),
    ("ulx3s_12f.lpf", include_str!("../../constraints/ulx3s_12f.lpf")),
    ("ulx3s_25f.lpf", include_str!("../../constraints/ulx3s_25f.lpf")),
    ("ulx3s_45f.lpf", include_str!("../../constraints/ulx3s_45f.lpf")),
    ("ulx3s_85f.lpf", include_str!("../../constraints/ulx3s_85f.lpf")),
];

/// FPGA family: decides the tools and the format of the constraint file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// Lattice iCE40: nextpnr-ice40, icepack, `.pcf`.
    Ice40,
    /// Lattice ECP5: nextpnr-ecp5, ecppack, `.lpf`.
    Ecp5,
}

impl Family {
    /// Ending of a constraint file, without the dot.
    pub const fn constraint_extension(self) -> &'static str {
        match self {
            Family::Ice40 => "pcf",
            Family::Ecp5 => "lpf",
        }
    }

    /// Devices the flow knows, named like nextpnr's options.
    pub const fn devices(self) -> &'static [&'static str] {
        match self {
            Family::Ice40 => &["up5k", "hx8k"],
            Family::Ecp5 => &["12k", "25k", "45k", "85k"],
        }
    }

    /// Packages whose pins the flow knows.
    pub const fn packages(self) -> &'static [&'static str] {
        match self {
            Family::Ice40 => &["sg48", "ct256"],
            Family::Ecp5 => &["CABGA381"],
        }
    }
}

/// Programs that can load a bitstream. A closed set: a board table never names an arbitrary program.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Loader {
    /// Universal, all boards here.
    #[serde(rename = "openFPGALoader")]
    OpenFpgaLoader,
    /// Part of icestorm; FTDI-based iCE40 boards.
    #[serde(rename = "iceprog")]
    Iceprog,
    /// ULX3S.
    #[serde(rename = "fujprog")]
    Fujprog,
}

/// What the host is connected to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostLink {
    /// A serial line: ports `rx` and `tx`.
    #[default]
    Uart,
    /// SPI, the board is the device: ports `sck`, `cs`, `mosi`, `miso`.
    Spi,
}

/// A way to load a bitstream; the file's name is appended to the arguments.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programmer {
    /// The program.
    pub tool: Loader,
    /// Arguments before the file name.
    #[serde(default)]
    pub args: Vec<String>,
}

/// Name and text of a `.pcf` or `.lpf` file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct ConstraintFile {
    /// File name, for messages and for the build directory.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// One board.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// Name on the command line; also that of the constraint file.
    #[serde(skip_deserializing)]
    pub key: String,
    /// Name for people.
    pub title: String,
    /// FPGA family.
    pub family: Family,
    /// Device, named like nextpnr's option.
    pub device: String,
    /// Package, named like nextpnr's argument.
    pub package: String,
    /// Speed grade, 6..8; ECP5 only.
    #[serde(default)]
    pub speed: Option<u8>,
    /// Core that this board carries.
    pub preset: Preset,
    /// Core of theta neurons that it carries instead where such a network is compiled; none fits some devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theta_preset: Option<ThetaPreset>,
    /// Clock of that core, MHz, where it is not `core_mhz`; its PLL and line rate follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theta_mhz: Option<f64>,
    /// Oscillator on the board, MHz.
    pub oscillator_mhz: f64,
    /// Core clock as the PLL makes it, MHz.
    pub core_mhz: f64,
    /// What the host is connected to.
    #[serde(default)]
    pub link: HostLink,
    /// Rate of a serial line, bits per second; the core clock is an integer multiple. 0 of SPI, whose host
    /// sets the rate: at most a fourth of the core clock.
    #[serde(default)]
    pub baud: u32,
    /// Byte of the configuration flash, behind the bitstream, where an image may begin that the board
    /// loads at power-up; a multiple of 64 k below 16 M. Without it the flash is left alone.
    #[serde(default)]
    pub flash_offset: Option<u32>,
    /// PLL settings that make `core_mhz` of `oscillator_mhz`.
    pub pll: Pll,
    /// Ways to load a bitstream, best first.
    pub programmers: Vec<Programmer>,
    /// Its constraint file.
    #[serde(skip_deserializing)]
    pub constraints: ConstraintFile,
}

impl Board {
    /// Ports of the board's top, `true` for an input.
    pub fn ports(&self) -> Vec<(String, bool)> {
        let link: &[(&str, bool)] = match self.link {
            HostLink::Uart => &[("rx", true), ("tx", false)],
            HostLink::Spi => &[("sck", true), ("cs", true), ("mosi", true), ("miso", false)],
        };
        let flash: &[(&str, bool)] = match (self.flash_offset, self.family) {
            (None, _) => &[],
            (_, Family::Ice40) => &[
                ("flash_sck", false),
                ("flash_cs", false),
                ("flash_mosi", false),
                ("flash_miso", true),
            ],
            (_, Family::Ecp5) => &[
                ("flash_cs", false),
                ("flash_mosi", false),
                ("flash_miso", true),
                ("flash_wp", false),
                ("flash_hold", false),
            ],
        };
        let all = [&[("clk", true), ("led", false)], link, flash].concat();
        all.into_iter().map(|(name, input)| (name.into(), input)).collect()
    }

    /// The link in few words.
    pub fn link_text(&self) -> String {
        match self.link {
            HostLink::Uart => format!("{} Mbaud", f64::from(self.baud) / 1e6),
            HostLink::Spi => "SPI".into(),
        }
    }

    /// Core clock cycles per bit of a serial line.
    pub fn cycles_per_bit(&self) -> u32 {
        (self.core_mhz * 1e6 / f64::from(self.baud)).round() as u32
    }

    /// Checks the table against the device: PLL, clock, link rate, known device and package. To be
    /// called again after a change of the clock.
    pub fn validate(&self) -> Result<(), Diagnostics> {
        let mut found = Diagnostics::default();
        let place = format!("board {}", self.key);
        let name_ok = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if self.key.is_empty() || self.key.len() > 64 || !self.key.chars().all(name_ok) {
            found.push(
                "board-key",
                &place,
                "a key has 1 to 64 of a-z, 0-9 and _",
                "rename the table; the key is also a file name",
            );
        }
        let known = |list: &[&str], what: &str, value: &str, found: &mut Diagnostics| {
            if !list.contains(&value) {
                found.push(
                    "board-part",
                    &place,
                    format!("{what} {value:?} is not supported"),
                    format!("{what}s of this family: {}", list.join(", ")),
                );
            }
        };
        known(self.family.devices(), "device", &self.device, &mut found);
        known(self.family.packages(), "package", &self.package, &mut found);
        let speed_ok = match self.family {
            Family::Ice40 => self.speed.is_none(),
            Family::Ecp5 => matches!(self.speed, Some(6..=8)),
        };
        if !speed_ok {
            found.push(
                "board-speed",
                &place,
                format!("speed grade {:?} does not exist", self.speed),
                "give 6, 7 or 8 for ECP5 and leave it out for iCE40",
            );
        }
        if let Some(offset) = self.flash_offset
            && (offset >= 1 << 24 || offset % (1 << 16) != 0 || offset == 0)
        {
            found.push(
                "board-flash",
                &place,
                format!("flash_offset {offset:#x} is no place for an image"),
                "give a multiple of 0x10000 behind the bitstream and below 0x1000000",
            );
        }
        if self.link == HostLink::Spi && (self.baud != 0 || self.flash_offset.is_some()) {
            found.push(
                "board-link",
                &place,
                "an SPI host sets the rate of the link itself, and loads the image",
                "leave out baud and flash_offset, or use link = \"uart\"",
            );
        }
        self.validate_clock(&place, &mut found);
        found.into_result()
    }

    fn validate_clock(&self, place: &str, found: &mut Diagnostics) {
        let plausible = |mhz: f64| mhz.is_finite() && mhz > 0.0 && mhz <= 1000.0;
        let uart = self.link == HostLink::Uart;
        let silent = uart && self.baud == 0;
        if !plausible(self.oscillator_mhz) || !plausible(self.core_mhz) || silent {
            found.push(
                "board-clock",
                place,
                "oscillator_mhz and core_mhz must lie in 0..1000, baud above 0",
                "take them from the board's schematic and the PLL formula",
            );
            return;
        }
        let fits = matches!(
            (self.family, &self.pll),
            (Family::Ice40, Pll::SbPll40 { .. }) | (Family::Ecp5, Pll::Ehxplll { .. })
        );
        if !fits {
            found.push(
                "board-pll",
                place,
                "the PLL is that of the other family",
                "use pll.sb_pll40 for iCE40, pll.ehxplll for ECP5",
            );
            return;
        }
        self.pll.validate(self.oscillator_mhz, place, found);
        let made = self.pll.output_mhz(self.oscillator_mhz);
        if (made - self.core_mhz).abs() > 1e-6 {
            found.push(
                "board-clock",
                place,
                format!("core_mhz is {}, the PLL makes {made}", self.core_mhz),
                "write the PLL's own figure; every latency is computed from it",
            );
        }
        let ratio = self.core_mhz * 1e6 / f64::from(self.baud);
        if uart && (ratio < 4.0 || (ratio - ratio.round()).abs() > 1e-6) {
            found.push(
                "board-baud",
                place,
                format!("{} MHz / {} baud = {ratio:.4}", self.core_mhz, self.baud),
                "the ratio must be an integer of at least 4; change baud or the PLL",
            );
        }
    }
}

/// The boards known to this run.
#[derive(Clone, Debug)]
pub struct Boards(BTreeMap<String, Board>);

impl Boards {
    /// The boards that come with the tool.
    pub fn builtin() -> Self {
        Self::load(None).expect("the embedded table is checked by a test")
    }

    /// The built-in boards, plus those of `dir`: its `boards.toml` adds or replaces boards, its
    /// `<key>.pcf` or `<key>.lpf` replaces a constraint file.
    pub fn load(dir: Option<&Path>) -> Result<Self, FlowError> {
        let mut boards = parse_table("constraints/boards.toml", TABLE)?;
        if let Some(dir) = dir {
            if let Err(source) = std::fs::read_dir(dir) {
                return Err(FileError::Io { path: dir.into(), source }.into());
            }
            let table = dir.join("boards.toml");
            if table.exists() {
                let text = read_text(&table)?;
                boards.extend(parse_table(&table.display().to_string(), &text)?);
            }
        }
        for (key, board) in &mut boards {
            board.constraints = find_constraints(key, board.family, dir)?;
        }
        Ok(Boards(boards))
    }

    /// A board by its key.
    pub fn get(&self, key: &str) -> Result<&Board, Diagnostics> {
        self.0.get(key).ok_or_else(|| {
            let mut found = Diagnostics::default();
            let keys: Vec<&str> = self.0.keys().map(String::as_str).collect();
            found.push(
                "unknown-board",
                "board",
                format!("no board is called {key:?}"),
                format!("{}boards: {}", suggest::hint(key, keys.iter().copied()), keys.join(", ")),
            );
            found
        })
    }

    /// All boards, by key.
    pub fn iter(&self) -> impl Iterator<Item = &Board> {
        self.0.values()
    }
}

fn parse_table(place: &str, text: &str) -> Result<BTreeMap<String, Board>, Diagnostics> {
    let mut found = Diagnostics::default();
    let mut boards: BTreeMap<String, Board> = match toml::from_str(text) {
        Ok(boards) => boards,
        Err(error) => {
            let line = error.span().map_or(1, |s| line_of(text, s.start));
            found.push(
                "boards-table",
                format!("{place}:{line}"),
                error.message().to_string(),
                "docs/boards.md lists the fields of a board",
            );
            return Err(found);
        }
    };
    for (key, board) in &mut boards {
        board.key.clone_from(key);
        if let Err(faults) = board.validate() {
            found.0.extend(faults.0);
        }
    }
    found.into_result()?;
    Ok(boards)
}

/// 1-based line of a byte offset.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count()
}

fn find_constraints(
    key: &str,
    family: Family,
    dir: Option<&Path>,
) -> Result<ConstraintFile, FlowError> {
    let name = format!("{key}.{}", family.constraint_extension());
    if let Some(path) = dir.map(|d| d.join(&name)).filter(|p| p.exists()) {
        return Ok(ConstraintFile { name, text: read_text(&path)? });
    }
    match BUILTIN.iter().find(|(n, _)| *n == name) {
        Some((_, text)) => Ok(ConstraintFile { name, text: (*text).into() }),
        None => {
            let mut found = Diagnostics::default();
            found.push(
                "no-constraints",
                format!("board {key}"),
                format!("there is no {name}"),
                "put it beside boards.toml; docs/boards.md shows one",
            );
            Err(found.into())
        }
    }
}

fn read_text(path: &Path) -> Result<String, FlowError> {
    String::from_utf8(read_bytes(path)?).map_err(|_| FlowError::Malformed {
        path: path.into(),
        message: "not UTF-8 text".into(),
        help: "save it as plain text",
    })
}
