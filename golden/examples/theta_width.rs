//! How wide phases have to be: `theta_width MODEL FOLDER [test]` freezes a trained net (`smooth.json`) at several
//! widths of phase and drive, and compares each with the net in double precision on the last 5,000 training
//! images of the MNIST files in a folder, or on the test images. `docs/theta.md` says what counts as the same.

use spikewright_golden::{
    data::Mnist,
    smooth::train::SmoothModel,
    theta::{ThetaFreeze, ThetaReference, compare, encode, freeze},
};
use spikewright_ir::PHASE_BITS;

/// Half as wide as the core's drive table, as wide, and wider.
const DRIVE_BITS: [u8; 3] = [10, 11, 12];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (model, folder, test) = match arguments[..] {
        [model, folder] => (model, folder, false),
        [model, folder, "test"] => (model, folder, true),
        _ => return Err("MODEL FOLDER [test]".into()),
    };
    let mnist = Mnist::load(folder.as_ref())?;
    let images = if test { mnist.test } else { mnist.train.split(5_000).1 };
    let model = SmoothModel::read(model.as_ref())?;
    let net = model.net_of::<f64>()?;
    let inputs = encode(&images);
    println!(
        "| B | D | g | T | accuracy | decided | same class | same first spiker | in one alone | ticks apart, mean and most | spikes up to the decision |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let of = |count: usize| 100.0 * count as f64 / images.len() as f64;
    for phase_bits in PHASE_BITS {
        for drive_bits in DRIVE_BITS {
            let frozen = freeze(&model, ThetaFreeze { phase_bits, drive_bits })?;
            let reference = ThetaReference::new(&frozen.network)?;
            let e = reference.evaluate(&inputs, &images.labels);
            let same = compare(&reference, &net, &images, model.trial)?;
            println!(
                "| {phase_bits} | {drive_bits} | {} | {} | {:.2} % | {:.2} % | {:.2} % | {:.2} % | {} | {:.2}, {:.1} | {:.1} |",
                frozen.network.drive.gain_log2,
                frozen.network.ticks,
                of(e.correct),
                of(e.decided),
                of(same.same_class),
                of(same.same_first),
                same.one_decided,
                same.ticks_apart,
                same.most_ticks_apart,
                e.hidden_spikes as f64 / images.len() as f64
            );
        }
    }
    Ok(())
}
