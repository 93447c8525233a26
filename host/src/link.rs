//! What the driver needs of a link, and a serial port as one.

use crate::HostError;
use serialport::SerialPort;
use std::{
    io::{self, Read, Write},
    time::Duration,
};

/// A byte stream to a board. `read` gives what has arrived, at least a byte, or an error of kind
/// `TimedOut` when nothing does within the timeout.
pub trait Link: Read + Write {
    /// How errors name the link.
    fn name(&self) -> String;
    /// How long `read` waits.
    fn set_timeout(&mut self, timeout: Duration) -> io::Result<()>;
}

/// A serial port.
pub struct SerialLink {
    port: Box<dyn SerialPort>,
    name: String,
}

/// Opens a serial port at `baud` bits per second, 8 data bits, no parity, one stop bit.
pub fn open(port: &str, baud: u32) -> Result<SerialLink, HostError> {
    let opened = serialport::new(port, baud).open();
    let opened = opened.map_err(|source| HostError::Open { port: port.into(), baud, source })?;
    Ok(SerialLink { port: opened, name: port.into() })
}

impl Read for SerialLink {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.port.read(buffer)
    }
}

impl Write for SerialLink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.port.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.port.flush()
    }
}

impl Link for SerialLink {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn set_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        Ok(self.port.set_timeout(timeout)?)
    }
}
