//! What a core counts, and what two levels are told to differ in.

use spikewright_ir::{Counters, Decision, Preset, Transcript, first_divergence, layout::bus};

#[test]
fn counters_are_read_from_their_words() {
    let word = |n| -> Result<u16, ()> {
        Ok(match n {
            bus::ROWS => 7,
            bus::STALLS => 9,
            bus::OPERATIONS_LOW => 0xbeef,
            bus::OPERATIONS_HIGH => 0x0512,
            _ => return Err(()),
        })
    };
    let found = Counters::read(word).unwrap();
    assert_eq!(found, Counters { rows: 7, stalls: 9, operations: 0x12_beef, saturated: 5 });
    assert_eq!(found, Counters::new((1 << 16) + 7, (1 << 32) + 9, 0x0312_beef, 5));
    assert_eq!(Counters::new(0, 0, 0, 256).saturated, 255);
    assert_eq!(found.synaptic(&Preset::Up5k.spec()), 4 * 0x12_beef);
    assert_eq!(
        found.named(),
        [
            ("rows of the fire units", 7),
            ("stalls", 9),
            ("operations", 0x12_beef),
            ("saturated rows", 5)
        ]
    );
    assert_eq!(Counters::read(|n| if n == bus::STALLS { Err(3) } else { Ok(0) }), Err(3));
}

#[test]
fn a_decision_that_differs_is_told() {
    let of =
        |class, undecided| Transcript { layers: vec![], decision: Decision { class, undecided } };
    let (expected, got) = (of(2, false), of(0, true));
    let told = first_divergence(&expected, &got).unwrap();
    assert_eq!((told.what, told.expected, told.got), ("decision", 2, -1));
    assert_eq!(first_divergence(&got, &got), None);
}
