//! Drive: a lane for each neuron of a tile of the first layer, which counts the pulses on weights +1, and the way of
//! a row of counts to places of the drive table.
//!
//! A pulse in P1 is counted in P4, when its weights stand at the look-up's register. Rows shift out, a row a cycle:
//! V0 twice the count less all pulses, V1 times the gain, V2 plus the offset, V3 (which is P1) held within the table.

use rust_hdl::prelude::*;
use spikewright_ir::ThetaSpec;

const UNITS: usize = ThetaSpec::UNITS;
const LANES: usize = ThetaSpec::LANES;
const BITS: usize = ThetaSpec::PHASE_BITS;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct Drive {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A tile begins: no pulses yet.
    pub load: Signal<In, Bit>,
    /// P1 holds an input pulse.
    pub token: Signal<In, Bit>,
    /// Weights of the pulse in P4.
    pub weights: Signal<In, Bits<64>>,
    /// A row of counts is in V0, and the next follows.
    pub shift: Signal<In, Bit>,
    /// Gain, as a power of two.
    pub gain: Signal<In, Bits<2>>,
    /// Offsets of the row in V2, unit 0 lowest.
    pub offsets: Signal<In, Bits<64>>,
    /// Places of the row in V3.
    pub index: Signal<Out, Bits<44>>,
    _token: [bool; 3],
    _counts: Vec<u16>,
    _pulses: u16,
    _difference: [i32; UNITS],
    _scaled: [i32; UNITS],
    _place: [i32; UNITS],
}

impl Default for Drive {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            load: Default::default(),
            token: Default::default(),
            weights: Default::default(),
            shift: Default::default(),
            gain: Default::default(),
            offsets: Default::default(),
            index: Default::default(),
            _token: [false; 3],
            _counts: vec![0; LANES],
            _pulses: 0,
            _difference: [0; UNITS],
            _scaled: [0; UNITS],
            _place: [0; UNITS],
        }
    }
}

impl Drive {
    fn edge(&mut self) {
        let offsets = self.offsets.val().to_u64();
        let offset = |unit: usize| i32::from((offsets >> (16 * unit)) as u16 as i16);
        self._place = std::array::from_fn(|unit| self._scaled[unit] + offset(unit));
        self._scaled = self._difference.map(|d| d << self.gain.val().index());
        let pulses = i32::from(self._pulses);
        self._difference = std::array::from_fn(|unit| 2 * i32::from(self._counts[unit]) - pulses);
        if self._token[2] {
            let weights = self.weights.val().to_u64();
            for (lane, count) in self._counts.iter_mut().enumerate() {
                *count = (*count + (weights >> lane & 1) as u16) % 1024;
            }
            self._pulses = (self._pulses + 1) % 1024;
        } else if self.shift.val() {
            self._counts.drain(..UNITS);
            self._counts.resize(LANES, 0);
        }
        if self.load.val() {
            self._pulses = 0;
        }
        self._token = [self.token.val(), self._token[0], self._token[1]];
    }
}

impl Logic for Drive {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.edge();
        }
        let half = ThetaSpec::TABLE as i32 / 2;
        let places = self._place.map(|x| (x.clamp(-half, half - 1) + half) as u64);
        let index = places.iter().rev().fold(0, |all, place| all << BITS | place);
        self.index.next = index.to_bits();
    }

    fn connect(&mut self) {
        self.index.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
reg p2, p3, p4;
reg [9:0] pulses;
initial begin
  p2 = 1'b0;
  p3 = 1'b0;
  p4 = 1'b0;
end
// Copies for 16 lanes each.
(* keep *) reg [{UNITS}-1:0] count;
initial count = 0;
always @(posedge clock) begin
  p2 <= token;
  p3 <= p2;
  p4 <= p3;
  count <= {{{UNITS}{{p3}}}};
  if (load) pulses <= 10'd0;
  else if (p4) pulses <= pulses + 10'd1;
end
wire [10*({LANES}+{UNITS})-1:0] counts;
assign counts[10*({LANES}+{UNITS})-1:10*{LANES}] = 0;
genvar i, u;
generate
  for (i = 0; i < {LANES}; i = i + 1) begin : lane
    reg [9:0] c;
    initial c = 10'd0;
    assign counts[10*i +: 10] = c;
    always @(posedge clock)
      if (count[i/16]) c <= c + weights[i];
      else if (shift) c <= counts[10*(i+{UNITS}) +: 10];
  end
  for (u = 0; u < {UNITS}; u = u + 1) begin : unit
    reg [11:0] difference;
    reg [14:0] scaled;
    reg [16:0] place;
    wire [14:0] wide = {{{{3{{difference[11]}}}}, difference}};
    always @(posedge clock) begin
      difference <= {{1'b0, counts[10*u +: 10], 1'b0}} - {{2'd0, pulses}};
      scaled <= gain[1] ? (gain[0] ? wide << 3 : wide << 2) : (gain[0] ? wide << 1 : wide);
      place <= {{{{2{{scaled[14]}}}}, scaled}} + {{offsets[16*u+15], offsets[16*u +: 16]}};
    end
    wire sign = place[16];
    wire over = |(place[15:{BITS}-1] ^ {{(17-{BITS}){{sign}}}});
    always @(*)
      index[{BITS}*u +: {BITS}] = over ? {{{BITS}{{~sign}}}} : {{~place[{BITS}-1], place[{BITS}-2:0]}};
  end
endgenerate"
        ))
    }
}
