//! Passes that read the same: tiles of a layer see the same source in the same tick. What the first of them
//! reads is kept for the others, as long as no pass in between writes there.

use super::{
    columns::Columns,
    order::targets,
    schedule::{Entry, Schedule, Step},
};
use crate::cycle::Memory;
use std::collections::BTreeMap;

/// Groups, bits and rows that a step reads, the rows counted from the first.
type Key = Vec<(u8, u16, u64, u32)>;

/// Words of weight rows that are copied at most.
const MOST_WORDS: usize = 1 << 22;

/// What steps read together.
struct Reader {
    /// The first of them.
    step: usize,
    steps: usize,
    /// First weight rows of their tiles, and how many rows there are from each on.
    firsts: Vec<u32>,
    extent: usize,
}

/// Gives every step its place, and returns the weights of all. None if they are too many.
pub fn share(schedule: &mut Schedule, memory: &Memory) -> Option<Vec<Columns>> {
    let (readers, reader_of) = readers(schedule, memory);
    // Place 0 is read anew by every step that has it.
    schedule.places = 1;
    let mut columns = Vec::new();
    let mut known: BTreeMap<(&[u32], usize), u32> = BTreeMap::new();
    let (mut places, mut sets, mut words) = (Vec::new(), Vec::new(), 0);
    for reader in &readers {
        let shared = reader.steps > 1;
        places.push(if shared { schedule.places } else { 0 });
        schedule.places += u32::from(shared);
        let set = *known.entry((&reader.firsts, reader.extent)).or_insert_with(|| {
            words += Columns::size(reader.firsts.len(), reader.extent, memory);
            if words <= MOST_WORDS {
                columns.push(Columns::new(&reader.firsts, reader.extent, memory));
            }
            columns.len() as u32 - 1
        });
        if words > MOST_WORDS {
            return None;
        }
        sets.push(set);
    }
    for (number, n) in reader_of.into_iter().enumerate() {
        let first = Entry::first_row(schedule.entries(&schedule.steps[number]));
        let tile = readers[n].firsts.iter().position(|&f| f == first).expect("it is one of them");
        let step = &mut schedule.steps[number];
        (step.place, step.reads) = (places[n], readers[n].step == number);
        (step.columns, step.word) = (sets[n], (tile * memory.row_words) as u32);
    }
    Some(columns)
}

/// The readers, and that of each step.
fn readers(schedule: &Schedule, memory: &Memory) -> (Vec<Reader>, Vec<usize>) {
    let (groups, bits) = (memory.spec.spike_groups, memory.spec.group_neurons());
    // Times that a group was written, and for each key that has been read its reader and the times
    // that its groups had been written.
    let mut written = vec![0u64; groups];
    let mut seen: BTreeMap<Key, (usize, u64)> = BTreeMap::new();
    let mut readers: Vec<Reader> = Vec::new();
    let mut reader_of = Vec::with_capacity(schedule.steps.len());
    for (number, step) in schedule.steps.iter().enumerate() {
        let key = key(schedule, step);
        let group = |first: u8, k: u16| (usize::from(first) + usize::from(k)) % groups;
        let all = key.iter().flat_map(|&(first, count, ..)| (0..count).map(move |k| (first, k)));
        let times = all.map(|(first, k)| written[group(first, k)]).sum();
        let reader = match seen.get(&key) {
            Some(&(reader, then)) if then == times => reader,
            _ => {
                let end = |&(_, count, _, row): &(u8, u16, u64, u32)| {
                    row as usize + usize::from(count) * bits
                };
                let extent = key.iter().map(end).max().unwrap_or(0);
                readers.push(Reader { step: number, steps: 0, firsts: Vec::new(), extent });
                readers.len() - 1
            }
        };
        let first = Entry::first_row(schedule.entries(step));
        readers[reader].steps += 1;
        if !readers[reader].firsts.contains(&first) {
            readers[reader].firsts.push(first);
        }
        seen.insert(key, (reader, times));
        reader_of.push(reader);
        let pass = memory.passes[usize::from(step.pass)];
        if pass.ends {
            let tile = &memory.tiles[usize::from(pass.tile)];
            targets(tile, step.target, memory).for_each(|group| written[group] += 1);
        }
    }
    (readers, reader_of)
}

fn key(schedule: &Schedule, step: &Step) -> Key {
    let entries = schedule.entries(step);
    let first = Entry::first_row(entries);
    let one = |e: &Entry| (e.group.wrapping_add(step.offset), e.groups, e.mask, e.row - first);
    entries.iter().map(one).collect()
}
