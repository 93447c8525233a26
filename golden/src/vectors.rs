//! Reader of the conformance vectors (`tests/vectors/*.jsonl`): networks, stimuli and the
//! transcripts an independent implementation expects. Every level that can run a case is tested
//! on them; the format is described in `tests/vectors/README.md`.

use serde::Deserialize;
use spikewright_ir::{
    BitMatrix, BitVec, Conv, Decision, Dense, FireRule, InputTrain, Layer, LayerKind,
    LayerTranscript, Leak, Network, NeuronParams, OrPool, Projection, ProjectionKind, Readout,
    Reset, Shape, Source, SpikeTrain, Transcript,
};

/// One network with its samples.
#[derive(Clone, Debug)]
pub struct Case {
    /// Unique name.
    pub name: String,
    /// The network.
    pub network: Network,
    /// Stimuli and what must follow from each.
    pub samples: Vec<(InputTrain, Transcript)>,
}

/// Parses one case per line; empty lines are skipped. The error names the line.
pub fn parse(text: &str) -> Result<Vec<Case>, String> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(i, line)| {
            let raw: RawCase =
                serde_json::from_str(line).map_err(|e| format!("line {}: {e}", i + 1))?;
            raw.build().map_err(|e| format!("line {}: {e}", i + 1))
        })
        .collect()
}

#[derive(Deserialize)]
struct RawCase {
    name: String,
    ticks: usize,
    width_bits: u8,
    input: RawInput,
    layers: Vec<RawLayer>,
    readout: RawReadout,
    samples: Vec<RawSample>,
}

#[derive(Deserialize)]
struct RawInput {
    shape: [usize; 3],
    planes: u8,
}

#[derive(Deserialize)]
struct RawReadout {
    kind: Readout,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum RawLayer {
    Dense {
        neurons: usize,
        projections: Vec<RawProjection>,
        #[serde(flatten)]
        params: RawParams,
    },
    Conv {
        channels: usize,
        projections: Vec<RawProjection>,
        #[serde(flatten)]
        params: RawParams,
    },
    OrPool {
        k: usize,
        s: usize,
        source: RawSource,
    },
}

#[derive(Deserialize)]
struct RawParams {
    frac_bits: u8,
    leak: Leak,
    fire: FireRule,
    reset: Reset,
    theta: Vec<i32>,
    bias: Vec<i32>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(untagged)]
enum RawSource {
    Layer(usize),
    Input(InputName),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum InputName {
    Input,
}

#[derive(Deserialize)]
struct RawProjection {
    source: RawSource,
    #[serde(default)]
    delayed: bool,
    #[serde(default)]
    gain_log2: u8,
    #[serde(flatten)]
    kind: RawProjectionKind,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum RawProjectionKind {
    Dense { planes: Vec<BitMatrix> },
    Conv { planes: Vec<BitMatrix>, kernel: [usize; 2], stride: usize, padding: usize },
    Identity,
}

#[derive(Deserialize)]
struct RawSample {
    input: Vec<RawTick>,
    spikes: Vec<Vec<BitVec>>,
    potentials: Vec<Vec<Vec<i32>>>,
    klass: usize,
    undecided: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawTick {
    Bits(BitVec),
    Values(Vec<u32>),
}

impl RawCase {
    fn build(self) -> Result<Case, String> {
        let [channels, height, width] = self.input.shape;
        let mut network = Network {
            ticks: self.ticks,
            width_bits: self.width_bits,
            input: Shape { channels, height, width },
            input_planes: self.input.planes,
            layers: Vec::new(),
            readout: self.readout.kind,
        };
        for (index, raw) in self.layers.into_iter().enumerate() {
            let kind = raw.build(&network).map_err(|e| format!("layer {index}: {e}"))?;
            network.layers.push(Layer { name: format!("{index}"), kind });
        }
        let samples =
            self.samples.into_iter().map(|s| s.build(&network)).collect::<Result<_, _>>()?;
        Ok(Case { name: self.name, network, samples })
    }
}

impl RawSource {
    fn build(self) -> Source {
        match self {
            RawSource::Layer(n) => Source::Layer(n),
            RawSource::Input(InputName::Input) => Source::Input,
        }
    }
}

impl RawParams {
    fn build(self) -> NeuronParams {
        let Self { frac_bits, leak, fire, reset, theta, bias } = self;
        NeuronParams { frac_bits, leak, fire, reset, theta, bias }
    }
}

fn projection(raw: RawProjection) -> Projection {
    let kind = match raw.kind {
        RawProjectionKind::Dense { planes } => ProjectionKind::Dense { planes },
        RawProjectionKind::Conv { planes, kernel, stride, padding } => {
            ProjectionKind::Conv { planes, kernel, stride, padding }
        }
        RawProjectionKind::Identity => ProjectionKind::Identity,
    };
    let (source, delayed, gain_log2) = (raw.source.build(), raw.delayed, raw.gain_log2);
    Projection { source, delayed, gain_log2, kind }
}

impl RawLayer {
    fn build(self, network: &Network) -> Result<LayerKind, String> {
        let shape_of = |source| match source {
            Source::Layer(n) if n >= network.layers.len() => Err(format!("no layer {n} before it")),
            source => Ok(network.source_shape(source)),
        };
        let side = |n: usize, k: usize, s: usize, p: usize| {
            (n + 2 * p)
                .checked_sub(k)
                .and_then(|room| room.checked_div(s))
                .map(|d| d + 1)
                .ok_or_else(|| format!("no window of {k} fits {n}"))
        };
        Ok(match self {
            RawLayer::Dense { neurons, projections, params } => LayerKind::Dense(Dense {
                neurons,
                projections: projections.into_iter().map(projection).collect(),
                params: params.build(),
            }),
            RawLayer::Conv { channels, projections, params } => {
                let projections: Vec<_> = projections.into_iter().map(projection).collect();
                let first = projections.iter().find_map(|p| match &p.kind {
                    ProjectionKind::Conv { kernel, stride, padding, .. } => {
                        Some((p.source, *kernel, *stride, *padding))
                    }
                    _ => None,
                });
                let (source, [kh, kw], stride, padding) = first.ok_or("no conv projection")?;
                let from = shape_of(source)?;
                let height = side(from.height, kh, stride, padding)?;
                let width = side(from.width, kw, stride, padding)?;
                let shape = Shape { channels, height, width };
                LayerKind::Conv(Conv { shape, projections, params: params.build() })
            }
            RawLayer::OrPool { k, s, source } => {
                let source = source.build();
                let from = shape_of(source)?;
                let (height, width) = (side(from.height, k, s, 0)?, side(from.width, k, s, 0)?);
                let shape = Shape { channels: from.channels, height, width };
                LayerKind::OrPool(OrPool { shape, source, k, stride: s })
            }
        })
    }
}

impl RawSample {
    fn build(self, network: &Network) -> Result<(InputTrain, Transcript), String> {
        let (ticks, neurons) = (self.input.len(), network.input.len());
        let mut planes = vec![SpikeTrain::silent(ticks, neurons); network.input_planes.into()];
        for (t, tick) in self.input.iter().enumerate() {
            for j in 0..neurons {
                let value = match tick {
                    RawTick::Bits(bits) if j < bits.len() => u32::from(bits.get(j)),
                    RawTick::Values(values) if j < values.len() => values[j],
                    _ => return Err(format!("tick {t} of an input has no value {j}")),
                };
                for (q, plane) in planes.iter_mut().enumerate() {
                    plane.tick_mut(t).set(j, value >> q & 1 == 1);
                }
            }
        }
        let mut layers = Vec::new();
        for (k, (spikes, potentials)) in self.spikes.into_iter().zip(self.potentials).enumerate() {
            let neurons = network.layers.get(k).map_or(0, |l| l.shape().len());
            if spikes.iter().any(|t| t.len() != neurons) {
                return Err(format!("spikes of layer {k} are not {neurons} wide"));
            }
            layers.push(LayerTranscript {
                spikes: SpikeTrain::from_ticks(spikes, neurons),
                potentials: if network.layers[k].params().is_some() { potentials } else { vec![] },
            });
        }
        let decision = Decision { class: self.klass, undecided: self.undecided };
        Ok((InputTrain { planes }, Transcript { layers, decision }))
    }
}
