//! Which inputs reach which neurons. Inside training, maps are stored position by position with the
//! channels innermost, `(y·W + x)·C + c`: the part of a window that lies in one row of the map is
//! then a run of neighboring inputs that meets a run of neighboring weight rows. A dense layer is
//! the case of one position whose window is everything.

use super::layer_config::LayerConfig;
use spikewright_ir::Shape;

/// Height, width and channels of a map stored `(y·W + x)·C + c`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Map {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels.
    pub channels: usize,
}

impl Map {
    /// One position.
    pub const fn flat(channels: usize) -> Self {
        Self { height: 1, width: 1, channels }
    }

    /// The map of a network's shape.
    pub fn of(shape: Shape) -> Self {
        Self { height: shape.height, width: shape.width, channels: shape.channels }
    }

    /// Positions.
    pub fn positions(self) -> usize {
        self.height * self.width
    }

    /// Neurons.
    pub fn len(self) -> usize {
        self.positions() * self.channels
    }

    /// Index here of the neuron that networks number `(c·H + y)·W + x`.
    pub fn index_of(self, network_index: usize) -> usize {
        let positions = self.positions();
        network_index % positions * self.channels + network_index / positions
    }
}

/// The windows of a layer's feed-forward weights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Geometry {
    /// Inputs.
    pub from: Map,
    /// Neurons, before OR-pooling.
    pub to: Map,
    /// Side of the kernel whose weights are trained.
    pub kernel: usize,
    /// Its step.
    pub stride: usize,
    /// Absent border.
    pub padding: usize,
    /// Side `a` of the average pooling between sums and neurons, 1 for none.
    pub average: usize,
}

/// A run of weight rows that meets a run of inputs of the same length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Run {
    /// Position of the first input in its map.
    pub position: usize,
    /// Positions.
    pub positions: usize,
    /// Weight row of the first input's channel 0.
    pub row: usize,
}

impl Geometry {
    /// The windows of a layer on these inputs; the error says what does not fit.
    pub fn new(config: &LayerConfig, from: Map) -> Result<Self, String> {
        if !config.is_conv() {
            let (from, to) = (Map::flat(from.len()), Map::flat(config.neurons));
            return Ok(Self { from, to, kernel: 1, stride: 1, padding: 0, average: 1 });
        }
        let side = |name: &str, side: usize| {
            let sums = windows(side + 2 * config.padding, config.kernel, config.stride);
            let pooled = sums.and_then(|s| windows(s, config.average_pool, config.average_pool));
            pooled.ok_or_else(|| {
                format!(
                    "a kernel of {} with padding {} and average pooling of {} finds no place in a map of {name} {side}",
                    config.kernel, config.padding, config.average_pool
                )
            })
        };
        let (height, width) = (side("height", from.height)?, side("width", from.width)?);
        Ok(Self {
            from,
            to: Map { height, width, channels: config.channels },
            kernel: config.kernel,
            stride: config.stride,
            padding: config.padding,
            average: config.average_pool,
        })
    }

    /// Whether there is one position that sees every input.
    pub fn is_dense(&self) -> bool {
        self.to.positions() == 1 && self.from.positions() == 1 && self.window() == 1
    }

    /// The weight row of a column of a network's weights: source neuron of a dense layer on the map
    /// `source`, or `(c·k + ky)·k + kx` of a kernel.
    pub fn weight_row(&self, source: Map, column: usize) -> usize {
        if self.is_dense() {
            return source.index_of(column);
        }
        let taps = self.kernel * self.kernel;
        column % taps * self.from.channels + column / taps
    }

    /// Trained weights of a unit.
    pub fn fan_in(&self) -> usize {
        self.kernel * self.kernel * self.from.channels
    }

    /// Side of the window that a neuron sees: average pooling of `a` by `a` sums is one window of
    /// side `k + (a − 1)·stride`.
    pub fn window(&self) -> usize {
        self.kernel + (self.average - 1) * self.stride
    }

    /// Weight rows of a neuron's window.
    pub fn rows(&self) -> usize {
        self.window() * self.window() * self.from.channels
    }

    /// The parts of the window of output position `at` that lie inside the map, row by row.
    #[inline(always)]
    pub fn runs(&self, at: usize) -> impl Iterator<Item = Run> + use<> {
        let Self { from, to, .. } = *self;
        let (k, step, padding) = (self.window(), self.stride * self.average, self.padding);
        let (top, left) = (at / to.width * step, at % to.width * step);
        // The window's columns inside the map.
        let first = padding.saturating_sub(left);
        let end = k.min((from.width + padding).saturating_sub(left)).max(first);
        let rows = padding.saturating_sub(top)..k.min((from.height + padding).saturating_sub(top));
        rows.map(move |ky| Run {
            position: (top + ky - padding) * from.width + left + first - padding,
            positions: end - first,
            row: (ky * k + first) * from.channels,
        })
    }
}

/// Windows of side `k` that fit `side` at this step.
pub fn windows(side: usize, k: usize, step: usize) -> Option<usize> {
    (k >= 1 && k <= side).then(|| (side - k) / step + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use spikewright_ir::Leak;

    fn conv(kernel: usize, stride: usize, padding: usize, average_pool: usize) -> LayerConfig {
        let dense = LayerConfig::dense(0, Leak::None);
        LayerConfig { channels: 3, kernel, stride, padding, average_pool, ..dense }
    }

    #[test]
    fn runs_name_every_input_of_the_window_once() {
        let from = Map { height: 5, width: 7, channels: 2 };
        for (k, stride, padding) in [(3, 1, 0), (3, 2, 1), (4, 3, 2), (5, 1, 4), (1, 1, 0)] {
            let g = Geometry::new(&conv(k, stride, padding, 1), from).unwrap();
            assert_eq!(g.to.height, (5 + 2 * padding - k) / stride + 1);
            for at in 0..g.to.positions() {
                let mut got = Vec::new();
                for run in g.runs(at) {
                    got.extend((0..run.positions).map(|p| (run.position + p, run.row / 2 + p)));
                }
                let (oy, ox) = (at / g.to.width, at % g.to.width);
                let mut expect = Vec::new();
                for (ky, kx) in (0..k).flat_map(|ky| (0..k).map(move |kx| (ky, kx))) {
                    let (y, x) = (oy * stride + ky, ox * stride + kx);
                    let inside = |v: usize, side| (padding..side + padding).contains(&v);
                    if inside(y, 5) && inside(x, 7) {
                        expect.push(((y - padding) * 7 + x - padding, ky * k + kx));
                    }
                }
                assert_eq!(got, expect, "{k} {stride} {padding} {at}");
            }
        }
    }

    #[test]
    fn pooled_sums_are_one_larger_window() {
        let from = Map { height: 28, width: 28, channels: 1 };
        let g = Geometry::new(&conv(5, 1, 0, 2), from).unwrap();
        assert_eq!(
            (g.to.height, g.to.width, g.window(), g.fan_in(), g.rows()),
            (12, 12, 6, 25, 36)
        );
        let run = g.runs(13).nth(1).unwrap();
        assert_eq!(run, Run { position: 3 * 28 + 2, positions: 6, row: 6 });
        // Partial pooling windows are dropped.
        let g = Geometry::new(&conv(2, 2, 0, 3), Map { height: 9, width: 8, channels: 1 }).unwrap();
        assert_eq!((g.to.height, g.to.width, g.window()), (1, 1, 6));
        assert!(
            Geometry::new(&conv(5, 1, 0, 1), Map { height: 4, width: 9, channels: 1 }).is_err()
        );
    }

    #[test]
    fn a_dense_layer_is_one_window() {
        let dense = LayerConfig::dense(9, Leak::None);
        let g = Geometry::new(&dense, Map { height: 4, width: 5, channels: 3 }).unwrap();
        assert!(g.is_dense() && g.rows() == 60 && g.to.len() == 9);
        let runs: Vec<_> = g.runs(0).collect();
        assert_eq!(runs, [Run { position: 0, positions: 1, row: 0 }]);
        let map = Map { height: 2, width: 3, channels: 4 };
        // Channel 2, row 1, column 0 of a network's map.
        assert_eq!(map.index_of((2 * 2 + 1) * 3), 3 * 4 + 2);
    }
}
