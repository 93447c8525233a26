//! The seal: a sum over the image's writes, in their order.

use spikewright_ir::{CoreImage, Region, layout::bus};

/// x^16 + x^12 + x^5 + 1
const POLYNOMIAL: u32 = 1 << 16 | 1 << 12 | 1 << 5 | 1;

/// What a core of the image's preset comes to when it is told all of it.
pub fn sum(image: &CoreImage) -> u16 {
    let mut sum = u32::from(bus::core_word(image.preset.id()));
    for memory in &image.memories {
        let region = match memory.region {
            Region::Weights => 16,
            Region::Params => 1,
            Region::Program => 2,
            Region::Tiles => 3,
            Region::Spikes => continue,
            Region::Control => 5,
        };
        for (address, &word) in (memory.start..).zip(&memory.words) {
            let swapped = (address & 0xff) << 8 | address >> 8 & 0xff;
            sum *= 2;
            if sum > 0xffff {
                sum ^= POLYNOMIAL;
            }
            sum ^= u32::from(word) ^ swapped ^ (region + (address >> 16)) << 5;
        }
    }
    sum as u16
}
