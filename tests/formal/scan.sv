// Scan control: every group of an entry enters S1 once, in order, with its pass's parity; the last of a pass
// is told as such, a flush follows where it is due, and nothing else enters. No entry starts at a shut gate, and none behind a halt.
module check(
  input clock, input go, input halt, input resumes, input [7:0] ticks_m1, input [7:0] stride, input tick_order, input pass_done,
  input [31:0] entry, input taken
);
  wire valid, last, flush, parity, summary_read;
  wire [7:0] group, weight_group, summary_group;
  wire [3:0] words;
  `DUT dut(
    .clock(clock), .go(go), .halt(halt), .resumes(resumes), .ticks_m1(ticks_m1), .stride(stride), .tick_order(tick_order),
    .pass_done(pass_done), .entry(entry), .taken(taken), .summary_read(summary_read), .summary_group(summary_group),
    .valid(valid), .group(group), .weight_group(weight_group), .words(words), .last(last), .flush(flush), .parity(parity)
  );
  (* from = "dut.starts" *) wire starts;
  (* from = "dut.state$q" *) wire [2:0] state;
  (* from = "dut.slack$q" *) wire [8:0] slack;
  (* from = "dut.later_round$q" *) wire later_round;
  (* from = "dut.last_tick$q" *) wire last_tick;
  (* from = "dut.offset$q" *) wire [7:0] offset;
  localparam IDLE = 0, TURN = 1, PAUSE = 2, SCAN = 3, FLUSH = 4;
  // A sample starts when none runs (progress.sv), and then nothing is halted (watchdog.sv).
  always @(*) if (go) assume(state == IDLE && todo == 0 && !flush_due && !halt);
  reg halted = 0;
  always @(posedge clock) halted <= halt;
  always @(*) if (halted) assert(state == IDLE);

  wire advance = !valid | taken;
  // What is left of the entry: groups, and a flush.
  reg [5:0] todo = 0;
  reg flush_due = 0, finishing = 0, now = 0, joins = 0, joining = 0;
  reg [7:0] at = 0, weight = 0;
  reg [3:0] mask = 0;
  // What entered S1 last.
  reg entered = 0, was_flush = 0, was_last = 0, was_parity = 0;
  reg [7:0] was_at = 0, was_weight = 0;
  reg [3:0] was_mask = 0;
  always @(posedge clock) begin
    if (advance) begin
      entered <= todo != 0 | flush_due;
      was_flush <= todo == 0;
      was_last <= todo == 0 | (todo == 1 & ~joining);
      was_parity <= now ^ (todo == 0);
      was_at <= at;
      was_weight <= weight;
      was_mask <= mask;
      if (todo != 0) begin
        todo <= todo - 1;
        at <= at + 1;
        weight <= weight + 1;
      end else if (flush_due) begin
        flush_due <= 0;
        now <= ~now;
      end
    end
    if (starts) begin
      todo <= entry[28] ? 1 : entry[12:8] + 6'd1;
      at <= entry[7:0] + offset;
      weight <= entry[23:16];
      mask <= entry[28] ? entry[11:8] : 4'hf;
      flush_due <= entry[14] | (entry[15] & last_tick);
      // Parts of one pass share a parity, others alternate.
      now <= joining ? now : ~now;
      joining <= entry[27];
    end
    if (halt) begin
      todo <= 0;
      flush_due <= 0;
    end
    if (state == IDLE) {now, joining} <= 0;
  end
  // Tiles begun, and tiles written, since the sample started.
  reg [8:0] begun = 0, written = 0, first = 0;
  always @(posedge clock) begin
    begun <= go ? 0 : begun + (starts & entry[24]);
    written <= go ? 0 : written + pass_done;
    if (go) first <= tick_order ? 0 : ticks_m1;
  end

  (* from = "dut.at_turn$q" *) wire at_turn;
  (* from = "dut.left$q" *) wire [4:0] left;
  (* from = "dut.final_group$q" *) wire final_group;
  (* from = "dut.group_r$q" *) wire [7:0] group_r;
  (* from = "dut.weight_r$q" *) wire [7:0] weight_r;
  (* from = "dut.words_r$q" *) wire [3:0] words_r;
  (* from = "dut.flush_after$q" *) wire flush_after;
  (* from = "dut.pass_parity$q" *) wire pass_parity;
  (* from = "dut.more$q" *) wire more;
  always @(*) begin
    assert(valid == entered);
    if (valid) begin
      assert(flush == was_flush && last == was_last && parity == was_parity);
      if (!flush) assert(group == was_at && weight_group == was_weight && words == was_mask);
    end
    // The summary of what enters is read as it does.
    assert(summary_read == (advance & todo != 0));
    if (summary_read) assert(summary_group == at);
    if (starts) begin
      assert(todo == 0 && !flush_due);
      assert(!entry[13] | later_round | !slack[8]);
    end
    assert(slack == first + written - begun || go);
    // State.
    assert(at_turn == (state == TURN));
    assert((state == SCAN) == (todo != 0) && (state == FLUSH) == (todo == 0 & flush_due) && state <= FLUSH);
    if (todo != 0) assert(final_group == (todo == 1) && (todo == 1 || todo == left + 1) && group_r == at && weight_r == weight && words_r == mask && flush_after == flush_due);
    assert(pass_parity == now && more == joining || state == IDLE);
    assert(todo <= 32);
  end
endmodule
