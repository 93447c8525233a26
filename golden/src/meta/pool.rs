//! Tasks drawn from samples that are there: images of many classes, or the windows of many machines.

use super::{
    gallery::Gallery,
    net::MetaError,
    task::{Family, Sizes, Task, choose},
};
use crate::{data::Code, rng::Stream, train::Labelled};
use spikewright_ir::{InputTrain, Shape};

/// Samples by group and class. A task takes its classes from one group: classes of images are a
/// single group, the machines of which sensors show windows are a group each.
#[derive(Clone, Debug)]
pub struct Pool {
    /// All samples; their labels play no part in tasks.
    pub samples: Labelled,
    /// How they become spikes.
    pub code: Code,
    /// Shape of the input.
    pub shape: Shape,
    /// `[group][class]`: numbers of the samples.
    pub groups: Vec<Vec<Vec<usize>>>,
}

impl Pool {
    /// The classes of a gallery as one group.
    pub fn of_images(gallery: Gallery, code: Code) -> Self {
        let shape = gallery.images.shape();
        let groups = vec![gallery.classes];
        Self { samples: Labelled::Images(gallery.images), code, shape, groups }
    }

    /// Classes of all groups.
    pub fn classes(&self) -> usize {
        self.groups.iter().map(Vec::len).sum()
    }

    /// Refuses episodes that ask for more than there is.
    pub fn check(&self, sizes: Sizes) -> Result<(), MetaError> {
        let classes = self.groups.iter().map(Vec::len).min().unwrap_or(0);
        let least = self.groups.iter().flatten().map(Vec::len).min().unwrap_or(0);
        let each = sizes.shots + sizes.queries;
        if sizes.are_sound() && classes >= sizes.ways && least >= each {
            return Ok(());
        }
        let message = format!(
            "{classes} classes of {least} samples or more, a task takes {} of {} + {}",
            sizes.ways, sizes.shots, sizes.queries
        );
        let remedy = "at least 2 ways, 1 shot and 1 query, and no more than there are";
        Err(MetaError::new("episodes", message, remedy))
    }

    /// Numbers of the samples of an episode, class after class, support first. The pool has them
    /// ([`Pool::check`]).
    pub fn episode(&self, sizes: Sizes, stream: Stream) -> Vec<usize> {
        let mut draw = stream.sequence();
        let group = match self.groups.len() {
            1 => 0,
            n => draw.below(n as u64) as usize,
        };
        let group = &self.groups[group];
        let classes = choose(&mut draw, group.len(), sizes.ways);
        let each = sizes.shots + sizes.queries;
        let pick = |c: usize| {
            let samples = &group[c];
            choose(&mut draw, samples.len(), each)
                .into_iter()
                .map(|i| samples[i])
                .collect::<Vec<_>>()
        };
        classes.into_iter().flat_map(pick).collect()
    }

    /// The spikes of a sample.
    pub fn encode(&self, i: usize) -> InputTrain {
        match (&self.samples, self.code.of_images()) {
            (Labelled::Images(images), Some(encoder)) => encoder.encode(images.image(i), i as u64),
            (Labelled::Encoded(set), _) => set.inputs[i].clone(),
            (Labelled::Images(_), None) => InputTrain { planes: Vec::new() },
        }
    }

    /// The spikes of all samples.
    pub fn encode_all(&self) -> Vec<InputTrain> {
        self.samples.encode(&self.code).inputs
    }
}

/// Tasks of a size from a pool.
#[derive(Clone, Debug)]
pub struct Tasks {
    /// Where samples come from.
    pub pool: Pool,
    /// How large a task is.
    pub sizes: Sizes,
}

impl Tasks {
    /// Refuses pools too small for their tasks.
    pub fn new(pool: Pool, sizes: Sizes) -> Result<Self, MetaError> {
        pool.check(sizes)?;
        Ok(Self { pool, sizes })
    }

    /// Numbers of the samples of a task: support and query, each with its class.
    pub fn numbers(&self, stream: Stream) -> [Vec<(usize, usize)>; 2] {
        let each = self.sizes.shots + self.sizes.queries;
        let all = self.pool.episode(self.sizes, stream).into_iter().enumerate();
        let (support, query): (Vec<_>, Vec<_>) =
            all.partition(|(i, _)| i % each < self.sizes.shots);
        [support, query].map(|part| part.into_iter().map(|(i, n)| (n, i / each)).collect())
    }
}

impl Family for Tasks {
    fn sizes(&self) -> Sizes {
        self.sizes
    }
    fn task(&self, stream: Stream) -> Task {
        let samples = self.pool.episode(self.sizes, stream);
        let each = self.sizes.shots + self.sizes.queries;
        self.sizes.fill(|class, i| self.pool.encode(samples[class * each + i]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Encoder, Encoding};
    use std::collections::BTreeSet;

    #[test]
    fn episodes_have_different_classes_and_samples_of_one_group() {
        let image = |c: usize, i: usize| vec![(10 * c + i) as u8];
        let classes = (0..14).map(|c| (0..6).map(|i| image(c, i)).collect()).collect();
        let code = Encoder { encoding: Encoding::Level, ticks: 1, seed: 0 };
        let mut pool = Pool::of_images(Gallery::new(1, classes), code.into());
        let second = pool.groups[0].split_off(7);
        pool.groups.push(second);
        let sizes = Sizes { ways: 4, shots: 2, queries: 3 };
        let tasks = Tasks::new(pool, sizes).unwrap();
        let (mut first, mut groups) = (BTreeSet::new(), BTreeSet::new());
        for k in 0..100 {
            let stream = Stream::named(k, "episodes");
            let samples = tasks.pool.episode(sizes, stream);
            let set: BTreeSet<_> = samples.iter().collect();
            assert_eq!(set.len(), 20);
            let of = |i: usize| samples[i] / 6;
            assert!((0..20).all(|i| of(i) == of(i / 5 * 5) && of(i) / 7 == of(0) / 7));
            first.insert(of(0));
            groups.insert(of(0) / 7);
            let [support, query] = tasks.numbers(stream);
            assert_eq!((support.len(), query.len()), (8, 12));
            assert_eq!((support[2], query[3]), ((samples[5], 1), (samples[7], 1)));
        }
        assert_eq!((first.len(), groups.len()), (14, 2), "every class is numbered 0 now and then");
        let none = Sizes { ways: 8, ..sizes };
        assert!(Tasks::new(tasks.pool, none).unwrap_err().to_string().contains("7 classes"));
    }
}
