//! One request, one answer, tried again until it is sound or the tries run out. Reads and writes can
//! be repeated without harm. A write that fails is sent again in smaller pieces, since short frames
//! get through where long ones do not.

use crate::{DriverOptions, HostError, Link, Response, ResponseParser, encode_read, encode_write};
use spikewright_ir::link::{
    MAX_WORDS, STATUS_BAD_HEADER, STATUS_BAD_OP, STATUS_BAD_PAYLOAD, STATUS_OK,
};
use std::io::ErrorKind;

/// Shortest frame of a split, in words: whole spike groups at every preset.
const MIN_WORDS: usize = 4;
/// Sound frames in a row after which longer ones are tried again.
const GROW_AFTER: usize = 16;
/// Zeros that end any request the board may still be waiting for; no sync byte is among them.
const PADDING: [u8; 2 * MAX_WORDS + 16] = [0; 2 * MAX_WORDS + 16];
/// Bytes of an answer around its words.
const ANSWER: usize = 5;
/// Bytes after which a stream without an answer in it is given up.
const MAX_NOISE: usize = 4096;

/// A link with the driver's patience.
pub(crate) struct Exchange<L> {
    pub link: L,
    /// How errors name the link.
    pub name: String,
    options: DriverOptions,
    frame_words: usize,
    sound_in_a_row: usize,
    /// Bytes since the last request.
    arrived: usize,
    /// Requests sent, those tried again included.
    pub frames: usize,
    /// Requests tried again.
    pub retries: usize,
}

/// Why one try failed.
pub(crate) enum Miss {
    Silence,
    Checksum(&'static str),
    Operation(u8),
}

impl<L: Link> Exchange<L> {
    pub fn new(mut link: L, options: DriverOptions) -> Result<Self, HostError> {
        let name = link.name();
        link.set_timeout(options.timeout)
            .map_err(|source| HostError::Io { port: name.clone(), source })?;
        Ok(Self {
            link,
            name,
            options,
            frame_words: MAX_WORDS,
            sound_in_a_row: 0,
            arrived: 0,
            frames: 0,
            retries: 0,
        })
    }

    /// Reads `count` words from `address` on.
    pub fn read(&mut self, address: u32, count: usize) -> Result<Vec<u16>, HostError> {
        let frame = encode_read(address, count);
        let mut tries = 1;
        loop {
            match self.once(&frame, count)? {
                Ok(words) => return Ok(words),
                Err(miss) => {
                    self.missed(miss, tries, count, || format!("a read of {count} words"))?
                }
            }
            tries += 1;
        }
    }

    /// Writes `words` from `address` on, in frames of a multiple of four words.
    pub fn write(&mut self, address: u32, words: &[u16]) -> Result<(), HostError> {
        let (mut done, mut tries) = (0, 1);
        while done < words.len() {
            let end = words.len().min(done + self.frame_words);
            let at = address + done as u32;
            if let Err(miss) = self.once(&encode_write(at, &words[done..end]), 0)? {
                self.sound_in_a_row = 0;
                self.frame_words = MIN_WORDS.max(self.frame_words / 2);
                let count = end - done;
                self.missed(miss, tries, 0, || format!("a write of {count} words at {at:05x}"))?;
                tries += 1;
                continue;
            }
            (done, tries) = (end, 1);
            self.sound_in_a_row += 1;
            if self.sound_in_a_row == GROW_AFTER {
                self.sound_in_a_row = 0;
                self.frame_words = MAX_WORDS.min(2 * self.frame_words);
            }
        }
        Ok(())
    }

    /// One try: the answer's `count` words, or why there is none.
    pub fn once(
        &mut self,
        frame: &[u8],
        count: usize,
    ) -> Result<Result<Vec<u16>, Miss>, HostError> {
        self.send(frame)?;
        self.frames += 1;
        self.arrived = 0;
        let mut parser = ResponseParser::new(count);
        let mut buffer = [0; 64];
        while self.arrived < MAX_NOISE {
            let arrived = self.receive(&mut buffer)?;
            if arrived == 0 {
                break;
            }
            let answer = buffer[..arrived].iter().find_map(|&byte| parser.push(byte));
            let Some(Response { status, words }) = answer else { continue };
            return Ok(match status {
                STATUS_OK => Ok(words),
                STATUS_BAD_HEADER => Err(Miss::Checksum("header checksum")),
                STATUS_BAD_PAYLOAD => Err(Miss::Checksum("payload checksum")),
                STATUS_BAD_OP => Err(Miss::Operation(frame[1])),
                other => {
                    let what = format!("answered with unknown status {other:#04x}");
                    return Err(HostError::Core { port: self.name.clone(), what });
                }
            });
        }
        Ok(Err(if self.arrived == 0 { Miss::Silence } else { Miss::Checksum("answer checksum") }))
    }

    /// After a failed try: brings board and host back to a start, or gives up. A board that hunted
    /// for a sync byte in a payload may have found one; then it answered more than once.
    pub fn missed(
        &mut self,
        miss: Miss,
        tries: usize,
        count: usize,
        frame: impl Fn() -> String,
    ) -> Result<(), HostError> {
        self.retries += 1;
        self.send(&PADDING)?;
        let mut buffer = [0; 64];
        while self.arrived < MAX_NOISE && self.receive(&mut buffer)? > 0 {}
        let port = self.name.clone();
        if self.arrived > ANSWER + 2 * count {
            return Err(HostError::Unsure { port, frame: frame() });
        }
        if tries < self.options.tries {
            return Ok(());
        }
        Err(match miss {
            Miss::Silence => HostError::NoAnswer { port, frame: frame(), tries },
            Miss::Checksum(checksum) => {
                HostError::Damaged { port, frame: frame(), checksum, tries }
            }
            Miss::Operation(op) => HostError::UnknownOperation { port, frame: frame(), op },
        })
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        let sent = self.link.write_all(bytes).and_then(|()| self.link.flush());
        sent.map_err(|source| HostError::Io { port: self.name.clone(), source })
    }

    /// Bytes that arrived, 0 when none did in time.
    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, HostError> {
        loop {
            match self.link.read(buffer) {
                Ok(count) => {
                    self.arrived += count;
                    return Ok(count);
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
                    return Ok(0);
                }
                Err(source) => return Err(HostError::Io { port: self.name.clone(), source }),
            }
        }
    }
}
