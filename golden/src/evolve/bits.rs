//! Evolution of bits by flips: a (1, λ) scheme around a parent, for weights that have no gradient
//! and no size. Individual 0 is the parent itself, so that parent and children are compared on the
//! same batch; a child that is as good replaces it, which lets the search drift over plateaus.

use super::{
    config::EvolveError,
    rank,
    run::{Elite, Population},
};
use crate::rng::Stream;
use serde::{Deserialize, Serialize};

/// A parent and the rate at which its children differ.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BitFlips {
    seed: u64,
    population: usize,
    flips: f64,
    generation: u64,
    parent: Vec<bool>,
    elite: Option<Elite<Vec<bool>>>,
}

impl BitFlips {
    /// A search from `parent` with the parent and `population − 1` children a generation (2 to
    /// 65,536 together), each with `flips` flipped bits on average, at least one (1 to half of
    /// them, or 1).
    pub fn new(
        seed: u64,
        parent: Vec<bool>,
        population: usize,
        flips: f64,
    ) -> Result<Self, EvolveError> {
        let range = |key, value: &dyn std::fmt::Debug, remedy| {
            Err(EvolveError::Range { key, value: format!("{value:?}"), remedy })
        };
        if parent.is_empty() {
            return range("bits", &0, "search over at least one bit");
        }
        if !(2..=65_536).contains(&population) {
            return range("population", &population, "2 to 65536");
        }
        if !(flips == 1.0 || (flips > 1.0 && flips <= parent.len() as f64 / 2.0)) {
            return range("flips", &flips, "1, or more and at most half of the bits");
        }
        Ok(Self { seed, population, flips, generation: 0, parent, elite: None })
    }
}

impl Population for BitFlips {
    type Genes = Vec<bool>;

    fn size(&self) -> usize {
        self.population
    }

    fn generation(&self) -> u64 {
        self.generation
    }

    fn center(&self) -> Vec<bool> {
        self.parent.clone()
    }

    fn individual(&self, k: usize) -> Vec<bool> {
        let mut bits = self.parent.clone();
        if k == 0 {
            return bits;
        }
        let stream = Stream::named(self.seed, "flips").child(self.generation);
        let mut draws = stream.child(k as u64).sequence();
        let n = bits.len() as u64;
        // One flip for certain, the others at geometric distances: flips − 1 of them on average.
        let rate = (self.flips - 1.0) / bits.len() as f64;
        let certain = draws.below(n) as usize;
        bits[certain] = !bits[certain];
        if rate == 0.0 {
            return bits;
        }
        let mut at = 0;
        loop {
            let gap = (1.0 - draws.unit()).ln() / (1.0 - rate).ln();
            at += gap.min(n as f64) as usize;
            match bits.get_mut(at) {
                // The certain flip stays one.
                Some(bit) if at != certain => *bit = !*bit,
                Some(_) => {}
                None => break,
            }
            at += 1;
        }
        bits
    }

    fn tell(&mut self, fitness: &[f64]) -> Result<(), EvolveError> {
        let (got, expected) = (fitness.len(), self.population);
        if got != expected {
            return Err(EvolveError::Count { got, expected });
        }
        let best = rank::order(&fitness[1..])[0] + 1;
        let child = fitness[0].is_nan() || fitness[best] >= fitness[0];
        let chosen = if child { best } else { 0 };
        self.parent = self.individual(chosen);
        Elite::see(&mut self.elite, fitness[chosen], self.generation, self.parent.clone());
        self.generation += 1;
        Ok(())
    }

    fn elite(&self) -> Option<&Elite<Vec<bool>>> {
        self.elite.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evolve::{Alone, Call, Fitness, FitnessError, evolve};

    /// Bits that agree with a fixed pattern.
    struct Agreement;

    impl Fitness<Vec<bool>> for Agreement {
        fn fitness(&self, _: Call<'_, Vec<bool>>, bits: &Vec<bool>) -> Result<f64, FitnessError> {
            Ok(bits.iter().enumerate().filter(|(i, b)| **b == (i % 3 == 0)).count() as f64)
        }
    }

    #[test]
    fn children_differ_as_often_as_asked_and_the_pattern_is_found() {
        let search = BitFlips::new(3, vec![false; 200], 2_001, 4.0).unwrap();
        let flips: usize =
            (1..2_001).map(|k| search.individual(k).iter().filter(|b| **b).count()).sum();
        assert!((7_700..8_300).contains(&flips), "{flips}");
        let mut search = BitFlips::new(3, vec![false; 60], 9, 1.0).unwrap();
        evolve(&mut search, &Agreement, &Alone, 200, |_, _| {}).unwrap();
        assert_eq!(search.elite().unwrap().fitness, 60.0);
    }

    #[test]
    fn out_of_range_is_refused() {
        assert!(BitFlips::new(1, vec![], 9, 1.0).is_err());
        assert!(BitFlips::new(1, vec![true], 1, 1.0).is_err());
        assert!(BitFlips::new(1, vec![true; 4], 9, 2.5).is_err());
        assert!(BitFlips::new(1, vec![true; 4], 9, f64::NAN).is_err());
        assert!(BitFlips::new(1, vec![true; 4], 9, 1.0).unwrap().tell(&[1.0]).is_err());
    }
}
