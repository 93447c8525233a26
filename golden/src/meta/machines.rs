//! New machines: sensor windows as another machine would show them. Every machine has a gain and an
//! offset per channel, a speed and a noise of its own; `docs/few-shot.md` has the numbers.

use super::pool::Pool;
use crate::{
    data::{Code, EncodedSet, Series, SeriesEncodeError, SeriesSource},
    rng::{Sequence, Stream},
    train::Labelled,
};
use rayon::prelude::*;

/// Least and largest gain, drawn evenly on a logarithmic scale.
const GAIN: (f64, f64) = (0.5, 2.0);
/// Standard deviation of an offset, in standard deviations of the channel.
const OFFSET: f64 = 0.5;
/// Largest change of speed either way.
const SPEED: f64 = 0.2;
/// Largest standard deviation of the noise, in standard deviations of the channel.
const NOISE: f64 = 0.2;

/// What is peculiar to a machine.
#[derive(Clone, PartialEq, Debug)]
struct Machine {
    /// Gain, offset and standard deviation of the noise, per channel.
    channels: Vec<[f64; 3]>,
    /// Steps of the window per step that is shown.
    speed: f64,
}

impl Machine {
    /// A machine, for channels of these standard deviations.
    fn draw(spread: &[f64], draw: &mut Sequence) -> Self {
        let noise = NOISE * draw.unit();
        let speed = 1.0 + SPEED * (2.0 * draw.unit() - 1.0);
        let channel = |s: &f64| {
            let gain = GAIN.0 * (GAIN.1 / GAIN.0).powf(draw.unit());
            [gain, OFFSET * s * draw.normal(), noise * s]
        };
        Self { channels: spread.iter().map(channel).collect(), speed }
    }

    /// A window as the machine shows it. Beyond its end it is run through backward.
    fn show(&self, window: &[f32], draw: &mut Sequence) -> Vec<f32> {
        let length = window.len() / self.channels.len();
        let last = (length - 1) as f64;
        let mut out = Vec::with_capacity(window.len());
        for ([gain, offset, noise], values) in self.channels.iter().zip(window.chunks(length)) {
            for t in 0..length {
                let at = t as f64 * self.speed;
                let at = if at > last { (2.0 * last - at).max(0.0) } else { at };
                let (i, part) = (at.floor() as usize, at.fract());
                let next = f64::from(values[(i + 1).min(length - 1)]);
                let value = f64::from(values[i]) * (1.0 - part) + next * part;
                out.push((gain * value + offset + noise * draw.normal()) as f32);
            }
        }
        out
    }
}

/// The windows of `machines` machines of a seed, each showing all of `series`, encoded; labels stay
/// those of the series. Different `part`s have other machines.
pub fn machines(
    series: &Series,
    source: &SeriesSource,
    seed: u64,
    part: u64,
    machines: usize,
) -> Result<Pool, SeriesEncodeError> {
    let spread = spread(series);
    let stream = Stream::named(seed, "machines").child(part);
    let shown = |m: usize| {
        let stream = stream.child(m as u64);
        let machine = Machine::draw(&spread, &mut stream.sequence());
        let window = |i: usize| {
            let values = machine.show(series.sample(i), &mut stream.child(i as u64).sequence());
            source.series.encode(&values)
        };
        (0..series.len()).map(window).collect::<Result<Vec<_>, _>>()
    };
    let inputs = (0..machines).into_par_iter().map(shown).collect::<Result<Vec<_>, _>>()?;
    let labels = series.labels();
    let classes = labels.iter().map(|l| usize::from(*l) + 1).max().unwrap_or(0);
    let class = |m: usize, c: usize| {
        let of = (0..labels.len()).filter(|&i| usize::from(labels[i]) == c);
        of.map(|i| m * labels.len() + i).collect()
    };
    let groups = (0..machines).map(|m| (0..classes).map(|c| class(m, c)).collect()).collect();
    let set = EncodedSet { inputs: inputs.concat(), labels: labels.repeat(machines) };
    Ok(Pool {
        samples: Labelled::Encoded(set),
        code: Code::Series(source.clone()),
        shape: source.series.shape(),
        groups,
    })
}

/// Standard deviation of every channel over all windows.
fn spread(series: &Series) -> Vec<f64> {
    let channel = |c: usize| {
        let (mut n, mut sum, mut squares) = (0.0f64, 0.0, 0.0);
        for i in 0..series.len() {
            for v in &series.sample(i)[c * series.length(i)..][..series.length(i)] {
                let v = f64::from(*v);
                (n, sum, squares) = (n + 1.0, sum + v, squares + v * v);
            }
        }
        (squares / n - (sum / n).powi(2)).max(0.0).sqrt()
    };
    (0..series.channels()).map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{SeriesCode, SeriesEncoder};

    fn series() -> Series {
        let value = |i: usize| ((i * 37) % 11) as f32 - 5.0;
        let values = (0..6 * 2 * 10).map(value).collect();
        Series::new(2, &[10; 6], values, vec![0, 1, 2, 0, 1, 2]).unwrap()
    }

    #[test]
    fn a_machine_scales_moves_and_stretches() {
        let plain = Machine { channels: vec![[2.0, 1.0, 0.0], [1.0, 0.0, 0.0]], speed: 1.25 };
        let window = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let shown = plain.show(&window, &mut Stream::named(1, "m").sequence());
        // Steps 0, 1.25, 2.5, 3.75, 5, and 6.25, which is 3.75 on the way back.
        assert_eq!(shown[..6], [1.0, 3.5, 6.0, 8.5, 11.0, 8.5]);
        assert_eq!(shown[6..], [0.0, 1.25, 2.5, 3.75, 5.0, 3.75]);
    }

    #[test]
    fn every_machine_shows_every_window_its_own_way() {
        let series = series();
        let code = SeriesCode::Level { levels: 3 };
        let encoder = SeriesEncoder::fit(code, 5, 1, &series).unwrap();
        let source = SeriesSource { file: "x.npz".into(), series: encoder };
        let pool = machines(&series, &source, 1, 0, 3).unwrap();
        assert_eq!(pool.groups.len(), 3);
        assert_eq!(pool.groups[1], [vec![6, 9], vec![7, 10], vec![8, 11]]);
        let Labelled::Encoded(set) = &pool.samples else { panic!("encoded expected") };
        assert_eq!(set.labels[9], 0);
        assert_ne!(set.inputs[..6], set.inputs[6..12]);
        let again = machines(&series, &source, 1, 0, 3).unwrap();
        assert_eq!(pool.encode_all(), again.encode_all());
        let other = machines(&series, &source, 1, 1, 3).unwrap();
        assert_ne!(pool.encode_all(), other.encode_all());
        let mut draw = Stream::named(4, "m").sequence();
        for _ in 0..200 {
            let m = Machine::draw(&[1.0, 2.0], &mut draw);
            assert!(m.channels.iter().all(|c| (0.5..=2.0).contains(&c[0]) && c[2] <= 0.4));
            assert!((0.8..=1.2).contains(&m.speed));
        }
    }
}
