//! What of a core's memories is given away, and the refusal where one runs full.

use crate::report::Resource;
use spikewright_ir::{CoreSpec, Diagnostics};

#[derive(Default)]
pub(crate) struct Used {
    pub weight_groups: usize,
    /// Those of tiles, and the last one.
    pub param_rows: usize,
    /// Those of tiles.
    pub rows_placed: usize,
    pub state_rows: usize,
    pub spike_groups: usize,
    pub tiles: usize,
    /// Entries of the program.
    pub entries: usize,
}

impl Used {
    pub fn resources(&self, spec: &CoreSpec) -> [Resource; 6] {
        let resource =
            |name: &str, used, available| Resource { name: name.into(), used, available };
        [
            resource("weight groups", self.weight_groups, spec.weight_groups),
            resource("parameter rows", self.param_rows, spec.param_rows),
            resource("potential rows", self.state_rows, spec.state_rows),
            resource("spike groups", self.spike_groups, spec.spike_groups),
            resource("tiles", self.tiles, spec.tiles),
            resource("passes", self.entries, spec.passes),
        ]
    }

    pub fn over(&self, spec: &CoreSpec) -> Vec<Resource> {
        self.resources(spec).into_iter().filter(|r| r.used > r.available).collect()
    }
}

impl Resource {
    /// Says that the network, or its part up to layer `place`, needs more than there is.
    pub(crate) fn refuse(&self, place: &str, whole: bool, out: &mut Diagnostics) {
        let (code, help) = match self.name.as_str() {
            "weight groups" => ("weight-groups", "use fewer neurons or sources"),
            "parameter rows" => ("param-rows", "use fewer neurons"),
            "potential rows" => (
                "state-rows",
                "use fewer neurons, or no recurrent layer: all potentials are kept from tick to tick",
            ),
            "spike groups" => ("spike-groups", "use fewer ticks, inputs or neurons"),
            "passes" => ("passes", "use fewer planes, projections or neurons"),
            _ => ("tiles", "use fewer neurons"),
        };
        let part = if whole { "" } else { "up to and with it " };
        out.push(
            code,
            place,
            format!(
                "{part}the network needs {} {}, the core has {}",
                self.used, self.name, self.available
            ),
            format!("{help}, or a preset with more"),
        );
    }
}
