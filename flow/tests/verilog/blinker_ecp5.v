module top(clk, rx, tx, led);
  input clk; input rx; output tx; output led;
  wire core; wire lock;
  EHXPLLL #(.CLKI_DIV(5), .CLKFB_DIV(12), .CLKOP_DIV(10), .CLKOP_ENABLE("ENABLED"), .FEEDBK_PATH("CLKOP"), .CLKOP_CPHASE(4), .CLKOP_FPHASE(0))
    pll (.CLKI(clk), .CLKOP(core), .CLKFB(core), .LOCK(lock), .RST(1'b0), .STDBY(1'b0), .PHASESEL0(1'b0), .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0));
  reg [23:0] count = 0; reg r0 = 1, r1 = 1;
  always @(posedge core) begin count <= count + 1'b1; r0 <= rx; r1 <= r0; end
  assign tx = r1; assign led = count[23];
endmodule
