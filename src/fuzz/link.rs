//! L6 in a fuzzed case: the host driver through frames to a simulated board around a core.

use super::compare::{Parting, Runs, ticks};
use crate::{
    board::ClockedCore,
    host::{Driver, DriverOptions, Faults, HostError, MemoryLink},
    ir::{CoreImage, InputTrain},
    sim::{Simulator, cosim::CorePorts},
};

/// What the driver reads of every sample against what the simulator did: decision, output spikes, cycles
/// and events. The first difference.
pub fn link_differs<C: CorePorts>(
    core: C,
    image: &CoreImage,
    stimuli: &[InputTrain],
    expected: &[Runs],
) -> Option<Parting> {
    let mut sample = 0;
    let found = run(core, image, stimuli, expected, &mut sample);
    let message = match found {
        Ok(found) => found?,
        Err(error) => format!("sample {sample}: {error}"),
    };
    Some(Parting { sample, place: None, message, context: Vec::new() })
}

fn run<C: CorePorts>(
    core: C,
    image: &CoreImage,
    stimuli: &[InputTrain],
    expected: &[Runs],
    sample: &mut usize,
) -> Result<Option<String>, HostError> {
    // The simulator has run this image.
    let limit = Simulator::new(image).map_or(0, |s| s.cycle_limit()) as usize;
    let board = MemoryLink::new(ClockedCore::new(core, limit), Faults::default());
    let mut driver =
        Driver::connect(board, DriverOptions { polls: 4, ..DriverOptions::default() })?;
    driver.load(image)?;
    for (s, (stimulus, expected)) in stimuli.iter().zip(expected).enumerate() {
        *sample = s;
        for (t, (input, e)) in ticks(image, stimulus).zip(expected).enumerate() {
            let got = if t == 0 { driver.run(&input) } else { driver.resume(&input) }?;
            let class = |d: crate::ir::Decision| if d.undecided { -1 } else { d.class as i64 };
            let values = [
                ("class (-1 is undecided)", class(e.decision), class(got.decision)),
                ("output spikes", e.output.into(), got.output.into()),
                ("cycles", e.cycles as i64, got.cycles.into()),
                ("events", e.events as i64, got.events.into()),
            ];
            let counters = e.counters.named().into_iter().zip(got.counters.named());
            let counters = counters.map(|((what, e), (_, g))| (what, e, g));
            if let Some((what, e, g)) = values.into_iter().chain(counters).find(|(_, e, g)| e != g)
            {
                let tick = if image.stream { format!(", tick {t}") } else { String::new() };
                return Ok(Some(format!("sample {s}{tick}: {what} expected {e}, got {g}")));
            }
        }
    }
    Ok(None)
}
