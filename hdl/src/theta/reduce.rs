//! Who spikes next: rows of ψ go through a tree of comparisons, and the greatest is kept per layer, with the
//! greatest of the rows that it is not in.
//!
//! A candidate is a word: ψ + 2,048 in 12 bits above the inverted neuron in 8. The greater word is the one that
//! spikes first, of equals the lower neuron; 0 is nobody. S5 pairs of lanes, S6 both, S7 against what is kept. A pass
//! begins with nothing kept, that of one row alone with the second: in S6 of its first row, so that S7 is a
//! comparison and no more.

use spikewright_ir::ThetaSpec;

const UNITS: usize = ThetaSpec::UNITS;

/// Registers behind S5, in plain integers.
#[derive(Default)]
pub struct Reducer {
    taken: Option<Row>,
    pairs: Option<(Row, [u32; 2])>,
    row: Option<(Row, u32)>,
    kept: [Kept; 2],
}

#[derive(Clone, Copy)]
struct Row {
    number: usize,
    psi: [u32; UNITS],
    neurons: usize,
    first: bool,
    short: bool,
}

#[derive(Clone, Copy, Default)]
struct Kept {
    best: u32,
    second: u32,
    known: bool,
}

impl Reducer {
    /// What stands in S5 in the next cycle.
    pub fn take(
        &mut self,
        number: usize,
        psi: [u32; UNITS],
        neurons: usize,
        first: bool,
        short: bool,
    ) {
        self.taken = Some(Row { number, psi, neurons, first, short });
    }

    /// A rising edge of the clock, before what is taken.
    pub fn edge(&mut self) {
        if let Some((row, word)) = self.row.take() {
            let kept = &mut self.kept[row.number / 64];
            let before = match (row.first, row.short) {
                (true, true) => Kept { best: kept.second, second: 0, known: false },
                (true, false) => Kept { best: 0, second: 0, known: true },
                _ => *kept,
            };
            *kept = if word > before.best {
                Kept { best: word, second: before.best, known: true }
            } else {
                Kept { second: before.second.max(word), ..before }
            };
        }
        self.row = self.pairs.take().map(|(row, pairs)| (row, pairs[0].max(pairs[1])));
        self.pairs = self.taken.take().map(|row| {
            let word = |unit: usize| match row.neurons >> unit & 1 {
                1 => row.psi[unit] << 8 | (!(row.number % 64 * UNITS + unit) & 0xff) as u32,
                _ => 0,
            };
            (row, [word(0).max(word(1)), word(2).max(word(3))])
        });
    }

    /// Next spiker of each layer.
    pub fn best(&self) -> [u32; 2] {
        self.kept.map(|k| k.best)
    }

    /// Of each layer, whether the one behind it is known.
    pub fn known(&self) -> [bool; 2] {
        self.kept.map(|k| k.known)
    }
}

/// The same behind `next`, `next_row` and `next_valid` of a bank.
pub fn verilog() -> String {
    "\
reg s5_first, s5_short, s6_first, s6_short;
reg s6_valid, s7_valid;
reg [3:0] s5_neurons;
reg [6:0] s6_row, s7_row;
initial begin
  s6_valid = 1'b0;
  s7_valid = 1'b0;
end
wire [11:0] lane0 = s5_neurons[0] ? {~next[11], next[10:0]} : 12'd0;
wire [11:0] lane1 = s5_neurons[1] ? {~next[23], next[22:12]} : 12'd0;
wire [11:0] lane2 = s5_neurons[2] ? {~next[35], next[34:24]} : 12'd0;
wire [11:0] lane3 = s5_neurons[3] ? {~next[47], next[46:36]} : 12'd0;
reg [12:0] low, high;
reg [13:0] most;
wire second_pair = low[12:1] < high[12:1];
always @(posedge clock) begin
  s5_first <= first;
  s5_short <= short;
  s5_neurons <= neurons;
  low <= (lane0 < lane1) ? {lane1, 1'b0} : {lane0, 1'b1};
  high <= (lane2 < lane3) ? {lane3, 1'b0} : {lane2, 1'b1};
  s6_valid <= next_valid;
  s6_first <= s5_first;
  s6_short <= s5_short;
  s6_row <= next_row;
  most <= second_pair ? {high[12:1], 1'b0, high[0]} : {low[12:1], 1'b1, low[0]};
  s7_valid <= s6_valid;
  s7_row <= s6_row;
end
wire [19:0] word = {most[13:2], ~s7_row[5:0], most[1:0]};
genvar l;
generate for (l = 0; l < 2; l = l + 1) begin : kept
  // Inverted, so that the carry of a sum alone compares: a > b where a + ~b does not fit.
  reg [19:0] mine, second;
  reg sure;
  // Rows come in rising order, so that equals go to what is kept; but a row alone may be before it.
  reg lower;
  wire begins = s6_valid & s6_first & (s6_row[6] == l);
  wire [13:0] first_sum = {1'b0, word[19:8], lower} + {1'b0, mine[19:8], 1'b1};
  wire [12:0] second_sum = {1'b0, word[19:8]} + {1'b0, second[19:8]};
  wire above = first_sum[13];
  always @(*) begin
    best[20*l +: 20] = ~mine;
    known[l] = sure;
  end
  always @(posedge clock) begin
    lower <= s6_short & (second[7:2] > s6_row[5:0]);
    if (begins) begin
      mine <= s6_short ? second : 20'hfffff;
      second <= 20'hfffff;
      sure <= ~s6_short;
    end else if (s7_valid & (s7_row[6] == l)) begin
      if (above) begin
        mine <= ~word;
        second <= mine;
        sure <= 1'b1;
      end else if (second_sum[12]) second <= ~word;
    end
  end
end endgenerate"
        .into()
}
