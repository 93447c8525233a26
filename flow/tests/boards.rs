//! The table of boards: what comes with the tool is consistent, what a project adds is checked.

use spikewright_flow::{Boards, Constraints, Family, FlowError, HostLink, Pll, check_constraints};
use spikewright_ir::Preset;
use std::fs;

#[test]
fn built_in_boards_are_consistent() {
    let boards = Boards::builtin();
    let keys: Vec<_> = boards.iter().map(|b| b.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "colorlight_i5",
            "hx8k_b_evn",
            "icebreaker",
            "icebreaker_spi",
            "ulx3s_12f",
            "ulx3s_25f",
            "ulx3s_45f",
            "ulx3s_85f"
        ]
    );
    for board in boards.iter() {
        board.validate().unwrap();
        assert_eq!(board.pll.output_mhz(board.oscillator_mhz), board.core_mhz, "{}", board.key);
        if board.link == HostLink::Uart {
            assert_eq!(f64::from(board.cycles_per_bit() * board.baud), board.core_mhz * 1e6);
        }
        let constraints = Constraints::parse(board.family, &board.constraints).unwrap();
        check_constraints(&constraints, board, &board.ports()).unwrap();
        assert_eq!(constraints.clocks.len(), 1, "{}: nextpnr derives the PLL from it", board.key);
        let stem = format!("{}.{}", board.key, board.family.constraint_extension());
        assert_eq!(board.constraints.name, stem);
    }
    let vco = |key: &str| {
        let board = boards.get(key).unwrap();
        board.pll.vco_mhz(board.oscillator_mhz)
    };
    assert_eq!((vco("icebreaker"), vco("ulx3s_12f")), (720.0, 720.0));
    assert_eq!(boards.get("icebreaker").unwrap().preset, Preset::Up5k);
    assert_eq!(boards.get("hx8k_b_evn").unwrap().preset, Preset::Hx8k);
    assert_eq!(boards.get("ulx3s_85f").unwrap().preset, Preset::Ecp5_85);
}

#[test]
fn the_ulx3s_with_the_same_core_differ_in_the_device_only() {
    let boards = Boards::builtin();
    let reference = boards.get("ulx3s_25f").unwrap();
    for (key, device) in [("ulx3s_12f", "12k"), ("ulx3s_45f", "45k")] {
        let mut board = boards.get(key).unwrap().clone();
        assert_eq!(board.device, device);
        let pins = Constraints::parse(Family::Ecp5, &board.constraints).unwrap().pins;
        let expected = Constraints::parse(Family::Ecp5, &reference.constraints).unwrap().pins;
        assert_eq!(pins, expected);
        board.device.clone_from(&reference.device);
        board.key.clone_from(&reference.key);
        board.title.clone_from(&reference.title);
        board.constraints.clone_from(&reference.constraints);
        assert_eq!(&board, reference);
    }
}

#[test]
fn the_document_says_what_the_table_says() {
    let text = include_str!("../../docs/boards.md");
    for board in Boards::builtin().iter() {
        let row = text.lines().find(|l| l.starts_with(&format!("| `{}` |", board.key))).unwrap();
        let figures = format!(
            "| `{}` | {} MHz | {} MHz | {} |",
            board.preset,
            board.oscillator_mhz,
            board.core_mhz,
            board.link_text()
        );
        assert!(row.ends_with(&figures), "{row} against {figures}");
        for pin in Constraints::parse(board.family, &board.constraints).unwrap().pins {
            let cell = format!("| `{}` | {} |", pin.port, pin.pin);
            assert!(text.contains(&cell), "{cell}");
        }
    }
}

#[test]
fn an_unknown_board_is_answered_with_the_list() {
    let error = Boards::builtin().get("icebraker").unwrap_err().to_string();
    assert!(error.contains("did you mean `icebreaker`?"), "{error}");
    assert!(error.contains("ulx3s_12f, ulx3s_25f, ulx3s_45f, ulx3s_85f"), "{error}");
    let error = Boards::builtin().get("de10_nano").unwrap_err().to_string();
    assert!(!error.contains("did you mean"), "{error}");
}

#[test]
fn a_project_adds_and_replaces() {
    let dir = tempfile::tempdir().unwrap();
    let own_pins = "set_io clk 35\nset_io rx 6\nset_io tx 9\nset_io led 37\n";
    fs::write(dir.path().join("icebreaker.pcf"), own_pins).unwrap();
    let table = include_str!("../../constraints/boards.toml");
    let first = table.split("[hx8k_b_evn]").next().unwrap();
    fs::write(dir.path().join("boards.toml"), first.replace("[icebreaker]", "[mine]")).unwrap();
    // The new board has no constraint file yet.
    let error = Boards::load(Some(dir.path())).unwrap_err().to_string();
    assert!(error.contains("there is no mine.pcf"), "{error}");

    fs::write(dir.path().join("mine.pcf"), own_pins).unwrap();
    let boards = Boards::load(Some(dir.path())).unwrap();
    assert_eq!(boards.get("icebreaker").unwrap().constraints.text, own_pins);
    assert_eq!(boards.get("mine").unwrap().preset, Preset::Up5k);
    assert_eq!(boards.iter().count(), 9);
    assert!(matches!(Boards::load(Some(&dir.path().join("nowhere"))), Err(FlowError::File(_))));
}

/// Loads the first built-in board after a textual change; returns the error.
#[track_caller]
fn refused(from: &str, to: &str) -> String {
    let table = include_str!("../../constraints/boards.toml");
    let first = table.split("[hx8k_b_evn]").next().unwrap();
    assert!(first.contains(from));
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("boards.toml"), first.replace(from, to)).unwrap();
    Boards::load(Some(dir.path())).unwrap_err().to_string()
}

#[test]
fn wrong_tables_are_refused_with_place_and_remedy() {
    for (from, to, part) in [
        ("core_mhz = 45", "core_mhz = 46", "core_mhz is 46, the PLL makes 45"),
        ("baud = 3_000_000", "baud = 4_000_000", "45 MHz / 4000000 baud = 11.2500"),
        ("baud = 3_000_000", "baud = 0", "baud above 0"),
        ("baud = 3_000_000", "link = \"spi\"", "leave out baud and flash_offset"),
        ("baud = 3_000_000", "link = \"usb\"", "unknown variant `usb`"),
        ("flash_offset = 0x10_0000", "flash_offset = 0x10_0001", "0x100001 is no place"),
        ("flash_offset = 0x10_0000", "flash_offset = 0x100_0000", "0x1000000 is no place"),
        ("oscillator_mhz = 12", "oscillator_mhz = nan", "oscillator_mhz"),
        ("divf = 59", "divf = 90", "VCO in MHz is 1092"),
        ("divf = 59", "divf = 300", "boards.toml:"),
        ("device = \"up5k\"", "device = \"--version\"", "device \"--version\" is not supported"),
        ("package = \"sg48\"", "package = \"qn84\"", "packages of this family: sg48"),
        ("preset = \"up5k\"", "preset = \"up6k\"", "boards.toml:9"),
        ("preset = ", "presett = ", "unknown field `presett`"),
        ("[icebreaker]", "[\"../x\"]", "a key has 1 to 64"),
        ("tool = \"iceprog\"", "tool = \"rm\"", "unknown variant `rm`"),
        ("family = \"ice40\"", "family = \"ecp5\"", "speed grade None"),
        ("package = \"sg48\"", "package = \"sg48\"\nspeed = 6", "leave it out for iCE40"),
    ] {
        let error = refused(from, to);
        assert!(error.contains(part), "{to}: {error}");
    }
    assert!(refused("[icebreaker]", "[icebreaker").contains("boards.toml:4"));
}

#[test]
fn a_changed_clock_is_checked_again() {
    let mut board = Boards::builtin().get("icebreaker").unwrap().clone();
    board.pll = Pll::SbPll40 { divr: 0, divf: 63, divq: 4, filter_range: 1, fabric: false };
    assert!(board.validate().unwrap_err().to_string().contains("the PLL makes 48"));
    board.core_mhz = 48.0;
    board.validate().unwrap();
    assert_eq!(board.cycles_per_bit(), 16);
}
