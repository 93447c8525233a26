use spikewright_golden::{bench, data::Mnist};
use std::path::Path;
fn main() {
    let mnist = Mnist::load(Path::new("data/mnist")).unwrap();
    let secs: f64 = std::env::args().nth(1).map_or(2.0, |s| s.parse().unwrap());
    let m = bench::train(&bench::mlp_config(), &mnist.train.first(12800), 3, secs).unwrap();
    println!("mlp-train {:?} median {:.0}", m.runs, m.median());
}
