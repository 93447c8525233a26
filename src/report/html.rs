//! The page: one self-contained file, everything escaped by the template engine but our own SVG.

use super::{Report, svg};
use crate::{
    Result,
    ir::{SpikeTrain, Transcript},
};
use minijinja::{Environment, context};

/// What the page shows beside the report's numbers.
pub struct Page<'a> {
    /// Heading.
    pub title: &'a str,
    /// The numbers.
    pub report: &'a Report,
    /// A sample: input, transcript, and its layers' names.
    pub sample: Option<(&'a SpikeTrain, &'a Transcript, Vec<String>)>,
}

/// Renders the page.
pub fn html(page: &Page<'_>) -> Result<String> {
    let mut environment = Environment::new();
    environment.add_template("report.html", include_str!("report.html"))?;
    let raster = page
        .sample
        .as_ref()
        .map(|(input, transcript, names)| svg::sample(&[input], transcript, names));
    let validation: Vec<f64> =
        page.report.epochs.iter().map(|e| 100.0 * e.validation_accuracy).collect();
    let curve =
        (validation.len() > 1).then(|| svg::curve("validation accuracy by epoch, %", &validation));
    Ok(environment.get_template("report.html")?.render(context! {
        title => page.title,
        report => minijinja::Value::from(minijinja::value::Serde(page.report)),
        raster => raster,
        curve => curve,
        total => page.report.mismatches(),
    })?)
}
