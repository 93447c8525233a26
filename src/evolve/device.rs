//! Devices that judge evolved networks: the cycle simulator, the Verilog, a board. What evolves are words
//! of the image, so one core, one Verilator model or one bitstream runs all individuals.

use crate::{
    compiler::{CompileOptions, compile},
    golden::evolve::{Device, FitnessError},
    host::{Driver, Link},
    ir::{CoreImage, Decision, InputTrain, Network, Preset},
    sim::{
        FastSimulator,
        cosim::{CorePorts, Cosim},
    },
};
use rayon::prelude::*;
use std::sync::Mutex;

fn image(network: &Network, preset: Preset) -> Result<CoreImage, FitnessError> {
    Ok(compile(network, &preset.spec(), &CompileOptions::default())
        .map_err(|e| e.to_string())?
        .image)
}

/// Samples whose class is their label.
fn count(decisions: impl Iterator<Item = Decision>, labels: &[u8]) -> usize {
    decisions.zip(labels).filter(|(d, l)| d.class == usize::from(**l)).count()
}

/// The fast model of the cycle simulator, on all threads.
pub struct SimDevice(pub Preset);

impl Device for SimDevice {
    fn correct(
        &self,
        network: &Network,
        inputs: &[InputTrain],
        labels: &[u8],
    ) -> Result<usize, FitnessError> {
        let image = image(network, self.0)?;
        let simulator = FastSimulator::new(&image)?;
        let runs = inputs
            .par_iter()
            .map_init(
                || simulator.clone(),
                |simulator, input| simulator.run(input).map(|run| run.decision),
            )
            .collect::<Result<Vec<_>, _>>()?;
        Ok(count(runs.into_iter(), labels))
    }
}

/// Cores behind their host bus, such as Verilator's: each network's image is loaded over it. A core is
/// made by `core` for every network, on the thread that wants it.
pub struct CoreDevice<F> {
    /// The cores' preset.
    pub preset: Preset,
    /// Makes a core.
    pub core: F,
}

impl<C: CorePorts, F: Fn() -> Result<C, FitnessError> + Sync> Device for CoreDevice<F> {
    fn correct(
        &self,
        network: &Network,
        inputs: &[InputTrain],
        labels: &[u8],
    ) -> Result<usize, FitnessError> {
        let mut cosim = Cosim::new((self.core)()?, &image(network, self.preset)?)?;
        let runs = inputs.iter().map(|input| cosim.run(input).map(|run| run.decision));
        Ok(count(runs.collect::<Result<Vec<_>, _>>()?.into_iter(), labels))
    }
}

/// A board on its link.
pub struct BoardDevice<L>(Mutex<Driver<L>>);

impl<L: Link> BoardDevice<L> {
    /// A board that has answered.
    pub fn new(driver: Driver<L>) -> Self {
        Self(Mutex::new(driver))
    }
}

impl<L: Link + Send> Device for BoardDevice<L> {
    fn correct(
        &self,
        network: &Network,
        inputs: &[InputTrain],
        labels: &[u8],
    ) -> Result<usize, FitnessError> {
        // Nothing inside asks for other threads' work, which could come back to this lock.
        let mut driver = self.0.lock().map_err(|_| "another individual stopped the board")?;
        let image = image(network, driver.preset())?;
        driver.load(&image)?;
        let runs = inputs.iter().map(|input| driver.run(input).map(|run| run.decision));
        Ok(count(runs.collect::<Result<Vec<_>, _>>()?.into_iter(), labels))
    }
}
