//! The seal against the sum as hosts compute it.

use super::{Dice, high, low};
use crate::block::Seal;
use rust_hdl::prelude::*;
use spikewright_ir::{
    Preset, SealSum,
    layout::bus::{self, PARAMS, PROGRAM, READOUT, TICKS, TILES, WEIGHTS},
};

struct Bench {
    seal: Seal,
    sum: SealSum,
    preset: Preset,
}

impl Bench {
    fn new(preset: Preset) -> Self {
        let mut seal = Seal::of_core(preset.id());
        seal.connect_all();
        Self { seal, sum: SealSum::new(preset), preset }
    }

    /// A cycle with these strobes; the sum before it.
    fn cycle(&mut self, counts: bool, closes: bool, address: u32, data: u16) -> u16 {
        let seal = &mut self.seal;
        seal.counts.next = counts;
        seal.closes.next = closes;
        seal.weights.next = address >> bus::REGION_LSB >= WEIGHTS;
        seal.address.next = u64::from(address % (1 << 20)).to_bits();
        seal.data.next = u64::from(data).to_bits();
        low!(*seal);
        let sum = seal.sum.val().index() as u16;
        high!(*seal);
        sum
    }

    fn write(&mut self, region: u32, address: u32, data: u16) {
        let address = bus::address(region, address);
        self.cycle(true, false, address, data);
        self.sum.write(address, data);
    }

    /// Writes `word` as the seal; whether it seals.
    fn close(&mut self, word: u16) -> bool {
        self.cycle(false, true, bus::SEAL, word);
        self.sum = SealSum::new(self.preset);
        self.sealed()
    }

    fn sealed(&mut self) -> bool {
        let sum = self.cycle(false, false, 0, 0);
        assert_eq!(sum, self.sum.word());
        self.seal.sealed.val()
    }
}

#[test]
fn the_sum_is_the_host_s() {
    for preset in [Preset::Tiny, Preset::Up5k] {
        let (mut bench, mut dice) = (Bench::new(preset), Dice(7));
        assert!(!bench.sealed(), "not at power-up");
        for _ in 0..20 {
            for _ in 0..1 + dice.below(40) {
                let region = [WEIGHTS, PARAMS, PROGRAM, TILES][dice.below(4) as usize];
                let upper = if region == WEIGHTS { dice.below(16) << 16 } else { 0 };
                let address = upper as u32 | u32::from(dice.next() as u16);
                bench.write(region, address, dice.next() as u16);
                assert!(!bench.sealed());
            }
            bench.write(bus::CONTROL, TICKS, dice.next() as u16);
            bench.write(bus::CONTROL, READOUT, dice.next() as u16);
            let seal = bench.sum.word();
            let bit = 1 << dice.below(16);
            if dice.chance(50) {
                assert!(!bench.close(seal ^ bit), "a wrong seal");
            } else {
                assert!(bench.close(seal));
                assert!(bench.sealed(), "and it stays");
                bench.write(PARAMS, 3, 4);
                assert!(!bench.sealed(), "until something is written");
                bench.close(0);
            }
        }
    }
}

/// What the datasheet promises: any one wrong word or address, two exchanged ones, one less or one twice.
#[test]
fn small_damage_changes_the_sum() {
    let words: Vec<(u32, u16)> =
        (0..300u32).map(|i| (bus::address(WEIGHTS, i), (i * 0x9E37) as u16)).collect();
    let sum = |words: &[(u32, u16)]| {
        let mut sum = SealSum::new(Preset::Up5k);
        words.iter().for_each(|&(address, word)| sum.write(address, word));
        sum.word()
    };
    let (right, mut dice) = (sum(&words), Dice(3));
    for _ in 0..5000 {
        let at = dice.below(299) as usize;
        let mut wrong = words.clone();
        match dice.below(5) {
            0 => wrong[at].1 ^= 1 + dice.below(0xffff) as u16,
            1 => wrong[at].0 ^= 1 + dice.below(0xffff) as u32,
            2 => wrong.swap(at, at + 1),
            3 => drop(wrong.remove(at)),
            _ => wrong.insert(at, wrong[at]),
        }
        assert_ne!(sum(&wrong), right, "at {at}");
    }
    let mut other = SealSum::new(Preset::Tiny);
    words.iter().for_each(|&(address, word)| other.write(address, word));
    assert_ne!(other.word(), right);
}
