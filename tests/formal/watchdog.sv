// Watchdog: a core that is busy counts its cycles, starts no pass any more from the 15 * 2^20th on, and is busy for
// 255 * 2^16 at most: it never hangs, whatever its memories hold. With scan.sv it then has 2^16 * 15 cycles in which
// nothing enters, to let go of what is on its way.
module check(input clock, input [20:0] host_addr, input [15:0] host_wdata, input host_we, input complete);
  wire busy, halt, go;
  `DUT dut(
    .clock(clock), .host_addr(host_addr), .host_wdata(host_wdata), .host_we(host_we), .complete(complete),
    .busy(busy), .halt(halt), .go(go)
  );
  (* from = "dut.cycles$q" *) wire [23:0] cycles;
  reg [23:0] age = 0;
  always @(posedge clock) begin
    if (go) age <= 1;
    else if (busy) age <= age + 1;
  end
  always @(*) begin
    if (busy) assert(age == cycles && age <= 24'hff0000);
    assert(halt == (busy & age >= 24'hf00000));
    if (go) assert(!busy & !halt);
  end
endmodule
