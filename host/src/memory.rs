//! A driver and a simulated board in one thread: what is written is answered before `write`
//! returns, and a read without an answer times out at once. Deterministic, faults included.

use crate::{BoardCore, Faults, Link, SimulatedBoard, Wire};
use std::{
    collections::VecDeque,
    io::{self, Read, Write},
    time::Duration,
};

/// The host's end.
#[derive(Clone, Debug)]
pub struct MemoryLink<C> {
    board: SimulatedBoard<C>,
    to_board: Wire,
    to_host: Wire,
    arrived: VecDeque<u8>,
}

impl<C: BoardCore> MemoryLink<C> {
    /// A link to a new board around `core`.
    pub fn new(core: C, faults: Faults) -> Self {
        Self {
            board: SimulatedBoard::new(core),
            to_board: Wire::new(faults, 1),
            to_host: Wire::new(faults, 2),
            arrived: VecDeque::new(),
        }
    }

    /// The board, for a look inside.
    pub fn board(&self) -> &SimulatedBoard<C> {
        &self.board
    }
}

impl<C: BoardCore> Write for MemoryLink<C> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut answer = Vec::new();
        for &byte in bytes {
            for byte in self.to_board.carry(byte) {
                self.board.push(byte, &mut answer);
            }
        }
        for byte in answer {
            self.arrived.extend(self.to_host.carry(byte));
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<C: BoardCore> Read for MemoryLink<C> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.arrived.read(buffer)? {
            0 if !buffer.is_empty() => Err(io::ErrorKind::TimedOut.into()),
            n => Ok(n),
        }
    }
}

impl<C: BoardCore> Link for MemoryLink<C> {
    fn name(&self) -> String {
        "simulated board".into()
    }

    fn set_timeout(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }
}
