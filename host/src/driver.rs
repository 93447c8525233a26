//! The driver: who is there, load an image, run samples.

use crate::{HostError, Link, SampleResult, bitmap, encode_write, exchange::Exchange};
use serde::{Deserialize, Serialize};
use spikewright_ir::{CoreImage, Decision, InputTrain, PRESETS, Preset, Region, layout::bus};
use std::time::Duration;

/// What the caller may choose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DriverOptions {
    /// How long to wait for an answer's next byte; longer than the board takes to answer.
    pub timeout: Duration,
    /// Times a frame is tried.
    pub tries: usize,
    /// Status reads before a busy core counts as lost.
    pub polls: usize,
}

impl Default for DriverOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_millis(200), tries: 20, polls: 10_000 }
    }
}

/// What a load took.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LoadReport {
    /// Words of the image.
    pub words: usize,
    /// Requests sent, those tried again included.
    pub frames: usize,
    /// Requests tried again.
    pub retries: usize,
}

/// The status registers.
struct Status(Vec<u16>);

impl Status {
    fn flag(&self, bit: u32) -> bool {
        self.0[bus::STATUS as usize] >> bit & 1 == 1
    }

    fn busy(&self) -> bool {
        self.flag(0)
    }

    fn long(&self, low: u32, high: u32) -> u32 {
        u32::from(self.0[low as usize]) | u32::from(self.0[high as usize]) << 16
    }
}

/// A board at the other end of a link.
pub struct Driver<L> {
    exchange: Exchange<L>,
    options: DriverOptions,
    preset: Preset,
    image: Option<CoreImage>,
    /// Tick of the stream that is run next; 0 before the first.
    tick: usize,
    /// The sticky flag as last seen: only its rising is news.
    bus_error: bool,
}

impl<L: Link> Driver<L> {
    /// Asks the board who it is.
    pub fn connect(link: L, options: DriverOptions) -> Result<Self, HostError> {
        let mut exchange = Exchange::new(link, options)?;
        let address = bus::address(bus::CONTROL, bus::STATUS);
        let status = Status(exchange.read(address, bus::CORE as usize + 1)?);
        let core = status.0[bus::CORE as usize];
        let (number, version) = (core & 0xff, core >> 8);
        let port = exchange.name.clone();
        if version != bus::MAP_VERSION {
            return Err(HostError::Version { port, found: version, expected: bus::MAP_VERSION });
        }
        let preset = PRESETS.into_iter().find(|p| p.id() == number);
        let preset = preset.ok_or(HostError::UnknownPreset { port, found: number })?;
        Ok(Self { exchange, options, preset, image: None, tick: 0, bus_error: status.flag(3) })
    }

    /// The board's preset.
    pub fn preset(&self) -> Preset {
        self.preset
    }

    /// The link, for a look inside.
    pub fn link(&self) -> &L {
        &self.exchange.link
    }

    /// Writes an image. Where a damaged frame leaves doubt about the memories, all of it again.
    pub fn load(&mut self, image: &CoreImage) -> Result<LoadReport, HostError> {
        self.image = None;
        if image.preset != self.preset {
            let port = self.port();
            return Err(HostError::Preset { port, board: self.preset, image: image.preset });
        }
        let (frames, retries) = (self.exchange.frames, self.exchange.retries);
        let mut tries = 1;
        while let Err(error) = self.write_image(image) {
            if !matches!(error, HostError::Unsure { .. }) || tries >= self.options.tries {
                return Err(error);
            }
            tries += 1;
        }
        self.image = Some(image.clone());
        self.tick = 0;
        Ok(LoadReport {
            words: image.memories.iter().map(|m| m.words.len()).sum(),
            frames: self.exchange.frames - frames,
            retries: self.exchange.retries - retries,
        })
    }

    fn write_image(&mut self, image: &CoreImage) -> Result<(), HostError> {
        self.when_idle()?; // a busy core takes no writes
        for memory in &image.memories {
            let address = bus::address(memory.region.number(), memory.start);
            self.exchange.write(address, &memory.words)?;
        }
        self.status().map(drop)
    }

    /// Runs a sample on the loaded image, or the first tick of a stream. After an error other than a
    /// sample of the wrong shape the image has to be loaded again: what the board holds is not known.
    pub fn run(&mut self, input: &InputTrain) -> Result<SampleResult, HostError> {
        self.with_image(|driver, image| {
            let words = bitmap(image, input)?;
            if image.stream && driver.tick > 0 {
                // The ticks of the stream before went round the spike memory.
                driver.write_spikes(image)?;
            }
            driver.tick = 0;
            driver.run_words(&words, image, bus::START_FRESH)
        })
    }

    /// Runs the next tick of a stream. After an error other than a tick of the wrong shape the image
    /// has to be loaded and the stream begun again.
    pub fn resume(&mut self, input: &InputTrain) -> Result<SampleResult, HostError> {
        self.with_image(|driver, image| {
            if !image.stream || driver.tick == 0 {
                return Err(HostError::NoStream { port: driver.port() });
            }
            let words = bitmap(image, input)?;
            driver.run_words(&words, image, bus::START_ON)
        })
    }

    /// Keeps the image where nothing has been told to the board yet, or all of it was done.
    fn with_image(
        &mut self,
        run: impl FnOnce(&mut Self, &CoreImage) -> Result<SampleResult, HostError>,
    ) -> Result<SampleResult, HostError> {
        let Some(image) = self.image.take() else {
            return Err(HostError::NoImage { port: self.port() });
        };
        let result = run(self, &image);
        let kept = match &result {
            Ok(_) => true,
            Err(error) => matches!(error, HostError::Sample { .. } | HostError::NoStream { .. }),
        };
        self.image = kept.then_some(image);
        result
    }

    /// What the image says is silent before the first tick.
    fn write_spikes(&mut self, image: &CoreImage) -> Result<(), HostError> {
        for memory in image.memories.iter().filter(|m| m.region == Region::Spikes) {
            self.exchange.write(bus::address(bus::SPIKES, memory.start), &memory.words)?;
        }
        Ok(())
    }

    fn run_words(
        &mut self,
        words: &[u16],
        image: &CoreImage,
        start: u16,
    ) -> Result<SampleResult, HostError> {
        let (spec, classes) = (image.preset.spec(), image.classes);
        // A tick may end at the end of the memory and go on at its beginning.
        let memory = spec.spike_groups * spec.group_words;
        let first = self.tick * image.stride % spec.spike_groups * spec.group_words;
        let (head, tail) = words.split_at(words.len().min(memory - first));
        self.exchange.write(bus::address(bus::SPIKES, first as u32), head)?;
        if !tail.is_empty() {
            self.exchange.write(bus::address(bus::SPIKES, 0), tail)?;
        }
        self.start(start)?;
        self.tick += 1;
        let status = self.when_idle()?;
        let class = usize::from(status.0[bus::CLASS as usize]);
        if !status.flag(1) {
            return Err(self.core_says("neither busy nor done after a start".into()));
        }
        if class >= classes {
            return Err(self.core_says(format!("class {class} of {classes}")));
        }
        Ok(SampleResult {
            decision: Decision { class, undecided: status.flag(2) },
            output: status.0[bus::OUTPUT as usize],
            cycles: status.long(bus::CYCLES_LOW, bus::CYCLES_HIGH),
            events: status.long(bus::EVENTS_LOW, bus::EVENTS_HIGH),
        })
    }

    /// A start whose answer is lost may have started: it is repeated only on an idle core, where it
    /// computes the same once more. A tick that goes on would go on twice: it is not repeated.
    fn start(&mut self, start: u16) -> Result<(), HostError> {
        let frame = encode_write(bus::address(bus::CONTROL, bus::START), &[start]);
        let mut tries = 1;
        while let Err(miss) = self.exchange.once(&frame, 0)? {
            self.exchange.missed(miss, tries, 0, || "the start".into())?;
            if start == bus::START_ON {
                return Err(HostError::StreamLost { port: self.port() });
            }
            tries += 1;
            if self.status()?.busy() {
                break;
            }
        }
        Ok(())
    }

    fn when_idle(&mut self) -> Result<Status, HostError> {
        for _ in 0..self.options.polls {
            let status = self.status()?;
            if !status.busy() {
                return Ok(status);
            }
        }
        Err(HostError::Busy { port: self.port(), polls: self.options.polls })
    }

    /// A bus error that was not there before is one.
    fn status(&mut self) -> Result<Status, HostError> {
        let address = bus::address(bus::CONTROL, bus::STATUS);
        let status = Status(self.exchange.read(address, bus::OUTPUT as usize + 1)?);
        let before = std::mem::replace(&mut self.bus_error, status.flag(3));
        if status.flag(3) && !before {
            return Err(
                self.core_says("a word was written while the core was busy, and lost".into())
            );
        }
        Ok(status)
    }

    fn core_says(&self, what: String) -> HostError {
        HostError::Core { port: self.port(), what }
    }

    fn port(&self) -> String {
        self.exchange.name.clone()
    }
}
