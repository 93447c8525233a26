//! Images turned, scaled, sheared and moved: a backward map in fixed point and bilinear
//! interpolation in integers, so that a showing has the same bytes at any vector width.

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
}

impl AugmentConfig {
    /// Whether images are left as they are.
    pub fn is_off(&self) -> bool {
        *self == Self::default()
    }
}

/// Fractional bits of a coordinate.
const FRACTION: u32 = 16;
/// Fractional bits of an interpolation weight.
const WEIGHT: u32 = 8;

/// A row and a column.
type Point = [f64; 2];

/// Where the pixels of a warped image come from and where those of the source go. With x to the
/// right, y down, both from the center c, and d the shift:
///
/// `target = c + d + s·R(φ)·K(k)·(source − c)`, `K = (1 k; 0 1)`, `R = (cos −sin; sin cos)`
///
/// (Simard, Steinkraus and Platt, ICDAR 2003, without its elastic part).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Warp {
    /// `[[xx, xy], [yx, yy]]` of `s·R·K`.
    forward: [[f64; 2]; 2],
    /// Its inverse.
    backward: [[f64; 2]; 2],
    /// d as (y, x).
    shift: Point,
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
        Self::new(angle, factor, shear, shift)
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
        let side = |r: &Range<usize>, n: usize| {
            [r.start as f64 - 1.0, r.end as f64].map(|v| v - center(n))
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
        let fixed = |v: f64| (v * f64::from(1 << FRACTION)).round() as i64;
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
        }
    }
}

/// Center of an axis of `n` pixels.
fn center(n: usize) -> f64 {
    (n as f64 - 1.0) / 2.0
}

/// Source coordinates (row, column) of target pixels in 1/65536 pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Walk {
    origin: [i64; 2],
    down: [i64; 2],
    right: [i64; 2],
}

/// A source image framed in blank pixels: one row and column before the ink, two behind.
#[derive(Clone, Copy, Debug)]
pub struct Framed<'a> {
    /// Pixels, frame included, row-major.
    pub pixels: &'a [u8],
    /// Columns, frame included.
    pub stride: usize,
}

/// Blank rows and columns of a frame before the ink, and both sides together.
pub const FRAME: (usize, usize) = (1, 3);

impl Walk {
    /// Gray values of target row `y`, columns `columns`, handed to `put` with their column.
    /// Coordinates count from the frame's corner.
    #[inline(always)]
    pub fn row(
        &self,
        source: Framed<'_>,
        y: usize,
        columns: Range<usize>,
        mut put: impl FnMut(usize, u8),
    ) {
        let Framed { pixels, stride } = source;
        // The last pixel with a neighbor to the right and below; it is blank, as is the first.
        let last = |n: usize| (n as i64 - 2) << FRACTION;
        let (bottom, edge) = (last(pixels.len() / stride), last(stride));
        let start = |axis: usize| {
            self.origin[axis] + y as i64 * self.down[axis] + columns.start as i64 * self.right[axis]
        };
        let (mut row, mut column) = (start(0), start(1));
        for x in columns {
            let (r, c) = (row.clamp(0, bottom), column.clamp(0, edge));
            let at = (r >> FRACTION) as usize * stride + (c >> FRACTION) as usize;
            let near = &pixels[at..][..stride + 2];
            let mix = |a: u8, b: u8, f: u32| u32::from(a) * ((1 << WEIGHT) - f) + u32::from(b) * f;
            let weight = |v: i64| (v >> (FRACTION - WEIGHT)) as u32 & ((1 << WEIGHT) - 1);
            let (above, below) =
                (mix(near[0], near[1], weight(c)), mix(near[stride], near[stride + 1], weight(c)));
            let sum = (above << WEIGHT) + weight(r) * below - weight(r) * above;
            put(x, ((sum + (1 << (2 * WEIGHT - 1))) >> (2 * WEIGHT)) as u8);
            row += self.right[0];
            column += self.right[1];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_6};

    const SIDE: usize = 9;

    /// Warps a square image of `SIDE` pixels, all target pixels, through a frame around all of it.
    fn whole(warp: &Warp, image: &[u8]) -> Vec<u8> {
        let stride = SIDE + FRAME.1;
        let mut pixels = vec![0; stride * stride];
        for (y, row) in image.chunks_exact(SIDE).enumerate() {
            pixels[(y + FRAME.0) * stride + FRAME.0..][..SIDE].copy_from_slice(row);
        }
        let walk = warp.walk(SIDE, SIDE, [-1.0, -1.0]);
        let mut out = Vec::new();
        for y in 0..SIDE {
            walk.row(Framed { pixels: &pixels, stride }, y, 0..SIDE, |_, v| out.push(v));
        }
        out
    }

    /// Some pixels of a `SIDE` × `SIDE` image: (row, column, value).
    fn image(pixels: &[(usize, usize, u8)]) -> Vec<u8> {
        let mut out = vec![0; SIDE * SIDE];
        pixels.iter().for_each(|&(y, x, v)| out[y * SIDE + x] = v);
        out
    }

    fn noise(seed: u64) -> Vec<u8> {
        let mut words = Stream::named(seed, "noise").sequence();
        (0..SIDE * SIDE).map(|_| words.word() as u8).collect()
    }

    fn some(seed: u64) -> Warp {
        let config = AugmentConfig { rotate_degrees: 45.0, scale: 0.3, shear: 0.5 };
        Warp::draw(&config, 4, Stream::named(seed, "warp"))
    }

    #[test]
    fn nothing_to_do_leaves_every_pixel() {
        let image = noise(1);
        assert_eq!(whole(&Warp::new(0.0, 1.0, 0.0, [0.0, 0.0]), &image), image);
    }

    #[test]
    fn turns_shifts_and_shears_by_hand() {
        let from = image(&[(4, 4, 255), (4, 6, 100), (1, 4, 7)]);
        // The center stays; right goes down, up goes right.
        let turned = whole(&Warp::new(FRAC_PI_2, 1.0, 0.0, [0.0, 0.0]), &from);
        assert_eq!(turned, image(&[(4, 4, 255), (6, 4, 100), (4, 7, 7)]));
        let moved = whole(&Warp::new(0.0, 1.0, 0.0, [-2.0, 3.0]), &from);
        assert_eq!(moved, image(&[(2, 7, 255)]));
        let half = whole(&Warp::new(0.0, 1.0, 0.0, [0.0, 0.5]), &from);
        let expect = [(4, 4, 128), (4, 5, 128), (4, 6, 50), (4, 7, 50), (1, 4, 4), (1, 5, 4)];
        assert_eq!(half, image(&expect));
        // Three rows above the center, so 1.5 columns to the left.
        let sheared = whole(&Warp::new(0.0, 1.0, 0.5, [0.0, 0.0]), &from);
        assert_eq!(sheared, image(&[(4, 4, 255), (4, 6, 100), (1, 2, 4), (1, 3, 4)]));
        let doubled = whole(&Warp::new(0.0, 2.0, 0.0, [0.0, 0.0]), &image(&[(3, 4, 200)]));
        assert_eq!(
            (doubled[2 * SIDE + 4], doubled[2 * SIDE + 3], doubled[SIDE + 3]),
            (200, 100, 50)
        );
    }

    #[test]
    fn fixed_point_follows_the_formula_in_f64() {
        for seed in 0..50 {
            let (warp, from) = (some(seed), noise(seed));
            let value = |y: f64, x: f64| {
                let inside = |v: f64| (0.0..SIDE as f64).contains(&v);
                let at = |y, x| {
                    if inside(y) && inside(x) { from[y as usize * SIDE + x as usize] } else { 0 }
                };
                let (t, l) = (y.floor(), x.floor());
                let mix = |a: f64, b: f64, f: f64| a + f * (b - a);
                let row = |y| mix(f64::from(at(y, l)), f64::from(at(y, l + 1.0)), x - l);
                mix(row(t), row(t + 1.0), y - t)
            };
            for (j, got) in whole(&warp, &from).into_iter().enumerate() {
                let y = (j / SIDE) as f64 - 4.0 - warp.shift[0];
                let x = (j % SIDE) as f64 - 4.0 - warp.shift[1];
                let [[a, b], [c, d]] = warp.forward;
                let det = a * d - b * c;
                let expect = value((a * y - c * x) / det + 4.0, (d * x - b * y) / det + 4.0);
                // Two interpolations with weights of 8 bits, cut off, and one rounding.
                assert!((f64::from(got) - expect).abs() <= 2.5, "{seed} {j}: {got} {expect}");
            }
        }
    }

    #[test]
    fn ink_is_neither_made_nor_lost() {
        let blob: Vec<_> = (0..9).map(|k| (3 + k / 3, 3 + k % 3, 200)).collect();
        for (angle, factor, shear) in [(FRAC_PI_6, 1.0, 0.0), (-0.4, 1.2, 0.3), (0.2, 0.8, -0.5)] {
            let warped = whole(&Warp::new(angle, factor, shear, [0.3, -0.6]), &image(&blob));
            let sum = warped.iter().map(|v| f64::from(*v)).sum::<f64>();
            let ratio = sum / (9.0 * 200.0 * factor * factor);
            assert!((ratio - 1.0).abs() < 0.06, "{angle} {factor} {shear}: {ratio}");
        }
    }

    #[test]
    fn amounts_fill_their_ranges_and_no_more() {
        let config = AugmentConfig { rotate_degrees: 30.0, scale: 0.2, shear: 0.4 };
        let mut most = [0f64; 5];
        for number in 0..500 {
            let w = Warp::draw(&config, 2, Stream::named(1, "warp").child(number));
            let [[a, b], [c, d]] = w.forward;
            let factor = (a * d - b * c).sqrt();
            let shear = (a * b + c * d) / (factor * factor);
            let got = [c.atan2(a).to_degrees(), factor - 1.0, shear, w.shift[0], w.shift[1]];
            most.iter_mut().zip(got).for_each(|(m, g)| *m = m.max(g.abs()));
        }
        for (most, range) in most.into_iter().zip([30.0, 0.2, 0.4, 2.0, 2.0]) {
            assert!(most <= range + 1e-9 && most > 0.98 * range, "{most} of {range}");
        }
        let off = Warp::draw(&AugmentConfig::default(), 0, Stream::named(1, "warp"));
        assert_eq!(off, Warp::new(0.0, 1.0, 0.0, [0.0, 0.0]));
    }

    #[test]
    fn the_reach_of_a_box_holds_all_of_its_ink() {
        let mut cut = 0;
        for seed in 0..200 {
            let mut words = Stream::named(seed, "box").sequence();
            let mut side = || {
                let (a, b) = (words.below(9) as usize, words.below(9) as usize);
                a.min(b)..a.max(b) + 1
            };
            let (rows, columns) = (side(), side());
            let mut from = noise(seed);
            for (j, v) in from.iter_mut().enumerate() {
                if !rows.contains(&(j / SIDE)) || !columns.contains(&(j % SIDE)) {
                    *v = 0;
                }
            }
            let (ys, xs) = some(seed).reach(&rows, &columns, SIDE, SIDE);
            assert!(ys.end <= SIDE && xs.end <= SIDE);
            cut += SIDE * SIDE - ys.len() * xs.len();
            for (j, v) in whole(&some(seed), &from).into_iter().enumerate() {
                let inside = ys.contains(&(j / SIDE)) && xs.contains(&(j % SIDE));
                assert!(inside || v == 0, "{seed}: ink at {j} outside {ys:?} {xs:?}");
            }
        }
        assert!(cut > 200 * 10, "boxes are no smaller than the image: {cut}");
    }
}
