//! The driver against a simulated board: through memory, through a pseudo-terminal, and over wires
//! that damage what they carry.

mod common;

use common::{IMAGE_WORDS, ToyCore, counters, expected, image, sample};
use spikewright_host::*;
use spikewright_ir::{layout::bus, *};
use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    time::{Duration, Instant},
};

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

#[test]
fn a_sound_link_needs_no_retry() {
    let mut driver = connect(ToyCore::default(), Faults::default()).unwrap();
    let told = driver.run(&sample(0)).unwrap_err();
    assert!(matches!(told, HostError::NoImage { .. }));
    let report = driver.load(&image()).unwrap();
    assert_eq!(report, LoadReport { words: IMAGE_WORDS + 2, frames: 7, retries: 0 });
    let control = bus::address(bus::CONTROL, bus::TICKS) as usize;
    assert_eq!(driver.link().board().core().memory[control..][..2], [2, 9]);
    for k in 0..20 {
        check(k, driver.run(&sample(k)).unwrap());
    }
}

#[test]
fn the_wrong_board_is_named() {
    let connect = |core| connect(core, Faults::default());
    let told = connect(ToyCore { version: 9, ..ToyCore::default() }).err().unwrap();
    assert_eq!(
        told.to_string(),
        "simulated board: the board speaks map version 9, this build 5; build its bitstream again"
    );
    let told = connect(ToyCore { preset: 77, ..ToyCore::default() }).err().unwrap();
    assert!(matches!(told, HostError::UnknownPreset { found: 77, .. }));
    let mut up5k = connect(ToyCore { preset: Preset::Up5k.id(), ..ToyCore::default() }).unwrap();
    let told = up5k.load(&image()).unwrap_err();
    assert_eq!(
        told.to_string(),
        "simulated board: the board has preset up5k, the image is for tiny; compile for up5k or \
         load the other bitstream"
    );
}

#[test]
fn a_sample_of_another_shape_is_refused_and_the_image_stays() {
    let mut driver = connect(ToyCore::default(), Faults::default()).unwrap();
    driver.load(&image()).unwrap();
    let long = InputTrain::binary(SpikeTrain::silent(4, common::INPUTS));
    assert!(matches!(driver.run(&long).unwrap_err(), HostError::Sample { ticks: 4, .. }));
    let none = InputTrain { planes: vec![] };
    assert!(matches!(driver.run(&none).unwrap_err(), HostError::Sample { planes: 0, .. }));
    check(1, driver.run(&sample(1)).unwrap());
}

/// Ticks of a stream: each a start of its own kind, its words where the stream has come to, round the
/// end of the spike memory too; and silence where the image says so before the stream begins anew.
#[test]
fn a_stream_goes_round_the_spike_memory() {
    let spec = Preset::Tiny.spec();
    let (groups, stride) = (3, 5);
    let words = spec.spike_groups * spec.group_words;
    let silent = MemoryImage { region: Region::Spikes, start: words as u32 - 4, words: vec![0; 4] };
    let mut image = CoreImage { ticks: 1, stream: true, stride, ..image() };
    image.memories.push(silent);
    let tick = |k: usize| {
        let spikes = SpikeTrain::from_ticks(vec![sample(k).planes[0].tick(0).clone()], 70);
        InputTrain::binary(spikes)
    };
    let mut driver = connect(ToyCore::default(), Faults::default()).unwrap();
    driver.load(&image).unwrap();
    let told = driver.resume(&tick(0)).unwrap_err();
    assert!(matches!(told, HostError::NoStream { .. }), "{told}");
    for round in 0..2 {
        for k in 0..60 {
            let first = if k == 0 { driver.run(&tick(k)) } else { driver.resume(&tick(k)) };
            first.unwrap();
            let core = driver.link().board().core();
            let control = bus::address(bus::CONTROL, bus::START) as usize;
            assert_eq!(core.memory[control], if k == 0 { bus::START_FRESH } else { bus::START_ON });
            let spikes = bus::address(bus::SPIKES, 0) as usize;
            for w in 0..groups * spec.group_words {
                let at = spikes + (k * stride * spec.group_words + w) % words;
                let due = tick(k).planes[0].tick(0).word16(w);
                assert_eq!(core.memory[at], due, "round {round}, tick {k}, word {w}");
            }
            let silence = &core.memory[spikes + words - 4..spikes + words];
            assert!(k > 0 || silence == [0; 4], "round {round}");
        }
    }
}

/// The answer to a tick's start is lost: the tick is not run twice.
#[test]
fn a_tick_without_an_answer_ends_its_stream() {
    let mut image = CoreImage { ticks: 1, stream: true, ..image() };
    image.inputs = 1;
    image.input_groups = 1;
    let tick = InputTrain::binary(SpikeTrain::silent(1, 1));
    // Writes: who is there, in three, idle, seal, two frames of weights, control, seal, state, spikes,
    // start, state.
    let link = |damage| Tamper {
        link: MemoryLink::new(ToyCore::default(), Faults::default()),
        writes: 0,
        damage,
    };
    let told = (14..19).map(|damage| {
        let mut driver = Driver::connect(link(damage), DriverOptions::default()).unwrap();
        driver.load(&image).unwrap();
        driver.run(&tick).unwrap();
        driver.resume(&tick).map_err(|e| matches!(e, HostError::StreamLost { .. }))
    });
    let told: Vec<_> = told.collect();
    assert!(told.contains(&Err(true)) && told.iter().all(|t| !matches!(t, Err(false))), "{told:?}");
}

#[test]
fn a_window_counts_its_last_ticks() {
    let mut window = Window::new(3, 4);
    let ticks = [0b0000, 0b1010, 0b1000, 0b0100, 0b0100, 0b0000, 0b0000, 0b0000];
    let found = ticks.map(|t| window.push(t)).map(|d| if d.undecided { 9 } else { d.class });
    assert_eq!(found, [9, 1, 3, 3, 2, 2, 2, 9]);
    // as many ticks as it can count, and a class without an output of its own
    let mut all = Window::new(usize::MAX, 17);
    assert_eq!((0..300).map(|_| all.push(0x8000).class).max(), Some(15));
}

#[test]
fn silence_and_a_busy_core_come_to_an_end() {
    let deaf = Faults { drop_ppm: 1_000_000, ..Faults::default() };
    let told = connect(ToyCore::default(), deaf).err().unwrap();
    assert_eq!(
        told.to_string(),
        "simulated board: no answer to a read of 7 words, 20 tries; check that the board is \
         powered and configured, and that the baud rate is its own"
    );
    let options = DriverOptions { polls: 5, ..DriverOptions::default() };
    let core = ToyCore { busy: true, ..ToyCore::default() };
    let mut driver = Driver::connect(MemoryLink::new(core, Faults::default()), options).unwrap();
    assert!(matches!(driver.load(&image()).unwrap_err(), HostError::Busy { polls: 5, .. }));
    // Every second bit wrong: what arrives is never a frame, and the error says so.
    let noise = Faults { flip_ppm: 500_000, ..Faults::default() };
    assert!(matches!(
        connect(ToyCore::default(), noise).err().unwrap(),
        HostError::NoAnswer { .. } | HostError::Damaged { .. } | HostError::Unsure { .. }
    ));
}

/// Loads and runs over a damaging wire. (results, retries, failures told)
fn campaign(faults: Faults, samples: usize) -> (usize, usize, usize) {
    let (mut results, mut retries, mut told) = (0, 0, 0);
    let Ok(mut driver) = connect(ToyCore::default(), faults) else { return (0, 0, 1) };
    let mut loaded = false;
    for k in 0..samples {
        if !loaded {
            match driver.load(&image()) {
                Ok(report) => retries += report.retries,
                Err(_) => {
                    told += 1;
                    continue;
                }
            }
            loaded = true;
        }
        match driver.run(&sample(k)) {
            Ok(result) => {
                check(k, result);
                results += 1;
            }
            Err(_) => {
                told += 1;
                loaded = false;
            }
        }
    }
    (results, retries, told)
}

/// One bit in a thousand: no wrong result is ever accepted, and nearly all arrive.
#[test]
fn bit_errors_are_recovered() {
    let (mut results, mut retries, mut told) = (0, 0, 0);
    for seed in 0..40 {
        let faults = Faults { seed, flip_ppm: 1000, ..Faults::default() };
        let (r, t, f) = campaign(faults, 50);
        results += r;
        retries += t;
        told += f;
    }
    assert_eq!(results + told, 2000, "every loss is told");
    assert!(results >= 1980, "{results} results");
    assert!(retries > 200, "{retries} retries: the wire does damage");
}

/// Lost and doubled bytes shift frames against each other; still nothing wrong is accepted.
#[test]
fn slips_are_recovered() {
    let (mut results, mut told) = (0, 0);
    for seed in 0..20 {
        let faults = Faults { seed, flip_ppm: 100, drop_ppm: 500, duplicate_ppm: 500 };
        let (r, _, f) = campaign(faults, 25);
        results += r;
        told += f;
    }
    assert!(results + told <= 500 && results >= 350, "{results} results, {told} told");
}

/// A link that inverts the sign bit of the header's operation in one of its writes.
struct Tamper {
    link: MemoryLink<ToyCore>,
    writes: usize,
    damage: usize,
}

impl Write for Tamper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut bytes = bytes.to_vec();
        bytes[1] ^= u8::from(self.writes == self.damage) << 7;
        self.writes += 1;
        self.link.write(&bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Tamper {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.link.read(buffer)
    }
}

impl Link for Tamper {
    fn name(&self) -> String {
        "tampered".into()
    }

    fn set_timeout(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }
}

/// Weights that read as a frame of their own, behind a header that arrives damaged: the board
/// answers twice, and the driver starts the load again.
#[test]
fn a_frame_within_a_payload_is_noticed() {
    let frame = encode_read(bus::address(bus::CONTROL, bus::CORE), 2);
    let mut image = image();
    let hidden = |at: usize| u16::from_le_bytes([frame[at], *frame.get(at + 1).unwrap_or(&0)]);
    let words = (0..frame.len()).step_by(2).map(hidden);
    image.memories[1].words.splice(10..14, words);
    let image = image.sealed();
    let link = |damage| Tamper {
        link: MemoryLink::new(ToyCore::default(), Faults::default()),
        writes: 0,
        damage,
    };
    // Writes: who is there, in three, idle, seal, first weights, second weights.
    let mut driver = Driver::connect(link(6), DriverOptions::default()).unwrap();
    let report = driver.load(&image).unwrap();
    assert_eq!((report.retries, report.frames), (1, 4 + 8)); // the first 200 words in two
    let weights = bus::address(bus::WEIGHTS, 0) as usize;
    let stored = &driver.link().link.board().core().memory[weights..][..IMAGE_WORDS];
    let told: Vec<_> = image.memories[..2].iter().flat_map(|m| m.words.clone()).collect();
    assert_eq!(stored, told);
    // The same behind a sample's start: the header of a frame without payload hides nothing.
    let mut driver = Driver::connect(link(11), DriverOptions::default()).unwrap();
    driver.load(&common::image()).unwrap();
    check(0, driver.run(&sample(0)).unwrap());
}

/// What is sent ahead is not sent again, and is used only where it is what comes.
#[test]
fn samples_are_sent_ahead() {
    let mut driver = connect(ToyCore::default(), Faults::default()).unwrap();
    driver.load(&image()).unwrap();
    let words = bitmap(&image(), &sample(0)).unwrap().len();
    let writes = |driver: &Driver<MemoryLink<ToyCore>>| driver.link().board().core().writes;
    let mut before = writes(&driver);
    for k in 0..6 {
        check(k, driver.run_ahead(&sample(k), Some(&sample(k + 1))).unwrap());
        let due = if k == 0 { 2 * words + 1 } else { words + 1 };
        assert_eq!(writes(&driver) - before, due, "sample {k}");
        before = writes(&driver);
    }
    // another one comes, then one without a next
    check(2, driver.run_ahead(&sample(2), None).unwrap());
    check(3, driver.run(&sample(3)).unwrap());
    assert_eq!(writes(&driver) - before, 2 * (words + 1));
    // too long for a half of the memory: one after the other
    let image = CoreImage { stride: 30, ..image() };
    assert!(!image.overlaps());
    driver.load(&image).unwrap();
    let before = writes(&driver);
    driver.run_ahead(&sample(2), Some(&sample(3))).unwrap();
    assert_eq!(writes(&driver) - before, bitmap(&image, &sample(2)).unwrap().len() + 1);
}

/// A simulated board on SPI: what it answers waits for the bytes that fetch it.
struct SpiBoard {
    board: SimulatedBoard<ToyCore>,
    to_board: Wire,
    to_host: Wire,
    waiting: VecDeque<u8>,
}

impl SpiBoard {
    fn new(faults: Faults) -> Self {
        Self {
            board: SimulatedBoard::new(ToyCore::default()),
            to_board: Wire::new(faults, 1),
            to_host: Wire::new(faults, 2),
            waiting: VecDeque::new(),
        }
    }
}

impl FullDuplex for SpiBoard {
    fn name(&self) -> String {
        "SPI".into()
    }

    fn transfer(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        for byte in bytes {
            let answer = self.waiting.pop_front();
            // A bus loses no bytes: of each, one arrives. Noise falls on what is said alone, for how often a host
            // asks while nobody speaks depends on the time.
            let arrives = match *byte {
                0 => 0,
                said => self.to_board.carry(said).next().unwrap_or(0),
            };
            let mut out = Vec::new();
            if self.waiting.is_empty() {
                self.board.push(arrives, &mut out);
            }
            self.waiting.extend(out);
            *byte = answer.and_then(|said| self.to_host.carry(said).next()).unwrap_or(0);
        }
        Ok(())
    }
}

#[test]
fn an_spi_host_speaks_the_same_frames() {
    let options = DriverOptions { timeout: Duration::from_millis(10), ..DriverOptions::default() };
    let mut driver =
        Driver::connect(SpiLink::new(SpiBoard::new(Faults::default())), options).unwrap();
    let report = driver.load(&image()).unwrap();
    assert_eq!((report.frames, report.retries), (7, 0));
    for k in 0..20 {
        check(k, driver.run_ahead(&sample(k), Some(&sample(k + 1))).unwrap());
    }
    let (mut results, mut retries) = (0, 0);
    for seed in 0..20 {
        let board = SpiBoard::new(Faults { seed, flip_ppm: 500, ..Faults::default() });
        let Ok(mut driver) = Driver::connect(SpiLink::new(board), options) else { continue };
        let Ok(report) = driver.load(&image()) else { continue };
        retries += report.retries;
        for k in 0..10 {
            let Ok(result) = driver.run(&sample(k)) else { break };
            check(k, result);
            results += 1;
        }
    }
    assert!(results >= 150 && retries > 20, "{results} results, {retries} retries");
}

/// A bus that no board drives.
struct NoBoard(u8);

impl FullDuplex for NoBoard {
    fn name(&self) -> String {
        "SPI".into()
    }

    fn transfer(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        bytes.fill(self.0);
        Ok(())
    }
}

#[test]
fn a_bus_without_a_board_is_told() {
    let options = DriverOptions { timeout: Duration::from_millis(1), ..DriverOptions::default() };
    for level in [0x00, 0xff] {
        let told = Driver::connect(SpiLink::new(NoBoard(level)), options).err().unwrap();
        assert!(matches!(told, HostError::NoAnswer { tries: 20, .. }), "{told}");
    }
}

/// The board waits for the rest of a write that someone broke off.
#[test]
fn a_broken_off_write_is_ended() {
    let mut link = MemoryLink::new(ToyCore::default(), Faults::default());
    link.write_all(&encode_write(0, &[7; 256])[..100]).unwrap();
    let mut driver = Driver::connect(link, DriverOptions::default()).unwrap();
    driver.load(&image()).unwrap();
    check(2, driver.run(&sample(2)).unwrap());
}

#[cfg(unix)]
#[test]
fn a_pseudo_terminal_is_a_port_like_any_other() {
    let start = Instant::now();
    let options = DriverOptions::default();
    // Sound first, and twice: a second driver finds the board as the first left it.
    let server = PtyServer::spawn(ToyCore::default(), Faults::default()).unwrap();
    for _ in 0..2 {
        let mut driver = Driver::connect(open(&server.port(), 115_200).unwrap(), options).unwrap();
        driver.load(&image()).unwrap();
        for k in 0..5 {
            check(k, driver.run(&sample(k)).unwrap());
        }
    }
    drop(server);
    let faults = Faults { seed: 3, flip_ppm: 1000, ..Faults::default() };
    let server = PtyServer::spawn(ToyCore::default(), faults).unwrap();
    let options = DriverOptions { timeout: Duration::from_millis(50), ..options };
    let mut driver = Driver::connect(open(&server.port(), 1_000_000).unwrap(), options).unwrap();
    let (mut done, mut loaded) = (0, false);
    for k in 0..10 {
        loaded = loaded || driver.load(&image()).is_ok();
        match driver.run(&sample(k)) {
            Ok(result) => {
                check(k, result);
                done += 1;
            }
            Err(_) => loaded = false,
        }
    }
    assert!(done >= 6, "{done} of 10 results");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_port_that_does_not_exist_is_named() {
    let told = open("no-such-port", 115_200).err().unwrap().to_string();
    assert!(told.starts_with("no-such-port at 115200 baud: "), "{told}");
}
