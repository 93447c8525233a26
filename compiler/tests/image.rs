//! An image decoded word by word says what the network says.

mod common;

use common::{dense, evaluate, network, planes, stack, train};
use proptest::prelude::*;
use spikewright_compiler::{CompileOptions, compile};
use spikewright_ir::{
    layout::{Field, bus, pass, scan, tile},
    *,
};
use std::collections::BTreeMap;

/// Every word the image writes, by host bus address; no word is written twice.
struct Words(BTreeMap<u32, u16>);

impl Words {
    fn of(image: &CoreImage) -> Self {
        let mut words = BTreeMap::new();
        for (address, word) in image.writes() {
            assert_eq!(words.insert(address, word), None, "address {address:05x} written twice");
        }
        Self(words)
    }

    fn at(&self, region: u32, word: usize) -> u16 {
        let address = bus::address(region, word as u32);
        *self.0.get(&address).unwrap_or_else(|| panic!("{address:05x} was never written"))
    }

    fn scan(&self, number: usize, field: Field) -> usize {
        let at = |word| u32::from(self.at(bus::PROGRAM, pass::BUS_WORDS * number + word));
        field.get(at(0) | at(1) << 16) as usize
    }

    fn pass(&self, number: usize, field: Field) -> usize {
        field.get(u32::from(self.at(bus::PROGRAM, pass::BUS_WORDS * number + 2))) as usize
    }

    fn tile(&self, number: usize, field: Field) -> usize {
        let (word, _) = tile::FIELDS.iter().find(|(_, f)| f.name == field.name).unwrap();
        field.get(u32::from(self.at(bus::TILES, tile::WORDS * number + word))) as usize
    }
}

/// Leak as the datasheet's multiplier computes it.
fn leak(m: usize, r: usize, v: i64) -> i64 {
    (v * m as i64 + r as i64) >> 16
}

fn check_image(network: &Network, preset: Preset) -> Result<(), TestCaseError> {
    let spec = preset.spec();
    let compiled = compile(network, &spec, &CompileOptions::default()).expect("legal");
    let words = Words::of(&compiled.image);
    let group = spec.group_neurons();
    let tiles: Vec<_> = (network.layers.iter().enumerate())
        .flat_map(|(l, layer)| (0..layer.shape().len()).step_by(spec.lanes).map(move |n| (l, n)))
        .collect();
    let input_planes = usize::from(network.input_planes);
    let (mut spike_base, mut number) = (vec![], 0);
    let (stride, ticks) = (compiled.image.stride, network.ticks);
    // With one tick a gate waits for all tiles before it: no need of another for those.
    let mut written = 0;
    let waits = |l: usize, written: usize| match network.layers[l].projections()[0].source {
        Source::Input => false,
        Source::Layer(n) => ticks > 1 || tiles.iter().rposition(|t| t.0 == n) >= Some(written),
    };
    for (tile, &(l, first)) in tiles.iter().enumerate() {
        let layer = &network.layers[l];
        let params = layer.params().unwrap();
        let (neurons, fan_in) = (layer.shape().len(), planes(layer).columns());
        let here = spec.lanes.min(neurons - first);
        let last = tile + 1 == tiles.len();
        let layer_end = last || tiles[tile + 1].0 != l;
        // Groups are told less the offset that a tile's ticks have added up to.
        let told = |group: usize| (group + tile * ticks * stride) % 256;
        if first == 0 {
            spike_base.push(told(words.tile(tile, tile::TARGET_GROUP)));
        }
        // tables
        let gangs = compiled.image.layers[l].gangs;
        let least = if gangs > 1 { spec.min_span() } else { 1 };
        let rows = (here.div_ceil(16) * 16 / spec.fire_units).max(least);
        prop_assert_eq!(words.tile(tile, tile::GANGS_M1) + 1, gangs);
        prop_assert!(gangs * rows <= spec.tile_rows());
        prop_assert_eq!(words.tile(tile, tile::ROWS_M1) + 1, rows);
        prop_assert_eq!(words.tile(tile, tile::SPAN_M1) + 1, (rows * gangs).max(spec.min_span()));
        prop_assert_eq!(
            words.tile(tile, tile::SPAN_LAST_M1) + 1,
            (rows * gangs).max(spec.min_span()) + spec.tile_switch()
        );
        prop_assert_eq!(words.tile(tile, tile::ABOVE) == 1, params.fire == FireRule::Above);
        prop_assert_eq!(words.tile(tile, tile::ZERO) == 1, params.reset == Reset::Zero);
        prop_assert_eq!(words.tile(tile, tile::FIRES) == 1, !network.reads_potential(l));
        let first_spike = network.readout == Readout::FirstSpike;
        prop_assert_eq!(words.tile(tile, tile::FIRST_SPIKE) == 1, first_spike);
        prop_assert_eq!(words.tile(tile, tile::LAST) == 1, last);
        prop_assert_eq!(words.tile(tile, tile::LAYER), l);
        prop_assert_eq!(words.tile(tile, tile::NEURON16) * 16, first);
        prop_assert_eq!(told(words.tile(tile, tile::TARGET_GROUP)), spike_base[l] + first / group);
        // passes, and their weights: every lane of every source's row
        let projection = &layer.projections()[0];
        let gain = usize::from(params.frac_bits + projection.gain_log2);
        let (source, sources) = match projection.source {
            Source::Input => (0, input_planes),
            Source::Layer(n) => (spike_base[n], 1),
        };
        let (stack, banks) = (stack(layer), spec.row_words());
        for (q, p) in
            (0..sources).flat_map(|q| (0..stack.len()).step_by(gangs).map(move |p| (q, p)))
        {
            let (begins, ends) = (q + p == 0, q + 1 == sources && p + gangs == stack.len());
            let groups = fan_in.div_ceil(group);
            let from = told(words.scan(number, scan::SOURCE_GROUP));
            prop_assert_eq!(from, source + q * groups);
            prop_assert_eq!(words.scan(number, scan::GROUPS_M1) + 1, groups);
            let gate = first == 0 && begins && waits(l, written);
            prop_assert_eq!(words.scan(number, scan::GATE) == 1, gate);
            written = if gate { tile } else { written };
            let flush = ticks == 1 && ends && layer_end && !last && waits(l + 1, written);
            prop_assert_eq!(words.scan(number, scan::FLUSH) == 1, flush);
            prop_assert_eq!(words.scan(number, scan::FLUSH_LAST) == 1, last && ends);
            prop_assert_eq!(words.scan(number, scan::LAST) == 1, last && ends);
            prop_assert_eq!(words.scan(number, scan::ENDS) == 1, ends);
            prop_assert_eq!(words.scan(number, scan::TURNS) == 1, ends);
            prop_assert_eq!(words.pass(number, pass::GAIN_LOG2), gain + p + q + 1);
            prop_assert_eq!(words.pass(number, pass::BEGINS) == 1, begins);
            prop_assert_eq!(words.pass(number, pass::ENDS) == 1, ends);
            prop_assert_eq!(words.pass(number, pass::TURNS) == 1, ends);
            prop_assert_eq!(words.pass(number, pass::IDENTITY), 0);
            prop_assert_eq!(words.pass(number, pass::SWITCH_ON) == 1, ends && !last);
            prop_assert_eq!(words.pass(number, pass::SWITCH_BACK), 0);
            prop_assert_eq!(words.pass(number, pass::TILE), tile);
            let base = words.scan(number, scan::WEIGHT_GROUP);
            for j in 0..fan_in {
                let row = base * group + j;
                prop_assert!(row < spec.weight_rows());
                for i in 0..spec.lanes {
                    let bit = words.at(bus::WEIGHTS, row * banks + i / 16) >> (i % 16) & 1 == 1;
                    let (gang, n) = (i / (rows * spec.fire_units), i % (rows * spec.fire_units));
                    let live = gang < gangs && n < here;
                    prop_assert_eq!(bit, live && stack[p + gang].row(first + n).get(j));
                }
            }
            number += 1;
        }
        let (m, r) = (words.tile(tile, tile::LEAK_M), words.tile(tile, tile::LEAK_R));
        for v in [-32768, -301, -1, 0, 1, 255, 32767] {
            let rule = match params.leak {
                Leak::None => v,
                Leak::Shift(k) => v - (v >> k),
                Leak::Scale(m) => (v * i64::from(m)) >> 8,
            };
            prop_assert_eq!(leak(m, r, v), rule);
        }
        // neurons, padding included
        let param_row = words.tile(tile, tile::PARAM_ROW);
        for i in 0..rows * spec.fire_units {
            let row = param_row + i / spec.fire_units;
            prop_assert!(row < spec.param_rows);
            let at = (row * 16 + i % spec.fire_units) * 2;
            let theta = words.at(bus::PARAMS, at) as i16;
            let bias = words.at(bus::PARAMS, at + 1) as i16;
            let expected = if i < here {
                (params.theta[first + i], params.bias[first + i])
            } else {
                (32767, 0)
            };
            prop_assert_eq!((i32::from(theta), i32::from(bias)), expected);
        }
    }
    let ganged = compiled.image.layers.iter().any(|l| l.gangs > 1);
    // later passes and gangs of a tick take a bias of -2^15 from the last row
    for unit in (0..spec.fire_units).filter(|_| number > tiles.len() || ganged) {
        prop_assert_eq!(
            words.at(bus::PARAMS, ((spec.param_rows - 1) * 16 + unit) * 2 + 1),
            1 << 15
        );
    }
    // spikes of the input and of the layers lie apart, all ticks inside the memory
    prop_assert_eq!(compiled.image.input_groups, network.input.len().div_ceil(group));
    let mut end = compiled.image.input_groups * input_planes;
    for (base, layer) in spike_base.iter().zip(&network.layers) {
        prop_assert_eq!(*base, end);
        end += layer.shape().len().div_ceil(group);
    }
    prop_assert_eq!(stride, end);
    prop_assert!(stride * ticks <= spec.spike_groups);
    let control = |word| usize::from(words.at(bus::CONTROL, word as usize));
    prop_assert_eq!(control(bus::TICKS), ticks - 1 + 256 * stride);
    let potentials = network.readout == Readout::Potential;
    prop_assert_eq!(control(bus::READOUT), network.classes() - 1 + 256 * usize::from(potentials));
    // what the image holds is one number per resource in the report
    prop_assert_eq!(compiled.report.resources[5].used, number);
    prop_assert_eq!(compiled.report.resources[4].used, tiles.len());
    prop_assert_eq!(compiled.report.resources[3].used, stride * ticks);
    prop_assert_eq!(compile(network, &spec, &CompileOptions::default()).unwrap(), compiled);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn images_decode_to_their_networks(network in network(), preset in 0usize..3) {
        check_image(&network, PRESETS[preset])?;
    }

    /// Ranges hold whatever the input, and a network accepted in another width computes the same.
    #[test]
    fn ranges_contain_what_happens(
        mut network in network(),
        width in prop_oneof![Just(16u8), 6u8..=24],
        seed: u64,
    ) {
        network.width_bits = width;
        let Ok(compiled) = compile(&network, &Preset::Tiny.spec(), &CompileOptions::default()) else {
            prop_assert_ne!(width, 16);
            return Ok(());
        };
        let input = train(seed, network.ticks, network.input.len());
        let seen = evaluate(&network, &input);
        for (layer, seen) in compiled.report.layers.iter().zip(&seen) {
            let range = layer.range;
            for &x in &seen.sums {
                prop_assert!((range.sum_min..=range.sum_max).contains(&x));
            }
            for &v in &seen.potentials {
                prop_assert!((range.v_min..=range.v_max).contains(&v));
            }
        }
        prop_assert_eq!(compiled.network.width_bits, 16);
        prop_assert_eq!(evaluate(&compiled.network, &input), seen);
    }
}

#[test]
fn ranges_are_tight_for_a_neuron_that_counts() {
    // One neuron, two +1 and one −1 synapse, no leak, never fires: v grows by −1..=2 a tick.
    let weights = BitMatrix::from_rows(vec![BitVec::from_bits([true, true, false])]).unwrap();
    let mut network = Network {
        ticks: 4,
        width_bits: 16,
        input: Shape::flat(3),
        input_planes: 1,
        layers: vec![Layer {
            name: "one".into(),
            kind: LayerKind::Dense(Dense {
                neurons: 1,
                projections: vec![Projection {
                    source: Source::Input,
                    delayed: false,
                    gain_log2: 0,
                    kind: ProjectionKind::Dense { planes: vec![weights] },
                }],
                params: NeuronParams {
                    frac_bits: 0,
                    leak: Leak::None,
                    fire: FireRule::AtLeast,
                    reset: Reset::Subtract,
                    theta: vec![100],
                    bias: vec![0],
                },
            }),
        }],
        readout: Readout::SpikeCount,
    };
    let range = |n: &Network| {
        let c = compile(n, &Preset::Tiny.spec(), &CompileOptions::default()).unwrap();
        let r = c.report.layers[0].range;
        (r.sum_min, r.sum_max, r.v_min, r.v_max)
    };
    assert_eq!(range(&network), (-4, 8, -4, 8));
    dense(&mut network.layers[0]).params.theta = vec![3];
    // fires from 3 on, and what remains is at most 2 + 2 − 3 or the silent 2
    assert_eq!(range(&network), (-4, 4, -4, 2));
    dense(&mut network.layers[0]).params.fire = FireRule::Above;
    assert_eq!(range(&network), (-4, 5, -4, 3));
    dense(&mut network.layers[0]).params.reset = Reset::Zero;
    assert_eq!(range(&network), (-4, 5, -4, 3));
    dense(&mut network.layers[0]).params.fire = FireRule::AtLeast;
    dense(&mut network.layers[0]).params.reset = Reset::Subtract;
    dense(&mut network.layers[0]).params.theta = vec![1];
    // every tick adds 2 and takes 1
    assert_eq!(range(&network), (-4, 5, -4, 4));
    // four bits hold −8..=7 of the sums, three do not
    network.width_bits = 4;
    assert_eq!(range(&network), (-4, 5, -4, 4));
    let refused = |network: &Network| {
        let told = compile(network, &Preset::Tiny.spec(), &CompileOptions::default());
        told.unwrap_err().0[0].code
    };
    network.width_bits = 3;
    assert_eq!(refused(&network), "width");
    // three bits hold −4..=2, and not one more below
    dense(&mut network.layers[0]).params.reset = Reset::Zero;
    assert_eq!(range(&network), (-4, 2, -4, 0));
    dense(&mut network.layers[0]).params.bias = vec![-1];
    dense(&mut network.layers[0]).params.leak = Leak::Shift(1);
    network.ticks = 3;
    // −2, then −1 − 2 and again: v − (v >> 1) of −3 is −1
    assert_eq!(range(&network).0, -3);
    dense(&mut network.layers[0]).params.leak = Leak::None;
    assert_eq!(refused(&network), "width");
}

/// Values of two planes (0 to 3) on weights of two planes: +3, −1 and −3, in units of 2^1.
#[test]
fn ranges_know_planes() {
    let plane = |bits: [bool; 3]| BitMatrix::from_rows(vec![BitVec::from_bits(bits)]).unwrap();
    let planes = vec![plane([true, true, false]), plane([true, false, false])];
    let network = Network {
        ticks: 1,
        width_bits: 16,
        input: Shape::flat(3),
        input_planes: 2,
        layers: vec![Layer {
            name: "one".into(),
            kind: LayerKind::Dense(Dense {
                neurons: 1,
                projections: vec![Projection {
                    source: Source::Input,
                    delayed: false,
                    gain_log2: 1,
                    kind: ProjectionKind::Dense { planes },
                }],
                params: NeuronParams {
                    frac_bits: 2,
                    leak: Leak::None,
                    fire: FireRule::AtLeast,
                    reset: Reset::Subtract,
                    theta: vec![10_000],
                    bias: vec![5],
                },
            }),
        }],
        readout: Readout::SpikeCount,
    };
    let compiled = compile(&network, &Preset::Tiny.spec(), &CompileOptions::default()).unwrap();
    let range = compiled.report.layers[0].range;
    assert_eq!((range.sum_min, range.sum_max), (-4 * 3 * 2 * 4 + 5, 3 * 3 * 2 * 4 + 5));
}
