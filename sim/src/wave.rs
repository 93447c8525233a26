//! Waveforms: what is seen of cores, cycle by cycle, for a viewer of value change dumps or of FST files.

mod fst;
mod vcd;

use crate::{
    Probe, Run, Signals, SimError, Simulator,
    cosim::{PortSample, TraceSample},
};
use spikewright_ir::{InputTrain, Preset};

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
pub fn draw(
    simulator: &mut Simulator,
    input: &InputTrain,
    period_ns: u64,
) -> Result<(Run, Waveform), SimError> {
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

    /// The changes: scope `core` is the simulator's, with the clock; the other core has a scope of the
    /// given name.
    pub fn finish(self, other: Option<&str>) -> Waveform {
        let Self { units, period, simulator, ports: seen } = self;
        let mut waveform = Waveform::default();
        let clock = waveform.declare("core", &[("clock".into(), 1)]);
        let mut mine = Changes::new(signals(units), "core", &mut waveform);
        let mut theirs = other.map(|name| Changes::new(ports(units), name, &mut waveform));
        let end = simulator.len().max(seen.len());
        for cycle in 0..end {
            let time = cycle as u64 * period;
            waveform.changes.push(Change { time, variable: clock, value: 1 });
            if let Some(signals) = simulator.get(cycle) {
                mine.push(time, signals, &mut waveform);
            }
            if let (Some(port), Some(theirs)) = (seen.get(cycle), &mut theirs) {
                theirs.push(time, port, &mut waveform);
            }
            waveform.changes.push(Change { time: time + period / 2, variable: clock, value: 0 });
        }
        waveform.end = end as u64 * period;
        waveform
    }
}

impl Probe for Wave {
    fn cycle(&mut self, signals: &Signals) {
        self.simulator.push(*signals);
    }
}

/// Variables and their changes, times in nanoseconds and in order.
#[derive(Default)]
pub struct Waveform {
    variables: Vec<Declared>,
    changes: Vec<Change>,
    end: u64,
}

/// A variable of at most 64 bits; those of a scope stand together.
struct Declared {
    scope: String,
    name: String,
    width: usize,
}

struct Change {
    time: u64,
    /// Number in the list of variables.
    variable: usize,
    value: u64,
}

impl Waveform {
    /// The number of the first.
    fn declare(&mut self, scope: &str, variables: &[(String, usize)]) -> usize {
        let first = self.variables.len();
        self.variables.extend(variables.iter().map(|(name, width)| Declared {
            scope: scope.into(),
            name: name.clone(),
            width: *width,
        }));
        first
    }
}

/// Variables in a waveform, and their values written last.
struct Changes<T> {
    variables: Vec<Variable<T>>,
    first: usize,
    last: Vec<Option<u64>>,
}

impl<T> Changes<T> {
    fn new(variables: Vec<Variable<T>>, scope: &str, waveform: &mut Waveform) -> Self {
        let named: Vec<_> = variables.iter().map(|v| (v.name.clone(), v.width)).collect();
        let first = waveform.declare(scope, &named);
        Self { first, last: vec![None; variables.len()], variables }
    }

    fn push(&mut self, time: u64, state: &T, waveform: &mut Waveform) {
        for (k, (variable, last)) in self.variables.iter().zip(&mut self.last).enumerate() {
            let value = (variable.value)(state);
            if last.replace(value) != Some(value) {
                waveform.changes.push(Change { time, variable: self.first + k, value });
            }
        }
    }
}
