//! The levels that are compared, and the cores behind those that have one.

use crate::{
    Result,
    flow::{Family, tools::Toolset},
    hdl::emit_core,
    ir::{PRESETS, Preset},
    levels::{RustHdlCore, model_cache, verilator},
    netlist,
    sim::cosim::{CorePorts, VerilatedCore, core_ports},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};
use verilator_sys::{Effort, Library, build_with};

/// A level. All are compared with [`Level::Sim`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// L1: the integer reference.
    Reference,
    /// L2: the cycle model.
    Sim,
    /// L3: the core in rust-hdl's simulation.
    Hdl,
    /// L4: the emitted Verilog in Verilator.
    Verilator,
    /// L5: the netlist of `synth_ice40`, cell by cell.
    Ice40,
    /// L5: the netlist of `synth_ecp5`, cell by cell.
    Ecp5,
    /// L6: the host driver through frames to a board around the Verilog in Verilator.
    Link,
}

/// All levels.
pub const LEVELS: [Level; 7] = [
    Level::Reference,
    Level::Sim,
    Level::Hdl,
    Level::Verilator,
    Level::Ice40,
    Level::Ecp5,
    Level::Link,
];

impl Level {
    /// As typed.
    pub fn name(self) -> &'static str {
        match self {
            Level::Reference => "reference",
            Level::Sim => "sim",
            Level::Hdl => "hdl",
            Level::Verilator => "verilator",
            Level::Ice40 => "ice40",
            Level::Ecp5 => "ecp5",
            Level::Link => "link",
        }
    }

    /// The pair of this level and the simulator, as reports name it.
    pub fn pair(self) -> &'static str {
        match self {
            Level::Reference => "reference_simulator",
            Level::Sim => "simulator",
            Level::Hdl => "simulator_rust_hdl",
            Level::Verilator => "simulator_verilator",
            Level::Ice40 => "simulator_ice40",
            Level::Ecp5 => "simulator_ecp5",
            Level::Link => "simulator_link",
        }
    }

    /// The level whose core it drives, if it drives one.
    pub fn core(self) -> Option<Level> {
        match self {
            Level::Reference | Level::Sim => None,
            Level::Link => Some(Level::Verilator),
            Level::Hdl | Level::Verilator | Level::Ice40 | Level::Ecp5 => Some(self),
        }
    }

    /// Presets it can run: rust-hdl's simulation is too slow for more than the smallest, and a netlist
    /// has the memories of its device.
    pub fn presets(self) -> &'static [Preset] {
        match self {
            Level::Reference | Level::Sim | Level::Verilator | Level::Link => &PRESETS,
            Level::Hdl => &[Preset::Tiny],
            Level::Ice40 => &[Preset::Up5k, Preset::Up5kF2, Preset::Hx8k],
            Level::Ecp5 => &[Preset::Tiny, Preset::Ecp5_25, Preset::Ecp5_25F4],
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(s: &str) -> std::result::Result<Self, String> {
        LEVELS.into_iter().find(|l| l.name() == s).ok_or_else(|| {
            format!("unknown level {s:?}; levels are {}", LEVELS.map(Level::name).join(", "))
        })
    }
}

/// Compiled models of the levels that need one.
#[derive(Default)]
pub struct Cores {
    models: BTreeMap<(Level, Preset), Library>,
}

impl Cores {
    /// Builds (or finds in the cache) the models of `levels` for `presets`; `tools` is asked when one
    /// is needed, and `note` told what takes long.
    ///
    /// # Errors
    /// What the tools say.
    pub fn build(
        levels: &[Level],
        presets: &[Preset],
        tools: impl FnOnce() -> Result<Toolset>,
        note: &dyn Fn(&str),
    ) -> Result<Self> {
        let mut cores = Self::default();
        let modeled: BTreeSet<Level> =
            levels.iter().filter_map(|l| l.core()).filter(|l| *l != Level::Hdl).collect();
        if modeled.is_empty() {
            return Ok(cores);
        }
        let tools = tools()?;
        let verilator = verilator(&tools)?;
        let cache = model_cache()?;
        for level in modeled {
            for &preset in presets {
                note(&format!("building the {preset} model of {level} (kept for the next time)"));
                let text = match level {
                    Level::Ice40 => netlist::core(&tools, Family::Ice40, preset)?.text,
                    Level::Ecp5 => netlist::core(&tools, Family::Ecp5, preset)?.text,
                    _ => emit_core(preset).text,
                };
                let effort = match level {
                    Level::Ice40 | Level::Ecp5 => Effort::Large,
                    _ => Effort::Fast,
                };
                let ports = core_ports(preset);
                let model = build_with(&verilator, &cache, &text, "top", &ports, effort)?;
                cores.insert(level, preset, model);
            }
        }
        Ok(cores)
    }

    /// Takes a model, in place of one that is there.
    pub fn insert(&mut self, level: Level, preset: Preset, library: Library) {
        self.models.insert((level, preset), library);
    }

    /// A core that has run nothing yet. It stays on the thread that asked for it.
    pub(super) fn fresh(
        &self,
        level: Level,
        preset: Preset,
    ) -> std::result::Result<Box<dyn CorePorts>, String> {
        if level == Level::Hdl {
            return Ok(Box::new(RustHdlCore::new(preset)));
        }
        let library = self.models.get(&(level, preset));
        let library = library.ok_or_else(|| format!("no model of {level} for {preset}"))?;
        Ok(Box::new(VerilatedCore::load(library, preset).map_err(|e| e.to_string())?))
    }
}

/// Presets that all of `levels` can run, of those asked for.
///
/// # Errors
/// There is none.
pub fn presets_of(
    levels: &[Level],
    wanted: Option<Preset>,
) -> std::result::Result<Vec<Preset>, String> {
    let can = |p: &Preset| levels.iter().all(|l| l.presets().contains(p));
    let found: Vec<_> =
        PRESETS.into_iter().filter(|p| wanted.is_none_or(|w| w == *p) && can(p)).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let each = levels.iter().map(|l| {
        let names: Vec<_> = l.presets().iter().map(|p| p.name()).collect();
        format!("{l} runs {}", names.join(", "))
    });
    let what = match wanted {
        Some(preset) => format!("--preset {preset}: not all of these levels run it"),
        None => "--levels: no preset runs on all of these levels".into(),
    };
    Err(format!("{what}: {}; leave a level out", each.collect::<Vec<_>>().join("; ")))
}
