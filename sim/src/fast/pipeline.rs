//! When each thing happens: the stages from the scan to the issue as recurrences over groups, words and
//! runs of events, after the datasheet's section 4. A variable of a stage is the cycle at whose end it
//! takes, or in which it pushes; each is the greatest of what it has to wait for.

use super::scan::{Scan, Word};
use spikewright_ir::{CoreSpec, layout::timing};
// Counts of events follow no pattern that a processor could guess.
use std::hint::select_unpredictable as select;

/// Entries of the word FIFO.
const WORDS: usize = 2;
/// Entries of the event FIFO.
const EVENTS: usize = 2;
/// From the cycle in which a token is taken to that of the first row in F0, without what a preset has in
/// front of its weight memory.
const TO_F0: usize = 4;
/// From F0 to F7, the write-back, without what a preset has in its fire bank.
const TO_F7: usize = 7;

/// From the cycle in which a token is taken to that of the first row in F7.
pub fn write_back(spec: &CoreSpec) -> u32 {
    (TO_F0 + spec.fetch_stages + TO_F7 + spec.leak_stages()) as u32
}

/// Where every stage stands. All are 0 at the start, before anything happens.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Stages {
    /// First cycle in which the scan control can turn to an entry.
    turn: u32,
    /// B1 took the last group.
    b1: u32,
    /// B1 pushed the last word.
    word: u32,
    /// R took the last words, the last one first.
    r: [u32; WORDS],
    /// A took the last word.
    a: u32,
    /// B took the last word's last nibble.
    b: u32,
    /// B pushed the last event.
    event: u32,
    /// The last events were taken, the last one first.
    taken: [u32; EVENTS],
    /// First cycle in which the guard lets the first event of a pass go.
    open: u32,
}

/// The stages, and what they have done.
pub struct Pipeline {
    at: Stages,
    /// Cycles between the scan of an entry and the turn to the next.
    rest: u32,
    /// Cycles in which the guard held an event back.
    pub held: u64,
    /// Tokens taken.
    pub tokens: u64,
}

/// What a pass did to the stages, all cycles counted from where the scan control turned to it.
#[derive(Clone, Copy)]
struct Remembered {
    before: Stages,
    after: Stages,
    taken: u32,
    held: u64,
}

/// The last way a [`Scan`] went through the stages: it often goes the same way again.
#[derive(Clone, Default)]
pub struct Memory(Option<Remembered>);

impl Memory {
    /// The scan has changed.
    pub fn forget(&mut self) {
        self.0 = None;
    }
}

impl Pipeline {
    /// A start in cycle 0.
    pub fn start(spec: &CoreSpec) -> Self {
        let open = 1 + timing::START_GUARD as u32;
        let rest = u32::from(spec.shares_memory);
        Self { at: Stages { turn: 1, open, ..Stages::default() }, rest, held: 0, tokens: 0 }
    }

    /// The scan control can turn to an entry in cycle `cycle` or later.
    pub fn wait(&mut self, cycle: u32) {
        self.at.turn = self.at.turn.max(cycle);
    }

    /// The scan control is busy with something else.
    pub fn pause(&mut self, cycles: u8) {
        self.at.turn += u32::from(cycles);
    }

    /// A pass goes through; the cycle in which its first token is taken.
    #[inline(always)]
    pub fn pass(&mut self, scan: &Scan, memory: &mut Memory) -> u32 {
        let turn = self.at.turn;
        let before = self.at.since(turn);
        self.tokens += scan.rows().len().max(1) as u64;
        if let Some(last) = &memory.0
            && last.before == before
        {
            self.at = last.after.shifted(turn);
            self.held += last.held;
            return turn + last.taken;
        }
        let held = self.held;
        let taken = self.scan(scan);
        memory.0 = Some(Remembered {
            before,
            after: self.at.shifted(turn.wrapping_neg()),
            taken: taken - turn,
            held: self.held - held,
        });
        taken
    }

    /// A flush token goes through; the cycle in which it is taken.
    #[inline(always)]
    pub fn flush(&mut self) -> u32 {
        self.tokens += 1;
        // It follows the scan at once.
        self.at.turn -= self.rest;
        self.at.groups(1);
        self.first(NULL)
    }

    /// The guard behind a token taken in cycle `taken`.
    pub fn guard(&mut self, taken: u32, guard: u8) {
        self.at.open = taken + 1 + u32::from(guard);
    }

    #[inline(always)]
    fn scan(&mut self, scan: &Scan) -> u32 {
        if let ([_], Some((first, others))) = (scan.entries.as_slice(), scan.words().split_first())
        {
            let at = &mut self.at;
            at.turn += 1;
            at.groups(first.groups);
            let taken = self.first(*first);
            for word in others {
                self.at.groups(word.groups);
                self.at.word(*word);
            }
            self.at.groups(scan.rest);
            self.at.turn += self.rest;
            return taken;
        }
        let (mut words, mut groups) = (scan.words().iter(), scan.groups.iter());
        let mut taken = None;
        for &entry in &scan.entries {
            self.at.turn += 1;
            for &count in groups.by_ref().take(entry.into()) {
                self.at.groups(1);
                for &word in words.by_ref().take(count.into()) {
                    match taken {
                        None => taken = Some(self.first(word)),
                        Some(_) => self.at.word(word),
                    }
                }
            }
            self.at.turn += self.rest;
        }
        // Nothing but a null token, when the last group has been seen.
        taken.unwrap_or_else(|| self.first(NULL))
    }

    /// The first word of a pass waits for the guard.
    #[inline(always)]
    fn first(&mut self, word: Word) -> u32 {
        let pushed = self.at.push_word();
        let ready = self.at.ready();
        let taken = ready.max(self.at.open);
        self.held += u64::from(taken - ready);
        self.at.events(pushed, taken, word);
        taken
    }
}

/// A null token is a word of one event.
const NULL: Word = Word { count: 1, before: 0, groups: 1 };

impl Stages {
    /// With all cycles counted from `turn`. What was over before that, nothing waits for any more.
    #[inline(always)]
    fn since(&self, turn: u32) -> Self {
        self.map(|cycle| cycle.max(turn - 1).wrapping_sub(turn))
    }

    /// All of it so many cycles later.
    #[inline(always)]
    fn shifted(&self, cycles: u32) -> Self {
        self.map(|cycle| cycle.wrapping_add(cycles))
    }

    #[inline(always)]
    fn map(&self, f: impl Fn(u32) -> u32) -> Self {
        let Self { turn, b1, word, r, a, b, event, taken, open } = *self;
        Self {
            turn: f(turn),
            b1: f(b1),
            word: f(word),
            r: r.map(&f),
            a: f(a),
            b: f(b),
            event: f(event),
            taken: taken.map(&f),
            open: f(open),
        }
    }

    /// S1 and B1 take the next `count` groups of an entry, of which all but the last are silent. The first
    /// waits for the words before it, each of the others takes a cycle.
    #[inline(always)]
    fn groups(&mut self, count: u8) {
        let s1 = self.turn.max(self.b1);
        let more = u32::from(count.max(1)) - 1;
        let b1 = self.word.max(s1 + 1) + more;
        let turn = select(more == 0, s1 + 1, b1);
        self.b1 = select(count == 0, self.b1, b1);
        self.turn = select(count == 0, self.turn, turn);
    }

    /// A word that need not wait for the guard.
    #[inline(always)]
    fn word(&mut self, word: Word) {
        let pushed = self.push_word();
        self.events(pushed, self.ready(), word);
    }

    /// A word from B1 to B: the cycle in which its first event is pushed.
    #[inline(always)]
    fn push_word(&mut self) -> u32 {
        self.word = (self.word.max(self.b1) + 1).max(self.r[WORDS - 1] + 1);
        let r = (self.word + 1).max(self.a);
        self.r.copy_within(..WORDS - 1, 1);
        self.r[0] = r;
        self.a = self.b.max(r + 1);
        self.b = self.event.max(self.a + 1);
        (self.b + 1).max(self.taken[EVENTS - 1] + 1)
    }

    /// When the first event of the word in B is taken, the guard left aside: a cycle after it is pushed and
    /// after the one before. Of what its push waits for, the last event's push and the FIFO come before that
    /// one is taken, so that A is left.
    #[inline(always)]
    fn ready(&self) -> u32 {
        (self.a + 2).max(self.taken[0]) + 1
    }

    /// The events of a word, the first pushed in cycle `pushed` and taken in cycle `taken`: one a cycle
    /// from then on. All of a word behave as those of a nibble do, for B takes the next one in the cycle in
    /// which it pushes the last of the one before.
    #[inline(always)]
    fn events(&mut self, pushed: u32, taken: u32, Word { count, before, .. }: Word) {
        let (count, before) = (u32::from(count), u32::from(before));
        let first = Run { pushed, taken, history: self.taken };
        self.b = select(before > 0, first.push(before.wrapping_sub(1)), self.b);
        self.event = first.push(count - 1);
        for k in 0..EVENTS {
            let mut last = taken.wrapping_add(count).wrapping_sub(1 + k as u32);
            for n in 1..=k {
                last = select(count == n as u32, first.history[k - n], last);
            }
            self.taken[k] = last;
        }
    }
}

/// The first event of a word, and when those before it were taken, the last one first.
struct Run {
    pushed: u32,
    taken: u32,
    history: [u32; EVENTS],
}

impl Run {
    /// When event `k` of the word is pushed: a cycle after the one before, and after one has left the full
    /// FIFO, which is the event `EVENTS` before it.
    #[inline(always)]
    fn push(&self, k: u32) -> u32 {
        let depth = EVENTS as u32;
        let own = self.taken.wrapping_add(k).wrapping_sub(depth).wrapping_add(1);
        // With a FIFO of two entries the second term is never the greater.
        let mut out = if depth == 2 { own } else { own.max(self.pushed.wrapping_add(k)) };
        for n in 0..depth {
            let left = self.history[EVENTS - 1 - n as usize] + 1;
            out = select(k == n, (self.pushed + n).max(left), out);
        }
        out
    }
}
