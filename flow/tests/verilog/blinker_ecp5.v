// The smallest board top that uses all there is on a ULX3S: PLL, pins of link and flash, one light.
module top(clk, rx, tx, led, flash_cs, flash_mosi, flash_miso, flash_wp, flash_hold);
  input clk;
  input rx;
  output tx;
  output led;
  output flash_cs;
  output flash_mosi;
  input flash_miso;
  output flash_wp;
  output flash_hold;
  wire core;
  wire locked;
  EHXPLLL #(
    .CLKI_DIV(5), .CLKFB_DIV(18), .CLKOP_DIV(8), .CLKOP_ENABLE("ENABLED"),
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
  assign flash_cs = 1'b1;
  assign flash_mosi = flash_miso;
  assign flash_wp = 1'b1;
  assign flash_hold = 1'b1;
endmodule
