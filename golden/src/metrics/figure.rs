//! A figure of lines as SVG.

use plotters::prelude::*;

/// A line of a figure: its name, and a value per place across.
pub(crate) type Line = (String, Vec<f64>);

/// Width and height of a figure, in pixels.
const SIZE: (u32, u32) = (720, 400);

/// Lines over `across`, which counts from `first` on; nothing where a number cannot be drawn.
pub(crate) fn draw(title: &str, across: &str, first: usize, lines: &[Line]) -> Option<String> {
    let all = || lines.iter().flat_map(|(_, values)| values.iter().copied());
    if all().any(|v| !v.is_finite()) {
        return None;
    }
    let (low, high) = all().fold((0.0f64, 0.0f64), |(a, b), v| (a.min(v), b.max(v)));
    let margin = 0.05 * (high - low).max(f64::MIN_POSITIVE);
    let values = lines.iter().map(|(_, values)| values.len()).max()?;
    let (first, last) = (first as f64, (first + values.max(2) - 1) as f64);
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
        chart.configure_mesh().x_desc(across).y_label_formatter(&number).draw().ok()?;
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
        let text = draw("title & more", "epoch", 1, &lines).unwrap();
        assert!(text.starts_with("<svg") && text.trim_end().ends_with("</svg>"), "{text}");
        // A line and its key, for each.
        assert!(
            text.contains("title &amp; more") && text.matches("stroke-width=\"2\"").count() == 4
        );
        assert_eq!(draw("title & more", "epoch", 1, &lines), Some(text));
        assert_eq!(draw("none", "epoch", 1, &[("a".to_owned(), vec![f64::NAN])]), None);
        assert!(draw("flat", "epoch", 1, &[("a".to_owned(), vec![0.0])]).is_some());
    }
}
