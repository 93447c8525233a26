//! The host side of a core of theta neurons: loads an image, then sample after sample.

use super::run::{ThetaRow, ThetaRun};
use crate::cosim::{CorePorts, CosimError, HostDrive, PortSample};
use crate::{SimError, ThetaSimulator};
use spikewright_ir::{BitVec, Decision, ThetaImage, layout::bus};

/// Cycles an address stands on the bus before the word is taken.
const READ_CYCLES: usize = 4;
/// Cycles from the start's write until busy has to be seen.
const RISE_LIMIT: u64 = 8;

/// A core with an image in it.
pub struct ThetaCosim<C> {
    core: C,
    inputs: usize,
    limit: u64,
    clock: u64,
}

impl<C: CorePorts> ThetaCosim<C> {
    /// Checks that core and image fit, and loads the image.
    ///
    /// # Errors
    /// [`CosimError::Sim`] for a faulty image, [`CosimError::Core`] for another core.
    pub fn new(core: C, image: &ThetaImage) -> Result<Self, CosimError> {
        ThetaSimulator::new(image)?;
        let limit = image.preset.spec().cycle_bound() as u64;
        let mut cosim = Self { core, inputs: image.inputs, limit, clock: 0 };
        // What was told to a core before does not count.
        cosim.write(bus::address(bus::CONTROL, bus::SEAL), 0)?;
        let (found, expected) = (cosim.read(bus::CORE)?, bus::core_word(image.preset.id()));
        if found != expected {
            return Err(CosimError::Core { what: "preset and map version", found, expected });
        }
        for (address, word) in image.writes() {
            cosim.write(address, word)?;
        }
        let status = cosim.read(bus::STATUS)?;
        if status >> 4 & 1 == 0 {
            return Err(CosimError::Status { status, problem: "not sealed behind the image" });
        }
        Ok(cosim)
    }

    /// Runs a sample.
    ///
    /// # Errors
    /// [`CosimError`] when the sample does not fit or the core does not come to a result.
    pub fn run(&mut self, input: &BitVec) -> Result<ThetaRun, CosimError> {
        if input.len() != self.inputs {
            let (found, expected) = (input.len(), self.inputs);
            return Err(SimError::Input { what: "inputs", found, expected }.into());
        }
        for k in 0..self.inputs.div_ceil(16) {
            self.write(bus::address(bus::SPIKES, k as u32), input.word16(k))?;
        }
        self.write(bus::address(bus::CONTROL, bus::START), bus::START_FRESH)?;
        let (trace, seen) = self.watch()?;
        let status = self.read(bus::STATUS)?;
        let problem = match (status & 1, status >> 1 & 1, status >> 3 & 1) {
            (1, _, _) => Some("busy, though the port says it is not"),
            (_, 0, _) => Some("no valid result"),
            (_, _, 1) => Some("bus error, though nothing was written while busy"),
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(CosimError::Status { status, problem });
        }
        let counted = self.read_wide(bus::CYCLES_LOW, bus::CYCLES_HIGH)?;
        if counted != seen % (1 << bus::COUNTER_BITS) {
            return Err(CosimError::Cycles { counted, seen });
        }
        let class = self.read(bus::CLASS)?.into();
        let decision = Decision { class, undecided: status >> 2 & 1 == 1 };
        let events = self.read_wide(bus::EVENTS_LOW, bus::EVENTS_HIGH)?;
        let end = self.read(bus::OUTPUT)?;
        Ok(ThetaRun { trace, decision, end, cycles: counted, events, stats: None })
    }

    /// The core, to look at or to go on with.
    pub fn into_core(self) -> C {
        self.core
    }

    fn watch(&mut self) -> Result<(Vec<ThetaRow>, u64), CosimError> {
        let (mut trace, mut was_busy) = (Vec::new(), false);
        for cycle in 0..=self.limit {
            let sample = self.cycle(HostDrive::default())?;
            if let Some(t) = sample.trace {
                trace.push(ThetaRow {
                    cycle: cycle as u32,
                    layer: t.layer,
                    neuron: t.neuron,
                    tick: t.tick,
                    source: t.u[0] as u16,
                    phases: std::array::from_fn(|unit| t.v[unit] as u16),
                    plus: t.s as u8,
                });
            }
            if was_busy && !sample.busy {
                return Ok((trace, cycle));
            }
            was_busy |= sample.busy;
            if !was_busy && cycle >= RISE_LIMIT {
                return Err(CosimError::Busy { edge: "rise", limit: RISE_LIMIT });
            }
        }
        Err(CosimError::Busy { edge: "fall", limit: self.limit })
    }

    fn write(&mut self, address: u32, data: u16) -> Result<(), CosimError> {
        self.cycle(HostDrive { address, data, write: true }).map(|_| ())
    }

    fn read(&mut self, register: u32) -> Result<u16, CosimError> {
        let address = bus::address(bus::CONTROL, register);
        let mut word = 0;
        for _ in 0..READ_CYCLES {
            word = self.cycle(HostDrive { address, data: 0, write: false })?.read;
        }
        Ok(word)
    }

    fn read_wide(&mut self, low: u32, high: u32) -> Result<u64, CosimError> {
        Ok(u64::from(self.read(low)?) | u64::from(self.read(high)?) << 16)
    }

    fn cycle(&mut self, drive: HostDrive) -> Result<PortSample, CosimError> {
        let clock = self.clock;
        self.clock += 1;
        self.core.cycle(drive).map_err(|message| CosimError::Engine { clock, message })
    }
}
