//! The mutants, block by block in the order of the datasheet: from the host bus to the sequencer here.

#[path = "lanes.rs"]
mod lanes;

use super::mutation::{Mutant, mutant};

/// All of them.
pub fn mutants() -> Vec<&'static Mutant> {
    CONTROL.iter().chain(lanes::MUTANTS).collect()
}

const CONTROL: &[Mutant] = &[
    // host bus
    mutant("cycles start at 0", "$host", "cycles$d = one24;", "cycles$d = zero24;"),
    mutant("events not cleared", "$host", "events$d = zero24;", "events$d = events$q;"),
    mutant("scores read for potentials", "$host", "potentials_r$d = data_r$q[32'h8];", ""),
    mutant("high half of cycles reads 0", "$host", "cycles$q[(32'h10)+:(8)]", "8'h0"),
    mutant("tick order not told", "$host", "order_r$d = data_r$q[32'h9];", ""),
    mutant("output spikes read 0", "$host", "read_r$d = last_word;", ""),
    mutant("high half of events reads 0", "$host", "events$q[(32'h10)+:(8)]", "8'h0"),
    mutant(
        "starts unsealed",
        "$host",
        "starts = to_start$q & idle & seal$sealed;",
        "starts = to_start$q & idle;",
    ),
    mutant("refusal not told", "$host", "refused_r$d = 1'b1;", ""),
    mutant("refusal stays", "$host", "refused_r$d = 1'b0;", ""),
    mutant("control does not count", "$host", "| to_ticks$q | to_readout$q", ""),
    mutant(
        "a spike word is lost where it waits",
        "$host",
        "to_spikes$d = waits;",
        "to_spikes$d = 1'b0;",
    ),
    mutant("lost word not told", "$host", "| (waits & host_we)", ""),
    mutant("spikes while busy are an error", "$host", "& ~to_spikes$q) |", ") |"),
    mutant(
        "address of a waiting word moves on",
        "$host",
        "addr_r$d = addr_r$q;",
        "addr_r$d = host_addr[(32'h0)+:(16)];",
    ),
    // counters
    mutant("rows run on", "$host$counters", "rows$d = zero16;", ""),
    mutant("operations lose a byte", "$host$counters", "operations$q[(32'h10)+:(8)]", "8'h0"),
    mutant(
        "operations are rows",
        "$host$counters",
        "operations$q + ((count)",
        "operations$q + ((1)",
    ),
    mutant("no stalls", "$host$counters", "if (held_r$q)", "if (1'b0)"),
    mutant("saturated rows wrap", "$host$counters", "(saturated$q != most8)", "1'b1"),
    mutant(
        "sums between passes saturate",
        "$fire",
        "clipped <= valid[4] & ends[4]",
        "clipped <= valid[4]",
    ),
    // seal
    mutant("any seal is right", "$host$seal", "sealed_r$d = data == sum;", "sealed_r$d = 1'b1;"),
    mutant(
        "half a seal is right",
        "$host$seal",
        "sealed_r$d = data == sum;",
        "sealed_r$d = data[7:0] == sum[7:0];",
    ),
    mutant("sealed for good", "$host$seal", "sealed_r$d = 1'b0;", ""),
    mutant("sum goes on behind a seal", "$host$seal", "less$d = zero16;", ""),
    mutant("addresses do not count", "$host$seal", "(low << 32'h8) ^ (low >> 32'h8) ^ ", ""),
    mutant("memories are all the same", "$host$seal", "((above >> 32'h7) & lower)", "16'h0"),
    mutant("sum begins without the preset", "$host$seal", "sum = less$q ^ core;", "sum = less$q;"),
    // scan control
    mutant("gate ignored", "$scan", "~(entry[32'hd] & closed)", "1'b1"),
    mutant(
        "gate opens one pass early",
        "$scan",
        "slack$d = ((ticks_m1) & 9'h1ff);",
        "slack$d = ((ticks_m1) & 9'h1ff) + one9;",
    ),
    mutant(
        "gates let ticks overlap where one loop holds all tiles",
        "$scan",
        "slack$d = zero9;",
        "",
    ),
    mutant(
        "every pass counts as a tile",
        "$scan",
        "tile_starts = starts & entry[32'h18];",
        "tile_starts = starts;",
    ),
    mutant("flush is a pass", "$scan", "s1_flush$d = flushing;", "s1_flush$d = 1'b0;"),
    mutant("no flush before a gate", "$scan", "flush_after$d = entry[32'he] |", "flush_after$d ="),
    mutant("no flush at the end", "$scan", "(entry[32'hf] & last_tick$q)", "1'b0"),
    mutant(
        "parity stuck",
        "$scan",
        "s1_parity$d = pass_parity$q ^ flushing;",
        "s1_parity$d = 1'b1;",
    ),
    mutant(
        "weight group runs on from pass to pass",
        "$scan",
        "weight_r$d = entry[(32'h10)+:(8)];",
        "",
    ),
    mutant(
        "last group of a pass skipped",
        "$scan",
        "final_group$d = left$q == one5;",
        "final_group$d = left$q == (one5 + one5);",
    ),
    mutant(
        "source at tick 0 for all ticks",
        "$scan",
        "entry[(32'h0)+:(8)] + offset$q",
        "entry[(32'h0)+:(8)]",
    ),
    mutant(
        "source ticks follow without stride",
        "$scan",
        "offset$d = offset$q + stride;",
        "offset$d = offset$q + one8;",
    ),
    mutant("upper half read in the lower", "$scan", "offset$d = half;", ""),
    mutant("source offset of the sample before", "$scan", "offset$d = zero8;", ""),
    mutant("a stream reads tick 0 again", "$scan", "if (~resumes) begin", "if (1'b1) begin"),
    mutant("loop begins at the first pass", "$scan", "last_tick$q & ~entry[32'h1d]", "1'b0"),
    mutant(
        "loop of rounds begins behind its first round",
        "$scan",
        "last_tick$q & ~entry[32'h1d]",
        "last_tick$q",
    ),
    mutant(
        "loop does not turn back",
        "$scan",
        "goes_back = entry[32'h19] & ~last_tick$q;",
        "goes_back = 1'b0;",
    ),
    mutant("round's step forgotten", "$scan", "offset$d = source;", ""),
    mutant(
        "one round less",
        "$scan",
        "one_left$d = rounds_left$q ==",
        "one_left$d = (rounds_left$q - one6) ==",
    ),
    mutant(
        "rounds are counted on from loop to loop",
        "$scan",
        "later_round$d = ~rounds_end;",
        "later_round$d = 1'b1;",
    ),
    mutant(
        "every round waits at its gate",
        "$scan",
        "slack$q[32'h8] & ~later_round$q",
        "slack$q[32'h8]",
    ),
    mutant(
        "rounds do not pause",
        "$scan",
        "at_turn$d = ~leaves;",
        "at_turn$d = ~leaves | repeats;",
    ),
    mutant("joined pass begins anew", "$scan", "~(pass_parity$q ^ more$q)", "~pass_parity$q"),
    mutant("each part of a pass ends it", "$scan", "(final_group$q & ~more$q)", "final_group$q"),
    mutant("masked entry reads more groups", "$scan", "final_group$d = 1'b1;", ""),
    mutant(
        "sample ends after a tick",
        "$scan",
        "finished$d = entry[32'h1a] & last_tick$q;",
        "finished$d = entry[32'h1a];",
    ),
    // first extractor
    mutant("summary bit ignored", "$groups", "nibble$d = masked;", "nibble$d = masked & 4'hd;"),
    mutant("mask ignored", "$groups", "masked = summary & s1_words;", "masked = summary;"),
    mutant("no null token", "$groups", "| (s1_last & ~seen$q)", ""),
    mutant(
        "null token after events",
        "$groups",
        "seen$d = ~s1_last & (seen$q | nonzero);",
        "seen$d = 1'b0;",
    ),
    mutant("push into a full FIFO", "$groups", "push = valid$q & ~full;", "push = valid$q;"),
    // FIFOs
    mutant("event FIFO loses its second entry", "$events", "(has_second$q | push)", "has_second$q"),
    mutant("event FIFO passes a newer entry", "$events", "first$d = second$q;", "first$d = entry;"),
    mutant(
        "word FIFO keeps what was taken",
        "$words",
        "stays & (has_second$q | push)",
        "has_second$q | push",
    ),
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
        "load_at = 8'h3;",
        "load_at = 8'h5;",
    ),
    mutant("table entry loaded too late", "$sequencer", "load_at = 8'h3;", "load_at = 8'h2;"),
    mutant(
        "last tick not seen",
        "$sequencer",
        "is_last_tick$d = tick$q == ticks_m1;",
        "is_last_tick$d = 1'b0;",
    ),
    mutant("tile does not move on", "$sequencer", "tile$d = pass_entry[(32'ha)+:(6)];", ""),
    mutant("span before another tile ignored", "$sequencer", "guard$d = w1$q;", ""),
    mutant(
        "entry loaded after every pass",
        "$sequencer",
        "loading$d = switches;",
        "loading$d = 1'b1;",
    ),
    mutant(
        "entry not loaded at the end of a loop",
        "$sequencer",
        "switches = pass_entry[32'h9];",
        "switches = 1'b0;",
    ),
    mutant(
        "entry loaded at every end of a loop",
        "$sequencer",
        "switches = pass_entry[32'h9];",
        "",
    ),
    mutant(
        "pass fires early",
        "$sequencer",
        "ends_r$d = pass_entry[32'h5] & alone;",
        "ends_r$d = 1'b1;",
    ),
    mutant(
        "leak in every pass",
        "$sequencer",
        "begins_r$d = pass_entry[32'h4];",
        "begins_r$d = 1'b1;",
    ),
    mutant(
        "gain of the first pass",
        "$sequencer",
        "gain_log2$d = pass_entry[(32'h0)+:(4)];",
        "if (pass_entry[32'h4]) gain_log2$d = pass_entry[(32'h0)+:(4)];",
    ),
    mutant("fire loop begins at the first pass", "$sequencer", "loop_start$d = following;", ""),
    mutant("fire loop does not turn back", "$sequencer", "index$d = loop_start$q;", ""),
    mutant("every tick is the first", "$sequencer", "is_first_tick$d = is_last_tick$q;", ""),
    mutant(
        "no loop has a first tick but the first",
        "$sequencer",
        "is_first_tick$d = is_last_tick$q;",
        "is_first_tick$d = 1'b0;",
    ),
    mutant(
        "a stream forgets",
        "$sequencer",
        "is_first_tick$d = ~resumes;",
        "is_first_tick$d = 1'b1;",
    ),
    mutant("rounds not counted down", "$sequencer", "rounds_left$d = rounds_left$q - one6;", ""),
    mutant(
        "round counter off by one",
        "$sequencer",
        "is_last_tick$q & ~|rounds_left$q",
        "is_last_tick$q & ~|(rounds_left$q >> 1)",
    ),
    mutant("rounds forgotten", "$sequencer", "is_last_tick$q & ~|rounds_left$q", "is_last_tick$q"),
    mutant(
        "every turn is the last",
        "$sequencer",
        "done_r$d = ending & alone;",
        "done_r$d = turning & alone;",
    ),
    mutant("gangs count alike", "$sequencer", "gain_log2$d = gain_log2$q + one4;", ""),
    mutant("each gang begins its tick", "$sequencer", "begins_r$d = 1'b0;", ""),
    mutant("gangs do not end their tick", "$sequencer", "ends_r$d = ends_later$q;", ""),
    mutant("gangs do not turn", "$sequencer", "turns_r$d = turns_later$q;", ""),
    mutant("gangs are never done", "$sequencer", "done_r$d = done_later$q;", ""),
    mutant("every pass turns", "$sequencer", "turns_r$d = turning & alone;", "turns_r$d = 1'b1;"),
];

/// Mutants of the writer that show only where a tile holds all slots of a pool.
pub const POOLING: &[Mutant] = &[
    mutant("positions are not pooled", "$writer", "joined = fresh | begun;", "joined = fresh;"),
    mutant(
        "pool begins with the one before",
        "$writer",
        "if (|pooled$q & written) begin",
        "if (written) begin",
    ),
    mutant(
        "pool is a position short",
        "$writer",
        "(pooled$q == pool_m1)",
        "((pooled$q + one4) == pool_m1)",
    ),
    mutant(
        "pools run on into the next pass",
        "$writer",
        "if (pool_ends | row_last) begin",
        "if (pool_ends) begin",
    ),
];
