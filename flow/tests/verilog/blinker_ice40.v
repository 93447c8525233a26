// The smallest board top that uses all there is on an iCEBreaker: PLL, pins of link and flash, one light.
module top(clk, rx, tx, led, flash_sck, flash_cs, flash_mosi, flash_miso);
  input clk;
  input rx;
  output tx;
  output led;
  output flash_sck;
  output flash_cs;
  output flash_mosi;
  input flash_miso;
  wire core;
  wire locked;
  SB_PLL40_PAD #(
    .FEEDBACK_PATH("SIMPLE"), .DIVR(4'd0), .DIVF(7'd59), .DIVQ(3'd4), .FILTER_RANGE(3'd1)
  ) pll (
    .PACKAGEPIN(clk), .PLLOUTGLOBAL(core), .LOCK(locked), .RESETB(1'b1), .BYPASS(1'b0)
  );
  reg [23:0] count = 0;
  reg first = 1;
  reg second = 1;
  always @(posedge core) begin
    count <= count + 1'b1;
    first <= rx;
    second <= first;
  end
  assign tx = second;
  assign led = count[23];
  assign flash_sck = 1'b0;
  assign flash_cs = 1'b1;
  assign flash_mosi = flash_miso;
endmodule
