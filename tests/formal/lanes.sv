// Lane bank: in a pass of at most 2^C − 1 events no counter wraps: each lane's is the number of events whose
// weight bit is 1, the shared one that of all.
module check(
  input clock, input token_valid, input token_first, input token_null, input token_fire, input token_first_tick,
  input [7:0] row_group, input [1:0] row_word, input [3:0] row_bit, input identity, input windowed, input [7:0] rows_m1
);
  `DUT dut(
    .clock(clock), .token_valid(token_valid), .token_first(token_first), .token_null(token_null), .token_fire(token_fire),
    .token_first_tick(token_first_tick), .row_group(row_group), .row_word(row_word), .row_bit(row_bit),
    .identity(identity), .windowed(windowed), .rows_m1(rows_m1), .write(1'b0), .write_address(16'd0), .write_data(16'd0)
  );
  localparam MOST = (1 << `COUNT) - 1;
  (* from = "dut.count_en" *) wire [`BANKS-1:0] count_en;
  (* from = "dut.load" *) wire [`BANKS-1:0] load;
  (* from = "dut.weights" *) wire [`LANES-1:0] weights;
  (* from = "dut.running" *) wire [`COUNT-1:0] running;
  (* from = "dut.e3_null" *) wire e3_null;
  // Events of the pass so far, in more bits than a counter has.
  reg [`COUNT+1:0] events = 0;
  // Counters mean nothing before the first pass.
  reg begun = 0, ready = 0;
  always @(posedge clock) begin
    ready <= 1;
    if (load[0]) begun <= 1;
  end
  always @(posedge clock) if (count_en[0]) events <= load[0] ? {31'd0, ~e3_null} : events + 1;
  // The compiler admits no larger fan-in.
  always @(*) if (count_en[0] & ~load[0]) assume(events < MOST);
  always @(*) begin
    if (begun) assert(events <= MOST && running == events);
    assert(count_en == {`BANKS{count_en[0]}} && load == {`BANKS{load[0]}});
    if (load[0]) assert(count_en[0] && ready);
    if (ready & e3_null) assert(weights == 0);
  end
  // EACH LANE
  (* from = "dut.lane[THIS].count" *) wire [`COUNT-1:0] count_THIS;
  reg [`COUNT+1:0] exact_THIS = 0;
  always @(posedge clock) if (count_en[0]) exact_THIS <= load[0] ? weights[THIS] : exact_THIS + weights[THIS];
  always @(*) begin
    if (begun) assert(count_THIS == exact_THIS && exact_THIS <= events);
  end
  // END
endmodule
