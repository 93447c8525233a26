//! Accuracy over the rate of upsets, as SVG.

use super::Point;
use std::fmt::Write;

const LEFT: f64 = 60.0;
const TOP: f64 = 20.0;
const WIDTH: f64 = 520.0;
const HEIGHT: f64 = 240.0;

/// Curves of points with a positive rate in rising order: a line through the means, and a mark for each
/// seed. Rates are on a logarithmic axis from the lowest to the highest, accuracies from 0 to 1.
pub fn figure(curves: &[(&str, &[Point])]) -> String {
    const COLORS: [&str; 4] = ["#06c", "#c50", "#080", "#808"];
    let rates = || curves.iter().flat_map(|(_, points)| points.iter()).map(|p| p.rate.log10());
    let (low, high) =
        (rates().fold(f64::INFINITY, f64::min), rates().fold(f64::NEG_INFINITY, f64::max));
    let x = |rate: f64| LEFT + (rate.log10() - low) / (high - low).max(1e-9) * WIDTH;
    let y = |accuracy: f64| TOP + (1.0 - accuracy) * HEIGHT;
    let mut body = String::new();
    for decade in low.ceil() as i32..=high.floor() as i32 {
        let at = x(10f64.powi(decade));
        let _ = write!(
            body,
            "<path class=\"grid\" d=\"M{at:.1} {TOP}V{}\"/><text class=\"tick\" x=\"{at:.1}\" y=\"{}\">1e{decade}</text>",
            TOP + HEIGHT,
            TOP + HEIGHT + 16.0
        );
    }
    for percent in (0..=100).step_by(20) {
        let at = y(f64::from(percent) / 100.0);
        let _ = write!(
            body,
            "<path class=\"grid\" d=\"M{LEFT} {at:.1}H{}\"/><text class=\"mark\" x=\"{}\" y=\"{:.1}\">{percent} %</text>",
            LEFT + WIDTH,
            LEFT - 6.0,
            at + 4.0
        );
    }
    for ((name, points), (k, color)) in curves.iter().zip(COLORS.iter().cycle().enumerate()) {
        let mut line = String::new();
        for (nth, point) in points.iter().enumerate() {
            let command = if nth == 0 { 'M' } else { 'L' };
            let _ = write!(line, "{command}{:.1} {:.1}", x(point.rate), y(point.mean()));
            for accuracy in &point.accuracy {
                let _ = write!(
                    body,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2\" fill=\"{color}\"/>",
                    x(point.rate),
                    y(*accuracy)
                );
            }
        }
        let at = TOP + HEIGHT - 14.0 - 16.0 * k as f64;
        let _ = write!(
            body,
            "<path d=\"{line}\" stroke=\"{color}\"/><text x=\"{}\" y=\"{at}\" fill=\"{color}\">{name}</text>",
            LEFT + 10.0
        );
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 600 300\" role=\"img\"><style>text{{font:12px sans-serif}}\
         .mark{{text-anchor:end}}.tick{{text-anchor:middle}}path{{fill:none;stroke-width:1.8}}\
         .grid{{stroke:#ddd;stroke-width:1}}</style>{body}</svg>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_falls_where_accuracy_does() {
        let point = |rate, accuracy| Point { rate, accuracy: vec![accuracy], flips: 0.0 };
        let svg = figure(&[("weights", &[point(1e-4, 0.9), point(1e-2, 0.4)])]);
        assert_eq!(svg.matches("<circle").count(), 2);
        assert!(svg.contains("M60.0 44.0L580.0 164.0") && svg.contains(">1e-3<"), "{svg}");
    }
}
