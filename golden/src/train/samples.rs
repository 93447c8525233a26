//! What a training run shows: images, augmented and encoded anew every time, or samples whose spikes
//! are given.

use super::{
    augment::{Scratch, Showing, SparseImages},
    data::Labelled,
    events::{EventList, groups},
    geometry::Map,
};
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

impl Samples {
    /// Samples to train on, for a network's input of this map.
    pub fn new(train: &Labelled, map: Map) -> Self {
        match train {
            Labelled::Images(images) => Self::Images(SparseImages::new(images)),
            Labelled::Encoded(set) => {
                Self::Given(set.inputs.iter().map(|input| events_of(input, map)).collect())
            }
        }
    }

    /// Events of sample `index` on an input of this map. `number` tells this showing from all others
    /// of the run; `scratch` is room.
    pub fn draw(
        &self,
        index: usize,
        number: u64,
        showing: &Showing,
        map: Map,
        scratch: &mut Scratch,
        out: &mut SampleEvents,
    ) {
        match self {
            Self::Given(samples) => out.clone_from(&samples[index]),
            Self::Images(images) => images.draw(index, number, showing, map, scratch, out),
        }
    }
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
