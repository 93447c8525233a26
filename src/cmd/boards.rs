//! `boards`: what can be built for.

use super::Context;
use spikewright::Result;

pub fn run(context: &Context) -> Result<()> {
    context.console.line(format!(
        "{:<12} {:<28} {:<18} {:<8} {:>9} {:>10}",
        "board", "name", "device", "preset", "clock", "link"
    ));
    for b in context.boards.iter() {
        context.console.line(format!(
            "{:<12} {:<28} {:<18} {:<8} {:>5} MHz {:>10}",
            b.key,
            b.title,
            format!("{} {}", b.device, b.package),
            b.preset,
            b.core_mhz,
            b.link_text()
        ));
    }
    context.console.finish(&context.boards.iter().collect::<Vec<_>>())
}
