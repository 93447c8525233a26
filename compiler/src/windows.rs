//! Windowed tiles: which positions a tile serves, which words it reads, and the weights that stand at
//! the rows of those words (`docs/core.md`, section 1).

use crate::{
    choose::SLOT,
    layers::{CoreLayer, Inputs, Synapses, Window},
    map::Map,
};
use spikewright_ir::{CoreSpec, WindowReads, layout::scan};
use std::collections::BTreeMap;

/// A position of the layer, and 15 of its channels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Slot {
    pub y: usize,
    pub x: usize,
    pub block: usize,
}

/// A tile and its rounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TileLoop {
    /// Slots of the first round; those of each other are `step` rows further down.
    pub slots: Vec<Slot>,
    pub rounds: usize,
    pub step: usize,
    /// Row and word of the target map for the first round, and rows from round to round.
    pub target: Option<(usize, usize)>,
    pub target_step: usize,
    /// Slots that are OR-ed.
    pub pool: usize,
}

/// Words that a pass reads in one group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GroupRead {
    /// Row of patches, for the first round: those before and behind the map are blank.
    pub row: isize,
    /// Group of the row.
    pub group: usize,
    /// Bit w: word w is read.
    pub words: usize,
}

/// The tiles of a layer whose spikes are pooled `k` by `k`, 1 for not at all; `maps` are its sources'.
pub(crate) fn tile_loops(
    layer: &CoreLayer<'_>,
    k: usize,
    maps: &[Map],
    spec: &CoreSpec,
) -> Vec<TileLoop> {
    let shape = layer.shape;
    let (blocks, slots) = (shape.channels.div_ceil(SLOT - 1), spec.lanes / SLOT);
    let (height, width) = (shape.height / k, shape.width / k);
    let window = |y: usize, x: usize, block| {
        (0..k * k).map(move |d| Slot { y: y * k + d / k, x: x * k + d % k, block })
    };
    let mut out = Vec::new();
    let period = period(layer, k, maps).unwrap_or(height.max(1));
    for chunk in chunks(width * blocks, slots / (k * k)) {
        for (first, rounds) in rounds(height, period) {
            let word = |j: usize| window(first, j / blocks, j % blocks);
            out.push(TileLoop {
                slots: chunk.clone().flat_map(word).collect(),
                rounds,
                step: period * k,
                target: Some((first, chunk.start)),
                target_step: period,
                pool: k * k,
            });
        }
    }
    // What no window of the pooling takes spikes all the same, for no one.
    let period = self::period(layer, 1, maps).unwrap_or(shape.height.max(1));
    let margins = [(0, height * k, width * k), (height * k, shape.height, 0)];
    for (top, bottom, left) in margins {
        for chunk in chunks((shape.width - left) * blocks, slots) {
            for (first, rounds) in rounds(bottom - top, period) {
                let slot =
                    |j: usize| Slot { y: top + first, x: left + j / blocks, block: j % blocks };
                out.push(TileLoop {
                    slots: chunk.clone().map(slot).collect(),
                    rounds,
                    step: period,
                    target: None,
                    target_step: 0,
                    pool: 1,
                });
            }
        }
    }
    out
}

/// Ranges of 0..n, as few and as equal as `most` allows.
fn chunks(n: usize, most: usize) -> Vec<std::ops::Range<usize>> {
    let count = n.div_ceil(most);
    (0..count).map(|c| c * n / count..(c + 1) * n / count).collect()
}

/// First row and number of rounds of each loop over `rows` rows, every `period`-th in one.
fn rounds(rows: usize, period: usize) -> Vec<(usize, usize)> {
    let most = scan::ROUNDS_M1.max() as usize + 1;
    (0..period.min(rows))
        .flat_map(|phase| {
            let count = (rows - phase).div_ceil(period);
            (0..count.div_ceil(most))
                .map(move |part| (phase + part * most * period, most.min(count - part * most)))
        })
        .collect()
}

/// Least number of steps of `step` rows that is the same number of whole groups in all sources; none
/// if there is none.
fn period(layer: &CoreLayer<'_>, step: usize, maps: &[Map]) -> Option<usize> {
    let one = |(input, map): (&Inputs<'_>, &Map)| {
        let rows = window(input).stride * step;
        map.patch[0] / gcd(map.patch[0], rows)
    };
    let period = layer.inputs.iter().zip(maps).map(one).fold(1, |a, b| a / gcd(a, b) * b);
    let groups = |(input, map): (&Inputs<'_>, &Map)| source_step(input, map, period * step);
    let mut steps = layer.inputs.iter().zip(maps).map(groups);
    let first = steps.next();
    steps.all(|s| Some(s) == first).then_some(period)
}

/// Groups of a source from one round to the next, of `step` rows of the layer.
pub(crate) fn source_step(input: &Inputs<'_>, map: &Map, step: usize) -> usize {
    window(input).stride * step / map.patch[0] * map.row_groups()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The window of a projection of a windowed layer.
pub(crate) fn window(input: &Inputs<'_>) -> Window {
    let Synapses::Conv { window, .. } = input.synapses else {
        unreachable!("`choose` admits convolutions only")
    };
    window
}

/// The groups that a tile reads, in ascending order; one at least.
pub(crate) fn group_reads(slots: &[Slot], input: &Inputs<'_>, map: &Map) -> Vec<GroupRead> {
    let window = window(input);
    let [ph, pw] = map.patch;
    let mut found: BTreeMap<(isize, usize), usize> = BTreeMap::new();
    for slot in slots {
        let rows = (0..window.height).map(|ky| origin(slot.y, window) + ky as isize);
        for row in rows.map(|y| y.div_euclid(ph as isize)) {
            for kx in 0..window.width {
                let x = origin(slot.x, window) + kx as isize;
                if x < 0 || x >= map.shape.width as isize {
                    continue;
                }
                let column = x as usize / pw;
                for word in column * map.blocks()..(column + 1) * map.blocks() {
                    *found.entry((row, word / map.group_words)).or_default() |=
                        1 << (word % map.group_words);
                }
            }
        }
    }
    if found.is_empty() {
        found.insert((0, 0), 1);
    }
    found.into_iter().map(|((row, group), words)| GroupRead { row, group, words }).collect()
}

/// First row, or column, of the window at `at`.
fn origin(at: usize, window: Window) -> isize {
    (at * window.stride) as isize - window.padding as isize
}

/// A source neuron inside a slot's window.
struct Tap {
    /// Row of the group's weights.
    row: usize,
    slot: usize,
    /// Column of the kernel.
    column: usize,
}

/// Source neurons of a group, and where they are seen.
fn taps(read: &GroupRead, slots: &[Slot], input: &Inputs<'_>, map: &Map) -> (usize, Vec<Tap>) {
    let window = window(input);
    let (mut sources, mut taps) = (0, Vec::new());
    for row in (0..16 * map.group_words).filter(|row| read.words >> (row / 16) & 1 == 1) {
        let word = read.group * map.group_words + row / 16;
        let Some((channel, dy, x)) = map.shows(word, row % 16) else { continue };
        sources += 1;
        let y = read.row * map.patch[0] as isize + dy as isize;
        for (slot, at) in slots.iter().enumerate() {
            let (ky, kx) = (y - origin(at.y, window), x as isize - origin(at.x, window));
            let (Ok(ky), Ok(kx)) = (usize::try_from(ky), usize::try_from(kx)) else { continue };
            if ky < window.height && kx < window.width {
                let column = (channel * window.height + ky) * window.width + kx;
                taps.push(Tap { row, slot, column });
            }
        }
    }
    (sources, taps)
}

/// The channels of a slot: lane 0 is none.
pub(crate) fn channels(slot: &Slot, layer: &CoreLayer<'_>) -> std::ops::Range<usize> {
    let first = slot.block * (SLOT - 1);
    first..layer.shape.channels.min(first + SLOT - 1)
}

/// Weight words of a group for plane `plane`: `16·G` rows of `P / 16` words.
pub(crate) fn weight_words(
    read: &GroupRead,
    slots: &[Slot],
    layer: &CoreLayer<'_>,
    input: usize,
    map: &Map,
    plane: usize,
    banks: usize,
) -> Vec<u16> {
    let input = &layer.inputs[input];
    let Synapses::Conv { planes, .. } = input.synapses else {
        unreachable!("`choose` admits convolutions only")
    };
    let mut words = vec![0; 16 * map.group_words * banks];
    for tap in taps(read, slots, input, map).1 {
        let lanes = &mut words[tap.row * banks + tap.slot];
        *lanes |= 1;
        for (lane, channel) in (1..).zip(channels(&slots[tap.slot], layer)) {
            *lanes |= u16::from(planes[plane].row(channel).get(tap.column)) << lane;
        }
    }
    words
}

/// What the reads of a pass amount to.
pub(crate) fn sizes(
    reads: &[GroupRead],
    slots: &[Slot],
    layer: &CoreLayer<'_>,
    input: &Inputs<'_>,
    map: &Map,
) -> WindowReads {
    let mut out = WindowReads { entries: reads.len(), words: 0, sources: 0, synapses: 0 };
    for read in reads {
        let (sources, taps) = taps(read, slots, input, map);
        out.words += read.words.count_ones() as usize;
        out.sources += sources;
        out.synapses += taps.iter().map(|t| channels(&slots[t.slot], layer).len()).sum::<usize>();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_take_every_row_once() {
        for (rows, period) in [(1, 1), (14, 1), (13, 2), (5, 4), (3, 7), (150, 2)] {
            let mut seen: Vec<_> = rounds(rows, period)
                .into_iter()
                .flat_map(|(first, count)| (0..count).map(move |r| first + r * period))
                .collect();
            seen.sort_unstable();
            assert_eq!(seen, (0..rows).collect::<Vec<_>>(), "{rows} rows, every {period}th");
            assert!(rounds(rows, period).iter().all(|(_, n)| (1..=64).contains(n)));
        }
    }
}
