//! Input scan: the bitmap of input pulses, and one of them in every cycle. A word without pulses takes a cycle, too.

use rust_hdl::prelude::*;

/// Words of the bitmap.
const WORDS: usize = 64;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct InputScan {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Takes the first word in this cycle.
    pub load: Signal<In, Bit>,
    /// Words of the input, minus 1.
    pub words_m1: Signal<In, Bits<6>>,
    /// Writes a word.
    pub write: Signal<In, Bit>,
    /// Word to be written.
    pub write_address: Signal<In, Bits<6>>,
    /// What is written.
    pub write_data: Signal<In, Bits<16>>,
    /// A word is scanned: there may be a pulse.
    pub scans: Signal<Out, Bit>,
    /// A pulse.
    pub token: Signal<Out, Bit>,
    /// Its input.
    pub place: Signal<Out, Bits<10>>,
    /// The last word is done in this cycle.
    pub done: Signal<Out, Bit>,
    _words: Vec<u16>,
    _read: u16,
    _at: usize,
    _word: u16,
    _number: usize,
    _active: bool,
}

impl Default for InputScan {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            load: Default::default(),
            words_m1: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            scans: Default::default(),
            token: Default::default(),
            place: Default::default(),
            done: Default::default(),
            _words: vec![0; WORDS],
            _read: 0,
            _at: 0,
            _word: 0,
            _number: 0,
            _active: false,
        }
    }
}

impl Logic for InputScan {
    fn update(&mut self) {
        let more = self._word.count_ones() > 1;
        let done = self._active && !more && self._number == self.words_m1.val().index();
        if self.clock.pos_edge() {
            let load = self.load.val();
            let advance = load || self._active && !more;
            let next = match (done || !(self._active || load), advance) {
                (true, _) => 0,
                (_, true) => (self._at + 1) % WORDS,
                (_, false) => self._at,
            };
            if advance {
                (self._word, self._number) = (self._read, self._at);
            } else {
                self._word &= self._word.wrapping_sub(1);
            }
            self._active = load || self._active && !done;
            self._at = next;
            self._read = self._words[next];
            if self.write.val() {
                self._words[self.write_address.val().index()] =
                    self.write_data.val().index() as u16;
            }
        }
        let more = self._word.count_ones() > 1;
        self.scans.next = self._active;
        self.token.next = self._active && self._word != 0;
        let bit = self._word.trailing_zeros() as usize % 16;
        self.place.next = (16 * self._number + bit).to_bits();
        self.done.next = self._active && !more && self._number == self.words_m1.val().index();
    }

    fn connect(&mut self) {
        self.scans.connect();
        self.token.connect();
        self.place.connect();
        self.done.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(
            "\
reg [15:0] words [0:63];
reg [15:0] read;
reg [15:0] word;
reg [5:0] at;
reg [5:0] number;
reg active, last;
initial begin
  active = 1'b0;
  at = 6'd0;
end
// Nibble by nibble: any bit, more than one, the lowest; a subtraction would be a carry chain.
wire [3:0] any = {|word[15:12], |word[11:8], |word[7:4], |word[3:0]};
wire [3:0] two;
genvar k;
generate for (k = 0; k < 4; k = k + 1) begin : nibble
  assign two[k] = (word[4*k] & (word[4*k+1] | word[4*k+2] | word[4*k+3]))
    | (word[4*k+1] & (word[4*k+2] | word[4*k+3])) | (word[4*k+2] & word[4*k+3]);
end endgenerate
wire more = |two | (any[0] & |any[3:1]) | (any[1] & |any[3:2]) | (any[2] & any[3]);
wire [1:0] high = any[0] ? 2'd0 : any[1] ? 2'd1 : any[2] ? 2'd2 : 2'd3;
wire [3:0] part = any[0] ? word[3:0] : any[1] ? word[7:4] : any[2] ? word[11:8] : word[15:12];
wire [1:0] low = part[0] ? 2'd0 : part[1] ? 2'd1 : part[2] ? 2'd2 : 2'd3;
wire [15:0] rest;
generate for (k = 0; k < 16; k = k + 1) begin : others
  assign rest[k] = word[k] & ~((high == k/4) & (low == k%4));
end endgenerate
wire finish = active & ~more & last;
wire advance = load | (active & ~more);
wire [5:0] next = (finish | ~(active | load)) ? 6'd0 : advance ? at + 6'd1 : at;
always @(posedge clock) begin
  word <= advance ? read : rest;
  if (advance) begin
    number <= at;
    last <= (at == words_m1);
  end
  active <= load | (active & ~finish);
  at <= next;
  read <= words[next];
  if (write) words[write_address] <= write_data;
end
always @(*) begin
  scans = active;
  token = active & |any;
  place = {number, high, low};
  done = finish;
end"
            .into(),
        )
    }
}
