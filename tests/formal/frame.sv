// Frame engine: it never hangs, and writes what a sound header announces and nothing else.
//
// A request ends 2^16 cycles after its last byte. An answer has at most 517 bytes, each of which leaves
// within four cycles once the sender is free. So after any bytes and then silence the engine hunts again.
module check(input clock, input rx_valid, input [7:0] rx_data, input tx_busy, input [15:0] host_rdata);
  wire tx_send, host_we;
  wire [7:0] tx_data;
  wire [`ADDRESS-1:0] host_addr;
  wire [15:0] host_wdata;
  `DUT dut(
    .clock(clock), .rx_valid(rx_valid), .rx_data(rx_data), .tx_busy(tx_busy), .tx_send(tx_send), .tx_data(tx_data),
    .host_addr(host_addr), .host_wdata(host_wdata), .host_we(host_we), .host_rdata(host_rdata)
  );
  // Bytes are far apart (uart_rx.sv), and the sender is busy for some time after it was given one (uart_tx.sv).
  // A byte is chosen in one cycle and given to the sender in the next, until which it stays free.
  (* from = "dut.free" *) wire chosen;
  (* from = "dut.outgoing" *) wire [7:0] outgoing;
  reg [7:0] choice;
  reg [4:0] apart = 31, sent = 31;
  always @(posedge clock) begin
    apart <= rx_valid ? 0 : apart == 31 ? apart : apart + 1;
    sent <= chosen ? 0 : sent == 31 ? sent : sent + 1;
  end
  always @(*) begin
    if (rx_valid) assume(apart >= 16);
    if (sent == 0) assume(!tx_busy);
    if (sent > 0 && sent < 16) assume(tx_busy);
  end

  (* from = "dut.at_op$q" *) wire at_op;
  (* from = "dut.at_address0$q" *) wire at_address0;
  (* from = "dut.at_address1$q" *) wire at_address1;
  (* from = "dut.at_address2$q" *) wire at_address2;
  (* from = "dut.at_count$q" *) wire at_count;
  (* from = "dut.at_header_check$q" *) wire at_check;
  (* from = "dut.at_low$q" *) wire at_low;
  (* from = "dut.at_high$q" *) wire at_high;
  (* from = "dut.at_check0$q" *) wire at_check0;
  (* from = "dut.at_check1$q" *) wire at_check1;
  (* from = "dut.at_answer$q" *) wire at_answer;
  (* from = "dut.at_status$q" *) wire at_status;
  (* from = "dut.at_answered$q" *) wire at_answered;
  (* from = "dut.at_low_out$q" *) wire at_low_out;
  (* from = "dut.at_high_out$q" *) wire at_high_out;
  (* from = "dut.at_check0_out$q" *) wire at_check0_out;
  (* from = "dut.at_check1_out$q" *) wire at_check1_out;
  (* from = "dut.byte_done$q" *) wire byte_done;
  (* from = "dut.engaged$q" *) wire engaged;
  (* from = "dut.sending$q" *) wire sending;
  (* from = "dut.waits$q" *) wire waits;
  (* from = "dut.ready$q" *) wire ready;
  (* from = "dut.writes$q" *) wire writes;
  (* from = "dut.reads$q" *) wire reads;
  (* from = "dut.answers$q" *) wire answers;
  (* from = "dut.more$q" *) wire more;
  (* from = "dut.bad$q" *) wire bad;
  (* from = "dut.left$q" *) wire [7:0] left;
  (* from = "dut.phase$q" *) wire [3:0] phase;
  (* from = "dut.crc8$q" *) wire [7:0] crc8;
  (* from = "dut.shifted$q" *) wire [7:0] shifted;
  (* from = "dut.low$q" *) wire [7:0] low;
  (* from = "dut.middle$q" *) wire [7:0] middle;
  (* from = "dut.high$q" *) wire [7:0] high;
  (* from = "dut.fills_low$q" *) wire fills_low;
  (* from = "dut.fills_middle$q" *) wire fills_middle;
  // Carries are added a cycle later each.
  wire [23:0] address = {high, middle, low} + {15'd0, fills_low, 8'd0} + {7'd0, fills_middle, 16'd0};
  (* from = "dut.word$q" *) wire [15:0] word;
  (* from = "dut.silence$q" *) wire [16:0] silence;
  wire [9:0] request = {at_check1, at_check0, at_high, at_low, at_check, at_count, at_address2, at_address1, at_address0, at_op};
  wire [6:0] answer = {at_check1_out, at_check0_out, at_high_out, at_low_out, at_answered, at_status, at_answer};
  wire [16:0] place = {answer, request};
  wire active = phase[3];

  // Silence.
  reg [17:0] quiet = 31;
  always @(posedge clock) quiet <= rx_valid ? 0 : &quiet ? quiet : quiet + 1;
  always @(*) begin
    if (apart < 31) assert(quiet == apart);
    if (engaged & !sending) assert(quiet <= 65550);
    if (engaged & !sending) assert(silence <= 65536 && silence + 12 >= quiet);
    assert((place & (place - 1)) == 0 && engaged == (place != 0) && sending == (answer != 0));
  end

  // Answers. A byte that is on its way is no longer to be sent.
  wire [9:0] words_left = answers ? 256 - left : 0;
  reg [10:0] to_send;
  always @(*) case (1'b1)
    at_answer: to_send = 5 + 2 * words_left;
    at_status: to_send = 4 + 2 * words_left;
    at_answered: to_send = 3 + 2 * words_left;
    at_low_out: to_send = 2 + 2 * words_left;
    at_high_out: to_send = 1 + 2 * words_left;
    at_check0_out: to_send = 2;
    at_check1_out: to_send = 1;
    default: to_send = 0;
  endcase
  reg [10:0] answered = 0;
  reg [1:0] waited = 0;
  wire under_way = active | byte_done;
  always @(posedge clock) begin
    answered <= sending ? answered + chosen : 0;
    waited <= (sending & ~tx_busy & ~chosen & ~tx_send) ? waited + 1 : 0;
    choice <= outgoing;
  end
  always @(*) begin
    assert(!(chosen & tx_busy));
    assert(tx_send == (sent == 0));
    if (tx_send) assert(tx_data == choice);
    if (sending) assert(answered + to_send <= 517 + under_way);
    assert(waited <= 2);
    if (waited >= 1) assert(waits);
    if (waited == 2) assert(ready);
    if (ready | waits) assert(sending);
    if (at_low_out | at_high_out) assert(answers);
    if (under_way) assert(sending ? answered != 0 : apart <= 8);
    if (!sending & under_way) assert(silence <= apart);
    if (sending & under_way) assert(sent <= 8);
    if (!active) assert(phase == 0 && shifted == 0);
    if (active) assert(phase == 8 + (sending ? sent : apart) && (shifted & ((9'd1 << (phase - 8)) - 1)) == 0);
    if (byte_done) assert((sending ? sent : apart) == 8 && !active);
    if (sending & !under_way) assert(more == (left != 8'hff) || sent < 12 || answered == 0);
    if (under_way & (at_high | at_high_out) & (phase > 8 | byte_done)) assert(more == (left != 8'hff));
  end

  // The last bytes of the request.
  reg [55:0] bytes;
  always @(posedge clock) if (rx_valid & ~sending) bytes <= {rx_data, bytes[55:8]};
  function [7:0] crc(input [7:0] from, input [7:0] data, input [3:0] steps);
    integer i;
    reg [7:0] d;
    begin
      crc = from;
      d = data;
      for (i = 0; i < 8; i = i + 1) if (i < steps) begin
        crc = {crc[6:0], 1'b0} ^ (crc[7] ^ d[7] ? 8'h07 : 8'h00);
        d = {d[6:0], 1'b0};
      end
    end
  endfunction
  // What the checksum of the bytes before this one comes to.
  reg [7:0] sum = 0;
  wire steps = byte_done & ~sending;
  wire accepted = steps & at_check & writes & ~bad;
  reg payload = 0;
  reg [23:0] base;
  reg [9:0] announced, written;
  always @(posedge clock) begin
    if (steps) sum <= engaged ? crc(sum, bytes[55:48], 8) : 0;
    if (accepted) begin
      payload <= 1;
      base <= bytes[39:16];
      announced <= bytes[47:40] + 1;
      written <= 0;
    end else begin
      if (host_we) written <= written + 1;
      if (!host_we && !at_low && !at_high) payload <= 0;
    end
  end
  always @(*) begin
    if (accepted) assert(bytes[15:8] == 1 && bytes[55:48] == sum);
    if (host_we) begin
      assert(payload && written < announced);
      assert(host_addr == (base + written) % (1 << `ADDRESS));
      assert(host_wdata == bytes[55:40]);
    end
  end

  // State. A byte is under way for nine cycles after it has arrived; what it brings is taken in the first.
  wire taken = byte_done | phase > 8;
  wire pending = !sending & under_way;
  wire [55:0] before = pending ? bytes << 8 : bytes;
  wire [3:0] done = byte_done ? 8 : phase - 8;
  wire [9:0] through = written + host_we;
  always @(*) begin
    if (pending & active) assert(shifted == (bytes[55:48] << done) % 256);
    // The checksum as far as the byte has come.
    if (request[4:0] != 0) assert(pending ? crc(crc8, shifted, 8 - done) == crc(sum, bytes[55:48], 8) : crc8 == sum);
    if (at_check) begin
      if (!pending) assert(crc8 == sum && !bad);
      if (pending & !bad) assert(crc8 == (sum << done) % 256 && (bytes[55:48] ^ sum) >> (8 - done) == 0);
      if (pending & bad) assert(bytes[55:48] != sum);
    end
    if (engaged & !at_check1 & (!under_way | phase == 8)) assert(!bad);
    // The header, as far as it has come.
    if (at_op & pending & taken) assert(writes == (bytes[55:48] == 1));
    if (at_address0) assert(writes == (before[55:48] == 1) && (!(pending & taken) || address[7:0] == bytes[55:48]));
    if (at_address1) assert(writes == (before[47:40] == 1) && address[7:0] == before[55:48] && (!(pending & taken) || address[15:8] == bytes[55:48]));
    if (at_address2) assert(writes == (before[39:32] == 1) && address[15:0] == before[55:40] && (!(pending & taken) || address[23:16] == bytes[55:48]));
    if (at_count) assert(writes == (before[31:24] == 1) && address == before[55:32] && (!(pending & taken) || left == ~bytes[55:48]));
    if (at_check) assert(writes == (before[23:16] == 1) && address == before[47:24] && left == ~before[55:48]);
    // The payload.
    if (at_low | at_high) assert(payload && 256 - left == announced - through && through < announced && announced <= 256);
    if (host_we) assert(payload && apart == 9 && (at_low | at_check0));
    if (fills_low) assert(sending ? sent == 9 : apart == 10);
    if (fills_middle) assert(sending ? sent == 10 : apart == 11);
    if (payload) assert(address == base + written && through <= announced);
    if (at_low & pending & taken) assert(word[15:8] == bytes[55:48]);
    if (at_high & !(pending & taken)) assert(word[15:8] == before[55:48]);
    if (at_high & pending & taken) assert(word == bytes[55:40]);
  end
endmodule
