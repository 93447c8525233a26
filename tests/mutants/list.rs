//! The mutants, block by block in the order of the datasheet.

/// A fault: in module `top<module>`, `find` becomes `replace`.
pub struct Mutant {
    pub name: &'static str,
    pub module: &'static str,
    pub find: &'static str,
    pub replace: &'static str,
}

const fn mutant(
    name: &'static str,
    module: &'static str,
    find: &'static str,
    replace: &'static str,
) -> Mutant {
    Mutant { name, module, find, replace }
}

/// All of them.
pub const MUTANTS: &[Mutant] = &[
    // host bus
    mutant("cycles start at 0", "$host", "cycles$d = one24;", "cycles$d = zero24;"),
    mutant("events not cleared", "$host", "events$d = zero24;", "events$d = events$q;"),
    mutant("scores read for potentials", "$host", "potentials_r$d = data_r$q[32'h8];", ""),
    mutant("high half of cycles reads 0", "$host", "cycles$q[(32'h10)+:(8)]", "8'h0"),
    mutant("high half of events reads 0", "$host", "events$q[(32'h10)+:(8)]", "8'h0"),
    // scan control
    mutant(
        "gate ignored",
        "$scan",
        "open = ~gate$q | ~slack$q[32'h8] | ~begins_tick$q;",
        "open = 1'b1;",
    ),
    mutant(
        "gate opens one pass early",
        "$scan",
        "slack$d = ((ticks_m1) & 9'h1ff);",
        "slack$d = ((ticks_m1) & 9'h1ff) + one9;",
    ),
    mutant("flush is a pass", "$scan", "s1_flush$d = flushing;", "s1_flush$d = 1'b0;"),
    mutant(
        "parity stuck",
        "$scan",
        "s1_parity$d = pass_parity$q ^ flushing;",
        "s1_parity$d = 1'b1;",
    ),
    mutant(
        "weight group runs on from tick to tick",
        "$scan",
        "weight_r$d = weight_base$q;",
        "weight_r$d = (tick$q == ticks_m1) ? weight_base$q : weight_r$q;",
    ),
    mutant(
        "last group of a pass skipped",
        "$scan",
        "final_group$d = left$q == one5;",
        "final_group$d = left$q == (one5 + one5);",
    ),
    mutant(
        "weights of plane 0 for all planes",
        "$scan",
        "if (first_plane$q) begin",
        "weight_r$d = weight_base$q; if (first_plane$q) begin",
    ),
    mutant("planes of the source run on", "$scan", "group_r$d = plane_group$q;", ""),
    mutant(
        "source planes not counted",
        "$scan",
        "last_input$d = value_plane$q == inputs_m1$q;",
        "last_input$d = 1'b1;",
    ),
    mutant(
        "every pass waits for the source",
        "$scan",
        "tick_starts = begins_tick$q;",
        "tick_starts = 1'b1;",
    ),
    // first extractor
    mutant("summary bit ignored", "$groups", "nibble$d = summary;", "nibble$d = summary & 4'hd;"),
    mutant("no null token", "$groups", "| (s1_last & ~seen$q)", ""),
    mutant(
        "null token after events",
        "$groups",
        "seen$d = ~s1_last & (seen$q | nonzero);",
        "seen$d = 1'b0;",
    ),
    mutant("push into a full FIFO", "$groups", "push = valid$q & ~full;", "push = valid$q;"),
    // FIFOs
    mutant("event FIFO loses its second entry", "$events", "has_second$d = 1'b1;", ""),
    mutant("event FIFO passes a newer entry", "$events", "first$d = second$q;", "first$d = entry;"),
    mutant("word FIFO keeps what was taken", "$words", "has_second$d = 1'b0;", ""),
    // second extractor
    mutant("last nibble dropped", "$bits_of", "a_word$q[(32'hc)+:(4)]", "4'h0"),
    mutant("bit 3 taken for bit 2", "$bits_of", "b_lowest = 32'h3;", "b_lowest = 32'h2;"),
    mutant(
        "second event of a nibble dropped",
        "$bits_of",
        "b_single$d = a_nibble_single;",
        "b_single$d = 1'b1;",
    ),
    // issue
    mutant(
        "no guard",
        "$issue",
        "takes = head_valid & ~(is_first & guarded);",
        "takes = head_valid;",
    ),
    mutant("parity of the last sample", "$issue", "parity$d = 1'b0;", ""),
    mutant("flush leaves a pass behind", "$issue", "loaded$d = ~head[32'h10];", "loaded$d = 1'b1;"),
    mutant("null token counted as event", "$issue", "takes & ~head[32'hf]", "takes"),
    // sequencer
    mutant(
        "guard one cycle short",
        "$sequencer",
        "(guard$q == two8)",
        "(guard$q == (two8 + one8))",
    ),
    mutant(
        "table entry loaded while rows shift",
        "$sequencer",
        "load_at = 8'h5;",
        "load_at = 8'h7;",
    ),
    mutant("table entry loaded too late", "$sequencer", "load_at = 8'h5;", "load_at = 8'h4;"),
    mutant(
        "last tick not seen",
        "$sequencer",
        "is_last_tick$d = ~|tick$q;",
        "is_last_tick$d = &tick$q;",
    ),
    mutant("tile does not move on", "$sequencer", "tile$d = tile$q + one6;", ""),
    mutant("span of the last tick ignored", "$sequencer", "guard$d = w2$q[(32'h8)+:(8)];", ""),
    mutant(
        "plane of the source counts as plane 0",
        "$sequencer",
        "planes_past$d = ((plane$q) & 4'hf) + ((value_plane$q) & 4'hf);",
        "planes_past$d = ((plane$q) & 4'hf);",
    ),
    mutant(
        "pass fires early",
        "$sequencer",
        "is_end$d = is_last_plane$q & is_last_input$q;",
        "is_end$d = is_last_plane$q;",
    ),
    mutant(
        "weight plane not reset",
        "$sequencer",
        "is_last_plane$d = plane$q == w1$q[(32'h4)+:(3)];",
        "is_last_plane$d = 1'b0;",
    ),
    mutant(
        "entry loaded after the last",
        "$sequencer",
        "loading$d = ~w1$q[32'ha];",
        "loading$d = 1'b1;",
    ),
    mutant("leak in every pass", "$sequencer", "begins_r$d = is_begin$q;", "begins_r$d = 1'b1;"),
    // lane bank
    mutant("stale shadow", "$lanes", "load[i/16] ? count :", "load[i/16] ? shadow :"),
    mutant("counter not restarted", "$lanes", "if (load[i/16]) count", "if (1'b0) count"),
    mutant("first event of a pass dropped", "$lanes", "{{7{1'b0}}, weights[i]}", "0"),
    mutant("wrong bank", "$lanes", "fetched[16*b +: 16]", "fetched[16*(1-b) +: 16]"),
    mutant("weights of a null token", "$lanes", "if (e2_null)", "if (1'b0)"),
    mutant("null token counted in n", "$lanes", "~e3_null", "1'b1"),
    mutant(
        "n counts to 127",
        "$lanes",
        "running <= running + 8'd1",
        "running[6:0] <= running[6:0] + 7'd1",
    ),
    mutant(
        "lane counts to 127",
        "$lanes",
        "count <= count + weights",
        "count[6:0] <= count[6:0] + weights",
    ),
    mutant("one row short", "$lanes", "left <= rows_m1;", "left <= rows_m1 - 8'd1;"),
    // fire bank
    mutant("drive is 2c", "$fire", "- events[7:0]", ""),
    mutant("above ignored", "$fire", "(~above | (difference != 17'd0))", "1'b1"),
    mutant("> for >=", "$fire", "(~above | (difference != 17'd0))", "(difference != 17'd0)"),
    mutant("leak rounds down", "$fire", "mac_r <= {16'h8000, leak_r1};", "mac_r <= 32'h80000000;"),
    mutant("leak multiplier off by one", "$fire", "mac_m <= leak_m1;", "mac_m <= leak_m1 + 16'd1;"),
    mutant("first tick keeps a potential", "$fire", "(row_first_tick ? 16'd0 : leak_m)", "leak_m"),
    mutant("saturation removed", "$fire", "fits = ~(|sum[23:15]) | (&sum[23:15]);", "fits = 1'b1;"),
    mutant("saturates downward only", "$fire", "{15{~sum[23]}}", "15'd0"),
    mutant(
        "reset to zero ignored",
        "$fire",
        "(zero ? 16'd0 : difference[15:0])",
        "difference[15:0]",
    ),
    mutant("reset missed in memory", "$fire", "<= v7;", "<= u7;"),
    mutant("readout layer fires", "$fire", "final6 <= fires & ends[5];", "final6 <= ends[5];"),
    mutant(
        "score of the last sample",
        "$fire",
        "score_starts = tick0[6] & ~read;",
        "score_starts = 1'b0;",
    ),
    mutant("score off", "$fire", "score_q + (step & {8{counts}});", "score_q;"),
    mutant("spikes add up in a first spike", "$fire", "(~first_spike | (score_q == 8'd0))", "1'b1"),
    mutant("readout sees no score", "$fire", "tick0[6] & ~read", "tick0[6]"),
    mutant("bias of row 0", "$fire", "param0 + 8'd1", "param0"),
    mutant("threshold of row 0", "$fire", "param4 + 8'd1", "param4"),
    mutant("potential lands a row late", "$fire", "param7 <= param6;", "param7 <= param6 + 8'd1;"),
    mutant("bias in every pass", "$fire", "param0 | {8{~row_begins}}", "param0"),
    mutant("upper half of a sum lost", "$fire", "{{8{1'b0}}, high_q}", "16'd0"),
    mutant(
        "a tick begins with a sum's upper half",
        "$fire",
        "{row_begins, param0[3:0]}",
        "{1'b0, param0[3:0]}",
    ),
    mutant(
        "low half keeps its top bit",
        "$fire",
        "ends[4] ? sum[23] : ~sum[15]",
        "ends[4] ? sum[23] : sum[15]",
    ),
    mutant(
        "offsets stay in a first pass",
        "$fire",
        "{{8{begins[3]}}, leaked[31:16]}",
        "{8'd0, leaked[31:16]}",
    ),
    mutant(
        "bias is stored as it comes",
        "$fire",
        "{~write_data[15], write_data[14:0]}",
        "write_data",
    ),
    mutant("sum of passes saturates", "$fire", "(~ends[4] | fits)", "fits"),
    mutant(
        "sum of 18 bits",
        "$fire",
        "fits = ~(|sum[23:15]) | (&sum[23:15]);",
        "fits = ~(|sum[17:15]) | (&sum[17:15]);",
    ),
    mutant("sum of 23 bits", "$fire", "+ driven[23:0];", "+ {driven[22], driven[22:0]};"),
    mutant(
        "saturation sees 23 bits of a sum",
        "$fire",
        "fits = ~(|sum[23:15]) | (&sum[23:15]);",
        "fits = ~(|sum[22:15]) | (&sum[22:15]);",
    ),
    mutant(
        "upper half of a sum keeps 7 bits",
        "$fire",
        "<= sum[23:16];",
        "<= {sum[22], sum[22:16]};",
    ),
    mutant("sum leaks between passes", "$fire", "leak_m) : 16'd65535;", "leak_m) : leak_m;"),
    mutant("sum rounds between passes", "$fire", "~row_begins | ", ""),
    mutant(
        "every pass is written",
        "$fire",
        "out_valid = valid[7] & ends[7];",
        "out_valid = valid[7];",
    ),
    mutant("every pass fires", "$fire", "final6 <= fires & ends[5];", "final6 <= fires;"),
    // writer
    mutant("summary sees bit 0 only", "$writer", "if (|gathered$q)", "if (gathered$q[32'h0])"),
    mutant("summary of the group before", "$writer", "kept = 32'h0;", ""),
    mutant("ticks follow without stride", "$writer", "base$q + target_stride", "base$q + one8"),
    mutant(
        "pass done one cycle early",
        "$writer",
        "pass_done = f9_last$q;",
        "pass_done = f8_last$q;",
    ),
    mutant("readout starts with the first tile", "$writer", "row_last & last_tile &", "row_last &"),
    // readout
    mutant(
        "tie to the higher class",
        "$readout",
        "+ ((best_inverted$q) & 17'h1ffff);",
        "+ ((best_inverted$q) & 17'h1ffff) + 17'h1;",
    ),
    mutant("first class never wins", "$readout", "better = is_first$q |", "better ="),
    mutant("unsigned potentials", "$readout", "ordered = value ^ sign;", "ordered = value;"),
    mutant(
        "never undecided",
        "$readout",
        "undecided_r$d = ~potentials &",
        "undecided_r$d = 1'b0 &",
    ),
    mutant("readout begins at row 0", "$readout", "row_r$d = param_row;", "row_r$d = zero8;"),
    mutant("classes of row 0 only", "$readout", "row_r$d = row_r$q + one8;", ""),
    mutant(
        "last class not compared",
        "$readout",
        "read_last$d = running$q & last;",
        "read_last$d = running$q & (left$q == one8);",
    ),
];
