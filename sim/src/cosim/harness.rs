//! The host side of a co-simulation: loads an image, then sample after sample.

use super::ports::{CorePorts, HostDrive, PortSample};
use crate::{Run, SimError, Simulator, SpikeWrite, TraceRow};
use spikewright_ir::{CoreImage, Counters, Decision, Half, InputTrain, Region, layout::bus};
use thiserror::Error;

/// Why a co-simulation ended without a result.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum CosimError {
    /// The image or the sample, before anything was driven.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// The engine gave up.
    #[error("the simulation of the core stopped in clock cycle {clock}: {message}")]
    Engine {
        /// Clock cycles driven so far.
        clock: u64,
        /// What the engine says.
        message: String,
    },
    /// The core is not the one the image is for.
    #[error(
        "the core says {what} {found}, the image is for {expected}; emit the core of the image's preset"
    )]
    Core {
        /// Register read: `preset` or `map version`.
        what: &'static str,
        /// Its value.
        found: u16,
        /// Value expected.
        expected: u16,
    },
    /// Busy never rose or never fell.
    #[error("busy did not {edge} within {limit} cycles of the start; the core hangs")]
    Busy {
        /// `rise` or `fall`.
        edge: &'static str,
        /// Cycles waited.
        limit: u64,
    },
    /// The status register after loading or after a run.
    #[error("status {status:#06x}: {problem}")]
    Status {
        /// Register value.
        status: u16,
        /// What it should not be.
        problem: &'static str,
    },
    /// The core's own count is not what was seen from outside.
    #[error("the core counts {counted} cycles, busy fell in cycle {seen}")]
    Cycles {
        /// The cycle registers.
        counted: u64,
        /// Cycle in which busy was low again.
        seen: u64,
    },
}

/// Cycles an address stands on the bus before the word is taken: more than the latency of a read
/// with registers on both sides.
const READ_CYCLES: usize = 4;

/// Cycles from the start's write until busy has to be seen.
const RISE_LIMIT: u64 = 8;

/// A core with an image in it.
pub struct Cosim<C> {
    core: C,
    image: CoreImage,
    group_words: usize,
    limit: u64,
    clock: u64,
    /// Tick of the stream that is run next; 0 before the first.
    tick: usize,
}

impl<C: CorePorts> Cosim<C> {
    /// Checks that core and image fit, and loads the image.
    ///
    /// # Errors
    /// [`CosimError::Sim`] for a faulty image, [`CosimError::Core`] for another core.
    pub fn new(core: C, image: &CoreImage) -> Result<Self, CosimError> {
        let limit = Simulator::new(image)?.cycle_limit();
        let group_words = image.preset.spec().group_words;
        let mut out = Self { core, image: image.clone(), group_words, limit, clock: 0, tick: 0 };
        let (found, expected) = (out.read(bus::CORE)?, bus::core_word(image.preset.id()));
        out.expect("preset", found & 0xff, expected & 0xff)?;
        out.expect("map version", found >> 8, expected >> 8)?;
        for (address, word) in image.writes() {
            out.write(address, word)?;
        }
        let status = out.read(bus::STATUS)?;
        if status >> 4 & 1 == 0 {
            let problem = "not sealed, though all of the image is written";
            return Err(CosimError::Status { status, problem });
        }
        Ok(out)
    }

    /// Runs one sample, or the first tick of a stream; the run's statistics are `None`.
    ///
    /// # Errors
    /// Any [`CosimError`] but `Core`. A core that works in another way than the datasheet says
    /// gives a run that differs, not an error, as long as it comes to an end.
    pub fn run(&mut self, input: &InputTrain) -> Result<Run, CosimError> {
        self.observe(input, true, &mut |_| {})
    }

    /// Runs the next sample, or tick of a stream unless it `begins` one, and shows the ports in every cycle
    /// of the core's to `see`.
    ///
    /// # Errors
    /// As [`Cosim::run`] and [`Cosim::resume`].
    pub fn observe(
        &mut self,
        input: &InputTrain,
        begins: bool,
        see: &mut dyn FnMut(&PortSample),
    ) -> Result<Run, CosimError> {
        if !begins {
            if !self.image.stream || self.tick == 0 {
                return Err(SimError::NoStream.into());
            }
            self.load(input, self.tick * self.image.stride)?;
            return self.execute(bus::START_ON, &[], see);
        }
        if self.image.stream && self.tick > 0 {
            // The ticks of the stream before went round the spike memory.
            self.silence()?;
        }
        self.tick = 0;
        self.load(input, 0)?;
        self.execute(bus::START_FRESH, &[], see)
    }

    /// Writes a sample to where [`Cosim::run_placed`] finds it.
    ///
    /// # Errors
    /// As [`Cosim::run`].
    pub fn place(&mut self, input: &InputTrain, half: Half) -> Result<(), CosimError> {
        self.load(input, half.group(&self.image.preset.spec()))
    }

    /// Runs the sample that stands in `half` while spike words are written, in the order of their cycles:
    /// each stands on the bus in its cycle, or if busy has fallen as soon as it can. Whether one was lost,
    /// [`Cosim::bus_error`] says.
    ///
    /// # Errors
    /// As [`Cosim::run`].
    pub fn run_placed(&mut self, half: Half, writes: &[SpikeWrite]) -> Result<Run, CosimError> {
        self.tick = 0;
        self.execute(half.start(), writes, &mut |_| {})
    }

    /// Runs the tick of a stream whose input has been written while the tick before ran.
    ///
    /// # Errors
    /// As [`Cosim::run`].
    pub fn resume_placed(&mut self, writes: &[SpikeWrite]) -> Result<Run, CosimError> {
        self.execute(bus::START_ON, writes, &mut |_| {})
    }

    /// The sticky bit of the status register.
    ///
    /// # Errors
    /// [`CosimError::Engine`].
    pub fn bus_error(&mut self) -> Result<bool, CosimError> {
        Ok(self.read(bus::STATUS)? >> 3 & 1 == 1)
    }

    /// Runs the next tick of a stream.
    ///
    /// # Errors
    /// As [`Cosim::run`], and [`SimError::NoStream`] when the image is for samples or no tick has been
    /// run.
    pub fn resume(&mut self, input: &InputTrain) -> Result<Run, CosimError> {
        self.observe(input, false, &mut |_| {})
    }

    fn execute(
        &mut self,
        start: u16,
        writes: &[SpikeWrite],
        see: &mut dyn FnMut(&PortSample),
    ) -> Result<Run, CosimError> {
        self.write(bus::address(bus::CONTROL, bus::START), start)?;
        self.tick += 1;
        let (trace, seen) = self.watch(writes, see)?;
        let status = self.read(bus::STATUS)?;
        let problem = match (status & 1, status >> 1 & 1, status >> 3 & 1) {
            (1, _, _) => Some("busy, though the port says it is not"),
            (_, 0, _) => Some("no valid result"),
            (_, _, 1) if writes.is_empty() => {
                Some("bus error, though nothing was written while busy")
            }
            _ => None,
        };
        if let Some(problem) = problem {
            return Err(CosimError::Status { status, problem });
        }
        let counted = self.read_wide(bus::CYCLES_LOW, bus::CYCLES_HIGH)?;
        if counted != seen {
            return Err(CosimError::Cycles { counted, seen });
        }
        let decision =
            Decision { class: self.read(bus::CLASS)?.into(), undecided: status >> 2 & 1 == 1 };
        let events = self.read_wide(bus::EVENTS_LOW, bus::EVENTS_HIGH)?;
        let output = self.read(bus::OUTPUT)?;
        let counters = Counters::read(|word| self.read(word))?;
        Ok(Run { trace, decision, output, cycles: counted, events, counters, stats: None })
    }

    /// Clock cycles driven so far, loading included.
    pub fn clock(&self) -> u64 {
        self.clock
    }

    /// The core, to look at or to go on with.
    pub fn into_core(self) -> C {
        self.core
    }

    /// Follows the core from the cycle after the start's write until busy falls: trace entries,
    /// and the cycle of the fall. The first cycle here is the datasheet's cycle 0.
    fn watch(
        &mut self,
        writes: &[SpikeWrite],
        see: &mut dyn FnMut(&PortSample),
    ) -> Result<(Vec<TraceRow>, u64), CosimError> {
        let mut trace = Vec::new();
        let mut was_busy = false;
        let mut writes = writes.iter().copied().peekable();
        let drive = |write: SpikeWrite| HostDrive {
            address: bus::address(bus::SPIKES, write.address),
            data: write.word,
            write: true,
        };
        for cycle in 0..=self.limit {
            let write = writes.next_if(|write| write.cycle <= cycle);
            let sample = self.cycle(write.map_or(HostDrive::default(), drive))?;
            see(&sample);
            if let Some(t) = sample.trace {
                trace.push(TraceRow {
                    cycle: cycle as u32,
                    layer: t.layer,
                    neuron: t.neuron.into(),
                    tick: t.tick as u8,
                    u: t.u,
                    v: t.v,
                    s: t.s,
                });
            }
            if was_busy && !sample.busy {
                for write in writes {
                    self.cycle(drive(write))?;
                }
                return Ok((trace, cycle));
            }
            was_busy |= sample.busy;
            if !was_busy && cycle >= RISE_LIMIT {
                return Err(CosimError::Busy { edge: "rise", limit: RISE_LIMIT });
            }
        }
        Err(CosimError::Busy { edge: "fall", limit: self.limit })
    }

    /// Writes the bitmap words of all ticks and planes, from a spike group on.
    fn load(&mut self, input: &InputTrain, first: usize) -> Result<(), CosimError> {
        let image = &self.image;
        let expect = |what, found, expected| {
            if found == expected { Ok(()) } else { Err(SimError::Input { what, found, expected }) }
        };
        expect("planes", input.planes.len(), image.input_planes)?;
        expect("ticks", input.ticks(), image.ticks)?;
        expect("neurons", input.neurons(), image.inputs)?;
        let spec = self.image.preset.spec();
        let (groups, stride) = (image.input_groups, image.stride);
        for (t, q) in (0..input.ticks()).flat_map(|t| (0..input.planes.len()).map(move |q| (t, q)))
        {
            let spikes = self.image.placed_input(input.planes[q].tick(t));
            for k in 0..groups * self.group_words {
                let group = first + t * stride + q * groups + k / self.group_words;
                let word = group % spec.spike_groups * self.group_words + k % self.group_words;
                self.write(bus::address(bus::SPIKES, word as u32), spikes.word16(k))?;
            }
        }
        Ok(())
    }

    /// What the image says is silent before the first tick.
    fn silence(&mut self) -> Result<(), CosimError> {
        let image = self.image.clone();
        for memory in image.memories.iter().filter(|m| m.region == Region::Spikes) {
            for (address, &word) in (memory.start..).zip(&memory.words) {
                self.write(bus::address(bus::SPIKES, address), word)?;
            }
        }
        Ok(())
    }

    fn expect(&self, what: &'static str, found: u16, expected: u16) -> Result<(), CosimError> {
        if found == expected { Ok(()) } else { Err(CosimError::Core { what, found, expected }) }
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
