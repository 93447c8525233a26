//! The control as Verilog.

/// Body of the module whose ports are those of [`super::Control`].
pub const CONTROL: &str = "\
// A bit each, so that no state has to be decoded.
localparam IDLE = 10'h001, COUNT = 10'h002, WAIT = 10'h004, DRIVE = 10'h008, GAP = 10'h010,
  SETTLE = 10'h020, CHOOSE0 = 10'h040, CHOOSE1 = 10'h080, CHOOSE2 = 10'h100, PULSE = 10'h200;
reg [9:0] state;
wire is_idle = state[0];
wire is_count = state[1];
wire is_wait = state[2];
wire is_drive = state[3];
wire is_gap = state[4];
wire is_settle = state[5];
wire is_choose0 = state[6];
wire is_choose1 = state[7];
wire is_choose2 = state[8];
wire is_pulse = state[9];
reg [3:0] count;
reg [5:0] row;
reg [4:0] shift_left;
reg load_r, done_r, valid_r, undecided_r;
reg [1:0] tile_r;
reg starting, start_two;
reg [5:0] start_row;
reg [10:0] tick_r, end_r;
reg [7:0] source_r, label_r;
reg [1:0] target_r;
reg [10:0] weights;
reg sure;
reg [5:0] pass_m1;
reg [19:0] word;
reg [1:0] layer;
initial begin
  state = IDLE;
  shift_left = 5'd0;
  load_r = 1'b0;
  done_r = 1'b0;
  valid_r = 1'b0;
  starting = 1'b0;
end
// Layer table.
reg [5:0] rows0, rows1, rows2;
reg [1:0] last0, last1, last2;
reg [1:0] gain_r;
reg [2:0] stride1, stride2;
reg [10:0] base1, base2;
always @(posedge clock) if (table_write) begin
  case (table_address)
    4'd0: {last0, rows0} <= table_data[7:0];
    4'd1: gain_r <= table_data[1:0];
    4'd4: {last1, rows1} <= table_data[7:0];
    4'd5: stride1 <= table_data[2:0];
    4'd6: base1 <= table_data[10:0];
    4'd8: {last2, rows2} <= table_data[7:0];
    4'd9: stride2 <= table_data[2:0];
    4'd10: base2 <= table_data[10:0];
    default: ;
  endcase
end
// Choice.
wire [19:0] best0 = best_even[19:0];
wire [19:0] best1 = best_odd[19:0];
wire [19:0] best2 = best_even[39:20];
wire later1 = best1[19:8] >= best0[19:8];
wire later2 = three & (best2[19:8] >= word[19:8]);
// Whether a spike is before tick T is known with the choice: one sum for each that may be chosen.
reg [10:0] ticks_m1;
always @(posedge clock) ticks_m1 <= ticks - {10'd0, |ticks};
wire [12:0] reach = {1'b0, word[19:8]} + {2'd0, ticks_m1};
wire [12:0] reach2 = {1'b0, best2[19:8]} + {2'd0, ticks_m1};
reg in_time, taken;
wire early = reach[12];
wire [11:0] chosen = 12'd0 - word[19:8];
wire pulses = is_choose2 & taken;
wire [7:0] neuron = ~word[7:0];
wire [1:0] behind = {layer[0], ~layer[0]};
wire [2:0] stride = layer[0] ? stride2 : stride1;
wire [10:0] base = layer[0] ? base2 : base1;
// The layer before that which pulses reach is searched: layer 1, or else layer 0.
wire searches_one = target_r[1];
wire [5:0] rows_target = target_r[1] ? rows2 : rows1;
wire [5:0] rows_searched = sure ? 6'd0 : searches_one ? rows1 : rows0;
wire [5:0] rows_pass = (rows_searched < rows_target) ? rows_target : rows_searched;
wire [7:0] winner = ~(three ? best2[7:0] : best1[7:0]);
wire drive_ends = row == rows0;
wire [5:0] start_last = start_two ? rows2 : rows1;
always @(posedge clock) begin
  load_r <= 1'b0;
  done_r <= 1'b0;
  if (|shift_left) shift_left <= shift_left - 5'd1;
  if (starting) begin
    if (start_row == start_last) begin
      start_row <= 6'd0;
      start_two <= 1'b1;
      starting <= three & ~start_two;
    end else start_row <= start_row + 6'd1;
  end
  (* parallel_case *) case (1'b1)
    is_idle: if (go) begin
      state <= COUNT;
      load_r <= 1'b1;
      tile_r <= 2'd0;
      row <= 6'd0;
      tick_r <= 11'd0;
      source_r <= 8'd0;
      target_r <= 2'd0;
      valid_r <= 1'b0;
      starting <= 1'b1;
      start_two <= 1'b0;
      start_row <= 6'd0;
    end
    is_count: if (counted) begin
      state <= WAIT;
      count <= 4'd1;
    end
    is_wait: if (|count) count <= count - 4'd1;
    else if (~starting) begin
      state <= DRIVE;
      shift_left <= 5'd16;
    end
    is_drive: if (drive_ends) begin
      state <= SETTLE;
      count <= 4'd8;
      row <= 6'd0;
    end else begin
      row <= row + 6'd1;
      if (&row[3:0]) begin
        state <= GAP;
        count <= 4'd1;
      end
    end
    is_gap: if (|count) count <= count - 4'd1;
    else begin
      state <= COUNT;
      load_r <= 1'b1;
      tile_r <= tile_r + 2'd1;
    end
    is_settle: if (|count) count <= count - 4'd1;
    else state <= CHOOSE0;
    is_choose0: begin
      word <= later1 ? best1 : best0;
      layer <= {1'b0, later1};
      state <= CHOOSE1;
    end
    is_choose1: begin
      sure <= layer[0] ? known_odd[0] : known_even[0];
      in_time <= later2 ? reach2[12] : early;
      taken <= ~later2 & early & (three | ~layer[0]);
      // A spike of layer 2 is read as one of the others, and not taken.
      source_r <= neuron;
      target_r <= behind;
      weights <= base + ({3'd0, neuron} << stride);
      if (later2) begin
        word <= best2;
        layer <= 2'd2;
      end
      state <= CHOOSE2;
    end
    is_choose2: begin
      state <= taken ? PULSE : IDLE;
      done_r <= ~taken;
      valid_r <= ~taken;
      // What only a spike needs, or only the end, is there whichever it is.
      row <= 6'd1;
      tick_r <= chosen[10:0];
      // Row 0 is in P0 already, and one more follows it.
      pass_m1 <= {rows_pass[5:1], rows_pass[0] | ~|rows_pass};
      undecided_r <= ~in_time;
      label_r <= winner;
      end_r <= in_time ? chosen[10:0] : ticks;
    end
    is_pulse: if (row == pass_m1) begin
      state <= SETTLE;
      count <= 4'd6;
      row <= 6'd0;
    end else row <= row + 6'd1;
    default: ;
  endcase
end
// Rows of counts: V1 to V3, which is P1.
wire first = row == 6'd0;
reg v1_valid, v2_valid, v3_valid, v1_first, v2_first, v3_first;
reg [5:0] v1_row, v2_row, v3_row;
// Rows of pulses.
wire p0_valid = pulses | (is_pulse & (row <= rows_target));
reg p1_valid, p2_valid, p3_valid, p4_valid, s5_valid;
// No row is on its way while the target changes, so what stands in P4 is known a stage before.
reg even_looks, odd_looks;
reg p1_first, p2_first, p3_first, p4_first;
reg [5:0] p1_row, p2_row, p3_row, p4_row, s5_row;
reg [3:0] p2_plus, p3_plus, p4_plus, s5_plus;
// None of the drive's rows, whose weights are in their sums.
wire [3:0] p1_minus = ~synapses[4*p1_row[1:0] +: 4] & {4{p1_valid}};
// Rows that no table is asked for.
wire a0_valid = pulses | (is_pulse & (row <= rows_searched));
wire [5:0] a0_row = sure ? source_r[7:2] : row;
reg a1_valid, a2_valid, a3_valid, a1_first, a2_first, a3_first;
reg [5:0] a1_row, a2_row, a3_row;
reg d1_valid, d1_starts, d1_two, d1_odd, d1_first, d1_short;
reg [5:0] d1_row;
initial begin
  v1_valid = 1'b0;
  v2_valid = 1'b0;
  v3_valid = 1'b0;
  p1_valid = 1'b0;
  p2_valid = 1'b0;
  p3_valid = 1'b0;
  p4_valid = 1'b0;
  even_looks = 1'b0;
  odd_looks = 1'b0;
  s5_valid = 1'b0;
  a1_valid = 1'b0;
  a2_valid = 1'b0;
  a3_valid = 1'b0;
  d1_valid = 1'b0;
end
always @(posedge clock) begin
  {v3_valid, v2_valid, v1_valid} <= {v2_valid, v1_valid, is_drive};
  {v3_first, v2_first, v1_first} <= {v2_first, v1_first, first};
  {v3_row, v2_row, v1_row} <= {v2_row, v1_row, row};
  p1_valid <= p0_valid;
  p1_first <= first;
  p1_row <= row;
  p2_valid <= v3_valid | p1_valid;
  p2_first <= v3_valid ? v3_first : p1_first;
  p2_row <= v3_valid ? v3_row : p1_row;
  p2_plus <= ~p1_minus;
  {s5_valid, p4_valid, p3_valid} <= {p4_valid, p3_valid, p2_valid};
  even_looks <= p3_valid & ~target_r[0];
  odd_looks <= p3_valid & target_r[0];
  {p4_first, p3_first} <= {p3_first, p2_first};
  {s5_row, p4_row, p3_row} <= {p4_row, p3_row, p2_row};
  {s5_plus, p4_plus, p3_plus} <= {p4_plus, p3_plus, p2_plus};
  {a3_valid, a2_valid, a1_valid} <= {a2_valid, a1_valid, a0_valid};
  {a3_first, a2_first, a1_first} <= {a2_first, a1_first, first};
  {a3_row, a2_row, a1_row} <= {a2_row, a1_row, a0_row};
  d1_valid <= starting | a3_valid;
  d1_starts <= starting;
  d1_two <= starting & start_two;
  d1_odd <= starting ? ~start_two : searches_one;
  d1_first <= starting ? (start_row == 6'd0) : a3_first;
  d1_short <= ~starting & sure;
  d1_row <= starting ? start_row : a3_row;
end
// What the banks are told.
wire [5:0] p4_last = target_r[1] ? rows2 : target_r[0] ? rows1 : rows0;
wire [1:0] p4_units = target_r[1] ? last2 : target_r[0] ? last1 : last0;
wire [5:0] d1_last = d1_two ? rows2 : d1_odd ? rows1 : rows0;
wire [1:0] d1_units = d1_two ? last2 : d1_odd ? last1 : last0;
wire [3:0] p4_mask = (p4_row == p4_last) ? {&p4_units, p4_units[1], |p4_units, 1'b1} : 4'hf;
wire [3:0] d1_mask = (d1_row == d1_last) ? {&d1_units, d1_units[1], |d1_units, 1'b1} : 4'hf;
wire [3:0] source_lane = 4'd1 << source_r[1:0];
always @(*) begin
  load = load_r;
  tile = tile_r;
  shift = |shift_left;
  gain = gain_r;
  drives = v3_valid;
  constant_row = starting ? {start_two, ~start_two, start_row} : {2'd0, v1_row};
  synapse = weights + {7'd0, row[5:2]};
  odd = target_r[0];
  target = target_r;
  tick = tick_r;
  minus = p1_minus;
  found_plus = p4_plus;
  read_even = target_r[0] ? {1'b0, a3_row} : {target_r[1], row};
  read_odd = target_r[0] ? {1'b0, row} : {1'b0, a3_row};
  looked_even = even_looks;
  looked_odd = odd_looks;
  direct_even = d1_valid & ~d1_odd;
  direct_odd = d1_valid & d1_odd;
  starts = d1_starts;
  spiked = (~d1_starts & (d1_row == source_r[7:2])) ? source_lane : 4'd0;
  row_even = even_looks ? {target_r[1], p4_row} : {d1_two, d1_row};
  row_odd = odd_looks ? {1'b0, p4_row} : {1'b0, d1_row};
  first_even = even_looks ? p4_first : d1_first;
  first_odd = odd_looks ? p4_first : d1_first;
  short_even = ~even_looks & d1_short;
  short_odd = ~odd_looks & d1_short;
  neurons_even = even_looks ? p4_mask : d1_mask;
  neurons_odd = odd_looks ? p4_mask : d1_mask;
  event_taken = pulses;
  complete = done_r;
  result = valid_r;
  undecided = undecided_r;
  label = label_r;
  ended = {5'd0, end_r};
  trace_valid = s5_valid;
  trace_layer = {2'd0, target_r};
  trace_row = s5_row;
  trace_source = source_r;
  trace_plus = s5_plus;
end";
