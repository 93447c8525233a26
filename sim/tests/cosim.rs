//! The co-simulation harness on a core made of the cycle model: a register-level stand-in behind
//! the host bus, so that the protocol is tested without any tool.

mod common;

use common::{Dice, Mini, MiniLayer, conv::MiniConv};
use spikewright_ir::{CoreImage, Counters, InputTrain, Preset, Readout, SpikeTrain, layout::bus};
use spikewright_sim::cosim::{
    CorePorts, Cosim, CosimError, HostDrive, PortSample, TraceSample, core_ports, first_difference,
};
use spikewright_sim::{Run, Simulator};

/// Takes writes, gathers the spike words into a sample, and plays back what the simulator says
/// about it, one bus cycle after the start.
struct Playback {
    simulator: Simulator,
    image: CoreImage,
    spikes: Vec<u16>,
    /// Run and cycle, once started.
    running: Option<(Run, u64)>,
    done: Option<Run>,
    pending: bool,
    read: u16,
    preset: u16,
    /// Added to the stamps of the trace.
    late: u64,
    /// Flags that are turned over once a run is done.
    wrong: u16,
}

impl Playback {
    fn new(image: &CoreImage) -> Self {
        Self {
            simulator: Simulator::new(image).unwrap(),
            image: image.clone(),
            spikes: vec![0xdead; 1 << 12],
            running: None,
            done: None,
            pending: false,
            read: 0,
            preset: image.preset.id(),
            late: 0,
            wrong: 0,
        }
    }

    fn start(&mut self) {
        let image = &self.image;
        let words = image.stride * image.preset.spec().group_words;
        let mut train = SpikeTrain::silent(image.ticks, image.inputs);
        for tick in 0..image.ticks {
            for i in 0..image.inputs {
                let place = image.input_places.get(i).map_or(i, |&place| place as usize);
                let bit = self.spikes[tick * words + place / 16] >> (place % 16) & 1 == 1;
                train.tick_mut(tick).set(i, bit);
            }
        }
        self.running = Some((self.simulator.run(&train.into()).unwrap(), 0));
    }

    fn register(&self, register: u32) -> u16 {
        let run = self.done.as_ref();
        let cycles = run.map_or(0, |r| r.cycles);
        let events = run.map_or(0, |r| r.events);
        let counters = run.map_or(Counters::default(), |r| r.counters);
        match register {
            bus::STATUS => {
                let undecided = run.is_some_and(|r| r.decision.undecided);
                let status = u16::from(self.running.is_some())
                    | u16::from(run.is_some()) << 1
                    | u16::from(undecided) << 2
                    | 1 << 4;
                if run.is_some() { status ^ self.wrong } else { status }
            }
            bus::CLASS => run.map_or(0, |r| r.decision.class as u16),
            bus::CYCLES_LOW => cycles as u16,
            bus::CYCLES_HIGH => (cycles >> 16) as u16,
            bus::EVENTS_LOW => events as u16,
            bus::EVENTS_HIGH => (events >> 16) as u16,
            bus::CORE => bus::core_word(self.preset),
            bus::ROWS => counters.rows,
            bus::STALLS => counters.stalls,
            bus::OPERATIONS_LOW => counters.operations as u16,
            bus::OPERATIONS_HIGH => {
                (counters.operations >> 16) as u16 | u16::from(counters.saturated) << 8
            }
            _ => run.map_or(0, |r| r.output),
        }
    }
}

impl CorePorts for Playback {
    fn cycle(&mut self, drive: HostDrive) -> Result<PortSample, String> {
        if std::mem::take(&mut self.pending) {
            self.start();
        }
        let mut sample = PortSample { read: self.read, ..PortSample::default() };
        if let Some((run, cycle)) = &mut self.running {
            sample.busy = (1..run.cycles).contains(cycle);
            let row = run.trace.iter().find(|r| u64::from(r.cycle) + self.late == *cycle);
            sample.trace = row.map(|r| TraceSample {
                layer: r.layer,
                neuron: r.neuron as u16,
                tick: r.tick.into(),
                u: r.u,
                v: r.v,
                s: r.s,
            });
            *cycle += 1;
            if *cycle > run.cycles {
                self.done = self.running.take().map(|(run, _)| run);
            }
        }
        self.read = self.register(drive.address & 0xffff);
        let (region, word) = (drive.address >> bus::REGION_LSB, drive.address & 0xffff);
        match (drive.write, region) {
            (true, bus::SPIKES) => self.spikes[word as usize] = drive.data,
            (true, bus::CONTROL) if word == bus::START => self.pending = drive.data == 1,
            _ => {}
        }
        Ok(sample)
    }
}

fn mini() -> Mini {
    let mut dice = Dice(9);
    let layers =
        vec![MiniLayer::plain(dice.matrix(35, 70), 4), MiniLayer::plain(dice.matrix(4, 35), 2)];
    Mini { preset: Preset::Tiny, ticks: 3, inputs: 70, layers, readout: Readout::SpikeCount }
}

fn inputs() -> Vec<InputTrain> {
    let mut dice = Dice(21);
    [0, 100, 400, 1000].map(|density| dice.train(3, 70, density).into()).to_vec()
}

#[test]
fn a_core_that_follows_the_datasheet_gives_the_same_runs() {
    let placed = [100, 400, 1000].map(|density| Dice(density).train(2, 6, density).into()).to_vec();
    for (image, inputs) in [(mini().image(), inputs()), (MiniConv::two_rounds(2).image(), placed)] {
        let mut simulator = Simulator::new(&image).unwrap();
        let mut cosim = Cosim::new(Playback::new(&image), &image).unwrap();
        for (sample, input) in inputs.iter().enumerate() {
            let (expected, got) = (simulator.run(input).unwrap(), cosim.run(input).unwrap());
            assert_eq!(first_difference(sample, &expected, &got), None);
            assert_eq!(expected, got);
            assert!(got.stats.is_none());
        }
    }
}

#[test]
fn a_late_trace_is_named_with_its_cycle() {
    let mini = mini();
    let input = &inputs()[1];
    let expected = Simulator::new(&mini.image()).unwrap().run(input).unwrap();
    let mut core = Playback::new(&mini.image());
    core.late = 1;
    let got = Cosim::new(core, &mini.image()).unwrap().run(input).unwrap();
    let difference = first_difference(5, &expected, &got).unwrap().to_string();
    let cycle = expected.trace[0].cycle;
    assert_eq!(
        difference,
        format!(
            "sample 5, tick 0, layer 0, neuron 0, cycle {cycle}: cycle of the entry expected \
             {cycle}, got {}",
            cycle + 1
        )
    );
}

#[test]
fn differences_name_the_neuron() {
    let mini = mini();
    let expected = Simulator::new(&mini.image()).unwrap().run(&inputs()[1]).unwrap();
    let change = |change: &dyn Fn(&mut Run)| {
        let mut got = expected.clone();
        change(&mut got);
        first_difference(0, &expected, &got).unwrap()
    };
    let spike = change(&|r| r.trace[3].s ^= 2);
    assert_eq!((spike.what, spike.neuron, spike.tick), ("spike", 7, 0));
    let u = change(&|r| r.trace[0].u[1] += 1);
    assert_eq!((u.what, u.neuron, u.got - u.expected), ("potential before reset", 1, 1));
    assert_eq!(change(&|r| r.trace[2].v[0] -= 1).what, "potential after reset");
    assert_eq!(change(&|r| r.trace.truncate(r.trace.len() - 1)).what, "number of trace entries");
    assert_eq!(change(&|r| r.trace[1].layer = 3).what, "layer of the entry");
    assert_eq!(change(&|r| r.cycles += 1).what, "cycles");
    assert_eq!(change(&|r| r.events -= 1).what, "events");
    assert_eq!(change(&|r| r.decision.undecided ^= true).what, "class (-1 is undecided)");
}

#[test]
fn flags_that_contradict_the_run_are_named() {
    let mini = mini();
    for (wrong, told) in [
        (1, "status 0x0013: busy, though the port says it is not"),
        (1 << 1, "status 0x0010: no valid result"),
        (1 << 3, "status 0x001a: bus error, though nothing was written while busy"),
    ] {
        let mut core = Playback::new(&mini.image());
        core.wrong = wrong;
        let error = Cosim::new(core, &mini.image()).unwrap().run(&inputs()[1]).unwrap_err();
        assert_eq!(error.to_string(), told);
    }
}

#[test]
fn another_core_is_refused() {
    let mini = mini();
    let mut core = Playback::new(&mini.image());
    core.preset = 2;
    let error = Cosim::new(core, &mini.image()).err().unwrap();
    assert_eq!(error, CosimError::Core { what: "preset", found: 2, expected: 1 });
}

/// Dead wires: never or always busy, never or always sealed.
struct Dead(u16, u16);

impl CorePorts for Dead {
    fn cycle(&mut self, drive: HostDrive) -> Result<PortSample, String> {
        let core = drive.address & 0xffff == bus::CORE;
        let read = if core { bus::core_word(1) } else { self.1 << 4 };
        Ok(PortSample { read, busy: self.0 == 1, trace: None })
    }
}

#[test]
fn a_core_that_hangs_ends() {
    let image = mini().image();
    for (busy, edge) in [(0, "rise"), (1, "fall")] {
        let error = Cosim::new(Dead(busy, 1), &image).unwrap().run(&inputs()[0]).unwrap_err();
        assert!(matches!(error, CosimError::Busy { edge: e, .. } if e == edge), "{error}");
    }
}

#[test]
fn a_core_that_takes_no_seal_is_named() {
    let error = Cosim::new(Dead(0, 0), &mini().image()).err().unwrap();
    assert_eq!(error.to_string(), "status 0x0000: not sealed, though all of the image is written");
}

#[test]
fn ports_have_the_widths_of_the_datasheet() {
    let bits = |preset| core_ports(preset).iter().map(|p| p.bits).collect::<Vec<_>>();
    assert_eq!(bits(Preset::Up5k), [1, 21, 16, 1, 16, 1, 1, 4, 16, 8, 64, 64, 4]);
    assert_eq!(bits(Preset::Ecp5_25)[10..], [128, 128, 8]);
}
