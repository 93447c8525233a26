//! Feeds: what the passes of a layer read for its projections, and the weights that stand at a source's
//! row. A projection is one feed, or several where a lane's counter, or a sign, asks for it.

use crate::{
    layers::{CoreLayer, Inputs, Synapses},
    map::Layout,
    program::ProgramPass,
};
use spikewright_ir::{CoreSpec, ProjectionImage, layout::scan};

/// One list of passes of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Feed {
    /// Projection of the layer.
    pub input: usize,
    pub what: What,
    /// First of the source plane's groups that it reads.
    pub first_group: usize,
    pub image: ProjectionImage,
}

/// What the weight bit of a source says to a neuron.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// Whether the weight is +1; a source outside the window counts −1 as others do.
    Signed,
    /// Whether the source is outside the window: it takes back that −1.
    Outside,
    /// Whether the source is seen.
    Sum,
    /// The same for all layers: source i is seen by neuron i.
    Diagonal,
    /// Windowed tiles.
    Windows,
}

/// The feeds of a layer; `layouts` are its sources'.
pub(crate) fn feeds(
    layer: &CoreLayer<'_>,
    windowed: bool,
    layouts: &[Layout],
    spec: &CoreSpec,
) -> Vec<Feed> {
    let mut out = Vec::new();
    for (input, (inputs, layout)) in layer.inputs.iter().zip(layouts).enumerate() {
        let whole = (0, layout.groups(spec), layout.neurons());
        let groups = scan::GROUPS_M1.max() as usize + 1;
        let parts = || layout.parts(spec.max_fan_in(), groups, spec);
        // Without a minus term a lane's count is doubled, and the double has a sign.
        let sums = || layout.parts(spec.max_fan_in() / 2, groups, spec);
        let list = match inputs.synapses {
            _ if windowed => vec![(What::Windows, vec![(0, 0, layout.neurons())])],
            Synapses::Dense(_) => vec![(What::Signed, parts())],
            Synapses::Conv { .. } => vec![(What::Signed, parts()), (What::Outside, sums())],
            Synapses::Pool(_) => vec![(What::Sum, sums())],
            Synapses::Identity => match layout {
                Layout::Flat(_) => vec![(What::Diagonal, vec![whole])],
                Layout::Map(_) => vec![(What::Sum, sums())],
            },
        };
        for (what, parts) in list {
            out.extend(parts.into_iter().map(|(first_group, groups, fan_in)| Feed {
                input,
                what,
                first_group,
                image: image(inputs, what, groups, fan_in),
            }));
        }
    }
    out
}

fn image(inputs: &Inputs<'_>, what: What, groups: usize, fan_in: usize) -> ProjectionImage {
    ProjectionImage {
        source: inputs.source,
        delayed: inputs.delayed,
        identity: what == What::Diagonal,
        unsigned: !matches!(what, What::Signed | What::Windows),
        fan_in,
        groups,
        weight_planes: inputs.weight_planes(),
        source_planes: inputs.source_planes,
    }
}

impl Feed {
    /// Rows of weight words for the neurons of a pass's tile from `first` on, a plane in each of its gangs:
    /// `B` words for each bit of the groups that the feed reads.
    pub fn weights(
        &self,
        layer: &CoreLayer<'_>,
        layout: &Layout,
        pass: &ProgramPass,
        first: usize,
        spec: &CoreSpec,
    ) -> Vec<u16> {
        let inputs = &layer.inputs[self.input];
        let banks = spec.row_words();
        let start = self.first_group * spec.group_neurons();
        let rows = self.image.groups * spec.group_neurons();
        let mut words = vec![0u16; rows * banks];
        let mut mark = |lane: usize, source: usize| {
            let row = layout.place(source).wrapping_sub(start);
            if row < rows {
                words[row * banks + lane / 16] |= 1 << (lane % 16);
            }
        };
        let places = (0..pass.gangs).flat_map(|gang| (0..pass.neurons).map(move |n| (gang, n)));
        for (gang, place) in places {
            let (neuron, plane) = (first + place, pass.plane + gang);
            let lane = gang * pass.rows * spec.fire_units + place;
            match (self.what, inputs.synapses) {
                (What::Signed, Synapses::Dense(planes)) => {
                    planes[plane].row(neuron).ones().for_each(|j| mark(lane, j));
                }
                (What::Signed, Synapses::Conv { planes, .. }) => {
                    let kernel = planes[plane].row(layer.param(neuron));
                    let taps = inputs.taps(layer.shape, neuron).into_iter();
                    taps.filter(|&(_, k)| kernel.get(k)).for_each(|(j, _)| mark(lane, j));
                }
                (What::Outside, _) => {
                    let mut outside = vec![true; inputs.from.len()];
                    for (j, _) in inputs.taps(layer.shape, neuron) {
                        outside[j] = false;
                    }
                    (0..outside.len()).filter(|&j| outside[j]).for_each(|j| mark(lane, j));
                }
                (_, Synapses::Identity) => mark(lane, neuron),
                _ => inputs.taps(layer.shape, neuron).iter().for_each(|&(j, _)| mark(lane, j)),
            }
        }
        words
    }
}
