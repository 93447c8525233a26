// The core: no pass disturbs the one before it. For any program and any tile table whose spans are those of
// the datasheet (2, tile table), counts are pushed into the shadow only when its rows are out, a row's
// potential is read only when the tick before has written it, and what is written is what was read.
//
// `age` counts from the fire token of the pass whose rows shift or will; `prev` from the one before it.
module check(input clock, input [`ADDRESS-1:0] host_addr, input [15:0] host_wdata, input host_we);
  wire busy;
  `DUT dut(.clock(clock), .host_addr(host_addr), .host_wdata(host_wdata), .host_we(host_we), .busy(busy));

  (* from = "dut.host$go" *) wire dut_host_go;
  (* from = "dut.issue$fire_taken" *) wire dut_issue_fire_taken;
  (* from = "dut.issue.fire$q" *) wire dut_issue_fire;
  (* from = "dut.issue.first$q" *) wire dut_issue_first;
  (* from = "dut.issue.valid$q" *) wire dut_issue_valid;
  (* from = "dut.issue.loaded$q" *) wire dut_issue_loaded;
  (* from = "dut.lanes.e2_first" *) wire dut_lanes_e2_first;
  (* from = "dut.lanes.e2_fire" *) wire dut_lanes_e2_fire;
  (* from = "dut.lanes.e3_fire" *) wire dut_lanes_e3_fire;
  (* from = "dut.lanes.active" *) wire dut_lanes_active;
  (* from = "dut.lanes.load" *) wire [`BANKS-1:0] dut_lanes_load;
  (* from = "dut.lanes.shift_en" *) wire [`BANKS-1:0] dut_lanes_shift_en;
  (* from = "dut.lanes.gangs" *) wire [2:0] gangs;
  (* from = "dut.sequencer$gangs_m1" *) wire [2:0] gangs_m1;
  (* from = "dut.lanes.left" *) wire [`LEFT-1:0] dut_lanes_left;
  (* from = "dut.lanes$row_first_tick" *) wire dut_lanes_row_first_tick;
  (* from = "dut.sequencer$begins" *) wire dut_sequencer_begins;
  (* from = "dut.sequencer.guard$q" *) wire [7:0] dut_sequencer_guard;
  (* from = "dut.sequencer.w1$q" *) wire [7:0] dut_sequencer_w1;
  (* from = "dut.sequencer.w2$q" *) wire [7:0] dut_sequencer_w2;
  (* from = "dut.sequencer.hot$q" *) wire [7:0] dut_sequencer_hot;
  (* from = "dut.sequencer.w0$q" *) wire [15:0] dut_sequencer_w0;
  (* from = "dut.tables$tile_entry" *) wire [15:0] dut_tiles_read_data;
  (* from = "dut.sequencer.held$q" *) wire dut_sequencer_held;
  (* from = "dut.sequencer.fired$q" *) wire dut_sequencer_fired;
  (* from = "dut.sequencer.started$q" *) wire dut_sequencer_started;
  (* from = "dut.sequencer.switches" *) wire dut_sequencer_switches;
  (* from = "dut.fire.valid" *) wire [7:1] dut_fire_valid;
  (* from = "dut.fire.param0" *) wire [7:0] dut_fire_param0;
  (* from = "dut.fire.param4" *) wire [7:0] dut_fire_param4;
  (* from = "dut.fire.param6" *) wire [7:0] dut_fire_param6;
  (* from = "dut.fire.param7" *) wire [7:0] dut_fire_param7;
  wire go = dut_host_go, fires = dut_issue_fire_taken, held = dut_sequencer_held, active = dut_lanes_active;
  wire load = dut_lanes_load [0];
  wire e1_first = dut_issue_valid& dut_issue_first, e2_first = dut_lanes_e2_first;
  wire [7:0] hot = dut_sequencer_hot, guard = dut_sequencer_guard;
  wire [15:0] w0 = dut_sequencer_w0, entry = dut_tiles_read_data;
  wire [`LEFT-1:0] left = dut_lanes_left;

  // A tile table entry as the datasheet wants it.
  always @(*) begin
    if (hot[0]) assume(entry[7:0] <= entry[15:8] && entry[15:8] >= 7 && entry[15:8] < `ROWS);
    if (hot[1]) assume(entry[7:0] == w0[15:8] + 6);
    if (hot[2]) assume(entry[10:8] <= 1 && w0[15:8] == (entry[8] ? 2 * w0[7:0] + 1 : w0[7:0] < 7 ? 7 : w0[7:0]) && (!entry[8] || w0[7:0] >= 7));
  end
  // What is on its way to the lanes, in them, and behind.
  (* from = "dut.scan.state$q" *) wire [2:0] dut_scan_state;
  (* from = "dut.scan$valid" *) wire dut_scan_valid;
  (* from = "dut.groups.valid$q" *) wire dut_groups_valid;
  (* from = "dut.words$valid" *) wire dut_words_valid;
  (* from = "dut.events$valid" *) wire dut_events_valid;
  (* from = "dut.bits_of.r_valid$q" *) wire dut_bits_of_r_valid;
  (* from = "dut.bits_of.a_valid$q" *) wire dut_bits_of_a_valid;
  (* from = "dut.bits_of.b_valid$q" *) wire dut_bits_of_b_valid;
  (* from = "dut.sequencer.loading$q" *) wire dut_sequencer_loading;
  wire quiet = dut_scan_state == 0 && !dut_scan_valid && !dut_groups_valid && !dut_words_valid && !dut_events_valid
    && !dut_bits_of_r_valid && !dut_bits_of_a_valid && !dut_bits_of_b_valid && !dut_issue_valid && !e2_first && !load
    && !dut_lanes_e2_fire && !dut_lanes_e3_fire && !active && dut_fire_valid == 0 && hot == 0 && !dut_sequencer_fired
    && !dut_sequencer_started && !dut_sequencer_loading && !held;
  // A sample ends when its last row is written (idle.sv).
  always @(*) if (go) assume(quiet);

  reg [6:0] age = 127, prev = 127, start = 127;
  reg [7:0] span = 0, prev_span = 0, rows_m1 = 0, prev_rows_m1 = 0;
  reg switched = 0, prev_switched = 0;
  reg [7:0] gang_m1 = 0, prev_gang_m1 = 0;
  reg known0 = 0, known1 = 0, known2 = 0, ever = 0;
  always @(posedge clock) begin
    age <= age == 127 ? 127 : age + 1;
    prev <= prev == 127 ? 127 : prev + 1;
    start <= start == 127 ? 127 : start + 1;
    if (age == 1) switched <= dut_sequencer_switches;
    if (age == 1) span <= dut_sequencer_switches ? dut_sequencer_w1 : w0[15:8];
    if (age == 3) rows_m1 <= gangs_m1 == 0 ? w0[7:0] : 2 * w0[7:0] + 1;
    if (age == 3) gang_m1 <= w0[7:0];
    if (fires) begin
      age <= 1;
      prev <= age == 127 ? 127 : age + 1;
      prev_span <= span;
      prev_switched <= switched;
      prev_rows_m1 <= rows_m1;
      prev_gang_m1 <= gang_m1;
    end
    if (go) begin
      start <= 1;
      age <= 127;
      prev <= 127;
      ever <= 1;
    end
    if (hot[0]) {known0, known1, known2} <= 3'b100;
    if (hot[1]) known1 <= 1;
    if (hot[2]) known2 <= 1;
  end
  // Rows of the latest pass whose rows have started.
  wire [6:0] at = age <= 3 ? prev : age;
  wire [7:0] last_row = age <= 3 ? prev_rows_m1 : rows_m1, last_of_gang = age <= 3 ? prev_gang_m1 : gang_m1;

  // What is claimed: the shadow is free when it is loaded.
  always @(*) if (load & active) assert(left == 0 && gangs == 0);

  // State.
  integer k;
  always @(*) begin
    if (!ever) assert(quiet);
    if (!ever) assert(!dut_issue_loaded && !known0 && start == 127);
    if (!known0) assert(age == 127 && (!ever || start <= 7));
    if (known0) assert(w0[7:0] <= w0[15:8] && w0[15:8] >= 7 && w0[15:8] < `ROWS);
    if (known2) assert(gangs_m1 <= 1 && w0[15:8] == (gangs_m1[0] ? 2 * w0[7:0] + 1 : w0[7:0] < 7 ? 7 : w0[7:0]) && (!gangs_m1[0] || w0[7:0] >= 7));
    if (known0 & ~known2) assert(hot[1] | hot[2]);
    if (known1) assert(dut_sequencer_w1 == w0[15:8] + 6);
    if (known0 & ~known1) assert(hot[1]);
    assert((hot & (hot - 8'd1)) == 0);
    assert(dut_issue_fire == (age == 1) && dut_sequencer_fired == (age == 1) && dut_lanes_e2_fire == (age == 2) && dut_lanes_e3_fire == (age == 3));
    assert(dut_sequencer_started == (start == 1));
    assert(active == (at >= 4 && at <= 4 + last_row));
    if (active) assert(left == last_of_gang - row0 && gangs == (last_row - (at - 4) > last_of_gang));
    if (age != 127 && age >= 2) assert(span >= 7 && span <= `ROWS + 6);
    if (age != 127 && age >= 4) assert(rows_m1 <= span && rows_m1 < `ROWS && (rows_m1 == gang_m1 || rows_m1 == 2 * gang_m1 + 1 && gang_m1 >= 7));
    if (age == 2 || age == 3) assert(w0[15:8] <= span);
    if (age == 3) assert(known2);
    if (age != 127 && start != 127) assert(age + 8 <= start);
    if (age != 127 && age >= 4 && (age <= span | !switched)) assert(w0[7:0] == gang_m1);
    if (prev != 127) assert(prev_span >= 7 && prev_rows_m1 <= prev_span && prev_rows_m1 < `ROWS && (prev_rows_m1 == prev_gang_m1 || prev_rows_m1 == 2 * prev_gang_m1 + 1 && prev_gang_m1 >= 7) && prev_span <= `ROWS + 6);
    if (age != 127) assert(prev == 127 || prev >= prev_span + 1 + age);
    if (age == 1) assert(held);
    if (age != 127 && age >= 2) assert(age <= span ? held && guard == span + 2 - age : !held);
    if (start >= 2 && start <= 7) assert(held && guard == 9 - start);
    if (start == 1) assert(held);
    if (start >= 2 && start <= 6) assert(dut_sequencer_loading);
    if (start == 7) assert(hot[0]);
    if (start <= 8) assert(age == 127 && !dut_issue_loaded);
    // The entry of the next tile is read when the guard opens.
    for (k = 0; k < 8; k = k + 1) if (hot[k])
      assert((age != 127 && age == span + k && switched) || (age <= k && prev == prev_span + k && prev_switched) || start == 7 + k);
    if (dut_sequencer_loading) assert((age != 127 && age >= 2 && age < span && switched) || (start >= 2 && start <= 6));
  end

  // Fire bank. Row of the tile and first parameter row of the tile, of the row in F0 and with it to F7.
  wire [7:0] row0 = in_gang(at - 4, last_of_gang);
  reg [7:0] base0;
  reg [7:0] row [1:7];
  reg [7:0] base [1:7];
  always @(posedge clock) begin
    if (!active | at == 4 + last_row) base0 <= dut_sequencer_w2;
    for (k = 2; k <= 7; k = k + 1) begin
      row[k] <= row[k-1];
      base[k] <= base[k-1];
    end
    row[1] <= row0;
    base[1] <= base0;
  end
  (* from = "dut.fire.last" *) wire [7:1] dut_fire_last;
  reg old_switched = 0;
  reg [6:0] old = 127;
  reg [7:0] old_span = 0, old_rows_m1 = 0, old_gang_m1 = 0, tile = 0, old_tile = 0;
  always @(posedge clock) begin
    old <= go | old == 127 ? 127 : old + 1;
    if (age == 3) begin
      tile <= dut_sequencer_w2;
      old_tile <= tile;
      old <= prev == 127 ? 127 : prev + 1;
      old_span <= prev_span;
      old_switched <= prev_switched;
      old_rows_m1 <= prev_rows_m1;
      old_gang_m1 <= prev_gang_m1;
    end
  end
  wire [7:0] param0 = dut_fire_param0, param4 = dut_fire_param4, param6 = dut_fire_param6, param7 = dut_fire_param7;
  wire matters = active & ~(dut_lanes_row_first_tick & dut_sequencer_begins);
  wire [7:0] at4 = base[4] + row[4], at6 = base[6] + row[6], at7 = base[7] + row[7];
  // Tiles whose potentials live at the same time have rows of their own.
  always @(*) if (matters & dut_fire_valid[7] & base[7] != base0) assume((at7 - param0) % `STATE != 0);
  always @(*) begin
    // A potential and a score are written where they were read, a threshold is read for the same row.
    if (dut_fire_valid[4]) assert(param4 == at4);
    if (dut_fire_valid[6]) assert(param6 == at6);
    if (dut_fire_valid[7]) assert(param7 == at7);
    // The potential that is read now is none of those still to be written.
    for (k = 1; k <= 7; k = k + 1) if (matters & dut_fire_valid[k])
      assert((base[k] + row[k] - param0) % `STATE != 0);
    // State: a stage holds a row of the latest pass whose rows have started, or of the one before.
    if (age != 127 && age >= 4 && (age <= span + 2 | !switched)) assert(dut_sequencer_w2 == tile);
    if (age <= 3 && prev != 127 && !prev_switched) assert(dut_sequencer_w2 == tile);
    if (old != 127 && !old_switched) assert(tile == old_tile);
    if (old != 127 && old_switched) assert(old_span >= old_rows_m1 + 6);
    if (prev != 127 && prev_switched) assert(prev_span >= prev_rows_m1 + 6);
    if (age != 127 && age >= 4 && switched) assert(span >= rows_m1 + 6);
    if ((age == 2 || age == 3) && switched) assert(span >= w0[15:8] + 6);
    if (ever & !active) assert(param0 == base0);
    if (active) assert(param0 == base0 + row0 && base0 == tile);
    if (old != 127) assert(old >= at + old_span + 1 && old_rows_m1 <= old_span && (old_rows_m1 == old_gang_m1 || old_rows_m1 == 2 * old_gang_m1 + 1 && old_gang_m1 >= 7) && old_span >= 7 && old_span <= `ROWS + 6);
    for (k = 1; k <= 7; k = k + 1) begin
      assert(dut_fire_valid[k] == (in(at, last_row, k) | in(old, old_rows_m1, k)));
      if (in(at, last_row, k)) assert(row[k] == in_gang(at - 4 - k, last_of_gang) && base[k] == tile && dut_fire_last[k] == (row[k] == last_of_gang));
      if (in(old, old_rows_m1, k)) assert(row[k] == in_gang(old - 4 - k, old_gang_m1) && base[k] == old_tile && dut_fire_last[k] == (row[k] == old_gang_m1));
    end
  end
  // Row of the tile, in the first gang or the second.
  function [7:0] in_gang(input [7:0] index, input [7:0] last);
    in_gang = index > last ? index - last - 1 : index;
  endfunction
  function in(input [6:0] since, input [7:0] last, input [31:0] stage);
    in = since != 127 && since >= 4 + stage && since <= 4 + stage + last;
  endfunction
endmodule
