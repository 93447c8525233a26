//! The command line as typed.

use crate::cmd::adapt::RuleName;
use clap::{Args, Parser, Subcommand, ValueEnum};
use spikewright::{evolve::Shard, explore::Sweep, fuzz, ir::Preset, wave_files::WaveFiles};
use std::path::PathBuf;

/// Train binary spiking networks, compile them to an event-driven FPGA core, verify every level.
#[derive(Parser, Debug)]
#[command(name = "spikewright", version, propagate_version = true)]
pub struct Cli {
    /// Options every verb takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// Options every verb takes.
#[derive(Args, Debug)]
pub struct Global {
    /// Write a machine-readable report to FILE.
    #[arg(long, global = true, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Print nothing but errors.
    #[arg(long, global = true)]
    pub quiet: bool,
    /// Seed of everything random in this run (a configuration's own seed otherwise).
    #[arg(long, global = true, value_name = "N")]
    pub seed: Option<u64>,
    /// Threads to use; results do not depend on it.
    #[arg(long, global = true, value_name = "N")]
    pub threads: Option<usize>,
    /// Folder with boards.toml and constraint files of your own.
    #[arg(long, global = true, value_name = "DIR")]
    pub boards: Option<PathBuf>,
    /// Folder with the MNIST files, instead of the copy in the program.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// The verbs.
#[derive(Subcommand, Debug)]
pub enum Verb {
    /// The whole way on real images: train, freeze, compile, simulate, co-simulate, synthesize.
    Demo {
        /// Where everything is written.
        #[arg(long, default_value = "out", value_name = "DIR")]
        out: PathBuf,
        /// A short training, 200 images through Verilator, no place and route.
        #[arg(long)]
        quick: bool,
        /// Boards to build for.
        #[arg(long = "board", value_name = "BOARD", default_values = ["icebreaker", "ulx3s_25f"])]
        targets: Vec<String>,
    },
    /// Train a network, freeze it to integers and test it.
    Train {
        /// Training configuration (TOML).
        config: PathBuf,
        /// Where model, encoder and report are written.
        #[arg(long, default_value = "runs/latest", value_name = "RUN")]
        out: PathBuf,
        /// Go on from the last checkpoint in RUN.
        #[arg(long)]
        resume: bool,
    },
    /// Adapt a trained network to new classes from a handful of samples of each.
    Adapt {
        /// A `.snn` file with its encoder beside it, or the folder that `train` wrote.
        model: PathBuf,
        /// What to learn from: a folder with a folder of PNG files per class, a NumPy archive with `images`
        /// and `labels`, or an archive of series, whose training part counts.
        #[arg(long, value_name = "DIR|FILE")]
        support: PathBuf,
        /// Samples of the same classes to judge by, and to test with later.
        #[arg(long, value_name = "DIR|FILE")]
        query: Option<PathBuf>,
        /// How to learn.
        #[arg(long, value_enum, default_value_t = RuleName::ClassMean)]
        rule: RuleName,
        /// Inner steps (as many as in training otherwise).
        #[arg(long, value_name = "K")]
        steps: Option<usize>,
        /// Error-triggered: right shift of spike counts.
        #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=15))]
        shift: u32,
        /// Error-triggered: times through the support set.
        #[arg(long, default_value_t = 5)]
        passes: usize,
        /// Learn heads also from support images moved by up to N pixels each way.
        #[arg(long, default_value_t = 0, value_name = "N",
              value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(0..=3))]
        moved: usize,
        /// Where the adapted network is written.
        #[arg(long, default_value = "runs/adapted", value_name = "RUN")]
        out: PathBuf,
    },
    /// Accuracy and activity of a trained model at a level.
    Eval {
        /// Folder that `train` wrote.
        run: PathBuf,
        /// Level to run.
        #[arg(long, value_enum, default_value_t = Level::Integer)]
        level: Level,
        /// Test images to use, from the first on.
        #[arg(long, default_value_t = 10_000)]
        images: usize,
    },
    /// How synchronous the layers of a trained network are: index, correlograms and rasters.
    Synchrony {
        /// Folder that `train` wrote.
        run: PathBuf,
        /// The configuration it was trained with: shows the network before training, too.
        #[arg(long, value_name = "CONFIG")]
        config: Option<PathBuf>,
        /// Test images to use, from the first on.
        #[arg(long, default_value_t = 1_000)]
        images: usize,
        /// Where figures are written, in place of RUN/synchrony.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Compile a model for a board: image, Verilog, constraints, estimates.
    Compile {
        /// A `.snn` or `.genome` file, or the folder that `train` wrote.
        model: PathBuf,
        /// Board to compile for.
        #[arg(long)]
        board: String,
        /// Build directory.
        #[arg(long, default_value = "build", value_name = "BUILD")]
        out: PathBuf,
        /// For an endless stream, a tick at a start: the later verbs then run the test samples one behind
        /// the other without setting the core back.
        #[arg(long)]
        stream: bool,
        /// Neurons that spike in a tick, for the estimate of cycles; by default what training measured,
        /// where the model comes with it, else 12.
        #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(0..=100))]
        activity: Option<u32>,
        /// With the variant of the board's preset that has so many fire units, in place of the board's own.
        #[arg(long, value_name = "N")]
        fire_units: Option<usize>,
    },
    /// Run test images through the cycle model and compare with the reference.
    Sim {
        /// Build directory.
        build: PathBuf,
        /// Test images to use, from the first on.
        #[arg(long, default_value_t = 10_000)]
        images: usize,
        #[command(flatten)]
        wave: WaveFiles,
    },
    /// Run test images through Verilator on the emitted Verilog and compare with the cycle model.
    Cosim {
        /// Build directory.
        build: PathBuf,
        /// Test images to use, from the first on.
        #[arg(long, default_value_t = 1_000)]
        images: usize,
    },
    /// All levels on the same images: reference, cycle model, rust-hdl's simulation, Verilator.
    Verify {
        /// Build directory.
        build: PathBuf,
        /// Test images for reference, cycle model and Verilator.
        #[arg(long, default_value_t = 1_000)]
        images: usize,
        /// Test images for rust-hdl's simulation, which is slow.
        #[arg(long, default_value_t = 1)]
        rust_hdl_images: usize,
        /// Test images for the synthesized core, cell by cell; its model takes minutes to build.
        #[arg(long, default_value_t = 0)]
        netlist_images: usize,
    },
    /// Random and adverse networks through the levels, each compared with the cycle model; what differs is
    /// made small and written as a case file.
    Fuzz {
        /// Kind of network: leaky neurons, or theta neurons on their own core, whose cases are not made small
        /// nor written.
        #[arg(long, value_enum, default_value_t = Kind::Lif)]
        kind: Kind,
        /// Cases to run, from number 0 of the seed on (1 without --seed).
        #[arg(long, default_value_t = 500)]
        cases: u64,
        /// Levels: reference, sim, hdl, verilator, ice40, ecp5, link. The default is reference,sim, for a
        /// replay what the file says.
        #[arg(long, value_delimiter = ',', value_name = "LEVELS")]
        levels: Vec<fuzz::Level>,
        /// One core preset instead of all that the levels run: tiny, up5k, hx8k, ecp5_25, ecp5_85.
        #[arg(long)]
        preset: Option<Preset>,
        /// Where case files are written.
        #[arg(long, default_value = "fuzz", value_name = "DIR")]
        out: PathBuf,
        /// Run the case of this file instead.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["cases", "preset", "out"])]
        replay: Option<PathBuf>,
        #[command(flatten)]
        wave: WaveFiles,
    },
    /// Synthesize, place, route and pack a build's board top.
    Synth {
        /// Build directory.
        build: PathBuf,
        /// Place-and-route seeds, tried until one reaches the board's clock.
        #[arg(long = "pnr-seed", value_name = "N", default_values_t = [1, 2, 3, 4])]
        seeds: Vec<u32>,
        /// Try every seed and pack the fastest.
        #[arg(long)]
        all_seeds: bool,
    },
    /// Load the image into a board over its serial port and classify test images there.
    Run {
        /// Build directory.
        build: PathBuf,
        /// Serial port, such as /dev/ttyUSB1.
        #[arg(long)]
        port: String,
        /// Test images to send, from the first on.
        #[arg(long, default_value_t = 100)]
        images: usize,
        /// Do not load the image: the board has it from its flash.
        #[arg(long)]
        loaded: bool,
        /// Longest wait for an answer: more than the board and its bridge take.
        #[arg(long, default_value_t = 200, value_name = "MS",
              value_parser = clap::value_parser!(u64).range(1..=60_000))]
        timeout: u64,
    },
    /// Load a build's bitstream into the board.
    Program {
        /// Build directory, after `synth`.
        build: PathBuf,
        /// Write bitstream and image into the configuration flash: the board then loads itself at power-up.
        #[arg(long)]
        image: bool,
        /// Print the commands instead of running them.
        #[arg(long)]
        dry_run: bool,
    },
    /// Measure training, frozen inference or simulation on this machine, in samples (for `sim` also clock
    /// cycles) per second of processor time (use --threads 1 for the figure per core).
    Bench {
        /// What to measure.
        #[arg(value_enum)]
        workload: Workload,
        /// Train float weights instead of binary ones; `conv-train` then averages before its neurons, as
        /// frameworks do, instead of OR-pooling behind them.
        #[arg(long)]
        float: bool,
        /// Least length of a run.
        #[arg(long, default_value_t = 3.0)]
        seconds: f64,
        /// Runs; the median counts.
        #[arg(long, default_value_t = 5)]
        runs: usize,
        /// `sim`: the build to run, in place of one whose network is trained for an epoch.
        #[arg(long, value_name = "BUILD")]
        build: Option<PathBuf>,
        /// `sim`: test images to run.
        #[arg(long, default_value_t = 10_000)]
        images: usize,
    },
    /// Train, compile, measure and build many: every combination of recipe keys, boards and clocks, and which
    /// of them no other beats. What is there is not made again: a run that was stopped goes on.
    Explore {
        /// Training configuration (TOML).
        recipe: PathBuf,
        /// A key of the recipe and its values, such as layer.0.neurons=128,256; may be given many times.
        #[arg(long = "sweep", value_name = "KEY=V,V")]
        sweeps: Vec<Sweep>,
        /// Boards, and with them presets.
        #[arg(
            long = "board",
            value_delimiter = ',',
            value_name = "BOARD",
            default_value = "icebreaker"
        )]
        targets: Vec<String>,
        /// Clocks to run all boards at, instead of their own.
        #[arg(long = "clock", value_delimiter = ',', value_name = "MHZ")]
        clocks: Vec<f64>,
        /// Fire units to build all boards with, instead of those of their presets.
        #[arg(long, value_delimiter = ',', value_name = "N")]
        fire_units: Vec<usize>,
        /// Place-and-route seeds, tried until one reaches the clock.
        #[arg(long = "pnr-seed", value_name = "N", default_values_t = [1, 2, 3, 4])]
        seeds: Vec<u32>,
        /// Test samples to measure cycles on, from the first on.
        #[arg(long, default_value_t = 1_000)]
        images: usize,
        /// Where models, builds and the table are kept.
        #[arg(long, default_value = "explore", value_name = "DIR")]
        out: PathBuf,
    },
    /// Search without gradients: thresholds and leaks of an integer network, weight bits, or wiring rules.
    /// Under mpirun or srun ranks divide the individuals (a program built with the feature `mpi`).
    Evolve {
        /// Configuration of the search (TOML).
        config: PathBuf,
        /// Where searches, figures and results are kept.
        #[arg(long, default_value = "evolve", value_name = "DIR")]
        out: PathBuf,
        /// Go on with the searches in DIR, each from its last generation; finished ones are kept.
        #[arg(long)]
        resume: bool,
        /// Run the i-th of n parts of the searches only, as in a job array.
        #[arg(long, value_name = "i/n", default_value = "1/1")]
        shard: Shard,
    },
    /// List the boards.
    Boards,
    /// The external programs: what is there, what is missing, and how to get it.
    Tools {
        /// What to do.
        #[command(subcommand)]
        action: Option<ToolsAction>,
    },
}

/// Kinds of network.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Leaky neurons.
    Lif,
    /// Theta neurons.
    Theta,
}

/// Workloads `bench` can measure.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    /// 784-256-10: 8 ticks, Bernoulli spikes drawn anew, batch 128, Adam; encoding and update included.
    MlpTrain,
    /// 16c5-p2-32c5-p2-512-10, otherwise the same.
    ConvTrain,
    /// The frozen 784-256-10 in integers, input bits packed beforehand.
    MlpInfer,
    /// The fast simulator with all spikes and potentials, and Verilator on the same core, network and images,
    /// one thread each.
    Sim,
}

/// What `tools` can do.
#[derive(Subcommand, Debug, Clone, Copy)]
pub enum ToolsAction {
    /// Look at every external program; install nothing.
    Check,
    /// Install the pinned tools into a private Python environment.
    Install,
}

/// Levels `eval` can run.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// L0: the float model.
    Float,
    /// L1: the integer reference.
    Integer,
    /// L2: the cycle model, on the smallest preset that fits.
    Sim,
}
