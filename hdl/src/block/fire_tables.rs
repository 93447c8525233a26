//! The fire sequencer's tables: the program's fire half and the tile table, each with a word a cycle.
//!
//! Where they share a block RAM, a tile's word is read in the place of the pass's, which stands in a
//! register meanwhile. The sequencer asks for eight words in a row and looks at the pass that comes next no
//! sooner than two cycles behind them.

use rust_hdl::prelude::*;
use spikewright_ir::{CoreSpec, layout::tile};

/// See the module's documentation. Written while the core is idle.
#[derive(LogicBlock)]
pub struct FireTables {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Pass to be read.
    pub pass: Signal<In, Bits<8>>,
    /// Its word, addressed in the cycle before; of a shared memory the one of the last cycle in which no
    /// tile was read.
    pub pass_entry: Signal<Out, Bits<16>>,
    /// Tile and word to be read.
    pub tile: Signal<In, Bits<9>>,
    /// That word is asked for.
    pub tile_read: Signal<In, Bit>,
    /// The word addressed in the cycle before.
    pub tile_entry: Signal<Out, Bits<16>>,
    /// Writes a pass.
    pub write_pass: Signal<In, Bit>,
    /// Writes a word of a tile.
    pub write_tile: Signal<In, Bit>,
    /// Pass · 4, or tile and word.
    pub write_address: Signal<In, Bits<16>>,
    /// What is written.
    pub write_data: Signal<In, Bits<16>>,
    _spec: CoreSpec,
    _passes: Vec<Bits<16>>,
    _tiles: Vec<Bits<16>>,
}

impl FireTables {
    /// Tables of a core of `spec`.
    pub fn new(spec: &CoreSpec) -> Self {
        Self {
            clock: Default::default(),
            pass: Default::default(),
            pass_entry: Default::default(),
            tile: Default::default(),
            tile_read: Default::default(),
            tile_entry: Default::default(),
            write_pass: Default::default(),
            write_tile: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            _spec: *spec,
            _passes: vec![Bits::default(); spec.passes],
            _tiles: vec![Bits::default(); spec.tiles * tile::WORDS],
        }
    }
}

impl Logic for FireTables {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let pass = self._passes[self.pass.val().index() % self._passes.len()];
            let shown = self.tile_read.val() && self._spec.shares_memory;
            if !shown {
                self.pass_entry.next = pass;
            }
            self.tile_entry.next = self._tiles[self.tile.val().index() % self._tiles.len()];
            let address = self.write_address.val().index();
            if self.write_pass.val() {
                let place = address / 4 % self._passes.len();
                self._passes[place] = self.write_data.val();
            }
            if self.write_tile.val() {
                let place = address % self._tiles.len();
                self._tiles[place] = self.write_data.val();
            }
        }
    }

    fn connect(&mut self) {
        self.pass_entry.connect();
        self.tile_entry.connect();
    }

    fn hdl(&self) -> Verilog {
        let (p, t) = (self._passes.len().ilog2() - 1, self._tiles.len().ilog2() - 1);
        if !self._spec.shares_memory {
            return Verilog::Custom(format!(
                "\
{style}reg [15:0] passes [0:{last_pass}];
always @(posedge clock) begin
  pass_entry <= passes[pass[{p}:0]];
  if (write_pass) passes[write_address[{p}+2:2]] <= write_data;
end
reg [15:0] tiles [0:{last_tile}];
always @(posedge clock) begin
  tile_entry <= tiles[tile[{t}:0]];
  if (write_tile) tiles[write_address[{t}:0]] <= write_data;
end",
                style = super::table::style(self._spec.fetch_stages > 0),
                last_pass = self._passes.len() - 1,
                last_tile = self._tiles.len() - 1,
            ));
        }
        assert_eq!(p, t, "a half of the memory each");
        Verilog::Custom(format!(
            "\
reg [15:0] words [0:{last}];
reg [15:0] q, held;
reg was_tile;
initial was_tile = 1'b0;
always @(posedge clock) begin
  q <= words[tile_read ? {{1'b1, tile[{t}:0]}} : {{1'b0, pass[{p}:0]}}];
  if (write_pass | write_tile)
    words[write_tile ? {{1'b1, write_address[{t}:0]}} : {{1'b0, write_address[{p}+2:2]}}] <= write_data;
end
always @(posedge clock) begin
  was_tile <= tile_read;
  if (~was_tile) held <= q;
end
always @(*) begin
  pass_entry = was_tile ? held : q;
  tile_entry = q;
end",
            last = 2 * self._passes.len() - 1
        ))
    }
}
