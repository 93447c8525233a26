// What leaves the FIFO is what entered it: in order, each once, none lost.
//
// An entry is watched: that whose number among all that enter is `watched`, modulo 256.
module check(input clock, input push, input pop, input [`WIDTH-1:0] entry);
  wire [`WIDTH-1:0] head;
  wire valid, full;
  `DUT dut(.clock(clock), .push(push), .entry(entry), .pop(pop), .head(head), .valid(valid), .full(full));
  // The users' part of the bargain, proved of them in handshakes.sv.
  always @(*) begin
    assume(!(push & full));
    assume(!(pop & !valid));
  end

  (* anyconst *) reg [7:0] watched;
  reg [7:0] entered = 0, left = 0;
  reg [`WIDTH-1:0] kept;
  wire [7:0] held = entered - left;
  always @(posedge clock) begin
    entered <= entered + push;
    left <= left + pop;
    if (push & (entered == watched)) kept <= entry;
  end

  (* from = "dut.second$q" *) wire [`WIDTH-1:0] dut_second;
  always @(*) begin
    assert(valid == (held != 0));
    assert(full == (held == 2));
    assert(held <= 2);
    if (valid & (left == watched)) assert(head == kept);
    // Where the watched entry waits behind another.
    if (full & (left + 8'd1 == watched)) assert(dut_second == kept);
  end
endmodule
