module top(clk, rx, tx, led);
  input clk; input rx; output tx; output led;
  wire core; wire lock;
  SB_PLL40_PAD #(.FEEDBACK_PATH("SIMPLE"), .DIVR(4'd0), .DIVF(7'd47), .DIVQ(3'd4), .FILTER_RANGE(3'd1))
    pll (.PACKAGEPIN(clk), .PLLOUTGLOBAL(core), .LOCK(lock), .RESETB(1'b1), .BYPASS(1'b0));
  reg [23:0] count = 0; reg r0 = 1, r1 = 1;
  always @(posedge core) begin count <= count + 1'b1; r0 <= rx; r1 <= r0; end
  assign tx = r1; assign led = count[23];
endmodule
