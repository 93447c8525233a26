//! Spike trains: which neurons spike in which tick.

use crate::BitVec;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a list of events is not a spike train.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SpikeError {
    /// The same event twice in one tick.
    #[error(
        "event (tick {tick}, address {address}) appears twice; a neuron spikes at most once in a tick"
    )]
    Duplicate {
        /// Tick of the event.
        tick: usize,
        /// Address of the event.
        address: usize,
    },
    /// An event outside the train.
    #[error(
        "event (tick {tick}, address {address}) lies outside {ticks} ticks of {neurons} neurons"
    )]
    Outside {
        /// Tick of the event.
        tick: usize,
        /// Address of the event.
        address: usize,
        /// Ticks of the train.
        ticks: usize,
        /// Neurons of the train.
        neurons: usize,
    },
}

/// The spikes of one population: a bit per tick and neuron.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, Hash)]
pub struct SpikeTrain {
    ticks: Vec<BitVec>,
    neurons: usize,
}

impl SpikeTrain {
    /// A silent train.
    pub fn silent(ticks: usize, neurons: usize) -> Self {
        Self { ticks: vec![BitVec::zeros(neurons); ticks], neurons }
    }

    /// From one bit vector per tick, all of `neurons` bits.
    pub fn from_ticks(ticks: Vec<BitVec>, neurons: usize) -> Self {
        assert!(ticks.iter().all(|t| t.len() == neurons), "every tick has {neurons} bits");
        Self { ticks, neurons }
    }

    /// From (tick, address) events in any order; duplicates are refused.
    pub fn from_events(
        events: impl IntoIterator<Item = (usize, usize)>,
        ticks: usize,
        neurons: usize,
    ) -> Result<Self, SpikeError> {
        let mut out = Self::silent(ticks, neurons);
        for (tick, address) in events {
            if tick >= ticks || address >= neurons {
                return Err(SpikeError::Outside { tick, address, ticks, neurons });
            }
            if out.ticks[tick].get(address) {
                return Err(SpikeError::Duplicate { tick, address });
            }
            out.ticks[tick].set(address, true);
        }
        Ok(out)
    }

    /// Number of ticks.
    pub fn ticks(&self) -> usize {
        self.ticks.len()
    }

    /// Number of neurons.
    pub fn neurons(&self) -> usize {
        self.neurons
    }

    /// The bits of tick `t`.
    pub fn tick(&self, t: usize) -> &BitVec {
        &self.ticks[t]
    }

    /// The bits of tick `t`, to be changed in place.
    pub fn tick_mut(&mut self, t: usize) -> &mut BitVec {
        &mut self.ticks[t]
    }

    /// Spikes in all ticks together.
    pub fn count(&self) -> usize {
        self.ticks.iter().map(BitVec::count_ones).sum()
    }
}

/// What a network sees: unsigned values of `m` planes, `x_j = Σ_q 2^q · x_jq`.
/// Binary events are the case of one plane.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct InputTrain {
    /// Plane `q` holds bit `q` of every value; all planes have the same ticks and neurons.
    pub planes: Vec<SpikeTrain>,
}

impl InputTrain {
    /// Binary events.
    pub fn binary(spikes: SpikeTrain) -> Self {
        Self { planes: vec![spikes] }
    }

    /// Number of ticks.
    pub fn ticks(&self) -> usize {
        self.planes.first().map_or(0, SpikeTrain::ticks)
    }

    /// Number of input neurons.
    pub fn neurons(&self) -> usize {
        self.planes.first().map_or(0, SpikeTrain::neurons)
    }
}

impl From<SpikeTrain> for InputTrain {
    fn from(spikes: SpikeTrain) -> Self {
        Self::binary(spikes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duplicate_and_outside_events_are_refused() {
        let dup = SpikeTrain::from_events([(0, 3), (1, 3), (0, 3)], 2, 4);
        assert_eq!(dup.unwrap_err(), SpikeError::Duplicate { tick: 0, address: 3 });
        let out = SpikeTrain::from_events([(0, 4)], 2, 4);
        assert_eq!(
            out.unwrap_err(),
            SpikeError::Outside { tick: 0, address: 4, ticks: 2, neurons: 4 }
        );
    }
}
