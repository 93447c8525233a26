//! Binary spikes as lists of what is there. Ticks are handled in groups of eight: an input that
//! spikes at all in a group is one event with an 8-bit pattern, whatever the number of its spikes.

use super::geometry::{Map, Run};

/// Ticks of a group.
pub const GROUP: usize = 8;
/// Ticks of half a group.
pub const HALF: usize = GROUP / 2;
/// Patterns of half a group (0 is no spike).
pub const PATTERNS: usize = 1 << HALF;

/// Events copied at once.
const COPIED: usize = 8;

/// Number of groups for `ticks` ticks.
pub fn groups(ticks: usize) -> usize {
    ticks.div_ceil(GROUP)
}

/// An event: input index and pattern in one word.
#[inline(always)]
pub fn event(input: usize, pattern: u32) -> u32 {
    (input as u32) << GROUP | pattern
}

/// Input index of an event.
#[inline(always)]
pub fn input(event: u32) -> usize {
    (event >> GROUP) as usize
}

/// Pattern of an event in two halves: ticks 0 to 3 and ticks 4 to 7 of the group.
#[inline(always)]
pub fn halves(event: u32) -> (usize, usize) {
    (event as usize % PATTERNS, (event as usize >> HALF) % PATTERNS)
}

/// Replaces `out` by the events of group `group` of one sample, given the spikes of inputs as
/// rasters (bit `t` for tick `t`), in their order.
#[inline(always)]
pub fn push_events(
    raster: impl ExactSizeIterator<Item = (usize, u32)>,
    group: usize,
    out: &mut Vec<u32>,
) {
    let shift = GROUP * group;
    out.resize(raster.len(), 0);
    let mut count = 0;
    // Without a branch: whether an input spikes is hard to predict.
    for (j, bits) in raster {
        let pattern = bits >> shift & ((1 << GROUP) - 1);
        out[count] = event(j, pattern);
        count += usize::from(pattern != 0);
    }
    out.truncate(count);
}

/// The events of one group of ticks of one sample, ascending, with the place where each position
/// of their map begins.
#[derive(Clone, Debug, Default)]
pub struct EventList {
    /// Its events, then as many others as are copied at once.
    events: Vec<u32>,
    count: usize,
    /// First event of every position, then the number of events; empty for a flat map.
    starts: Vec<u32>,
    channels: usize,
}

impl EventList {
    /// Replaces the list by the events of a group. `raster` names inputs of `map` in ascending
    /// order.
    #[inline(always)]
    pub fn fill(
        &mut self,
        raster: impl ExactSizeIterator<Item = (usize, u32)>,
        group: usize,
        map: Map,
    ) {
        push_events(raster, group, &mut self.events);
        self.count = self.events.len();
        self.events.extend([0; COPIED]);
        self.channels = map.channels;
        self.starts.clear();
        if map.positions() == 1 {
            return;
        }
        let (mut at, mut end) = (0, 0);
        for _ in 0..map.positions() {
            self.starts.push(at as u32);
            end += map.channels;
            while at < self.count && input(self.events[at]) < end {
                at += 1;
            }
        }
        self.starts.push(at as u32);
    }

    /// Replaces the list by these events of a flat map.
    pub fn replace(&mut self, events: &[u32]) {
        self.count = events.len();
        self.events.clear();
        self.events.extend_from_slice(events);
        self.events.extend([0; COPIED]);
        self.starts.clear();
    }

    /// All events.
    pub fn all(&self) -> &[u32] {
        &self.events[..self.count]
    }

    /// Where the events of a run of positions begin and end, and what to add (wrapping) to an
    /// event's input to have its weight row.
    #[inline(always)]
    fn span(&self, run: Run) -> (usize, usize, usize) {
        if self.starts.is_empty() {
            return (0, self.count, run.row);
        }
        let first = self.starts[run.position] as usize;
        let end = self.starts[run.position + run.positions] as usize;
        (first, end, run.row.wrapping_sub(run.position * self.channels))
    }

    /// The events of a window in the order of its runs, with weight rows in place of inputs. They
    /// stand in `room`, which grows as needed.
    #[inline(always)]
    pub fn window<'a>(&self, runs: impl Iterator<Item = Run>, room: &'a mut Vec<u32>) -> &'a [u32] {
        if room.len() < self.events.len() {
            room.resize(self.events.len(), 0);
        }
        let mut count = 0;
        for run in runs {
            let (first, end, shift) = self.span(run);
            let shift = event(shift, 0);
            // Always as many as may be there in a short run: their number is hard to predict.
            let mut at = first;
            loop {
                let from: &[u32; COPIED] = self.events[at..][..COPIED].try_into().expect("copied");
                let to = &mut room[count + at - first..][..COPIED];
                for k in 0..COPIED {
                    to[k] = from[k].wrapping_add(shift);
                }
                at += COPIED;
                if at >= end {
                    break;
                }
            }
            count += end - first;
        }
        &room[..count]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn lists_know_where_positions_begin() {
        let map = Map { height: 1, width: 4, channels: 2 };
        let raster = [0b1u32, 0, 0, 0, 0x100, 0b11, 0, 0x8];
        let mut list = EventList::default();
        list.fill(raster.iter().copied().enumerate(), 0, map);
        assert_eq!(list.all(), [event(0, 1), event(5, 3), event(7, 8)]);
        let mut room = Vec::new();
        let mut run = |list: &EventList, position, positions| {
            list.window(std::iter::once(Run { position, positions, row: 10 }), &mut room).to_vec()
        };
        assert_eq!(run(&list, 0, 4), [event(10, 1), event(15, 3), event(17, 8)]);
        assert_eq!(run(&list, 1, 2), [event(13, 3)]);
        assert!(run(&list, 3, 0).is_empty());
        list.fill(raster.iter().copied().enumerate(), 1, map);
        assert_eq!(list.all(), [event(4, 1)]);
        list.fill([(3, 1u32)].into_iter(), 0, Map::flat(8));
        assert_eq!(run(&list, 0, 1), [event(13, 1)]);
    }

    #[test]
    fn windows_are_their_runs_one_after_another() {
        let map = Map { height: 4, width: 9, channels: 5 };
        let mut draw = Stream::named(1, "windows").sequence();
        let raster: Vec<u32> = (0..map.len()).map(|_| draw.below(3) as u32).collect();
        let mut list = EventList::default();
        list.fill(raster.iter().copied().enumerate(), 0, map);
        let runs = [(3, 0, 0), (0, 4, 2), (9, 9, 50), (30, 6, 7), (35, 1, 1)];
        let runs = runs.map(|(position, positions, row)| Run { position, positions, row });
        let expect: Vec<u32> = runs
            .iter()
            .flat_map(|r| (0..r.positions * 5).map(move |k| (r.position * 5 + k, r.row + k)))
            .filter(|(j, _)| raster[*j] != 0)
            .map(|(j, row)| event(row, raster[j]))
            .collect();
        assert_eq!(list.window(runs.into_iter(), &mut vec![7; 3]), expect);
    }
}
