//! The events that a target position sees.

use super::{counter::STEP, form::Form, node::Node};
use spikewright_ir::{ProjectionKind, Shape};

/// Windows of a projection over its source. A dense projection is one window over everything.
pub struct Windows {
    /// Rows of the kernel inside the image, per target row.
    rows: Vec<Taps>,
    /// Columns of the kernel inside the image, per target column.
    columns: Vec<Taps>,
    kernel_width: usize,
    source_width: usize,
    /// Entries per source position.
    row: usize,
    /// Whether there is one window that holds the source as it is.
    whole: bool,
}

/// Kernel offsets `from .. to`, the first of which lies on source coordinate `at`.
struct Taps {
    from: usize,
    to: usize,
    at: usize,
}

/// The offsets inside the image, per target coordinate along one axis.
fn taps(targets: usize, size: usize, kernel: usize, stride: usize, padding: usize) -> Vec<Taps> {
    let one = |target: usize| {
        let start = target * stride;
        let from = padding.saturating_sub(start).min(kernel);
        let to = (size + padding).saturating_sub(start).clamp(from, kernel);
        Taps { from, to, at: (start + from).saturating_sub(padding) }
    };
    (0..targets).map(one).collect()
}

impl Windows {
    /// For a projection that is no identity.
    pub fn new(kind: &ProjectionKind, from: &Form, to: Shape) -> Self {
        let Shape { height, width, .. } = from.shape;
        let (kernel, stride, padding) = match kind {
            ProjectionKind::Conv { kernel, stride, padding, .. } => (*kernel, *stride, *padding),
            _ => ([height, width], 1, 0),
        };
        Self {
            rows: taps(to.height, height, kernel[0], stride, padding),
            columns: taps(to.width, width, kernel[1], stride, padding),
            kernel_width: kernel[1],
            source_width: width,
            row: from.row,
            whole: kernel == [height, width] && padding == 0,
        }
    }

    /// Replaces `out` by the events of `node` in the window of target position `position`, in
    /// terms of the kernel: their index is `(ky·kw + kx)·row + c`. Padded to whole steps.
    #[inline(always)]
    pub fn events(&self, node: &Node, position: usize, out: &mut Vec<u32>) {
        out.clear();
        if self.whole {
            out.extend_from_slice(node.events());
        } else {
            let y = &self.rows[position / self.columns.len()];
            let x = &self.columns[position % self.columns.len()];
            let rows = if x.from < x.to { y.from..y.to } else { 0..0 };
            for ky in rows {
                let first = (y.at + ky - y.from) * self.source_width + x.at;
                let span = node.starts[first]..node.starts[first + x.to - x.from];
                let tap = ky * self.kernel_width + x.from;
                let moved = (tap * self.row).wrapping_sub(first * self.row) as u32;
                let seen = &node.events()[span.start as usize..span.end as usize];
                out.extend(seen.iter().map(|e| e.wrapping_add(moved << 8)));
            }
        }
        out.resize(out.len().next_multiple_of(STEP), 0);
    }
}
