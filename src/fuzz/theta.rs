//! Random theta networks through the levels. A case is its seed and number: it is not made smaller.

use super::Level;
use crate::{
    Result,
    flow::{Family, tools::Toolset},
    golden::theta::ThetaReference,
    hdl::emit_theta_core,
    ir::{BitVec, THETA_PRESETS, ThetaImage, ThetaPreset},
    levels::{RustHdlCore, model_cache, verilated_theta_core, verilator},
    netlist,
    random::{theta_network, theta_stimulus},
    sim::{
        ThetaCosim, ThetaRun, ThetaSimulator,
        cosim::{CorePorts, VerilatedCore, core_ports},
        theta_difference, theta_transcript,
    },
};
use serde::Serialize;
use std::collections::BTreeMap;
use verilator_sys::{Effort, build_with};

/// Inputs of a network.
const SAMPLES: u64 = 3;
/// Failures that are told.
const TOLD: usize = 5;

/// What came of it.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct ThetaFuzz {
    /// Networks.
    pub cases: u64,
    /// Inputs.
    pub samples: u64,
    /// Spikes of all of them.
    pub spikes: u64,
    /// Cases that differ, per level compared with the simulator.
    pub mismatches: BTreeMap<&'static str, u64>,
    /// The first of them, in words.
    pub failures: Vec<String>,
}

/// Runs cases 0 to `cases` − 1 of a seed on both presets in turn, each level against the simulator.
///
/// # Errors
/// Levels that there are none of, tools that are missing, and images that the compiler should not have made.
pub fn theta(
    seed: u64,
    cases: u64,
    levels: &[Level],
    tools: impl Fn() -> Result<Toolset>,
    done: &dyn Fn(),
) -> Result<ThetaFuzz> {
    let mut report = ThetaFuzz { cases, ..ThetaFuzz::default() };
    let mut cores: Vec<(ThetaPreset, &'static str, Box<dyn CorePorts>)> = Vec::new();
    for &level in levels {
        for preset in THETA_PRESETS {
            if let Some(core) = core(level, preset, &tools)? {
                cores.push((preset, level.name(), core));
            }
        }
        if level != Level::Sim {
            report.mismatches.insert(level.name(), 0);
        }
    }
    for number in 0..cases {
        let preset = THETA_PRESETS[(number % 2) as usize];
        let network = theta_network(seed, number, &preset.spec());
        let (image, _) = crate::compiler::compile_theta(&network, &preset.spec())
            .map_err(|e| format!("case {number} of seed {seed}, {preset}: {e}"))?;
        let (simulator, reference) = (ThetaSimulator::new(&image)?, ThetaReference::new(&network)?);
        let mut samples = Vec::new();
        for n in 0..SAMPLES {
            let input = theta_stimulus(seed, number, n, &network);
            let run = simulator.run(&input)?;
            report.samples += 1;
            report.spikes += run.events - input.count_ones() as u64;
            samples.push((input, run));
        }
        let mut tell = |level, message: String| {
            *report.mismatches.entry(level).or_default() += 1;
            if report.failures.len() < TOLD {
                let case = format!("case {number} of seed {seed}, {preset}");
                report.failures.push(format!("{case}, {level}: {message}"));
            }
        };
        if levels.contains(&Level::Reference) {
            let parts = samples.iter().find_map(|(input, run)| {
                reference.run(input).divergence(&theta_transcript(&image, run))
            });
            if let Some(d) = parts {
                tell(Level::Reference.name(), d.to_string());
            }
        }
        for (_, level, core) in cores.iter_mut().filter(|(own, ..)| *own == preset) {
            if let Some(message) = differs(core.as_mut(), &image, &samples) {
                tell(*level, message);
            }
        }
        done();
    }
    Ok(report)
}

fn differs(
    core: &mut dyn CorePorts,
    image: &ThetaImage,
    samples: &[(BitVec, ThetaRun)],
) -> Option<String> {
    let mut cosim = match ThetaCosim::new(core, image) {
        Ok(cosim) => cosim,
        Err(e) => return Some(e.to_string()),
    };
    samples.iter().enumerate().find_map(|(n, (input, expected))| match cosim.run(input) {
        Ok(got) => theta_difference(n, expected, &got),
        Err(e) => Some(format!("sample {n}: {e}")),
    })
}

/// The core of a level that has one.
fn core(
    level: Level,
    preset: ThetaPreset,
    tools: &dyn Fn() -> Result<Toolset>,
) -> Result<Option<Box<dyn CorePorts>>> {
    let netlist = |family| -> Result<Option<Box<dyn CorePorts>>> {
        let tools = tools()?;
        let verilog = emit_theta_core(preset).text;
        let netlist = netlist::synthesized(&tools, family, &verilog, preset.name())?;
        let (models, ports) = (verilator(&tools)?, core_ports(preset));
        let text = &netlist.text;
        let library = build_with(&models, &model_cache()?, text, "top", &ports, Effort::Large)?;
        Ok(Some(Box::new(VerilatedCore::load(&library, preset)?)))
    };
    match (level, preset) {
        (Level::Reference | Level::Sim, _) => Ok(None),
        (Level::Hdl, _) => Ok(Some(Box::new(RustHdlCore::theta(preset)))),
        (Level::Verilator, _) => {
            let tools = verilator(&tools()?)?;
            Ok(Some(Box::new(verilated_theta_core(&tools, &model_cache()?, preset)?)))
        }
        (Level::Ice40, ThetaPreset::ThetaUp5k) => netlist(Family::Ice40),
        (Level::Ecp5, ThetaPreset::ThetaEcp5_25) => netlist(Family::Ecp5),
        (Level::Ice40 | Level::Ecp5, _) => Ok(None),
        (Level::Link, _) => {
            Err("--levels link: the host driver has no samples for the core of theta neurons; leave it out".into())
        }
    }
}
