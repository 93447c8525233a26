//! Verilog of the fire bank.

use spikewright_ir::{CoreSpec, MacStyle};

/// The module body for a core of `spec`: shared control, then one pipeline per unit.
pub fn fire_verilog(spec: &CoreSpec) -> String {
    let (units, c) = (spec.fire_units, spec.count_bits);
    let multipliers = match spec.mac {
        MacStyle::Mac16 => format!("`ifdef SYNTHESIS\n{}`else\n{INFERRED}`endif\n", mac16_pair()),
        MacStyle::Inferred => INFERRED.into(),
        MacStyle::Gates => gates(spec),
    };
    let (scores, score_memory) = if spec.shares_memory { shared(spec) } else { apart(spec) };
    let (theta_row, theta_memory) = thresholds(spec);
    let far = spec.fetch_stages > 0;
    // Numbers of the stages behind the multipliers.
    let [s3, s4, s5, s6, s7] = [3, 4, 5, 6, 7].map(|stage| stage + spec.leak_stages());
    format!(
        "\
// Stage flags: bit k of a vector belongs to stage Fk.
reg [{s7}:1] valid, last, ends;
reg [{s6}:1] tick0;
reg [{s3}:1] begins;
reg final6;
initial valid = 0;
always @(posedge clock) begin
  valid <= {{valid[{s6}:1], row_valid}};
  last <= {{last[{s6}:1], row_last}};
  tick0 <= {{tick0[{s5}:1], row_first_tick}};
  ends <= {{ends[{s6}:1], row_ends}};
  begins <= {{begins[{s3}-1:1], row_begins}};
  final6 <= fires & ends[{s5}];
end
// Told with a pass's first row, for all of them.
reg turns7, done7;
always @(posedge clock) if (~valid[{s7}] | last[{s7}]) begin
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
  param4 <= (valid[{s4}] & ~last[{s4}]) ? param4 + 8'd1 : param_row;
  param6 <= (valid[{s6}] & ~last[{s6}]) ? param6 + 8'd1 : param_row;
  param7 <= param6;
  if (valid[{s7}]) begin
    row7 <= (last[{s7}] & ~done7) ? round7 : row7 + 12'd1;
    if (last[{s7}] & done7) round7 <= row7 + 12'd1;
  end
  if (tile_load) begin
    row7 <= 12'd0;
    round7 <= 12'd0;
  end
end
// Sums that fit 16 bits, of the row in F4.
wire [{unit_msb}:0] fitting;
always @(posedge clock) clipped <= valid[{s4}] & ends[{s4}] & ~(&fitting);
always @(*) begin
  out_valid = valid[{s7}] & ends[{s7}];
  out_last = last[{s7}];
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
{theta_row}{scores}// What is read out are the values of one unit: the scores of the others come from the empty half, their
// potentials are masked.
reg [{unit_msb}:0] picked;
wire [15:0] stored_bias = {{~write_data[15], write_data[14:0]}};
wire [3:0] write_unit = write_address[4:1];
wire [{param_msb}:0] write_row = write_address[{param_msb}+5:5];
wire [15:0] unit_value [0:{units}];
assign unit_value[{units}] = 16'd0;
{value_is}
genvar k;
generate for (k = 0; k < {units}; k = k + 1) begin : unit
  reg signed [15:0] theta [0:{param_last}];
  reg [15:0] bias [0:{param_last}];
  reg signed [15:0] v [0:{state_last}];
  reg signed [15:0] theta_q, v_q;
  reg [15:0] bias_q;
  reg signed [{c}:0] drive;
  wire signed [31:0] leaked, driven;
  reg signed [{sum_msb}:0] sum;
  // Stages F5 to F7. What another is taken from is kept inverted, for an operand that is taken away costs a
  // cell a bit: u - θ = ~(~u + θ).
  reg signed [15:0] inverted_u5, u6, u7, v7;
  reg signed [16:0] difference;
  reg s7;
  wire selected = write & (write_unit == k);
{theta_memory}  always @(posedge clock) begin
    if (selected & write_address[0]) bias[write_row] <= stored_bias;
    bias_q <= bias[bias_row[{param_msb}:0]];
  end
  always @(posedge clock) begin
    if (valid[{s7}]) v[param7[{state_msb}:0]] <= v7;
    v_q <= v[v_row[{state_msb}:0]];
  end
  reg [7:0] score_q;
  // The first spike scores more the earlier it is, others one each. Then one operand is 0, and a cell
  // of the adder selects too.
  wire leads = s7 & first_spike & (score_q == 8'd0);
  wire [7:0] added = score_q + {{8{{leads}}}} + {{7'd0, s7 & ~first_spike}};
  wire [7:0] scored = leads ? ~tick : added;
  wire here = {here};
{score_memory}  // Twice the sum so far and the bias: the drive is doubled too, so that it can be half of 2c.
  wire [31:0] addend = {{{{{high_pad}{{1'b0}}}}, high_q, bias_q, 1'b0}};
  // integrate, F0: 2c - n. F1, F2: leak and drive in the multipliers.
  always @(posedge clock) drive <= {{heads[{c}*k +: {c}], 1'b0}} - {{1'b0, ~inverted_events[{c_msb}:0]}};
{multipliers}  // F3: sum; the two offsets of 2^15 make 2^16, taken back where there are two. F4: saturate.
  always @(posedge clock) sum <= {{{{{extension}{{begins[{s3}]}}}}, leaked[31:16]}} + driven[{sum_msb}+1:1];
  wire fits = ~(|sum[{sum_msb}:15]) | (&sum[{sum_msb}:15]);
  assign fitting[k] = fits;
  always @(posedge clock) begin
    inverted_u5[15] <= ends[{s4}] ? ~sum[{sum_msb}] : sum[15];
    inverted_u5[14:0] <= (~ends[{s4}] | fits) ? ~sum[14:0] : {{15{{sum[{sum_msb}]}}}};
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
  wire [15:0] chosen = ({{16{{picked[k]}}}} & v_q) | {{8'd0, score_read}};
{unit_value}  always @(*) begin
    {spike} = s7 & valid[{s7}];
    trace_u[16*k +: 16] = u7;
    trace_v[16*k +: 16] = v7;
  end
end endgenerate",
        // Units that lie far from each other keep what they read beside their memories: the way to the one
        // register would come behind the memory's.
        value_is = match far {
            true => "always @(*) value = unit_value[0];",
            false => "always @(posedge clock) value <= unit_value[0];",
        },
        unit_value = match far {
            true => {
                "  reg [15:0] kept_value;
  always @(posedge clock) kept_value <= chosen;
  assign unit_value[k] = unit_value[k+1] | kept_value;
"
            }
            false => "  assign unit_value[k] = unit_value[k+1] | chosen;\n",
        },
        param_msb = spec.param_rows.ilog2() - 1,
        param_last = spec.param_rows - 1,
        unit_msb = units - 1,
        // A port of one bit has no index.
        spike = if units == 1 { "spikes" } else { "spikes[k]" },
        here = match units {
            1 => "1'b1".into(),
            _ => format!("read_unit[{}:0] == k", units.ilog2() - 1),
        },
        state_last = spec.state_rows - 1,
        state_msb = spec.state_rows.ilog2() - 1,
        c_msb = c - 1,
        sum_msb = spec.sum_bits - 1,
        high_pad = 31 - spec.sum_bits,
        extension = spec.sum_bits - 16,
    )
}

/// The threshold of the row that comes to F5 next. Where units lie far from each other it is read a stage sooner
/// and kept: block RAM before a subtraction takes their whole cycle. Shared wires, and the memory of a unit.
fn thresholds(spec: &CoreSpec) -> (String, String) {
    let (s3, param_msb) = (3 + spec.leak_stages(), spec.param_rows.ilog2() - 1);
    if spec.fetch_stages == 0 {
        let unit = format!(
            "  always @(posedge clock) begin
    if (selected & ~write_address[0]) theta[write_row] <= write_data;
    theta_q <= theta[param4[{param_msb}:0]];
  end
"
        );
        return (String::new(), unit);
    }
    let row = format!(
        "\
reg [7:0] param3;
always @(posedge clock) param3 <= (valid[{s3}] & ~last[{s3}]) ? param3 + 8'd1 : param_row;
"
    );
    let unit = format!(
        "  always @(posedge clock) if (selected & ~write_address[0]) theta[write_row] <= write_data;
  reg signed [15:0] theta_read;
  always @(posedge clock) begin
    theta_read <= theta[param3[{param_msb}:0]];
    theta_q <= theta_read;
  end
"
    );
    (row, unit)
}

/// Scores and the upper parts of sums in a memory each, whose upper halves are never written: what a first
/// tick reads, and a pass that begins its tick. Shared wires, and the memories of a unit.
fn apart(spec: &CoreSpec) -> (String, String) {
    let [s4, s5, s6, s7] = [4, 5, 6, 7].map(|stage| stage + spec.leak_stages());
    // Where block RAM is slow, scores are read a stage sooner and kept.
    let slow = spec.slow_memory();
    let (shared, starts, keeps) = if slow {
        let row = format!(
            "\
reg [7:0] param5;
always @(posedge clock) param5 <= (valid[{s5}] & ~last[{s5}]) ? param5 + 8'd1 : param_row;
wire [7:0] score_row = read ? read_row : param5;
"
        );
        (row, s5, "  reg [7:0] score_read;\n  always @(posedge clock) score_q <= score_read;\n")
    } else {
        let row = "wire [7:0] score_row = read ? read_row : param6;\n".into();
        (row, s6, "  wire [7:0] score_read = score_q;\n")
    };
    let read = if slow { "score_read" } else { "score_q" };
    let unit = format!(
        "\
  reg [{high_msb}:0] high [0:{half_last}];
  reg [7:0] score [0:{score_last}];
  integer i;
  initial for (i = 0; i <= {half_last}; i = i + 1) high[i] = 0;
  initial for (i = 0; i <= {score_last}; i = i + 1) score[i] = 0;
  reg [{high_msb}:0] high_q;
{keeps}  wire score_starts = read ? potentials | ~here : tick0[{starts}];
  always @(posedge clock) begin
    if (valid[{s4}]) high[{{1'b0, param4[{row_msb}:0]}}] <= sum[{sum_msb}:16];
    high_q <= high[{{row_begins, param0[{row_msb}:0]}}];
  end
  always @(posedge clock) begin
    if (valid[{s7}]) score[{{1'b0, param7[{state_msb}:0]}}] <= scored;
    {read} <= score[{{score_starts, score_row[{state_msb}:0]}}];
  end
",
        high_msb = spec.sum_bits - 17,
        sum_msb = spec.sum_bits - 1,
        half_last = 2 * spec.tile_rows() - 1,
        score_last = 2 * spec.state_rows - 1,
        row_msb = spec.tile_rows().ilog2() - 1,
        state_msb = spec.state_rows.ilog2() - 1,
    );
    (shared, unit)
}

/// The same in one memory, read in F0 and written in F7: the sum's upper part waits for its write, the
/// score for its use.
fn shared(spec: &CoreSpec) -> (String, String) {
    let [s6, s7] = [6, 7].map(|stage| stage + spec.leak_stages());
    let unit = format!(
        "\
  reg [15:0] kept [0:{state_last}];
  reg [15:0] kept_q;
  reg [7:0] high5, high6, high7;
  reg [{delay_msb}:0] scores;
  wire [7:0] high_q = kept_q[7:0] & {{8{{~begins[1]}}}};
  reg reads_score;
  wire [7:0] score_read = kept_q[15:8] & {{8{{reads_score}}}};
  always @(posedge clock) begin
    if (valid[{s7}]) kept[param7[{state_msb}:0]] <= {{scored, high7}};
    kept_q <= kept[v_row[{state_msb}:0]];
  end
  always @(posedge clock) begin
    reads_score <= ~potentials & here;
    high5 <= sum[23:16];
    high6 <= high5;
    high7 <= high6;
    scores <= {{scores[{delay_msb}-8:0], kept_q[15:8]}};
    score_q <= scores[{delay_msb}-:8] & {{8{{~tick0[{s6}]}}}};
  end
",
        state_last = spec.state_rows - 1,
        state_msb = spec.state_rows.ilog2() - 1,
        delay_msb = 8 * (s6 - 1) - 1,
    );
    (String::new(), unit)
}

/// Multipliers with registers in front and behind; the addends come in F3 with the sum.
const INFERRED: &str = "  reg signed [15:0] mac_v, mac_d;
  reg [15:0] mac_m, mac_g;
  reg signed [31:0] mac_r, mac_b, mac_r2, mac_b2, mac_leaked, mac_driven;
  always @(posedge clock) begin
    mac_v <= v_q;
    mac_m <= leak_m1;
    mac_r <= {16'h8000, leak_r1};
    mac_d <= drive;
    mac_g <= gain;
    mac_b <= addend;
    mac_r2 <= mac_r;
    mac_b2 <= mac_b;
    mac_leaked <= mac_v * $signed({1'b0, mac_m});
    mac_driven <= mac_d * $signed({1'b0, mac_g});
  end
  assign leaked = mac_leaked + mac_r2;
  assign driven = mac_driven + mac_b2;
";

/// Leak: v, 2v or 3v for each two bits of M, added two by two; the last sum takes R in. Drive: a shift by
/// the gain's logarithm in two steps, which then meets the addend.
fn gates(spec: &CoreSpec) -> String {
    let (c, top) = (spec.count_bits, spec.sum_bits);
    let part = |k: usize| {
        format!(
            "  wire signed [17:0] part{k} = ({{18{{g_m[{low}]}}}} & {{18{{~g_m[{high}]}}}} & g_v)
    | ({{18{{g_m[{high}]}}}} & (g_m[{low}] ? g_v3 : {{g_v[16:0], 1'b0}}));\n",
            low = 2 * k,
            high = 2 * k + 1
        )
    };
    let parts: String = (0..8).map(part).collect();
    format!(
        "\
  // Operands of these sums are signed, and extended to the width of their result.
  // verilator lint_off WIDTH
  reg signed [17:0] g_v, g_v3;
  reg [15:0] g_m;
  reg [15:0] g_r2, g_r3;
  reg signed [{c}:0] g_d;
  reg [3:0] g_shift2;
  reg [1:0] g_shift3;
  reg signed [{c}+3:0] g_d3;
  reg signed [{top}:0] g_d4;
  reg [{top}:0] g_b2, g_b3, g_b4;
{parts}  reg signed [20:0] pair0, pair1, pair2, pair3;
  reg signed [25:0] four0, four1;
  reg [15:0] g_leaked;
  wire signed [32:0] product = four0 + $signed({{four1, 8'd0}});
  reg [{top}:0] g_driven;
  always @(posedge clock) begin
    g_v <= v_q;
    g_v3 <= $signed({{v_q[15], v_q, 1'b0}}) + v_q;
    g_m <= leak_m1;
    g_r2 <= leak_r1;
    pair0 <= part0 + $signed({{part1, 2'd0}});
    pair1 <= part2 + $signed({{part3, 2'd0}});
    pair2 <= part4 + $signed({{part5, 2'd0}});
    pair3 <= part6 + $signed({{part7, 2'd0}});
    g_r3 <= g_r2;
    four0 <= pair0 + $signed({{pair1, 4'd0}}) + $signed({{1'b0, g_r3}});
    four1 <= pair2 + $signed({{pair3, 4'd0}});
    g_leaked <= {{~product[31], product[30:16]}};
    g_d <= drive;
    g_shift2 <= {{|gain[15:8], |{{gain[15:12], gain[7:4]}}, |{{gain[15:14], gain[11:10], gain[7:6], gain[3:2]}},
      |{{gain[15], gain[13], gain[11], gain[9], gain[7], gain[5], gain[3], gain[1]}}}};
    g_d3 <= $signed({{g_d, 3'd0}}) >>> (2'd3 - g_shift2[1:0]);
    g_shift3 <= g_shift2[3:2];
    g_d4 <= $signed(g_d3) <<< {{g_shift3, 2'd0}};
    g_b2 <= addend[{top}:0];
    g_b3 <= g_b2;
    g_b4 <= g_b3;
    g_driven <= g_d4 + g_b4;
  end
  // verilator lint_on WIDTH
  assign leaked = {{g_leaked, 16'd0}};
  assign driven = {{{rest}'d0, g_driven}};
",
        rest = 31 - top,
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
