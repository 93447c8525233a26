//! The compiler's cycle estimate against the cycle simulator: how far it is off, and that it is not
//! off by more than its documentation says. Both are written from `docs/core.md`, separately.

mod common;

use common::program::network;
use spikewright::{
    compiler::{CompileOptions, SpikeCounts, compile, cost, worst_cycles},
    data,
    golden::{
        data::{Encoder, Encoding},
        rng::Stream,
    },
    ir::*,
    job, random,
    sim::{FastSimulator, Simulator, transcript},
};

/// Largest error on real images, parts per thousand.
const LIMIT: f64 = 125.0;

/// One sample by both ways, in cycles.
struct Pair {
    simulated: u64,
    estimated: u64,
}

impl Pair {
    fn of(image: &CoreImage, inputs: &[InputTrain]) -> Vec<Self> {
        let mut simulator = Simulator::new(image).unwrap();
        let worst = worst_cycles(image).unwrap();
        let one = |input: &InputTrain| {
            let run = simulator.run(input).unwrap();
            let seen = transcript(image, &run.trace, run.decision);
            let estimate = cost(image, &SpikeCounts::of(input, &seen)).unwrap();
            assert!(run.cycles <= worst, "{} cycles of at most {worst}", run.cycles);
            assert_eq!(estimate.sop, run.sop());
            assert_eq!(
                estimate.lane_busy, run.events,
                "every event is taken in a cycle of its own"
            );
            Self { simulated: run.cycles, estimated: estimate.cycles }
        };
        inputs.iter().map(one).collect()
    }

    /// Estimated less simulated, in parts per thousand of what is simulated.
    fn error(&self) -> f64 {
        1_000.0 * (self.estimated as f64 / self.simulated as f64 - 1.0)
    }
}

/// Worst error either way and mean error, in parts per thousand.
fn errors(pairs: &[Pair]) -> (f64, f64, f64) {
    let low = pairs.iter().map(Pair::error).fold(f64::INFINITY, f64::min);
    let high = pairs.iter().map(Pair::error).fold(f64::NEG_INFINITY, f64::max);
    (low, high, pairs.iter().map(Pair::error).sum::<f64>() / pairs.len() as f64)
}

fn compiled(network: &Network, preset: Preset) -> CoreImage {
    compile(network, &preset.spec(), &CompileOptions::default()).unwrap().image
}

/// The load the core is made for. The estimate knows how many pixels spike, not where: strokes leave
/// groups at the image's edges empty, and on a thin digit the scanner's walk over them shows. On
/// average that is little.
#[test]
fn real_images_cost_what_the_estimate_says() {
    let images = data::mnist(None).unwrap().test.first(1_000);
    let encoder = Encoder { encoding: Encoding::Level, ticks: 4, seed: 1 };
    let inputs = images.encode(&encoder).inputs;
    for preset in [Preset::Up5k, Preset::Ecp5_25, Preset::Ecp5_85] {
        let image = compiled(&network(&[784, 256, 10]), preset);
        let pairs = Pair::of(&image, &inputs);
        let (low, high, mean) = errors(&pairs);
        let far = pairs.iter().filter(|p| p.error().abs() > 20.0).count();
        println!("{preset}: {low:.1} to {high:.1} per thousand, mean {mean:.2}, {far} beyond 20");
        assert!(pairs.iter().all(|p| p.simulated > 200), "{preset}: a load that means something");
        assert!(mean.abs() <= 20.0, "{preset}: mean {mean:.2}");
        assert!(low >= -LIMIT && high <= LIMIT, "{preset}: {low:.1} to {high:.1}");
    }
}

/// Where the places are random, as the estimate takes them, from empty ticks to full ones.
#[test]
fn random_networks_cost_what_the_estimate_says() {
    for preset in PRESETS {
        let mut pairs = Vec::new();
        for case in 0..900 {
            let draw: fn(u64, u64, &CoreSpec) -> Network = match case {
                0..400 => random::network,
                400..600 => random::planes_network,
                _ => random::wired_network,
            };
            let network = common::fitting(draw, 5, case, preset);
            let inputs: Vec<_> = (0..3).map(|s| random::stimulus(5, case, s, &network)).collect();
            let image = compiled(&network, preset);
            pairs.extend(Pair::of(&image, &inputs));
        }
        let (low, high, mean) = errors(&pairs);
        let exact = pairs.iter().filter(|p| p.simulated == p.estimated).count();
        println!(
            "{preset}: {low:.1} to {high:.1} per thousand, mean {mean:.2}, {exact} of {} exact",
            pairs.len()
        );
        // Counts do not say where events are, which is a cycle of the scanner or not: more than 3 % of
        // the very shortest samples, which it may happen to once in a thousand.
        let far: Vec<&Pair> = pairs.iter().filter(|p| p.error().abs() > 30.0).collect();
        let a_cycle = |p: &&Pair| p.simulated <= 33 && p.simulated.abs_diff(p.estimated) == 1;
        assert!(far.iter().all(a_cycle), "{preset}: {low:.1} to {high:.1}");
        assert!(1_000 * far.len() <= pairs.len(), "{preset}: {} of {}", far.len(), pairs.len());
    }
}

/// Windowed tiles: the bound holds, and the estimate, which takes every tile to have its share of the
/// events, is right on average.
#[test]
fn maps_cost_about_what_the_estimate_says() {
    for preset in PRESETS {
        let mut errors = Vec::new();
        for case in 0..400 {
            let network = random::maps_network(5, case, &preset.spec());
            let image = compiled(&network, preset);
            let worst = worst_cycles(&image).unwrap();
            let mut simulator = Simulator::new(&image).unwrap();
            for sample in 0..3 {
                let input = random::stimulus(5, case, sample, &network);
                let run = simulator.run(&input).unwrap();
                assert!(run.cycles <= worst, "{preset}, case {case}: {} of {worst}", run.cycles);
                if case >= 100 {
                    continue;
                }
                let seen = transcript(&image, &run.trace, run.decision);
                let estimate = cost(&image, &SpikeCounts::of(&input, &seen)).unwrap();
                errors.push(estimate.cycles as f64 / run.cycles as f64 - 1.0);
            }
        }
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        let far = errors.iter().map(|e| e.abs()).fold(0.0, f64::max);
        println!("{preset}: mean {mean:.4}, at most {far:.3}");
        assert!(mean.abs() < 0.02 && far < 0.15, "{preset}: mean {mean:.4}, at most {far:.3}");
    }
}

/// 15c5-p2-10 on MNIST images with random weights, thresholds at which some neurons spike.
fn convolution() -> Network {
    let r = &mut Stream::named(1, "test-convolution").sequence();
    let mut bits = |rows: usize, columns: usize| {
        let row = |_| BitVec::from_bits((0..columns).map(|_| r.below(2) == 1));
        BitMatrix::from_rows((0..rows).map(row).collect()).unwrap()
    };
    let params = |channels: usize, theta: i32| NeuronParams {
        frac_bits: 0,
        leak: Leak::Shift(1),
        fire: FireRule::AtLeast,
        reset: Reset::Subtract,
        theta: vec![theta; channels],
        bias: vec![0; channels],
    };
    let from = |source, kind| vec![Projection { source, delayed: false, gain_log2: 0, kind }];
    let shape = |channels, side| Shape { channels, height: side, width: side };
    let kind =
        ProjectionKind::Conv { planes: vec![bits(15, 25)], kernel: [5, 5], stride: 1, padding: 0 };
    let conv = Conv {
        shape: shape(15, 24),
        projections: from(Source::Input, kind),
        params: params(15, 4),
    };
    let pool = OrPool { shape: shape(15, 12), source: Source::Layer(0), k: 2, stride: 2 };
    let kind = ProjectionKind::Dense { planes: vec![bits(10, 15 * 144)] };
    let out =
        Dense { neurons: 10, projections: from(Source::Layer(1), kind), params: params(10, 20) };
    let layers = [LayerKind::Conv(conv), LayerKind::OrPool(pool), LayerKind::Dense(out)];
    let names = ["conv", "pool", "out"].map(String::from);
    Network {
        ticks: 2,
        width_bits: 16,
        input: shape(1, 28),
        input_planes: 1,
        layers: names.into_iter().zip(layers).map(|(name, kind)| Layer { name, kind }).collect(),
        readout: Readout::SpikeCount,
    }
}

/// Tiles, passes, rows, cycles, bounds and shares of each layer, against what the simulator counts on real
/// images: the demo's form and a convolution.
#[test]
fn layers_take_what_the_report_says() {
    let images = data::mnist(None).unwrap().test.first(100);
    for (network, holds) in
        [(network(&[784, 256, 10]), ["SOP/P", "SOP/P"]), (convolution(), ["N/F_u", "SOP/P"])]
    {
        let encoder = Encoder { encoding: Encoding::Level, ticks: network.ticks, seed: 1 };
        let set = images.encode(&encoder);
        let image = compiled(&network, Preset::Up5k);
        let measured = job::simulate(&network, &image, &set, &|| ()).unwrap();
        assert_eq!(measured.mismatches, 0);
        let mut simulator = FastSimulator::new(&image).unwrap();
        let mut sums = vec![[0; 4]; network.layers.len()];
        let mut last = None;
        for input in &set.inputs {
            let mut fired = vec![0; network.layers.len()];
            let mut rows = Vec::new();
            let run = simulator.run_passes(input, |f| {
                fired[usize::from(f.layer)] += 1;
                rows.extend(f.rows());
            });
            let run = run.unwrap();
            let seen = transcript(&image, &rows, run.decision);
            let estimate = cost(&image, &SpikeCounts::of(input, &seen)).unwrap();
            let all: u64 = estimate.layers.iter().map(|l| l.load.fire_rows).sum();
            assert_eq!(all, run.stats.as_ref().unwrap().fire_rows);
            let sop: Vec<u64> = estimate.layers.iter().map(|l| l.sop).collect();
            for (n, layer) in estimate.layers.iter().enumerate() {
                let load = &layer.load;
                // A pass of a tile and tick for each projection: here all have one plane.
                let passes = fired[n] * image.layers[n].projections.len() as u64;
                assert_eq!((load.tiles, load.passes), (image.layers[n].tiles, passes));
                let cycles = load.cycles.unwrap_or(0);
                let add = [cycles, load.lanes_bound, load.fire_bound, sop[n]];
                sums[n].iter_mut().zip(add).for_each(|(sum, value)| *sum += value);
            }
            last = Some(estimate);
        }
        let loads: Vec<_> = last.unwrap().layers.into_iter().map(|l| l.load).collect();
        let with_tiles = || loads.iter().zip(&sums).filter(|(l, _)| l.tiles > 0);
        for (((load, sums), layer), holds) in with_tiles().zip(&measured.layers).zip(holds) {
            let mean = |k: usize| sums[k] as f64 / set.labels.len() as f64;
            println!(
                "{}: {:.1} cycles, estimated {:.1}; SOP/P {:.1}, {:.1}; N/F_u {:.1}, {:.1}",
                layer.name,
                layer.cycles,
                mean(0),
                layer.lanes,
                mean(1),
                layer.fire,
                mean(2)
            );
            // Of a windowed tile every source is taken to be alike, but strokes crowd in the middle.
            if image.layers.iter().all(|l| l.windowed.is_none()) {
                assert!((mean(0) / layer.cycles - 1.0).abs() < 0.03, "{}", layer.name);
                assert!((mean(1) - layer.lanes - 0.5).abs() <= 0.5, "{}", layer.name);
            }
            assert_eq!(mean(2), layer.fire.ceil());
            assert_eq!(load.holds.name(), holds);
        }
    }
}
