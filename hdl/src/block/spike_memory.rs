//! Spike memory: a bit per neuron and tick, and a summary bit per 16-bit word.
//!
//! The writer is the only author, the scan the only reader; a layer gate keeps a word from being
//! read in the cycle in which it is written. A word and its summary bit are written together; the
//! summaries are 16 bits wide where a block RAM has a write strobe per bit at that width alone.

use rust_hdl::prelude::*;
use spikewright_ir::CoreSpec;

/// See the module's documentation. Groups are always four words apart, used or not.
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
    _words: Vec<Bits<16>>,
    _summaries: Vec<Bits<4>>,
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
            _words: vec![Bits::default(); spec.spike_groups * 4],
            _summaries: vec![Bits::default(); spec.spike_groups],
        }
    }
}

impl Logic for SpikeMemory {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let groups = self._summaries.len();
            let at = |group: Bits<8>| group.index() % groups;
            if self.summary_read.val() {
                self.summary.next = self._summaries[at(self.summary_group.val())];
            }
            if self.word_read.val() {
                let word = at(self.read_group.val()) * 4 + self.read_index.val().index();
                self.word.next = self._words[word];
            }
            if self.word_write.val() {
                let (group, index) = (at(self.write_group.val()), self.write_index.val().index());
                let any = self.write_data.val().any();
                self._words[group * 4 + index] = self.write_data.val();
                self._summaries[group] = self._summaries[group].replace_bit(index, any);
            }
        }
    }

    fn connect(&mut self) {
        self.summary.connect();
        self.word.connect();
    }

    fn hdl(&self) -> Verilog {
        let groups = self._summaries.len();
        let bits: String = (0..4)
            .map(|k| {
                format!(
                    "  if (word_write & (write_index == 2'd{k})) \
                     summaries[write_group[{g}:0]][{k}] <= |write_data;\n",
                    g = groups.ilog2() - 1
                )
            })
            .collect();
        Verilog::Custom(format!(
            "\
reg [15:0] words [0:{last_word}];
reg [3:0] summaries [0:{last_group}];
always @(posedge clock) begin
  if (word_read) word <= words[{{read_group[{g}:0], read_index}}];
  if (word_write) words[{{write_group[{g}:0], write_index}}] <= write_data;
end
always @(posedge clock) begin
  if (summary_read) summary <= summaries[summary_group[{g}:0]];
{bits}end",
            last_word = groups * 4 - 1,
            last_group = groups - 1,
            g = groups.ilog2() - 1,
        ))
    }
}
