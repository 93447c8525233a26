//! Warps by hand, against the formula in f64, and their bounds.

use super::*;
use crate::train::{
    bend::PITCH,
    walk::{FRAME, Framed},
};
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
    let mut out = vec![0; SIDE * SIDE];
    walk.fill(Framed { pixels: &pixels, stride }, 0..SIDE, 0..SIDE, |y, x, v| {
        out[y * SIDE + x] = v;
    });
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
    let elastic = if seed.is_multiple_of(2) { 0.0 } else { 3.0 };
    let config = AugmentConfig { rotate_degrees: 45.0, scale: 0.3, shear: 0.5, elastic };
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
    assert_eq!((doubled[2 * SIDE + 4], doubled[2 * SIDE + 3], doubled[SIDE + 3]), (200, 100, 50));
}

/// The elastic displacement of a target pixel in pixels.
fn bend(b: &Bend, y: usize, x: usize) -> Point {
    let [py, px] = b.phase();
    let (i, j) = ((y + py) / PITCH, (x + px) / PITCH);
    let part = |v: usize| (v % PITCH) as f64 / PITCH as f64;
    let (v, u) = (part(y + py), part(x + px));
    let corners = [
        (0, 0, (1.0 - v) * (1.0 - u)),
        (0, 1, (1.0 - v) * u),
        (1, 0, v * (1.0 - u)),
        (1, 1, v * u),
    ];
    let mut sum = [0.0, 0.0];
    for (di, dj, weight) in corners {
        let node = b.node(i + di, j + dj);
        (0..2).for_each(|k| sum[k] += weight * node[k] as f64 / 65_536.0);
    }
    sum
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
            let [by, bx] = bend(&warp.bend, j / SIDE, j % SIDE);
            let expect = value((a * y - c * x) / det + 4.0 + by, (d * x - b * y) / det + 4.0 + bx);
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
    let config = AugmentConfig { rotate_degrees: 30.0, scale: 0.2, shear: 0.4, elastic: 1.5 };
    let mut most = [0f64; 7];
    for number in 0..500 {
        let w = Warp::draw(&config, 2, Stream::named(1, "warp").child(number));
        let [[a, b], [c, d]] = w.forward;
        let factor = (a * d - b * c).sqrt();
        let shear = (a * b + c * d) / (factor * factor);
        let [up, left] = w.bend.node(1, 2).map(|v| v as f64 / 65_536.0);
        let got = [c.atan2(a).to_degrees(), factor - 1.0, shear, w.shift[0], w.shift[1], up, left];
        most.iter_mut().zip(got).for_each(|(m, g)| *m = m.max(g.abs()));
    }
    for (most, range) in most.into_iter().zip([30.0, 0.2, 0.4, 2.0, 2.0, 1.5, 1.5]) {
        assert!(most <= range + 1e-9 && most > 0.98 * range, "{most} of {range}");
    }
    let off = Warp::draw(&AugmentConfig::default(), 0, Stream::named(1, "warp"));
    assert_eq!(whole(&off, &noise(2)), noise(2));
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
