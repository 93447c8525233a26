//! The control that matters most: a narrower network of the same form that stores as much.

use super::plan::FLOAT_BITS;
use crate::train::{ConfigError, LayerConfig, TrainConfig, WeightKind, fresh_layers};
use spikewright_ir::Shape;

/// Bits of all weights of a configuration without a genome, for inputs of this shape.
fn bits(config: &TrainConfig, input: Shape) -> Result<usize, ConfigError> {
    let of = |l: &crate::train::LayerParams| {
        let each = match l.config.weights {
            WeightKind::Float => FLOAT_BITS,
            WeightKind::Binary => usize::from(l.config.planes),
        };
        each * l.latents().count()
    };
    Ok(fresh_layers(config, input)?.iter().map(of).sum())
}

/// Neurons or channels of a layer.
fn width_mut(layer: &mut LayerConfig) -> &mut usize {
    if layer.is_conv() { &mut layer.channels } else { &mut layer.neurons }
}

/// The configuration with all hidden layers narrowed in proportion, the first one to the largest width
/// at which the weights take at most `most` bits; nothing where not even a width of one does. Classes stay.
pub fn narrowed(
    config: &TrainConfig,
    input: Shape,
    most: usize,
) -> Result<Option<TrainConfig>, ConfigError> {
    let hidden = match config.readout {
        spikewright_ir::Readout::Potential => config.layers.len(),
        _ => config.layers.len() - 1,
    };
    let at = |width: usize| {
        let mut narrow = config.clone();
        let full = narrow.layers.first_mut().map_or(1, |l| *width_mut(l));
        for layer in &mut narrow.layers[..hidden] {
            let own = width_mut(layer);
            *own = (*own * width / full).max(1);
        }
        narrow
    };
    let full = config.layers.first().map_or(0, |l| *width_mut(&mut l.clone()));
    let (mut fits, mut over) = (0, full + 1);
    while over - fits > 1 {
        let middle = fits + (over - fits) / 2;
        if bits(&at(middle), input)? <= most { fits = middle } else { over = middle }
    }
    Ok((fits > 0).then(|| at(fits)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(layers: &str) -> TrainConfig {
        let text = "method = \"plain\"\nepochs = 1\nticks = 2\nclasses = 10\n\
                    optimizer = { kind = \"adam\", learning_rate = 0.01 }\n";
        TrainConfig::from_toml(&format!("{text}{layers}")).unwrap()
    }

    #[test]
    fn the_width_is_the_largest_that_fits() {
        let digit = Shape { channels: 1, height: 28, width: 28 };
        let dense = config("[[layer]]\nneurons = 256\nleak = { shift = 1 }");
        let width = |most| narrowed(&dense, digit, most).unwrap().map(|c| c.layers[0].neurons);
        assert_eq!(bits(&dense, digit).unwrap(), 784 * 256 + 2560);
        assert_eq!(width(794 * 51), Some(51));
        assert_eq!(width(794 * 51 - 1), Some(50));
        assert_eq!((width(usize::MAX), width(793)), (Some(256), None));
        // Two convolutions of 5x5 and 3x3 of floats, then 10 classes on 20x20 positions.
        let layer = "weights = \"float\"\nleak = { shift = 1 }";
        let conv = format!(
            "[[layer]]\nchannels = 8\nkernel = 5\n{layer}\n[[layer]]\nchannels = 16\nkernel = 5\n{layer}"
        );
        let size = |a: usize| 32 * (25 * a + 25 * a * 2 * a + 400 * 2 * a * 10);
        let conv = config(&conv);
        assert_eq!(bits(&conv, digit).unwrap(), size(8));
        let narrow = narrowed(&conv, digit, size(5) + 1).unwrap().unwrap();
        assert_eq!((narrow.layers[0].channels, narrow.layers[1].channels), (5, 10));
    }
}
