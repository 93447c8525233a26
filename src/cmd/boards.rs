//! `boards`: what can be built for.

use super::Context;
use spikewright::Result;

pub fn run(context: &Context) -> Result<()> {
    context.console.line(format!(
        "{:<12} {:<28} {:<18} {:<8} {:<14} {:>9} {:>10}",
        "board", "name", "device", "preset", "theta preset", "clock", "link"
    ));
    for b in context.boards.iter() {
        context.console.line(format!(
            "{:<12} {:<28} {:<18} {:<8} {:<14} {:>5} MHz {:>10}",
            b.key,
            b.title,
            format!("{} {}", b.device, b.package),
            b.preset,
            b.theta_preset.map_or("-", |p| p.name()),
            b.core_mhz,
            b.link_text()
        ));
    }
    context.console.finish(&context.boards.iter().collect::<Vec<_>>())
}
