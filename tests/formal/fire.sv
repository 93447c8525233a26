// Fire unit: integrate, fire and reset are exact in all sums that the compiler admits; nothing wraps.
//
// The multipliers' products stand for themselves: what is proved holds whatever they are. Two bounds come
// from outside: a product of a potential and its leak is that of a leak (checked for every potential in
// compiler/src/lower.rs), and the drive with its bias is at most 8,355,839.
module check(
  input clock, input row_valid, input row_last, input row_first_tick, input row_begins, input row_ends, input row_turns,
  input row_done, input tile_load, input [`UNITS*`COUNT-1:0] heads, input [10:0] events, input above, input zero, input fires,
  input first_spike, input [15:0] leak_m, input [1:0] leak_r, input [15:0] gain, input [7:0] param_row,
  input [7:0] tick, input write, input [15:0] write_address, input [15:0] write_data, input read, input [7:0] read_row, input [3:0] read_unit, input potentials
);
  `DUT dut(
    .clock(clock), .row_valid(row_valid), .row_last(row_last), .row_first_tick(row_first_tick), .row_begins(row_begins),
    .row_ends(row_ends), .row_turns(row_turns), .row_done(row_done), .tile_load(tile_load), .heads(heads), .inverted_events(events),
    .above(above), .zero(zero), .fires(fires), .first_spike(first_spike), .leak_m(leak_m), .leak_r(leak_r), .gain(gain),
    .param_row(param_row), .tick(tick), .write(write), .write_address(write_address), .write_data(write_data), .read(read),
    .read_row(read_row), .read_unit(read_unit), .potentials(potentials)
  );
  (* from = "dut.valid" *) wire [7:1] dut_valid;
  (* from = "dut.ends" *) wire [7:1] dut_ends;
  (* from = "dut.begins" *) wire [3:1] dut_begins;
  (* from = "dut.unit[0].mac_v" *) wire signed [15:0] dut_unit_mac_v;
  (* from = "dut.unit[0].mac_d" *) wire signed [15:0] dut_unit_mac_d;
  (* from = "dut.unit[0].mac_m" *) wire [15:0] dut_unit_mac_m;
  (* from = "dut.unit[0].mac_g" *) wire [15:0] dut_unit_mac_g;
  (* from = "dut.unit[0].mac_r" *) wire signed [31:0] dut_unit_mac_r;
  (* from = "dut.unit[0].mac_b" *) wire signed [31:0] dut_unit_mac_b;
  (* from = "dut.unit[0].sum" *) wire signed [23:0] dut_unit_sum;
  (* from = "dut.unit[0].inverted_u5" *) wire signed [15:0] inverted_u5;
  wire signed [15:0] dut_unit_u5 = ~inverted_u5;
  (* from = "dut.unit[0].u6" *) wire signed [15:0] dut_unit_u6;
  (* from = "dut.unit[0].u7" *) wire signed [15:0] dut_unit_u7;
  (* from = "dut.unit[0].v7" *) wire signed [15:0] dut_unit_v7;
  (* from = "dut.unit[0].theta_q" *) wire signed [15:0] dut_unit_theta_q;
  (* from = "dut.unit[0].s7" *) wire dut_unit_s7;
  (* from = "dut.unit[0].score_q" *) wire [7:0] dut_unit_score_q;
  (* from = "dut.unit[0].scored" *) wire [7:0] dut_unit_scored;

  // F2: the exact sum, in as many bits as it takes. Bias and leak come with 2^15 added.
  wire signed [31:0] v_m = dut_unit_mac_v * $signed({1'b0, dut_unit_mac_m});
  wire signed [31:0] d_g = dut_unit_mac_d * $signed({1'b0, dut_unit_mac_g});
  wire signed [39:0] leak = (v_m + $signed({24'd0, dut_unit_mac_r[15:0]})) >>> 16;
  wire signed [39:0] x = d_g >>> 1;
  wire signed [39:0] bias = $signed({24'd0, dut_unit_mac_b[16:1]}) - 32768;
  // The sum so far, where a pass does not begin its tick, and the bias of the last row, which is 0 there.
  wire [23:0] so_far = {dut_unit_mac_b[24:17], ~dut_unit_mac_v[15], dut_unit_mac_v[14:0]};
  reg signed [39:0] exact3, exact4, exact5;
  reg [23:0] sum5;
  reg begins3, begins4, ends5, ends6, ends7, admitted3, admitted4, admitted5;
  reg [23:0] later3, later4;
  reg signed [15:0] theta5, theta6;
  reg fires4, fires5, fires6;
  always @(posedge clock) begin
    exact3 <= leak + x + bias;
    later3 <= so_far + x[23:0];
    exact4 <= exact3;
    later4 <= later3;
    exact5 <= exact4;
    sum5 <= dut_unit_sum;
    begins3 <= dut_begins[2];
    begins4 <= begins3;
    admitted3 <= x + bias <= 8355839 && x + bias >= -8355839;
    admitted4 <= admitted3;
    admitted5 <= admitted4 & begins4;
    ends5 <= dut_ends[4];
    ends6 <= ends5;
    theta6 <= dut_unit_theta_q;
    fires6 <= fires;
  end
  always @(*) begin
    // Registers hold what their stage puts there.
    assume(dut_unit_mac_r[31:16] == 16'h8000 && dut_unit_mac_b[31:25] == 0 && !dut_unit_mac_b[0]);
    // What lower.rs checks of every leak; a sum of earlier passes is multiplied by 65535.
    assume(leak >= -32768 && leak <= 32767);
    // The one product whose value matters: v · 65535 = v · 65536 − v.
    if (dut_unit_mac_m == 65535) assume(v_m == (dut_unit_mac_v <<< 16) - dut_unit_mac_v);
    if (dut_begins[2]) assume(dut_unit_mac_b[24:17] == 0);
    else assume(dut_unit_mac_m == 65535 && dut_unit_mac_r[15:0] == 32767 && dut_unit_mac_b[16:1] == 0);
  end

  reg ready1 = 0, ready2 = 0, ready3 = 0, ready4 = 0, ready5 = 0;
  always @(posedge clock) {ready5, ready4, ready3, ready2, ready1} <= {ready4, ready3, ready2, ready1, 1'b1};
  wire signed [39:0] u_exact = exact5 > 32767 ? 32767 : exact5 < -32768 ? -32768 : exact5;
  reg signed [17:0] was_over;
  reg signed [15:0] was_u6, theta7;
  reg fires7, above7, zero7, later7;
  always @(posedge clock) begin
    was_over <= over;
    was_u6 <= dut_unit_u6;
    theta7 <= theta6;
    fires7 <= fires6;
    above7 <= above;
    zero7 <= zero;
    ends7 <= ends6;
    later7 <= ready5 & ~ends6;
  end
  wire signed [17:0] over = dut_unit_u6 - $signed({theta6[15], theta6[15], theta6});
  always @(*) if (ready5) begin
    // F4: the sum is exact where the tick has one pass, and right modulo 2^24 where it has more.
    if (begins4 & admitted4) assert(dut_unit_sum == exact4);
    if (!begins4) assert(dut_unit_sum == later4);
    // F5: it saturates, or goes on as it is in two parts, the upper of which is written in F4.
    if (ends5 & admitted5) assert(dut_unit_u5 == u_exact);
    if (ends5) assert(dut_unit_u5 == ($signed(sum5) > 32767 ? 32767 : $signed(sum5) < -32768 ? -32768 : $signed(sum5)));
    // fire and reset: u − θ is exact, so the comparison is exact, and with θ ≥ 0 what is left after it is, too.
    if (ends7) begin
      assert(dut_unit_u7 == was_u6);
      assert(dut_unit_s7 == (fires7 & (above7 ? was_over > 0 : was_over >= 0)));
      if (!dut_unit_s7) assert(dut_unit_v7 == dut_unit_u7);
      else if (zero7) assert(dut_unit_v7 == 0);
      else if (theta7 >= 0) assert(dut_unit_v7 == was_over);
    end
    else if (later7) assert(!dut_unit_s7 && dut_unit_v7 == dut_unit_u7);
    // Scores: at most one more in each tick, so none of at most 255 ticks wraps.
    if (dut_unit_score_q <= tick && tick < 255) assert(dut_unit_scored <= tick + 1 || first_spike);
    if (!first_spike && dut_unit_score_q != 255) assert(dut_unit_scored == {1'b0, dut_unit_score_q} + dut_unit_s7);
    if (first_spike) assert(dut_unit_scored == (dut_unit_s7 && dut_unit_score_q == 0 ? 255 - tick : dut_unit_score_q));
    if (!ends5) assert({~dut_unit_u5[15], dut_unit_u5[14:0]} == sum5[15:0]);
  end
endmodule
