//! Build plans: files, steps and products of a build as pure data. No tool is touched here, so a
//! plan can be shown, compared and tested without any.

use crate::{Board, Constraints, Family, check_constraints, digest::Digest, tools::ToolName};
use serde::{Deserialize, Serialize};
use spikewright_ir::Diagnostics;
use std::fmt;

/// Options of `synth_ice40` for an UP5K; [`synth_ice40`] has those of a device. `-no-rw-check`: the core never reads what it writes in that cycle, the
/// emulation of that case costs about 48 cells per RAM. SPRAM is used where inferred. Not `-dsp`: the
/// core instantiates its multipliers, and the pass behind that option rewrites `SB_MAC16` cells it did
/// not make, dropping their registers and addends (yosys 0.70; `docs/decisions/0006`).
pub const SYNTH_ICE40: [&str; 5] = ["-no-rw-check", "-device", "u", "-spram", "-abc9"];

/// Call of `synth_ice40` for a device, which yosys knows by the name of its line.
pub fn synth_ice40(device: &str) -> String {
    let line = if device.starts_with("up") { "u" } else { "hx" };
    let option = |option| if option == "u" { line } else { option };
    format!("synth_ice40 {}", SYNTH_ICE40.map(option).join(" "))
}

/// Options of `synth_ecp5`; abc9 is its default.
pub const SYNTH_ECP5: [&str; 1] = ["-no-rw-check"];

/// Most seeds of one build.
const MAX_SEEDS: usize = 64;

/// When to stop trying seeds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeedPolicy {
    /// The first seed that reaches the clock is packed.
    FirstThatMeets,
    /// All seeds are tried, the fastest is packed; the report names worst and best.
    All,
}

/// What a plan is made of.
#[derive(Clone, Copy, Debug)]
pub struct BuildInput<'a> {
    /// Text with a module `top`.
    pub verilog: &'a str,
    /// Scalar ports of `top`; `true` for an input.
    pub ports: &'a [(String, bool)],
    /// The board, with its constraint file and clock.
    pub board: &'a Board,
    /// nextpnr seeds, in the order to try them.
    pub seeds: &'a [u32],
    /// When to stop trying them.
    pub policy: SeedPolicy,
}

/// A file to write before the first step.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PlanFile {
    /// Name in the build directory.
    pub name: String,
    /// Its text.
    pub content: String,
}

/// One call of one tool, in the build directory.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Step {
    /// Name, also that of its log.
    pub name: String,
    /// The tool.
    pub tool: ToolName,
    /// Its arguments; file names are relative to the build directory.
    pub args: Vec<String>,
    /// Files it must have written.
    pub products: Vec<String>,
}

/// Place, route and pack with one seed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Attempt {
    /// nextpnr's seed.
    pub seed: u32,
    /// Placing and routing.
    pub place: Step,
    /// The timing report it writes, read before packing.
    pub report: String,
    /// Packing; skipped when the clock is not reached.
    pub pack: Step,
}

/// A whole build.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BuildPlan {
    /// Board key.
    pub board: String,
    /// Device and package.
    pub device: String,
    /// Clock that routing must reach, MHz.
    pub core_mhz: f64,
    /// When to stop trying seeds.
    pub policy: SeedPolicy,
    /// Files to write first.
    pub files: Vec<PlanFile>,
    /// Synthesis.
    pub synth: Step,
    /// One per seed, in order.
    pub attempts: Vec<Attempt>,
    /// The product of packing.
    pub bitstream: String,
    /// SHA-256 of all of the above.
    pub digest: String,
}

/// Checks the input against the board and lists what to do. The faults found are all reported.
pub fn plan(input: &BuildInput<'_>) -> Result<BuildPlan, Diagnostics> {
    let board = input.board;
    let mut found = Diagnostics::default();
    if let Err(faults) = board.validate() {
        found.0.extend(faults.0);
    }
    match Constraints::parse(board.family, &board.constraints) {
        Ok(c) => {
            if let Err(faults) = check_constraints(&c, board, input.ports) {
                found.0.extend(faults.0);
            }
        }
        Err(faults) => found.0.extend(faults.0),
    }
    check_input(input, &mut found);
    found.into_result()?;

    let extension = board.family.constraint_extension();
    let bitstream = match board.family {
        Family::Ice40 => "top.bin",
        Family::Ecp5 => "top.bit",
    };
    let file = |name: &str, content: &str| PlanFile { name: name.into(), content: content.into() };
    let files = vec![
        file("top.v", input.verilog),
        file(&format!("top.{extension}"), &board.constraints.text),
        file("synth.ys", &synth_script(board)),
    ];
    let synth = Step {
        name: "synth".into(),
        tool: ToolName::Yosys,
        args: strings(&["-q", "-s", "synth.ys"]),
        products: strings(&["top.json"]),
    };
    let attempts = input.seeds.iter().map(|&seed| attempt(board, seed, bitstream)).collect();
    let mut plan = BuildPlan {
        board: board.key.clone(),
        device: format!("{} {}", board.device, board.package),
        core_mhz: board.core_mhz,
        policy: input.policy,
        files,
        synth,
        attempts,
        bitstream: bitstream.into(),
        digest: String::new(),
    };
    plan.digest = plan.compute_digest();
    Ok(plan)
}

fn check_input(input: &BuildInput<'_>, found: &mut Diagnostics) {
    let words = input.verilog.split_whitespace().collect::<Vec<_>>();
    let is_top = |w: &str| w == "top" || w.starts_with("top(") || w.starts_with("top;");
    if !words.windows(2).any(|w| w[0] == "module" && is_top(w[1])) {
        found.push(
            "no-top",
            "top.v",
            "there is no `module top`",
            "give the Verilog of a board top; its module is called `top`",
        );
    }
    let distinct: std::collections::BTreeSet<_> = input.seeds.iter().collect();
    let in_range = input.seeds.iter().all(|s| i32::try_from(*s).is_ok());
    if input.seeds.is_empty()
        || input.seeds.len() > MAX_SEEDS
        || distinct.len() < input.seeds.len()
        || !in_range
    {
        found.push(
            "seeds",
            "seeds",
            format!("{} seeds given, {} of them distinct", input.seeds.len(), distinct.len()),
            format!("give 1 to {MAX_SEEDS} distinct seeds below 2^31"),
        );
    }
}

/// The yosys script. All names in it are fixed: nothing from outside is ever part of a script.
fn synth_script(board: &Board) -> String {
    let command = match board.family {
        Family::Ice40 => synth_ice40(&board.device),
        Family::Ecp5 => format!("synth_ecp5 {}", SYNTH_ECP5.join(" ")),
    };
    format!("read_verilog top.v\n{command} -top top -json top.json\n")
}

fn attempt(board: &Board, seed: u32, bitstream: &str) -> Attempt {
    let report = format!("report-{seed}.json");
    let packed_from = match board.family {
        Family::Ice40 => format!("top-{seed}.asc"),
        Family::Ecp5 => format!("top-{seed}.config"),
    };
    let mut args = vec![format!("--{}", board.device), "--package".into(), board.package.clone()];
    if let Some(speed) = board.speed {
        args.extend(["--speed".into(), speed.to_string()]);
    }
    let (place_tool, pack_tool, files) = match board.family {
        Family::Ice40 => (ToolName::NextpnrIce40, ToolName::Icepack, ["--pcf", "top.pcf", "--asc"]),
        Family::Ecp5 => {
            (ToolName::NextpnrEcp5, ToolName::Ecppack, ["--lpf", "top.lpf", "--textcfg"])
        }
    };
    args.extend(strings(&["--json", "top.json"]));
    args.extend(strings(&files));
    args.push(packed_from.clone());
    args.extend(["--freq".into(), board.core_mhz.to_string(), "--seed".into(), seed.to_string()]);
    // nextpnr writes no report when it fails on timing; the check before packing is ours.
    args.extend(["--timing-allow-fail".into(), "--report".into(), report.clone()]);
    let place = Step {
        name: format!("place-{seed}"),
        tool: place_tool,
        args,
        products: vec![packed_from.clone(), report.clone()],
    };
    // ecppack takes the IDCODE from the device named in its input, so a 12F gets its own. Without -s a
    // configured iCE40 leaves its flash asleep, and no image is read from it.
    let option = match board.family {
        Family::Ice40 => board.flash_offset.map(|_| "-s".to_string()),
        Family::Ecp5 => Some("--compress".to_string()),
    };
    let pack = Step {
        name: format!("pack-{seed}"),
        tool: pack_tool,
        args: option.into_iter().chain([packed_from, bitstream.into()]).collect(),
        products: vec![bitstream.into()],
    };
    Attempt { seed, place, report, pack }
}

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(ToString::to_string).collect()
}

impl BuildPlan {
    /// All steps in order, those of seeds that may never run included.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let places = self.attempts.iter().flat_map(|a| [&a.place, &a.pack]);
        std::iter::once(&self.synth).chain(places)
    }

    fn compute_digest(&self) -> String {
        let mut digest = Digest::default()
            .field("spikewright build plan 1")
            .field(&self.board)
            .field(&self.device)
            .field(self.core_mhz.to_string())
            .field(format!("{:?}", self.policy));
        for file in &self.files {
            digest = digest.field("file").field(&file.name).field(&file.content);
        }
        for step in self.steps() {
            digest = digest.field("step").field(&step.name).field(step.tool.name());
            digest = step.args.iter().fold(digest, Digest::field);
            digest = step.products.iter().fold(digest.field("makes"), Digest::field);
        }
        digest.hex()
    }
}

/// Files, then one line per step, as a reader would type them.
impl fmt::Display for BuildPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} ({}) at {} MHz, {:?}",
            self.board, self.device, self.core_mhz, self.policy
        )?;
        for file in &self.files {
            writeln!(f, "write {} ({} bytes)", file.name, file.content.len())?;
        }
        for step in self.steps() {
            writeln!(f, "{}: {} {}", step.name, step.tool, step.args.join(" "))?;
            writeln!(f, "  makes {}", step.products.join(", "))?;
        }
        write!(f, "digest {}", self.digest)
    }
}
