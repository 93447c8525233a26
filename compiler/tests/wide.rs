//! What a core of 1,024 lanes takes: planes side by side, and no more classes than a register names.

use spikewright_compiler::{CompileOptions, Compiled, compile};
use spikewright_ir::*;

fn layer(source: Source, neurons: usize, fan_in: usize, planes: usize) -> Layer {
    let planes = vec![BitMatrix::zeros(neurons, fan_in); planes];
    let kind = ProjectionKind::Dense { planes };
    let params = NeuronParams {
        frac_bits: 0,
        leak: Leak::None,
        fire: FireRule::AtLeast,
        reset: Reset::Subtract,
        theta: vec![1; neurons],
        bias: vec![0; neurons],
    };
    let projections = vec![Projection { source, delayed: false, gain_log2: 0, kind }];
    Layer { name: "l".into(), kind: LayerKind::Dense(Dense { neurons, projections, params }) }
}

fn compiled(
    inputs: usize,
    hidden: usize,
    classes: usize,
    planes: usize,
) -> Result<Compiled, Diagnostics> {
    let layers = vec![
        layer(Source::Input, hidden, inputs, planes),
        layer(Source::Layer(0), classes, hidden, planes),
    ];
    let network = Network {
        ticks: 4,
        width_bits: 16,
        input: Shape::flat(inputs),
        input_planes: 1,
        layers,
        readout: Readout::SpikeCount,
    };
    compile(&network, &Preset::Ecp5_85.spec(), &CompileOptions::default())
}

#[test]
fn planes_stand_side_by_side_where_lanes_are_free() {
    let gangs = |planes, hidden| {
        let image = compiled(784, hidden, 10, planes).unwrap().image;
        image.layers.iter().map(|l| l.gangs).collect::<Vec<_>>()
    };
    assert_eq!(gangs(8, 256), [4, 8]);
    // Three planes do not come in twos, and seven do not fit.
    assert_eq!(gangs(3, 256), [3, 3]);
    assert_eq!(gangs(7, 128), [7, 7]);
    assert_eq!(gangs(1, 1024), [1, 1]);
    // 8 planes of 784 sources in 13 groups each do not fit one after the other.
    assert!(compiled(784, 513, 10, 8).is_err());
}

#[test]
fn classes_are_at_most_256() {
    assert!(compiled(40, 20, 256, 1).is_ok());
    assert_eq!(compiled(40, 20, 257, 1).unwrap_err().0[0].code, "too-many-classes");
}

#[test]
fn the_report_says_what_is_used() {
    let report = compiled(784, 200, 10, 3).unwrap().report.to_string();
    let said = "\
preset ecp5_85, 4 ticks, 784 inputs in 13 groups, width 16 in 16
layer            neurons fan-in planes tiles weights params spikes  potential
l                    200    784      3     1      13     13     16  -21952..=0
l                     10    200      3     1       4      8      8  -5600..=0
weight groups         17 of 32 (53 %)
parameter rows        22 of 256 (8 %)
potential rows        13 of 128 (10 %)
spike groups          76 of 256 (29 %)
tiles                  2 of 64 (3 %)
passes                 2 of 256 (0 %)
";
    assert_eq!(report, said);
}
