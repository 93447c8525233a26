//! Volleys hidden in noise: patterns of inputs that fire together, presented at random times among
//! inputs that fire at any time. Data for learning without labels.

use crate::rng::Stream;

/// Patterns, and how they are presented.
#[derive(Clone, Debug)]
pub struct Volleys {
    /// Inputs.
    pub inputs: usize,
    /// Inputs of every pattern; two patterns may share some.
    pub patterns: Vec<Vec<usize>>,
    /// Ticks of a presentation, 1 to 32.
    pub ticks: u32,
    /// Largest distance of a spike from its volley, in ticks.
    pub jitter: u32,
    /// Probability that an input outside of the pattern fires, once, at any tick.
    pub background: f64,
    stream: Stream,
}

/// One presentation.
#[derive(Clone, Debug, PartialEq)]
pub struct Presentation {
    /// Which pattern.
    pub pattern: usize,
    /// Spikes, `[input]`.
    pub rasters: Vec<u32>,
}

impl Volleys {
    /// Random patterns of `size` of the `inputs`.
    pub fn new(
        (inputs, patterns, size): (usize, usize, usize),
        (ticks, jitter, background): (u32, u32, f64),
        stream: Stream,
    ) -> Self {
        let pattern = |k: usize| {
            let mut all: Vec<usize> = (0..inputs).collect();
            stream.child(0).child(k as u64).sequence().shuffle(&mut all);
            all.truncate(size);
            all.sort_unstable();
            all
        };
        let patterns = (0..patterns).map(pattern).collect();
        Self { inputs, patterns, ticks, jitter, background, stream }
    }

    /// Presentation `number`: any pattern, any time at which the volley fits.
    pub fn present(&self, number: u64) -> Presentation {
        let mut draw = self.stream.child(1).child(number).sequence();
        let pattern = draw.below(self.patterns.len() as u64) as usize;
        let margin = self.jitter.min(self.ticks / 2);
        let at = margin + draw.below(u64::from(self.ticks - 2 * margin).max(1)) as u32;
        let mut rasters = vec![0; self.inputs];
        for raster in &mut rasters {
            let (fires, t) = (draw.unit() < self.background, draw.below(u64::from(self.ticks)));
            *raster = u32::from(fires) << t;
        }
        for &i in &self.patterns[pattern] {
            let t = at - margin + draw.below(u64::from(2 * margin) + 1) as u32;
            rasters[i] = 1 << t.min(self.ticks - 1);
        }
        Presentation { pattern, rasters }
    }
}
