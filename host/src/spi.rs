//! The link over SPI: what a host does that sends a byte for each that it takes (`docs/link.md`).

use crate::Link;
use spikewright_ir::link::{MAX_WORDS, SYNC_RESPONSE};
use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    time::{Duration, Instant},
};

/// Bytes out and bytes in at once: SPI mode 0, highest bit first, with the board selected.
pub trait FullDuplex {
    /// How errors name it.
    fn name(&self) -> String;
    /// Puts the byte that came in while each byte went out into its place.
    fn transfer(&mut self, bytes: &mut [u8]) -> io::Result<()>;
}

/// What goes out to fetch an answer.
const FILLER: u8 = 0;
/// Bytes fetched at a time.
const TURN: usize = 16;

/// Where the incoming bytes are in an answer.
#[derive(Clone, Copy, Debug)]
enum Place {
    Between,
    Status,
    Count,
    /// Bytes that are still to come.
    Rest(usize),
}

/// An SPI host as a [`Link`].
pub struct SpiLink<T> {
    bus: T,
    place: Place,
    arrived: VecDeque<u8>,
    timeout: Duration,
}

impl<T: FullDuplex> SpiLink<T> {
    /// A link over `bus`.
    pub fn new(bus: T) -> Self {
        Self {
            bus,
            place: Place::Between,
            arrived: VecDeque::new(),
            timeout: Duration::from_millis(200),
        }
    }

    /// The bus, for a look inside.
    pub fn bus(&self) -> &T {
        &self.bus
    }

    fn exchange(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut bytes = bytes.to_vec();
        self.bus.transfer(&mut bytes)?;
        bytes.into_iter().for_each(|byte| self.take(byte));
        Ok(())
    }

    fn take(&mut self, byte: u8) {
        self.place = match self.place {
            Place::Between if byte == SYNC_RESPONSE => Place::Status,
            // No part of an answer: filler, damaged or not, or a bus without a board.
            Place::Between => return,
            Place::Status => Place::Count,
            Place::Count => Place::Rest((2 * usize::from(byte)).min(2 * MAX_WORDS) + 2),
            Place::Rest(1) => Place::Between,
            Place::Rest(left) => Place::Rest(left - 1),
        };
        self.arrived.push_back(byte);
    }
}

impl<T: FullDuplex> Write for SpiLink<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.exchange(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<T: FullDuplex> Read for SpiLink<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let start = Instant::now();
        while self.arrived.is_empty() && !buffer.is_empty() {
            self.exchange(&[FILLER; TURN])?;
            if self.arrived.is_empty() && start.elapsed() >= self.timeout {
                // What began and does not go on is no answer.
                self.place = Place::Between;
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
        self.arrived.read(buffer)
    }
}

impl<T: FullDuplex> Link for SpiLink<T> {
    fn name(&self) -> String {
        self.bus.name()
    }

    fn set_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.timeout = timeout;
        Ok(())
    }
}
