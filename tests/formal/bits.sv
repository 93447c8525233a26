// Second extractor: every bit of a word leaves once, lowest first, words in the order they came; a null
// entry leaves once, as it came.
//
// One word is watched. The weight group is only carried along, so it can tell the watched word (1) from
// those before (0) and behind (2).
module check(input clock, input head_valid, input [20:0] head, input [15:0] read, input full, input pick);
  wire pop, push;
  wire [16:0] entry;
  wire [15:0] word;
  `DUT dut(
    .clock(clock), .head_valid(head_valid), .head(head), .pop(pop), .word(word), .full(full), .push(push), .entry(entry)
  );

  // The bitmap memory: what was addressed with the last pop, until the next.
  reg popped = 0, read_null = 1;
  reg [15:0] held = 0;
  assign word = popped ? read : held;
  always @(posedge clock) begin
    popped <= pop;
    held <= word;
    if (pop) read_null <= head[19];
  end
  // A word that its summary names is not empty (spikes.sv).
  always @(*) assume((word != 0) | read_null);

  reg picked = 0, just_picked = 0, null_sent = 0;
  reg [12:0] meta;
  reg [15:0] kept, sent = 0;
  wire picks = pop & pick & ~picked;
  always @(*) if (pop) assume(head[15:14] == (picked ? 2'd2 : picks ? 2'd1 : 2'd0));
  wire [15:0] whole = just_picked ? word : kept;
  wire is_null = meta[11];
  wire watched = push & (entry[7:6] == 2'd1);
  wire [3:0] at = entry[13:10];
  always @(posedge clock) begin
    just_picked <= picks;
    if (picks) begin
      picked <= 1;
      meta <= head[20:8];
    end
    kept <= whole;
    if (watched & ~entry[15]) sent <= sent | (16'd1 << at);
    if (watched & entry[15]) null_sent <= 1;
  end
  wire done = picked & ~just_picked & (is_null ? null_sent : sent == kept);
  // Cycles without back-pressure in which nothing leaves although something is there.
  reg [1:0] waited = 0;

  (* from = "dut.r_valid$q" *) wire dut_r_valid;
  (* from = "dut.a_valid$q" *) wire dut_a_valid;
  (* from = "dut.b_valid$q" *) wire dut_b_valid;
  (* from = "dut.a_single$q" *) wire dut_a_single;
  (* from = "dut.b_single$q" *) wire dut_b_single;
  (* from = "dut.r_meta$q" *) wire [12:0] dut_r_meta;
  (* from = "dut.a_meta$q" *) wire [12:0] dut_a_meta;
  (* from = "dut.b_meta$q" *) wire [12:0] dut_b_meta;
  (* from = "dut.a_word$q" *) wire [15:0] dut_a_word;
  (* from = "dut.a_flags$q" *) wire [3:0] dut_a_flags;
  (* from = "dut.b_nibble$q" *) wire [3:0] dut_b_nibble;
  (* from = "dut.b_index$q" *) wire [1:0] dut_b_index;
  wire r = dut_r_valid, a = dut_a_valid, b = dut_b_valid;
  wire [1:0] r_class = dut_r_meta [7:6], a_class = dut_a_meta [7:6], b_class = dut_b_meta [7:6];
  wire r_null = dut_r_meta [11], a_null = dut_a_meta [11], b_null = dut_b_meta [11];
  wire [15:0] a_word = dut_a_word;
  wire [3:0] flags = dut_a_flags, nibble = dut_b_nibble;
  wire [1:0] index = dut_b_index;
  wire [15:0] a_left = a_word & {{4{flags[3]}}, {4{flags[2]}}, {4{flags[1]}}, {4{flags[0]}}};
  wire r1 = r & (r_class == 1), a1 = a & (a_class == 1), b1 = b & (b_class == 1);
  wire [15:0] to_come = (r1 ? word : 16'd0) | (a1 ? a_left : 16'd0) | (b1 ? {12'd0, nibble} << {index, 2'd0} : 16'd0);
  always @(posedge clock) waited <= (full | push | ~(r | a | b)) ? 2'd0 : waited + 2'd1;

  always @(*) begin
    assert(!(pop & ~head_valid));
    assert(!(push & full));
    assert(waited + (b ? 2'd0 : a ? 2'd1 : 2'd2) <= 2 || !(r | a | b));
    if (watched) begin
      assert(picked);
      assert({entry[16:14], entry[9:0]} == meta);
      if (is_null) assert(!null_sent && at == 0);
      // Set, and higher than any before: so each once.
      else assert(whole[at] && (sent >> at) == 0);
    end
    if (push & (entry[7:6] == 2'd0)) assert(sent == 0 && !null_sent);
    if (push & (entry[7:6] == 2'd2)) assert(done);
    assert(!(push & (entry[7:6] == 2'd3)));

    // State: words stand in order, and what was sent and what is to come are the watched word.
    if (r) assert(r_class < 3 && r_null == read_null);
    if (a) assert(a_class < 3);
    if (b) assert(b_class < 3);
    if (r & a) assert(a_class <= r_class && !(a1 & r1));
    if (a & b) assert(b_class <= a_class);
    if (r & b) assert(b_class <= r_class && !(b1 & r1));
    if ((r & (r_class == 0)) | (a & (a_class == 0)) | (b & (b_class == 0))) assert(sent == 0 && !null_sent);
    if (!picked) assert(!(r & r_class != 0) && !(a & a_class != 0) && !(b & b_class != 0) && sent == 0 && !null_sent);
    if (just_picked) assert(r1 && picked);
    if (r1) assert(dut_r_meta == meta);
    if (a1) assert(dut_a_meta == meta);
    if (b1) assert(dut_b_meta == meta);
    if (picked & ~is_null) assert((sent | to_come) == whole && (sent & to_come) == 0 && !null_sent);
    if (picked & ~is_null) assert(to_come == 0 || sent < (to_come & (~to_come + 16'd1)));
    if (picked & is_null) assert(sent == 0 && r1 + a1 + b1 + null_sent == 1);
    if (picked & ~just_picked & ~r1 & ~a1 & ~b1) assert(done);
    if (a) assert(a_null == (flags == 0) && dut_a_single == ((flags & (flags - 4'd1)) == 0));
    if (a) assert((~flags[0] | (|a_word[3:0])) && (~flags[1] | (|a_word[7:4])) && (~flags[2] | (|a_word[11:8])) && (~flags[3] | (|a_word[15:12])));
    if (b) assert(b_null == (nibble == 0) && dut_b_single == ((nibble & (nibble - 4'd1)) == 0));
    if (b & b_null) assert(index == 0);
    if (a1 & b1) assert(!a_null && (flags & ((5'd2 << index) - 5'd1)) == 0);
  end
endmodule
