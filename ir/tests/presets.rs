//! What presets offer, as the datasheets state it: a slip in `ir` would be one in the compiler, the simulator and
//! the hardware alike, so no comparison of levels could see it.

use spikewright_ir::{PRESETS, Preset, THETA_PRESETS, ThetaPreset, ThetaSpec};
use std::collections::BTreeSet;

#[test]
fn presets_are_those_of_the_datasheet() {
    // name, id, weight rows, fan-in, rows of a tile, D, what a change of tiles adds, words of a weight row, spikes
    // while busy, slow memory, most cycles of a sample
    let stated = [
        ("tiny", 1, 1024, 255, 16, 8, 6, 2, true, true, 3_899_680),
        ("up5k", 2, 16384, 1023, 16, 8, 6, 4, true, false, 9_896_256),
        ("up5k_f2", 6, 16384, 1023, 32, 8, 6, 4, true, false, 10_944_832),
        ("hx8k", 5, 1024, 1023, 96, 10, 8, 8, true, false, 3_293_536),
        ("ecp5_25", 3, 2048, 1023, 32, 8, 6, 16, true, true, 10_945_024),
        ("ecp5_25_f4", 7, 2048, 1023, 64, 8, 6, 16, true, true, 13_042_176),
        ("ecp5_85", 4, 2048, 2047, 64, 8, 8, 64, false, true, 13_174_016),
    ];
    let found = PRESETS.map(|p| {
        let s = p.spec();
        assert_eq!(s.preset, p);
        (
            p.name(),
            p.id(),
            s.weight_rows(),
            s.max_fan_in(),
            s.tile_rows(),
            s.min_span(),
            s.tile_switch(),
            s.row_words(),
            s.takes_spikes_while_busy(),
            s.slow_memory(),
            s.cycle_bound(),
        )
    });
    assert_eq!(found, stated);
}

#[test]
fn presets_of_theta_neurons_are_those_of_the_datasheet() {
    let found = THETA_PRESETS.map(|p| {
        let s = p.spec();
        let tables = [0, 1, 2].map(|layer| s.table_at(layer));
        (p.name(), p.id(), s.first_layer(), tables, s.cycle_bound())
    });
    let stated = [
        ("theta_up5k", 64, 256, [14336, 12288, 10240], 5_289_468),
        ("theta_ecp5_25", 65, 128, [6144, 4096, 2048], 5_289_468),
    ];
    assert_eq!(found, stated);
    assert_eq!((ThetaSpec::PERIOD, ThetaSpec::TABLE, ThetaSpec::LANES), (2048, 2048, 64));
}

#[test]
fn names_are_read_as_they_are_written() {
    for p in PRESETS {
        assert_eq!(p.to_string().parse(), Ok(p));
    }
    for p in THETA_PRESETS {
        assert_eq!(p.to_string().parse(), Ok(p));
    }
    let told = "up6k".parse::<Preset>().unwrap_err();
    assert_eq!(
        told,
        "unknown preset \"up6k\"; presets are tiny, up5k, up5k_f2, hx8k, ecp5_25, ecp5_25_f4, ecp5_85"
    );
    let told = "up5k".parse::<ThetaPreset>().unwrap_err();
    let known = "presets of theta neurons are theta_up5k, theta_ecp5_25";
    assert_eq!(told, format!("unknown preset \"up5k\"; {known}"));
}

/// A variant is the same core in all but its fire units and what follows from them, so that what one was proven
/// to do with its memories the other does.
#[test]
fn variants_differ_in_their_fire_units() {
    let narrow = Preset::Up5k.with_fire_units(2).unwrap();
    assert_eq!(narrow, Preset::Up5kF2);
    assert_eq!(narrow.with_fire_units(4), Ok(Preset::Up5k));
    assert_eq!(Preset::Ecp5_25.with_fire_units(4), Ok(Preset::Ecp5_25F4));
    assert_eq!(Preset::Up5k.with_fire_units(8).unwrap_err(), "4 (up5k) or 2 (up5k_f2)");
    assert_eq!(Preset::Hx8k.with_fire_units(2).unwrap_err(), "1 (hx8k)");
    for p in PRESETS {
        assert_eq!(p.with_fire_units(p.spec().fire_units), Ok(p));
    }
}

#[test]
fn no_two_presets_answer_alike() {
    let numbers: BTreeSet<u16> =
        PRESETS.map(Preset::id).into_iter().chain(THETA_PRESETS.map(ThetaPreset::id)).collect();
    assert_eq!(numbers.len(), PRESETS.len() + THETA_PRESETS.len());
}
