use spikewright_golden::{bench, data::Mnist};
use std::path::Path;
fn main() {
    let mnist = Mnist::load(Path::new("data/mnist")).unwrap();
    let secs: f64 = std::env::args().nth(1).map_or(2.0, |s| s.parse().unwrap());
    use spikewright_golden::train::WeightKind;
    let kinds: &[WeightKind] = if std::env::args().nth(2).is_some() { &[WeightKind::Float] } else { &[WeightKind::Binary, WeightKind::Float] };
    for &k in kinds {
    let m = bench::mlp_train(&bench::mlp_config(k), &mnist.train.first(12800), 3, secs).unwrap();
    println!("mlp-train {k:?} {:?} median {:.0}", m.runs, m.median());}
    let m = bench::infer(&mnist.train.first(2000), 3, secs).unwrap();
    println!("mlp-infer {:?} median {:.0}", m.runs, m.median());
}
