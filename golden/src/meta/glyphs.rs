//! Synthetic stroke glyphs: characters of an invented alphabet, drawn by a seed. A class is a few
//! strokes between points of a frame; a sample draws them by another hand. `docs/few-shot.md` has the
//! numbers.

use super::gallery::Gallery;
use crate::rng::{Sequence, Stream};
use rayon::prelude::*;

/// Side of an image, pixels.
pub const SIDE: usize = 28;
/// Images of a class.
pub const EACH: usize = 20;
/// Least and most strokes of a glyph.
const STROKES: (u64, u64) = (2, 5);
/// Standard deviation of a stroke's ends and middle from hand to hand, in units of half the frame.
const TREMBLE: f64 = 0.06;
/// Half the width of a stroke, pixels.
const PEN: f64 = 0.9;

/// A stroke: its start, a point its middle is pulled to, its end, each within ±1.
type Stroke = [[f64; 2]; 3];

/// `classes` classes of a seed, 20 images each. Different `part`s have other classes.
pub fn glyphs(seed: u64, part: u64, classes: usize) -> Gallery {
    let stream = Stream::named(seed, "glyphs").child(part);
    let class = |c: usize| {
        let stream = stream.child(c as u64);
        let glyph = invent(&mut stream.sequence());
        (0..EACH).map(|i| draw(&glyph, &mut stream.child(i as u64).sequence())).collect()
    };
    Gallery::new(SIDE, (0..classes).into_par_iter().map(class).collect())
}

/// The strokes of a class. Half of them go on from an earlier one's end.
fn invent(draw: &mut Sequence) -> Vec<Stroke> {
    let count = STROKES.0 + draw.below(STROKES.1 - STROKES.0 + 1);
    let mut strokes: Vec<Stroke> = Vec::new();
    for _ in 0..count {
        let start = match strokes.last() {
            Some(last) if draw.below(2) == 0 => last[2],
            _ => place(draw),
        };
        // Strokes too short to see are drawn again.
        let mut end = place(draw);
        while (end[0] - start[0]).hypot(end[1] - start[1]) < 0.6 {
            end = place(draw);
        }
        let bend = 0.5 * draw.normal();
        let middle = [
            0.5 * (start[0] + end[0]) - bend * (end[1] - start[1]),
            0.5 * (start[1] + end[1]) + bend * (end[0] - start[0]),
        ];
        strokes.push([start, middle, end]);
    }
    strokes
}

fn place(draw: &mut Sequence) -> [f64; 2] {
    std::array::from_fn(|_| 2.0 * draw.unit() - 1.0)
}

/// A sample: the glyph under a random affine map with trembling points, as ink from 0 to 255.
fn draw(glyph: &[Stroke], draw: &mut Sequence) -> Vec<u8> {
    let (turn, shear) = (0.12 * draw.normal(), 0.12 * draw.normal());
    let scale: [f64; 2] =
        std::array::from_fn(|_| 0.36 * SIDE as f64 * (1.0 + 0.08 * draw.normal()));
    let shift: [f64; 2] = std::array::from_fn(|_| 0.5 * SIDE as f64 + 1.0 * draw.normal());
    let (sin, cos) = turn.sin_cos();
    let mut point = |p: &[f64; 2]| {
        let x = scale[0] * (p[0] + shear * p[1] + TREMBLE * draw.normal());
        let y = scale[1] * (p[1] + TREMBLE * draw.normal());
        [cos * x - sin * y + shift[0], sin * x + cos * y + shift[1]]
    };
    let mut image = vec![0u8; SIDE * SIDE];
    for stroke in glyph {
        let [a, b, c] = stroke.each_ref().map(&mut point);
        // A quadratic curve in steps of less than a pixel.
        for i in 0..=64 {
            let t = f64::from(i) / 64.0;
            let at =
                |k: usize| (1.0 - t).powi(2) * a[k] + 2.0 * t * (1.0 - t) * b[k] + t * t * c[k];
            dot(&mut image, at(0), at(1));
        }
    }
    image
}

/// A round dot of the pen; pixels keep the darkest ink.
fn dot(image: &mut [u8], x: f64, y: f64) {
    let near = |v: f64| {
        let first = (v - PEN - 1.0).floor().clamp(0.0, SIDE as f64) as usize;
        first..((v + PEN + 2.0).clamp(0.0, SIDE as f64) as usize)
    };
    for (row, column) in near(y).flat_map(|r| near(x).map(move |c| (r, c))) {
        let far = (column as f64 + 0.5 - x).hypot(row as f64 + 0.5 - y);
        let ink = (255.0 * (PEN + 0.5 - far).clamp(0.0, 1.0)) as u8;
        let pixel = &mut image[row * SIDE + column];
        *pixel = ink.max(*pixel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glyphs_are_strokes_on_paper_that_differ_by_class_and_hand() {
        let a = glyphs(1, 0, 12);
        assert_eq!((a.classes.len(), a.images.len()), (12, 12 * EACH));
        assert_eq!(a, glyphs(1, 0, 12));
        assert_eq!(a.subset(|c| c < 5), glyphs(1, 0, 5));
        assert_ne!(a, glyphs(1, 1, 12));
        assert_ne!(a, glyphs(2, 0, 12));
        let ink = |i: usize| a.images.image(i).iter().filter(|v| **v > 64).count();
        let inks: Vec<usize> = (0..a.images.len()).map(ink).collect();
        assert!(inks.iter().all(|n| (15..SIDE * SIDE / 2).contains(n)), "{inks:?}");
        // Hands of a class are nearer to each other than classes, on average.
        let far = |i: usize, j: usize| -> u64 {
            let pairs = a.images.image(i).iter().zip(a.images.image(j));
            pairs.map(|(a, b)| u64::from(a.abs_diff(*b))).sum()
        };
        let own: u64 = (0..12).map(|c| far(c * EACH, c * EACH + 1)).sum();
        let other: u64 = (0..12).map(|c| far(c * EACH, (c + 1) % 12 * EACH)).sum();
        assert!(0 < own && own * 5 < other * 4, "{own} {other}");
    }
}
