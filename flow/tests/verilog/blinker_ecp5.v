// The smallest board top that uses all there is on a ULX3S: PLL, link pins, one light.
module top(clk, rx, tx, led);
  input clk;
  input rx;
  output tx;
  output led;
  wire core;
  wire locked;
  EHXPLLL #(
    .CLKI_DIV(1), .CLKFB_DIV(3), .CLKOP_DIV(8), .CLKOP_ENABLE("ENABLED"),
    .CLKOP_CPHASE(4), .CLKOP_FPHASE(0), .FEEDBK_PATH("CLKOP")
  ) pll (
    .CLKI(clk), .CLKOP(core), .CLKFB(core), .LOCK(locked), .RST(1'b0), .STDBY(1'b0),
    .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1),
    .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0)
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
endmodule
