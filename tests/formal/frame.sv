// Frame engine: it never hangs, and writes what a sound header announces and nothing else.
//
// A request ends 2^16 cycles after its last byte. An answer has at most 517 bytes, each of which leaves
// within two cycles once the sender is free. So after any bytes and then silence the engine hunts again.
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
  reg [4:0] apart = 31, sent = 31;
  always @(posedge clock) begin
    apart <= rx_valid ? 0 : apart == 31 ? apart : apart + 1;
    sent <= tx_send ? 0 : sent == 31 ? sent : sent + 1;
  end
  always @(*) begin
    if (rx_valid) assume(apart >= 16);
    if (sent < 16) assume(tx_busy);
  end

  (* from = "dut.state$q" *) wire [4:0] dut_state;
  (* from = "dut.following$q" *) wire [4:0] dut_following;
  (* from = "dut.sending$q" *) wire dut_sending;
  (* from = "dut.chosen$q" *) wire dut_chosen;
  (* from = "dut.good$q" *) wire dut_good;
  (* from = "dut.compared$q" *) wire dut_compared;
  (* from = "dut.arrived$q" *) wire dut_arrived;
  (* from = "dut.same8$q" *) wire dut_same8;
  (* from = "dut.writes$q" *) wire dut_writes;
  (* from = "dut.reads$q" *) wire dut_reads;
  (* from = "dut.write_r$q" *) wire dut_write_r;
  (* from = "dut.bits_left$q" *) wire [3:0] dut_bits_left;
  (* from = "dut.count$q" *) wire [8:0] dut_count;
  (* from = "dut.replied$q" *) wire [7:0] dut_replied;
  (* from = "dut.crc8$q" *) wire [7:0] dut_crc8;
  (* from = "dut.shifted$q" *) wire [7:0] dut_shifted;
  (* from = "dut.address$q" *) wire [23:0] dut_address;
  (* from = "dut.word$q" *) wire [15:0] dut_word;
  (* from = "dut.silence$q" *) wire [16:0] dut_silence;
  wire [4:0] state = dut_state;
  wire [8:0] count = dut_count;
  wire [3:0] bits_left = dut_bits_left;
  wire [7:0] shifted = dut_shifted;
  wire sending = dut_sending;
  localparam SYNC = 0, OP = 1, ADDRESS0 = 2, COUNT = 5, CHECK = 6, LOW = 7, HIGH = 8, CHECK0 = 9, CHECK1 = 10;
  localparam SEND_SYNC = 11, SEND_STATUS = 12, SEND_COUNT = 13, SEND_LOW = 14, SEND_HIGH = 15, SEND_CHECK0 = 16, SEND_CHECK1 = 17;

  // Silence.
  reg [17:0] quiet = 0;
  always @(posedge clock) quiet <= rx_valid ? 0 : &quiet ? quiet : quiet + 1;
  always @(*) begin
    if (!sending && state != SYNC) assert(quiet <= 65541);
    assert(state <= SEND_CHECK1);
    assert(sending == (state >= SEND_SYNC));
    if (!sending && state != SYNC) assert(dut_silence <= 65536 && dut_silence + 5 >= quiet);
  end

  // Answers.
  wire [9:0] words_left = dut_replied== 0 ? 0 : count + 1;
  reg [10:0] to_send;
  always @(*) case (state)
    SEND_SYNC: to_send = 5 + 2 * words_left;
    SEND_STATUS: to_send = 4 + 2 * words_left;
    SEND_COUNT: to_send = 3 + 2 * words_left;
    SEND_LOW: to_send = 2 + 2 * words_left;
    SEND_HIGH: to_send = 1 + 2 * words_left;
    SEND_CHECK0: to_send = 2;
    SEND_CHECK1: to_send = 1;
    default: to_send = 0;
  endcase
  reg [10:0] answered = 0;
  reg [1:0] waited = 0;
  always @(posedge clock) begin
    answered <= sending ? answered + tx_send : 0;
    waited <= (sending & ~tx_busy & ~tx_send) ? waited + 1 : 0;
  end
  always @(*) begin
    assert(!(tx_send & tx_busy));
    if (sending) assert(answered + to_send <= 517);
    assert(waited <= 1);
    if (waited == 1) assert(dut_chosen);
    if (!sending) assert(!tx_send);
    if (state >= SEND_SYNC && state <= SEND_HIGH && dut_replied != 0) assert(count <= 255);
    if (state == SEND_LOW || state == SEND_HIGH) assert(dut_replied != 0);
    if (sending & dut_chosen& sent >= 1) case (state)
      SEND_COUNT: assert(dut_following== (dut_replied != 0 ? SEND_LOW : SEND_CHECK0));
      SEND_HIGH: assert(dut_following== (count == 0 ? SEND_CHECK0 : SEND_LOW));
      SEND_CHECK1: assert(dut_following== SYNC);
      default: assert(dut_following== state + 1);
    endcase
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
  wire steps = dut_good& ~sending;
  wire accepted = steps & (state == CHECK) & (dut_following== LOW);
  reg payload = 0;
  reg [23:0] base;
  reg [9:0] announced, written;
  always @(posedge clock) begin
    if (steps) sum <= state == SYNC ? 0 : crc(sum, bytes[55:48], 8);
    if (accepted) begin
      payload <= 1;
      base <= bytes[39:16];
      announced <= bytes[47:40] + 1;
      written <= 0;
    end else begin
      if (host_we) written <= written + 1;
      if (!host_we && (state < LOW || state > HIGH)) payload <= 0;
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

  // State. A byte that has arrived is looked at three cycles later.
  reg got0 = 0, got1 = 0, got2 = 0;
  always @(posedge clock) begin
    got0 <= rx_valid & ~sending;
    got1 <= got0;
    got2 <= got1;
  end
  wire pending = got0 | got1 | got2;
  wire [55:0] before = pending ? bytes << 8 : bytes;
  wire [9:0] through = written + host_we;
  always @(*) begin
    assert(dut_arrived== got0 && dut_compared== got1 && dut_good== got2);
    if (got0) assert(apart == 0);
    if (got1) assert(apart == 1);
    if (got2) assert(apart == 2);
    if (pending) assert(shifted == bytes[55:48]);
    if (sending) assert(!pending);
    if (sending) assert(bits_left <= (sent < 8 ? 8 - sent : 0));
    else assert(bits_left <= (apart >= 3 && apart <= 10 ? 11 - apart : 0));
    if ((got1 | got2) && state != SYNC) assert(dut_same8== (shifted == dut_crc8));
    if (got2) case (state)
      SYNC: assert(dut_following <= OP);
      CHECK: assert(dut_following== (dut_same8& dut_writes ? LOW : SEND_SYNC));
      HIGH: assert(dut_following== (count == 0 ? CHECK0 : LOW));
      default: assert(dut_following== state + 1);
    endcase
    if (state >= OP && state <= CHECK) assert(crc(dut_crc8, shifted, bits_left) == sum);
    if (state == SYNC && (got1 | got2)) assert(dut_crc8== 0);
    // The header, as far as it has come.
    if (state > OP && state <= CHECK) assert(!(dut_writes& dut_reads));
    case (state)
      2: assert(dut_writes== (before[55:48] == 1));
      3: assert(dut_writes== (before[47:40] == 1) && dut_address [23:16] == before[55:48]);
      4: assert(dut_writes== (before[39:32] == 1) && dut_address [23:8] == before[55:40]);
      5: assert(dut_writes== (before[31:24] == 1) && dut_address== before[55:32]);
      6: assert(dut_writes== (before[23:16] == 1) && dut_address== before[47:24] && count == before[55:48]);
    endcase
    // The payload.
    if (state >= LOW && state <= CHECK1) assert(dut_replied== 0);
    if (state == LOW || state == HIGH) assert(payload && count == announced - 1 - through && through < announced && announced <= 256);
    if (host_we) assert(payload && apart == 3);
    if (payload) assert(dut_address== base + written && through <= announced);
    if (state == HIGH) assert(dut_word [15:8] == before[55:48]);
  end
endmodule
