//! What a training run shows: images, augmented and encoded anew every time, or samples whose spikes
//! are given.

use super::{
    augment::SparseImages,
    events::{EventList, groups},
    geometry::Map,
};
use crate::data::Encoder;
use spikewright_ir::InputTrain;

/// Samples to draw from.
pub enum Samples {
    /// Images, encoded when they are shown.
    Images(SparseImages),
    /// Spikes of every sample.
    Given(Vec<SampleEvents>),
}

/// The events of one sample, `[plane and group]`.
pub type SampleEvents = Vec<EventList>;

/// How images are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Showing<'a> {
    /// Spike code.
    pub encoder: &'a Encoder,
    /// Shape of the input.
    pub map: Map,
    /// Seed of the augmentation.
    pub seed: u64,
    /// Pixels that an image may move each way.
    pub shift: usize,
}

impl Samples {
    /// Events of sample `index`. `number` tells this showing from all others of the run; `scratch`
    /// is room for rasters.
    pub fn draw(
        &self,
        index: usize,
        number: u64,
        showing: &Showing<'_>,
        scratch: &mut Scratch,
        out: &mut SampleEvents,
    ) {
        match self {
            Self::Given(samples) => out.clone_from(&samples[index]),
            Self::Images(images) => {
                images.show(index, number, showing, &mut scratch.pixels);
                let Showing { encoder, map, .. } = *showing;
                let stream = encoder.sample_stream(number);
                let groups = groups(encoder.ticks);
                for (plane, out) in out.chunks_exact_mut(groups).enumerate() {
                    scratch.rasters.clear();
                    let raster =
                        |&(j, value): &(usize, u8)| (j, encoder.raster(value, j, stream, plane));
                    scratch.rasters.extend(scratch.pixels.iter().map(raster));
                    for (group, out) in out.iter_mut().enumerate() {
                        out.fill(scratch.rasters.iter().copied(), group, map);
                    }
                }
            }
        }
    }
}

/// Room for drawing a sample.
#[derive(Debug, Default)]
pub struct Scratch {
    /// Inked pixels and their values, ascending.
    pub pixels: Vec<(usize, u8)>,
    /// Spikes of the same pixels.
    pub rasters: Vec<(usize, u32)>,
}

/// The events of a sample's spikes, of at most 32 ticks, for a network's input of this map.
pub fn events_of(input: &InputTrain, map: Map) -> SampleEvents {
    let ticks = input.ticks();
    let mut out = Vec::with_capacity(input.planes.len() * groups(ticks));
    for plane in &input.planes {
        let mut raster = vec![0u32; map.len()];
        for t in 0..ticks {
            plane.tick(t).ones().for_each(|j| raster[map.index_of(j)] |= 1 << t);
        }
        for group in 0..groups(ticks) {
            let mut list = EventList::default();
            list.fill(raster.iter().copied().enumerate(), group, map);
            out.push(list);
        }
    }
    out
}
