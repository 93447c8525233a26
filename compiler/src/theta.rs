//! A theta network to the image of its core: what the core can hold is checked, phases are brought to its width,
//! words are laid out as `docs/theta-core.md` says.

use crate::Resource;
use serde::{Deserialize, Serialize};
use spikewright_ir::{
    BitMatrix, Diagnostics, DriveLayer, MemoryImage, Region, ThetaImage, ThetaNetwork, ThetaPreset,
    ThetaSpec, TransferLayer,
    layer_table::{BASE, GAIN_LOG2, LAST_M1, ROWS_M1, STRIDE_LOG2, THREE_LAYERS, WORDS},
    layout::bus,
};
use std::fmt;

const UNITS: usize = ThetaSpec::UNITS;

/// A compilation's account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ThetaReport {
    /// Preset compiled for.
    pub preset: ThetaPreset,
    /// Inputs.
    pub inputs: usize,
    /// Neurons of each layer.
    pub sizes: Vec<usize>,
    /// Width of the network's phases.
    pub phase_bits: u8,
    /// Memories, used and available.
    pub resources: Vec<Resource>,
}

impl fmt::Display for ThetaReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes: Vec<_> = self.sizes.iter().map(ToString::to_string).collect();
        let (inputs, bits) = (self.inputs, self.phase_bits);
        writeln!(f, "{}: {inputs}-{}, phases of {bits} bits", self.preset, sizes.join("-"))?;
        for r in &self.resources {
            writeln!(f, "  {:<16} {:>6} of {}", r.name, r.used, r.available)?;
        }
        Ok(())
    }
}

/// Compiles a network for a preset.
///
/// # Errors
/// All that the core cannot hold.
pub fn compile_theta(
    network: &ThetaNetwork,
    spec: &ThetaSpec,
) -> Result<(ThetaImage, ThetaReport), Diagnostics> {
    network.check()?;
    check(network, spec)?;
    let shift = ThetaSpec::PHASE_BITS as u8 - network.phase_bits;
    let sizes = network.sizes();
    let mut memories = Vec::new();
    let mut run = |region, start: usize, words: Vec<u16>| {
        memories.push(MemoryImage { region, start: start as u32, words });
    };
    for tile in 0..sizes[0].div_ceil(ThetaSpec::LANES) {
        let words = input_weights(&network.drive.weights, tile);
        run(Region::Weights, tile * ThetaSpec::TILE_ROWS * UNITS, words);
    }
    let transfers = network.layers.iter().map(|l| transfer_table(l, shift));
    for (n, table) in [drive_table(&network.drive, shift)].into_iter().chain(transfers).enumerate()
    {
        let copies = table.into_iter().flat_map(|entry| [entry; UNITS]).collect();
        run(Region::Weights, spec.table_at(n) * UNITS, copies);
    }
    let starts =
        network.layers.iter().map(|l| l.starts.iter().map(|s| s << shift).collect::<Vec<u16>>());
    let offsets = network.drive.offsets.iter().map(|&d| d as u16).collect::<Vec<_>>();
    for (n, mut constants) in [offsets].into_iter().chain(starts).enumerate() {
        // Lanes past the last neuron begin at 0.
        constants.resize(constants.len().next_multiple_of(UNITS), 0);
        run(Region::Params, n * ThetaSpec::NEURONS, constants);
    }
    let mut base = 0;
    for (n, &neurons) in sizes.iter().enumerate() {
        let rows = neurons.div_ceil(UNITS);
        let last = neurons - (rows - 1) * UNITS;
        let first = ROWS_M1.put(rows as u32 - 1) | LAST_M1.put(last as u32 - 1);
        let entry = match n.checked_sub(1) {
            None => [first, GAIN_LOG2.put(network.drive.gain_log2.into()), 0],
            Some(before) => {
                let stride = stride(neurons);
                let weights = &network.layers[before].weights;
                run(Region::Program, base, synapses(weights, stride));
                let entry = [first, STRIDE_LOG2.put(stride.ilog2()), BASE.put(base as u32)];
                base += stride * sizes[before];
                entry
            }
        };
        run(Region::Tiles, n * WORDS, entry.map(|word| word as u16).to_vec());
    }
    let words_m1 = network.inputs().div_ceil(16) as u16 - 1;
    let three = if sizes.len() == ThetaSpec::LAYERS { THREE_LAYERS } else { 0 };
    let control = vec![network.ticks << shift, words_m1 | three];
    run(Region::Control, bus::TICKS as usize, control);
    let image = ThetaImage {
        preset: spec.preset,
        shift,
        inputs: network.inputs(),
        sizes: sizes.clone(),
        memories,
        seal: 0,
    };
    let resource = |name: &str, used, available| Resource { name: name.into(), used, available };
    let report = ThetaReport {
        preset: spec.preset,
        inputs: network.inputs(),
        resources: vec![
            resource("inputs", network.inputs(), ThetaSpec::INPUTS),
            resource("first layer", sizes[0], spec.first_layer()),
            resource("layers", sizes.len(), ThetaSpec::LAYERS),
            resource("synapse words", synapse_words(&sizes), ThetaSpec::SYNAPSE_WORDS),
        ],
        sizes,
        phase_bits: network.phase_bits,
    };
    Ok((image.sealed(), report))
}

fn check(network: &ThetaNetwork, spec: &ThetaSpec) -> Result<(), Diagnostics> {
    let mut found = Diagnostics::default();
    let mut most = |place: &str, what: &str, used: usize, most: usize, help: &str| {
        if used > most {
            let message = format!("{used} {what}, {} holds {most}", spec.preset);
            found.push("theta-capacity", place, message, help);
        }
    };
    let sizes = network.sizes();
    let freeze = "freeze the network with narrower phases";
    let (phase, drive) = (usize::from(network.phase_bits), network.drive.table.len());
    most("phases", "bits", phase, ThetaSpec::PHASE_BITS, freeze);
    most("layer 0", "entries of its table", drive, ThetaSpec::TABLE, freeze);
    let gain = (network.drive.gain_log2.into(), ThetaSpec::GAIN_LOG2.into());
    most("layer 0", "as log2 of the gain", gain.0, gain.1, "freeze with a shorter drive table");
    most("input", "inputs", network.inputs(), ThetaSpec::INPUTS, "use fewer inputs");
    most("layers", "layers", sizes.len(), ThetaSpec::LAYERS, "train a net of fewer layers");
    let smaller = "train a net of smaller layers";
    most("layer 0", "neurons", sizes[0], spec.first_layer(), smaller);
    for (n, &neurons) in sizes.iter().enumerate().skip(1) {
        most(&format!("layer {n}"), "neurons", neurons, ThetaSpec::NEURONS, smaller);
    }
    let words = synapse_words(&sizes);
    most("layers", "words of weights behind layer 0", words, ThetaSpec::SYNAPSE_WORDS, smaller);
    found.into_result()
}

/// Words of weights of a source neuron: a bit for each neuron of the layer, in a power of two of words.
fn stride(neurons: usize) -> usize {
    neurons.div_ceil(16).next_power_of_two()
}

fn synapse_words(sizes: &[usize]) -> usize {
    sizes.windows(2).map(|pair| pair[0] * stride(pair[1])).sum()
}

/// Rows of a tile of the first layer, one per input, as words of the banks.
fn input_weights(weights: &BitMatrix, tile: usize) -> Vec<u16> {
    let first = tile * ThetaSpec::LANES;
    let bit = |neuron: usize, j: usize| neuron < weights.rows() && weights.row(neuron).get(j);
    let word = |j: usize, bank: usize| {
        (0..16).map(|i| u16::from(bit(first + 16 * bank + i, j)) << i).sum::<u16>()
    };
    (0..weights.columns()).flat_map(|j| (0..UNITS).map(move |bank| word(j, bank))).collect()
}

/// Weights of a layer, source after source.
fn synapses(weights: &BitMatrix, stride: usize) -> Vec<u16> {
    let word = |source: usize, k: usize| {
        let neurons = (16 * k..weights.rows().min(16 * k + 16)).enumerate();
        neurons.map(|(i, n)| u16::from(weights.row(n).get(source)) << i).sum::<u16>()
    };
    (0..weights.columns()).flat_map(|j| (0..stride).map(move |k| word(j, k))).collect()
}

/// The drive table with the core's entries: a shorter one is continued at its ends, which is what clamping to it means.
fn drive_table(drive: &DriveLayer, shift: u8) -> Vec<u16> {
    let (half, own) = (ThetaSpec::TABLE as i32 / 2, drive.table.len() as i32 / 2);
    (-half..half).map(|x| drive.table[(x.clamp(-own, own - 1) + own) as usize] << shift).collect()
}

/// The transfer table with the core's entries. A phase p of the network is p·2^k in the core, and its mirror image
/// has k ones at its end: the end of the index stays in the entry, so that both find theirs.
fn transfer_table(layer: &TransferLayer, shift: u8) -> Vec<u16> {
    let low = (1u16 << shift) - 1;
    let entry = |p: u16| layer.table[usize::from(p >> shift)] << shift | (p & low);
    (0..ThetaSpec::TABLE as u16).map(entry).collect()
}
