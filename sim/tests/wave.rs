//! Waveforms, read back by the reader of a wave viewer in both formats.

mod common;

use common::{Dice, Mini, MiniLayer};
use spikewright_ir::{InputTrain, Preset, Readout};
use spikewright_sim::{Simulator, wave::draw};
use std::{collections::BTreeMap, io::Cursor};

/// Changes by variable: time in nanoseconds, and bits.
type Changes = BTreeMap<String, Vec<(u64, String)>>;

fn read(bytes: Vec<u8>) -> Changes {
    let mut wave = wellen::simple::read_from_reader(Cursor::new(bytes)).unwrap();
    let signals: Vec<_> = wave.hierarchy().signals().collect();
    wave.load_signals(&signals);
    let times = wave.time_table();
    let hierarchy = wave.hierarchy();
    let changes = hierarchy.all_vars().map(|var| {
        let var = &hierarchy[var];
        let signal = wave.get_signal(var.signal_ref()).unwrap();
        let changes =
            signal.iter_changes().map(|(at, value)| (times[at as usize], value.to_string()));
        (var.full_name(hierarchy), changes.collect())
    });
    changes.collect()
}

/// Either format holds every trace entry at its cycle, with its values, and the clock of every cycle.
#[test]
fn waveforms_show_the_trace() {
    let mut dice = Dice(9);
    let layers =
        vec![MiniLayer::plain(dice.matrix(35, 70), 4), MiniLayer::plain(dice.matrix(4, 35), 2)];
    let mini =
        Mini { preset: Preset::Tiny, ticks: 3, inputs: 70, layers, readout: Readout::SpikeCount };
    let input: InputTrain = Dice(21).train(3, 70, 100).into();
    let mut simulator = Simulator::new(&mini.image()).unwrap();
    let (run, waveform) = draw(&mut simulator, &input, 20).unwrap();
    assert_eq!(run, simulator.run(&input).unwrap());

    let (vcd, fst) = (waveform.vcd().unwrap(), waveform.fst().unwrap());
    assert!(4 * fst.len() < vcd.len(), "{} bytes, {} as text", fst.len(), vcd.len());
    let changes = read(vcd);
    assert_eq!(read(fst), changes);

    let at = |name: &str, time: u64| {
        let all = &changes[&format!("core.{name}")];
        let (_, bits) = all.iter().rev().find(|(t, _)| *t <= time).unwrap();
        u64::from_str_radix(bits, 2).unwrap()
    };
    let rising = changes["core.clock"].iter().filter(|(_, value)| value == "1").count() as u64;
    assert!(rising == run.cycles + 1 && at("busy", (run.cycles - 1) * 20) == 1);
    assert_eq!(at("busy", run.cycles * 20), 0);
    let mut rows = run.trace.iter();
    for cycle in 0..=run.cycles {
        let time = cycle * 20;
        if at("trace_valid", time) == 1 {
            let row = rows.next().unwrap();
            assert_eq!(u64::from(row.cycle), cycle);
            assert_eq!(at("trace_s", time), u64::from(row.s));
            for unit in 0..Preset::Tiny.spec().fire_units {
                assert_eq!(at(&format!("trace_u{unit}"), time), u64::from(row.u[unit] as u16));
                assert_eq!(at(&format!("trace_v{unit}"), time), u64::from(row.v[unit] as u16));
            }
        }
    }
    assert!(rows.next().is_none());
}
