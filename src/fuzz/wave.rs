//! The waveform of a case that fails: simulator and core side by side, over the sample in which they part.

use super::{Case, Cores, Failure, Part, compare::ticks};
use crate::sim::{
    Simulator,
    cosim::{CorePorts, Cosim},
    wave::{Wave, Waveform},
};

/// Nanoseconds of a cycle; no board's in particular.
const PERIOD: u64 = 20;

/// What simulator and core do from the start of the failing sample to its end, or as far as they come;
/// of a level without a core the simulator alone.
///
/// # Errors
/// The compiler refuses a network of the case, the simulator an image, or there is no model of the core.
pub fn waveform(case: &Case, failure: &Failure, cores: &Cores) -> Result<Waveform, String> {
    let mut wave = Wave::new(case.preset, PERIOD);
    let scope = failure.level.core();
    match scope {
        None => show(case, failure, None, &mut wave)?,
        Some(level) => {
            let mut core = cores.fresh(level, case.preset)?;
            show(case, failure, Some(&mut *core), &mut wave)?;
        }
    }
    Ok(wave.finish(scope.map(|level| level.name())))
}

fn show(
    case: &Case,
    failure: &Failure,
    mut core: Option<&mut dyn CorePorts>,
    wave: &mut Wave,
) -> Result<(), String> {
    let image = |part: &Part| {
        part.compile(case.preset).map(|compiled| compiled.image).map_err(|e| e.to_string())
    };
    let fault = |e: crate::sim::cosim::CosimError| e.to_string();
    for part in &case.parts[..failure.part] {
        let image = image(part)?;
        if let Some(core) = &mut core {
            let mut cosim = Cosim::new(&mut **core, &image).map_err(fault)?;
            for (t, input) in part.stimuli.iter().flat_map(|s| ticks(&image, s).enumerate()) {
                cosim.observe(&input, t == 0, &mut |_| {}).map_err(fault)?;
            }
        }
    }
    let part = &case.parts[failure.part];
    let image = image(part)?;
    let mut simulator = Simulator::new(&image).map_err(|e| e.to_string())?;
    let mut cosim = core.map(|core| Cosim::new(core, &image)).transpose().map_err(fault)?;
    for (t, input) in
        part.stimuli[..failure.sample].iter().flat_map(|s| ticks(&image, s).enumerate())
    {
        if let Some(cosim) = &mut cosim {
            cosim.observe(&input, t == 0, &mut |_| {}).map_err(fault)?;
        }
    }
    for (t, input) in ticks(&image, &part.stimuli[failure.sample]).enumerate() {
        let simulated = match t {
            0 => simulator.run_with_probe(&input, wave),
            _ => simulator.resume_with_probe(&input, wave),
        };
        let driven = cosim.as_mut().map(|c| c.observe(&input, t == 0, &mut |p| wave.port(p)));
        wave.align();
        // One that hangs or stops is shown as far as it came.
        if simulated.is_err() || driven.is_some_and(|d| d.is_err()) {
            break;
        }
    }
    Ok(())
}
