//! The program: passes follow each other tile by tile, their halves agree, and loops are those of their
//! order.

use super::{
    super::{
        memory::Memory,
        tables::{Again, PassEntry, Read, ScanEntry},
    },
    demand,
};
use crate::SimError;
use spikewright_ir::layout::timing;

/// Where the check stands.
struct Program<'a> {
    memory: &'a Memory,
    /// Tiles of the image.
    tiles: usize,
    tile: usize,
    pass: usize,
    /// The next pass is its tile's first.
    begins: bool,
    /// The next entry goes on with the same pass.
    more: bool,
    /// The next entry has to say that these rounds follow, less 1.
    again: Option<u8>,
    /// Cycles when every source neuron spikes and nothing overlaps.
    cycles: u64,
}

/// Checks the program for an image of `tiles` tiles; returns more cycles than any run takes.
pub fn program(tiles: usize, memory: &Memory) -> Result<u64, SimError> {
    let mut program = Program {
        memory,
        tiles,
        tile: 0,
        pass: 0,
        begins: true,
        more: false,
        again: None,
        cycles: timing::SAMPLE_BOUND as u64 + memory.spec.lanes as u64,
    };
    let count = memory.scan.iter().position(ScanEntry::last).map_or(memory.scan.len(), |k| k + 1);
    for (k, entry) in memory.scan[..count].iter().enumerate() {
        let place = format!("entry {k}");
        match entry {
            ScanEntry::Again(again) => program.again(again, &place)?,
            ScanEntry::Read(read) => {
                demand(read.last == (k + 1 == count), place.as_str(), || {
                    format!("no entry of {count} is marked last")
                })?;
                demand(!read.last || read.flush_last || read.flush, place.as_str(), || {
                    "the last pass is not flushed".to_string()
                })?;
                program.read(read, &place)?;
            }
        }
    }
    let Program { tile, pass, begins, more, cycles, .. } = program;
    demand(tile == tiles && begins && !more, "program", || {
        format!("it ends in tile {tile} of {tiles}")
    })?;
    let last_row = &memory.bias[memory.bias.len() - memory.spec.fire_units..];
    let ganged = memory.tiles[..tiles].iter().any(|tile| tile.gangs_m1 > 0);
    demand(
        pass == tiles && !ganged || last_row.iter().all(|&bias| bias == i16::MIN),
        "parameters",
        || {
            format!(
                "tiles of several passes take biases of -32768 from the last row, which holds {last_row:?}"
            )
        },
    )?;
    let bound = memory.spec.cycle_bound();
    demand(cycles <= bound as u64, "program", || {
        format!("up to {cycles} cycles a sample, the core counts {bound}")
    })?;
    Ok(cycles)
}

impl Program<'_> {
    fn again(&mut self, again: &Again, place: &str) -> Result<(), SimError> {
        let due = self.again.take();
        demand(due.is_some(), place, || {
            "`again`, but not behind a pass that turns and has rounds".into()
        })?;
        let rounds_m1 = again.rounds_m1;
        demand(due == Some(rounds_m1), place, || {
            let due = due.map_or(0, u32::from) + 1;
            format!("{} rounds instead of {due}", u32::from(rounds_m1) + 1)
        })?;
        demand(again.rest == 0, place, || format!("bits {:#x} beside `again`", again.rest))?;
        self.cycles += 2 * self.turns(u64::from(rounds_m1) + 1);
        Ok(())
    }

    fn read(&mut self, read: &Read, place: &str) -> Result<(), SimError> {
        let (spec, fire) = (&self.memory.spec, self.memory.passes[self.pass]);
        demand(self.again.is_none(), place, || "no `again` behind a loop with rounds".into())?;
        let words = read.words >> spec.group_words;
        demand(!read.masked || read.words > 0 && words == 0, place, || {
            format!("words {:#b} of {} in a masked group", read.words, spec.group_words)
        })?;
        let (first, capacity) = (usize::from(read.weight_group), spec.weight_groups);
        let end = first + read.groups();
        demand(end <= capacity, place, || format!("weight groups {first}..{end} of {capacity}"))?;
        demand(!(read.gate && self.more), place, || "a gate within a pass".into())?;
        let ends_pass =
            [read.flush, read.flush_last, read.ends, read.turns, read.rounds, read.last];
        demand(!read.more || ends_pass == [false; 6], place, || {
            "flags of a pass's last entry, though more of it follow".into()
        })?;
        let tile = usize::from(fire.tile);
        demand(tile == self.tile && tile < self.tiles, format!("pass {}", self.pass), || {
            format!("tile {tile} instead of {} of {}", self.tile, self.tiles)
        })?;
        let entry = &self.memory.tiles[tile];
        let cycles = read.groups() as u64 * (spec.group_neurons() as u64 + 1)
            + u64::from(entry.span_last_m1)
            + timing::PASS_BOUND as u64;
        self.cycles += cycles * self.turns(entry.rounds() as u64);
        self.more = read.more;
        if !read.more {
            self.pass(read, &fire, entry.rounds_m1)?;
            self.pass += 1;
            self.tile += usize::from(read.ends);
            self.begins = read.ends;
            self.again = read.rounds.then_some(entry.rounds_m1);
        }
        Ok(())
    }

    /// Times that an entry of a loop with so many rounds is read.
    fn turns(&self, rounds: u64) -> u64 {
        rounds * (u64::from(self.memory.control.ticks_m1) + 1)
    }

    /// The last entry of a pass, and its fire half.
    fn pass(&self, scan: &Read, fire: &PassEntry, rounds_m1: u8) -> Result<(), SimError> {
        let (place, tick_order) =
            (|| format!("pass {}", self.pass), self.memory.control.tick_order);
        let halves = [(scan.ends, fire.ends), (scan.turns, fire.turns)];
        demand(halves.iter().all(|(a, b)| a == b), place(), || {
            format!("ends and turns are {halves:?} in the scan and the fire half")
        })?;
        demand(fire.begins == self.begins, place(), || {
            format!("begins its tick: {}, not {}", fire.begins, self.begins)
        })?;
        let turns = if tick_order { scan.last } else { scan.ends };
        demand(scan.turns == turns, place(), || format!("turns: {}, not {turns}", scan.turns))?;
        let rounds = scan.turns && rounds_m1 > 0;
        demand(scan.rounds == rounds, place(), || {
            format!("has rounds: {}, its tile says {rounds}", scan.rounds)
        })?;
        let on = scan.ends && !scan.last;
        let back = tick_order && scan.last && self.tiles > 1;
        demand((fire.switch_on, fire.switch_back) == (on, back), place(), || {
            format!("switches {:?} instead of {:?}", (fire.switch_on, fire.switch_back), (on, back))
        })
    }
}
