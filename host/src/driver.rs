//! The driver: who is there, load an image, run samples.

use crate::{HostError, Link, SampleResult, bitmap, encode_write, exchange::Exchange};
use serde::{Deserialize, Serialize};
use spikewright_ir::{
    CoreImage, Counters, Decision, Half, InputTrain, PRESETS, Preset, Region, SealSum, layout::bus,
    link::MAX_WORDS,
};
use std::{convert::Infallible, time::Duration};

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

    fn sealed(&self) -> bool {
        self.flag(4)
    }

    /// A start was refused since the last seal.
    fn refused(&self) -> bool {
        self.flag(5)
    }

    fn long(&self, low: u32, high: u32) -> u32 {
        u32::from(self.0[low as usize]) | u32::from(self.0[high as usize]) << 16
    }

    fn counters(&self) -> Counters {
        let Ok(counters) = Counters::read(|word| Ok::<_, Infallible>(self.0[word as usize]));
        counters
    }
}

const SEAL: u32 = bus::address(bus::CONTROL, bus::SEAL);
const CORE: u32 = bus::address(bus::CONTROL, bus::CORE);

/// An input's words and where they stand.
#[derive(Clone, PartialEq, Eq)]
struct Placed {
    /// First word of the spike memory.
    first: usize,
    words: Vec<u16>,
    /// What starts it.
    start: u16,
}

/// A board at the other end of a link.
pub struct Driver<L> {
    exchange: Exchange<L>,
    options: DriverOptions,
    preset: Preset,
    image: Option<CoreImage>,
    /// Tick of the stream that is run next; 0 before the first.
    tick: usize,
    /// What has been written while the core ran.
    ahead: Option<Placed>,
    /// The sticky flag as last seen: only its rising is news.
    bus_error: bool,
}

impl<L: Link> Driver<L> {
    /// Asks the board who it is.
    pub fn connect(link: L, options: DriverOptions) -> Result<Self, HostError> {
        let mut exchange = Exchange::new(link, options)?;
        let status = bus::address(bus::CONTROL, bus::STATUS);
        let mut status = Status(exchange.read(status, bus::CORE as usize + 1)?);
        if !status.sealed() {
            // Someone's load did not end: the core goes back to what it begins with.
            exchange.write(SEAL, &[0])?;
            status.0[bus::CORE as usize] = exchange.read(CORE, 1)?[0];
        }
        let core = status.0[bus::CORE as usize];
        let (number, version) = (core & 0xff, core >> 8);
        let port = exchange.name.clone();
        if version != bus::MAP_VERSION {
            return Err(HostError::Version { port, found: version, expected: bus::MAP_VERSION });
        }
        let preset = PRESETS.into_iter().find(|p| p.id() == number);
        let preset = preset.ok_or(HostError::UnknownPreset { port, found: number })?;
        Ok(Self {
            exchange,
            options,
            preset,
            image: None,
            tick: 0,
            ahead: None,
            bus_error: status.flag(3),
        })
    }

    /// The board's preset.
    pub fn preset(&self) -> Preset {
        self.preset
    }

    /// The link, for a look inside.
    pub fn link(&self) -> &L {
        &self.exchange.link
    }

    /// Writes an image and seals it. Where a damaged frame leaves doubt about the memories, or the core
    /// does not take the seal, all of it again.
    pub fn load(&mut self, image: &CoreImage) -> Result<LoadReport, HostError> {
        self.image = None;
        if image.preset != self.preset {
            let port = self.port();
            return Err(HostError::Preset { port, board: self.preset, image: image.preset });
        }
        if image.sum() != image.seal {
            return Err(HostError::Image { found: image.sum(), expected: image.seal });
        }
        let (frames, retries) = (self.exchange.frames, self.exchange.retries);
        let mut tries = 1;
        while let Err(error) = self.write_image(image) {
            let again = matches!(error, HostError::Unsure { .. } | HostError::Unsealed { .. });
            if !again || tries >= self.options.tries {
                return Err(error);
            }
            tries += 1;
        }
        self.image = Some(image.clone());
        (self.tick, self.ahead) = (0, None);
        Ok(LoadReport {
            words: image.memories.iter().map(|m| m.words.len()).sum(),
            frames: self.exchange.frames - frames,
            retries: self.exchange.retries - retries,
        })
    }

    /// Takes the image for the one that the board has from its flash. That it is sealed is seen, that it is
    /// this image is believed.
    pub fn adopt(&mut self, image: &CoreImage) -> Result<(), HostError> {
        self.image = None;
        if image.preset != self.preset {
            let port = self.port();
            return Err(HostError::Preset { port, board: self.preset, image: image.preset });
        }
        if !self.when_idle()?.sealed() {
            return Err(HostError::Unsealed { port: self.port() });
        }
        // A stream may have come round the spike memory since.
        self.write_spikes(image)?;
        self.image = Some(image.clone());
        (self.tick, self.ahead) = (0, None);
        Ok(())
    }

    fn write_image(&mut self, image: &CoreImage) -> Result<(), HostError> {
        self.when_idle()?; // a busy core takes no writes
        self.exchange.write(SEAL, &[0])?; // what was told before does not count
        let mut sum = SealSum::new(image.preset);
        for memory in &image.memories {
            let first = bus::address(memory.region.number(), memory.start);
            for (words, address) in memory.words.chunks(MAX_WORDS).zip((first..).step_by(MAX_WORDS))
            {
                let retries = self.exchange.retries;
                self.exchange.write(address, words)?;
                if self.exchange.retries == retries {
                    (address..).zip(words).for_each(|(address, &word)| sum.write(address, word));
                } else {
                    // Damaged words count too, and words that came twice count twice.
                    sum = SealSum::from_word(self.exchange.read(CORE, 1)?[0]);
                }
            }
        }
        self.seal(sum.word())
    }

    /// Ends a load. A seal that comes twice is wrong the second time: it is repeated only where the first
    /// was not taken.
    fn seal(&mut self, sum: u16) -> Result<(), HostError> {
        let frame = encode_write(SEAL, &[sum]);
        let mut tries = 1;
        while let Err(miss) = self.exchange.once(&frame, 0)? {
            self.exchange.missed(miss, tries, 0, || "the seal".into())?;
            tries += 1;
            if self.exchange.read(CORE, 1)?[0] != sum {
                break;
            }
        }
        match self.status()?.sealed() {
            true => Ok(()),
            false => Err(HostError::Unsealed { port: self.port() }),
        }
    }

    /// Runs a sample on the loaded image, or the first tick of a stream. After an error other than a
    /// sample of the wrong shape the image has to be loaded again: what the board holds is not known.
    pub fn run(&mut self, input: &InputTrain) -> Result<SampleResult, HostError> {
        self.run_ahead(input, None)
    }

    /// [`Driver::run`], and while the core computes, what comes next is written: the next sample, or the
    /// next tick of the stream, if the image leaves room for it. The next call writes only what is not
    /// there yet.
    pub fn run_ahead(
        &mut self,
        input: &InputTrain,
        next: Option<&InputTrain>,
    ) -> Result<SampleResult, HostError> {
        self.with_image(|driver, image| {
            let words = bitmap(image, input)?;
            if image.stream && driver.tick > 0 {
                // The ticks of the stream before went round the spike memory.
                driver.write_spikes(image)?;
                driver.ahead = None;
            }
            driver.tick = 0;
            // Where it stands, if it does, else in the lower half.
            let half = match &driver.ahead {
                Some(ahead) if ahead.start == Half::Upper.start() => Half::Upper,
                _ => Half::Lower,
            };
            let placed = |half: Half, words| Placed {
                first: half.group(&image.preset.spec()) * image.preset.spec().group_words,
                words,
                start: half.start(),
            };
            let next = match next.filter(|_| image.overlaps()) {
                Some(next) if image.stream => Some(driver.tick_placed(1, next, image)?),
                Some(next) => Some(placed(half.other(), bitmap(image, next)?)),
                None => None,
            };
            driver.run_placed(placed(half, words), next, image)
        })
    }

    /// Runs the next tick of a stream. After an error other than a tick of the wrong shape the image
    /// has to be loaded and the stream begun again.
    pub fn resume(&mut self, input: &InputTrain) -> Result<SampleResult, HostError> {
        self.resume_ahead(input, None)
    }

    /// [`Driver::resume`], and while the core computes, the tick behind it is written, as in
    /// [`Driver::run_ahead`].
    pub fn resume_ahead(
        &mut self,
        input: &InputTrain,
        next: Option<&InputTrain>,
    ) -> Result<SampleResult, HostError> {
        self.with_image(|driver, image| {
            if !image.stream || driver.tick == 0 {
                return Err(HostError::NoStream { port: driver.port() });
            }
            let placed = driver.tick_placed(driver.tick, input, image)?;
            let next = match next.filter(|_| image.overlaps()) {
                Some(next) => Some(driver.tick_placed(driver.tick + 1, next, image)?),
                None => None,
            };
            driver.run_placed(placed, next, image)
        })
    }

    /// Tick `tick` of a stream.
    fn tick_placed(
        &self,
        tick: usize,
        input: &InputTrain,
        image: &CoreImage,
    ) -> Result<Placed, HostError> {
        let spec = image.preset.spec();
        let first = tick * image.stride % spec.spike_groups * spec.group_words;
        Ok(Placed { first, words: bitmap(image, input)?, start: bus::START_ON })
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

    fn place(&mut self, placed: &Placed, image: &CoreImage) -> Result<(), HostError> {
        let spec = image.preset.spec();
        // A tick may end at the end of the memory and go on at its beginning.
        let room = spec.spike_groups * spec.group_words - placed.first;
        let (head, tail) = placed.words.split_at(placed.words.len().min(room));
        self.exchange.write(bus::address(bus::SPIKES, placed.first as u32), head)?;
        match tail {
            [] => Ok(()),
            tail => self.exchange.write(bus::address(bus::SPIKES, 0), tail),
        }
    }

    fn run_placed(
        &mut self,
        placed: Placed,
        next: Option<Placed>,
        image: &CoreImage,
    ) -> Result<SampleResult, HostError> {
        let classes = image.classes;
        if self.ahead.take().as_ref() != Some(&placed) {
            self.place(&placed, image)?;
        }
        self.start(placed.start)?;
        self.tick += 1;
        if let Some(next) = next {
            self.place(&next, image)?;
            self.ahead = Some(next);
        }
        let status = self.when_idle()?;
        if status.refused() {
            return Err(HostError::Unsealed { port: self.port() });
        }
        let class = usize::from(status.0[bus::CLASS as usize]);
        if status.flag(6) {
            return Err(self.core_says(
                "stopped by its watchdog: no sample takes so long, the image is damaged; configure the board anew and load it again".into(),
            ));
        }
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
            counters: status.counters(),
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
        let status = Status(self.exchange.read(address, bus::STATUS_WORDS)?);
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
