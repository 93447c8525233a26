//! What is refused, and how it is said; and that nothing a file can say makes the compiler panic.

mod common;

use common::{dense, network};
use proptest::prelude::*;
use spikewright_compiler::{CompileOptions, compile};
use spikewright_ir::*;

/// 40 inputs, 20 hidden, 4 classes, 3 ticks.
fn legal() -> Network {
    Network {
        ticks: 3,
        width_bits: 16,
        input: Shape::flat(40),
        input_planes: 1,
        layers: vec![
            layer("hidden", 20, Source::Input, 40),
            layer("classes", 4, Source::Layer(0), 20),
        ],
        readout: Readout::SpikeCount,
    }
}

fn projection(neurons: usize, source: Source, fan_in: usize) -> Projection {
    let planes = vec![BitMatrix::zeros(neurons, fan_in)];
    Projection { source, delayed: false, gain_log2: 0, kind: ProjectionKind::Dense { planes } }
}

fn layer(name: &str, neurons: usize, source: Source, fan_in: usize) -> Layer {
    let params = NeuronParams {
        frac_bits: 2,
        leak: Leak::Shift(4),
        fire: FireRule::AtLeast,
        reset: Reset::Subtract,
        theta: vec![8; neurons],
        bias: vec![0; neurons],
    };
    let projections = vec![projection(neurons, source, fan_in)];
    Layer { name: name.into(), kind: LayerKind::Dense(Dense { neurons, projections, params }) }
}

fn hidden(n: &mut Network) -> &mut Dense {
    dense(&mut n.layers[0])
}

/// One source, `count` neurons in the first layer.
fn resize(n: &mut Network, inputs: usize, count: usize) {
    n.input = Shape::flat(inputs);
    n.layers = vec![
        layer("hidden", count, Source::Input, inputs),
        layer("classes", 4, Source::Layer(0), count),
    ];
}

/// Eight planes of weights and of input values: a drive of `inputs` · 255 · 255 + |`bias`|.
fn eight_planes(n: &mut Network, inputs: usize, bias: i32) {
    resize(n, inputs, 20);
    n.input_planes = 8;
    let planes = vec![BitMatrix::zeros(20, inputs); 8];
    let hidden = hidden(n);
    hidden.params.frac_bits = 0;
    hidden.params.bias[0] = bias;
    hidden.projections[0].kind = ProjectionKind::Dense { planes };
}

/// `count` hidden neurons that see each other.
fn recurrent(n: &mut Network, count: usize) {
    resize(n, 40, count);
    hidden(n).projections.push(projection(count, Source::Layer(0), count));
    hidden(n).projections[1].delayed = true;
}

/// 20 hidden neurons that see themselves.
fn identity(n: &mut Network) {
    recurrent(n, 20);
    hidden(n).projections[1].kind = ProjectionKind::Identity;
}

type Case = (&'static str, fn(&mut Network));

/// Expected code of the first diagnostic, and what to do to the legal network.
const CASES: &[Case] = &[
    ("no-ticks", |n| n.ticks = 0),
    ("bad-width", |n| n.width_bits = 0),
    ("bad-width", |n| n.width_bits = 64),
    ("bad-shape", |n| n.input = Shape::flat(0)),
    ("bad-shape", |n| n.input = Shape { channels: usize::MAX, height: 2, width: usize::MAX }),
    ("bad-shape", |n| n.input_planes = 0),
    ("bad-shape", |n| hidden(n).neurons = 0),
    ("no-layers", |n| n.layers.clear()),
    ("no-projection", |n| hidden(n).projections.clear()),
    ("bad-source", |n| dense(&mut n.layers[1]).projections[0].source = Source::Layer(7)),
    ("bad-order", |n| dense(&mut n.layers[1]).projections[0].source = Source::Layer(1)),
    ("bad-gain", |n| hidden(n).projections[0].gain_log2 = 200),
    ("bad-planes", |n| {
        hidden(n).projections[0].kind = ProjectionKind::Dense { planes: vec![] };
    }),
    ("bad-weights", |n| hidden(n).projections = vec![projection(20, Source::Input, 39)]),
    ("bad-weights", |n| hidden(n).projections = vec![projection(19, Source::Input, 40)]),
    ("bad-params", |n| {
        hidden(n).params.theta.pop();
    }),
    ("bad-params", |n| hidden(n).params.bias.push(1)),
    ("bad-frac-bits", |n| hidden(n).params.frac_bits = 200),
    ("bad-leak", |n| hidden(n).params.leak = Leak::Shift(0)),
    ("bad-leak", |n| hidden(n).params.leak = Leak::Scale(257)),
    ("too-many-ticks", |n| n.ticks = 256),
    ("too-many-layers", |n| {
        for i in 0..16 {
            n.layers.insert(1, layer(&format!("hidden{i}"), 20, Source::Input, 40));
        }
    }),
    ("unsupported-input-planes", |n| n.input_planes = 9),
    ("bad-shape", |n| {
        let shape = Shape { channels: 2, height: 20, width: 1 };
        let pool = OrPool { shape, source: Source::Input, k: 1, stride: 1 };
        n.layers.insert(0, Layer { name: "pool".into(), kind: LayerKind::OrPool(pool) });
        dense(&mut n.layers[2]).projections[0].source = Source::Layer(1);
    }),
    ("bad-pool", |n| {
        n.input_planes = 2;
        let pool = OrPool { shape: Shape::flat(40), source: Source::Input, k: 1, stride: 1 };
        n.layers.insert(0, Layer { name: "pool".into(), kind: LayerKind::OrPool(pool) });
        dense(&mut n.layers[2]).projections[0].source = Source::Layer(1);
    }),
    ("bad-projection", |n| {
        let Dense { projections, params, .. } = hidden(n).clone();
        let conv = Conv { shape: Shape::flat(20), projections, params };
        n.layers[0].kind = LayerKind::Conv(conv);
    }),
    ("bad-order", |n| {
        hidden(n).projections.push(projection(20, Source::Input, 40));
        hidden(n).projections[1].delayed = true;
    }),
    ("bad-order", |n| dense(&mut n.layers[1]).projections[0].delayed = true),
    ("bad-identity", |n| hidden(n).projections[0].kind = ProjectionKind::Identity),
    ("bad-shape", |n| convolve(n, 3, 1, 0)),
    ("bad-shape", |n| convolve(n, 0, 1, 0)),
    ("bad-shape", |n| convolve(n, 1, 0, 0)),
    ("bad-shape", |n| convolve(n, 1, 1, usize::MAX)),
    ("bad-projection", |n| {
        let planes = vec![BitMatrix::zeros(20, 40)];
        let kernel = [1, 1];
        hidden(n).projections[0].kind =
            ProjectionKind::Conv { planes, kernel, stride: 1, padding: 0 };
    }),
    ("unsupported-planes", |n| {
        let planes = vec![BitMatrix::zeros(20, 40); 9];
        hidden(n).projections[0].kind = ProjectionKind::Dense { planes };
    }),
    ("unsupported-reset", |n| hidden(n).params.reset = Reset::SubtractDelayed),
    ("unsupported-reset", |n| hidden(n).params.reset = Reset::ZeroFull),
    ("too-many-classes", |n| {
        n.layers[1] = layer("classes", 33, Source::Layer(0), 20);
    }),
    ("threshold-range", |n| hidden(n).params.theta[3] = 32768),
    ("negative-threshold", |n| hidden(n).params.theta[3] = -1),
    ("bias-range", |n| hidden(n).params.bias[3] = -32769),
    ("drive-range", |n| eight_planes(n, 129, 0)),
    ("drive-range", |n| eight_planes(n, 128, 32_640)),
    ("drive-range", |n| eight_planes(n, 128, -32_640)),
    ("drive-range", |n| {
        // 200 · 2^14 is a drive that two of three projections may have
        resize(n, 200, 20);
        hidden(n).projections = vec![projection(20, Source::Input, 200); 3];
        hidden(n).projections.iter_mut().for_each(|p| p.gain_log2 = 2);
        hidden(n).params.frac_bits = 12;
    }),
    ("gain-range", |n| {
        hidden(n).params.frac_bits = 12;
        hidden(n).projections[0].gain_log2 = 2;
        n.input_planes = 2;
    }),
    ("gain-range", |n| {
        identity(n);
        hidden(n).params.frac_bits = 12;
        hidden(n).projections[1].gain_log2 = 4;
    }),
    ("weight-groups", |n| {
        // 2 groups · 2 tiles · 8 planes, and 1 for the classes
        resize(n, 40, 36);
        let planes = vec![BitMatrix::zeros(36, 40); 8];
        hidden(n).projections[0].kind = ProjectionKind::Dense { planes };
    }),
    ("spike-groups", |n| {
        // 2 groups · 8 planes · 8 ticks leave no room for the layers
        n.input_planes = 8;
        n.ticks = 8;
    }),
    ("width", |n| {
        n.width_bits = 8;
        hidden(n).params.theta = vec![127; 20];
    }),
    ("weight-groups", |n| resize(n, 250, 33 * 4)),
    ("param-rows", |n| resize(n, 32, 250)),
    ("param-rows", |n| {
        // 120 + 8 rows would fit without the row of lowest biases
        resize(n, 32, 240);
        n.input_planes = 2;
    }),
    ("spike-groups", |n| n.ticks = 40),
    ("spike-groups", |n| {
        // 4 groups in each of 32 ticks, and those of the silent tick before
        recurrent(n, 20);
        n.ticks = 32;
    }),
    ("passes", |n| {
        n.input_planes = 8;
        // Identities share their weights.
        n.input = Shape::flat(20);
        hidden(n).projections.clear();
        for _ in 0..32 {
            let identity = ProjectionKind::Identity;
            let mut projection = projection(20, Source::Input, 20);
            projection.kind = identity;
            hidden(n).projections.push(projection);
        }
        n.ticks = 1;
    }),
];

/// Makes the hidden layer a convolution over the input's 40 channels of one position.
fn convolve(n: &mut Network, k: usize, stride: usize, padding: usize) {
    let Dense { mut projections, params, .. } = hidden(n).clone();
    let planes = vec![BitMatrix::zeros(20, 40 * k * k)];
    projections[0].kind = ProjectionKind::Conv { planes, kernel: [k, k], stride, padding };
    n.layers[0].kind = LayerKind::Conv(Conv { shape: Shape::flat(20), projections, params });
}

#[test]
fn a_convolution_of_a_position_and_a_fan_in_beyond_a_counter_are_taken() {
    let spec = Preset::Tiny.spec();
    let mut network = legal();
    convolve(&mut network, 1, 1, 0);
    compile(&network, &spec, &CompileOptions::default()).unwrap();
    // 300 sources in parts of up to 255 that a lane can count.
    let mut network = legal();
    resize(&mut network, 300, 20);
    let compiled = compile(&network, &spec, &CompileOptions::default()).unwrap();
    let parts = compiled.image.layers[0].projections.iter().map(|p| (p.fan_in, p.groups));
    assert_eq!(parts.collect::<Vec<_>>(), [(224, 7), (76, 3)]);
}

#[test]
fn every_refusal_names_its_code() {
    let spec = Preset::Tiny.spec();
    compile(&legal(), &spec, &CompileOptions::default()).expect("the unchanged network is legal");
    for (i, (code, change)) in CASES.iter().enumerate() {
        let mut network = legal();
        change(&mut network);
        let refused = compile(&network, &spec, &CompileOptions::default());
        let found = refused.expect_err(&format!("case {i}, {code}"));
        assert_eq!(found.0[0].code, *code, "case {i}: {found}");
        assert!(found.0.iter().all(|d| !d.help.is_empty() && !d.place.is_empty()));
    }
}

#[test]
fn tiles_run_out_too() {
    let spec = CoreSpec { tiles: 1, ..Preset::Tiny.spec() };
    let told = compile(&legal(), &spec, &CompileOptions::default()).unwrap_err();
    assert_eq!(told.0[0].code, "tiles");
    assert_eq!(told.0[0].place, "layer 1 \"classes\"");
}

/// Potentials of all tiles stand side by side only where ticks come before tiles.
#[test]
fn potentials_run_out_in_tick_order() {
    let spec = CoreSpec { state_rows: 16, ..Preset::Tiny.spec() };
    let told = |n: &Network, stream| {
        let options = CompileOptions { stream, ..CompileOptions::default() };
        compile(n, &spec, &options).map_err(|e| (e.0[0].code, e.0[0].place.clone()))
    };
    let mut network = legal(); // 16 rows and 8
    told(&network, false).unwrap();
    let full = ("state-rows", "layer 1 \"classes\"".to_string());
    assert_eq!(told(&network, true).unwrap_err(), full);
    recurrent(&mut network, 20);
    assert_eq!(told(&network, false).unwrap_err(), full);
    network.readout = Readout::FirstSpike;
    assert_eq!(told(&network, true).unwrap_err().0, "unsupported-readout");
}

/// Limits are met exactly: one less is accepted.
#[test]
fn limits_are_inclusive() {
    let spec = Preset::Tiny.spec();
    let accepted = |change: fn(&mut Network)| {
        let mut network = legal();
        change(&mut network);
        compile(&network, &spec, &CompileOptions::default()).unwrap();
    };
    accepted(|n| resize(n, 255, 20));
    accepted(|n| n.layers[1] = layer("classes", 32, Source::Layer(0), 20));
    accepted(|n| hidden(n).params.theta[3] = 32767);
    accepted(|n| hidden(n).params.bias[3] = -32768);
    // 128 · 255 · 255 + 32,639 = 8,355,839
    for bias in [32_639, -32_639] {
        let mut network = legal();
        eight_planes(&mut network, 128, bias);
        compile(&network, &Preset::Up5k.spec(), &CompileOptions::default()).unwrap();
    }
    accepted(|n| {
        // the last of 2 · 2 passes counts 2^14
        hidden(n).params.frac_bits = 12;
        n.input_planes = 2;
        let planes = vec![BitMatrix::zeros(20, 40); 2];
        hidden(n).projections[0].kind = ProjectionKind::Dense { planes };
    });
    accepted(|n| {
        resize(n, 200, 20);
        hidden(n).projections = vec![projection(20, Source::Input, 200); 2];
        hidden(n).projections.iter_mut().for_each(|p| p.gain_log2 = 2);
        hidden(n).params.frac_bits = 12;
    });
    accepted(|n| {
        // a neuron's own spike counts 2^15
        identity(n);
        hidden(n).params.frac_bits = 12;
        hidden(n).projections[1].gain_log2 = 3;
    });
    accepted(|n| {
        // 4 groups in each of 31 ticks, and those of the silent tick before
        recurrent(n, 20);
        n.ticks = 31;
    });
    accepted(|n| {
        // 7 · 16 + 8 parameter rows and the row of lowest biases, of 128
        resize(n, 32, 224);
        n.input_planes = 2;
    });
    accepted(|n| n.ticks = 32); // (2 + 1 + 1) · 32 spike groups
    accepted(|n| resize(n, 32, 240)); // 128 parameter rows
    accepted(|n| {
        *n = legal();
        n.layers.truncate(1);
        n.input = Shape::flat(4);
        n.layers[0] = layer("classes", 20, Source::Input, 4);
        n.ticks = 64;
    });
    let mut long = legal();
    long.input = Shape::flat(4);
    long.layers = vec![layer("classes", 4, Source::Input, 4)];
    long.ticks = 127; // 254 groups of the 256
    compile(&long, &Preset::Up5k.spec(), &CompileOptions::default()).unwrap();
    // A layer that does not fire may have any threshold: it is never compared.
    let mut potential = legal();
    potential.readout = Readout::Potential;
    dense(&mut potential.layers[1]).params.theta = vec![-5; 4];
    compile(&potential, &spec, &CompileOptions::default()).unwrap();
}

/// What the README says of weight memories: how many planes of 784-256-10 the presets hold.
#[test]
fn planes_fill_the_weight_memory() {
    let planes_of = |count: usize| {
        let mut n = legal();
        n.ticks = 1;
        n.input = Shape::flat(784);
        n.layers = vec![
            layer("hidden", 256, Source::Input, 784),
            layer("classes", 10, Source::Layer(0), 256),
        ];
        for (i, (rows, columns)) in [(256, 784), (10, 256)].into_iter().enumerate() {
            let planes = vec![BitMatrix::zeros(rows, columns); count];
            dense(&mut n.layers[i]).projections[0].kind = ProjectionKind::Dense { planes };
        }
        n
    };
    for (preset, most) in [(Preset::Up5k, 4), (Preset::Ecp5_25, 1)] {
        let told = |count| compile(&planes_of(count), &preset.spec(), &CompileOptions::default());
        told(most).unwrap();
        assert_eq!(told(most + 1).unwrap_err().0[0].code, "weight-groups", "{preset}");
    }
}

#[test]
fn all_faults_of_a_pass_are_told_with_numbers_and_remedy() {
    let mut network = legal();
    dense(&mut network.layers[0]).params.bias[7] = -40000;
    dense(&mut network.layers[1]).params.theta[2] = 40000;
    let told = compile(&network, &Preset::Tiny.spec(), &CompileOptions::default()).unwrap_err();
    assert_eq!(
        told.to_string(),
        "layer 0 \"hidden\": bias -40000 of neuron 7 is outside -32768..=32767 [bias-range]\n  \
         help: freeze the layer with fewer fractional bits\n\
         layer 1 \"classes\": threshold 40000 of neuron 2 is outside -32768..=32767 [threshold-range]\n  \
         help: freeze the layer with fewer fractional bits"
    );
    network = legal();
    network.ticks = 40;
    let told = compile(&network, &Preset::Tiny.spec(), &CompileOptions::default()).unwrap_err();
    assert_eq!(
        told.to_string(),
        "network: the network needs 160 spike groups, the core has 128 \
         [spike-groups]\n  help: use fewer ticks, inputs or neurons, or a preset with more"
    );
}

#[test]
fn equal_width_can_be_demanded() {
    let mut network = legal();
    network.width_bits = 20;
    let spec = Preset::Tiny.spec();
    compile(&network, &spec, &CompileOptions::default()).unwrap();
    let strict = CompileOptions { equal_width: true, stream: false };
    assert_eq!(compile(&network, &spec, &strict).unwrap_err().0[0].code, "width");
}

/// One hostile change, with a number that picks its size.
fn damage(network: &mut Network, kind: u8, layer: usize, x: u64) {
    let count = network.layers.len();
    let any = [0, 1, 2, x as usize % 300, x as usize, usize::MAX][x as usize % 6];
    let shape = Shape { channels: any, height: (x >> 8) as usize % 3, width: 1 << (x % 64) };
    match kind {
        0 => network.ticks = any,
        1 => network.width_bits = x as u8,
        2 => network.input = shape,
        3 => network.input_planes = x as u8,
        4 => network.layers.clear(),
        _ if count == 0 => {}
        5 => network.layers.swap(0, layer % count),
        6 => {
            let LayerKind::Dense(Dense { projections, params, .. }) =
                network.layers[layer % count].kind.clone()
            else {
                return;
            };
            let conv = Conv { shape, projections, params };
            network.layers[layer % count].kind = LayerKind::Conv(conv);
        }
        7 => {
            let source = Source::Layer(any);
            let pool = OrPool { shape, source, k: any, stride: x as usize % 3 };
            network.layers[layer % count].kind = LayerKind::OrPool(pool);
        }
        _ => {
            let LayerKind::Dense(d) = &mut network.layers[layer % count].kind else { return };
            let small = any % 512;
            match kind {
                8 => d.neurons = any,
                9 => d.projections.clear(),
                10 => d.params.frac_bits = x as u8,
                11 => d.params.theta.resize(small, x as i32),
                12 => d.params.bias.resize(small, x as i32),
                13 => d.params.leak = Leak::Shift(x as u8),
                14 => d.params.leak = Leak::Scale(x as u16),
                15 => d.params.theta.iter_mut().for_each(|t| *t = x as i32),
                16 => d.params.bias.iter_mut().for_each(|b| *b = x as i32),
                _ => {
                    for p in &mut d.projections {
                        match kind {
                            17 => p.source = Source::Layer(any),
                            18 => p.delayed = true,
                            19 => p.gain_log2 = x as u8,
                            20 => p.kind = ProjectionKind::Identity,
                            21 => {
                                let planes =
                                    vec![BitMatrix::zeros(small, small / 2); x as usize % 3];
                                p.kind = ProjectionKind::Dense { planes };
                            }
                            _ => {
                                let kernel = [any, any];
                                let planes = vec![BitMatrix::zeros(small, small)];
                                p.kind = ProjectionKind::Conv {
                                    planes,
                                    kernel,
                                    stride: x as usize % 3,
                                    padding: any,
                                };
                            }
                        }
                    }
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn hostile_networks_are_told_so(
        mut network in network(),
        changes in prop::collection::vec((0u8..=22, 0usize..4, any::<u64>()), 1..5),
    ) {
        for (kind, layer, x) in changes {
            damage(&mut network, kind, layer, x);
        }
        if let Err(told) = compile(&network, &Preset::Tiny.spec(), &CompileOptions::default()) {
            prop_assert!(!told.0.is_empty());
        }
    }
}
