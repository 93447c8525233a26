// Memories of every width a DP16KD has, and products: what synth_ecp5 makes cells of. All share
// addresses and data. `a` is written (and read where a memory has one port), `b` is read.
module top(clock, we, wb, re, rz, be, a, b, d, e,
  q1, q2, q4, q9, q18, q36, qbytes18, qbytes36, qlate, qkept, qnew, qold, qa, qb, qwide, qzero, qclear, ss, su, uu);
  input clock, we, wb, re, rz;
  input [3:0] be;
  input [13:0] a, b;
  input [35:0] d, e;
  output reg q1;
  output reg [1:0] q2;
  output reg [3:0] q4;
  output reg [8:0] q9;
  output reg [17:0] q18, qbytes18, qlate, qkept, qnew, qold, qa, qb, qzero, qclear;
  output reg [35:0] q36, qbytes36, qwide;
  output [31:0] ss;
  output [32:0] su;
  output [35:0] uu;
  reg m1 [0:16383];
  reg [1:0] m2 [0:8191];
  reg [3:0] m4 [0:4095];
  reg [8:0] m9 [0:2047];
  reg [17:0] m18 [0:1023];
  reg [35:0] m36 [0:511];
  reg [17:0] bytes18 [0:1023];
  reg [35:0] bytes36 [0:511];
  reg [17:0] late [0:1023], kept [0:1023], through [0:1023], before [0:1023];
  reg [17:0] two [0:1023], zero [0:1023], clear [0:1023];
  reg [8:0] narrow [0:2047];
  integer i;
  // A part of each, so that the text stays small in synthesis.
  initial for (i = 0; i < 64; i = i + 1) begin
    m1[i] = (i * 7) >> 3;
    m2[i] = (i * 11) >> 4;
    m4[i] = (i * 13) >> 2;
    m9[i] = i * 37;
    narrow[i] = i * 41;
    m18[i] = i * 3001;
    bytes18[i] = i * 5003;
    late[i] = i * 7001;
    kept[i] = i * 9001;
    through[i] = i * 11003;
    before[i] = i * 13001;
    two[i] = i * 15013;
    zero[i] = i * 17011;
    clear[i] = i * 19001;
    m36[i] = {i * 700001, i[3:0]};
    bytes36[i] = {i * 900007, i[3:0]};
  end
  always @(posedge clock) begin
    if (we) m1[a] <= d[0];
    if (re) q1 <= m1[b];
  end
  always @(posedge clock) begin
    if (we) m2[a[12:0]] <= d[1:0];
    if (re) q2 <= m2[b[12:0]];
  end
  always @(posedge clock) begin
    if (we) m4[a[11:0]] <= d[3:0];
    if (re) q4 <= m4[b[11:0]];
  end
  always @(posedge clock) begin
    if (we) m9[a[10:0]] <= d[8:0];
    if (re) q9 <= m9[b[10:0]];
  end
  always @(posedge clock) begin
    if (we) m18[a[9:0]] <= d[17:0];
    if (re) q18 <= m18[b[9:0]];
  end
  always @(posedge clock) begin
    if (we) m36[a[8:0]] <= d;
    if (re) q36 <= m36[b[8:0]];
  end
  always @(posedge clock) begin
    if (we & be[0]) bytes18[a[9:0]][8:0] <= d[8:0];
    if (we & be[1]) bytes18[a[9:0]][17:9] <= d[17:9];
    qbytes18 <= bytes18[b[9:0]];
  end
  always @(posedge clock) begin
    if (we & be[0]) bytes36[a[8:0]][8:0] <= d[8:0];
    if (we & be[1]) bytes36[a[8:0]][17:9] <= d[17:9];
    if (we & be[2]) bytes36[a[8:0]][26:18] <= d[26:18];
    if (we & be[3]) bytes36[a[8:0]][35:27] <= d[35:27];
    qbytes36 <= bytes36[b[8:0]];
  end
  // A register behind the memory.
  reg [17:0] early;
  always @(posedge clock) begin
    if (we) late[a[9:0]] <= d[17:0];
    early <= late[b[9:0]];
    qlate <= early;
  end
  // One port: its output stays on a write, shows what is written, or what stood there before.
  always @(posedge clock) if (we) kept[a[9:0]] <= d[17:0]; else qkept <= kept[a[9:0]];
  always @(posedge clock) if (we) begin
    through[a[9:0]] <= d[17:0];
    qnew <= d[17:0];
  end else qnew <= through[a[9:0]];
  always @(posedge clock) begin
    if (we) before[a[9:0]] <= d[17:0];
    qold <= before[a[9:0]];
  end
  // Two ports that read and write.
  always @(posedge clock) if (we) two[a[9:0]] <= d[17:0]; else qa <= two[a[9:0]];
  always @(posedge clock) if (wb) two[b[9:0]] <= e[17:0]; else qb <= two[b[9:0]];
  // Outputs that are set back, with the clock or at once.
  always @(posedge clock) begin
    if (we) zero[a[9:0]] <= d[17:0];
    if (rz) qzero <= 18'd0; else qzero <= zero[b[9:0]];
  end
  always @(posedge clock) if (we) clear[a[9:0]] <= d[17:0];
  always @(posedge clock or posedge rz) if (rz) qclear <= 18'd0; else qclear <= clear[b[9:0]];
  // Four words of nine bits are read at once.
  always @(posedge clock) begin
    if (we) narrow[a[10:0]] <= d[8:0];
    qwide <= {narrow[{b[10:2], 2'd3}], narrow[{b[10:2], 2'd2}], narrow[{b[10:2], 2'd1}], narrow[{b[10:2], 2'd0}]};
  end
  assign ss = $signed(d[15:0]) * $signed(e[15:0]);
  assign su = $signed(d[15:0]) * $signed({1'b0, e[15:0]});
  assign uu = d[17:0] * e[17:0];
endmodule
