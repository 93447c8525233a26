// Spike memory: a word that was written is what is read, until it is written again; its summary bit says
// whether it is not 0; neighbors keep theirs.
//
// One word is watched, whichever.
module check(
  input clock, input summary_read, input [7:0] summary_group, input word_read, input [7:0] read_group,
  input [1:0] read_index, input word_write, input [7:0] write_group, input [1:0] write_index, input [15:0] write_data
);
  wire [3:0] summary;
  wire [15:0] word;
  `DUT dut(
    .clock(clock), .summary_read(summary_read), .summary_group(summary_group), .summary(summary), .word_read(word_read),
    .read_group(read_group), .read_index(read_index), .word(word), .word_write(word_write), .write_group(write_group),
    .write_index(write_index), .write_data(write_data)
  );
  (* anyconst *) reg [`GROUP_BITS-1:0] group;
  (* anyconst *) reg [1:0] index;
  always @(*) assume(index < `GROUP_WORDS && write_index < `GROUP_WORDS && read_index < `GROUP_WORDS);
  reg written = 0, word_read_1 = 0, summary_read_1 = 0;
  reg [15:0] value, value_1;
  wire here = word_write & (write_group[`GROUP_BITS-1:0] == group) & (write_index == index);
  // Not read in the cycle in which it is written: gates and guards see to that.
  always @(*) begin
    if (here) assume(!(word_read && read_group[`GROUP_BITS-1:0] == group && read_index == index));
    if (word_write && write_group[`GROUP_BITS-1:0] == group) assume(!(summary_read && summary_group[`GROUP_BITS-1:0] == group));
  end
  always @(posedge clock) begin
    if (here) begin
      written <= 1;
      value <= write_data;
    end
    value_1 <= value;
    word_read_1 <= written & word_read & (read_group[`GROUP_BITS-1:0] == group) & (read_index == index);
    summary_read_1 <= written & summary_read & (summary_group[`GROUP_BITS-1:0] == group);
  end
  always @(*) begin
    if (word_read_1) assert(word == value_1);
    if (summary_read_1) assert(summary[index] == (value_1 != 0));
  end
  // State.
  // EACH WORD
  (* from = "dut.words[THIS]" *) wire [15:0] word_THIS;
  always @(*) if (written && group * `GROUP_WORDS + index == THIS) assert(word_THIS == value);
  // END
  // EACH GROUP
  (* from = "dut.summaries[THIS]" *) wire [3:0] summary_THIS;
  always @(*) if (written && group == THIS) assert(summary_THIS[index] == (value != 0));
  // END
endmodule
