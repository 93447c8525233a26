//! What the integer head reaches on tasks: spike counts of all samples are taken once, after which a
//! task costs a head and a few sums.

use super::{
    error::FewShotError,
    evaluate::Interval,
    head::{Counted, IntegerHead, StoredHead},
    net::MetaError,
    pool::{Pool, Tasks},
};
use crate::{Reference, rng::Stream, train::Labelled};
use rayon::prelude::*;
use spikewright_ir::Network;

/// How a head is learned from spike counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// [`IntegerHead::class_mean`].
    ClassMean,
    /// [`IntegerHead::error_triggered`].
    ErrorTriggered {
        /// Right shift of spike counts in an update.
        shift: u32,
        /// Times through the support set.
        passes: usize,
    },
}

impl Rule {
    /// The head for a support set.
    pub fn head(self, support: &[Counted], ways: usize) -> Result<IntegerHead, MetaError> {
        match self {
            Self::ClassMean => IntegerHead::class_mean(support, ways),
            Self::ErrorTriggered { shift, passes } => {
                IntegerHead::error_triggered(support, ways, shift, passes)
            }
        }
    }
}

/// Features of all samples of a pool.
pub struct Features {
    counts: Vec<Vec<u32>>,
    /// The same of other showings of the samples, which are learned from and not judged by.
    views: Vec<Vec<Vec<u32>>>,
    ticks: usize,
    width_bits: u8,
}

impl Features {
    /// The spike counts of a body's last layer.
    pub fn of_body(body: &Network, pool: &Pool) -> Result<Self, FewShotError> {
        let counts = Reference::new(body)?.output_counts(&pool.encode_all())?;
        let (ticks, width_bits) = (body.ticks, body.width_bits);
        Ok(Self { counts, views: Vec::new(), ticks, width_bits })
    }

    /// The same, and of images the counts of showings moved by up to `reach` pixels.
    pub fn moved(body: &Network, pool: &Pool, reach: usize) -> Result<Self, FewShotError> {
        let mut out = Self::of_body(body, pool)?;
        if let (Labelled::Images(images), Some(encoder)) = (&pool.samples, pool.code.of_images()) {
            let reference = Reference::new(body)?;
            for images in images.all_moved(reach) {
                out.views.push(reference.output_counts(&images.encode(encoder).inputs)?);
            }
        }
        Ok(out)
    }

    /// The spikes of the inputs themselves: what a body has to beat.
    pub fn of_inputs(pool: &Pool) -> Self {
        let inputs = pool.encode_all();
        let ticks = inputs.first().map_or(1, |x| x.ticks());
        let counts = inputs
            .iter()
            .map(|x| {
                let count = |j| {
                    let plane = |(q, plane): (usize, &spikewright_ir::SpikeTrain)| {
                        (0..ticks).map(|t| u32::from(plane.tick(t).get(j)) << q).sum::<u32>()
                    };
                    x.planes.iter().enumerate().map(plane).sum()
                };
                (0..x.neurons()).map(count).collect()
            })
            .collect();
        Self { counts, views: Vec::new(), ticks, width_bits: 24 }
    }

    /// The counts of a sample.
    pub fn of(&self, sample: usize) -> &[u32] {
        &self.counts[sample]
    }

    /// What a head is learned from: samples, each with its class, and then their other showings.
    pub fn support(&self, samples: &[(usize, usize)]) -> Vec<Counted> {
        let showings = std::iter::once(&self.counts).chain(&self.views);
        showings
            .flat_map(|counts| samples.iter().map(|&(n, class)| (counts[n].clone(), class)))
            .collect()
    }

    /// The head as a network with this body holds it.
    pub fn stored(&self, head: &IntegerHead) -> Result<StoredHead, MetaError> {
        head.stored(self.ticks, self.width_bits)
    }

    /// Query accuracy of the adapted network on `tasks` tasks of a stream, one after the other: that
    /// of the head as it is stored, on exact spike counts.
    pub fn accuracies(
        &self,
        rule: Rule,
        tasks: &Tasks,
        stream: Stream,
        count: usize,
    ) -> Result<Vec<f64>, MetaError> {
        let task = |k: u64| {
            let [support, query] = tasks.numbers(stream.child(k));
            let head = self.stored(&rule.head(&self.support(&support), tasks.sizes.ways)?)?;
            let right = query.iter().filter(|(n, class)| head.decide(self.of(*n)) == *class);
            Ok(right.count() as f64 / query.len() as f64)
        };
        (0..count as u64).into_par_iter().map(task).collect()
    }

    /// The same as a mean with its interval.
    pub fn accuracy(
        &self,
        rule: Rule,
        tasks: &Tasks,
        stream: Stream,
        count: usize,
    ) -> Result<Interval, MetaError> {
        Ok(Interval::of(&self.accuracies(rule, tasks, stream, count)?))
    }
}
