//! Waveforms: a run drawn as a value change dump, the format every wave viewer reads.

use crate::{Probe, Run, Signals, SimError, Simulator};
use spikewright_ir::InputTrain;
use std::fmt::Write;

/// Name, width and value of a variable.
type Variable = (&'static str, u32, fn(&Signals) -> u64);

/// All variables but the clock, in the order of the pipeline.
const VARIABLES: [Variable; 19] = [
    ("busy", 1, |s| s.busy.into()),
    ("scan_state", 3, |s| s.scan_state.into()),
    ("scan_entry", 8, |s| s.scan_entry.into()),
    ("scan_round", 6, |s| s.scan_round.into()),
    ("guard", 8, |s| s.guard.into()),
    ("event_valid", 1, |s| s.event_valid.into()),
    ("e1_valid", 1, |s| s.e1_valid.into()),
    ("e1_first", 1, |s| s.e1_first.into()),
    ("e1_null", 1, |s| s.e1_null.into()),
    ("e1_fire", 1, |s| s.e1_fire.into()),
    ("e1_row", 16, |s| s.e1_row.into()),
    ("head_valid", 1, |s| s.head_valid.into()),
    ("head_row", 8, |s| s.head_row.into()),
    ("trace_valid", 1, |s| s.trace_valid.into()),
    ("trace_layer", 4, |s| s.trace_layer.into()),
    ("trace_neuron", 16, |s| s.trace_neuron.into()),
    ("trace_tick", 8, |s| s.trace_tick.into()),
    ("trace_s", 16, |s| s.trace_s.into()),
    ("pass_done", 1, |s| s.pass_done.into()),
];

/// Identifier of the clock; variable `i` has the `i`-th character after it.
const CLOCK: char = '!';

/// Runs a sample and returns the run with its waveform. `period_ns` is the time of a clock cycle,
/// at least 2; the clock rises at its beginning.
///
/// # Errors
/// As [`Simulator::run`].
pub fn dump(
    simulator: &mut Simulator,
    input: &InputTrain,
    period_ns: u64,
) -> Result<(Run, String), SimError> {
    let mut writer = Writer::new(period_ns.max(2));
    let run = simulator.run_with_probe(input, &mut writer)?;
    Ok((run, writer.finish()))
}

/// A probe that writes changes.
struct Writer {
    text: String,
    last: [Option<u64>; VARIABLES.len()],
    period: u64,
    end: u64,
}

fn identifier(variable: usize) -> char {
    char::from(CLOCK as u8 + 1 + variable as u8)
}

impl Writer {
    fn new(period: u64) -> Self {
        let mut text = String::from("$timescale 1ns $end\n$scope module core $end\n");
        let _ = writeln!(text, "$var wire 1 {CLOCK} clock $end");
        for (i, (name, width, _)) in VARIABLES.iter().enumerate() {
            let _ = writeln!(text, "$var wire {width} {} {name} $end", identifier(i));
        }
        text.push_str("$upscope $end\n$enddefinitions $end\n");
        Self { text, last: [None; VARIABLES.len()], period, end: 0 }
    }

    fn finish(mut self) -> String {
        let _ = writeln!(self.text, "#{}", self.end);
        self.text
    }
}

impl Probe for Writer {
    fn cycle(&mut self, signals: &Signals) {
        let time = signals.cycle * self.period;
        let _ = writeln!(self.text, "#{time}\n1{CLOCK}");
        for (i, (_, width, value)) in VARIABLES.iter().enumerate() {
            let value = value(signals);
            if self.last[i] != Some(value) {
                self.last[i] = Some(value);
                let _ = match width {
                    1 => writeln!(self.text, "{value}{}", identifier(i)),
                    _ => writeln!(self.text, "b{value:b} {}", identifier(i)),
                };
            }
        }
        let _ = writeln!(self.text, "#{}\n0{CLOCK}", time + self.period / 2);
        self.end = time + self.period;
    }
}
