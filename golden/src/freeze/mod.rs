//! Freezing: a float model becomes a network of integers, with as few fractional bits as its
//! accuracy allows. The choice is made on held-out training images; test images play no part.

mod quantize;
mod report;

pub use quantize::{ReplacedChannel, freeze_at};
pub use report::{FreezeError, FreezeReport};

use crate::{Reference, data::EncodedSet, model::FloatModel};
use serde::{Deserialize, Serialize};
use spikewright_ir::Network;

/// Largest F.
const MAX_FRAC_BITS: u8 = 12;
/// Largest difference in accuracy against float, as a fraction.
const MAX_LOSS: f64 = 0.0005;
/// Largest fraction of differing predictions that freezing may ever settle for.
const MAX_DIFFER: f64 = 0.005;

/// How to freeze.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FreezeOptions {
    /// Width `B` of a potential, 2 to 24.
    pub width_bits: u8,
    /// The same F for all layers, 0 to 12; chosen on the held-out samples when absent.
    pub frac_bits: Option<u8>,
    /// Largest fraction of held-out predictions that may differ, 0 to 0.005. The default is a third
    /// of what the semantics allow, so that images not seen here stay within them too.
    pub max_differ: f64,
    /// Freeze shift leaks to scales where both express them.
    pub leak_as_scale: bool,
}

impl Default for FreezeOptions {
    fn default() -> Self {
        Self { width_bits: 16, frac_bits: None, max_differ: 0.0015, leak_as_scale: false }
    }
}

/// Freezes a model. F is one for all layers first, the smallest that keeps within 0.05 points of
/// float accuracy with at most `max_differ` of the predictions differing on `held_out`; where there
/// is none, the best is moved layer by layer. Then it is lowered layer by layer while that holds.
pub fn freeze(
    model: &FloatModel,
    held_out: &EncodedSet,
    options: &FreezeOptions,
) -> Result<(Network, FreezeReport), FreezeError> {
    check(model, held_out, options)?;
    let classes = model.predict(&held_out.inputs)?;
    let judge = Judge { model, held_out, options, classes };
    let layers = model.layers.len();
    if let Some(f) = options.frac_bits {
        return judge.freeze(&vec![f; layers]);
    }
    let mut best: Option<(Network, FreezeReport)> = None;
    for f in 0..=MAX_FRAC_BITS {
        let trial = match judge.freeze(&vec![f; layers]) {
            Ok(trial) => trial,
            // A bias only grows with F: what does not fit now will not fit later.
            Err(e @ FreezeError::Bias { .. }) => {
                if best.is_none() {
                    return Err(e);
                }
                break;
            }
            Err(e) => return Err(e),
        };
        let within = trial.1.within_bounds;
        let closer = best
            .as_ref()
            .is_none_or(|(_, b)| within || trial.1.predictions_differ < b.predictions_differ);
        if closer {
            best = Some(trial);
        }
        if within {
            break;
        }
    }
    let mut best = best.expect("F = 0 was tried");
    judge.move_apart(&mut best)?;
    for layer in 0..layers {
        while best.1.within_bounds && best.1.frac_bits[layer] > 0 {
            let mut lower = best.1.frac_bits.clone();
            lower[layer] -= 1;
            let trial = judge.freeze(&lower)?;
            if !trial.1.within_bounds {
                break;
            }
            best = trial;
        }
    }
    Ok(best)
}

fn check(
    model: &FloatModel,
    held_out: &EncodedSet,
    options: &FreezeOptions,
) -> Result<(), FreezeError> {
    if !(0.0..=MAX_DIFFER).contains(&options.max_differ) {
        let (key, value) = ("max_differ", options.max_differ.to_string());
        return Err(FreezeError::Option { key, value, remedy: "a fraction from 0 to 0.005" });
    }
    let fits = |x: &spikewright_ir::InputTrain| {
        x.planes.len() == model.encoder.planes()
            && x.ticks() == model.ticks()
            && x.neurons() == model.input.len()
    };
    if held_out.inputs.is_empty() || held_out.inputs.len() != held_out.labels.len() {
        let (inputs, labels) = (held_out.inputs.len(), held_out.labels.len());
        return Err(FreezeError::HeldOut(format!("{inputs} samples with {labels} labels")));
    }
    match held_out.inputs.iter().position(|x| !fits(x)) {
        Some(i) => Err(FreezeError::HeldOut(format!("sample {i} has another shape"))),
        None => Ok(()),
    }
}

struct Judge<'a> {
    model: &'a FloatModel,
    held_out: &'a EncodedSet,
    options: &'a FreezeOptions,
    /// Classes the float model decides on.
    classes: Vec<usize>,
}

impl Judge<'_> {
    /// While predictions are outside of the bounds, moves F of single layers by one as long as fewer
    /// differ: where wide sums saturate at an F that other layers need, no F is right for all.
    fn move_apart(&self, best: &mut (Network, FreezeReport)) -> Result<(), FreezeError> {
        let mut moved = true;
        while moved && !best.1.within_bounds {
            moved = false;
            for layer in 0..best.1.frac_bits.len() {
                for f in [best.1.frac_bits[layer].saturating_sub(1), best.1.frac_bits[layer] + 1] {
                    let mut frac_bits = best.1.frac_bits.clone();
                    frac_bits[layer] = f.min(MAX_FRAC_BITS);
                    let trial = match self.freeze(&frac_bits) {
                        Ok(trial) => trial,
                        Err(FreezeError::Bias { .. }) => continue,
                        Err(e) => return Err(e),
                    };
                    if trial.1.within_bounds
                        || trial.1.predictions_differ < best.1.predictions_differ
                    {
                        *best = trial;
                        moved = true;
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// Freezes with these fractional bits and compares with the float model.
    fn freeze(&self, frac_bits: &[u8]) -> Result<(Network, FreezeReport), FreezeError> {
        let o = self.options;
        let mut replaced = Vec::new();
        let network =
            freeze_at(self.model, frac_bits, o.width_bits, o.leak_as_scale, &mut replaced)?;
        let labels = &self.held_out.labels;
        let run = Reference::new(&network)?
            .evaluate(&self.held_out.inputs, labels)
            .map_err(|e| FreezeError::HeldOut(e.to_string()))?;
        let samples = labels.len();
        let right = self.classes.iter().zip(labels).filter(|(c, l)| **c == usize::from(**l));
        let float_accuracy = right.count() as f64 / samples as f64;
        let differ =
            run.decisions.iter().zip(&self.classes).filter(|(d, c)| d.class != **c).count();
        // On a small set 0.05 points are less than one sample: one is always allowed. So is one
        // differing prediction, as far as the semantics' own bound goes.
        let may_differ =
            (o.max_differ * samples as f64).max(1.0f64.min(MAX_DIFFER * samples as f64).floor());
        let lost = (float_accuracy - run.accuracy()).abs() * samples as f64;
        let within_bounds =
            lost <= (MAX_LOSS * samples as f64).max(1.0) + 1e-6 && differ as f64 <= may_differ;
        let report = FreezeReport {
            width_bits: o.width_bits,
            frac_bits: frac_bits.to_vec(),
            replaced,
            held_out: samples,
            float_accuracy,
            integer_accuracy: run.accuracy(),
            predictions_differ: differ,
            within_bounds,
        };
        Ok((network, report))
    }
}
