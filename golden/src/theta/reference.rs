//! The integer reference of theta networks, tick by tick: the authority that every other level must equal.

use spikewright_ir::{
    BitVec, Decision, Diagnostics, DriveLayer, ThetaEvent, ThetaNetwork, ThetaTranscript,
};

/// A validated network, ready to run.
#[derive(Clone, Debug)]
pub struct ThetaReference {
    network: ThetaNetwork,
}

impl ThetaReference {
    /// Validates the network.
    pub fn new(network: &ThetaNetwork) -> Result<Self, Diagnostics> {
        network.check()?;
        Ok(Self { network: network.clone() })
    }

    /// The network that runs.
    pub fn network(&self) -> &ThetaNetwork {
        &self.network
    }

    /// Runs a trial and records every event.
    ///
    /// Panics when the input has not as many bits as the network has inputs, like a slice.
    pub fn run(&self, input: &BitVec) -> ThetaTranscript {
        let n = &self.network;
        assert_eq!(input.len(), n.inputs(), "an input is a bit for each input of the network");
        let period = 1u16 << n.phase_bits;
        let mut phases: Vec<Vec<u16>> = vec![driven(&n.drive, input)];
        phases.extend(n.layers.iter().map(|l| l.starts.clone()));
        let last = phases.len() - 1;
        let first = ThetaEvent { tick: 0, layer: 0, source: 0, phases: phases[0].clone() };
        let mut events = vec![first];
        for tick in 1..n.ticks {
            phases.iter_mut().flatten().for_each(|phase| *phase += 1);
            if let Some(class) = phases[last].iter().position(|&phase| phase == period) {
                let decision = Decision { class, undecided: false };
                return ThetaTranscript { events, end: tick, decision };
            }
            for before in (0..last).rev() {
                for source in 0..phases[before].len() {
                    if phases[before][source] < period {
                        continue;
                    }
                    phases[before][source] = 0;
                    let layer = before + 1;
                    let to = &n.layers[before];
                    for (i, phase) in phases[layer].iter_mut().enumerate() {
                        *phase = pulsed(&to.table, *phase, to.weights.row(i).get(source));
                    }
                    events.push(ThetaEvent { tick, layer, source, phases: phases[layer].clone() });
                }
            }
        }
        let highest = phases[last].iter().max();
        let class = phases[last].iter().position(|phase| Some(phase) == highest).unwrap_or(0);
        ThetaTranscript { events, end: n.ticks, decision: Decision { class, undecided: true } }
    }
}

/// Phases of the first layer behind the input pulses.
fn driven(layer: &DriveLayer, input: &BitVec) -> Vec<u16> {
    let half = layer.table.len() as i32 / 2;
    let spiking: Vec<usize> = input.ones().collect();
    let neuron = |i: usize| {
        let row = layer.weights.row(i);
        let sum: i32 = spiking.iter().map(|&j| if row.get(j) { 1 } else { -1 }).sum();
        let place = i32::from(layer.offsets[i]) + (sum << layer.gain_log2);
        layer.table[(place.clamp(-half, half - 1) + half) as usize]
    };
    (0..layer.weights.rows()).map(neuron).collect()
}

/// The phase behind a pulse.
fn pulsed(table: &[u16], phase: u16, plus: bool) -> u16 {
    let top = table.len() as u16 - 1;
    match plus {
        true => table[usize::from(phase)],
        false => top - table[usize::from(top - phase)],
    }
}
