//! The one list of passes, and what they work on. A pass is a file: it reads and changes the
//! [`Design`] or says, all at once, why it cannot.

use crate::{
    CompileReport, LayerRange,
    allocate::{self, Plan},
    check,
    choose::{self, Form},
    legalize, lower, ranges, report,
};
use serde::{Deserialize, Serialize};
use spikewright_ir::{CoreImage, CoreSpec, Diagnostics, Network};

/// What the caller may choose.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompileOptions {
    /// Refuse a network whose width differs from the core's, even where the ranges prove that
    /// saturation never acts.
    pub equal_width: bool,
    /// Compile for an endless stream, a tick at a start, instead of samples.
    pub stream: bool,
}

/// What comes out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Compiled {
    /// What the core is told.
    pub image: CoreImage,
    /// The network the image computes: legalized, in the core's width. The reference model run on
    /// it gives the spikes of the network that went in.
    pub network: Network,
    /// Resources, ranges and placement.
    pub report: CompileReport,
}

/// What the passes hand on.
pub(crate) struct Design {
    pub network: Network,
    pub spec: CoreSpec,
    pub options: CompileOptions,
    /// One per layer, from `choose` on.
    pub forms: Vec<Form>,
    /// One per layer, from `ranges` on.
    pub ranges: Vec<LayerRange>,
    /// From `allocate` on.
    pub plan: Plan,
    /// From `lower` on.
    pub image: Option<CoreImage>,
}

impl Design {
    /// Whether the network has to go tick by tick: a layer sees the tick before, or it is a stream.
    pub fn tick_order(&self) -> bool {
        let delayed = self.network.layers.iter().flat_map(|l| l.projections()).any(|p| p.delayed);
        self.options.stream || delayed
    }
}

/// One step from network to image.
pub struct Pass {
    /// Name in reports and documents.
    pub name: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Why it stands where it stands.
    pub order: &'static str,
    pub(crate) run: fn(&mut Design) -> Result<(), Diagnostics>,
}

/// All passes, in order.
pub const PIPELINE: &[Pass] = &[
    Pass {
        name: "check",
        summary: "every size, index and parameter of the network is consistent",
        order: "first: a file can say anything, and the others index without asking",
        run: check::run,
    },
    Pass {
        name: "legalize",
        summary: "refuse what the core cannot compute, rewrite what it can compute otherwise",
        order: "before the analyses, which know only what the core computes",
        run: legalize::run,
    },
    Pass {
        name: "choose",
        summary: "which layers run in windowed tiles, and which pooling on the way to the spike memory",
        order: "before ranges, which bound the sums of that form",
        run: choose::run,
    },
    Pass {
        name: "ranges",
        summary: "bound every potential; prove that the core's arithmetic is exact",
        order: "after legalize fixes the leak, before anything is placed for a network that is wrong",
        run: ranges::run,
    },
    Pass {
        name: "allocate",
        summary: "cut layers into tiles, order their passes, and give them weight, parameter and spike memory",
        order: "after ranges: placement never changes a value, so values are settled first",
        run: allocate::run,
    },
    Pass {
        name: "lower",
        summary: "write the words of every memory and table",
        order: "last: it only encodes what is decided",
        run: lower::run,
    },
];

/// Compiles `network` for a core. On refusal every diagnostic of the pass that refused is returned;
/// later passes need what it could not give.
pub fn compile(
    network: &Network,
    spec: &CoreSpec,
    options: &CompileOptions,
) -> Result<Compiled, Diagnostics> {
    let mut design = Design {
        network: network.clone(),
        spec: *spec,
        options: *options,
        forms: Vec::new(),
        ranges: Vec::new(),
        plan: Plan::default(),
        image: None,
    };
    for pass in PIPELINE {
        (pass.run)(&mut design)?;
    }
    let report = report::report(&design, network.width_bits);
    let image = design.image.expect("the last pass sets the image");
    Ok(Compiled { image, network: design.network, report })
}
