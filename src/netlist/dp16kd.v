  // Block RAM of 18 kbit: 512 words of 36 bits, of which a port of less sees a part. A byte has nine
  // bits; ports of 1, 2 and 4 bits see the lower eight of each. A port A of 36 bits takes its upper half
  // from port B's data, a port B of 36 bits gives its lower half at port A's.
  // Both ports stand for one clock. What a port reads of the bits that the other writes in the same cycle
  // is undefined in the device: here it is wrong on purpose, all bits the other way round.
  localparam [20479:0] CONTENTS = {
    INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
    INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
    INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
    INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
    INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
    INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
    INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
    INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00};
  reg [35:0] mem [0:511];
  integer k;
  // Two halves of 18 bits, 20 bits apart.
  initial for (k = 0; k < 512; k = k + 1)
    mem[k] = {CONTENTS[40 * k + 20 +: 18], CONTENTS[40 * k +: 18]};

  // Where a port's data begins in the word, and how many of its bits a write reaches.
  function [5:0] place(input integer width, input [4:0] address);
    case (width)
      36: place = 6'd0;
      18: place = address[4] ? 6'd18 : 6'd0;
      9: place = 6'd9 * {4'd0, address[4:3]};
      4: place = 6'd9 * {4'd0, address[4:3]} + {3'd0, address[2], 2'd0};
      2: place = 6'd9 * {4'd0, address[4:3]} + {3'd0, address[2:1], 1'd0};
      default: place = 6'd9 * {4'd0, address[4:3]} + {3'd0, address[2:0]};
    endcase
  endfunction
  // In a wide word the lowest address bits enable the bytes.
  function [35:0] reach(input integer width, input [4:0] address);
    case (width)
      36: reach = {{9{address[3]}}, {9{address[2]}}, {9{address[1]}}, {9{address[0]}}};
      18: reach = {18'd0, {9{address[1]}}, {9{address[0]}}} << place(width, address);
      9: reach = 36'h1ff << place(width, address);
      4: reach = 36'hf << place(width, address);
      2: reach = 36'h3 << place(width, address);
      default: reach = 36'h1 << place(width, address);
    endcase
  endfunction

  wire [17:0] dia = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
    DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
  wire [17:0] dib = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
    DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};
  wire [13:0] ada = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0};
  wire [13:0] adb = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0};
  wire [5:0] place_a = place(DATA_WIDTH_A, ada[4:0]);
  wire [5:0] place_b = place(DATA_WIDTH_B, adb[4:0]);
  // A synchronous reset keeps its port from writing.
  wire writes_a = CEA & WEA & ~(RSTA & RESETMODE == "SYNC") & ({CSA2, CSA1, CSA0} == 3'd0);
  wire writes_b = CEB & WEB & ~(RSTB & RESETMODE == "SYNC") & ({CSB2, CSB1, CSB0} == 3'd0);
  wire [35:0] mask_a = writes_a ? reach(DATA_WIDTH_A, ada[4:0]) : 36'd0;
  wire [35:0] mask_b = writes_b ? reach(DATA_WIDTH_B, adb[4:0]) : 36'd0;
  wire [35:0] data_a = {DATA_WIDTH_A == 36 ? dib : 18'd0, dia} << place_a;
  wire [35:0] data_b = {18'd0, dib} << place_b;
  wire same = ada[13:5] == adb[13:5];

  // The word as a port sees it in the cycle of its own write.
  wire [35:0] old_a = mem[ada[13:5]];
  wire [35:0] old_b = mem[adb[13:5]];
  wire [35:0] seen_a = (WRITEMODE_A == "WRITETHROUGH" ? (old_a & ~mask_a) | (data_a & mask_a) : old_a)
    ^ (same ? mask_b : 36'd0);
  wire [35:0] seen_b = (WRITEMODE_B == "WRITETHROUGH" ? (old_b & ~mask_b) | (data_b & mask_b) : old_b)
    ^ (same ? mask_a : 36'd0);
  reg [35:0] out_a, out_b, late_a, late_b;
  initial begin
    out_a = 36'd0;
    out_b = 36'd0;
    late_a = 36'd0;
    late_b = 36'd0;
  end
  always @(posedge CLKA) begin
    if (|mask_a) mem[ada[13:5]] <= (old_a & ~mask_a) | (data_a & mask_a);
    if (RSTA) out_a <= 36'd0;
    else if (CEA & ({CSA2, CSA1, CSA0} == 3'd0) & ~(writes_a & WRITEMODE_A == "NORMAL")) out_a <= seen_a >> place_a;
    if (RSTA) late_a <= 36'd0;
    else if (OCEA) late_a <= out_a;
  end
  always @(posedge CLKB) begin
    if (|mask_b) mem[adb[13:5]] <= (old_b & ~mask_b) | (data_b & mask_b);
    if (RSTB) out_b <= 36'd0;
    else if (CEB & ({CSB2, CSB1, CSB0} == 3'd0) & ~(writes_b & WRITEMODE_B == "NORMAL")) out_b <= seen_b >> place_b;
    if (RSTB) late_b <= 36'd0;
    else if (OCEB) late_b <= out_b;
  end
  generate if (RESETMODE == "ASYNC") begin
    always @(posedge RSTA) begin
      out_a <= 36'd0;
      late_a <= 36'd0;
    end
    always @(posedge RSTB) begin
      out_b <= 36'd0;
      late_b <= 36'd0;
    end
  end endgenerate
  wire [35:0] do_a = REGMODE_A == "OUTREG" ? late_a : out_a;
  wire [35:0] do_b = REGMODE_B == "OUTREG" ? late_b : out_b;
  assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9,
    DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0} = DATA_WIDTH_B == 36 ? do_b[35:18] : do_b[17:0];
  assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9,
    DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0} = DATA_WIDTH_B == 36 ? do_b[17:0] : do_a[17:0];

  // What this model does not do is no model of it.
  generate if (CSDECODE_A != "0b000" || CSDECODE_B != "0b000"
      || CLKAMUX != "CLKA" || CLKBMUX != "CLKB")
    dp16kd_in_a_mode_without_a_model unknown();
  endgenerate
