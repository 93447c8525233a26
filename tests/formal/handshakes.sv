// The whole core, whatever its memories hold: no handshake drops anything, and tables are not written while a
// sample runs.
module check(input clock, input [`ADDRESS-1:0] host_addr, input [15:0] host_wdata, input host_we);
  wire busy;
  `DUT dut(.clock(clock), .host_addr(host_addr), .host_wdata(host_wdata), .host_we(host_we), .busy(busy));

  // Handshakes.
  (* from = "dut.words$push" *) wire dut_words_push;
  (* from = "dut.words$full" *) wire dut_words_full;
  (* from = "dut.words$pop" *) wire dut_words_pop;
  (* from = "dut.words$valid" *) wire dut_words_valid;
  (* from = "dut.events$push" *) wire dut_events_push;
  (* from = "dut.events$full" *) wire dut_events_full;
  (* from = "dut.events$pop" *) wire dut_events_pop;
  (* from = "dut.events$valid" *) wire dut_events_valid;
  always @(*) begin
    assert(!(dut_words_push& dut_words_full));
    assert(!(dut_words_pop& ~dut_words_valid));
    assert(!(dut_events_push& dut_events_full));
    assert(!(dut_events_pop& ~dut_events_valid));
  end

  // Memories that the core reads are written, and a sample starts, in idle cycles only.
  (* from = "dut.host$go" *) wire dut_host_go;
  (* from = "dut.host$write_weights" *) wire dut_host_write_weights;
  (* from = "dut.host$write_params" *) wire dut_host_write_params;
  (* from = "dut.host$write_program" *) wire dut_host_write_program;
  (* from = "dut.host$write_tiles" *) wire dut_host_write_tiles;
  (* from = "dut.host$write_spikes" *) wire dut_host_write_spikes;
  always @(*) if (busy)
    assert(!(dut_host_go | dut_host_write_weights | dut_host_write_params | dut_host_write_program
      | dut_host_write_tiles));

  // A spike word of the host waits unchanged while the core writes one itself, unless the host sends another.
  (* from = "dut.writer$occupied" *) wire occupied;
  (* from = "dut.host$address" *) wire [`ADDRESS-2:0] address;
  (* from = "dut.host$data" *) wire [15:0] data;
  reg waits = 0;
  reg [`ADDRESS+14:0] word;
  always @(posedge clock) begin
    waits <= dut_host_write_spikes & occupied & ~host_we;
    word <= {address, data};
  end
  always @(*) if (waits) assert(dut_host_write_spikes && {address, data} == word);

  // S1 keeps what the extractor has not taken.
  (* from = "dut.scan$valid" *) wire dut_scan_valid;
  (* from = "dut.groups$take" *) wire dut_groups_take;
  (* from = "dut.scan$last" *) wire dut_scan_last;
  (* from = "dut.scan$flush" *) wire dut_scan_flush;
  (* from = "dut.scan$parity" *) wire dut_scan_parity;
  (* from = "dut.scan$group" *) wire [7:0] dut_scan_group;
  (* from = "dut.scan$weight_group" *) wire [7:0] dut_scan_weight_group;
  (* from = "dut.scan$words" *) wire [3:0] dut_scan_words;
  reg stalled = 0;
  reg [22:0] s1;
  wire [22:0] s1_now = {dut_scan_group, dut_scan_weight_group, dut_scan_words, dut_scan_last, dut_scan_flush, dut_scan_parity };
  always @(posedge clock) begin
    stalled <= dut_scan_valid& ~dut_groups_take;
    s1 <= s1_now;
  end
  always @(*) if (stalled) assert(dut_scan_valid&& s1_now == s1);
endmodule
