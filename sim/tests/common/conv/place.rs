//! Where everything stands in the core, and the image that says so.

use super::{
    super::words::{TileWords, memories, params},
    MiniConv,
};
use spikewright_ir::{
    CoreImage, LayerImage, PooledImage, ProjectionImage, Readout, Source, WindowReads,
    WindowedImage, WindowedTile,
    layout::{pass, scan, tile},
};

/// Slots of a tile in its first round, rows from round to round, rounds, and where it writes: pooled
/// column and row.
struct Tile {
    slots: Vec<[usize; 2]>,
    step: usize,
    rounds: usize,
    target: Option<[usize; 2]>,
}

impl MiniConv {
    /// Whether the image fits the preset, placed as it is.
    pub fn fits(&self) -> bool {
        let (spec, tiles, pooled) = (self.preset.spec(), self.tiles(), self.pooled());
        let row_groups = |width: usize| width.div_ceil(spec.group_words);
        let target_groups = pooled.height * row_groups(pooled.width);
        let rows = self.input.height + 2 * self.padding;
        let stride = rows * row_groups(self.input.width) + target_groups + 1;
        let reads: usize = tiles.iter().map(|t| self.reads(t).len()).sum();
        let slots: usize = tiles.iter().map(|t| t.slots.len()).sum();
        pooled.len() <= spec.max_fan_in()
            && target_groups <= scan::GROUPS_M1.max() as usize + 1
            && stride * self.ticks <= spec.spike_groups
            && reads * (1 + self.planes.len()) + target_groups <= spec.weight_groups
            && (slots + 1) * 16 / spec.fire_units < spec.param_rows
    }

    fn tiles(&self) -> Vec<Tile> {
        let (shape, pooled, k) = (self.shape(), self.pooled(), self.pool);
        let slots = self.preset.spec().lanes / 16;
        let words: Vec<usize> = (0..pooled.width).collect();
        let mut out: Vec<Tile> = words
            .chunks(slots / (k * k))
            .map(|chunk| Tile {
                slots: (chunk.iter())
                    .flat_map(|x| (0..k * k).map(move |d| [d / k, x * k + d % k]))
                    .collect(),
                step: k,
                rounds: pooled.height,
                target: Some([0, chunk[0]]),
            })
            .filter(|tile| tile.rounds > 0)
            .collect();
        let margins =
            [(0..pooled.height * k, pooled.width * k), (pooled.height * k..shape.height, 0)];
        for (rows, left) in margins {
            let columns: Vec<usize> = (left..shape.width).collect();
            let tile = |chunk: &[usize]| Tile {
                slots: chunk.iter().map(|&x| [rows.start, x]).collect(),
                step: 1,
                rounds: rows.len(),
                target: None,
            };
            out.extend(columns.chunks(slots).map(tile).filter(|tile| tile.rounds > 0));
        }
        out
    }

    /// Rows of the padded input, groups of them, and words that a tile reads in its first round.
    fn reads(&self, tile: &Tile) -> Vec<(usize, usize, u32)> {
        let group_words = self.preset.spec().group_words;
        let rows = tile.slots.iter().map(|s| s[0]);
        let (first, last) = (rows.clone().min().unwrap(), rows.max().unwrap());
        let mut out = Vec::new();
        for row in first..last + self.kernel {
            for group in 0..self.input.width.div_ceil(group_words) {
                let seen = |x: usize| {
                    let inside = |at: usize| (at..at + self.kernel).contains(&(x + self.padding));
                    x < self.input.width && tile.slots.iter().any(|s| inside(s[1]))
                };
                let words = (0..group_words).filter(|w| seen(group * group_words + w));
                let words = words.map(|w| 1 << w).sum();
                if words != 0 {
                    out.push((row, group, words));
                }
            }
        }
        out
    }

    /// Rows of weight words of a group that the tile reads: `16·G` of `P / 16`.
    fn weights(
        &self,
        tile: &Tile,
        (row, group, words): (usize, usize, u32),
        plane: usize,
    ) -> Vec<u16> {
        let spec = self.preset.spec();
        let (banks, k) = (spec.row_words(), self.kernel);
        let mut out = vec![0; spec.group_neurons() * banks];
        let planes = |p: usize| if p == 0 { &self.conv.weights } else { &self.planes[p - 1] };
        for (bit, lanes) in out.chunks_mut(banks).enumerate() {
            let (word, c) = (bit / 16, bit % 16);
            if words >> word & 1 == 0 || c >= self.input.channels {
                continue;
            }
            let x = group * spec.group_words + word + self.padding;
            for (slot, &[sy, sx]) in tile.slots.iter().enumerate() {
                if !(sy..sy + k).contains(&row) || !(sx..sx + k).contains(&x) {
                    continue;
                }
                lanes[slot] = 1;
                let column = (c * k + row - sy) * k + x - sx;
                for (channel, weights) in planes(plane).iter().enumerate() {
                    lanes[slot] |= u16::from(weights[column]) << (1 + channel);
                }
            }
        }
        out
    }

    pub fn image(&self) -> CoreImage {
        let spec = self.preset.spec();
        let (units, group, words) = (spec.fire_units, spec.group_neurons(), spec.group_words);
        let (shape, pooled, ticks) = (self.shape(), self.pooled(), self.ticks);
        let (source_row, target_row) =
            (self.input.width.div_ceil(words), pooled.width.div_ceil(words));
        let input_groups = (self.input.height + 2 * self.padding) * source_row;
        let target_groups = pooled.height * target_row;
        let stride = input_groups + target_groups + 1;
        let loops = self.tiles();
        let (mut weights, mut param_words) = (Vec::<u16>::new(), Vec::<u16>::new());
        let (mut entries, mut passes, mut tiles) =
            (Vec::<u32>::new(), Vec::<u32>::new(), Vec::new());
        let mut windowed = WindowedImage { lanes: vec![], tiles: vec![] };
        // What scan and writer have moved on by.
        let (mut scan_offset, mut offset) = (0, 0);
        let free = |group: usize, less: usize| (group as u32).wrapping_sub(less as u32) & 0xff;
        let planes = 1 + self.planes.len();
        for (number, t) in loops.iter().enumerate() {
            let rows = t.slots.len() * 16 / units;
            for plane in 0..planes {
                let ends = plane + 1 == planes;
                let reads = self.reads(t);
                for (k, &(row, g, mask)) in reads.iter().enumerate() {
                    let weight_group = (weights.len() / spec.row_words() / group) as u32;
                    weights.extend(self.weights(t, (row, g, mask), plane));
                    let last = u32::from(ends && k + 1 == reads.len());
                    let drains = u32::from(ticks == 1 && number + 1 == loops.len());
                    entries.push(
                        scan::SOURCE_GROUP.put(free(row * source_row + g, scan_offset))
                            | scan::WORDS.put(mask)
                            | scan::MASKED.put(1)
                            | scan::MORE.put(u32::from(k + 1 < reads.len()))
                            | scan::WEIGHT_GROUP.put(weight_group)
                            | scan::FLUSH.put(last & drains)
                            | scan::ENDS.put(last)
                            | scan::TURNS.put(last)
                            | scan::ROUNDS.put(last & u32::from(t.rounds > 1)),
                    );
                }
                passes.push(
                    pass::GAIN_LOG2
                        .put(self.conv.gain.ilog2() + plane as u32 + u32::from(!self.unsigned))
                        | pass::BEGINS.put(u32::from(plane == 0))
                        | pass::ENDS.put(ends.into())
                        | pass::TURNS.put(ends.into())
                        | pass::IDENTITY.put(self.unsigned.into())
                        | pass::SWITCH_ON.put(ends.into())
                        | pass::TILE.put(number as u32),
                );
            }
            let [target, column] = t.target.unwrap_or([0, 0]);
            let target_group = input_groups + target * target_row + column / words;
            let down = t.target.map_or(0, |_| target_row);
            let (step, target_step) = match t.rounds {
                1 => (ticks * stride, stride as u32),
                _ => (t.step * source_row, free(down, (ticks - 1) * stride)),
            };
            if t.rounds > 1 {
                entries.push(
                    scan::AGAIN.put(1)
                        | scan::STEP.put(free(step, ticks * stride))
                        | scan::ROUNDS_M1.put(t.rounds as u32 - 1),
                );
            }
            let channel = |lane: usize| (lane % 16).checked_sub(1).filter(|&c| c < shape.channels);
            tiles.extend(
                TileWords {
                    rows,
                    rounds: t.rounds,
                    windowed: true,
                    pool_m1: t.target.map_or(tile::SILENT, |_| self.pool * self.pool - 1),
                    param_row: param_words.len() / 32,
                    fires: true,
                    first_spike: false,
                    last: false,
                    layer: 0,
                    first: windowed.lanes.len(),
                    target_group: free(target_group, offset),
                    target_word: column % words,
                    target_step,
                }
                .encode(&self.conv),
            );
            param_words.extend(params(&self.conv, rows, units, channel));
            for round in 0..t.rounds {
                for &[y, x] in &t.slots {
                    let y = y + round * t.step;
                    let neuron = |c| ((c * shape.height + y) * shape.width + x) as u32;
                    windowed.lanes.extend((0..16).map(|lane| channel(lane).map(neuron)));
                }
            }
            windowed.tiles.push(WindowedTile { rounds: t.rounds, rows, reads: vec![NOT_COUNTED] });
            scan_offset += t.rounds * if t.rounds > 1 { step } else { ticks * stride };
            offset += if t.rounds > 1 { t.rounds * down } else { ticks * stride };
        }
        let classes = self.out.weights.len();
        entries.push(
            scan::SOURCE_GROUP.put(free(input_groups, scan_offset))
                | scan::GROUPS_M1.put(target_groups as u32 - 1)
                | scan::WEIGHT_GROUP.put((weights.len() / spec.row_words() / group) as u32)
                | scan::GATE.put(1)
                | scan::FLUSH_LAST.put(1)
                | scan::ENDS.put(1)
                | scan::TURNS.put(1)
                | scan::LAST.put(1),
        );
        passes.push(
            pass::GAIN_LOG2.put(self.out.gain.ilog2() + 1)
                | pass::BEGINS.put(1)
                | pass::ENDS.put(1)
                | pass::TURNS.put(1)
                | pass::TILE.put(loops.len() as u32),
        );
        let area = pooled.height * pooled.width;
        for bit in 0..target_groups * group {
            let (row, word) = (bit / 16 / words / target_row, bit / 16 % (words * target_row));
            let channel = (bit % 16).checked_sub(1).filter(|&c| c < shape.channels);
            let source = channel
                .filter(|_| word < pooled.width)
                .map(|c| c * area + row * pooled.width + word);
            for bank in 0..spec.row_words() {
                let at = |i: usize| self.out.weights.get(bank * 16 + i).zip(source);
                let on = |i: usize| at(i).is_some_and(|(row, source)| row[source]);
                weights.push((0..16).map(|i| u16::from(on(i)) << i).sum());
            }
        }
        let potential = self.readout == Readout::Potential;
        let number = if self.pool > 1 { 2 } else { 1 };
        let rows = classes.div_ceil(16) * 16 / units;
        tiles.extend(
            TileWords {
                rows,
                rounds: 1,
                windowed: false,
                pool_m1: 0,
                param_row: param_words.len() / 32,
                fires: !potential,
                first_spike: self.readout == Readout::FirstSpike,
                last: true,
                layer: number,
                first: 0,
                target_group: free(input_groups + target_groups, offset),
                target_word: 0,
                target_step: stride as u32,
            }
            .encode(&self.out),
        );
        param_words.extend(params(&self.out, rows, units, |lane| (lane < classes).then_some(lane)));
        param_words.resize(spec.param_rows * 32, 0);
        for words in param_words[(spec.param_rows - 1) * 32..].chunks_mut(2) {
            words[1] = i16::MIN as u16;
        }
        let program = (entries.iter().enumerate())
            .flat_map(|(k, &entry)| {
                let fire = passes.get(k).map_or(0, |&p| p as u16);
                [entry as u16, (entry >> 16) as u16, fire, 0]
            })
            .collect();
        let readout = (classes as u16 - 1) | u16::from(potential) << 8;
        let control = vec![(ticks as u16 - 1) | (stride as u16) << 8, readout];
        let mut layers = vec![LayerImage {
            name: "conv".into(),
            neurons: shape.len(),
            first_tile: 0,
            tiles: loops.len(),
            projections: vec![ProjectionImage {
                weight_planes: planes,
                unsigned: self.unsigned,
                ..projection(Source::Input, self.input.channels * self.kernel * self.kernel, 0)
            }],
            gangs: 1,
            pools: false,
            windowed: Some(windowed),
            pooled: None,
        }];
        let dense = LayerImage {
            name: "out".into(),
            neurons: classes,
            first_tile: loops.len(),
            tiles: 1,
            projections: vec![projection(Source::Layer(number - 1), pooled.len(), target_groups)],
            gangs: 1,
            pools: false,
            windowed: None,
            pooled: None,
        };
        if self.pool > 1 {
            layers.push(LayerImage {
                name: "pool".into(),
                neurons: pooled.len(),
                tiles: 0,
                projections: vec![],
                pools: true,
                pooled: Some(PooledImage { layer: 0, from: shape, k: self.pool }),
                ..dense.clone()
            });
        }
        layers.push(dense);
        let place = |j: usize| {
            let (c, y, x) = (
                j / (self.input.height * self.input.width),
                j / self.input.width % self.input.height,
                j % self.input.width,
            );
            (((y + self.padding) * source_row * words + x) * 16 + c) as u32
        };
        CoreImage {
            preset: self.preset,
            ticks,
            stream: false,
            tick_order: false,
            stride,
            inputs: self.input.len(),
            input_planes: 1,
            input_groups,
            input_places: (0..self.input.len()).map(place).collect(),
            classes,
            readout: self.readout,
            layers,
            memories: memories([weights, program, tiles, control], &param_words, units),
            seal: 0,
        }
        .sealed()
    }
}

/// Reads are for estimates of the cost, which no one asks for here.
const NOT_COUNTED: WindowReads = WindowReads { entries: 0, words: 0, sources: 0, synapses: 0 };

fn projection(source: Source, fan_in: usize, groups: usize) -> ProjectionImage {
    ProjectionImage {
        source,
        delayed: false,
        identity: false,
        unsigned: false,
        fan_in,
        groups,
        weight_planes: 1,
        source_planes: 1,
    }
}
