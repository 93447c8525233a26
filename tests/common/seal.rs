//! What the datasheet says of the seal, on any core that has a host bus: whatever damage an image has
//! taken, the core does not start; told the image as it is, it does.

use spikewright::{
    ir::{CoreImage, layout::bus},
    sim::cosim::{CorePorts, HostDrive, PortSample},
};

const SEAL: u32 = bus::address(bus::CONTROL, bus::SEAL);

struct Bus<'a, C>(&'a mut C);

impl<C: CorePorts> Bus<'_, C> {
    fn cycle(&mut self, address: u32, data: u16, write: bool) -> PortSample {
        self.0.cycle(HostDrive { address, data, write }).expect("the engine goes on")
    }

    fn write(&mut self, writes: &[(u32, u16)]) {
        for &(address, word) in writes {
            self.cycle(address, word, true);
        }
    }

    fn read(&mut self, register: u32) -> u16 {
        let address = bus::address(bus::CONTROL, register);
        (0..4).fold(0, |_, _| self.cycle(address, 0, false).read)
    }

    /// Writes a start; whether the core was busy then, and how its status ends.
    fn start(&mut self) -> (bool, u16) {
        self.write(&[(bus::address(bus::CONTROL, bus::START), bus::START_FRESH)]);
        let mut ran = false;
        for _ in 0..1 << 16 {
            let busy = self.cycle(0, 0, false).busy;
            ran |= busy;
            if !busy && self.read(bus::STATUS) & 1 == 0 {
                break;
            }
        }
        (ran, self.read(bus::STATUS))
    }
}

/// The first thing that the core does otherwise, in words.
pub fn seal_differs<C: CorePorts>(image: &CoreImage, core: &mut C) -> Option<String> {
    let mut bus = Bus(core);
    let right: Vec<_> = image.writes().collect();
    let of_region = |region: u32| {
        let inside = |&(a, _): &(u32, u16)| a >> bus::REGION_LSB == region;
        right.iter().position(inside).expect("an image writes everywhere")
    };
    let changed = |at: usize, change: fn(&mut (u32, u16))| {
        let mut writes = right.clone();
        change(&mut writes[at]);
        writes
    };
    let mut damaged = vec![
        ("nothing told", vec![]),
        ("no seal", right[..right.len() - 1].to_vec()),
        ("the first word left out", right[1..].to_vec()),
        ("two words exchanged", {
            let mut writes = right.clone();
            let at = writes.windows(2).position(|w| w[0].1 != w[1].1).expect("words differ");
            let (a, b) = (writes[at].1, writes[at + 1].1);
            (writes[at].1, writes[at + 1].1) = (b, a);
            writes
        }),
        ("sealed, then told more", [&right[..], &right[..1]].concat()),
        ("sealed, then sealed again", [&right[..], &right[right.len() - 1..]].concat()),
    ];
    for bit in 0..16 {
        let mut writes = right.clone();
        *writes.last_mut().unwrap() = (SEAL, image.seal ^ 1 << bit);
        damaged.push(("another seal", writes));
    }
    for region in [bus::WEIGHTS, bus::PARAMS, bus::PROGRAM, bus::TILES, bus::CONTROL] {
        let at = of_region(region);
        damaged.push(("a bit of a word", changed(at, |w| w.1 ^= 0x8000)));
        damaged.push(("a word elsewhere", changed(at, |w| w.0 ^= 0x0010)));
        if region != bus::CONTROL {
            damaged
                .push(("a word in another memory", changed(at, |w| w.0 ^= 1 << bus::REGION_LSB)));
        }
    }
    for (what, writes) in damaged {
        bus.write(&[(SEAL, 0)]);
        bus.write(&writes);
        let before = bus.read(bus::STATUS);
        let (ran, status) = bus.start();
        if ran || before >> 4 & 3 != 0 || status >> 4 & 3 != 2 {
            return Some(format!("{what}: ran {ran}, status {before:#x}, then {status:#x}"));
        }
    }
    // Exactly as the host has it, spikes before and after.
    bus.write(&[(SEAL, 0)]);
    bus.write(&right);
    bus.write(&[(bus::address(bus::SPIKES, 0), 0)]);
    let before = bus.read(bus::STATUS);
    let sum = bus.read(bus::CORE);
    let (ran, status) = bus.start();
    let fine = ran && before >> 4 & 3 == 1 && status & 0b11_0010 == 0b01_0010;
    let begun = sum == bus::core_word(image.preset.id());
    (!fine || !begun)
        .then(|| format!("sealed: ran {ran}, sum {sum:#x}, status {before:#x}, then {status:#x}"))
}
