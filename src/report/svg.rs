//! Plots as SVG text: a spike raster and a curve. Deterministic, no fonts, no dependencies.

use crate::ir::{SpikeTrain, Transcript};
use std::fmt::Write;

/// A sample as a raster: its input planes, and the layers of which a neuron fires.
pub fn sample(input: &[&SpikeTrain], transcript: &Transcript, names: &[String]) -> String {
    let layers = transcript.layers.iter().zip(names);
    let fired = layers.filter(|(l, _)| l.spikes.count() > 0).map(|(l, name)| (&**name, &l.spikes));
    let title = |(name, s): (&str, _)| {
        let s: &SpikeTrain = s;
        let (n, spikes, ticks) = (s.neurons(), s.count(), s.ticks());
        format!("{name}: {n} neurons, {spikes} spikes in {ticks} ticks")
    };
    let rows = input.iter().map(|s| ("input", *s)).chain(fired);
    raster(&rows.map(|row| (title(row), row.1)).collect::<Vec<_>>())
}

/// A raster: one row of cells per tick, a mark per spike; `rows` are (title, spikes).
fn raster(rows: &[(String, &SpikeTrain)]) -> String {
    const WIDTH: usize = 800;
    const TICK: usize = 14;
    let mut body = String::new();
    let mut y = 0;
    for (title, spikes) in rows {
        y += 18;
        let _ = write!(body, "<text x=\"0\" y=\"{}\">{}</text>", y - 5, escape(title));
        for t in 0..spikes.ticks() {
            for j in spikes.tick(t).ones() {
                let x = j as f64 * WIDTH as f64 / spikes.neurons() as f64;
                let _ = write!(
                    body,
                    "<rect x=\"{x:.1}\" y=\"{y}\" width=\"2\" height=\"{}\"/>",
                    TICK - 3
                );
            }
            y += TICK;
        }
        y += 6;
    }
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {y}\" font-family=\"sans-serif\" font-size=\"13\" role=\"img\" class=\"raster\">{body}</svg>"
    )
}

/// A curve through `points` (y values at x = 1, 2, …) between its own least and greatest value.
pub fn curve(title: &str, points: &[f64]) -> String {
    const WIDTH: f64 = 800.0;
    const HEIGHT: f64 = 200.0;
    let low = points.iter().copied().fold(f64::INFINITY, f64::min);
    let high = points.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = (high - low).max(1e-9);
    let step = WIDTH / (points.len().max(2) - 1) as f64;
    let path: Vec<String> = (points.iter().enumerate())
        .map(|(i, v)| {
            let y = HEIGHT - 20.0 - (v - low) / span * (HEIGHT - 45.0);
            format!("{:.1},{y:.1}", i as f64 * step)
        })
        .collect();
    format!(
        "<svg viewBox=\"0 0 800 200\" role=\"img\" class=\"curve\"><text x=\"0\" y=\"14\">{}: {low:.2} to {high:.2}</text><polyline points=\"{}\"/></svg>",
        escape(title),
        path.join(" ")
    )
}

/// The same figure as a file of its own, which has to name its language.
pub fn file(figure: &str) -> String {
    figure.replacen("<svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"", 1)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raster_has_a_mark_per_spike_and_escapes_titles() {
        let spikes = SpikeTrain::from_events([(0, 1), (1, 0), (1, 3)], 2, 4).unwrap();
        let svg = raster(&[("<b>".into(), &spikes)]);
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(svg.contains("&lt;b&gt;"));
    }

    #[test]
    fn a_curve_has_a_point_per_value() {
        let svg = curve("accuracy", &[1.0, 2.0, 3.0]);
        let points = svg.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(points.split(' ').count(), 3);
        assert!(curve("one", &[1.0]).contains("polyline"));
    }
}
