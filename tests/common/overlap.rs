//! Input that arrives while the core is busy: the sample that runs and the one that comes in stand in the
//! two halves of the spike memory, ticks of a stream behind each other.

use super::Case;
use spikewright::{
    host::bitmap,
    ir::{CoreImage, Half, InputTrain, layout::bus},
    job::tick_alone,
    sim::{
        Run, Simulator, SpikeWrite,
        cosim::{CorePorts, Cosim, HostDrive, first_difference},
    },
};

/// Reproducible numbers (xorshift64*).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16) % bound
    }
}

/// How the words follow each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Pace {
    /// As fast as a busy core takes them.
    Full,
    /// As on a link, only faster.
    Random,
    /// Faster than a busy core takes them: some may be lost, the same at all levels.
    TooFast,
}

/// The words of an input from spike group `first` on, each in its cycle.
fn writes(
    image: &CoreImage,
    input: &InputTrain,
    first: usize,
    pace: Pace,
    dice: &mut Dice,
) -> Vec<SpikeWrite> {
    let spec = image.preset.spec();
    let size = spec.spike_groups * spec.group_words;
    let words = bitmap(image, input).expect("a sample of the image");
    let gap = bus::SPIKE_GAP as u64;
    let mut cycle = dice.below(40);
    let place = |k: usize| ((first * spec.group_words + k) % size) as u32;
    let write = |(k, word)| {
        let write = SpikeWrite { cycle, address: place(k), word };
        cycle += match pace {
            Pace::Full => gap,
            Pace::Random => gap + dice.below(9),
            Pace::TooFast => 1 + dice.below(2),
        };
        write
    };
    words.into_iter().enumerate().map(write).collect()
}

/// The first place where a core that computes and takes input at once does otherwise than the simulator,
/// and the simulator otherwise than one after the other; else how many words came while it was busy.
/// Leaves the core's bus error set.
pub fn overlap_differs<C: CorePorts>(cases: &[Case], mut core: C) -> Result<usize, String> {
    let (mut beside, mut lost) = (0, false);
    for (number, Case { name, compiled, stimuli }) in cases.iter().enumerate() {
        let image = &compiled.image;
        if !image.overlaps() {
            continue;
        }
        for pace in [Pace::Full, Pace::Random, Pace::TooFast] {
            let dice = &mut Dice(1 + number as u64);
            silence(&mut core, image)?;
            let mut cosim = Cosim::new(&mut core, image).map_err(|e| format!("{name}: {e}"))?;
            let told = match image.stream {
                true => stream(image, &stimuli[0], pace, dice, &mut cosim),
                false => samples(image, stimuli, pace, dice, &mut cosim),
            };
            let (words, error) = told.map_err(|e| format!("{name}, {pace:?}: {e}"))?;
            if error && pace != Pace::TooFast {
                return Err(format!("{name}: a word is lost, though all keep their distance"));
            }
            beside += words;
            lost |= error;
            if cosim.bus_error().map_err(|e| e.to_string())? != lost {
                return Err(format!("{name}, {pace:?}: bus error {}, not {lost}", !lost));
            }
        }
    }
    Ok(beside)
}

/// What the simulator begins with: a lost word leaves what was there.
fn silence<C: CorePorts>(core: &mut C, image: &CoreImage) -> Result<(), String> {
    let spec = image.preset.spec();
    for word in 0..spec.spike_groups * spec.group_words {
        let address = bus::address(bus::SPIKES, word as u32);
        core.cycle(HostDrive { address, data: 0, write: true })?;
    }
    Ok(())
}

fn samples<C: CorePorts>(
    image: &CoreImage,
    stimuli: &[InputTrain],
    pace: Pace,
    dice: &mut Dice,
    cosim: &mut Cosim<C>,
) -> Result<(usize, bool), String> {
    let mut alone = Simulator::new(image).unwrap();
    let mut simulator = Simulator::new(image).unwrap();
    let (mut half, mut beside) = (Half::Lower, 0);
    simulator.place(&stimuli[0], half).unwrap();
    cosim.place(&stimuli[0], half).map_err(|e| e.to_string())?;
    // Twice round, so that each half is used again.
    for k in 0..2 * stimuli.len() {
        let next = &stimuli[(k + 1) % stimuli.len()];
        let first = half.other().group(&image.preset.spec());
        let writes = writes(image, next, first, pace, dice);
        let due = simulator.run_placed(half, &writes).unwrap();
        let got = cosim.run_placed(half, &writes).map_err(|e| e.to_string())?;
        beside += writes.iter().filter(|w| w.cycle < due.cycles).count();
        same(k, &due, &got)?;
        if pace != Pace::TooFast {
            same(k, &alone.run(&stimuli[k % stimuli.len()]).unwrap(), &due)?;
        }
        half = half.other();
    }
    Ok((beside, simulator.bus_error()))
}

fn stream<C: CorePorts>(
    image: &CoreImage,
    stimulus: &InputTrain,
    pace: Pace,
    dice: &mut Dice,
    cosim: &mut Cosim<C>,
) -> Result<(usize, bool), String> {
    let mut alone = Simulator::new(image).unwrap();
    let mut simulator = Simulator::new(image).unwrap();
    let mut beside = 0;
    let first = tick_alone(stimulus, 0);
    simulator.place(&first, Half::Lower).unwrap();
    cosim.place(&first, Half::Lower).map_err(|e| e.to_string())?;
    for t in 0..stimulus.ticks() {
        let next = tick_alone(stimulus, (t + 1) % stimulus.ticks());
        let writes = writes(image, &next, (t + 1) * image.stride, pace, dice);
        let (due, got) = match t {
            0 => {
                let half = Half::Lower;
                (simulator.run_placed(half, &writes), cosim.run_placed(half, &writes))
            }
            _ => (simulator.resume_placed(&writes), cosim.resume_placed(&writes)),
        };
        let (due, got) = (due.unwrap(), got.map_err(|e| e.to_string())?);
        beside += writes.iter().filter(|w| w.cycle < due.cycles).count();
        same(t, &due, &got)?;
        if pace != Pace::TooFast {
            let tick = tick_alone(stimulus, t);
            let one = if t == 0 { alone.run(&tick) } else { alone.resume(&tick) };
            same(t, &one.unwrap(), &due)?;
        }
    }
    Ok((beside, simulator.bus_error()))
}

fn same(sample: usize, due: &Run, got: &Run) -> Result<(), String> {
    first_difference(sample, due, got).map_or(Ok(()), |d| Err(d.to_string()))
}
