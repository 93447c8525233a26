//! Spike memory: a bit per neuron and tick, and a summary bit per 16-bit word; and the upper half of the
//! program's entries for the scan, which may share a block RAM with the summaries.
//!
//! The writer is the only author, the scan the only reader; a layer gate keeps a word from being
//! read in the cycle in which it is written. A word and its summary bit are written together; the
//! summaries are 16 bits wide where a block RAM has a write strobe per bit at that width alone. In a shared
//! one a summary is read in the place of the entry, and stands in a register from the next cycle on.

use rust_hdl::prelude::*;
use spikewright_ir::CoreSpec;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct SpikeMemory {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Reads a summary.
    pub summary_read: Signal<In, Bit>,
    /// Group of the summary.
    pub summary_group: Signal<In, Bits<8>>,
    /// Summary read last.
    pub summary: Signal<Out, Bits<4>>,
    /// Reads a word.
    pub word_read: Signal<In, Bit>,
    /// Group of the word.
    pub read_group: Signal<In, Bits<8>>,
    /// Word of the group.
    pub read_index: Signal<In, Bits<2>>,
    /// Word read last.
    pub word: Signal<Out, Bits<16>>,
    /// Writes a word.
    pub word_write: Signal<In, Bit>,
    /// Group of the word.
    pub write_group: Signal<In, Bits<8>>,
    /// Word of the group.
    pub write_index: Signal<In, Bits<2>>,
    /// What is written.
    pub write_data: Signal<In, Bits<16>>,
    /// Entry to be read.
    pub pass: Signal<In, Bits<8>>,
    /// Its upper half, addressed in the cycle before; of a shared memory unless a summary was read.
    pub entry: Signal<Out, Bits<16>>,
    /// Writes it.
    pub entry_write: Signal<In, Bit>,
    /// Entry to be written.
    pub entry_address: Signal<In, Bits<8>>,
    /// What is written.
    pub entry_data: Signal<In, Bits<16>>,
    _spec: CoreSpec,
    _words: Vec<Bits<16>>,
    _summaries: Vec<Bits<4>>,
    _entries: Vec<Bits<16>>,
}

impl SpikeMemory {
    /// A memory for a core of `spec`.
    pub fn new(spec: &CoreSpec) -> Self {
        Self {
            clock: Default::default(),
            summary_read: Default::default(),
            summary_group: Default::default(),
            summary: Default::default(),
            word_read: Default::default(),
            read_group: Default::default(),
            read_index: Default::default(),
            word: Default::default(),
            word_write: Default::default(),
            write_group: Default::default(),
            write_index: Default::default(),
            write_data: Default::default(),
            pass: Default::default(),
            entry: Default::default(),
            entry_write: Default::default(),
            entry_address: Default::default(),
            entry_data: Default::default(),
            _spec: *spec,
            _entries: vec![Bits::default(); spec.passes],
            _words: vec![Bits::default(); spec.spike_groups * spec.group_words],
            _summaries: vec![Bits::default(); spec.spike_groups],
        }
    }
}

impl Logic for SpikeMemory {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let (groups, words) = (self._summaries.len(), self._spec.group_words);
            let at = |group: Bits<8>| group.index() % groups;
            if self.summary_read.val() {
                self.summary.next = self._summaries[at(self.summary_group.val())];
            }
            if self.word_read.val() {
                let word =
                    at(self.read_group.val()) * words + self.read_index.val().index() % words;
                self.word.next = self._words[word];
            }
            if self.word_write.val() {
                let (group, index) = (at(self.write_group.val()), self.write_index.val().index());
                let any = self.write_data.val().any();
                self._words[group * words + index % words] = self.write_data.val();
                self._summaries[group] = self._summaries[group].replace_bit(index, any);
            }
            if !(self._spec.shares_memory && self.summary_read.val()) {
                self.entry.next = self._entries[self.pass.val().index() % self._entries.len()];
            }
            if self.entry_write.val() {
                let entry = self.entry_address.val().index() % self._entries.len();
                self._entries[entry] = self.entry_data.val();
            }
        }
    }

    fn connect(&mut self) {
        self.summary.connect();
        self.word.connect();
        self.entry.connect();
    }

    fn hdl(&self) -> Verilog {
        let (groups, words) = (self._summaries.len(), self._words.len());
        let bitmap = format!(
            "\
reg [15:0] words [0:{last_word}];
always @(posedge clock) begin
  if (word_read) word <= words[{{read_group[{g}:0], read_index[{w}:0]}}];
  if (word_write) words[{{write_group[{g}:0], write_index[{w}:0]}}] <= write_data;
end
",
            last_word = words - 1,
            g = groups.ilog2() - 1,
            w = self._spec.group_words.ilog2() - 1,
        );
        let rest = if self._spec.shares_memory { self.shared() } else { self.apart() };
        Verilog::Custom(bitmap + &rest)
    }
}

impl SpikeMemory {
    /// Summaries and entries in a memory each.
    fn apart(&self) -> String {
        let (groups, entries) = (self._summaries.len(), self._entries.len());
        let bits: String = (0..4)
            .map(|k| {
                format!(
                    "  if (word_write & (write_index == 2'd{k})) \
                     summaries[write_group[{g}:0]][{k}] <= |write_data;\n",
                    g = groups.ilog2() - 1
                )
            })
            .collect();
        format!(
            "\
{style}reg [3:0] summaries [0:{last_group}];
always @(posedge clock) begin
  if (summary_read) summary <= summaries[summary_group[{g}:0]];
{bits}end
{style}reg [15:0] entries [0:{last_entry}];
always @(posedge clock) begin
  entry <= entries[pass[{p}:0]];
  if (entry_write) entries[entry_address[{p}:0]] <= entry_data;
end",
            last_group = groups - 1,
            g = groups.ilog2() - 1,
            last_entry = entries - 1,
            p = entries.ilog2() - 1,
            style = super::table::style(self._spec.slow_memory()),
        )
    }

    /// Summaries in the upper half of a memory, entries in the lower.
    fn shared(&self) -> String {
        let (groups, entries) = (self._summaries.len(), self._entries.len());
        assert_eq!(groups, entries, "a half of the memory each");
        let bits: String = (0..16)
            .map(|k| {
                let mine = match k < self._spec.group_words {
                    true => format!("word_write & (write_index == 2'd{k}) | entry_write"),
                    false => "entry_write".into(),
                };
                format!("  if ({mine}) shared[at][{k}] <= data[{k}];\n")
            })
            .collect();
        format!(
            "\
reg [15:0] shared [0:{last}];
wire [{g}+1:0] at = entry_write ? {{1'b0, entry_address[{g}:0]}} : {{1'b1, write_group[{g}:0]}};
wire [15:0] data = entry_write ? entry_data : {{16{{|write_data}}}};
reg [15:0] q;
reg [3:0] held;
reg was_summary;
initial was_summary = 1'b0;
always @(posedge clock) begin
  q <= shared[summary_read ? {{1'b1, summary_group[{g}:0]}} : {{1'b0, pass[{g}:0]}}];
{bits}end
always @(posedge clock) begin
  was_summary <= summary_read;
  held <= summary;
end
always @(*) begin
  summary = was_summary ? {{{pad}'d0, q[{top}:0]}} : held;
  entry = q;
end",
            last = 2 * groups - 1,
            g = groups.ilog2() - 1,
            pad = 4 - self._spec.group_words,
            top = self._spec.group_words - 1,
        )
    }
}
