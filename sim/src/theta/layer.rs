//! A layer's phases and the registers that know who of it spikes next.

use spikewright_ir::ThetaSpec;

const UNITS: usize = ThetaSpec::UNITS;

/// A candidate: ψ, and the neuron. The greater ψ wins, of equals the lower neuron.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
    pub psi: i32,
    pub neuron: usize,
}

/// Less than any.
pub const NOBODY: Candidate = Candidate { psi: i32::MIN, neuron: usize::MAX };

impl Candidate {
    fn beats(self, other: Self) -> bool {
        (self.psi, other.neuron) > (other.psi, self.neuron)
    }
}

/// ψ of a layer's neurons, the next spiker and the one behind it.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Of whole rows, lanes past the last neuron included.
    pub psi: Vec<i32>,
    neurons: usize,
    pub best: Candidate,
    /// Best of the rows that `best` is not in, if `known`.
    pub second: Candidate,
    pub known: bool,
}

impl Layer {
    /// A layer of so many neurons of which nothing is known.
    pub fn new(neurons: usize) -> Self {
        let psi = vec![0; neurons.next_multiple_of(UNITS)];
        Self { psi, neurons, best: NOBODY, second: NOBODY, known: true }
    }

    /// Before a pass over all rows.
    pub fn begin(&mut self) {
        (self.best, self.second, self.known) = (NOBODY, NOBODY, true);
    }

    /// A row goes by.
    pub fn see(&mut self, row: usize) {
        let neurons = row * UNITS..self.neurons.min(row * UNITS + UNITS);
        let candidates = neurons.map(|neuron| Candidate { psi: self.psi[neuron], neuron });
        let Some(most) = candidates.reduce(|a, b| if b.beats(a) { b } else { a }) else { return };
        if most.beats(self.best) {
            (self.second, self.best, self.known) = (self.best, most, true);
        } else if most.beats(self.second) {
            self.second = most;
        }
    }

    /// The next spiker has spiked in a tick: who is next now. Rows that had to be read.
    pub fn spiked(&mut self, tick: i32) -> usize {
        let neuron = self.best.neuron;
        self.psi[neuron] = -tick;
        let rows = self.psi.len() / UNITS;
        if self.known {
            (self.best, self.second, self.known) = (self.second, NOBODY, false);
            self.see(neuron / UNITS);
            1
        } else {
            self.begin();
            (0..rows).for_each(|row| self.see(row));
            rows
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_spiker_is_always_the_first_of_the_highest() {
        let mut state = 1u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) % below
        };
        let mut reads = [0, 0];
        for _ in 0..200 {
            let neurons = 1 + draw(21) as usize;
            let mut layer = Layer::new(neurons);
            // Those past the last neuron are higher than any.
            layer.psi.fill(99);
            layer.psi[..neurons].iter_mut().for_each(|p| *p = draw(12) as i32);
            layer.begin();
            (0..neurons.div_ceil(UNITS)).for_each(|row| layer.see(row));
            for tick in 1..12 {
                let highest = *layer.psi[..neurons].iter().max().unwrap();
                let neuron = layer.psi.iter().position(|&p| p == highest).unwrap();
                assert_eq!(layer.best, Candidate { psi: highest, neuron });
                let rows = layer.spiked(tick);
                reads[usize::from(rows > 1)] += 1;
            }
        }
        assert!(reads[0] > 100 && reads[1] > 100, "both ways are taken: {reads:?}");
    }
}
