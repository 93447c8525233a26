//! Verilog of the fire bank.

use super::fire_bank::uses_mac16;
use spikewright_ir::CoreSpec;

/// The module body for a core of `spec`: shared control, then one pipeline per unit.
pub fn fire_verilog(spec: &CoreSpec) -> String {
    let (units, c) = (spec.fire_units, spec.count_bits);
    let mac = if uses_mac16(spec) { mac16_pair() } else { String::new() };
    let (mac_if, mac_else, mac_end) =
        if uses_mac16(spec) { ("`ifdef SYNTHESIS\n", "`else\n", "`endif\n") } else { ("", "", "") };
    format!(
        "\
// Stage flags: bit k of a vector belongs to stage Fk.
reg [7:1] valid, last, ends;
reg [6:1] tick0;
reg [3:1] begins;
reg final6;
initial valid = 0;
always @(posedge clock) begin
  valid <= {{valid[6:1], row_valid}};
  last <= {{last[6:1], row_last}};
  tick0 <= {{tick0[5:1], row_first_tick}};
  ends <= {{ends[6:1], row_ends}};
  begins <= {{begins[2:1], row_begins}};
  final6 <= fires & ends[5];
end
// Told with a pass's first row, for all of them.
reg turns7, done7;
always @(posedge clock) if (~valid[7] | last[7]) begin
  turns7 <= row_turns;
  done7 <= row_done;
end
// Parameter rows of the stages that address a memory.
reg [7:0] param0, param4, param6, param7;
// Row of the tile, for the trace port: over all its rounds, each of which begins with `round7`.
reg [11:0] row7, round7;
initial row7 = 0;
initial round7 = 0;
always @(posedge clock) begin
  param0 <= (row_valid & ~row_last) ? param0 + 8'd1 : param_row;
  param4 <= (valid[4] & ~last[4]) ? param4 + 8'd1 : param_row;
  param6 <= (valid[6] & ~last[6]) ? param6 + 8'd1 : param_row;
  param7 <= param6;
  if (valid[7]) begin
    row7 <= (last[7] & ~done7) ? round7 : row7 + 12'd1;
    if (last[7] & done7) round7 <= row7 + 12'd1;
  end
  if (tile_load) begin
    row7 <= 12'd0;
    round7 <= 12'd0;
  end
end
always @(*) begin
  out_valid = valid[7] & ends[7];
  out_last = last[7];
  out_turns = turns7;
  out_done = done7;
  out_row = row7;
end
// Bias of F0: the last row is -2^15, 0 as it is stored.
wire [7:0] bias_row = param0 | {{8{{~row_begins}}}};
// Leak of the row in F1: nothing is left in the first tick, a sum of earlier passes stays as it is.
// R is 0, 2^15 - 1 or 2^16 - 1: its top bit, and all others.
reg [15:0] leak_m1;
reg leak_top1, leak_low1;
always @(posedge clock) begin
  leak_m1 <= row_begins ? (row_first_tick ? 16'd0 : leak_m) : 16'd65535;
  leak_top1 <= row_begins & ~row_first_tick & leak_r[1];
  leak_low1 <= ~row_begins | (~row_first_tick & leak_r[0]);
end
wire [15:0] leak_r1 = {{leak_top1, {{15{{leak_low1}}}}}};
wire [7:0] v_row = read ? read_row : param0;
wire [7:0] score_row = read ? read_row : param6;
// What is read out are the values of one unit: the scores of the others come from the empty half, their
// potentials are masked.
reg [{unit_msb}:0] picked;
wire [15:0] stored_bias = {{~write_data[15], write_data[14:0]}};
wire [3:0] write_unit = write_address[4:1];
wire [{param_msb}:0] write_row = write_address[{param_msb}+5:5];
wire [15:0] unit_value [0:{units}];
assign unit_value[{units}] = 16'd0;
always @(posedge clock) value <= unit_value[0];
genvar k;
generate for (k = 0; k < {units}; k = k + 1) begin : unit
  reg signed [15:0] theta [0:{param_last}];
  reg [15:0] bias [0:{param_last}];
  reg signed [15:0] v [0:{state_last}];
  // Their upper halves are never written: what a pass that begins its tick reads, and a first tick.
  reg [{high_msb}:0] high [0:{half_last}];
  reg [7:0] score [0:{score_last}];
  integer i;
  initial for (i = 0; i <= {half_last}; i = i + 1) high[i] = 0;
  initial for (i = 0; i <= {score_last}; i = i + 1) score[i] = 0;
  reg signed [15:0] theta_q, v_q;
  reg [15:0] bias_q;
  reg [{high_msb}:0] high_q;
  reg [7:0] score_q;
  reg signed [{c}:0] drive;
  wire signed [31:0] leaked, driven;
  reg signed [{sum_msb}:0] sum;
  // Stages F5 to F7. What another is taken from is kept inverted, for an operand that is taken away costs a
  // cell a bit: u - θ = ~(~u + θ).
  reg signed [15:0] inverted_u5, u6, u7, v7;
  reg signed [16:0] difference;
  reg s7;
  wire selected = write & (write_unit == k);
  always @(posedge clock) begin
    if (selected & ~write_address[0]) theta[write_row] <= write_data;
    theta_q <= theta[param4[{param_msb}:0]];
  end
  always @(posedge clock) begin
    if (selected & write_address[0]) bias[write_row] <= stored_bias;
    bias_q <= bias[bias_row[{param_msb}:0]];
  end
  always @(posedge clock) begin
    if (valid[7]) v[param7[{state_msb}:0]] <= v7;
    v_q <= v[v_row[{state_msb}:0]];
  end
  always @(posedge clock) begin
    if (valid[4]) high[{{1'b0, param4[{row_msb}:0]}}] <= sum[{sum_msb}:16];
    high_q <= high[{{row_begins, param0[{row_msb}:0]}}];
  end
  // Twice the sum so far and the bias: the drive is doubled too, so that it can be half of 2c.
  wire [31:0] addend = {{{{{high_pad}{{1'b0}}}}, high_q, bias_q, 1'b0}};
  // The first spike scores more the earlier it is, others one each. Then one operand is 0, and a cell
  // of the adder selects too.
  wire leads = s7 & first_spike & (score_q == 8'd0);
  wire [7:0] added = score_q + {{8{{leads}}}} + {{7'd0, s7 & ~first_spike}};
  wire [7:0] scored = leads ? ~tick : added;
  wire here = read_unit[{unit_bits}:0] == k;
  wire score_starts = read ? potentials | ~here : tick0[6];
  always @(posedge clock) begin
    if (valid[7]) score[{{1'b0, param7[{state_msb}:0]}}] <= scored;
    score_q <= score[{{score_starts, score_row[{state_msb}:0]}}];
  end
  // integrate, F0: 2c - n. F1, F2: leak and drive in the multipliers.
  always @(posedge clock) drive <= {{heads[{c}*k +: {c}], 1'b0}} - {{1'b0, ~inverted_events[{c_msb}:0]}};
{mac_if}{mac}{mac_else}  reg signed [15:0] mac_v, mac_d;
  reg [15:0] mac_m, mac_g;
  // A register behind each multiplier; the addends come in F3 with the sum.
  reg signed [31:0] mac_r, mac_b, mac_r2, mac_b2, mac_leaked, mac_driven;
  always @(posedge clock) begin
    mac_v <= v_q;
    mac_m <= leak_m1;
    mac_r <= {{16'h8000, leak_r1}};
    mac_d <= drive;
    mac_g <= gain;
    mac_b <= addend;
    mac_r2 <= mac_r;
    mac_b2 <= mac_b;
    mac_leaked <= mac_v * $signed({{1'b0, mac_m}});
    mac_driven <= mac_d * $signed({{1'b0, mac_g}});
  end
  assign leaked = mac_leaked + mac_r2;
  assign driven = mac_driven + mac_b2;
{mac_end}  // F3: sum; the two offsets of 2^15 make 2^16, taken back where there are two. F4: saturate.
  always @(posedge clock) sum <= {{{{{extension}{{begins[3]}}}}, leaked[31:16]}} + driven[{sum_msb}+1:1];
  wire fits = ~(|sum[{sum_msb}:15]) | (&sum[{sum_msb}:15]);
  always @(posedge clock) begin
    inverted_u5[15] <= ends[4] ? ~sum[{sum_msb}] : sum[15];
    inverted_u5[14:0] <= (~ends[4] | fits) ? ~sum[14:0] : {{15{{sum[{sum_msb}]}}}};
  end
  // fire, F5 and F6; reset, F6.
  wire s = final6 & ~difference[16] & (~above | (difference != 17'd0));
  always @(posedge clock) begin
    difference <= ~(inverted_u5 + theta_q);
    u6 <= ~inverted_u5;
    u7 <= u6;
    s7 <= s;
    v7 <= s ? (zero ? 16'd0 : difference[15:0]) : u6;
  end
  always @(posedge clock) picked[k] <= potentials & here;
  assign unit_value[k] = unit_value[k+1] | ({{16{{picked[k]}}}} & v_q) | {{8'd0, score_q}};
  always @(*) begin
    spikes[k] = s7 & valid[7];
    trace_u[16*k +: 16] = u7;
    trace_v[16*k +: 16] = v7;
  end
end endgenerate",
        param_msb = spec.param_rows.ilog2() - 1,
        param_last = spec.param_rows - 1,
        unit_msb = units - 1,
        unit_bits = units.ilog2() - 1,
        state_last = spec.state_rows - 1,
        state_msb = spec.state_rows.ilog2() - 1,
        half_last = 2 * spec.tile_rows() - 1,
        score_last = 2 * spec.state_rows - 1,
        row_msb = spec.tile_rows().ilog2() - 1,
        c_msb = c - 1,
        sum_msb = spec.sum_bits - 1,
        high_msb = spec.sum_bits - 17,
        high_pad = 31 - spec.sum_bits,
        extension = spec.sum_bits - 16,
    )
}

/// The two multiplier cells of a unit: leak, and drive with bias.
fn mac16_pair() -> String {
    let leak = mac16("leak_mac", ["v_q", "leak_m1", "16'h8000", "leak_r1", "leaked_bits"]);
    let drive =
        mac16("drive_mac", ["drive_wide", "gain", "addend[31:16]", "addend[15:0]", "driven_bits"]);
    format!(
        "  wire [31:0] leaked_bits, driven_bits;
  wire signed [15:0] drive_wide = drive;
{leak}{drive}  assign leaked = leaked_bits;
  assign driven = driven_bits;
"
    )
}

/// A cell with input and output registers inside: O = A·B + C:D, A signed, B unsigned.
fn mac16(name: &str, [a, b, c, d, o]: [&str; 5]) -> String {
    format!(
        "  SB_MAC16 #(
    .A_REG(1'b1), .B_REG(1'b1), .C_REG(1'b1), .D_REG(1'b1), .A_SIGNED(1'b1), .B_SIGNED(1'b0),
    .TOPOUTPUT_SELECT(2'b01), .TOPADDSUB_LOWERINPUT(2'b10), .TOPADDSUB_UPPERINPUT(1'b1), .TOPADDSUB_CARRYSELECT(2'b11),
    .BOTOUTPUT_SELECT(2'b01), .BOTADDSUB_LOWERINPUT(2'b10), .BOTADDSUB_UPPERINPUT(1'b1), .BOTADDSUB_CARRYSELECT(2'b00),
    .TOP_8x8_MULT_REG(1'b0), .BOT_8x8_MULT_REG(1'b0), .PIPELINE_16x16_MULT_REG1(1'b0), .PIPELINE_16x16_MULT_REG2(1'b0),
    .MODE_8x8(1'b0), .NEG_TRIGGER(1'b0)
  ) {name} (
    .CLK(clock), .CE(1'b1), .A({a}), .B({b}), .C({c}), .D({d}), .O({o}),
    .AHOLD(1'b0), .BHOLD(1'b0), .CHOLD(1'b0), .DHOLD(1'b0), .IRSTTOP(1'b0), .IRSTBOT(1'b0), .ORSTTOP(1'b0), .ORSTBOT(1'b0),
    .OLOADTOP(1'b0), .OLOADBOT(1'b0), .ADDSUBTOP(1'b0), .ADDSUBBOT(1'b0), .OHOLDTOP(1'b0), .OHOLDBOT(1'b0),
    .CI(1'b0), .ACCUMCI(1'b0), .SIGNEXTIN(1'b0)
  );
"
    )
}
