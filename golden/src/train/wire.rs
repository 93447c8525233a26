//! What members of a team tell each other of the shards that each has gone through: the bits of the
//! shards' own sums, events and traces, never sums over shards. Every member then adds up all shards in
//! order, so that any number of them takes the same step.

use super::shard::{LayerBuffers, Shard};
use crate::evolve::{Team, TeamError, share};

/// What is wanted of the shards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Statistics of a layer.
    Statistics(usize),
    /// Everything that gradients are made from.
    Gradients,
}

/// Hands what this member has of its shards to all, and takes what the others have of theirs.
pub fn exchange(team: &dyn Team, shards: &mut [Shard], wanted: Wanted) -> Result<(), TeamError> {
    if team.size() == 1 {
        return Ok(());
    }
    let own = share(team, shards.len());
    let mut words = Vec::new();
    for shard in &mut shards[own.clone()] {
        walk(shard, wanted, &mut Pen::Write(&mut words));
    }
    // Two to a word on the wire.
    let pairs = words.chunks(2);
    let mine = pairs.map(|c| u64::from(c[0]) | u64::from(*c.get(1).unwrap_or(&0)) << 32);
    let all = team.gather(mine.collect())?;
    let mut first = 0;
    for (rank, theirs) in all.iter().enumerate() {
        let last = (rank + 1) * shards.len() / team.size();
        let halves: Vec<u32> = theirs.iter().flat_map(|w| [*w as u32, (w >> 32) as u32]).collect();
        let mut rest = &halves[..];
        if rank != team.rank() {
            for shard in &mut shards[first..last] {
                walk(shard, wanted, &mut Pen::Read(&mut rest));
            }
        }
        first = last;
    }
    Ok(())
}

/// Goes over numbers to write them down or to replace them.
enum Pen<'a, 'b> {
    Write(&'a mut Vec<u32>),
    Read(&'a mut &'b [u32]),
}

impl Pen<'_, '_> {
    fn word(&mut self, word: &mut u32) {
        match self {
            Self::Write(to) => to.push(*word),
            // All members run the same program on the same sizes: nothing is missing.
            Self::Read(from) => {
                if let Some((first, rest)) = from.split_first() {
                    (*word, **from) = (*first, rest);
                }
            }
        }
    }

    fn float(&mut self, value: &mut f32) {
        let mut bits = value.to_bits();
        self.word(&mut bits);
        *value = f32::from_bits(bits);
    }

    fn floats(&mut self, values: &mut [f32]) {
        values.iter_mut().for_each(|v| self.float(v));
    }

    fn long(&mut self, value: &mut u64) {
        let (mut low, mut high) = (*value as u32, (*value >> 32) as u32);
        self.word(&mut low);
        self.word(&mut high);
        *value = u64::from(low) | u64::from(high) << 32;
    }

    fn list(&mut self, events: &mut super::events::EventList) {
        let mut all = events.all().to_vec();
        let mut count = all.len() as u32;
        self.word(&mut count);
        all.resize(count as usize, 0);
        all.iter_mut().for_each(|e| self.word(e));
        if let Self::Read(_) = self {
            events.replace(&all);
        }
    }
}

fn walk(shard: &mut Shard, wanted: Wanted, pen: &mut Pen<'_, '_>) {
    if let Wanted::Statistics(k) = wanted {
        return statistics(&mut shard.layers[k], pen);
    }
    let (mut loss, mut correct) = (shard.loss.to_bits(), shard.correct as u64);
    pen.long(&mut loss);
    pen.long(&mut correct);
    (shard.loss, shard.correct) = (f64::from_bits(loss), correct as usize);
    for l in &mut shard.layers {
        statistics(l, pen);
        pen.long(&mut l.spikes);
        pen.float(&mut l.scale_gradient);
        pen.floats(l.dw.as_flattened_mut());
        // The weight gradients of dense layers are put together from these.
        if l.dw.is_empty() {
            l.events.iter_mut().flatten().for_each(|e| pen.list(e));
            pen.floats(&mut l.trace);
        }
        l.own_events.iter_mut().flatten().for_each(|e| pen.list(e));
        pen.floats(&mut l.own_gradient);
    }
}

fn statistics(l: &mut LayerBuffers, pen: &mut Pen<'_, '_>) {
    pen.floats(&mut l.sums);
    pen.floats(&mut l.products);
    pen.floats(&mut l.alpha_sums);
}

#[cfg(test)]
mod tests {
    use crate::{
        data::Images,
        evolve::ThreadTeam,
        train::{TrainConfig, TrainingData, train, train_in},
    };

    /// Images of noise with labels.
    fn images(n: usize) -> Images {
        let mut draws = crate::rng::Stream::named(4, "wire").sequence();
        let pixels = (0..n * 64).map(|_| draws.below(256) as u8).collect();
        let labels = (0..n).map(|i| (i % 3) as u8).collect();
        Images { width: 8, height: 8, pixels, labels }
    }

    const DENSE: &str = "[[layer]]\nneurons = 20\nleak = { shift = 1 }";

    #[test]
    fn any_number_of_members_trains_the_same_model() {
        let conv = "[[layer]]\nchannels = 5\nkernel = 3\nor_pool = 2\nleak = { shift = 1 }";
        let recurrent = format!("{DENSE}\nrecurrent = true");
        let float = format!("{DENSE}\nweights = \"float\"\nbatch_norm = false");
        let genes = format!("[genome]\ngenes = 2\n{DENSE}");
        for (method, layers) in [
            ("plain", format!("{conv}\n{DENSE}")),
            ("plain", recurrent),
            ("plain", float),
            ("genome", genes),
            ("agmm", DENSE.to_owned()),
        ] {
            let text = format!(
                "method = \"{method}\"\nepochs = 2\nbatch = 70\nticks = 3\nclasses = 3\n\
                 diagnostics = true\noptimizer = {{ kind = \"adam\", learning_rate = 0.01 }}\n{layers}"
            );
            let config = TrainConfig::from_toml(&text).unwrap();
            let data = TrainingData::images(images(150), images(20), &config);
            let alone = train(&config, &data, |_| {}).unwrap();
            // Five shards a batch: some members have none.
            for size in [2, 3, 6] {
                std::thread::scope(|scope| {
                    for member in ThreadTeam::new(size) {
                        let (config, data, alone) = (&config, &data, &alone);
                        scope.spawn(move || {
                            let model = train_in(&member, config, data, None, |_| {}).unwrap();
                            assert!(model == *alone, "{method} {size}");
                        });
                    }
                });
            }
        }
    }
}
