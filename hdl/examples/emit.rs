//! Prints a preset's Verilog: `cargo run -p spikewright-hdl --example emit -- up5k [board]`.

use spikewright_hdl::{Link, Pll, Top, emit_board, emit_core};

fn main() -> Result<(), String> {
    let mut args = std::env::args().skip(1);
    let preset: spikewright_ir::Preset = args.next().ok_or("which preset?")?.parse()?;
    let verilog = match args.next().as_deref() {
        Some("ice40") => {
            let pll = Pll::Ice40 { divr: 0, divf: 59, divq: 4, filter_range: 1, fabric: false };
            emit_board(preset, Top { pll, link: link(15, 1 << 20) })
        }
        Some("ecp5") => {
            let pll = Pll::Ecp5 { clki_div: 1, clkfb_div: 3, clkop_div: 8 };
            emit_board(preset, Top { pll, link: link(25, 3 << 20) })
        }
        _ => emit_core(preset),
    };
    println!("{}", verilog.text);
    Ok(())
}

fn link(bit_cycles: u16, flash: u32) -> Link {
    Link::Uart { bit_cycles, flash: Some(flash) }
}
