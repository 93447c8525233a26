//! Fresh, decoded, counted and broken genomes on real layers.

use super::*;
use crate::genome::tensors::{pack, unpack};

const COMMON: &str = "
    method = \"genome\"
    epochs = 1
    ticks = 2
    classes = 10
    optimizer = { kind = \"adam\", learning_rate = 0.01 }
";

fn config(genome: &str, layers: &str) -> TrainConfig {
    let text = format!("{COMMON}\n[genome]\n{genome}\n{layers}");
    TrainConfig::from_toml(&text).unwrap()
}

/// Layers and their genes, for a square image of one channel.
fn genes(config: &TrainConfig, side: usize) -> (Vec<LayerParams>, Genes) {
    let shape = Shape { channels: 1, height: side, width: side };
    let mut layers = fresh_layers(config, shape).unwrap();
    let genes = Genes::new(&config.genome, config.seed, &config.optimizer, &mut layers).unwrap();
    (layers, genes)
}

const DENSE: &str = "
    [[layer]]
    neurons = 256
    leak = { shift = 1 }
    [[layer]]
    neurons = 300
    leak = { shift = 1 }
";

const CONV: &str = "
    [[layer]]
    channels = 40
    kernel = 5
    leak = { shift = 1 }
    [[layer]]
    channels = 48
    kernel = 3
    or_pool = 2
    leak = { shift = 1 }
";

fn float(layers: &str) -> String {
    layers.replace("leak", "weights = \"float\"\nleak")
}

#[test]
fn fresh_weights_have_the_variance_two_over_inputs() {
    for sharing in ["per_projection", "shared"] {
        for genes_each in [16, 64] {
            let mut sums = vec![(0.0, 0); 2];
            for seed in 1..=5 {
                let text = format!("genes = {genes_each}\nsharing = \"{sharing}\"");
                let mut c = config(&text, &float(DENSE));
                c.seed = seed;
                let (layers, _) = genes(&c, 16);
                for (l, (sum, n)) in layers.iter().zip(&mut sums) {
                    assert!(l.encoded);
                    *sum += l.weights.latent.iter().map(|w| f64::from(w * w)).sum::<f64>();
                    *n += l.weights.latent.len();
                }
            }
            for (sum, n) in sums {
                let ratio = sum / n as f64 * 128.0;
                assert!((0.85..1.15).contains(&ratio), "{sharing} {genes_each} {ratio}");
            }
        }
    }
}

#[test]
fn the_chain_is_the_derivative_of_the_decoded_weights() {
    for (layers, side) in [(float(DENSE), 8), (float(CONV), 12)] {
        let c = config("genes = 3\nsharing = \"shared\"", &layers);
        let (mut layers, mut genes) = genes(&c, side);
        let weight = |k: usize, at: usize| ((7 * at + 3 * k) % 11) as f32 - 5.0;
        let d: Vec<Vec<f32>> = layers
            .iter()
            .enumerate()
            .map(|(k, l)| (0..l.weights.latent.len()).map(|at| weight(k, at)).collect())
            .collect();
        genes.chain(&layers, d.iter().cloned());
        let gradients = genes.gradients().to_vec();
        let mut loss = |genes: &Genes| -> f64 {
            genes.decode(&mut layers);
            let encoded = layers.iter().zip(&d).filter(|(l, _)| l.encoded);
            let term = |(w, d): (&f32, &f32)| f64::from(*w) * f64::from(*d);
            encoded.map(|(l, d)| l.weights.latent.iter().zip(d).map(term).sum::<f64>()).sum()
        };
        for (k, gradient) in gradients.iter().enumerate() {
            // The weights are linear in one array unless it is shared: central differences are
            // exact up to the rounding of the weights to f32.
            let at = 5 % genes.arrays[k].len();
            let (value, h) = (genes.arrays[k][at], 0.25);
            genes.arrays[k][at] = value + h;
            let above = loss(&genes);
            genes.arrays[k][at] = value - h;
            let below = loss(&genes);
            genes.arrays[k][at] = value;
            let step = f64::from((value + h) - (value - h));
            let (numeric, exact) = ((above - below) / step, f64::from(gradient[at]));
            let size = gradient.iter().fold(1.0, |m: f64, g| m.max(f64::from(g.abs())));
            assert!((numeric - exact).abs() < 1e-4 * size, "{k} {numeric} {exact}");
        }
    }
}

#[test]
fn what_is_stored_is_what_the_formula_says() {
    for (text, layers) in [
        ("genes = 8", DENSE),
        ("genes = 5\nencoding_bits = 3\ninteraction_bits = 7", DENSE),
        ("genes = 3\nsharing = \"shared\"\ninteraction = \"frozen\"", CONV),
        ("genes = 4\nencoding_bits = 1\ninteraction = \"identity\"", CONV),
    ] {
        for float in [None, Some(float(layers))] {
            let c = config(text, float.as_deref().unwrap_or(layers));
            let (layers, genes) = genes(&c, 16);
            let stored = genes.stored();
            stored.check().unwrap();
            assert_eq!(stored.bits(), genes.plan.stored_bits(&c.genome));
            assert_eq!(stored.to_bytes().len(), stored.bits().div_ceil(8));
            let packed = pack(&stored);
            assert_eq!(unpack(packed.clone()).unwrap(), stored);
            let text = serde_json::to_string(&packed).unwrap();
            for (from, to) in [("\"data\":\"", "\"data\":\"00"), ("\"rows\":", "\"rows\":1")] {
                let other = serde_json::from_str(&text.replacen(from, to, 1)).unwrap();
                assert!(unpack(other).is_err(), "{to}");
            }
            let direct: usize = layers
                .iter()
                .filter(|l| l.encoded)
                .map(|l| l.weights.latent.len() * if float.is_some() { 32 } else { 1 })
                .sum();
            assert!(stored.bits() < direct, "{} {direct}", stored.bits());
        }
    }
    // 784-256-10 with 22 genes of 4 bits: the formula by hand, the small last layer direct.
    let one = "[[layer]]\nneurons = 256\nleak = { shift = 1 }";
    let (layers, genes) = genes(&config("genes = 22", one), 28);
    assert_eq!(genes.stored().bits(), 4 * 22 * (784 + 256) + 8 * 22 * 22);
    assert!(layers[0].encoded && !layers[1].encoded);
}

#[test]
fn a_genome_that_saves_nothing_is_refused() {
    let c = config("genes = 64", DENSE);
    let mut layers = fresh_layers(&c, Shape::flat(256)).unwrap();
    let error = Genes::new(&c.genome, 1, &c.optimizer, &mut layers).err().unwrap().to_string();
    assert!(error.contains("genome.genes") && error.contains("fewer genes"), "{error}");
    for genome in ["genes = 0", "genes = 257", "encoding_bits = 9", "interaction_bits = 0"] {
        let text = format!("{COMMON}\n[genome]\n{genome}\n{DENSE}");
        assert!(TrainConfig::from_toml(&text).is_err(), "{genome}");
    }
    let mixed = format!("{COMMON}\n{}", DENSE.replacen("leak", "weights = \"float\"\nleak", 1));
    assert!(TrainConfig::from_toml(&mixed).is_err());
    let wiring = "genes = 1\nwiring = { interaction = [1.0, 2.0], log_spread = [] }";
    assert!(TrainConfig::from_toml(&format!("{COMMON}\n[genome]\n{wiring}\n{DENSE}")).is_err());
}

#[test]
fn decoded_weights_are_those_of_training_in_the_order_of_networks() {
    for layers in [DENSE.to_owned(), CONV.to_owned(), float(CONV)] {
        for sharing in ["per_projection", "shared"] {
            let c = config(&format!("genes = 3\nsharing = \"{sharing}\""), &layers);
            let (layers, genes) = genes(&c, 12);
            for (l, made) in layers.iter().zip(genes.stored().decode()) {
                assert_eq!(made.is_some(), l.encoded);
                let Some(made) = made else { continue };
                let w = &l.weights;
                for (i, j) in (0..w.units).flat_map(|i| (0..w.inputs).map(move |j| (i, j))) {
                    let row = l.geometry.weight_row(l.source, j);
                    assert_eq!(made.value(i, j), w.value(w.latent[row * w.units + i]));
                }
            }
        }
    }
}

#[test]
fn a_tampered_genome_is_refused() {
    let (_, genes) = genes(&config("genes = 3\nsharing = \"shared\"", CONV), 12);
    let sound = genes.stored();
    let broken = |change: fn(&mut Genome)| {
        let mut genome = sound.clone();
        change(&mut genome);
        genome.check().is_err()
    };
    assert!(sound.check().is_ok());
    assert!(broken(|g| g.genes = 0) && broken(|g| g.genes = 5) && broken(|g| g.genes = 1 << 40));
    assert!(broken(|g| g.encodings.truncate(1)));
    assert!(broken(|g| g.encodings[0] = Synapses::Planes(Vec::new())));
    assert!(broken(|g| g.projections[0].as_mut().unwrap().channels = 0));
    assert!(broken(|g| g.projections[1].as_mut().unwrap().input = 99));
    assert!(broken(|g| g.projections[1].as_mut().unwrap().units = usize::MAX));
    assert!(broken(|g| g.interaction = Some(g.encodings[0].clone())));
}
