//! Faults in the text of an iCE40 netlist, each acting when `fault` is its number plus 1.

use spikewright::golden::rng::{Sequence, Stream};

/// The pins of a lookup table, the lowest bit of its address first.
const INPUTS: [&str; 4] = ["I0", "I1", "I2", "I3"];

/// A cell's instance.
struct Cell<'a> {
    /// From the line of its type to that of its end.
    text: &'a str,
    kind: &'a str,
    name: &'a str,
}

impl<'a> Cell<'a> {
    /// What is connected to a pin: each has a line of its own.
    fn pin(&self, pin: &str) -> &'a str {
        let mark = format!("    .{pin}(");
        let start = self.text.find(&mark).unwrap_or_else(|| panic!("{}: no {pin}", self.name));
        let line = self.text[start + mark.len()..].lines().next().unwrap();
        line.trim_end_matches(',').strip_suffix(')').unwrap()
    }

    /// The instance with something else at a pin.
    fn with(&self, pin: &str, value: &str) -> String {
        self.text
            .replace(&format!("    .{pin}({})", self.pin(pin)), &format!("    .{pin}({value})"))
    }

    /// The instance with a wire of its own at its output, and what reaches the net in its place.
    fn driving(&self, number: usize, value: impl Fn(&str) -> String) -> String {
        let own = format!("fault_{number}_");
        let (cell, net) = (self.with("O", &own), self.pin("O"));
        format!("  wire {own};\n{cell}  assign {net} = {};\n", value(&own))
    }

    /// The table: bit n is the output at address n.
    fn table(&self) -> u16 {
        let digits = self.text.split_once(".LUT_INIT(16'h").expect("a table").1;
        u16::from_str_radix(digits.split_once(')').unwrap().0, 16).unwrap()
    }

    /// Whether an address can occur with the constants at the pins.
    fn occurs(&self, address: usize) -> bool {
        INPUTS.iter().enumerate().all(|(k, pin)| match self.pin(pin).split_once("'h") {
            Some((_, digit)) => digit == (address >> k & 1).to_string(),
            None => true,
        })
    }
}

/// Instances of the netlist, in order.
fn instances(netlist: &str) -> Vec<Cell<'_>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(start) = netlist[at..].find("\n  SB_").map(|k| at + k + 1) {
        let end = start + netlist[start..].find("\n  );\n").expect("an instance ends") + 6;
        let text = &netlist[start..end];
        let kind = text.split_whitespace().next().unwrap();
        // The name stands before the bracket that opens the pins.
        let head = text.rsplit_once(" (\n").map_or("", |(head, _)| head);
        let name = head.split_whitespace().last().unwrap_or("");
        out.push(Cell { text, kind, name });
        at = end - 1;
    }
    out
}

/// A fault of a kind in a cell, in words and as the cell's new text; none where the cell has no such fault.
fn fault(
    kind: usize,
    number: usize,
    cell: &Cell<'_>,
    dice: &mut Sequence,
) -> Option<(String, String)> {
    let acts = format!("(fault == 16'd{})", number + 1);
    match kind {
        0 => {
            let address = dice.below(16) as usize;
            let pins: Vec<_> = INPUTS.iter().rev().map(|pin| cell.pin(pin)).collect();
            let here = format!("({{{}}} == 4'd{address})", pins.join(", "));
            let text = cell.driving(number, |own| format!("{own} ^ ({acts} & {here})"));
            cell.occurs(address).then(|| (format!("bit {address} of its table is wrong"), text))
        }
        1 => {
            let level = dice.below(2);
            let text = cell.driving(number, |own| format!("{acts} ? 1'b{level} : {own}"));
            Some((format!("its output is stuck at {level}"), text))
        }
        2 => {
            let (a, b) = (dice.below(4) as usize, dice.below(4) as usize);
            let swapped = |n: usize| {
                let (x, y) = (n >> a & 1, n >> b & 1);
                n & !(1 << a | 1 << b) | y << a | x << b
            };
            let table = cell.table();
            let tells = |n: usize| cell.occurs(n) && (table >> n ^ table >> swapped(n)) & 1 == 1;
            let (pin_a, pin_b) = (cell.pin(INPUTS[a]), cell.pin(INPUTS[b]));
            let first = cell.with(INPUTS[a], &format!("{acts} ? {pin_b} : {pin_a}"));
            let changed = Cell { text: &first, kind: cell.kind, name: cell.name };
            let text = changed.with(INPUTS[b], &format!("{acts} ? {pin_a} : {pin_b}"));
            let what = format!("inputs {a} and {b} are swapped");
            (a != b && (0..16).any(tells)).then_some((what, text))
        }
        _ => {
            let text = cell.with("E", &format!("{acts} | {}", cell.pin("E")));
            Some(("it is always enabled".into(), text))
        }
    }
}

/// The netlist as module `netlist` with an input `fault`, and what its faults are: `each` of each kind, no two in
/// one cell. Without a choice (0) none acts.
pub fn faulty(netlist: &str, seed: u64, each: usize) -> (String, Vec<String>) {
    let mut tables = instances(netlist);
    let enabled = |c: &Cell<'_>| c.kind.starts_with("SB_DFF") && c.text.contains("    .E(");
    let mut registers: Vec<_> = tables.extract_if(.., |c| enabled(c)).collect();
    tables.retain(|c| c.kind == "SB_LUT4");
    assert!(tables.len() > 1000 && registers.len() > 100, "the netlist of a core");
    let mut dice = Stream::named(seed, "netlist-faults").sequence();
    let (mut text, mut faults) = (netlist.to_string(), Vec::new());
    while faults.len() < 4 * each {
        let number = faults.len();
        let kind = number / each;
        let cells = if kind == 3 { &mut registers } else { &mut tables };
        let cell = cells.swap_remove(dice.below(cells.len() as u64) as usize);
        if let Some((what, changed)) = fault(kind, number, &cell, &mut dice) {
            text = text.replacen(cell.text, &changed, 1);
            faults.push(format!("{}: {what}", cell.name));
        }
    }
    let head = "module top(";
    assert_eq!(text.matches(head).count(), 1, "one module");
    let text = text.replace(head, "module netlist(fault, ");
    (text.replacen(");\n", ");\n  input [15:0] fault;\n", 1), faults)
}
