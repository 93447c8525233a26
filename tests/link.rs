//! Images and samples through the serial link's RTL, bit by bit on the pins: the same decisions and
//! counts as the simulator, and every damaged request refused.

mod common;
#[path = "common/uart.rs"]
mod uart;

use common::{Case, SEED, cases, program::network, verilator};
use spikewright::{
    compiler::{CompileOptions, compile},
    host::bitmap,
    ir::{BitVec, CoreImage, Half, InputTrain, Preset, SpikeTrain, layout::bus},
    random,
    sim::{Run, Simulator},
};
use uart::{Line, Response, SILENCE, header, read, write};

const PRESET: Preset = Preset::Tiny;
const OK: u8 = 0;
const BAD_HEADER: u8 = 1;
const BAD_PAYLOAD: u8 = 2;
const BAD_OP: u8 = 3;
const SEALED: u16 = 1 << 4;
const REFUSED: u16 = 1 << 5;

fn done(status: u8) -> Option<Response> {
    Some(Response { status, words: vec![] })
}

/// Writes a list of (address, word), as many words a frame as follow each other.
fn write_all(line: &mut Line, writes: &[(u32, u16)]) {
    let runs = writes.chunk_by(|a, b| b.0 == a.0 + 1).flat_map(|run| run.chunks(256));
    for run in runs {
        let words: Vec<u16> = run.iter().map(|w| w.1).collect();
        assert_eq!(line.ask(&write(run[0].0, &words)), done(OK), "write at {:#x}", run[0].0);
    }
}

fn control(line: &mut Line, register: u32, word: u16) {
    let request = write(bus::address(bus::CONTROL, register), &[word]);
    assert_eq!(line.ask(&request), done(OK));
}

/// All status words.
fn status(line: &mut Line) -> Vec<u16> {
    let response = line.ask(&read(bus::address(bus::CONTROL, 0), 8)).expect("a response");
    assert_eq!((response.status, response.words.len()), (OK, 8));
    response.words
}

fn load_sample(line: &mut Line, image: &CoreImage, input: &InputTrain) {
    place(line, image, Half::Lower, input);
}

fn place(line: &mut Line, image: &CoreImage, half: Half, input: &InputTrain) {
    let spec = PRESET.spec();
    let first = bus::address(bus::SPIKES, (half.group(&spec) * spec.group_words) as u32);
    let words = bitmap(image, input).expect("a sample of the image");
    write_all(line, &(first..).zip(words).collect::<Vec<_>>());
}

/// What the core must report after a run: busy 0, valid 1, undecided, error, sealed; class; cycles; events;
/// what it is; output spikes.
fn expected(run: &Run, error: bool) -> [u16; 8] {
    let flags = 2 | u16::from(run.decision.undecided) << 2 | u16::from(error) << 3 | SEALED;
    let (c, e) = (run.cycles as u32, run.events as u32);
    let class = run.decision.class as u16;
    [
        flags,
        class,
        c as u16,
        (c >> 16) as u16,
        e as u16,
        (e >> 16) as u16,
        bus::core_word(PRESET.id()),
        run.output,
    ]
}

fn finish(line: &mut Line) -> Vec<u16> {
    loop {
        let words = status(line);
        if words[0] & 1 == 0 {
            return words;
        }
    }
}

/// Loads and runs a sample, and holds the report against the simulator's.
fn agree(line: &mut Line, name: &str, image: &CoreImage, input: &InputTrain, error: bool) {
    load_sample(line, image, input);
    control(line, bus::START, 1);
    let run = Simulator::new(image).unwrap().run(input).unwrap();
    assert_eq!(finish(line), expected(&run, error), "{name}");
}

#[test]
fn samples_over_the_wire_equal_the_simulator() {
    let mut line = Line::new(PRESET);
    // the last of these cases have the largest fan-in
    let all = cases(PRESET, 12);
    for Case { name, compiled, stimuli } in &all {
        let writes: Vec<_> = compiled.image.writes().collect();
        write_all(&mut line, &writes);
        for (s, input) in stimuli.iter().enumerate() {
            agree(&mut line, &format!("{name}, sample {s}"), &compiled.image, input, false);
        }
    }
    println!("{} cases in {} clock cycles", all.len(), line.cycles);
}

/// Samples one behind another take less time where each is sent while the core computes the one before, which
/// here takes longer than a look at the status; what comes out is the same.
#[test]
fn input_that_is_sent_ahead_takes_the_place_of_waiting() {
    let network = network(&[250, 96, 10]);
    let image = &compile(&network, &PRESET.spec(), &CompileOptions::default()).unwrap().image;
    assert!(image.overlaps());
    let inputs: Vec<InputTrain> = (20..26)
        .map(|silent| {
            let spikes = || BitVec::from_bits((0..250).map(|n| n % silent > 0));
            SpikeTrain::from_ticks((0..image.ticks).map(|_| spikes()).collect(), 250).into()
        })
        .collect();
    let mut line = Line::new(PRESET);
    write_all(&mut line, &image.writes().collect::<Vec<_>>());
    let begun = line.cycles;
    for input in &inputs {
        agree(&mut line, "alone", image, input, false);
    }
    let alone = line.cycles - begun;
    let (begun, mut half) = (line.cycles, Half::Lower);
    place(&mut line, image, half, &inputs[0]);
    for (k, input) in inputs.iter().enumerate() {
        control(&mut line, bus::START, half.start());
        half = half.other();
        if let Some(next) = inputs.get(k + 1) {
            place(&mut line, image, half, next);
        }
        let run = Simulator::new(image).unwrap().run(input).unwrap();
        assert_eq!(finish(&mut line), expected(&run, false), "sent ahead, sample {k}");
    }
    let ahead = line.cycles - begun;
    println!("{alone} clock cycles one by one, {ahead} sent ahead");
    assert!(ahead < alone, "{ahead} of {alone} cycles");
}

/// A small case loaded into a fresh system.
fn loaded() -> (Line, CoreImage, Vec<InputTrain>) {
    let mut line = Line::new(PRESET);
    let case = cases(PRESET, 1).remove(0);
    let writes: Vec<_> = case.compiled.image.writes().collect();
    write_all(&mut line, &writes);
    (line, case.compiled.image, case.stimuli)
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[bit / 8] ^= 1 << (bit % 8);
    out
}

/// Any damaged bit of a header is seen before a memory is touched.
#[test]
fn a_damaged_header_changes_nothing() {
    let (mut line, image, stimuli) = loaded();
    // a write that would spoil the first weights; no byte of it is a sync byte
    let request = write(bus::address(bus::WEIGHTS, 0), &[0x1234, 0x4321]);
    for bit in 8..7 * 8 {
        line.send(&flipped(&request, bit));
        assert_eq!(line.response(), done(BAD_HEADER), "bit {bit}");
        line.idle(200);
    }
    // without its sync byte it is no request at all
    for bit in 0..8 {
        assert_eq!(line.ask(&flipped(&request, bit)), None, "sync bit {bit}");
    }
    // an operation nobody knows, with a right checksum
    for op in [0, 3, 0xFF] {
        assert_eq!(line.ask(&header(op, 0, 1)), done(BAD_OP));
    }
    agree(&mut line, "after damaged headers", &image, &stimuli[0], false);
}

/// Any damaged bit of a payload is reported, and sending the frame again repairs the words.
#[test]
fn a_damaged_payload_is_reported_and_repaired() {
    let (mut line, image, stimuli) = loaded();
    let first: Vec<u16> = image.writes().take(3).map(|w| w.1).collect();
    let address = image.writes().next().unwrap().0;
    let request = write(address, &first);
    for bit in 7 * 8..request.len() * 8 {
        assert_eq!(line.ask(&flipped(&request, bit)), done(BAD_PAYLOAD), "bit {bit}");
    }
    assert_eq!(line.ask(&request), done(OK));
    // The damaged words count in the sum: a host reads it and goes on from there.
    let sum = status(&mut line)[6];
    assert_ne!(sum, bus::core_word(PRESET.id()));
    control(&mut line, bus::SEAL, sum);
    agree(&mut line, "after damaged payloads", &image, &stimuli[1], false);
}

/// A request that stops is forgotten after 2^16 cycles of silence, at whatever byte it stops.
#[test]
fn truncated_requests_are_forgotten_after_silence() {
    let (mut line, image, stimuli) = loaded();
    let request = write(bus::address(bus::SPIKES, 0), &[1, 2]);
    for length in 1..request.len() {
        line.send(&request[..length]);
        line.idle(SILENCE);
        assert_eq!(status(&mut line)[6], bus::core_word(PRESET.id()), "cut after {length} bytes");
    }
    // not before: 300 cycles short of it the next request is still taken for the rest of the first
    line.send(&request[..3]);
    line.idle(SILENCE - 500);
    let late = line.ask(&read(bus::address(bus::CONTROL, 0), 8));
    assert_eq!(late, done(BAD_HEADER), "the header is completed by the next request's bytes");
    line.idle(SILENCE);
    agree(&mut line, "after truncated requests", &image, &stimuli[2], false);
}

/// Writes while a sample runs change nothing but the sticky error bit.
#[test]
fn writes_while_busy_are_refused() {
    let mut network = random::wide_network(SEED, 0, &PRESET.spec());
    network.ticks = 9;
    let compiled = compile(&network, &PRESET.spec(), &CompileOptions::default()).unwrap();
    let image = &compiled.image;
    let mut full = SpikeTrain::silent(network.ticks, network.input.len());
    for tick in 0..network.ticks {
        for neuron in 0..network.input.len() {
            full.tick_mut(tick).set(neuron, true);
        }
    }
    let input = InputTrain::from(full);
    let mut line = Line::new(PRESET);
    let writes: Vec<_> = image.writes().collect();
    write_all(&mut line, &writes);
    load_sample(&mut line, image, &input);
    control(&mut line, bus::START, 1);
    let run = Simulator::new(image).unwrap().run(&input).unwrap();
    // every second bit of the first weights, then the first threshold
    let (address, word) = writes[0];
    assert_eq!(line.ask(&write(address, &[word ^ 0x5555])), done(OK));
    assert!(line.cycle(true), "the sample still runs, or this test says nothing");
    assert_eq!(finish(&mut line), expected(&run, true));
    agree(&mut line, "after writes while busy", image, &input, true);
}

/// What is changed after the seal, or sealed with another sum, does not start, and the result before stands.
#[test]
fn only_a_sealed_core_starts() {
    let (mut line, image, stimuli) = loaded();
    agree(&mut line, "as loaded", &image, &stimuli[0], false);
    let before = status(&mut line);
    let (address, word) = image.writes().next().unwrap();
    assert_eq!(line.ask(&write(address, &[word])), done(OK));
    let refuses = |line: &mut Line, why: &str| {
        control(line, bus::START, 1);
        let now = status(line);
        assert_eq!(now[0], before[0] & !SEALED | REFUSED, "{why}");
        assert_eq!((&now[1..6], now[7]), (&before[1..6], before[7]), "{why}");
    };
    refuses(&mut line, "a word written again");
    let sum = status(&mut line)[6];
    control(&mut line, bus::SEAL, sum ^ 0x100);
    assert_eq!(status(&mut line)[6], bus::core_word(PRESET.id()), "the sum begins anew");
    assert_eq!(status(&mut line)[0] & (SEALED | REFUSED), 0);
    refuses(&mut line, "another seal");
    let writes: Vec<_> = image.writes().collect();
    write_all(&mut line, &writes);
    agree(&mut line, "loaded again", &image, &stimuli[1], false);
}
