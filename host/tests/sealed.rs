//! Images that a core may run: those it holds already, those of the flash, and those that did not arrive whole.

mod common;

use common::{IMAGE_WORDS, ToyCore, counters, expected, image, sample};
use spikewright_host::*;
use spikewright_ir::{layout::bus, *};

fn connect(core: ToyCore, faults: Faults) -> Result<Driver<MemoryLink<ToyCore>>, HostError> {
    Driver::connect(MemoryLink::new(core, faults), DriverOptions::default())
}

fn check(k: usize, result: SampleResult) {
    let mixed = expected(k);
    let decision = Decision { class: (mixed % 10) as usize, undecided: false };
    let output = mixed as u16 ^ (mixed >> 16) as u16;
    let due =
        SampleResult { decision, output, cycles: mixed, events: !mixed, counters: counters(mixed) };
    assert_eq!(result, due, "sample {k}");
}

/// A board that has its image from the flash.
#[test]
fn an_image_that_is_there_is_taken_over() {
    let connect = |link| Driver::connect(link, DriverOptions::default()).unwrap();
    let mut driver = connect(MemoryLink::new(ToyCore::default(), Faults::default()));
    assert!(matches!(driver.adopt(&image()).unwrap_err(), HostError::Unsealed { .. }));
    assert!(matches!(driver.run(&sample(0)).unwrap_err(), HostError::NoImage { .. }));
    let mut core = ToyCore::default();
    image().writes().for_each(|(address, word)| core.write(address, word));
    let mut driver = connect(MemoryLink::new(core, Faults::default()));
    driver.adopt(&image()).unwrap();
    check(4, driver.run(&sample(4)).unwrap());
    let other = CoreImage { preset: Preset::Up5k, ..image() };
    assert!(matches!(driver.adopt(&other).unwrap_err(), HostError::Preset { .. }));
}

/// The flash's bits, taken for a line, are the image's writes.
#[test]
fn the_flash_holds_the_frames() {
    let bytes = flash_image(&image());
    let mut bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |k| byte >> k & 1 == 1));
    let (mut parser, mut words, mut ends) = (RequestParser::default(), Vec::new(), 0);
    let mut idle = 0;
    while let Some(bit) = bits.next() {
        if bit {
            idle += 1;
            assert!(idle < 128 || ends == 4, "the reading would end here");
            continue;
        }
        idle = 0;
        let byte = (0..8).fold(0, |byte, k| byte | u8::from(bits.next().unwrap()) << k);
        assert!(bits.next().unwrap(), "a stop bit");
        match parser.push(byte) {
            Some(Request::Word { address, word }) => words.push((address, word)),
            Some(Request::WriteEnd { sound }) => {
                assert!(sound);
                ends += 1;
            }
            None => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(words, image().writes().collect::<Vec<_>>());
    assert!(idle >= 192, "{idle} idle bits at the end");
}

/// A core that does not get to see one of the writes.
struct Deaf {
    core: ToyCore,
    writes: usize,
    missed: std::ops::Range<usize>,
}

impl BoardCore for Deaf {
    fn write(&mut self, address: u32, word: u16) {
        if !self.missed.contains(&self.writes) {
            self.core.write(address, word);
        }
        self.writes += 1;
    }

    fn read(&mut self, address: u32) -> u16 {
        self.core.read(address)
    }
}

/// A word that is lost behind the link, once or for good.
#[test]
fn a_word_that_does_not_arrive_leaves_the_core_unsealed() {
    let load = |missed| {
        let core = Deaf { core: ToyCore::default(), writes: 0, missed };
        let link = MemoryLink::new(core, Faults::default());
        let mut driver = Driver::connect(link, DriverOptions::default()).unwrap();
        driver.load(&image()).map(|report| report.frames)
    };
    // Words: one for the connection, one that begins, those of the image, one that seals.
    assert_eq!(load(0..0).unwrap(), 7);
    for lost in [2, 150, IMAGE_WORDS + 1, IMAGE_WORDS + 2, IMAGE_WORDS + 3, IMAGE_WORDS + 4] {
        assert_eq!(load(lost..lost + 1).unwrap(), 14, "word {lost}");
    }
    let told = load(2..usize::MAX).unwrap_err();
    assert_eq!(
        told.to_string(),
        "simulated board: the core is not sealed and does not start: what it was told is not the \
         image, word for word; load the image again"
    );
}

/// A core that someone else tells a word, once: before the write of this number.
struct Meddled {
    core: ToyCore,
    writes: usize,
    at: usize,
}

impl BoardCore for Meddled {
    fn write(&mut self, address: u32, word: u16) {
        if self.writes == self.at {
            self.core.write(bus::address(bus::WEIGHTS, 7), 1);
        }
        self.writes += 1;
        self.core.write(address, word);
    }

    fn read(&mut self, address: u32) -> u16 {
        self.core.read(address)
    }
}

/// The result of the sample before still stands, and is not taken for another.
#[test]
fn a_core_that_was_changed_since_does_not_run() {
    let loaded = IMAGE_WORDS + 5;
    let words = bitmap(&image(), &sample(0)).unwrap().len();
    let core = Meddled { core: ToyCore::default(), writes: 0, at: loaded + words + 3 };
    let link = MemoryLink::new(core, Faults::default());
    let mut driver = Driver::connect(link, DriverOptions::default()).unwrap();
    driver.load(&image()).unwrap();
    check(0, driver.run(&sample(0)).unwrap());
    assert!(matches!(driver.run(&sample(0)).unwrap_err(), HostError::Unsealed { .. }));
    assert!(matches!(driver.run(&sample(0)).unwrap_err(), HostError::NoImage { .. }));
    driver.load(&image()).unwrap();
    check(1, driver.run(&sample(1)).unwrap());
}

#[test]
fn a_damaged_image_is_not_loaded() {
    let mut image = image();
    image.memories[1].words[3] ^= 4;
    let told = connect(ToyCore::default(), Faults::default()).unwrap().load(&image).unwrap_err();
    assert!(matches!(told, HostError::Image { .. }), "{told}");
}
