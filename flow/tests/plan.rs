//! Plans as snapshots: a change of any option, file name or order shows up here, without tools.

use spikewright_flow::{Board, Boards, BuildInput, BuildPlan, SeedPolicy, plan};
use spikewright_ir::Diagnostics;

const ICE40: &str = include_str!("verilog/blinker_ice40.v");
const ECP5: &str = include_str!("verilog/blinker_ecp5.v");

fn try_plan(board: &Board, verilog: &str, seeds: &[u32]) -> Result<BuildPlan, Diagnostics> {
    let policy = SeedPolicy::FirstThatMeets;
    plan(&BuildInput { verilog, ports: &board.ports(), board, seeds, policy })
}

fn board(key: &str) -> Board {
    Boards::builtin().get(key).unwrap().clone()
}

/// The whole plan but for the digest, which the next test looks at.
fn shown(plan: &BuildPlan) -> String {
    let text = plan.to_string();
    let script = plan.files.iter().find(|f| f.name == "synth.ys").unwrap();
    format!("{}\n--- synth.ys\n{}", text.rsplit_once("\ndigest").unwrap().0, script.content)
}

#[test]
fn icebreaker_with_two_seeds() {
    insta::assert_snapshot!(shown(&try_plan(&board("icebreaker"), ICE40, &[1, 7]).unwrap()));
}

#[test]
fn hx8k_b_evn_is_of_another_line() {
    insta::assert_snapshot!(shown(&try_plan(&board("hx8k_b_evn"), ICE40, &[1]).unwrap()));
}

#[test]
fn ulx3s_12f_has_its_own_device() {
    insta::assert_snapshot!(shown(&try_plan(&board("ulx3s_12f"), ECP5, &[1]).unwrap()));
}

#[test]
fn ulx3s_85f() {
    insta::assert_snapshot!(shown(&try_plan(&board("ulx3s_85f"), ECP5, &[1]).unwrap()));
}

#[test]
fn the_digest_depends_on_everything_and_on_nothing_else() {
    let base = board("ulx3s_25f");
    let digest = |b: &Board, v: &str, s: &[u32]| try_plan(b, v, s).unwrap().digest;
    let reference = digest(&base, ECP5, &[1]);
    assert_eq!(reference, digest(&base, ECP5, &[1]));
    assert_eq!(reference.len(), 64);
    let mut pins = base.clone();
    pins.constraints.text.push('\n');
    let mut speed = base.clone();
    speed.speed = Some(7);
    for other in [
        digest(&base, &format!("{ECP5} "), &[1]),
        digest(&base, ECP5, &[2]),
        digest(&base, ECP5, &[1, 2]),
        digest(&pins, ECP5, &[1]),
        digest(&speed, ECP5, &[1]),
        digest(&board("ulx3s_12f"), ECP5, &[1]),
    ] {
        assert_ne!(reference, other);
    }
}

#[test]
fn all_faults_are_reported_at_once() {
    let mut b = board("icebreaker");
    b.constraints.text = "set_io clk 35\nset_io rx 6\nset_io tx 6\nset_io leds 11\n".into();
    b.baud = 7_000_000;
    b.flash_offset = None;
    let error = try_plan(&b, "module blinker(); endmodule", &[1, 1]).unwrap_err();
    let codes: Vec<_> = error.0.iter().map(|d| d.code).collect();
    assert_eq!(codes, ["board-baud", "pin-twice", "unknown-port", "no-pin", "no-top", "seeds"]);
}

#[test]
fn unreasonable_seeds_are_refused() {
    let many: Vec<u32> = (0..100).collect();
    for seeds in [&[][..], &[u32::MAX], &many] {
        let error = try_plan(&board("icebreaker"), ICE40, seeds).unwrap_err();
        assert_eq!(error.0[0].code, "seeds");
    }
}
