//! Encoders for series: worked examples, properties for any series, and the files that hold them.

use proptest::prelude::*;
use spikewright_golden::data::{
    ChannelRange, Series, SeriesCode, SeriesEncodeError, SeriesEncoder, SeriesSet, segment_means,
};
use spikewright_ir::Shape;
use std::path::Path;

const LEVEL: SeriesCode = SeriesCode::Level { levels: 4 };
const DELTA: SeriesCode = SeriesCode::Delta { threshold: 0.25, steps: 2 };
const BOTH: SeriesCode = SeriesCode::Both { levels: 4, threshold: 0.25, steps: 2 };

fn encoder(code: SeriesCode, ticks: usize, channels: usize) -> SeriesEncoder {
    SeriesEncoder::new(code, ticks, 1, vec![ChannelRange { low: -4.0, high: 4.0 }; channels])
        .unwrap()
}

/// The example of `docs/series.md`.
#[test]
fn the_worked_example() {
    let values = [0.0, 2.0, 6.0, 8.0, 4.0, 2.0];
    assert_eq!(segment_means(&values, 3), [1.0, 7.0, 3.0]);
    let range = vec![ChannelRange { low: 0.0, high: 8.0 }];
    let raster = |code| SeriesEncoder::new(code, 3, 1, range.clone()).unwrap().raster(&values);
    // Thresholds 1, 3, 5, 7; the value must be above.
    assert_eq!(raster(LEVEL).unwrap(), [0b110, 0b010, 0b010, 0b000]);
    // Moves of 3 thresholds up, then back to 1 above the start: 2 are sent, then 1 is taken back.
    assert_eq!(raster(DELTA).unwrap(), [0b010, 0b010, 0b100, 0b000]);
    let both = [raster(LEVEL).unwrap(), raster(DELTA).unwrap()].concat();
    assert_eq!(raster(BOTH).unwrap(), both);
}

#[test]
fn channels_follow_each_other_and_ticks_are_bits() {
    let ranges = vec![ChannelRange { low: 0.0, high: 8.0 }, ChannelRange { low: 8.0, high: 16.0 }];
    let encoder = SeriesEncoder::new(SeriesCode::Level { levels: 2 }, 2, 1, ranges).unwrap();
    let values = [1.0, 3.0, 13.0, 15.0];
    assert_eq!(encoder.shape(), Shape::flat(4));
    assert_eq!(encoder.raster(&values).unwrap(), [0b10, 0, 0b11, 0b10]);
    let train = encoder.encode(&values).unwrap();
    assert_eq!((train.ticks(), train.neurons()), (2, 4));
    let bits = |t| train.planes[0].tick(t).iter().collect::<Vec<_>>();
    assert_eq!(
        (bits(0), bits(1)),
        (vec![false, false, true, false], vec![true, false, true, true])
    );
}

/// Windows lie side by side, each with a range of its own, and a window lasts all ticks.
#[test]
fn windows_of_a_channel_follow_each_other() {
    // Two samples of two channels and four time steps, cut into two windows.
    let first = [0.0, 4.0, 10.0, 14.0, 7.0, 7.0, 0.0, 8.0];
    let second = [4.0, 2.0, 12.0, 18.0, 7.0, 7.0, 2.0, 6.0];
    let series = Series::new(2, &[4, 4], [first, second].concat(), vec![0, 1]).unwrap();
    let code = SeriesCode::Level { levels: 2 };
    let fit = SeriesEncoder::fit(code, 2, 2, &series).unwrap();
    let range = |low, high| ChannelRange { low, high };
    let expect = [range(0.0, 4.0), range(10.0, 18.0), range(7.0, 7.0), range(0.0, 8.0)];
    assert_eq!((fit.ranges(), fit.windows(), fit.shape()), (&expect[..], 2, Shape::flat(8)));
    // Thresholds are 1 and 3, 12 and 16, none, 2 and 6.
    assert_eq!(fit.raster(&first).unwrap(), [0b10, 0b10, 0b10, 0, 0, 0, 0b10, 0b10]);
    assert_eq!(fit.raster(&second).unwrap(), [0b11, 0b01, 0b10, 0b10, 0, 0, 0b10, 0]);
}

#[test]
fn a_glitch_does_not_take_the_range() {
    // 200 values 0..200 and one glitch of a million; nearest rank leaves out two on each side.
    let mut values: Vec<f32> = (0..200).map(|v| v as f32).collect();
    values.push(1e6);
    let labels = vec![0; values.len()];
    let series = Series::new(1, &vec![1; values.len()], values, labels).unwrap();
    let fit = SeriesEncoder::fit(LEVEL, 1, 1, &series).unwrap();
    assert_eq!(fit.ranges(), [ChannelRange { low: 2.0, high: 198.0 }]);
}

#[test]
fn ranges_of_channels_that_seldom_or_never_move() {
    // Channel 0 is 5 always, channel 1 is 0 but for one sample of 300.
    let mut values = [5.0, 0.0].repeat(300);
    values[599] = 3.0;
    let series = Series::new(2, &[1; 300], values, vec![0; 300]).unwrap();
    let fit = SeriesEncoder::fit(BOTH, 2, 1, &series).unwrap();
    let expect = [ChannelRange { low: 5.0, high: 5.0 }, ChannelRange { low: 0.0, high: 3.0 }];
    assert_eq!(fit.ranges(), expect);
    // The constant channel stays silent whatever it does later.
    let spikes = fit.raster(&[-9.0, 9.0, 0.0, 3.0]).unwrap();
    assert!(spikes[..8].iter().all(|&r| r == 0) && spikes[8..].iter().any(|&r| r != 0));
}

/// The ranges come from training series, and evaluation repeats them.
#[test]
fn real_series_spike_and_the_file_gives_the_same_spikes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/series");
    for name in ["ArrowHead", "BasicMotions", "GunPoint", "ItalyPowerDemand"] {
        let set = SeriesSet::read(&folder.join(format!("{name}.npz"))).unwrap();
        for code in [LEVEL, DELTA, BOTH] {
            let encoder = SeriesEncoder::fit(code, 16, 1, &set.train).unwrap();
            let text = serde_json::to_string(&encoder).unwrap();
            let read: SeriesEncoder = serde_json::from_str(&text).unwrap();
            assert_eq!(read, encoder);
            let (train, test) =
                (encoder.encode_all(&set.train).unwrap(), read.encode_all(&set.test).unwrap());
            assert_eq!(test.labels, set.test.labels());
            for encoded in [&train, &test] {
                let inputs = &encoded.inputs;
                assert!(inputs.iter().all(|i| i.neurons() == encoder.shape().len()));
                let spikes: usize = inputs.iter().map(|i| i.planes[0].count()).sum();
                let share = spikes as f64 / (16 * encoder.shape().len() * inputs.len()) as f64;
                assert!((0.02..0.6).contains(&share), "{name} {code:?}: {share}");
            }
            // Every input neuron of the level code is of use in training.
            if code == LEVEL {
                let used =
                    |n| train.inputs.iter().any(|i| (0..16).any(|t| i.planes[0].tick(t).get(n)));
                assert!((0..encoder.shape().len()).all(used), "{name}");
            }
        }
    }
}

#[test]
fn numbers_out_of_range_are_refused() {
    let range = |low, high| vec![ChannelRange { low, high }];
    let new =
        |code, ticks, ranges| SeriesEncoder::new(code, ticks, 1, ranges).unwrap_err().to_string();
    let unit = || range(0.0, 1.0);
    assert!(new(LEVEL, 0, unit()).contains("ticks 0 is outside of 1 to 32"));
    assert!(new(LEVEL, 33, unit()).contains("ticks 33"));
    assert!(new(SeriesCode::Level { levels: 0 }, 8, unit()).contains("levels 0"));
    assert!(new(SeriesCode::Level { levels: usize::MAX }, 8, unit()).contains("give 1 to 256"));
    for threshold in [0.0, -1.0, 1.5, f64::NAN, f64::INFINITY] {
        let text = new(SeriesCode::Delta { threshold, steps: 1 }, 8, unit());
        assert!(text.contains("threshold") && text.contains("give above 0, up to 1"), "{text}");
    }
    assert!(new(SeriesCode::Delta { threshold: 0.1, steps: 257 }, 8, unit()).contains("steps 257"));
    assert!(new(LEVEL, 8, vec![]).contains("0 channels of 1 windows of 4 neurons"));
    let many = vec![ChannelRange { low: 0.0, high: 1.0 }; 1 << 15];
    assert!(new(LEVEL, 8, many).contains("take fewer levels"));
    let windows = |windows, ranges: usize| {
        let ranges = vec![ChannelRange { low: 0.0, high: 1.0 }; ranges];
        SeriesEncoder::new(LEVEL, 8, windows, ranges).unwrap_err().to_string()
    };
    assert!(windows(0, 1).contains("windows 0 is outside of its range; give 1 or more"));
    assert!(windows(2, 3).contains("3 ranges are not channels of 2 windows each"));
    assert!(windows(1 << 15, 1 << 15).contains("steps or windows"));
    let one = Series::new(1, &[1], vec![1.0], vec![0]).unwrap();
    let most = SeriesEncoder::fit(LEVEL, 8, usize::MAX, &one).unwrap_err().to_string();
    assert!(most.contains("1 channels of 18446744073709551615 windows of 4 neurons"), "{most}");
    for (low, high) in [(1.0, 0.0), (f32::NAN, 1.0), (0.0, f32::INFINITY)] {
        assert!(new(LEVEL, 8, range(low, high)).contains("of channel 0 is not an interval"));
    }
}

#[test]
fn samples_that_do_not_fit_are_refused() {
    let two = encoder(LEVEL, 4, 2);
    let length = |values| SeriesEncodeError::Length { values, channels: 2 };
    assert_eq!(two.raster(&[]).unwrap_err(), length(0));
    assert_eq!(two.encode(&[1.0, 2.0, 3.0]).unwrap_err(), length(3));
    let nan = two.raster(&[0.0, f32::NAN]).unwrap_err();
    assert_eq!(nan, SeriesEncodeError::NotFinite { at: 1 });
    let one = Series::new(1, &[2], vec![1.0, 2.0], vec![0]).unwrap();
    let text = two.encode_all(&one).unwrap_err().to_string();
    assert!(text.contains("the series has 1 channels, the encoder was fitted on 2"), "{text}");
    let none = one.split(1).0;
    assert_eq!(SeriesEncoder::fit(LEVEL, 4, 1, &none).unwrap_err(), SeriesEncodeError::Empty);
}

#[test]
fn a_file_cannot_hold_an_unsound_encoder() {
    let good = r#"{"code":{"delta":{"threshold":0.1}},"ticks":8,"ranges":[{"low":0,"high":1}]}"#;
    let read = |text: &str| serde_json::from_str::<SeriesEncoder>(text).map_err(|e| e.to_string());
    let code = SeriesCode::Delta { threshold: 0.1, steps: 1 };
    assert_eq!(read(good).unwrap().code(), code);
    for (from, to, expect) in [
        ("\"ticks\":8", "\"ticks\":40", "ticks 40"),
        ("\"low\":0", "\"low\":2", "range 2 to 1"),
        ("0.1}", "0.1,\"sneps\":2}", "unknown field `sneps`"),
        ("\"ticks\"", "\"seed\":1,\"ticks\"", "unknown field `seed`"),
        ("\"high\":1", "\"high\":1,\"mid\":0", "unknown field `mid`"),
        ("delta", "rate", "unknown variant `rate`"),
    ] {
        let text = read(&good.replacen(from, to, 1)).unwrap_err();
        assert!(text.contains(expect), "{text}");
    }
}

/// Values that are multiples of 1/16, so that sums of them are exact.
fn values(length: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec((-128i32..128).prop_map(|v| v as f32 / 16.0), length)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn means_keep_the_mean_and_the_bounds(values in values(1..100), ticks in 1usize..=32) {
        let means = segment_means(&values, ticks);
        prop_assert_eq!(means.len(), ticks);
        let mean = |sum: f64, n: usize| sum / n as f64;
        let whole = mean(values.iter().map(|v| f64::from(*v)).sum(), values.len());
        prop_assert!((mean(means.iter().sum(), ticks) - whole).abs() < 1e-12);
        let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
        prop_assert!(means.iter().all(|m| (f64::from(low)..=f64::from(high)).contains(m)));
    }

    /// Every value written `k` times is the same signal, sampled more often: the same spikes.
    #[test]
    fn length_does_not_matter(
        values in values(1..60), k in 1usize..6, ticks in 1usize..=32,
    ) {
        let longer: Vec<f32> = values.iter().flat_map(|v| vec![*v; k]).collect();
        prop_assert_eq!(segment_means(&longer, ticks), segment_means(&values, ticks));
        let encoder = encoder(BOTH, ticks, 1);
        prop_assert_eq!(encoder.raster(&longer), encoder.raster(&values));
    }

    /// Windows are the pieces of a series, encoded as if each were a channel.
    #[test]
    fn windows_are_channels_cut_out(
        values in values(24), windows in prop::sample::select(vec![1usize, 2, 3, 4, 6, 8, 12, 24]),
        ticks in 1usize..=32,
    ) {
        let ranges = vec![ChannelRange { low: -4.0, high: 4.0 }; windows];
        for code in [LEVEL, DELTA, BOTH] {
            let cut = SeriesEncoder::new(code, ticks, windows, ranges.clone()).unwrap();
            let channels = encoder(code, ticks, windows);
            prop_assert_eq!(cut.raster(&values), channels.raster(&values));
            let text = serde_json::to_string(&cut).unwrap();
            prop_assert_eq!(serde_json::from_str::<SeriesEncoder>(&text).unwrap(), cut);
        }
    }

    /// A higher level never spikes without the lower one, and a higher signal never spikes less.
    #[test]
    fn the_thermometer_is_monotone(
        values in values(1..60), lift in 0u8..64, levels in 1usize..20, ticks in 1usize..=32,
    ) {
        let encoder = encoder(SeriesCode::Level { levels }, ticks, 1);
        let spikes = encoder.raster(&values).unwrap();
        prop_assert!(spikes.windows(2).all(|w| w[1] & !w[0] == 0));
        let lifted: Vec<f32> = values.iter().map(|v| v + f32::from(lift) / 16.0).collect();
        let more = encoder.raster(&lifted).unwrap();
        prop_assert!(spikes.iter().zip(more).all(|(s, m)| s & !m == 0));
        // The number of levels lit is the value, to half a level inside of the range.
        for (t, mean) in segment_means(&values, ticks).into_iter().enumerate() {
            let lit = spikes.iter().filter(|r| *r >> t & 1 == 1).count() as f64;
            let x = ((mean + 4.0) / 8.0).clamp(0.0, 1.0);
            prop_assert!((lit / levels as f64 - x).abs() <= 0.5 / levels as f64 + 1e-12);
        }
    }

    /// Spikes up minus spikes down follow the signal: never past it, nearer by up to `S` thresholds
    /// each tick, and within a threshold of it unless all steps are in use.
    #[test]
    fn delta_spikes_rebuild_the_signal(
        values in values(1..60), steps in 1usize..6, threshold in 0.01f64..1.0, ticks in 1usize..=32,
    ) {
        let encoder = encoder(SeriesCode::Delta { threshold, steps }, ticks, 1);
        let spikes = encoder.raster(&values).unwrap();
        let x: Vec<f64> =
            segment_means(&values, ticks).into_iter().map(|m| (m + 4.0) / 8.0).collect();
        let count = |rasters: &[u32], t: usize| {
            let lit = rasters.iter().filter(|r| *r >> t & 1 == 1).count();
            // The steps are a thermometer too.
            assert!(rasters[..lit].iter().all(|r| r >> t & 1 == 1));
            lit
        };
        let mut rebuilt = x[0];
        for (t, value) in x.into_iter().enumerate() {
            let before = value - rebuilt;
            let (up, down) = (count(&spikes[..steps], t), count(&spikes[steps..], t));
            prop_assert!(up == 0 || down == 0);
            prop_assert!(up == 0 || before > 0.0);
            prop_assert!(down == 0 || before < 0.0);
            rebuilt += threshold * (up as f64 - down as f64);
            let after = value - rebuilt;
            prop_assert!(after.abs() <= before.abs() + 1e-9);
            prop_assert!(up.max(down) == steps || after.abs() < threshold + 1e-9);
        }
    }

    /// Scaling and shifting a channel, and the range with it, changes no spike. Lengths are powers
    /// of two, so that means are exact in either unit.
    #[test]
    fn units_do_not_matter(
        values in prop::sample::select(vec![1usize, 4, 16, 32]).prop_flat_map(values),
        shift in -8i8..8,
        scale in 0u32..6,
    ) {
        let other = |v: f32| v * (1u32 << scale) as f32 + f32::from(shift);
        let ranges = vec![ChannelRange { low: other(-4.0), high: other(4.0) }];
        let changed = SeriesEncoder::new(BOTH, 8, 1, ranges).unwrap();
        let moved: Vec<f32> = values.iter().map(|v| other(*v)).collect();
        prop_assert_eq!(changed.raster(&moved), encoder(BOTH, 8, 1).raster(&values));
    }

    /// Any finite values, however extreme, give spikes inside of the ticks.
    #[test]
    fn no_finite_value_is_too_large(
        values in prop::collection::vec(prop::num::f32::NORMAL | prop::num::f32::SUBNORMAL, 1..40),
        ticks in 1usize..=32,
    ) {
        let n = values.len();
        let series = Series::new(1, &[n, n], values.repeat(2), vec![0, 0]).unwrap();
        for code in [LEVEL, DELTA, BOTH] {
            let encoder = SeriesEncoder::fit(code, ticks, 1, &series).unwrap();
            let spikes = encoder.raster(&values).unwrap();
            prop_assert_eq!(spikes.len(), encoder.shape().len());
            prop_assert!(spikes.iter().all(|r| u64::from(*r) < 1 << ticks));
            prop_assert_eq!(encoder.encode_all(&series).unwrap().inputs.len(), 2);
        }
    }
}
