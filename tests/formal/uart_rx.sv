// Receiver: a byte ends with a stop bit or is dropped; from any state, bytes are at least nine bits apart, so that the frame engine has time for each;
// and on a line that is high it is idle after ten bits at most.
module check(input clock, input rx);
  wire valid;
  wire [7:0] data;
  `DUT dut(.clock(clock), .rx(rx), .valid(valid), .data(data));

  reg [15:0] since = 16'hffff, high = 0;
  always @(posedge clock) begin
    since <= valid ? 0 : since == 16'hffff ? since : since + 1;
    high <= rx ? (high == 16'hffff ? high : high + 1) : 0;
  end

  reg was_high = 0;
  always @(posedge clock) was_high <= !dut_sync1;
  (* from = "dut.running$q" *) wire dut_running;
  (* from = "dut.sync0$q" *) wire dut_sync0;
  (* from = "dut.sync1$q" *) wire dut_sync1;
  (* from = "dut.left$q" *) wire [3:0] dut_left;
  (* from = "dut.count$q" *) wire [11:0] dut_count;
  wire running = dut_running;
  wire [3:0] left = dut_left;
  wire [15:0] to_go = dut_count + left * `BIT_CYCLES;
  always @(*) begin
    if (valid) assert(since >= 9 * `BIT_CYCLES);
    if (high > 10 * `BIT_CYCLES + 2) assert(!running);
    // State: where the receiver is in its byte.
    if (running) assert(left <= 9 && dut_count <= (left == 9 ? `BIT_CYCLES / 2 : `BIT_CYCLES - 1));
    if (running) assert(since + to_go >= 9 * `BIT_CYCLES);
    if (running & (high >= 2)) assert(high + to_go <= 10 * `BIT_CYCLES + 2);
    if (high >= 1) assert(!dut_sync0);
    if (high >= 2) assert(!dut_sync1);
    if (valid) assert(!running);
    // The line is high where a byte ends.
    if (valid) assert(was_high);
  end
endmodule
