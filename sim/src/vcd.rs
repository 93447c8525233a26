//! Waveforms: runs drawn as a value change dump, the format every wave viewer reads.

use crate::{
    Probe, Run, Signals, SimError, Simulator,
    cosim::{PortSample, TraceSample},
};
use spikewright_ir::{InputTrain, Preset};
use std::fmt::Write;

/// Name, width and value of a variable.
struct Variable<T> {
    name: String,
    width: usize,
    value: Box<dyn Fn(&T) -> u64>,
}

fn variable<T>(name: &str, width: usize, value: impl Fn(&T) -> u64 + 'static) -> Variable<T> {
    Variable { name: name.into(), width, value: Box::new(value) }
}

/// The simulator's, in the order of the pipeline, for a core with so many fire units.
fn signals(units: usize) -> Vec<Variable<Signals>> {
    let mut all: Vec<Variable<Signals>> = vec![
        variable("busy", 1, |s: &Signals| s.busy.into()),
        variable("scan_state", 3, |s: &Signals| s.scan_state.into()),
        variable("scan_entry", 8, |s: &Signals| s.scan_entry.into()),
        variable("scan_round", 6, |s: &Signals| s.scan_round.into()),
        variable("guard", 8, |s: &Signals| s.guard.into()),
        variable("event_valid", 1, |s: &Signals| s.event_valid.into()),
        variable("e1_valid", 1, |s: &Signals| s.e1_valid.into()),
        variable("e1_first", 1, |s: &Signals| s.e1_first.into()),
        variable("e1_null", 1, |s: &Signals| s.e1_null.into()),
        variable("e1_fire", 1, |s: &Signals| s.e1_fire.into()),
        variable("e1_row", 16, |s: &Signals| s.e1_row.into()),
        variable("head_valid", 1, |s: &Signals| s.head_valid.into()),
        variable("head_row", 8, |s: &Signals| s.head_row.into()),
    ];
    all.extend(trace(units, |s: &Signals| s.trace));
    all.push(variable("pass_done", 1, |s: &Signals| s.pass_done.into()));
    all
}

/// Those of a core's ports.
fn ports(units: usize) -> Vec<Variable<PortSample>> {
    let mut all = vec![
        variable("busy", 1, |p: &PortSample| p.busy.into()),
        variable("host_rdata", 16, |p: &PortSample| p.read.into()),
    ];
    all.extend(trace(units, |p: &PortSample| p.trace));
    all
}

/// The trace port: all 0 while it is not valid.
fn trace<T: 'static>(
    units: usize,
    port: impl Fn(&T) -> Option<TraceSample> + Copy + 'static,
) -> Vec<Variable<T>> {
    let of = move |field: fn(&TraceSample) -> u64| move |t: &T| port(t).as_ref().map_or(0, field);
    let mut all = vec![
        variable("trace_valid", 1, of(|_| 1)),
        variable("trace_layer", 4, of(|t| t.layer.into())),
        variable("trace_neuron", 16, of(|t| t.neuron.into())),
        variable("trace_tick", 8, of(|t| t.tick.into())),
        variable("trace_s", units, of(|t| t.s.into())),
    ];
    for unit in 0..units {
        let u = move |t: &T| port(t).map_or(0, |t| u64::from(t.u[unit] as u16));
        let v = move |t: &T| port(t).map_or(0, |t| u64::from(t.v[unit] as u16));
        all.push(variable(&format!("trace_u{unit}"), 16, u));
        all.push(variable(&format!("trace_v{unit}"), 16, v));
    }
    all
}

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
    let mut wave = Wave::new(simulator.preset(), period_ns);
    let run = simulator.run_with_probe(input, &mut wave)?;
    Ok((run, wave.finish(None)))
}

/// What is seen of a simulated core, and beside it of another that is driven alike, cycle by cycle from
/// the first start's cycle 0 on. Starts follow each other.
pub struct Wave {
    units: usize,
    period: u64,
    simulator: Vec<Signals>,
    ports: Vec<PortSample>,
}

impl Wave {
    /// Nothing yet, of cores of a preset.
    pub fn new(preset: Preset, period_ns: u64) -> Self {
        let units = preset.spec().fire_units;
        Self { units, period: period_ns.max(2), simulator: Vec::new(), ports: Vec::new() }
    }

    /// The other core in the cycle behind those seen so far.
    pub fn port(&mut self, sample: &PortSample) {
        self.ports.push(*sample);
    }

    /// Fills the shorter of both up with its last cycle, so that the next start of both is at one place.
    pub fn align(&mut self) {
        let end = self.simulator.len().max(self.ports.len());
        if let Some(&last) = self.simulator.last() {
            self.simulator.resize(end, last);
        }
        if let Some(&last) = self.ports.last() {
            self.ports.resize(end, last);
        }
    }

    /// The dump: scope `core` is the simulator's, the other core has a scope of the given name.
    pub fn finish(self, other: Option<&str>) -> String {
        let Self { units, period, simulator, ports: seen, .. } = self;
        let (mine, theirs) = (signals(units), ports(units));
        let mut out = String::from("$timescale 1ns $end\n$scope module core $end\n");
        let _ = writeln!(out, "$var wire 1 {} clock $end", identifier(0));
        let mut count = 0;
        let mut declare = |out: &mut String, name: &str, width: usize| {
            count += 1;
            let _ = writeln!(out, "$var wire {width} {} {name} $end", identifier(count));
        };
        mine.iter().for_each(|v| declare(&mut out, &v.name, v.width));
        out.push_str("$upscope $end\n");
        if let Some(name) = other {
            let _ = writeln!(out, "$scope module {name} $end");
            theirs.iter().for_each(|v| declare(&mut out, &v.name, v.width));
            out.push_str("$upscope $end\n");
        }
        out.push_str("$enddefinitions $end\n");
        let mut changes = Changes { last: vec![None; mine.len() + theirs.len()] };
        let end = simulator.len().max(seen.len());
        for cycle in 0..end {
            let time = cycle as u64 * period;
            let _ = writeln!(out, "#{time}\n1{}", identifier(0));
            if let Some(signals) = simulator.get(cycle) {
                changes.write(&mut out, &mine, signals, 0);
            }
            if let (Some(port), Some(_)) = (seen.get(cycle), other) {
                changes.write(&mut out, &theirs, port, mine.len());
            }
            let _ = writeln!(out, "#{}\n0{}", time + period / 2, identifier(0));
        }
        let _ = writeln!(out, "#{}", end as u64 * period);
        out
    }
}

impl Probe for Wave {
    fn cycle(&mut self, signals: &Signals) {
        self.simulator.push(*signals);
    }
}

/// Values written last.
struct Changes {
    last: Vec<Option<u64>>,
}

impl Changes {
    fn write<T>(&mut self, out: &mut String, variables: &[Variable<T>], state: &T, first: usize) {
        for (k, variable) in (first..).zip(variables) {
            let value = (variable.value)(state);
            if self.last[k].replace(value) != Some(value) {
                let name = identifier(k + 1);
                let _ = match variable.width {
                    1 => writeln!(out, "{value}{name}"),
                    _ => writeln!(out, "b{value:b} {name}"),
                };
            }
        }
    }
}

/// The clock is number 0. Printable characters, as few as will do.
fn identifier(mut number: usize) -> String {
    const FIRST: u8 = b'!';
    const COUNT: usize = 94;
    let mut out = String::new();
    loop {
        out.push(char::from(FIRST + (number % COUNT) as u8));
        number /= COUNT;
        if number == 0 {
            return out;
        }
        number -= 1;
    }
}
