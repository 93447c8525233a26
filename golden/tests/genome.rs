//! Training through a genome: what is stored makes the frozen bits, a run resumes, wiring evolves.

mod common;

use spikewright_golden::{
    data::EncodedSet,
    evolve::{
        Alone, BitFlips, Call, Engine, EngineConfig, EngineKind, Express, Fitness, IntegerFitness,
        NeuronGenes, Population, ReferenceDevice, WeightBits, WiringFitness, coarsen, coarsest,
        evolve,
    },
    freeze::{FreezeOptions, freeze},
    genome::{GenomeNetwork, Interaction, Sharing, Wiring, first_wiring},
    model::{FloatModel, Synapses},
    train::{Checkpoint, Method, Progress, TrainConfig, TrainingData, WeightKind, resume, train},
};
use spikewright_ir::{LayerKind, Leak, Network, ProjectionKind};

fn config(file: &str, genes: usize, sharing: Sharing) -> TrainConfig {
    let mut config = common::config(file, 2);
    config.method = Method::Genome;
    config.shift_pixels = 0;
    (config.genome.genes, config.genome.sharing) = (genes, sharing);
    config
}

fn data(config: &TrainConfig, images: usize) -> TrainingData {
    common::subset(&common::mnist().train, images, config)
}

/// Weight bits of the layers of a frozen network.
fn planes(network: &Network) -> Vec<Synapses> {
    let of = |kind: &ProjectionKind| match kind {
        ProjectionKind::Dense { planes } | ProjectionKind::Conv { planes, .. } => {
            Some(Synapses::Planes(planes.clone()))
        }
        ProjectionKind::Identity => None,
    };
    network.layers.iter().flat_map(|l| l.projections()).filter_map(|p| of(&p.kind)).collect()
}

fn frozen(model: &FloatModel, set: &EncodedSet) -> Network {
    let options = FreezeOptions { frac_bits: Some(4), ..FreezeOptions::default() };
    freeze(model, set, &options).unwrap().0
}

#[test]
fn the_file_of_a_genome_makes_the_frozen_bits() {
    for (file, genes, sharing) in [
        ("mnist.toml", 22, Sharing::PerProjection),
        ("mnist.toml", 22, Sharing::Shared),
        ("mnist-conv.toml", 3, Sharing::Shared),
    ] {
        let config = config(file, genes, sharing);
        let data = data(&config, 600);
        let mut accuracy = 0.0;
        let model = train(&config, &data, |p| {
            if let Progress::Epoch { report, .. } = p {
                accuracy = report.validation_accuracy;
            }
        })
        .unwrap();
        let network = frozen(&model, &data.held_out.encode(&data.code));
        let genome = model.genome.as_ref().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.genome");
        GenomeNetwork::of(&network, genome).unwrap().write(&path).unwrap();
        let read = GenomeNetwork::read(&path).unwrap();
        assert!(read.decode().unwrap() == network && read.genome() == genome);
        let mut encoded = 0;
        for (k, (made, frozen)) in genome.decode().into_iter().zip(planes(&network)).enumerate() {
            let Some(made) = made else { continue };
            assert!(made == frozen && made == model.layers[k].synapses, "{file} {sharing:?}");
            encoded += made.units() * made.inputs();
        }
        assert!(encoded > 0 && genome.bits() < encoded, "{} {encoded}", genome.bits());
        // A bit of the weights that the genome does not make is refused, and what it does not fit.
        let first = genome.projections.iter().position(Option::is_some).unwrap();
        let weights = WeightBits::of(&network);
        let mut bits = weights.bits();
        let before = |l: usize| -> usize {
            let size = |s: &Synapses| s.units() * s.inputs();
            planes(&network)[..l].iter().map(size).sum()
        };
        bits[before(first)] ^= true;
        assert!(GenomeNetwork::of(&weights.network(&bits), genome).is_err());
        let mut other = genome.clone();
        other.projections.push(None);
        assert!(GenomeNetwork::of(&network, &other).is_err());
        other.projections.truncate(1);
        assert!(GenomeNetwork::of(&network, &other).is_err());
        println!("{file} {sharing:?}: {accuracy}");
    }
}

#[test]
fn genes_learn_and_a_resumed_run_ends_with_the_same_bytes() {
    let mut config = config("mnist.toml", 16, Sharing::PerProjection);
    config.epochs = 4;
    config.optimizer.learning_rate = 0.01;
    let data = data(&config, 1_500);
    for interaction in [Interaction::Trained, Interaction::Frozen, Interaction::Identity] {
        config.genome.interaction = interaction;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("checkpoint.json");
        let mut last = 0.0;
        let whole = train(&config, &data, |p| {
            if let Progress::Epoch { report, checkpoint } = p {
                last = report.validation_accuracy;
                if report.epoch == 2 {
                    checkpoint.write(&path).unwrap();
                }
            }
        })
        .unwrap();
        let again = resume(&config, &data, Some(&Checkpoint::read(&path).unwrap()), |_| {});
        assert!(again.unwrap() == whole, "{interaction:?}");
        assert!(last > 0.6, "{interaction:?}: {last}");
        let moved = whole.genome.unwrap().interaction;
        let once = train(&TrainConfig { epochs: 1, ..config.clone() }, &data, |_| {}).unwrap();
        let early = once.genome.unwrap().interaction;
        assert_eq!(early != moved, interaction == Interaction::Trained, "who moves G");
        assert_eq!(moved.is_none(), interaction == Interaction::Identity);
        if interaction == Interaction::Frozen {
            let start = first_wiring(&config, data.shape).unwrap();
            assert_eq!(start.interaction.len(), 256);
            config.genome.wiring = Some(Wiring { log_spread: vec![0.0; 2], ..start });
            let wired = train(&config, &data, |_| {}).unwrap();
            assert!(wired.genome.unwrap().interaction == moved, "the same start, spelled out");
            config.genome.wiring = None;
        }
    }
}

#[test]
fn evolved_wiring_starts_better() {
    let mut config = config("mnist.toml", 4, Sharing::PerProjection);
    config.layers[0].weights = WeightKind::Float;
    config.batch = 64;
    let images = common::mnist().train.first(320);
    let shape = images.shape();
    let fitness = WiringFitness {
        config: &config,
        images: &images,
        steps: 4,
        generations: 6,
        entropy: 0.05,
        difference: 0.05,
    };
    let start = first_wiring(&config, shape).unwrap().to_vector();
    let engine = EngineConfig { sigma: 0.2, ..EngineConfig::new(EngineKind::Snes, 1) };
    let run = |threads| {
        let pool = rayon_pool(threads);
        let mut search = Engine::new(engine, &start).unwrap();
        let mut best = Vec::new();
        pool.install(|| evolve(&mut search, &fitness, &Alone, 6, |g, _| best.push(g.clone())))
            .unwrap();
        (search, best)
    };
    let (search, reports) = run(2);
    assert!(run(1) == (search.clone(), reports.clone()));
    // By the loss alone, without what the search is paid for besides.
    let loss_alone = WiringFitness { entropy: 0.0, difference: 0.0, ..fitness };
    let of = |x: &Vec<f64>| {
        let call = Call { generation: 0, individual: 0, center: &start };
        loss_alone.fitness(call, x).unwrap()
    };
    let middle = search.mean().to_vec();
    assert!(of(&middle) > of(&start), "{} {}", of(&middle), of(&start));
    // What no network can start from is worst, and no error.
    assert!(of(&vec![30.0; start.len()]).is_nan());
    config.genome.wiring = Some(Wiring::from_vector(&middle, 16));
    config.check().unwrap();
    train(&config, &data(&config, 300), |_| {}).unwrap();
}

fn rayon_pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

/// A trained network and samples it has not seen.
fn small() -> (Network, EncodedSet) {
    let mut config = common::config("mnist.toml", 3);
    config.layers[0].neurons = 32;
    let data = data(&config, 2_000);
    let model = train(&config, &data, |_| {}).unwrap();
    let set = data.held_out.encode(&data.code);
    (frozen(&model, &set), set)
}

#[test]
fn thresholds_and_bits_evolve_on_the_integer_network() {
    let (network, set) = small();
    let coarse = coarsest(&network, &set, 0.03).unwrap().unwrap();
    let genes = NeuronGenes::around(&network, coarse.q);
    let zero = vec![0.0; genes.dimension()];
    assert_eq!(genes.network(&zero), coarse.network);
    // What would leave the width stays on the grid within it.
    let mut wide = network.clone();
    let LayerKind::Dense(l) = &mut wide.layers[0].kind else { panic!("a dense layer") };
    (l.params.theta[0], l.params.bias[0]) = (32_767, -32_767);
    let LayerKind::Dense(l) = &coarsen(&wide, 2).layers[0].kind else { panic!("a dense layer") };
    assert_eq!((l.params.theta[0], l.params.bias[0]), (32_766, -32_766));
    let fitness = IntegerFitness {
        express: &genes,
        device: &ReferenceDevice,
        set: &set,
        batch: set.labels.len(),
    };
    // Only what lies near the middle between two points of the grid changes sides at first.
    let config = EngineConfig { sigma: 0.05, ..EngineConfig::new(EngineKind::Snes, 1) };
    let mut search = Engine::new(config, &zero).unwrap();
    evolve(&mut search, &fitness, &Alone, 12, |_, _| {}).unwrap();
    let elite = search.elite().unwrap();
    assert!(elite.fitness > coarse.accuracy, "{} {}", elite.fitness, coarse.accuracy);
    // What evolved is on the grid, and leaks are representable.
    let far: Vec<f64> = (0..zero.len()).map(|k| [-1e9, 1e9, 3.4][k % 3]).collect();
    for x in [&elite.genes, &far] {
        let evolved = genes.network(x);
        assert_eq!(coarsen(&evolved, coarse.q), evolved);
        for l in &evolved.layers {
            let LayerKind::Dense(l) = &l.kind else { panic!("dense layers") };
            let leak = match l.params.leak {
                Leak::None => true,
                Leak::Shift(k) => (1..=15).contains(&k),
                Leak::Scale(m) => m <= 256,
            };
            let fits = |v: &i32| v.abs() < 1 << 15;
            assert!(leak && l.params.theta.iter().chain(&l.params.bias).all(fits));
        }
    }

    let weights = WeightBits::of(&network);
    let bits = weights.bits();
    assert_eq!(bits.len(), 784 * 32 + 320);
    assert_eq!(weights.network(&bits), network);
    // From a tenth of the bits wrong, flips find the way up.
    let wrong: Vec<bool> = bits.iter().enumerate().map(|(i, b)| b ^ (i % 10 == 0)).collect();
    let fitness = IntegerFitness {
        express: &weights,
        device: &ReferenceDevice,
        set: &set,
        batch: set.labels.len(),
    };
    let mut search = BitFlips::new(1, wrong, 8, 40.0).unwrap();
    let mut values = Vec::new();
    evolve(&mut search, &fitness, &Alone, 15, |g, _| values.push(g.best)).unwrap();
    assert!(values.windows(2).all(|w| w[1] >= w[0]) && values[14] > values[0], "{values:?}");
}
