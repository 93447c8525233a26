//! Curves of a run as SVG, one file per quantity, over the epochs.

use crate::{
    smooth::train::SmoothReport,
    train::{EpochReport, LayerReport},
};
use plotters::prelude::*;

/// A line of a figure: its name, and a value per epoch.
type Line = (String, Vec<f64>);

/// What a line says of a layer, behind its name, and where it is in a report.
type Quantity = (&'static str, fn(&LayerReport) -> f64);

/// Width and height of a figure, in pixels.
const SIZE: (u32, u32) = (720, 400);

/// File names and texts of the figures of a run with diagnostics; none without.
pub fn files(reports: &[EpochReport]) -> Vec<(&'static str, String)> {
    let layers = reports.iter().map(|r| r.layers.len()).min().unwrap_or(0);
    if layers == 0 {
        return Vec::new();
    }
    let first = reports[0].epoch;
    let per_layer = |names: &[Quantity]| -> Vec<Line> {
        let lines = (0..layers).flat_map(|k| {
            names.iter().map(move |(name, of)| {
                let values = reports.iter().map(|r| of(&r.layers[k])).collect();
                (format!("layer {k}{name}"), values)
            })
        });
        lines.collect()
    };
    let accuracy = vec![
        ("training".into(), reports.iter().map(|r| r.train_accuracy).collect()),
        ("held out".into(), reports.iter().map(|r| r.validation_accuracy).collect()),
    ];
    let steps: [Quantity; 2] =
        [("", |l| l.flips_per_step_sum), (", predicted", |l| l.predicted_flips)];
    let figures = [
        ("curve-accuracy.svg", "accuracy", accuracy),
        (
            "curve-flips.svg",
            "flips from epoch to epoch, fraction of weights",
            per_layer(&[("", |l| l.flips_per_epoch)]),
        ),
        ("curve-step-flips.svg", "flips summed over steps, fraction of weights", per_layer(&steps)),
        (
            "curve-firing-rate.svg",
            "spikes per neuron and tick",
            per_layer(&[("", |l| l.firing_rate)]),
        ),
        (
            "curve-gradient-mean.svg",
            "mean of the gradient at latent weights",
            per_layer(&[("", |l| l.gradient_mean)]),
        ),
        (
            "curve-gradient-variance.svg",
            "variance of the gradient at latent weights",
            per_layer(&[("", |l| l.gradient_variance)]),
        ),
    ];
    figures
        .into_iter()
        .filter_map(|(file, title, lines)| Some((file, draw(title, first, &lines)?)))
        .collect()
}

/// The same of a run with smooth gradients.
pub fn smooth_files(reports: &[SmoothReport]) -> Vec<(&'static str, String)> {
    let first = reports.first().map_or(0, |r| r.epoch);
    let line = |name: &str, of: fn(&SmoothReport) -> f64| -> Line {
        (name.into(), reports.iter().map(of).collect())
    };
    let figures = [
        ("curve-loss.svg", "training loss", vec![line("loss", |r| r.loss)]),
        (
            "curve-accuracy.svg",
            "accuracy after the epoch",
            vec![
                line("with pseudospikes", |r| r.accuracy),
                line("by spikes alone", |r| r.by_spike),
                line("on hardware", |r| r.on_hardware),
            ],
        ),
        (
            "curve-spikes.svg",
            "spikes of a hidden neuron, and neurons that never spike",
            vec![
                line("in a trial", |r| r.hidden_spikes),
                line("up to the first output spike", |r| r.hidden_spikes_used),
                line("silent", |r| r.silent),
            ],
        ),
        (
            "curve-changes.svg",
            "spikes that appeared and vanished since the epoch before",
            vec![line("added", |r| r.added), line("removed", |r| r.removed)],
        ),
    ];
    figures
        .into_iter()
        .filter_map(|(file, title, lines)| Some((file, draw(title, first, &lines)?)))
        .collect()
}

/// A figure over the epochs from `first` on; nothing where a number cannot be drawn.
fn draw(title: &str, first: usize, lines: &[Line]) -> Option<String> {
    let all = || lines.iter().flat_map(|(_, values)| values.iter().copied());
    if all().any(|v| !v.is_finite()) {
        return None;
    }
    let (low, high) = all().fold((0.0f64, 0.0f64), |(a, b), v| (a.min(v), b.max(v)));
    let margin = 0.05 * (high - low).max(f64::MIN_POSITIVE);
    let epochs = lines.iter().map(|(_, values)| values.len()).max()?;
    let (first, last) = (first as f64, (first + epochs.max(2) - 1) as f64);
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, SIZE).into_drawing_area();
        root.fill(&WHITE).ok()?;
        let mut chart = ChartBuilder::on(&root)
            .caption(title, ("sans-serif", 16))
            .margin(10)
            .margin_right(25)
            .x_label_area_size(30)
            .y_label_area_size(70)
            .build_cartesian_2d(first..last, low - margin..high + margin)
            .ok()?;
        let number = |v: &f64| {
            if v.abs() < 1e-3 && *v != 0.0 { format!("{v:.1e}") } else { format!("{v:.4}") }
        };
        chart.configure_mesh().x_desc("epoch").y_label_formatter(&number).draw().ok()?;
        for (k, (name, values)) in lines.iter().enumerate() {
            let color = Palette99::pick(k).stroke_width(2);
            let points = values.iter().enumerate().map(|(e, v)| (e as f64 + first, *v));
            chart
                .draw_series(LineSeries::new(points, color))
                .ok()?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
        }
        chart
            .configure_series_labels()
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .draw()
            .ok()?;
        root.present().ok()?;
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_has_a_line_per_series_and_is_the_same_again() {
        let lines = vec![("a".to_owned(), vec![1.0, 2.0]), ("b".to_owned(), vec![2.0, 1e-9])];
        let text = draw("title & more", 1, &lines).unwrap();
        assert!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"), "{text}");
        // A line and its key, for each.
        assert!(
            text.contains("title &amp; more") && text.matches("stroke-width=\"2\"").count() == 4
        );
        assert_eq!(draw("title & more", 1, &lines), Some(text));
        assert_eq!(draw("none", 1, &[("a".to_owned(), vec![f64::NAN])]), None);
        assert!(draw("flat", 1, &[("a".to_owned(), vec![0.0])]).is_some());
    }
}
