//! Verilog of the lane bank.

use spikewright_ir::{CoreSpec, WeightMemory};

/// The module body for a core of `spec`: weight memory, counters, shadow.
pub fn lane_verilog(spec: &CoreSpec) -> String {
    let (lanes, banks, c) = (spec.lanes, spec.lanes / 16, spec.count_bits);
    let style = match spec.weights {
        WeightMemory::Spram => "huge",
        WeightMemory::Block => "block",
    };
    let fetch = fetch_stage(spec);
    let (gangs, gangs_start, gangs_end) = match spec.gangs {
        1 => ("wire [2:0] gangs = 3'd0;\n", "", ""),
        _ => (
            "reg [2:0] gangs;\n",
            "gangs <= gangs_m1;",
            "if (gang_ends & |gangs) gangs <= gangs - 3'd1;",
        ),
    };
    format!(
        "\
// One address for all banks: single-port memory, written while the core is idle.
wire [{row_msb}:0] read_row = {{row_group[{group_msb}:0], row_word[{word_msb}:0], row_bit}};
wire [{row_msb}:0] row = write ? write_address[{row_msb}+{bank_bits}:{bank_bits}] : read_row;
reg [{lane_msb}:0] weights;
wire [{lane_msb}:0] fetched;
{fetch}reg e2_valid, e2_first, e2_fire, e2_tick;
(* keep *) reg [{copy_msb}:0] e2_null;
reg e3_fire, e3_tick, e3_null;
always @(posedge clock) begin
  e2_valid <= f_valid;
  e2_first <= f_valid & f_first;
  e2_null <= {{{copies}{{f_null}}}};
  e2_fire <= f_valid & f_fire;
  e2_tick <= f_tick;
  e3_fire <= e2_fire;
  e3_tick <= e2_tick;
  e3_null <= e2_null[0];
end
// Copies keep the fan-out of the two strobes at 16 lanes.
(* keep *) reg [{bank_msb}:0] count_en;
(* keep *) reg [{bank_msb}:0] load;
(* keep *) reg [{bank_msb}:0] shift_en;
reg active;
reg [{left_msb}:0] left;
{gangs}initial begin
  e2_valid = 1'b0;
  e2_first = 1'b0;
  e2_fire = 1'b0;
  e3_fire = 1'b0;
  count_en = 0;
  load = 0;
  shift_en = 0;
  active = 1'b0;
end
wire starts = e3_fire;
wire gang_ends = active & (left == 0);
wire ends = gang_ends & ~(|gangs);
always @(posedge clock) begin
  count_en <= {{{banks}{{e2_valid}}}};
  load <= {{{banks}{{e2_first}}}};
  if (starts) begin
    active <= 1'b1;
    shift_en <= {{{banks}{{1'b1}}}};
    left <= rows_m1[{left_msb}:0];
    {gangs_start}
    row_first_tick <= e3_tick;
  end else begin
    if (ends) begin
      active <= 1'b0;
      shift_en <= {{{banks}{{1'b0}}}};
    end
    left <= (gang_ends & |gangs) ? rows_m1[{left_msb}:0] : left - 1'b1;
    {gangs_end}
  end
end
always @(*) begin
  row_starts = starts;
  row_valid = active;
  row_last = gang_ends;
  gang_starts = gang_ends & |gangs;
  gang_last = gang_ends & (gangs == 3'd1);
end
reg [{c_msb}:0] running;
reg [{c_msb}:0] inverted_pushed;
reg slots;
wire [{c_msb}:0] first_count;
wire [{count_wires}:0] shadows;
wire slot_follows = slots & active & ({slot_last});
always @(posedge clock) begin
  if (load[0]) begin
    inverted_pushed <= ~(windowed ? first_count : running) | {{{c}{{identity}}}};
    slots <= windowed & ~identity;
    running <= {{{{{c_msb}{{1'b0}}}}, ~e3_null}};
  end else begin
    if (slot_follows) inverted_pushed <= ~shadows[{c}*{units} +: {c}];
    if (count_en[0]) running <= running + {c}'d1;
  end
end
always @(*) inverted_events = {events};
genvar b, i;
generate
  for (b = 0; b < {banks}; b = b + 1) begin : bank
    (* ram_style = \"{style}\" *) reg [15:0] mem [0:{last_row}];
    reg [15:0] q;
    always @(posedge clock)
      if (selected[b]) mem[rows[b/{copy_banks}]] <= data[16*(b/{copy_banks}) +: 16];
      else q <= mem[rows[b/{copy_banks}]];
    always @(posedge clock)
      if (e2_null[b/{copy_banks}]) weights[16*b +: 16] <= 0;
      else weights[16*b +: 16] <= fetched[16*b +: 16];
{fetched}  end
  for (i = 0; i < {lanes}; i = i + 1) begin : lane
    reg [{c_msb}:0] count;
    reg [{c_msb}:0] shadow;
    assign shadows[{c}*i +: {c}] = shadow;
    if (i == 0) begin : first
      assign first_count = count;
    end
    always @(posedge clock) begin
      if (count_en[i/16]) begin
        if (load[i/16]) count <= {{{{{c_msb}{{1'b0}}}}, weights[i]}};
        else count <= count + weights[i];
      end
      if (load[i/16] | shift_en[i/16])
        shadow <= load[i/16] ? count : shadows[{c}*(i+{units}) +: {c}];
    end
  end
endgenerate
assign shadows[{count_wires}:{count_wires}-{units}*{c}+1] = 0;
always @(*) heads = shadows[{h_msb}:0];",
        row_msb = spec.weight_rows().ilog2() - 1,
        group_msb = spec.weight_groups.ilog2() - 1,
        word_msb = spec.group_words.ilog2() - 1,
        bank_bits = spec.row_words().ilog2(),
        lane_msb = lanes - 1,
        events = match 11 - c {
            0 => "inverted_pushed".into(),
            more => format!("{{{more}'d0, inverted_pushed}}"),
        },
        fetched = fetched(spec),
        copies = copies(spec),
        copy_msb = copies(spec) - 1,
        copy_banks = banks / copies(spec),
        bank_msb = banks - 1,
        c_msb = c - 1,
        count_wires = (lanes + spec.fire_units) * c - 1,
        last_row = spec.weight_rows() - 1,
        left_msb = spec.tile_rows().next_power_of_two().ilog2() - 1,
        units = spec.fire_units,
        // A slot's last row is at the heads.
        slot_last = match spec.fire_units {
            16 => "1'b1".to_string(),
            8 => "~left[0]".to_string(),
            units => format!("~|left[{}:0]", (16 / units).ilog2() - 1),
        },
        h_msb = spec.fire_units * c - 1,
    )
}

/// Copies of what all lanes are told.
fn copies(spec: &CoreSpec) -> usize {
    if spec.fetch_stages == 0 { 1 } else { spec.lanes.div_ceil(128) }
}

/// What the lanes of bank `b` take: what its memory shows, or a register behind it.
fn fetched(spec: &CoreSpec) -> &'static str {
    match spec.fetch_stages {
        0 => "    assign fetched[16*b +: 16] = q;\n",
        _ => {
            "\
    reg [15:0] kept;
    always @(posedge clock) kept <= q;
    assign fetched[16*b +: 16] = kept;
"
        }
    }
}

/// What the weight memory is told: the token of E1 and the host's writes, or registers behind them.
fn fetch_stage(spec: &CoreSpec) -> String {
    let (row_msb, banks) = (spec.weight_rows().ilog2() - 1, spec.lanes / 16);
    let (bank_bits, copies) = (spec.row_words().ilog2(), copies(spec));
    let (bank_msb, copy_msb, data_msb) = (banks - 1, copies - 1, 16 * copies - 1);
    let chosen = format!(
        "\
wire [{bank_msb}:0] chosen;
genvar w;
generate for (w = 0; w < {banks}; w = w + 1) begin : choice
  assign chosen[w] = write & (write_address[{bank_bits}-1:0] == w);
end endgenerate
"
    );
    match spec.fetch_stages {
        0 => format!(
            "{chosen}\
wire f_valid = token_valid;
wire f_first = token_first;
wire f_null = token_null;
wire f_fire = token_fire;
wire f_tick = token_first_tick;
wire [{row_msb}:0] rows [0:0];
assign rows[0] = row;
wire [{bank_msb}:0] selected = chosen;
wire [15:0] data = write_data;
"
        ),
        _ => format!(
            "{chosen}\
// In front of the memory and behind it.
reg [1:0] t_valid, t_first, t_null, t_fire, t_tick;
initial t_valid = 2'd0;
always @(posedge clock) begin
  t_valid <= {{t_valid[0], token_valid}};
  t_first <= {{t_first[0], token_first}};
  t_null <= {{t_null[0], token_null}};
  t_fire <= {{t_fire[0], token_fire}};
  t_tick <= {{t_tick[0], token_first_tick}};
end
wire f_valid = t_valid[1];
wire f_first = t_first[1];
wire f_null = t_null[1];
wire f_fire = t_fire[1];
wire f_tick = t_tick[1];
wire [{row_msb}:0] rows [0:{copy_msb}];
wire [{data_msb}:0] data;
reg [{bank_msb}:0] selected;
always @(posedge clock) selected <= chosen;
generate for (w = 0; w < {copies}; w = w + 1) begin : copy
  (* keep *) reg [{row_msb}:0] row_r;
  (* keep *) reg [15:0] data_r;
  always @(posedge clock) begin
    row_r <= row;
    data_r <= write_data;
  end
  assign rows[w] = row_r;
  assign data[16*w +: 16] = data_r;
end endgenerate
"
        ),
    }
}
