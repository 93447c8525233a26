//! The continuity figure as SVG text: spike time, loss and gradient over one weight.

use super::sweep::{Point, Sweep, TARGET, TRIAL};
use std::fmt::Write;

const WIDTH: f64 = 300.0;
const HEIGHT: f64 = 200.0;
const MARGIN: f64 = 40.0;
/// Colors that differ in brightness too.
const COLORS: [&str; 3] = ["#0b6e4f", "#c1440e", "#8a8fd8"];
const NAMES: [&str; 3] =
    ["quadratic neuron, exact", "leaky neuron, exact", "leaky neuron, surrogate"];

/// What a panel shows: title, least and greatest value, and the value of a point.
type Panel = (&'static str, [f64; 2], fn(&Point) -> f64);

/// Draws three panels over the same weights. A curve is broken where the spike time jumps.
pub fn figure(sweep: &Sweep) -> String {
    let panels: [Panel; 3] = [
        ("first spike", [0.0, 6.0], |p| p.time),
        ("loss", [0.0, 8.0], |p| p.loss),
        ("gradient", [-30.0, 6.0], |p| p.gradient),
    ];
    let mut body = String::new();
    for (k, (title, [low, high], value)) in panels.into_iter().enumerate() {
        let left = MARGIN + k as f64 * (WIDTH + MARGIN);
        let x = |weight: f64| left + weight / 2.0 * WIDTH;
        let y = |v: f64| 20.0 + (high - v.clamp(low, high)) / (high - low) * HEIGHT;
        let _ = write!(
            body,
            "<rect x=\"{left:.0}\" y=\"20\" width=\"{WIDTH}\" height=\"{HEIGHT}\" class=\"frame\"/>\
             <text x=\"{left:.0}\" y=\"14\">{title}</text>"
        );
        for mark in [low, high] {
            let _ = write!(
                body,
                "<text x=\"{:.0}\" y=\"{:.0}\" class=\"mark\">{mark}</text>",
                left - 4.0,
                y(mark) + 4.0
            );
        }
        for mark in [0.0, 1.0, 2.0] {
            let _ = write!(
                body,
                "<text x=\"{:.0}\" y=\"{:.0}\" class=\"tick\">{mark}</text>",
                x(mark),
                34.0 + HEIGHT
            );
        }
        let lines: &[f64] = match k {
            0 => &[TRIAL, TARGET],
            1 => &[],
            _ => &[0.0],
        };
        for at in lines {
            let (end, at) = (left + WIDTH, y(*at));
            let _ = write!(body, "<path d=\"M{left:.0} {at:.1}H{end:.0}\" class=\"line\"/>");
        }
        for (curve, color) in [&sweep.surrogate, &sweep.leaky, &sweep.smooth].iter().zip([2, 1, 0])
        {
            let (mut path, mut before) = (String::new(), None::<f64>);
            for p in curve.iter() {
                let broken = before.is_none_or(|t| (p.time - t).abs() > 1.0);
                let pen = if broken { 'M' } else { 'L' };
                let _ = write!(path, "{pen}{:.1} {:.1}", x(p.weight), y(value(p)));
                before = Some(p.time);
            }
            let _ =
                write!(body, "<path d=\"{path}\" stroke=\"{}\" class=\"curve\"/>", COLORS[color]);
        }
    }
    for (k, (name, color)) in NAMES.iter().zip(COLORS).enumerate() {
        let x = MARGIN + k as f64 * (WIDTH + MARGIN);
        let _ = write!(
            body,
            "<path d=\"M{x:.0} 262h24\" stroke=\"{color}\" class=\"curve\"/><text x=\"{:.0}\" y=\"266\">{name}</text>",
            x + 30.0
        );
    }
    let width = 3.0 * (WIDTH + MARGIN) + MARGIN;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} 276\" role=\"img\"><style>\
         text{{font:12px sans-serif}}.mark{{text-anchor:end}}.tick{{text-anchor:middle}}\
         path{{fill:none}}.frame{{fill:#fff;stroke:#888}}.line{{stroke:#aaa;stroke-dasharray:4 3}}\
         .curve{{stroke-width:1.8}}</style>{body}</svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smooth::tasks::sweep::sweep;

    #[test]
    fn only_the_smooth_curve_is_drawn_in_one_stroke() {
        let svg = figure(&sweep(300).unwrap());
        for (color, strokes) in COLORS.iter().zip([1, 2, 2]) {
            let mark = format!("\" stroke=\"{color}\"");
            let end = svg.find(&mark).unwrap();
            let path = &svg[svg[..end].rfind("d=\"").unwrap()..end];
            assert_eq!(path.matches('M').count(), strokes, "{color}");
        }
    }
}
