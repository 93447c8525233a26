//! A simulated board behind a pseudo-terminal: to the driver it is a serial port like any other.

use crate::{BoardCore, Faults, SimulatedBoard, Wire};
use serialport::{SerialPort, TTYPort};
use std::{
    io::{self, ErrorKind, Read, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// How often the server looks whether it is to stop.
const TURN: Duration = Duration::from_millis(10);

/// Serves until dropped.
pub struct PtyServer {
    /// Held so that the device's end sees no hang-up between two drivers.
    terminal: TTYPort,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PtyServer {
    /// Opens a pseudo-terminal and serves a board around `core` on a thread.
    pub fn spawn<C>(core: C, faults: Faults) -> io::Result<Self>
    where
        C: BoardCore + Send + 'static,
    {
        let (mut device, terminal) = TTYPort::pair()?;
        device.set_timeout(TURN)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("simulated board".into())
            .spawn(move || serve(device, SimulatedBoard::new(core), faults, &stopped))?;
        Ok(Self { terminal, stop, thread: Some(thread) })
    }

    /// What to [`open`](crate::open).
    pub fn port(&self) -> String {
        self.terminal.name().unwrap_or_default()
    }
}

fn serve<C: BoardCore>(
    mut device: TTYPort,
    mut board: SimulatedBoard<C>,
    faults: Faults,
    stop: &AtomicBool,
) {
    let (mut to_board, mut to_host) = (Wire::new(faults, 1), Wire::new(faults, 2));
    let mut buffer = [0; 512];
    while !stop.load(Ordering::Relaxed) {
        let count = match device.read(&mut buffer) {
            Ok(count) => count,
            Err(e) if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => continue,
            Err(_) => return, // the terminal is gone, and with it whoever could be told
        };
        let mut answer = Vec::new();
        for &byte in &buffer[..count] {
            for byte in to_board.carry(byte) {
                board.push(byte, &mut answer);
            }
        }
        let answer: Vec<u8> = answer.into_iter().flat_map(|b| to_host.carry(b)).collect();
        // What nobody takes in time is lost, as on a wire.
        device.write_all(&answer).ok();
    }
}

impl Drop for PtyServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the core has been printed by its thread; the driver saw silence.
            drop(thread.join());
        }
    }
}
