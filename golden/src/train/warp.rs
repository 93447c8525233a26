//! Images turned, scaled, sheared and moved: a backward map in fixed point and bilinear
//! interpolation in integers, so that a showing has the same bytes at any vector width.

use super::{
    bend::Bend,
    config::{self, ConfigError},
    walk::{FRACTION, Walk, fixed},
};
use crate::rng::Stream;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How far training images are warped. Every showing draws all amounts anew, uniform within ±range.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentConfig {
    /// Rotation about the center, degrees, 0 to 45.
    pub rotate_degrees: f64,
    /// The size is multiplied by a factor of 1 ± this, 0 to below 0.5.
    pub scale: f64,
    /// Columns a pixel moves per row of distance from the center, 0 to 0.5.
    pub shear: f64,
    /// Pixels by which the nodes of a lattice with a pitch of 8 pixels are displaced, each by
    /// itself and linearly between them, 0 to 4.
    pub elastic: f64,
}

impl AugmentConfig {
    /// Whether images are left as they are.
    pub fn is_off(&self) -> bool {
        *self == Self::default()
    }

    /// Checks every range under the name of a table.
    pub(crate) fn check(&self, table: &str, range: &config::Range<'_>) -> Result<(), ConfigError> {
        let degrees = self.rotate_degrees;
        for (key, inside, value, remedy) in [
            ("rotate_degrees", (0.0..=45.0).contains(&degrees), degrees, "0 to 45"),
            ("scale", (0.0..0.5).contains(&self.scale), self.scale, "0 to below 0.5"),
            ("shear", (0.0..=0.5).contains(&self.shear), self.shear, "0 to 0.5"),
            ("elastic", (0.0..=4.0).contains(&self.elastic), self.elastic, "0 to 4"),
        ] {
            range(inside, &format!("{table}.{key}"), &value, remedy)?;
        }
        Ok(())
    }
}

/// A row and a column.
type Point = [f64; 2];

/// Where the pixels of a warped image come from and where those of the source go. With x to the
/// right, y down, both from the center c, and d the shift:
///
/// `target = c + d + s·R(φ)·K(k)·(source − c)`, `K = (1 k; 0 1)`, `R = (cos −sin; sin cos)`
///
/// and each pixel's source is displaced further by the bend of the image (after the elastic
/// distortions of Simard, Steinkraus and Platt, ICDAR 2003: here the random field is drawn on a
/// coarse lattice in place of smoothing a fine one).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warp {
    /// `[[xx, xy], [yx, yy]]` of `s·R·K`.
    forward: [[f64; 2]; 2],
    /// Its inverse.
    backward: [[f64; 2]; 2],
    /// d as (y, x).
    shift: Point,
    bend: Bend,
}

impl Warp {
    /// Rotation in radians, factor on the size (above 0), shear, and shift as (y, x) in pixels.
    pub fn new(angle: f64, factor: f64, shear: f64, shift: Point) -> Self {
        let (sin, cos) = angle.sin_cos();
        let (b, d) = (cos * shear - sin, sin * shear + cos);
        let times = |f: f64, m: [[f64; 2]; 2]| m.map(|row| row.map(|v| f * v));
        Self {
            forward: times(factor, [[cos, b], [sin, d]]),
            // The determinant of R·K is 1.
            backward: times(factor.recip(), [[d, -b], [-sin, cos]]),
            shift,
            bend: Bend { most: 0, words: Stream::named(0, "bend") },
        }
    }

    /// Amounts within the ranges of the configuration and a shift of up to `reach` pixels each
    /// way, from the first words of a showing's stream.
    pub fn draw(config: &AugmentConfig, reach: usize, stream: Stream) -> Self {
        let mut words = stream.sequence();
        let mut within = |range: f64| range * (2.0 * words.unit() - 1.0);
        let angle = within(config.rotate_degrees.to_radians());
        let (factor, shear) = (1.0 + within(config.scale), within(config.shear));
        let shift = [within(reach as f64), within(reach as f64)];
        let most = fixed(config.elastic);
        let bend = Bend { most, words: stream.child(0) };
        Self { bend, ..Self::new(angle, factor, shear, shift) }
    }

    /// The pixels of an image of `height` × `width` that can get ink from the source's rows and
    /// columns given: (rows, columns).
    pub fn reach(
        &self,
        rows: &Range<usize>,
        columns: &Range<usize>,
        height: usize,
        width: usize,
    ) -> (Range<usize>, Range<usize>) {
        // Interpolation spreads a pixel by less than one on every side.
        let more = self.bend.most as f64 / f64::from(1 << FRACTION);
        let side = |r: &Range<usize>, n: usize| {
            [r.start as f64 - 1.0 - more, r.end as f64 + more].map(|v| v - center(n))
        };
        let (ys, xs) = (side(rows, height), side(columns, width));
        let span = |[a, b]: [f64; 2], shift: f64, n: usize| {
            let ends = xs.iter().flat_map(|x| ys.iter().map(move |y| a * x + b * y));
            let (low, high) = ends.fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
            let at = |v: f64| (v + shift + center(n)).clamp(0.0, n as f64) as usize;
            at(low.floor())..at(high.ceil() + 1.0)
        };
        let [x, y] = self.forward;
        (span(y, self.shift[0], height), span(x, self.shift[1], width))
    }

    /// The backward map for an image of `height` × `width`, coordinates counted from `corner`.
    pub fn walk(&self, height: usize, width: usize, corner: Point) -> Walk {
        let (y, x) = (-center(height) - self.shift[0], -center(width) - self.shift[1]);
        let [across, along] = self.backward;
        let origin = [
            along[0] * x + along[1] * y + center(height) - corner[0],
            across[0] * x + across[1] * y + center(width) - corner[1],
        ];
        Walk {
            origin: origin.map(fixed),
            down: [along[1], across[1]].map(fixed),
            right: [along[0], across[0]].map(fixed),
            bend: self.bend,
        }
    }
}

/// Center of an axis of `n` pixels.
fn center(n: usize) -> f64 {
    (n as f64 - 1.0) / 2.0
}

#[cfg(test)]
#[path = "warp_test.rs"]
mod warp_test;
