//! A case: networks that run one behind the other on one core, and their stimuli.

use crate::{
    compiler::{CompileOptions, Compiled, compile},
    ir::{Diagnostics, InputTrain, Network, Preset},
};
use serde::{Deserialize, Serialize};

/// What the levels are compared on.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Case {
    /// The core.
    pub preset: Preset,
    /// Loaded one behind the other: a later one must not see what an earlier one left in the core.
    pub parts: Vec<Part>,
}

/// A network and its stimuli.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Part {
    /// The network.
    pub network: Network,
    /// Whether it is compiled for a stream: each stimulus is then one that begins anew.
    pub stream: bool,
    /// Inputs of `network.ticks` ticks.
    pub stimuli: Vec<InputTrain>,
}

impl Part {
    /// The network as the preset runs it.
    ///
    /// # Errors
    /// What the compiler says of a network that the core cannot run.
    pub fn compile(&self, preset: Preset) -> Result<Compiled, Diagnostics> {
        let options = CompileOptions { stream: self.stream, ..CompileOptions::default() };
        compile(&self.network, &preset.spec(), &options)
    }
}

impl Case {
    /// Whether all stimuli have the form of their networks: what is read from a file may have any.
    ///
    /// # Errors
    /// The first that has not, in words.
    pub fn check(&self) -> Result<(), String> {
        if self.parts.is_empty() {
            return Err("parts: there is none; a case has at least one network".into());
        }
        for (p, part) in self.parts.iter().enumerate() {
            let network = &part.network;
            let expected = [usize::from(network.input_planes), network.ticks, network.input.len()];
            for (s, stimulus) in part.stimuli.iter().enumerate() {
                for (what, found, expected) in [
                    ("planes", vec![stimulus.planes.len()], expected[0]),
                    ("ticks", stimulus.planes.iter().map(|p| p.ticks()).collect(), expected[1]),
                    ("neurons", neurons(stimulus), expected[2]),
                ] {
                    if let Some(found) = found.into_iter().find(|&n| n != expected) {
                        return Err(format!(
                            "part {p}, stimulus {s}: {found} {what}, the network takes {expected}"
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    /// Samples of all parts.
    pub fn samples(&self) -> usize {
        self.parts.iter().map(|p| p.stimuli.len()).sum()
    }

    /// Its size, for people.
    pub fn summary(&self) -> String {
        let part = |p: &Part| {
            let n = &p.network;
            let layers: Vec<_> = n.layers.iter().map(|l| l.shape().len().to_string()).collect();
            let kind = if p.stream { "stream" } else { "sample" };
            let events = p.stimuli.iter().flat_map(|s| &s.planes).map(|p| p.count()).sum::<usize>();
            format!(
                "{}-{}, {} {kind}{} of {} tick{}, {events} input event{}",
                n.input.len(),
                layers.join("-"),
                p.stimuli.len(),
                plural(p.stimuli.len()),
                n.ticks,
                plural(n.ticks),
                plural(events)
            )
        };
        self.parts.iter().map(part).collect::<Vec<_>>().join("; then ")
    }
}

fn plural(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// Neurons of every plane, as it says and as its ticks have.
fn neurons(stimulus: &InputTrain) -> Vec<usize> {
    let planes = stimulus.planes.iter();
    planes
        .flat_map(|p| {
            std::iter::once(p.neurons()).chain((0..p.ticks()).map(move |t| p.tick(t).len()))
        })
        .collect()
}
