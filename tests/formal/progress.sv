// The core runs a small program to its end, whatever the spikes are: within a bound busy falls, a result
// stands, and nothing is on its way any more.
//
// Two layers of one tile each, one or two ticks.
module check(input clock);
  reg [7:0] cycle = 0;
  always @(posedge clock) cycle <= &cycle ? cycle : cycle + 1;
  (* anyconst *) reg two_ticks;
  // Ticks, readout, seal, start.
  (* from = "dut.host.seal$sum" *) wire [15:0] sum;
  wire [`ADDRESS-1:0] host_addr = `CONTROL + (cycle == 0 ? 1 : cycle == 1 ? 2 : cycle == 4 ? 4 : 0);
  wire [15:0] host_wdata = cycle == 0 ? {8'd4, 7'd0, two_ticks} : cycle == 4 ? sum : 16'd1;
  wire host_we = cycle < 2 | cycle == 4 | cycle == 6;
  wire busy;
  `DUT dut(.clock(clock), .host_addr(host_addr), .host_wdata(host_wdata), .host_we(host_we), .busy(busy));

  // The program and the tile table: what was addressed in the cycle before.
  (* from = "dut.scan$pass" *) wire [7:0] pass;
  (* from = "dut.sequencer$pass" *) wire [7:0] fire_pass;
  (* from = "dut.sequencer$address" *) wire [8:0] tile_word;
  (* from = "dut.scan_low$read_data" *) wire [15:0] low;
  (* from = "dut.spikes$entry" *) wire [15:0] high;
  (* from = "dut.tables$pass_entry" *) wire [15:0] fire;
  (* from = "dut.tables$tile_entry" *) wire [15:0] table_word;
  (* from = "dut.spikes$summary" *) wire [3:0] summary;
  (* from = "dut.spikes$word" *) wire [15:0] word;
  reg [7:0] pass_1 = 0, fire_pass_1 = 0;
  reg [8:0] tile_word_1 = 0;
  always @(posedge clock) begin
    pass_1 <= pass;
    fire_pass_1 <= fire_pass;
    tile_word_1 <= tile_word;
  end
  wire second = tile_word_1[8:3] == 1;
  always @(*) begin
    // Layer 1 waits at a gate for its source's tick, and is pushed out by a flush; with one tick so is layer 0.
    assume(low == (pass_1 == 0 ? {1'b0, !two_ticks, 1'b0, 5'd0, 8'd0} : {3'b101, 5'd0, 8'd2}));
    assume(high == (pass_1 == 0 ? 16'h0300 : 16'h0700));
    assume(fire == (fire_pass_1 == 0 ? 16'h0171 : 16'h0471));
    case (tile_word_1[2:0])
      0: assume(table_word == 16'h0707);
      1: assume(table_word == 16'd13);
      2: assume(table_word[15:8] == 0);
      5: assume(table_word == (second ? 16'h0014 : 16'h0004));
      7: assume(table_word == {8'd4, 8'd2});
    endcase
    // At most one spike in a word, to keep the bound small.
    assume(summary[3:2] == 0);
    assume((word & (word - 1)) == 0);
  end

  (* from = "dut.readout$valid" *) wire valid;
  (* from = "dut.scan.state$q" *) wire [2:0] scan_state;
  (* from = "dut.scan$valid" *) wire s1;
  (* from = "dut.groups$push" *) wire b1;
  (* from = "dut.words$valid" *) wire words;
  (* from = "dut.bits_of$push" *) wire b;
  (* from = "dut.events$valid" *) wire events;
  (* from = "dut.issue$token_valid" *) wire token;
  (* from = "dut.sequencer$guarded" *) wire guarded;
  (* from = "dut.lanes$row_valid" *) wire row;
  (* from = "dut.fire.valid" *) wire [7:1] stages;
  wire quiet = scan_state == 0 && !(s1 | b1 | words | b | events | token | guarded | row) && stages == 0;
  always @(*) begin
    if (cycle == `BOUND) assert(!busy && valid && quiet);
  end
endmodule
