//! Gradients of spikes through one-bit weights: `ds[j] += Σ_i ±g[i]`. Units are taken six at a time:
//! the sums of their gradients under all 64 patterns of signs stand in a table, and a weight row adds
//! one entry per six units (the "method of four Russians", Arlazarov et al., 1970). Eight rows
//! (samples and ticks) go side by side.

use super::{
    geometry::Geometry,
    input_gradient::Rows,
    lanes::{LANES, Row, width},
};

/// Units of a table.
const UNITS: usize = 6;
/// Patterns of signs.
const PATTERNS: usize = 1 << UNITS;
/// Rows handled together.
const SIDE: usize = 8;

type Lanes = [f32; SIDE];

/// A result of all rows handled together, never across two lines of the cache.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
struct Sums(Lanes);

/// Entries of all patterns, none across two lines of the cache, and what a code can reach beyond.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Table([Lanes; PATTERNS + 2]);

/// The signs of every weight row, six units to a code (bit 2 is +1 of the first of them).
#[derive(Clone, Debug, Default)]
pub struct SignCodes {
    /// Four times the pattern, which makes half the place of its entry, `[row][table]`.
    codes: Vec<u8>,
    tables: usize,
}

impl SignCodes {
    /// Takes the signs of `units` units, `[rows][width(units)]`.
    #[inline(always)]
    pub fn take(&mut self, signs: &[Row<i8>], units: usize) {
        self.tables = units.div_ceil(UNITS);
        self.codes.clear();
        for row in signs.chunks_exact(width(units)) {
            let mut bits = [0u8; UNITS];
            for first in (0..units).step_by(UNITS) {
                let mut code = 0;
                for (k, bit) in bits.iter_mut().enumerate() {
                    let i = first + k;
                    *bit = u8::from(i < units && row[i / LANES][i % LANES] > 0);
                    code |= *bit << k;
                }
                self.codes.push(4 * code);
            }
        }
    }
}

/// Room for tables and results.
#[derive(Clone, Debug, Default)]
pub struct SignTables {
    tables: Vec<Table>,
    /// `[input]`
    ds: Vec<Sums>,
}

impl SignTables {
    /// Adds to `ds` what the gradients `g` of the sums pass down.
    #[inline(always)]
    pub fn input_gradient(
        &mut self,
        geometry: &Geometry,
        codes: &SignCodes,
        rows: Rows,
        g: &[f32],
        ds: &mut [f32],
    ) {
        let (units, channels) = (geometry.to.channels, geometry.from.channels);
        self.tables.resize(codes.tables, Table([[0.0; SIDE]; PATTERNS + 2]));
        for first in (0..rows.count).step_by(SIDE) {
            let count = SIDE.min(rows.count - first);
            self.ds.clear();
            self.ds.resize(geometry.from.len(), Sums::default());
            for at in 0..geometry.to.positions() {
                for (table, Table(entries)) in self.tables.iter_mut().enumerate() {
                    let unit = table * UNITS;
                    let mut lanes = [[0.0; SIDE]; UNITS];
                    for (k, lane) in lanes.iter_mut().enumerate().take(units - unit) {
                        for (r, lane) in lane.iter_mut().enumerate().take(count) {
                            *lane = g[(first + r) * rows.g + at * units + unit + k];
                        }
                    }
                    fill(entries, &lanes);
                }
                for run in geometry.runs(at) {
                    let len = run.positions * channels;
                    let codes = &codes.codes[run.row * codes.tables..][..len * codes.tables];
                    let ds = &mut self.ds[run.position * channels..][..len];
                    add(&self.tables, codes, ds);
                }
            }
            scatter(&self.ds, count, rows.ds, &mut ds[first * rows.ds..]);
        }
    }
}

/// Entry `p`: the sum of the gradients, with a minus where the bit of `p` is 0.
#[inline(always)]
fn fill(entries: &mut [Lanes; PATTERNS + 2], g: &[Lanes; UNITS]) {
    let mut none = [0.0; SIDE];
    let mut twice = [[0.0; SIDE]; UNITS];
    for k in 0..UNITS {
        for r in 0..SIDE {
            none[r] -= g[k][r];
            twice[k][r] = 2.0 * g[k][r];
        }
    }
    entries[0] = none;
    for (k, twice) in twice.iter().enumerate() {
        let half = 1 << k;
        for p in 0..half {
            let below = entries[p];
            entries[half + p] = std::array::from_fn(|r| below[r] + twice[r]);
        }
    }
}

/// Adds an entry of every table to each row, `codes` being `[row][table]`.
#[inline(always)]
fn add(tables: &[Table], codes: &[u8], ds: &mut [Sums]) {
    let all = tables.len();
    let mut first = 0;
    while first < all {
        // Constant numbers of tables unroll.
        first += match all - first {
            8.. => add_some::<8>(&tables[first..], &codes[first..], all, ds),
            6.. => add_some::<6>(&tables[first..], &codes[first..], all, ds),
            4.. => add_some::<4>(&tables[first..], &codes[first..], all, ds),
            3 => add_some::<3>(&tables[first..], &codes[first..], all, ds),
            2 => add_some::<2>(&tables[first..], &codes[first..], all, ds),
            _ => add_some::<1>(&tables[first..], &codes[first..], all, ds),
        };
    }
}

/// Adds the entries of the first `N` tables; returns `N`.
#[inline(always)]
fn add_some<const N: usize>(tables: &[Table], codes: &[u8], all: usize, ds: &mut [Sums]) -> usize {
    let tables: &[Table; N] = tables[..N].try_into().expect("N tables");
    for (codes, ds) in codes.chunks(all).zip(ds) {
        let codes: &[u8; N] = codes[..N].try_into().expect("N codes");
        let mut sum = ds.0;
        for k in 0..N {
            let start = usize::from(codes[k]) * (SIDE / 4);
            let entry = &tables[k].0.as_flattened()[start..][..SIDE];
            for r in 0..SIDE {
                sum[r] += entry[r];
            }
        }
        ds.0 = sum;
    }
    N
}

/// Adds `lanes`, `[input][row]`, to the first `count` rows of `ds`, `distance` apart.
#[inline(always)]
fn scatter(lanes: &[Sums], count: usize, distance: usize, ds: &mut [f32]) {
    for (at, block) in lanes.chunks(SIDE).enumerate() {
        let first = at * SIDE;
        match <&[Sums; SIDE]>::try_from(block) {
            Ok(square) => {
                let turned: [Lanes; SIDE] =
                    std::array::from_fn(|r| std::array::from_fn(|k| square[k].0[r]));
                for (r, turned) in turned.iter().enumerate().take(count) {
                    let ds = &mut ds[r * distance + first..][..SIDE];
                    for k in 0..SIDE {
                        ds[k] += turned[k];
                    }
                }
            }
            Err(_) => {
                for (k, lanes) in block.iter().enumerate() {
                    for (r, lane) in lanes.0.iter().enumerate().take(count) {
                        ds[r * distance + first + k] += lane;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        rng::Stream,
        train::{LayerConfig, geometry::Map, lanes::pad},
    };
    use spikewright_ir::Leak;

    #[test]
    fn gradients_equal_the_dense_product() {
        let dense = |n| LayerConfig::dense(n, Leak::None);
        let conv = LayerConfig { channels: 13, kernel: 3, stride: 2, padding: 1, ..dense(0) };
        for config in [dense(1), dense(6), dense(20), conv] {
            let from = Map { height: 5, width: 6, channels: 3 };
            let geometry = Geometry::new(&config, from).unwrap();
            let (n, units, inputs) = (geometry.to.len(), config.units(), from.len());
            let channels = geometry.from.channels;
            let mut draw = Stream::named(3, "signs").sequence();
            let signs: Vec<i8> =
                (0..geometry.rows() * units).map(|_| 1 - 2 * (draw.word() & 1) as i8).collect();
            let (mut codes, mut tables) = (SignCodes::default(), SignTables::default());
            codes.take(&pad(&signs, units), units);
            for count in [1, 8, 19] {
                let g: Vec<f32> = (0..count * n).map(|_| draw.below(9) as f32 - 4.0).collect();
                let (mut ds, mut expect) = (vec![1.0; count * inputs], vec![1.0; count * inputs]);
                let rows = Rows { count, g: n, ds: inputs };
                tables.input_gradient(&geometry, &codes, rows, &g, &mut ds);
                for r in 0..count {
                    for at in 0..geometry.to.positions() {
                        for run in geometry.runs(at) {
                            for k in 0..run.positions * channels {
                                let j = r * inputs + run.position * channels + k;
                                for c in 0..units {
                                    let sign = f32::from(signs[(run.row + k) * units + c]);
                                    expect[j] += sign * g[r * n + at * units + c];
                                }
                            }
                        }
                    }
                }
                assert_eq!(ds, expect);
            }
        }
    }
}
