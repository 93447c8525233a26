//! The proofs, block by block in the order of the datasheet, each with faults that break it.

use super::mutation::{Mutant, mutant};

/// What is emitted.
#[derive(Clone, Copy)]
pub enum Design {
    /// The core.
    Core,
    /// Core and serial link.
    System,
    /// A spike memory of few words.
    SpikeMemory,
}

/// A checker, what it is about, and how it is proved.
pub struct Proof {
    pub name: &'static str,
    pub checker: &'static str,
    pub design: Design,
    /// Module `top<module>`.
    pub module: &'static str,
    /// Steps of the induction, or of the bounded proof.
    pub depth: u32,
    /// The property is about what happens within a time, from the initial state on.
    pub bounded: bool,
    /// Width of the module's entries, where its checker serves modules of several.
    pub width: usize,
    /// Yosys commands before processes become registers.
    pub before: &'static str,
    /// Yosys commands before the hierarchy goes.
    pub flatten: &'static str,
    /// Yosys commands on the whole.
    pub after: &'static str,
    /// How long it takes, roughly in seconds.
    pub weight: u32,
    pub faults: &'static [Mutant],
}

impl Proof {
    /// As the document names it.
    pub fn method(&self) -> String {
        let kind = if self.bounded { "bounded" } else { "induction" };
        format!("{kind}, {}", self.depth)
    }
}

/// A proof about a block of the core by induction.
const fn block(
    name: &'static str,
    checker: &'static str,
    module: &'static str,
    depth: u32,
    faults: &'static [Mutant],
) -> Proof {
    Proof {
        name,
        checker,
        design: Design::Core,
        module,
        depth,
        bounded: false,
        width: 0,
        before: "",
        flatten: "",
        after: "",
        weight: 1,
        faults,
    }
}

/// Memories whose contents are left open: any image, any spikes.
const OPEN: &str = "cutpoint top/scan_low top/tables top/spikes;";

/// All of them.
pub const PROOFS: &[Proof] = &[
    Proof {
        weight: 4,
        ..block(
            "handshakes",
            include_str!("handshakes.sv"),
            "",
            2,
            &[
                mutant(
                    "push into a full word FIFO",
                    "$groups",
                    "push = valid$q & ~full;",
                    "push = valid$q;",
                ),
                mutant(
                    "pop from an empty word FIFO",
                    "$bits_of",
                    "pop = r_goes & head_valid;",
                    "pop = r_goes;",
                ),
                mutant(
                    "S1 overwritten",
                    "$scan",
                    "advance = ~s1_valid$q | taken;",
                    "advance = 1'b1;",
                ),
                mutant(
                    "weights written while busy",
                    "$host",
                    "write_weights = to_weights$q & idle;",
                    "write_weights = to_weights$q;",
                ),
            ],
        )
    },
    block(
        "scan",
        include_str!("scan.sv"),
        "$scan",
        2,
        &[
            mutant(
                "last group of a pass skipped",
                "$scan",
                "final_group$d = left$q == one5;",
                "final_group$d = left$q == (one5 + one5);",
            ),
            mutant(
                "a halt that waits for S1",
                "$scan",
                "if (halt) begin",
                "if (halt & moves) begin",
            ),
            mutant("gate ignored", "$scan", "~(entry[32'hd] & closed)", "1'b1"),
            mutant(
                "joined pass begins anew",
                "$scan",
                "~(pass_parity$q ^ more$q)",
                "~pass_parity$q",
            ),
        ],
    ),
    block(
        "watchdog",
        include_str!("watchdog.sv"),
        "$host",
        1,
        &[
            mutant(
                "busy for good",
                "$host",
                "complete | (overdue & (cycles$q[(32'h10)+:(4)] == most4))",
                "complete",
            ),
            mutant(
                "an idle core is halted",
                "$host",
                "halt = overdue & busy_r$q;",
                "halt = overdue;",
            ),
        ],
    ),
    Proof {
        design: Design::SpikeMemory,
        flatten: "opt_clean; memory -nordff;",
        ..block(
            "spikes",
            include_str!("spikes.sv"),
            "",
            2,
            &[
                mutant(
                    "summary sees bit 0 only",
                    "",
                    "summaries[write_group[1:0]][1] <= |write_data;",
                    "summaries[write_group[1:0]][1] <= write_data[0];",
                ),
                mutant(
                    "summary of a group is its last word's",
                    "",
                    "summaries[write_group[1:0]][1] <= |write_data;",
                    "summaries[write_group[1:0]] <= {2'b0, |write_data, 1'b0};",
                ),
            ],
        )
    },
    block(
        "groups",
        include_str!("groups.sv"),
        "$groups",
        2,
        &[
            mutant(
                "summary bit ignored",
                "$groups",
                "nibble$d = masked;",
                "nibble$d = masked & 4'hd;",
            ),
            mutant("no null entry", "$groups", "| (s1_last & ~seen$q)", ""),
            mutant(
                "null entry after events",
                "$groups",
                "seen$d = ~s1_last & (seen$q | nonzero);",
                "seen$d = 1'b0;",
            ),
        ],
    ),
    Proof {
        width: 21,
        ..block(
            "word-fifo",
            include_str!("fifo.sv"),
            "$words",
            2,
            &[
                mutant(
                    "word FIFO keeps what was taken",
                    "$words",
                    "stays & (has_second$q | push)",
                    "has_second$q | push",
                ),
                mutant(
                    "word FIFO loses its second entry",
                    "$words",
                    "(has_second$q | push)",
                    "has_second$q",
                ),
            ],
        )
    },
    block(
        "bits",
        include_str!("bits.sv"),
        "$bits_of",
        3,
        &[
            mutant("last nibble dropped", "$bits_of", "a_word$q[(32'hc)+:(4)]", "4'h0"),
            mutant("bit 3 taken for bit 2", "$bits_of", "b_lowest = 32'h3;", "b_lowest = 32'h2;"),
            mutant(
                "second event of a nibble dropped",
                "$bits_of",
                "b_single$d = a_nibble_single;",
                "b_single$d = 1'b1;",
            ),
        ],
    ),
    Proof {
        width: 17,
        ..block(
            "event-fifo",
            include_str!("fifo.sv"),
            "$events",
            2,
            &[
                mutant(
                    "event FIFO passes a newer entry",
                    "$events",
                    "first$d = second$q;",
                    "first$d = entry;",
                ),
                mutant(
                    "event FIFO loses its second entry",
                    "$events",
                    "(has_second$q | push)",
                    "has_second$q",
                ),
            ],
        )
    },
    block(
        "issue",
        include_str!("issue.sv"),
        "$issue",
        2,
        &[
            mutant(
                "no guard",
                "$issue",
                "takes = head_valid & ~(is_first & guarded);",
                "takes = head_valid;",
            ),
            mutant(
                "flush leaves a pass behind",
                "$issue",
                "loaded$d = ~head[32'h10];",
                "loaded$d = 1'b1;",
            ),
        ],
    ),
    Proof {
        before: OPEN,
        weight: 30,
        ..block(
            "passes",
            include_str!("passes.sv"),
            "",
            3,
            &[
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
                mutant("span before another tile ignored", "$sequencer", "guard$d = w1$q;", ""),
                mutant(
                    "potential lands a row late",
                    "$fire",
                    "param7 <= param6;",
                    "param7 <= param6 + 8'd1;",
                ),
            ],
        )
    },
    Proof {
        weight: 6,
        ..block(
            "lanes",
            include_str!("lanes.sv"),
            "$lanes",
            2,
            &[
                mutant(
                    "lane counts to 127",
                    "$lanes",
                    "count <= count + weights",
                    "count[6:0] <= count[6:0] + weights",
                ),
                mutant(
                    "counter not restarted",
                    "$lanes",
                    "if (load[i/16]) count",
                    "if (1'b0) count",
                ),
                mutant(
                    "n counts to 127",
                    "$lanes",
                    "running <= running + 8'd1",
                    "running[6:0] <= running[6:0] + 7'd1",
                ),
            ],
        )
    },
    Proof {
        // Each product stands for itself, in the unit as in the checker.
        after: "select -assert-count 2 t:$mul; cutpoint t:$mul;",
        weight: 6,
        ..block(
            "fire",
            include_str!("fire.sv"),
            "$fire",
            7,
            &[
                mutant(
                    "saturation removed",
                    "$fire",
                    "fits = ~(|sum[23:15]) | (&sum[23:15]);",
                    "fits = 1'b1;",
                ),
                mutant("saturates downward only", "$fire", "{15{sum[23]}}", "15'd32767"),
                mutant(
                    "sum of 23 bits",
                    "$fire",
                    "+ driven[23+1:1];",
                    "+ {driven[23], driven[23:1]};",
                ),
                mutant(
                    "low half keeps its top bit",
                    "$fire",
                    "ends[4] ? ~sum[23] : sum[15]",
                    "ends[4] ? ~sum[23] : ~sum[15]",
                ),
                mutant(
                    "> for >=",
                    "$fire",
                    "(~above | (difference != 17'd0))",
                    "(difference != 17'd0)",
                ),
                mutant(
                    "a later spike is the first",
                    "$fire",
                    "leads ? ~tick :",
                    "leads ? tick + 8'd1 :",
                ),
            ],
        )
    },
    Proof {
        before: OPEN,
        bounded: true,
        weight: 60,
        ..block(
            "progress",
            include_str!("progress.sv"),
            "",
            111,
            &[mutant(
                "no flush before a gate",
                "$scan",
                "flush_after$d = entry[32'he] |",
                "flush_after$d =",
            )],
        )
    },
    Proof {
        design: Design::System,
        ..block(
            "receiver",
            include_str!("uart_rx.sv"),
            "$receiver",
            2,
            &[
                mutant("eight bits", "$receiver", "left$d = nine;", "left$d = nine - one4;"),
                mutant(
                    "bits last longer",
                    "$receiver",
                    "if (~|count$q) begin\n                count$d = bit_cycles_m1;",
                    "if (~|count$q) begin\n                count$d = reach;",
                ),
                mutant(
                    "a byte without stop bit",
                    "$receiver",
                    "valid_r$d = line;",
                    "valid_r$d = 1'b1;",
                ),
            ],
        )
    },
    Proof {
        design: Design::System,
        ..block(
            "sender",
            include_str!("uart_tx.sv"),
            "$sender",
            2,
            &[
                mutant("one bit less", "$sender", "left$d = nine;", "left$d = nine - one4;"),
                mutant("no start bit", "$sender", "low$d = 1'b1;", ""),
                mutant(
                    "no stop bit",
                    "$sender",
                    "((shift$q >> 32'h1) & ~(1 << (32'h8)) | ((1'b1) << (32'h8)))",
                    "shift$q >> 32'h1",
                ),
            ],
        )
    },
    Proof {
        design: Design::System,
        weight: 6,
        ..block(
            "frame",
            include_str!("frame.sv"),
            "$frame",
            4,
            &[
                mutant(
                    "silence does not end a request",
                    "$frame",
                    "silent = silence$q[32'h10] & receiving;",
                    "silent = 1'b0;",
                ),
                mutant(
                    "write goes on after the last word",
                    "$frame",
                    "(at_high$q & more$q)",
                    "at_high$q",
                ),
                mutant(
                    "header not checked",
                    "$frame",
                    "accepts = at_header_check$q & writes$q & ~bad$q;",
                    "accepts = at_header_check$q & writes$q;",
                ),
                mutant(
                    "answer waits for nobody",
                    "$frame",
                    "free = ready$q & ~active & ~tx_busy;",
                    "free = ready$q & ~active;",
                ),
            ],
        )
    },
];
