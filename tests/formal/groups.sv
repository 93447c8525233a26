// First extractor: every word of a group that the summary and the mask name leaves once, lowest first;
// a pass without any leaves one null entry, a flush one flush entry, nothing else leaves.
module check(
  input clock, input s1_valid, input [7:0] s1_group, input [7:0] s1_weight, input s1_last, input s1_flush,
  input s1_parity, input [3:0] s1_words, input [3:0] summary, input full
);
  wire take, push;
  wire [20:0] entry;
  `DUT dut(
    .clock(clock), .s1_valid(s1_valid), .s1_group(s1_group), .s1_weight(s1_weight), .s1_last(s1_last),
    .s1_flush(s1_flush), .s1_parity(s1_parity), .s1_words(s1_words), .summary(summary), .take(take),
    .full(full), .push(push), .entry(entry)
  );

  wire taken = take & s1_valid;
  wire [3:0] named = s1_flush ? 4'd0 : summary & s1_words;
  // What is in hand: the words still to leave, or the one entry without a word.
  reg holds = 0, bare = 0, is_flush = 0, parity = 0;
  reg [3:0] words = 0;
  reg [7:0] group = 0, weight = 0;
  // A word of the pass has been taken.
  reg any = 0;
  wire [3:0] rest = words & (words - 4'd1);
  wire [1:0] lowest = words[0] ? 2'd0 : words[1] ? 2'd1 : words[2] ? 2'd2 : words[3] ? 2'd3 : 2'd0;
  always @(posedge clock) begin
    if (push) begin
      words <= rest;
      if (rest == 0) holds <= 0;
    end
    if (taken) begin
      holds <= (named != 0) | s1_flush | (s1_last & ~any);
      bare <= named == 0;
      is_flush <= s1_flush;
      words <= named;
      group <= s1_group;
      weight <= s1_weight;
      parity <= s1_parity;
      any <= ~s1_last & (any | (named != 0));
    end
  end

  (* from = "dut.nibble$q" *) wire [3:0] dut_nibble;
  (* from = "dut.single$q" *) wire dut_single;
  (* from = "dut.seen$q" *) wire dut_seen;
  (* from = "dut.valid$q" *) wire dut_valid;
  always @(*) begin
    // An entry a cycle, and none into a full FIFO.
    assert(push == (holds & ~full));
    if (holds) assert(entry == {is_flush, bare, parity, lowest, weight, group});
    // The next group waits until the last word of this one leaves, and no longer.
    assert(take == (~holds | (push & (rest == 0))));
    // State.
    assert(dut_valid == holds);
    if (holds) begin
      assert(dut_nibble == words);
      assert(dut_single == (rest == 0));
      assert(bare == (words == 0));
    end
    assert(dut_seen == any);
  end
endmodule
