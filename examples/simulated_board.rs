//! A board to try `spikewright run` without one: the core in rust-hdl's own simulation behind a
//! pseudo-terminal, speaking the protocol of `docs/link.md`.
//!
//! ```text
//! cargo run --release --example simulated_board            # prints a port and waits for Enter
//! spikewright run build --port PORT --images 20            # in a second terminal
//! ```
//!
//! Arguments: a preset (`up5k` unless told otherwise; the build's board has to carry the same), and
//! how many bits in a million the line turns over.

#[cfg(unix)]
fn main() -> spikewright::Result<()> {
    use spikewright::{
        board::ClockedCore,
        host::{Faults, PtyServer},
        ir::Preset,
        levels::RustHdlCore,
    };
    let mut arguments = std::env::args().skip(1);
    let preset: Preset = arguments.next().map_or(Ok(Preset::Up5k), |a| a.parse())?;
    let flip_ppm = match arguments.next() {
        None => 0,
        Some(text) => {
            text.parse().map_err(|_| format!("{text}: not a number of bits in a million"))?
        }
    };
    let core = ClockedCore::new(RustHdlCore::new(preset), 1 << 20);
    let server = PtyServer::spawn(core, Faults { seed: 1, flip_ppm, ..Faults::default() })?;
    println!("{} core at {}; Enter ends it", preset, server.port());
    std::io::stdin().read_line(&mut String::new())?;
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    eprintln!("pseudo-terminals exist on Unix only");
}
