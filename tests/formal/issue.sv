// Issue: every entry of the event FIFO becomes one token, in the cycle after it is taken; the first of a
// pass is not taken while the guard holds, and pushes the pass before out if there is one.
module check(input clock, input go, input head_valid, input [16:0] head, input guarded, input first_tick);
  wire pop, fire_taken, event_taken, token_valid, token_first, token_null, token_fire, token_first_tick;
  wire [7:0] row_group;
  wire [1:0] row_word;
  wire [3:0] row_bit;
  `DUT dut(
    .clock(clock), .go(go), .head_valid(head_valid), .head(head), .pop(pop), .guarded(guarded), .first_tick(first_tick),
    .fire_taken(fire_taken), .event_taken(event_taken), .token_valid(token_valid), .token_first(token_first),
    .token_null(token_null), .token_fire(token_fire), .token_first_tick(token_first_tick), .row_group(row_group),
    .row_word(row_word), .row_bit(row_bit)
  );

  // Parity of the entry taken last, and whether its pass waits for its end.
  reg parity = 0, pending = 0;
  wire first = head[14] != parity;
  reg was_taken = 0, was_first, was_fire, was_tick;
  reg [16:0] was_head;
  always @(posedge clock) begin
    was_taken <= pop;
    was_first <= first;
    was_fire <= pop & first & pending;
    was_tick <= first_tick;
    was_head <= head;
    if (pop) parity <= head[14];
    if (pop & first) pending <= ~head[16];
    if (go) begin
      parity <= 0;
      pending <= 0;
    end
  end

  (* from = "dut.parity$q" *) wire dut_parity;
  (* from = "dut.loaded$q" *) wire dut_loaded;
  always @(*) begin
    assert(pop == (head_valid & ~(first & guarded)));
    assert(fire_taken == (pop & first & pending));
    assert(event_taken == (pop & ~head[15]));
    assert(token_valid == was_taken);
    if (was_taken) begin
      assert({token_null, row_bit, row_word, row_group} == {was_head[15], was_head[13:0]});
      assert(token_first == was_first && token_fire == was_fire);
      if (was_fire) assert(token_first_tick == was_tick);
    end
    assert(dut_parity == parity && dut_loaded == pending);
  end
endmodule
