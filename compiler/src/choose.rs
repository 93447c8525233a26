//! Pass `choose`: in which form each layer is computed. Neurons that see all events of a source are
//! flat. Neurons with windows are windowed where they can be: a tile then reads no more than its
//! windows. Where they cannot, they are flat too, and a second pass takes back what was counted outside.

use crate::{
    layers::{CoreLayer, Inputs, Synapses, layers},
    pipeline::Design,
};
use spikewright_ir::{CoreSpec, Diagnostics, Source, layout::tile};

/// Lanes of a slot: one position, and its counter of events.
pub(crate) const SLOT: usize = 16;

/// How a layer is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// Tiles of P neurons, in their order.
    Flat,
    /// Windowed tiles.
    Windowed {
        /// The layer that pools its spikes on their way to the spike memory.
        pool: Option<usize>,
    },
    /// No tiles: the layer of this number pools its own spikes.
    Pooled(usize),
}

pub(crate) fn run(design: &mut Design) -> Result<(), Diagnostics> {
    design.forms = forms(&layers(&design.network), design.tick_order(), &design.spec);
    Ok(())
}

fn forms(layers: &[CoreLayer<'_>], tick_order: bool, spec: &CoreSpec) -> Vec<Form> {
    let mut forms = Vec::with_capacity(layers.len());
    for (i, layer) in layers.iter().enumerate() {
        // Potentials of windowed tiles live only while the tile runs, and the readout knows flat ones.
        let can = !tick_order && i + 1 < layers.len();
        let map = |source| match source {
            Source::Input => true,
            Source::Layer(n) => match forms[n] {
                Form::Windowed { pool } => pool.is_none(),
                Form::Pooled(_) => true,
                Form::Flat => false,
            },
        };
        let convolves = |p: &Inputs<'_>| {
            let fits = p.fan_in() <= spec.max_fan_in();
            matches!(p.synapses, Synapses::Conv { .. }) && fits && map(p.source)
        };
        let convolves = can && layer.inputs.iter().all(convolves);
        let form = match pools(layers, i, spec) {
            Some(n) if can && forms[n] == (Form::Windowed { pool: None }) => {
                forms[n] = Form::Windowed { pool: Some(i) };
                Form::Pooled(n)
            }
            _ if convolves => Form::Windowed { pool: None },
            _ => Form::Flat,
        };
        forms.push(form);
    }
    forms
}

/// The layer that layer `i` pools, if its windows fit a tile side by side and no one else reads it.
fn pools(layers: &[CoreLayer<'_>], i: usize, spec: &CoreSpec) -> Option<usize> {
    let [input] = &layers[i].inputs[..] else { return None };
    let (Some(window), Source::Layer(n)) = (input.pool(), input.source) else { return None };
    let readers = layers.iter().flat_map(|l| &l.inputs).filter(|p| p.source == input.source);
    let slots = window.height * window.width;
    let fits = slots <= tile::SILENT.min(spec.lanes / SLOT) && window.stride == window.height;
    (fits && readers.count() == 1).then_some(n)
}
