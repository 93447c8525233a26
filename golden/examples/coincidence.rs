//! Do several sensors notice something together? Faint bumps on 3 to 6 of the 6 channels of real
//! movements (BasicMotions), at the same time or each at its own: how well is the one told from the other
//! by the synchrony rule, by STDP and by the number of spikes?
//! `cargo run --release -p spikewright-golden --example coincidence -- SEED SVG`.

use plotters::prelude::*;
use spikewright_golden::{
    data::SeriesSet,
    plasticity::{PairStdp, Rule, Sample, Ssdp, Variant},
    rng::{Sequence, Stream},
};
use std::error::Error;

/// Ticks of a sample: 100 values, 4 to a tick.
const TICKS: usize = 25;
/// Ticks that a rule looks at.
const WINDOW: u32 = 8;
/// Height of a bump, in standard deviations of its channel; its width is 2 values.
const HEIGHT: f32 = 2.0;
/// Showings of every kind for each series.
const SHOWINGS: u64 = 10;

/// One word per channel, bit t where the mean of tick t rises above one standard deviation.
fn rasters(values: &[f32], length: usize, draw: &mut Sequence, together: bool) -> Vec<u32> {
    let channels = values.len() / length;
    let mut order: Vec<usize> = (0..channels).collect();
    draw.shuffle(&mut order);
    let bumped = 3 + draw.below(channels as u64 - 2) as usize;
    let mut anywhere = || 8.0 + draw.unit() as f32 * (length as f32 - 16.0);
    let shared = anywhere();
    let times: Vec<f32> = (0..channels).map(|_| anywhere()).collect();
    let moments = |x: &[f32]| {
        let mean = x.iter().sum::<f32>() / x.len() as f32;
        let variance = x.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / x.len() as f32;
        (mean, variance.sqrt().max(1e-6))
    };
    let channel = |c: usize| {
        let mut x = values[c * length..][..length].to_vec();
        let (_, deviation) = moments(&x);
        if order[..bumped].contains(&c) {
            let at = if together { shared } else { times[c] };
            for (k, x) in x.iter_mut().enumerate() {
                *x += HEIGHT * deviation * (-(k as f32 - at).powi(2) / 8.0).exp();
            }
        }
        let (mean, deviation) = moments(&x);
        let piece = length / TICKS;
        let high = |t: usize| {
            let here = &x[t * piece..][..piece];
            here.iter().sum::<f32>() / piece as f32 > mean + deviation
        };
        (0..TICKS).filter(|&t| high(t) && (t == 0 || !high(t - 1))).map(|t| 1 << t).sum()
    };
    (0..channels).map(channel).collect()
}

/// The largest sum of the changes that a rule makes at a neuron over all channels, over windows; it
/// fires where most channels do.
fn score(rule: &mut dyn Rule, rasters: &[u32]) -> f64 {
    let mask = (1u32 << WINDOW) - 1;
    let sum = |first: usize| {
        let pre: Vec<u32> = rasters.iter().map(|r| r >> first & mask).collect();
        let count = |t: u32| pre.iter().filter(|r| **r >> t & 1 == 1).count();
        // The first of equals.
        let at = (0..WINDOW).rev().max_by_key(|t| count(*t)).unwrap_or(0);
        let mut dw = vec![0.0; pre.len()];
        let sample = Sample { pre: &pre, post: &[1 << at], ticks: WINDOW, weights: &[] };
        rule.change(sample, 1.0, &mut dw);
        dw.iter().sum::<f64>()
    };
    (0..=TICKS - WINDOW as usize).map(sum).fold(f64::NEG_INFINITY, f64::max)
}

/// Points (false alarms, hits) of the curve for falling thresholds, and the area below.
fn roc(together: &[f64], apart: &[f64]) -> (Vec<(f64, f64)>, f64) {
    let mut thresholds: Vec<f64> = together.iter().chain(apart).copied().collect();
    thresholds.sort_unstable_by(|a, b| b.total_cmp(a));
    thresholds.dedup();
    let above = |v: &[f64], t: f64| v.iter().filter(|x| **x >= t).count() as f64 / v.len() as f64;
    let mut points = vec![(0.0, 0.0)];
    points.extend(thresholds.iter().map(|&t| (above(apart, t), above(together, t))));
    let area = points.windows(2).map(|p| (p[1].0 - p[0].0) * (p[1].1 + p[0].1) / 2.0).sum();
    (points, area)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seed, svg] = &arguments[..] else { return Err("give SEED SVG".into()) };
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/series/BasicMotions.npz");
    let series = SeriesSet::read(file.as_ref())?.train;
    let stream = Stream::named(seed.parse()?, "coincidence");
    let mut ssdp = Ssdp { variant: Variant::EventDriven, a_plus: 1.0, a_minus: 0.3, sigma: 1.0 };
    let mut stdp = PairStdp { a_plus: 1.0, a_minus: 1.2, tau_plus: 3.0, tau_minus: 3.0 };
    let mut scores = [[Vec::new(), Vec::new()], [vec![], vec![]], [vec![], vec![]]];
    for i in 0..series.len() {
        for showing in 0..SHOWINGS {
            for (kind, together) in [true, false].into_iter().enumerate() {
                let mut draw = stream.child(i as u64).child(2 * showing + kind as u64).sequence();
                let rasters = rasters(series.sample(i), series.length(i), &mut draw, together);
                scores[0][kind].push(score(&mut ssdp, &rasters));
                scores[1][kind].push(score(&mut stdp, &rasters));
                let spikes: u32 = rasters.iter().map(|r| r.count_ones()).sum();
                scores[2][kind].push(f64::from(spikes));
            }
        }
    }
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, (480, 420)).into_drawing_area();
        root.fill(&WHITE)?;
        let mut chart = ChartBuilder::on(&root)
            .caption("bumps at the same time, told from bumps at any", ("sans-serif", 15))
            .margin(15)
            .x_label_area_size(35)
            .y_label_area_size(50)
            .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
        chart.configure_mesh().x_desc("false alarms").y_desc("hits").draw()?;
        for (k, name) in ["synchrony rule", "STDP", "number of spikes"].into_iter().enumerate() {
            let (points, area) = roc(&scores[k][0], &scores[k][1]);
            println!("{name}: area below the curve {area:.3}");
            let color = Palette99::pick(k).stroke_width(2);
            chart
                .draw_series(LineSeries::new(points, color))?
                .label(format!("{name}, {area:.2}"))
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], color));
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::LowerRight)
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .draw()?;
        root.present()?;
    }
    std::fs::write(svg, text)?;
    Ok(())
}
