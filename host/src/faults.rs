//! A wire that damages what it carries, the same way for the same seed.

/// How often what goes wrong, in parts per million.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// Seed of the wire.
    pub seed: u64,
    /// Chance of each bit to be inverted.
    pub flip_ppm: u32,
    /// Chance of each byte to be lost.
    pub drop_ppm: u32,
    /// Chance of each byte to arrive twice.
    pub duplicate_ppm: u32,
}

/// One direction of a link.
#[derive(Clone, Debug)]
pub struct Wire {
    faults: Faults,
    state: u64,
}

impl Wire {
    /// Direction `direction` of a link with these faults: each has a sequence of its own.
    pub fn new(faults: Faults, direction: u64) -> Self {
        Self { faults, state: faults.seed ^ direction.wrapping_mul(0xD1B5_4A32_D192_ED03) }
    }

    /// What arrives of a byte: none, one or two bytes.
    pub fn carry(&mut self, byte: u8) -> impl Iterator<Item = u8> + use<> {
        let mut byte = byte;
        if self.faults.flip_ppm > 0 {
            for bit in 0..8 {
                byte ^= u8::from(self.happens(self.faults.flip_ppm)) << bit;
            }
        }
        let copies = if self.happens(self.faults.drop_ppm) {
            0
        } else {
            1 + usize::from(self.happens(self.faults.duplicate_ppm))
        };
        std::iter::repeat_n(byte, copies)
    }

    fn happens(&mut self, ppm: u32) -> bool {
        ppm > 0 && self.next() % 1_000_000 < u64::from(ppm)
    }

    /// SplitMix64 (Steele, Lea and Flood 2014).
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }
}
