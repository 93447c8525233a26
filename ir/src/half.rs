//! The two halves of the spike memory, for two samples: one that runs and one that comes in.

use crate::{CoreSpec, layout::bus};

/// Where a sample stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Half {
    /// From group 0 on.
    #[default]
    Lower,
    /// From the middle on.
    Upper,
}

impl Half {
    /// First spike group.
    pub fn group(self, spec: &CoreSpec) -> usize {
        match self {
            Half::Lower => 0,
            Half::Upper => spec.spike_groups / 2,
        }
    }

    /// What starts a sample there.
    pub fn start(self) -> u16 {
        match self {
            Half::Lower => bus::START_FRESH,
            Half::Upper => bus::START_UPPER,
        }
    }

    /// Where the next sample comes in.
    pub fn other(self) -> Self {
        match self {
            Half::Lower => Half::Upper,
            Half::Upper => Half::Lower,
        }
    }
}
