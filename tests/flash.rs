//! A board that loads its image from the configuration flash at power-up: the system's RTL with a flash
//! on its pins. What is no whole image leaves a board that waits for a host.

mod common;
#[path = "common/uart.rs"]
mod uart;

use common::{Case, cases, verilator};
use spikewright::{
    hdl::{Link, emit_system},
    host::{bitmap, flash_image},
    ir::{CoreImage, InputTrain, Preset, layout::bus},
    sim::Simulator,
};
use uart::{BIT, Flash, Line, Response, read, write};
use verilator_sys::Effort;

const PRESET: Preset = Preset::Tiny;
const OFFSET: usize = 0x2_0000;
const SIZE: usize = 0x8_0000;
/// Bits before the flash is read, and more than end the reading.
const AROUND: u64 = 128 + 32 + 400;

/// A system, its rate, and how it is built.
struct System {
    text: String,
    bit: u16,
    effort: Effort,
}

fn system(bit: u16) -> System {
    let link = Link::Uart { bit_cycles: bit, flash: Some(OFFSET as u32) };
    System { text: emit_system(PRESET, link).text, bit, effort: Effort::Fast }
}

fn case() -> (CoreImage, Vec<InputTrain>) {
    let Case { compiled, stimuli, .. } = cases(PRESET, 1).remove(0);
    (compiled.image, stimuli)
}

/// A flash that holds this from the board's offset on, and is erased elsewhere.
fn flash(contents: &[u8]) -> Vec<u8> {
    let mut all = vec![0xff; SIZE];
    all[OFFSET..][..contents.len()].copy_from_slice(contents);
    all
}

/// Powers the board up and waits until it leaves the flash alone.
fn boot(system: &System, contents: Vec<u8>) -> Result<Line, String> {
    let longest = (contents.len() as u64 * 8 + AROUND) * u64::from(system.bit);
    let flash = Some(Flash::new(contents));
    let mut line = Line::of(&system.text, system.bit, system.effort, flash);
    let mut seen = 0;
    for cycle in 0..=longest {
        // A host that speaks now is not heard.
        line.cycle(cycle / 100 % 2 == 0);
        let now = line.flash.as_ref().map_or(0, |f| f.selected);
        if now > 0 && now == seen {
            line.idle(SETTLE);
            line.drain();
            return Ok(line);
        }
        seen = now;
    }
    Err("the flash is read for ever".into())
}

/// What a byte and an answer on their way take, and silence that ends a request cut short.
const SETTLE: u64 = uart::SILENCE;

fn ask(line: &mut Line, request: &[u8]) -> Result<Response, String> {
    let response = line.ask(request).ok_or("no answer")?;
    if response.status == 0 { Ok(response) } else { Err(format!("status {}", response.status)) }
}

fn status(line: &mut Line) -> Result<Vec<u16>, String> {
    ask(line, &read(bus::address(bus::CONTROL, 0), 8)).map(|r| r.words)
}

fn load(line: &mut Line, image: &CoreImage) -> Result<(), String> {
    for memory in &image.memories {
        for (chunk, words) in memory.words.chunks(256).enumerate() {
            let word = memory.start + 256 * chunk as u32;
            ask(line, &write(bus::address(memory.region.number(), word), words))?;
        }
    }
    ask(line, &write(bus::address(bus::CONTROL, bus::SEAL), &[image.seal])).map(drop)
}

/// The sample's class and cycles are the simulator's.
fn agree(line: &mut Line, image: &CoreImage, input: &InputTrain) -> Result<(), String> {
    for (n, words) in bitmap(image, input).unwrap().chunks(256).enumerate() {
        ask(line, &write(bus::address(bus::SPIKES, 256 * n as u32), words))?;
    }
    ask(line, &write(bus::address(bus::CONTROL, bus::START), &[1]))?;
    let run = Simulator::new(image).unwrap().run(input).unwrap();
    line.idle(run.cycles);
    let words = status(line)?;
    let due = [run.decision.class as u16, run.cycles as u16, (run.cycles >> 16) as u16];
    if words[0] & 0b11_0011 == 0b01_0010 && words[1..4] == due {
        return Ok(());
    }
    Err(format!("status {words:x?}, not class, cycles {due:x?}"))
}

/// All that an image in the flash is for.
fn boots(system: &System, image: &CoreImage, stimuli: &[InputTrain]) -> Result<(), String> {
    let contents = flash_image(image);
    let mut line = boot(system, flash(&contents))?;
    let bits = line.flash.as_ref().map_or(0, |f| f.selected) / u64::from(system.bit);
    let due = 32 + contents.len() as u64 * 8;
    if !(due - 192..=due).contains(&bits) {
        return Err(format!("{bits} bits taken, the image has {due}"));
    }
    if status(&mut line)?[0] != 1 << 4 {
        return Err("not sealed".into());
    }
    stimuli.iter().try_for_each(|input| agree(&mut line, image, input))
}

/// The board ends its reading, does not start, and is there for a host.
fn waits(system: &System, contents: Vec<u8>, loads: bool) -> Result<(), String> {
    let mut line = boot(system, contents)?;
    ask(&mut line, &write(bus::address(bus::CONTROL, bus::START), &[1]))?;
    let flags = status(&mut line)?[0];
    if flags & 0b11_0001 != 0b10_0000 {
        return Err(format!("started or not refused: flags {flags:#x}"));
    }
    let (image, stimuli) = case();
    if loads {
        ask(&mut line, &write(bus::address(bus::CONTROL, bus::SEAL), &[0]))?;
        load(&mut line, &image)?;
        agree(&mut line, &image, &stimuli[0])?;
    }
    Ok(())
}

#[test]
fn an_image_in_the_flash_runs_without_a_load() {
    let (image, stimuli) = case();
    // the test's rate, and those of real boards
    for bit in [BIT, 15, 25] {
        boots(&system(bit), &image, &stimuli).unwrap();
    }
}

/// Nothing there, or something else: whatever is read comes to an end, and nothing starts.
#[test]
fn what_is_no_image_leaves_a_board_that_waits() {
    let system = system(BIT);
    let mut dice = 1u64;
    let mut noise = || {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice as u8
    };
    let (image, _) = case();
    let good = flash_image(&image);
    let other = cases(Preset::Up5k, 1).remove(0).compiled.image;
    let random: Vec<u8> = (0..SIZE).map(|_| noise()).collect();
    let mut whole: Vec<(&str, Vec<u8>)> = vec![
        ("erased", flash(&[])),
        ("zeros", vec![0; SIZE]),
        ("a byte of the line in every byte", vec![0x55; SIZE]),
        ("as many ones as zeros", vec![0xaa; SIZE]),
        ("sync bytes", vec![0xa5; SIZE]),
        ("noise", random),
        ("another preset's", flash(&flash_image(&other))),
        ("half of it", flash(&good[..good.len() / 2])),
        ("all but the seal", flash(&good[..good.len() - 24 - 8 - 12])),
        ("a flash that ends before the image begins", good[..OFFSET.min(good.len()) / 3].to_vec()),
    ];
    // the image twice, so that the second one's frames follow a gap that is too short
    whole.push(("no gaps", flash(&[&good[8..200], &good[8..200]].concat())));
    for (what, contents) in whole {
        waits(&system, contents, true).unwrap_or_else(|e| panic!("{what}: {e}"));
    }
}

/// One bit of an image, anywhere: of a word, a header, a checksum, a start or stop bit, between frames. The
/// board waits, or it has the image as it was: a wrong checksum of right words does not make them wrong.
#[test]
fn a_damaged_bit_never_gives_another_image() {
    let system = system(BIT);
    let (image, stimuli) = case();
    let good = flash_image(&image);
    let end = good.len() * 8 - 192;
    let near = (64..64 + 110).chain(end - 174..end - 64);
    let spread = (1..12).map(|k| k * end / 12);
    let (mut waiting, mut whole) = (0, 0);
    for bit in near.step_by(11).chain(spread) {
        let mut contents = good.clone();
        contents[bit / 8] ^= 0x80 >> (bit % 8);
        let mut line = boot(&system, flash(&contents)).unwrap_or_else(|e| panic!("bit {bit}: {e}"));
        if status(&mut line).unwrap()[0] >> 4 & 1 == 1 {
            agree(&mut line, &image, &stimuli[0]).unwrap_or_else(|e| panic!("bit {bit}: {e}"));
            whole += 1;
        } else {
            waiting += 1;
        }
    }
    assert!(waiting > 2 * whole && whole > 0, "{waiting} wait, {whole} are whole");
}

/// Faults of the reader, each seen by the checks above.
#[test]
fn mutants_of_the_reader_are_killed() {
    let system = system(BIT);
    let (image, stimuli) = case();
    // A bit of the last frame's checksum but one: the words are right.
    let mut damaged = flash_image(&image);
    let seal_frame = 110 + 64 + 192;
    let at = damaged.len() * 8 - seal_frame - 64 - 9;
    damaged[at / 8] ^= 0x80 >> (at % 8);
    let mutants = [
        ("damaged payloads are played", "system$frame", "at_check1$q & bad$q", "1'b0"),
        ("a command of its own", "reader", "command = 32'h", "command = 32'h1 ^ 32'h"),
        ("never ends", "reader", "finished$d = 1'b1;", ""),
        ("ends with ones only", "reader", "missed | ", ""),
        ("ends with a miss only", "reader", "missed | (bits$q == last_wait)", "missed"),
        ("zeros are not counted against", "reader", "if (~miso) begin", "if (1'b0) begin"),
        ("a host is heard", "reader", "active = ~finished$q;", "active = 1'b0;"),
        ("the command is heard", "reader", "line = miso | ~reading$q;", "line = miso & reading$q;"),
        ("the flash stays selected", "reader", "selected$d = 1'b0;", ""),
        ("no clock", "reader", "sck = high$q;", "sck = 1'b0;"),
    ];
    for (what, module, find, replace) in mutants {
        let text = &system.text;
        let start = text.find(&format!("module top${module}(")).expect(module);
        let end = start + text[start..].find("endmodule").unwrap();
        let body = &text[start..end];
        assert_eq!(body.matches(find).count(), 1, "{what}: {find:?} in {body}");
        let text = [&text[..start], &body.replace(find, replace), &text[end..]].concat();
        let mutant = System { text, bit: BIT, effort: Effort::Quick };
        let killed = std::panic::catch_unwind(|| {
            boots(&mutant, &image, &stimuli)
                .and_then(|()| waits(&mutant, flash(&[]), true))
                .and_then(|()| waits(&mutant, vec![0x55; SIZE / 64], true))
                .and_then(|()| waits(&mutant, flash(&damaged), false))
        });
        // A flash that is told nonsense panics.
        assert!(!matches!(killed, Ok(Ok(()))), "{what} is not seen");
    }
}
