//! Whether what a pass reads depends on cycles. Where gates show that all groups it reads have been
//! written before, it does not, and passes can be computed one after the other.

use super::{
    columns::MAX_EVENTS,
    schedule::{Entry, Schedule, Step},
};
use crate::cycle::{Memory, TileEntry};

/// The groups that a tile writes from `target` on, of a memory of `spike_groups`.
pub fn targets(
    tile: &TileEntry,
    target: u8,
    memory: &Memory,
) -> impl Iterator<Item = usize> + use<> {
    let (groups, words) = (memory.spec.spike_groups, memory.spec.group_words);
    let slots = tile.rows() * memory.spec.fire_units / 16;
    let written = tile.pool().map_or(0, |pool| slots / pool);
    let count = (usize::from(tile.target_word) + written).div_ceil(words);
    (0..if written > 0 { count } else { 0 }).map(move |k| (usize::from(target) + k) % groups)
}

/// Every pass reads what gates show to be written and not more than can be counted, every gate opens, and
/// the last pass is pushed out.
pub fn holds(schedule: &Schedule, memory: &Memory) -> bool {
    let groups = memory.spec.spike_groups;
    // Number of the pass that writes a group last, counted from 1 among those that end a tick.
    let mut writer = vec![0; groups];
    let (mut ended, mut pushed, mut known) = (0, 0, 0);
    let mut before: Option<&Step> = None;
    for step in &schedule.steps {
        // A pass is pushed out by its flush token, or by the one behind it when that is scanned.
        if before.is_none_or(|s| s.flush) {
            pushed = ended;
        }
        known = known.max(step.gate);
        if step.gate > pushed {
            return false;
        }
        let entries = schedule.entries(step);
        let read = |e: &Entry| {
            let first = usize::from(e.group.wrapping_add(step.offset));
            (0..usize::from(e.groups)).map(move |k| (first + k) % groups)
        };
        if entries.iter().flat_map(read).any(|group| writer[group] > known) {
            return false;
        }
        let bits = |e: &Entry| usize::from(e.groups) * e.mask.count_ones() as usize;
        if entries.iter().map(bits).sum::<usize>() > MAX_EVENTS {
            return false;
        }
        pushed = ended;
        let pass = memory.passes[usize::from(step.pass)];
        if pass.ends {
            ended += 1;
            let tile = &memory.tiles[usize::from(pass.tile)];
            targets(tile, step.target, memory).for_each(|group| writer[group] = ended);
        }
        before = Some(step);
    }
    before.is_some_and(|s| s.flush)
}
