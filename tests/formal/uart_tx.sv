// Sender: busy from the cycle after a byte is given for ten bits, whose shape on the line is a low start
// bit, the byte from its lowest bit on, a high stop bit; the line is high otherwise.
module check(input clock, input send, input [7:0] data);
  wire busy, tx;
  `DUT dut(.clock(clock), .send(send), .data(data), .busy(busy), .tx(tx));
  // The frame engine's part, proved of it in frame_ends.sv.
  always @(*) assume(!(send & busy));

  reg [9:0] frame;
  reg [15:0] age = 0;
  reg sends = 0;
  always @(posedge clock) begin
    if (send) begin
      frame <= {1'b1, data, 1'b0};
      sends <= 1;
      age <= 0;
    end else if (sends) begin
      age <= age + 1;
      if (age == 10 * `BIT_CYCLES - 1) sends <= 0;
    end
  end
  wire [3:0] bit_now = age / `BIT_CYCLES;

  (* from = "dut.left$q" *) wire [3:0] dut_left;
  (* from = "dut.count$q" *) wire [11:0] dut_count;
  (* from = "dut.shift$q" *) wire [8:0] dut_shift;
  always @(*) begin
    assert(busy == sends);
    assert(tx == (sends ? frame[bit_now] : 1'b1));
    // State: bits left, cycles left of this bit, and the bits to come.
    if (sends) begin
      assert(age < 10 * `BIT_CYCLES);
      assert(dut_left == 9 - bit_now);
      assert(dut_count == `BIT_CYCLES - 1 - age % `BIT_CYCLES);
      assert(dut_shift == ({9'h1ff, frame} >> (bit_now + 1)) % 512);
    end
  end
endmodule
