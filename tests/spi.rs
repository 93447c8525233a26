//! The SPI link's RTL on its pins, bit by bit, with the host's own driver behind them: the simulator's
//! decisions and counts at every ratio of the clocks, and bytes that are cut short do no harm.

mod common;

use common::{Case, cases, verilator};
use spikewright::{
    hdl::{Link, emit_system},
    host::{Driver, DriverOptions, FullDuplex, HostError, SpiLink, encode_read, encode_write},
    ir::{CoreImage, InputTrain, Preset, layout::bus},
    levels,
    sim::Simulator,
};
use std::{io, time::Duration};
use verilator_sys::{Model, Port, build};

const PRESET: Preset = Preset::Tiny;

/// A host on the pins. A period of its clock is `low` + `high` cycles of the core's.
struct Pins {
    model: Model,
    low: usize,
    high: usize,
    /// Selects the board for each byte anew, and talks to another device in between.
    restless: bool,
    /// How often the core was seen busy.
    busy: usize,
    /// One bit in so many is inverted on its way to the board, if any.
    noise: Option<u64>,
    sent: u64,
}

const CLOCK: usize = 0;
const SCK: usize = 1;
const CS: usize = 2;
const MOSI: usize = 3;
const MISO: usize = 4;
const BUSY: usize = 5;

impl Pins {
    fn new(text: &str, low: usize, high: usize) -> Self {
        let ports = [
            Port::input("clock", 1),
            Port::input("sck", 1),
            Port::input("cs", 1),
            Port::input("mosi", 1),
            Port::output("miso", 1),
            Port::output("busy", 1),
        ];
        let cache = levels::model_cache().unwrap();
        let library = build(&verilator(), &cache, text, "top", &ports).expect("a model");
        let model = Model::load(&library).unwrap();
        let mut pins = Self { model, low, high, restless: false, busy: 0, noise: None, sent: 0 };
        pins.model.set(CS, 1);
        pins.model.set(SCK, 0);
        pins.cycles(10);
        pins
    }

    fn cycles(&mut self, count: usize) {
        for _ in 0..count {
            self.model.set(CLOCK, 0);
            self.model.eval();
            self.busy += self.model.get(BUSY) as usize;
            self.model.set(CLOCK, 1);
            self.model.eval();
        }
    }

    fn select(&mut self, selected: bool) {
        self.model.set(CS, u64::from(!selected));
        self.cycles(6);
    }

    /// Mode 0: the board's bit is taken as the clock rises, the host's changes as it falls.
    fn bits(&mut self, byte: u8, count: usize) -> u8 {
        let mut taken = 0;
        for bit in (8 - count..8).rev() {
            self.sent += 1;
            let flipped = self.noise.is_some_and(|n| self.sent.is_multiple_of(n));
            self.model.set(SCK, 0);
            self.model.set(MOSI, u64::from((byte >> bit & 1 == 1) != flipped));
            self.cycles(self.low);
            taken = taken << 1 | self.model.get(MISO) as u8;
            self.model.set(SCK, 1);
            self.cycles(self.high);
        }
        self.model.set(SCK, 0);
        taken
    }
}

impl FullDuplex for Pins {
    fn name(&self) -> String {
        "pins".into()
    }

    fn transfer(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.select(true);
        for byte in bytes {
            if self.restless {
                self.select(false);
                self.bits(0x5a, 3);
                self.select(true);
            }
            *byte = self.bits(*byte, 8);
        }
        self.select(false);
        Ok(())
    }
}

fn system() -> String {
    emit_system(PRESET, Link::Spi).text
}

fn options() -> DriverOptions {
    DriverOptions { timeout: Duration::from_millis(30), ..DriverOptions::default() }
}

fn case() -> (CoreImage, Vec<InputTrain>) {
    let Case { compiled, stimuli, .. } = cases(PRESET, 1).remove(0);
    (compiled.image, stimuli)
}

fn agree(driver: &mut Driver<SpiLink<Pins>>, image: &CoreImage, stimuli: &[InputTrain]) {
    let mut simulator = Simulator::new(image).unwrap();
    for (k, input) in stimuli.iter().enumerate() {
        let due = simulator.run(input).unwrap();
        let got = driver.run_ahead(input, stimuli.get(k + 1)).unwrap();
        assert_eq!(
            (got.decision, got.output, u64::from(got.cycles), u64::from(got.events)),
            (due.decision, due.output, due.cycles, due.events)
        );
    }
}

/// From the fastest clock that the datasheet allows on, with even and odd periods.
#[test]
fn samples_over_spi_equal_the_simulator() {
    let text = system();
    let (image, stimuli) = case();
    for (low, high) in [(2, 2), (1, 3), (3, 1), (2, 3), (3, 3), (7, 6), (20, 20)] {
        for restless in [false, true] {
            let mut pins = Pins::new(&text, low, high);
            pins.restless = restless;
            // every phase of the host's clock against the core's
            pins.cycles(low * high % 5);
            let mut driver = Driver::connect(SpiLink::new(pins), options()).unwrap();
            assert_eq!(driver.preset(), PRESET);
            let report = driver.load(&image).unwrap();
            assert_eq!(report.retries, 0, "{low} + {high}");
            agree(&mut driver, &image, &stimuli);
            assert!(driver.link().bus().busy > 0);
        }
    }
}

/// Answers come without a gap, so that a host may take them at once, and filler around them.
#[test]
fn what_comes_back_is_filler_and_whole_answers() {
    let mut pins = Pins::new(&system(), 2, 2);
    let mut bytes = encode_read(bus::address(bus::CONTROL, bus::CORE), 2);
    let request = bytes.len();
    bytes.resize(request + 30, 0);
    pins.transfer(&mut bytes).unwrap();
    assert_eq!(bytes[..request], vec![0; request], "nothing before it is asked for");
    let start = bytes.iter().position(|&b| b != 0).expect("an answer");
    assert!(start <= request + 2, "the answer begins {} bytes later", start - request);
    let word = bus::core_word(PRESET.id()).to_le_bytes();
    assert_eq!(bytes[start..start + 7], [0x5a, 0, 2, word[0], word[1], 0, 0]);
    assert!(bytes[start + 9..].iter().all(|&b| b == 0));
}

/// A byte that is not finished is forgotten with the selection, and noise is repaired or told.
#[test]
fn cut_bytes_and_noise_do_no_harm() {
    let text = system();
    let (image, stimuli) = case();
    let mut pins = Pins::new(&text, 3, 3);
    for count in 1..8 {
        pins.select(true);
        pins.bits(0xa5, count);
        pins.select(false);
    }
    // a request that is cut within a byte, and the zeros that end it
    pins.select(true);
    let request = encode_write(bus::address(bus::WEIGHTS, 0), &[7; 20]);
    for &byte in &request[..30] {
        pins.bits(byte, 8);
    }
    pins.bits(request[30], 3);
    pins.select(false);
    let mut driver = Driver::connect(SpiLink::new(pins), options()).unwrap();
    driver.load(&image).unwrap();
    agree(&mut driver, &image, &stimuli);
    for noise in [1_009, 4_001] {
        let mut pins = Pins::new(&text, 2, 2);
        pins.noise = Some(noise);
        let mut driver = Driver::connect(SpiLink::new(pins), options()).unwrap();
        let report = driver.load(&image).unwrap();
        assert!(report.retries > 0, "one bit in {noise} is no noise");
        let due = Simulator::new(&image).unwrap().run(&stimuli[0]).unwrap();
        match driver.run(&stimuli[0]) {
            Ok(got) => assert_eq!(u64::from(got.cycles), due.cycles),
            Err(error) => assert!(!matches!(error, HostError::Core { .. }), "{error}"),
        }
    }
}

/// Faults of the device, each seen by the checks above.
#[test]
fn mutants_of_the_device_are_killed() {
    let text = system();
    let (image, stimuli) = case();
    let mutants = [
        ("on the falling edge", "rises = sck1$q & ~sck2$q", "rises = ~sck1$q & sck2$q"),
        ("whether selected or not", "& selected1$q", ""),
        ("answer not taken", "leaving$d = waiting$q;", ""),
        ("answer taken for good", "waits$d = 1'b0;", ""),
        ("seven bits are a byte", "left$q == seven", "left$q == (seven - one3)"),
    ];
    for (what, find, replace) in mutants {
        let start = text.find("module top$device(").expect("the device");
        let end = start + text[start..].find("endmodule").unwrap();
        let body = &text[start..end];
        assert_eq!(body.matches(find).count(), 1, "{what}: {find:?} in {body}");
        let mutant = [&text[..start], &body.replace(find, replace), &text[end..]].concat();
        let killed = std::panic::catch_unwind(|| {
            let mut pins = Pins::new(&mutant, 2, 2);
            pins.restless = true;
            let options = DriverOptions { tries: 2, ..options() };
            let mut driver = Driver::connect(SpiLink::new(pins), options).unwrap();
            let report = driver.load(&image).unwrap();
            assert_eq!(report.retries, 0);
            agree(&mut driver, &image, &stimuli);
        });
        assert!(killed.is_err(), "{what} is not seen");
    }
}
