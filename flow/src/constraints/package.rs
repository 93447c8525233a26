//! Which pins a package offers to the fabric, from the place-and-route databases (icestorm, Trellis).

/// I/O pins of the UP5K in sg48; 39, 40 and 41 are open-drain LED drivers.
const SG48: [u8; 39] = [
    2, 3, 4, 6, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 25, 26, 27, 28, 31, 32, 34,
    35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48,
];

/// I/O balls of the HX8K in ct256, row by row: 206.
const CT256: [(&str, &[u8]); 16] = [
    ("A", &[1, 2, 5, 6, 7, 9, 10, 11, 15, 16]),
    ("B", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
    ("C", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16]),
    ("D", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16]),
    ("E", &[2, 3, 4, 5, 6, 9, 10, 11, 13, 14, 16]),
    ("F", &[1, 2, 3, 4, 5, 7, 9, 11, 12, 13, 14, 15, 16]),
    ("G", &[1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16]),
    ("H", &[1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 16]),
    ("J", &[1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15, 16]),
    ("K", &[1, 3, 4, 5, 9, 11, 12, 13, 14, 15, 16]),
    ("L", &[1, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 16]),
    ("M", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16]),
    ("N", &[2, 3, 4, 5, 6, 7, 9, 10, 12, 16]),
    ("P", &[1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
    ("R", &[1, 2, 3, 4, 5, 6, 9, 10, 11, 12, 14, 15, 16]),
    ("T", &[1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16]),
];

/// I/O balls of the LFE5U-12F and -25F in CABGA381, row by row: 197.
const CABGA381: [(&str, &[u8]); 20] = [
    ("A", &[2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 18, 19]),
    ("B", &[1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20]),
    ("C", &[1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20]),
    ("D", &[1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]),
    ("E", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]),
    ("F", &[1, 2, 3, 4, 5, 16, 17, 18, 19, 20]),
    ("G", &[1, 2, 3, 5, 16, 18, 19, 20]),
    ("H", &[1, 2, 3, 4, 5, 16, 17, 18, 20]),
    ("J", &[1, 3, 4, 5, 16, 17, 18, 19, 20]),
    ("K", &[1, 2, 3, 4, 5, 18, 19, 20]),
    ("L", &[1, 2, 3, 4, 5, 16, 17, 18, 19, 20]),
    ("M", &[1, 3, 4, 17, 18, 19, 20]),
    ("N", &[1, 2, 3, 4, 5, 16, 17, 18, 19, 20]),
    ("P", &[1, 2, 3, 4, 5, 16, 17, 18, 19, 20]),
    ("R", &[1, 2, 3, 16, 17, 18, 20]),
    ("T", &[1, 2, 3, 17, 18, 19, 20]),
    ("U", &[1, 2, 16, 17, 18, 19, 20]),
    ("V", &[1, 2]),
    ("W", &[1, 2]),
    ("Y", &[2]),
];

/// Balls that the 45F and 85F add.
const CABGA381_45: [&str; 6] = ["A15", "C9", "D10", "E10", "M5", "T16"];

/// Balls that only the 85F adds.
const CABGA381_85: [&str; 2] = ["K16", "K17"];

/// Whether `pin` is an I/O of the device in the package. Unknown packages have no pins; a board's
/// own check names them.
pub(super) fn has_pin(device: &str, package: &str, pin: &str) -> bool {
    match package {
        "sg48" => number(pin).is_some_and(|n| SG48.contains(&n)),
        "ct256" => has_ball(&CT256, pin),
        "CABGA381" => {
            has_ball(&CABGA381, pin)
                || (matches!(device, "45k" | "85k") && CABGA381_45.contains(&pin))
                || (device == "85k" && CABGA381_85.contains(&pin))
        }
        _ => false,
    }
}

/// Whether a ball is in a table of rows and their columns.
fn has_ball(table: &[(&str, &[u8])], pin: &str) -> bool {
    pin.is_char_boundary(1)
        && !pin.is_empty()
        && table.iter().any(|(row, columns)| {
            *row == &pin[..1] && number(&pin[1..]).is_some_and(|n| columns.contains(&n))
        })
}

/// A decimal number without sign or leading zero: `06` is not a pin name.
fn number(text: &str) -> Option<u8> {
    let n: u8 = text.parse().ok()?;
    (n.to_string() == text).then_some(n)
}

/// How pins of the package are called, for a message.
pub(super) fn pin_help(package: &str) -> String {
    match package {
        "sg48" => format!("I/O pins of sg48: {}", SG48.map(|n| n.to_string()).join(", ")),
        "ct256" => "I/O balls of ct256 are a row A-T (no I, O, Q, S) and a column 1-16".into(),
        _ => format!("I/O balls of {package} are a row A-Y (no I, O, Q, S, X) and a column 1-20"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_agree_with_the_data_sheets() {
        assert_eq!(CT256.iter().map(|(_, c)| c.len()).sum::<usize>(), 206);
        assert_eq!(CABGA381.iter().map(|(_, c)| c.len()).sum::<usize>(), 197);
        let count = |device| {
            let rows = CABGA381.iter().map(|(r, _)| *r);
            let names = rows.flat_map(|r| (1..=20).map(move |c| format!("{r}{c}")));
            names.filter(|n| has_pin(device, "CABGA381", n)).count()
        };
        assert_eq!([count("12k"), count("25k"), count("45k"), count("85k")], [197, 197, 203, 205]);
    }

    #[test]
    fn refuses_what_is_no_pin() {
        for pin in ["", "0", "1", "5", "49", "06", "+6", "6 ", "A2", "300", "é"] {
            assert!(!has_pin("up5k", "sg48", pin), "{pin}");
        }
        for pin in ["", "A", "A1", "A02", "A21", "I3", "a2", "2A", "é2", "A15", "K16"] {
            assert!(!has_pin("25k", "CABGA381", pin), "{pin}");
        }
        for pin in ["A3", "A12", "T17", "J6", "S1"] {
            assert!(!has_pin("hx8k", "ct256", pin), "{pin}");
        }
        assert!(has_pin("hx8k", "ct256", "J3") && has_pin("hx8k", "ct256", "B12"));
        assert!(has_pin("up5k", "sg48", "35") && has_pin("25k", "CABGA381", "G2"));
    }
}
