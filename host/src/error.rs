//! What can go wrong between host and board, with the remedy.

use spikewright_ir::Preset;
use std::io;
use thiserror::Error;

/// Why the board did not do what was asked.
#[derive(Debug, Error)]
pub enum HostError {
    /// The port could not be opened.
    #[error(
        "{port} at {baud} baud: {source}; check the port's name, the cable and your permissions"
    )]
    Open {
        /// Port concerned.
        port: String,
        /// Baud asked for.
        baud: u32,
        /// What the system said.
        source: serialport::Error,
    },
    /// The port failed while open.
    #[error("{port}: {source}; reconnect the board")]
    Io {
        /// Port concerned.
        port: String,
        /// What the system said.
        source: io::Error,
    },
    /// Silence.
    #[error(
        "{port}: no answer to {frame}, {tries} tries; check that the board is powered and configured, and that the baud rate is its own"
    )]
    NoAnswer {
        /// Port concerned.
        port: String,
        /// What had been asked.
        frame: String,
        /// How often.
        tries: usize,
    },
    /// Bytes arrive, but damaged, at one end or the other.
    #[error(
        "{port}: {frame} failed its {checksum} in the last of {tries} tries; lower the baud rate or shorten the cable"
    )]
    Damaged {
        /// Port concerned.
        port: String,
        /// What had been asked.
        frame: String,
        /// Which checksum was wrong.
        checksum: &'static str,
        /// How often it was tried.
        tries: usize,
    },
    /// The board does not know an operation.
    #[error(
        "{port}: the board does not know operation {op:#04x} of {frame}; its bitstream is of another version, build it again"
    )]
    UnknownOperation {
        /// Port concerned.
        port: String,
        /// What had been asked.
        frame: String,
        /// The operation's number.
        op: u8,
    },
    /// Damaged bytes may have been taken for a request of their own.
    #[error(
        "{port}: more answers than questions after a damaged {frame}: a memory may hold wrong words; load the image again, at a lower baud rate"
    )]
    Unsure {
        /// Port concerned.
        port: String,
        /// What had been asked.
        frame: String,
    },
    /// There is nothing to go on from.
    #[error(
        "{port}: no stream to go on with; compile the network for a stream, and run its first tick as a sample"
    )]
    NoStream {
        /// Port concerned.
        port: String,
    },
    /// A tick that may have been run or not.
    #[error(
        "{port}: no answer to the start of a tick: it may have been run or not; load the image and begin the stream again"
    )]
    StreamLost {
        /// Port concerned.
        port: String,
    },
    /// The board's memory map is another one.
    #[error(
        "{port}: the board speaks map version {found}, this build {expected}; build its bitstream again"
    )]
    Version {
        /// Port concerned.
        port: String,
        /// Version of the board.
        found: u16,
        /// Version of this build.
        expected: u16,
    },
    /// The board's preset has no name here.
    #[error(
        "{port}: the board has preset number {found}, which this build does not know; build its bitstream again"
    )]
    UnknownPreset {
        /// Port concerned.
        port: String,
        /// Number of the preset.
        found: u16,
    },
    /// An image for another preset.
    #[error(
        "{port}: the board has preset {board}, the image is for {image}; compile for {board} or load the other bitstream"
    )]
    Preset {
        /// Port concerned.
        port: String,
        /// Preset of the board.
        board: Preset,
        /// Preset of the image.
        image: Preset,
    },
    /// No image, or one whose load did not end.
    #[error("{port}: no image has been loaded; load one before running a sample")]
    NoImage {
        /// Port concerned.
        port: String,
    },
    /// An image that is not what the compiler wrote.
    #[error(
        "the image's words have the sum {found:04x}, it is sealed with {expected:04x}: it is damaged; compile the network again"
    )]
    Image {
        /// Sum of the words.
        found: u16,
        /// The image's seal.
        expected: u16,
    },
    /// The core does not hold the whole image, or not unchanged.
    #[error(
        "{port}: the core is not sealed and does not start: what it was told is not the image, word for word; load the image again"
    )]
    Unsealed {
        /// Port concerned.
        port: String,
    },
    /// A sample of another shape.
    #[error(
        "the sample has {planes} planes of {ticks} ticks of {neurons} neurons, the image takes {expected_planes} of {expected_ticks} of {expected_neurons}; encode it for this network"
    )]
    Sample {
        /// Planes of the sample.
        planes: usize,
        /// Planes the image takes.
        expected_planes: usize,
        /// Ticks of the sample.
        ticks: usize,
        /// Neurons of the sample.
        neurons: usize,
        /// Ticks of the image.
        expected_ticks: usize,
        /// Inputs of the image.
        expected_neurons: usize,
    },
    /// The core never finishes.
    #[error("{port}: still busy after {polls} looks; reset the board and load the image again")]
    Busy {
        /// Port concerned.
        port: String,
        /// Status reads.
        polls: usize,
    },
    /// The core says something it cannot say.
    #[error("{port}: {what}; reset the board and load the image again")]
    Core {
        /// Port concerned.
        port: String,
        /// What it said.
        what: String,
    },
}
